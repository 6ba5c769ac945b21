"""One ledger for each person: reserved once, whoever races for it, given back, confirmed as the codes count."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event, insert, select

from arrears.contracts import Rules
from arrears.policy.codes import Action
from arrears.policy.guard import Circumstance, Never, NotBefore, PartyRole
from arrears.store import circumstances, contacts, known, packs
from arrears.store.contacts import AttemptConflict, Came, ResultUnknown, Slot
from arrears.store.known import Ask
from arrears.store.session import Store
from arrears.store.tables import borrowers, contact_attempts, contact_points, incidents

RULES: Rules = packs.load("cn-bank-2026").rules
TEN = int(datetime(2026, 3, 2, 2, tzinfo=UTC).timestamp())  # in Shanghai, on a Monday
TOMORROW = TEN + 22 * 3600
PHONE = "13800000001"


@pytest.fixture
def bank(store: Store) -> Store:
    with store.transaction() as connection:
        for person, number in (("B1", PHONE), ("B2", "13800000002")):
            connection.execute(insert(borrowers).values(borrower_id=person, kind="person", name="-"))
            connection.execute(
                insert(contact_points).values(
                    contact_id=f"{person}-phone", borrower_id=person, channel="phone", address=number
                )
            )
    return store


def _ask(key: str, **more: object) -> Ask:
    values = {"borrower_id": "B1", "action": Action.OUT_CALL, "actor": "s-1", "number": PHONE} | more
    return Ask(key, **values)  # type: ignore[arg-type]  # a test may change any of them


def _reserve(store: Store, ask: Ask, at: int = TEN) -> Slot | NotBefore | Never:
    with store.transaction() as connection:
        where = known.first_point(connection, ask.borrower_id, ask.action)
        return contacts.reserve(connection, ask, where, RULES, at=at)


def _call(store: Store, key: str, result: str, *, at: int = TEN, **more: object) -> None:
    assert isinstance(_reserve(store, _ask(key, **more), at), Slot)
    with store.transaction() as connection:
        contacts.confirm(connection, key, Came(result), RULES, at=at)


def _statuses(store: Store) -> list[str]:
    with store.reading() as connection:
        found = select(contact_attempts.c.status).order_by(contact_attempts.c.attempt_id)
        return list(connection.execute(found).scalars())


@pytest.mark.rule("C02", "C04", "4.6-4")
def test_s03_of_dialers_that_race_for_the_last_call_one_gets_it(bank: Store) -> None:
    _call(bank, "a1", "rtp", loan_id="L1")
    _call(bank, "a2", "hung", loan_id="L2", actor="agency")
    racers = [_ask(f"r{n}", actor=f"dialer-{n}", loan_id=f"L{n}") for n in range(8)]
    with ThreadPoolExecutor(8) as many:
        answers = list(many.map(lambda ask: _reserve(bank, ask), racers))
    assert sum(isinstance(answer, Slot) for answer in answers) == 1
    assert {a.rule for a in answers if isinstance(a, NotBefore)} == {"C02"}
    assert _statuses(bank).count("reserved") == 1


def test_s01_a_queued_call_that_is_dialled_too_late_gives_its_slot_back(bank: Store) -> None:
    minute_before = int(datetime(2026, 3, 2, 13, 54, tzinfo=UTC).timestamp())
    assert isinstance(_reserve(bank, _ask("q1"), minute_before), Slot)
    late = _reserve(bank, _ask("q1"), minute_before + 120)
    assert late == NotBefore(int(datetime(2026, 3, 3, 0, 0, tzinfo=UTC).timestamp()), "C01")
    assert _statuses(bank) == ["released"]
    assert isinstance(_reserve(bank, _ask("q1"), late.at), Slot)


def test_s32_caps_go_by_the_banks_clock_and_the_callers_is_kept_beside_it(bank: Store) -> None:
    ahead = datetime.fromtimestamp(TEN + 90, UTC)
    assert isinstance(_reserve(bank, _ask("a1")), Slot)
    with bank.transaction() as connection:
        contacts.confirm(connection, "a1", Came("na", provider_at=ahead), RULES, at=TEN)
        row = contacts.find(connection, "a1")
    assert row is not None
    assert (row.at, row.provider_at) == (datetime.fromtimestamp(TEN, UTC), ahead)


def test_s05_a_stop_of_somebody_else_binds_for_whoever_names_the_number(bank: Store) -> None:
    third = _ask("t1", party=PartyRole.THIRD)
    assert _reserve(bank, third) == Never("C07")
    with bank.transaction() as connection:
        for person in ("B1", "B2"):
            circumstances.note(connection, person, Circumstance.LOST_CONTACT, by="s-lead", at=TEN)
    _call(bank, "t2", "tp_refuse", party=PartyRole.THIRD)
    other = _ask("t3", borrower_id="B2", party=PartyRole.THIRD)
    assert _reserve(bank, other, TEN + 400 * 86_400) == Never("C08")
    assert isinstance(_reserve(bank, _ask("t4", borrower_id="B2", number="13800000002")), Slot)


def test_a_slot_asked_for_twice_is_one_and_of_another_person_a_conflict(bank: Store) -> None:
    assert isinstance(_reserve(bank, _ask("a1")), Slot)
    assert isinstance(_reserve(bank, _ask("a1"), TEN + 1), Slot)
    assert _statuses(bank) == ["reserved"]
    with pytest.raises(AttemptConflict):
        _reserve(bank, _ask("a1", actor="s-2"))


def test_what_came_of_it_is_told_once(bank: Store) -> None:
    _call(bank, "a1", "na")
    with bank.transaction() as connection:
        contacts.confirm(connection, "a1", Came("na"), RULES, at=TEN)
        with pytest.raises(AttemptConflict):
            contacts.confirm(connection, "a1", Came("rtp"), RULES, at=TEN)
        with pytest.raises(ResultUnknown):
            contacts.code_for(Action.OUT_CALL, Came("delivered"), RULES)
        with pytest.raises(ResultUnknown):
            contacts.code_for(Action.AI_CALL, Came("rtp"), RULES)


def test_a_contact_against_the_rules_stands_and_is_an_incident(bank: Store) -> None:
    night = int(datetime(2026, 3, 2, 18, tzinfo=UTC).timestamp())
    with bank.transaction() as connection:
        answer = contacts.report(connection, _ask("n1"), None, Came("rtp"), RULES, at=night, told_at=TOMORROW)
        kinds = list(connection.execute(select(incidents.c.kind)).scalars())
    assert isinstance(answer, NotBefore)
    assert (kinds, _statuses(bank)) == (["contact_against_rules"], ["made"])


def _asked_of_the_database(store: Store) -> list[str]:
    """Every statement of one reserve, as it went out."""
    said: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    event.listen(store.engine, "before_cursor_execute", listen)
    try:
        asked = _ask("p1", case_id="case-L1-1", loan_id="L1")
        assert isinstance(_reserve(store, asked), Slot)
    finally:
        event.remove(store.engine, "before_cursor_execute", listen)
    return said


def test_a_slot_takes_few_round_trips(bank: Store) -> None:
    """Each one keeps the next caller waiting, on SQLite everybody: more than these want a reason."""
    assert len([said for said in _asked_of_the_database(bank) if not said.startswith("BEGIN")]) == 4


def test_no_question_of_the_guard_reads_a_whole_table(sqlite_store: Store) -> None:
    """Asked before every call of every collector: what grows with the bank would make them all wait."""
    with sqlite_store.transaction() as connection:
        connection.execute(insert(borrowers).values(borrower_id="B1", kind="person", name="-"))
    plans = {}
    statements = [said for said in _asked_of_the_database(sqlite_store) if said.startswith("SELECT")]
    with sqlite_store.reading() as connection:
        for said in statements:
            asked = (None,) * said.count("?")
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {said}", asked).all()
            plans[said] = [row[3] for row in plan if row[3].startswith("SCAN")]
    assert len(plans) == 3
    assert {said: whole for said, whole in plans.items() if whole} == {}
