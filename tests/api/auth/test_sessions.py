from datetime import timedelta

import pytest
from sqlalchemy import select

from api.auth.sessions import IDLE, LONGEST, MOST, Sessions, cookie_name
from arrears.policy.tasks import Role
from arrears.store import people
from arrears.store.session import Store
from arrears.store.tables import browser_sessions, staff
from tests.api import rows
from tests.api.conftest import Machine


@pytest.fixture
def sessions(store: Store, machine: Machine) -> Sessions:
    return Sessions(store, now=machine)


@pytest.fixture
def li(store: Store) -> str:
    return rows.a_person(store, Role.OPS, login="li").staff_id


def test_a_cookie_leads_to_its_person_and_only_its_hash_is_kept(
    sessions: Sessions, store: Store, li: str
) -> None:
    opened = sessions.open(li)
    found = sessions.find(opened.cookie)
    assert found is not None
    assert (found.person.staff_id, found.person.roles) == (li, frozenset({Role.OPS}))
    assert found.csrf == opened.csrf
    with store.reading() as connection:
        kept = str(connection.execute(select(browser_sessions)).all())
    assert opened.cookie not in kept


STRANGE: list[str | None] = [
    None,
    "",
    "x",
    "A" * 43,
    "A" * 42,
    "A" * 44,
    "\x00" * 43,
    "张" * 43,
    "A" * 100_000,
    "' or 1=1 --",
]


def test_a_cookie_we_did_not_write_leads_nowhere(sessions: Sessions, li: str) -> None:
    sessions.open(li)
    assert [sessions.find(cookie) for cookie in STRANGE] == [None] * len(STRANGE)


def test_it_ends_after_fifteen_idle_minutes(sessions: Sessions, machine: Machine, li: str) -> None:
    cookie = sessions.open(li).cookie
    machine.now += IDLE - timedelta(microseconds=1)
    assert sessions.find(cookie) is not None  # and that was a click: the time begins anew
    machine.now += IDLE - timedelta(microseconds=1)
    assert sessions.find(cookie) is not None
    machine.now += IDLE
    assert sessions.find(cookie) is None
    machine.now -= timedelta(minutes=10)
    assert sessions.of(li) != []


def test_clicks_within_half_a_minute_are_written_once(
    sessions: Sessions, machine: Machine, store: Store, li: str
) -> None:
    written = []
    store.on_commit(lambda: written.append(machine.now))
    cookie = sessions.open(li).cookie
    for _ in range(40):
        machine.pass_(seconds=3)
        assert sessions.find(cookie) is not None
    assert len(written) == 1 + 4


def test_it_ends_after_ten_hours_however_busy(sessions: Sessions, machine: Machine, li: str) -> None:
    opened = sessions.open(li)
    begun = machine.now
    while machine.now - begun < LONGEST - timedelta(minutes=10):
        machine.pass_(minutes=10)
        assert sessions.find(opened.cookie) is not None
    machine.now = opened.ends_at - timedelta(microseconds=1)
    assert sessions.find(opened.cookie) is not None
    machine.now = opened.ends_at
    assert sessions.find(opened.cookie) is None


def test_every_sign_in_has_its_own_cookie_and_ends_the_one_brought_along(sessions: Sessions, li: str) -> None:
    before = sessions.open(li)
    after = sessions.open(li, replacing=before.cookie)
    assert after.cookie != before.cookie
    assert after.csrf != before.csrf
    assert sessions.find(before.cookie) is None
    assert sessions.find(after.cookie) is not None


def test_too_many_at_once_end_the_oldest(sessions: Sessions, machine: Machine, li: str) -> None:
    cookies = []
    for _ in range(MOST + 2):
        machine.pass_(seconds=1)
        cookies.append(sessions.open(li).cookie)
    assert [sessions.find(cookie) is not None for cookie in cookies] == [False, False] + [True] * MOST


def test_signing_out_is_at_once_and_for_this_browser_only(sessions: Sessions, li: str) -> None:
    here, there = sessions.open(li), sessions.open(li)
    assert sessions.close(here.cookie)
    assert sessions.find(here.cookie) is None
    assert sessions.find(there.cookie) is not None
    assert not sessions.close(here.cookie)


def test_the_list_names_sessions_without_opening_them(
    sessions: Sessions, machine: Machine, store: Store, li: str
) -> None:
    other = rows.a_person(store, Role.ADMIN, login="other").staff_id
    first = sessions.open(li)
    machine.pass_(seconds=1)
    second = sessions.open(li)
    listed = sessions.of(li)
    assert [sessions.find(view.handle) for view in listed] == [None, None]
    found = sessions.find(second.cookie)
    assert found is not None
    assert listed[0].handle == found.handle
    assert not sessions.revoke(other, listed[0].handle), "a handle is worth nothing to somebody else"
    assert sessions.revoke(li, listed[0].handle)
    assert sessions.find(second.cookie) is None
    assert sessions.find(first.cookie) is not None


def test_all_others_can_be_ended_at_once(sessions: Sessions, li: str) -> None:
    kept, gone, also_gone = sessions.open(li), sessions.open(li), sessions.open(li)
    assert sessions.revoke_all(li, but=kept.cookie) == 2
    assert sessions.find(kept.cookie) is not None
    assert sessions.find(gone.cookie) is None
    assert sessions.find(also_gone.cookie) is None
    assert sessions.revoke_all(li) == 1


@pytest.mark.parametrize(
    "change",
    [{"active": False}, {"roles": frozenset({Role.OPERATOR})}, {"password_hash": "new"}],
    ids=["no longer active", "other roles", "other password"],
)
def test_who_is_changed_is_signed_out_everywhere(
    sessions: Sessions, store: Store, machine: Machine, li: str, change: dict[str, object]
) -> None:
    cookie = sessions.open(li).cookie
    with store.transaction() as connection:
        people.change_staff(connection, li, at=machine.now, **change)  # type: ignore[arg-type]  # by name above
    assert sessions.find(cookie) is None


def test_old_rows_go_away_by_themselves(sessions: Sessions, store: Store, machine: Machine, li: str) -> None:
    for _ in range(3):
        sessions.open(li)
    machine.pass_(hours=1)
    sessions.open(li)
    with store.reading() as connection:
        assert len(connection.execute(select(browser_sessions)).all()) == 1


def test_a_role_nobody_knows_gives_nothing(sessions: Sessions, store: Store, li: str) -> None:
    with store.transaction() as connection:
        connection.execute(staff.update().values(roles=["emperor", "ops"]))
    found = sessions.find(sessions.open(li).cookie)
    assert found is not None
    assert found.person.roles == frozenset({Role.OPS})


def test_the_cookie_is_bound_to_its_host_where_there_is_tls() -> None:
    assert cookie_name(secure=True) == "__Host-sid"
    assert cookie_name(secure=False) == "sid"


def test_a_proof_moves_the_session_to_another_cookie_and_keeps_its_forms(
    sessions: Sessions, machine: Machine, li: str
) -> None:
    opened = sessions.open(li)
    machine.pass_(minutes=7)
    before = sessions.find(opened.cookie)
    fresh = sessions.prove(opened.cookie)
    assert fresh is not None
    after = sessions.find(fresh)
    assert before is not None
    assert after is not None
    assert sessions.find(opened.cookie) is None
    assert (after.csrf, after.ends_at) == (before.csrf, before.ends_at)
    assert (before.person.proved_at, after.person.proved_at) == (
        machine.now - timedelta(minutes=7),
        machine.now,
    )
    assert sessions.prove(opened.cookie) is None
