"""What the panel says of each way is what the guard answers whoever then asks; more numbers cost no more questions."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event, insert

from arrears.contracts import Rules
from arrears.policy.codes import Action
from arrears.policy.guard import Go, Never, NotBefore
from arrears.store import contacts, known, marks, packs, ways
from arrears.store.contacts import Came, Slot
from arrears.store.known import Ask
from arrears.store.marks import Marked
from arrears.store.session import Store
from arrears.store.tables import contact_points
from arrears.store.ways import SOMEBODY, Way
from tests.api import rows

RULES: Rules = packs.load("cn-bank-2026").rules
TEN = int(rows.AT.timestamp()) + 3600  # in Shanghai, on a Monday
ASK = Ask("", "B-L1", Action.OUT_CALL, "s-1", loan_id="L1")


@pytest.fixture
def bank(store: Store) -> Store:
    rows.a_loan(store, "L1")
    _add(store, "second", "13900000002")
    _add(store, "never", "13900000003", do_not_contact=True)
    _add(store, "evening", "13900000004", allowed_from="19:00", allowed_to="20:00")
    _add(store, "dead", "13900000005")
    with store.transaction() as connection:
        marks.put(connection, "dead", Marked("invalid", "B-L1", "", "s-1", rows.AT))
    return store


def _add(store: Store, contact_id: str, address: str, **more: Any) -> None:
    values = {"borrower_id": "B-L1", "channel": "phone", "preferred": False, "do_not_contact": False}
    with store.transaction() as connection:
        connection.execute(
            insert(contact_points).values(values | {"contact_id": contact_id, "address": address} | more)
        )


def _ways(store: Store, at: int = TEN) -> dict[str, Way]:
    with store.reading() as connection:
        return {way.contact_id: way for way in ways.ways(connection, ASK, RULES, at=at)}


def _call(store: Store, key: str, contact_id: str, result: str, at: int = TEN) -> None:
    with store.transaction() as connection:
        found = known.point(connection, contact_id)
        assert found is not None
        ask = replace(ASK, attempt_id=key, number=found[0].address)
        assert isinstance(contacts.reserve(connection, ask, found[0], RULES, at=at), Slot)
        contacts.confirm(connection, key, Came(result), RULES, at=at)


@contextmanager
def _counted(store: Store) -> Iterator[list[str]]:
    asked: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    event.listen(store.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(store.engine, "before_cursor_execute", note)


def test_each_way_has_its_own_word(bank: Store) -> None:
    found = _ways(bank)
    assert found["L1-phone"].verdict == found["second"].verdict == Go()
    assert found["never"].verdict == Never("do_not_contact")
    assert found["dead"].verdict == Never("number_invalid")
    evening = found["evening"].verdict
    assert isinstance(evening, NotBefore)
    assert evening.rule == "own_hours"
    assert (found["L1-email"].action, found["L1-post"].action) == (None, Action.VISIT)


@pytest.mark.rule("4.6-4")
@pytest.mark.parametrize("hour", [-3, 0, 5, 10, 12])
def test_what_is_said_of_a_way_is_what_whoever_asks_is_told(bank: Store, hour: int) -> None:
    _call(bank, "a1", "second", "rtp")
    _call(bank, "a2", "second", "hung")
    at = TEN + hour * 3600
    for contact_id, way in _ways(bank, at).items():
        if way.action is None:
            continue
        with bank.transaction() as connection:
            found = known.point(connection, contact_id)
            assert found is not None
            others = (SOMEBODY,) if way.action is Action.VISIT else ()
            ask = replace(ASK, attempt_id="x", action=way.action, number=way.address, staff=others)
            assert contacts.may_contact(connection, ask, found[0], RULES, at=at) == way.verdict, contact_id


@pytest.mark.rule("C02", "C03")
def test_how_much_is_taken_is_told_for_the_person_and_for_each_number(bank: Store) -> None:
    _call(bank, "a1", "second", "rtp")
    _call(bank, "a2", "second", "na")
    found = _ways(bank)
    taken = {name: {use.cap.rule: use.used for use in found[name].uses} for name in ("second", "L1-phone")}
    assert taken == {"second": {"C02": 1, "C03": 2}, "L1-phone": {"C02": 1, "C03": 0}}


def test_more_numbers_cost_no_more_questions(bank: Store) -> None:
    with _counted(bank) as few:
        _ways(bank)
    for n in range(20):
        _add(bank, f"more-{n}", f"137000000{n:02}")
    with _counted(bank) as many:
        assert len(_ways(bank)) > 20
    assert len(many) == len(few) <= 9
