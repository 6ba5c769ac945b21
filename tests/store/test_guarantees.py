"""What the core bank said of a guarantee, and what the court has, decide whether its giver may be asked (G1-G3, G5)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from arrears.policy.codes import Action
from arrears.policy.guard import Go, Never, NotBefore, PartyRole
from arrears.store import contacts, known, packs, ways
from arrears.store.known import Ask
from arrears.store.session import Store
from arrears.store.tables import borrowers, contact_points, loans, matters, parties
from tests.builders import CaseRoom

RULES = packs.load("cn-bank-2026").rules
PHONE = "13900001111"
G1, G2 = Never("G1"), Never("G2")


@pytest.fixture
def room(store: Store) -> CaseRoom:
    made = CaseRoom(store, RULES)
    made.staff()
    with store.transaction() as connection:
        connection.execute(insert(borrowers).values(borrower_id="P-g", kind="person", name="司徒远"))
        connection.execute(
            insert(contact_points).values(
                contact_id="g-phone", borrower_id="P-g", channel="phone", address=PHONE
            )
        )
    return made


def _guaranteed(room: CaseRoom, *, days: int, **more: Any) -> str:
    """A case whose guarantor has so many days left by what was agreed."""
    case_id = room.a_case()
    until = room.now.date() + timedelta(days=days)
    values = {"role": "guarantor", "guarantee_until": until} | more
    with room.store.transaction() as connection:
        connection.execute(
            insert(parties).values(loan_id=room.case(case_id).loan_id, borrower_id="P-g", **values)
        )
    return case_id


def _sued(room: CaseRoom, case_id: str, *, days_ago: int = 1, **more: Any) -> None:
    row = {"matter_id": f"{case_id}-m1", "case_id": case_id, "claim_minor": 1, "currency": "CNY"}
    row |= {"filed_at": room.now - timedelta(days=days_ago), "filed_by": "s-advisor1"}
    with room.store.transaction() as connection:
        connection.execute(insert(matters).values(row | more))


def _ask(room: CaseRoom, case_id: str, party: PartyRole = PartyRole.GUARANTOR) -> Ask:
    case = room.case(case_id)
    return Ask(
        "one",
        "P-g",
        Action.OUT_CALL,
        "s-collector",
        party,
        case_id=case_id,
        loan_id=case.loan_id,
        number=PHONE,
        debtor_id=case.borrower_id,
    )


def _may_call(room: CaseRoom, case_id: str) -> Go | NotBefore | Never:
    with room.store.reading() as connection:
        ask, found = _ask(room, case_id), known.point(connection, "g-phone")
        assert found is not None
        at = int(room.now.timestamp())
        said = contacts.may_contact(connection, ask, found[0], room.rules, at=at)
        [way] = ways.ways(connection, ask, room.rules, at=at)
    assert way.verdict == said, "the page says what the guard does"
    return said


@pytest.mark.rule("G2", "G3")
def test_who_stands_jointly_is_asked_and_who_stands_generally_only_when_the_debtor_was_sued(
    room: CaseRoom,
) -> None:
    assert _may_call(room, _guaranteed(room, days=30, guarantee_kind="joint")) == Go()
    for kind in ("general", None):
        case_id = _guaranteed(room, days=30, guarantee_kind=kind)
        assert _may_call(room, case_id) == G2
        _sued(room, case_id)
        assert _may_call(room, case_id) == Go()


@pytest.mark.rule("G1", "G2")
def test_whose_period_ended_without_a_demand_is_never_asked_again(room: CaseRoom) -> None:
    assert _may_call(room, _guaranteed(room, days=0, guarantee_kind="joint")) == Go()
    assert _may_call(room, _guaranteed(room, days=-1, guarantee_kind="joint")) == G1
    in_time = room.now.date() - timedelta(days=5)
    demanded = _guaranteed(room, days=-1, guarantee_kind="joint", guarantee_demanded_on=in_time)
    assert _may_call(room, demanded) == Go()
    sued_late = _guaranteed(room, days=-5, guarantee_kind="general")
    _sued(room, sued_late)
    assert _may_call(room, sued_late) == G1


@pytest.mark.rule("G1")
def test_without_an_agreed_end_it_is_six_months_from_the_last_instalment(room: CaseRoom) -> None:
    case_id = _guaranteed(room, days=0, guarantee_kind="joint", guarantee_until=None)
    assert _may_call(room, case_id) == Go(), "no last instalment is known"
    for days, said in ((170, Go()), (190, G1)):
        due = room.now.date() - timedelta(days=days)
        with room.store.transaction() as connection:
            connection.execute(
                update(loans)
                .where(loans.c.loan_id == room.case(case_id).loan_id)
                .values(last_instalment_due_on=due)
            )
        assert _may_call(room, case_id) == said


@pytest.mark.rule("G5")
def test_a_claim_that_was_withdrawn_keeps_no_guarantee(room: CaseRoom) -> None:
    case_id = _guaranteed(room, days=30, guarantee_kind="general")
    _sued(room, case_id, outcome="withdraw")
    assert _may_call(room, case_id) == G2


def test_the_debtor_himself_is_asked_whatever_became_of_the_guarantor(room: CaseRoom) -> None:
    case_id = _guaranteed(room, days=-1)
    debtor = _ask(room, case_id, PartyRole.BORROWER)
    with room.store.reading() as connection:
        at = int(room.now.timestamp())
        assert contacts.may_contact(connection, debtor, None, room.rules, at=at) == Go()
