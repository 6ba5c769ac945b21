"""Looks at masked data as rows: counted by day and person, raced for by one person's windows, listed newest first."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from api.auth.person import Person
from api.desk.errors import RevealQuota
from api.desk.revealing import RevealDesk, RevealIn
from arrears import clock
from arrears.contracts import Unchanging
from arrears.policy.tasks import Role
from arrears.store import audit, contacts, packs, recordings, reveals
from arrears.store.contacts import Came
from arrears.store.reveals import RevealKey, Seen
from arrears.store.session import Store
from arrears.store.tables import holds, incidents
from arrears.store.tables import reveals as rows_of_looks
from tests.api import rows

RULES = packs.load("cn-bank-2026").rules
DAY = timedelta(days=1)


def _seen(purpose: str = "identify", **more: str) -> Seen:
    return Seen("s-1", "B-L1", "name", purpose, **more)


@pytest.mark.rule("P11")
def test_letters_and_contacts_that_were_made_do_not_count_and_dropped_ones_do(store: Store) -> None:
    case_id = rows.a_case(store)
    made = rows.an_attempt(store, case_id, 1, actor="s-1", status="made")
    dropped = rows.an_attempt(store, case_id, 2, actor="s-1", status="released")
    with store.transaction() as connection:
        for attempt_id in (made, dropped):
            seen = _seen(reveals.FOR_A_CONTACT, attempt_id=attempt_id)
            reveals.note(connection, seen, at=rows.AT)
        reveals.note(connection, _seen(reveals.FOR_THE_LETTER), at=rows.AT)
        reveals.note(connection, _seen(), at=rows.AT)
        reveals.note(connection, _seen(), at=rows.AT - DAY)
        assert reveals.used(connection, "s-1", since=rows.AT) == 2
        assert reveals.dropped(connection, "s-1", since=rows.AT) == 1
        assert reveals.used(connection, "s-2", since=rows.AT) == 0
        assert audit.verify(connection, audit.HOUSE) == []


@pytest.mark.rule("P11")
def test_two_windows_of_one_person_do_not_pass_the_quota_by_haste(store: Store) -> None:
    case_id = rows.a_case(store)
    lead = rows.a_person(store, Role.TEAM_LEAD)
    most = RULES.conduct.reveals_per_day
    with clock.door_time(rows.AT), store.transaction() as connection:
        for _ in range(most - 1):
            seen = Seen(lead.staff_id, "B-L1", "name", "identify")
            reveals.note(connection, seen, at=rows.AT)
    desk = RevealDesk(store, Unchanging(RULES))

    def look(_n: int) -> bool:
        try:
            return desk.reveal(lead, RevealIn(case_id, "id_number", "control")).value.startswith("310101")
        except RevealQuota:
            return False

    with clock.door_time(rows.AT):
        windows = [copy_context() for _ in range(4)]
    with ThreadPoolExecutor(4) as many:
        shown = list(many.map(lambda n: windows[n].run(look, n), range(4)))
    assert sorted(shown) == [False, False, False, True]
    with store.reading() as connection:
        assert len(connection.execute(select(rows_of_looks)).all()) == most
        (incident,) = connection.execute(select(incidents)).all()
    assert incident.kind == "reveals_over_quota"


def test_the_list_is_read_page_by_page_and_each_look_once(store: Store) -> None:
    rows.a_case(store)
    person: Person = rows.a_person(store, Role.COLLECTOR, login="one")
    with store.transaction() as connection:
        for n in range(reveals.PAGE + 5):
            seen = Seen(person.staff_id, "B-L1", "contact", "correct", contact_id="L1-phone")
            reveals.note(connection, seen, at=rows.AT - timedelta(minutes=n // 4))
    after: RevealKey | None = None
    found: list[str] = []
    with store.reading() as connection:
        while True:
            page, after = reveals.listed(connection, after=after)
            found += [row.reveal_id for row in page]
            if after is None:
                break
        assert (page[0].staff_name, page[0].channel) == (person.name, "phone")
    assert len(found) == len(set(found)) == reveals.PAGE + 5


def test_a_complaint_against_somebody_is_about_that_person_while_it_is_open(store: Store) -> None:
    case_id = rows.a_case(store)
    with store.transaction() as connection:
        for n, ended_at in ((1, None), (2, rows.AT)):
            connection.execute(
                insert(holds).values(
                    hold_id=f"h{n}",
                    case_id=case_id,
                    borrower_id="B-L1",
                    kind="complaint",
                    scope="person",
                    reason="complaint",
                    against=f"s-{n}",
                    placed_by="s-desk",
                    placed_at=rows.AT,
                    ended_at=ended_at,
                )
            )
        assert reveals.complained_of(connection, "s-1", "B-L1")
        assert not reveals.complained_of(connection, "s-2", "B-L1")
        assert not reveals.complained_of(connection, "s-1", "B-L2")


@pytest.mark.rule("C17")
def test_contacts_of_a_case_are_listed_with_the_time_of_their_recordings(store: Store) -> None:
    case_id = rows.a_case(store)
    rows.an_attempt(store, case_id, 1, actor="s-1", status="released")
    attempt_id = rows.an_attempt(store, case_id, 2, actor="s-1")
    rows.an_attempt(store, case_id, 3, actor="s-1")
    at = int(rows.AT.timestamp())
    with store.transaction() as connection:
        contacts.confirm(connection, attempt_id, Came("rtp", "rec-1"), RULES, at=at)
        listed = recordings.logged(connection, case_id)
    assert [(one.status, one.recording_id, one.until_settled) for one in listed] == [
        ("reserved", None, False),
        ("made", "rec-1", False),
    ]
    assert listed[1].keep_until == rows.AT + timedelta(days=730)
