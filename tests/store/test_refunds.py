"""Money that was paid too much is given back once, within its days, and only while it is there."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Row, select

from api.auth.person import Person
from api.desk import errors
from api.desk.apart_work import Closing
from arrears import clock
from arrears.policy.money import TakenBack
from arrears.policy.tasks import Role
from arrears.store import packs, refunds
from arrears.store.intents import PaymentIn
from arrears.store.session import Store
from arrears.store.tables import allocations, audit_rows, incidents, payments
from tests.builders import CaseRoom

OPS = Person("s-ops", "ops", "孙丽", frozenset({Role.OPS}), "zh-CN")
OPERATOR = Person("s-operator", "operator", "周杰", frozenset({Role.OPERATOR}), "zh-CN")
PAID_OUT = Closing("", "paid_out", "OUT-1")


@pytest.fixture
def room(store: Store) -> CaseRoom:
    return CaseRoom(store, packs.load("cn-bank-2026").rules)


@pytest.fixture
def overpaid(room: CaseRoom) -> str:
    """1,000.00 were owed and 1,500.00 came: the case is closed, 500.00 are the payer's."""
    case_id = room.a_case(overdue=1_000_00, balance=1_000_00)
    room.pay(case_id, 1_500_00)
    return case_id


def _incidents(room: CaseRoom) -> list[Row[Any]]:
    with room.store.reading() as connection:
        return list(connection.execute(select(incidents).order_by(incidents.c.incident_id)))


def _close(room: CaseRoom, closing: Closing = PAID_OUT, *, who: Person = OPS) -> None:
    with clock.door_time(room.now):
        room.desk.close_incident(who, _incidents(room)[0].incident_id, closing)
    room.hear_everything()


def _refunds(room: CaseRoom) -> list[int]:
    with room.store.reading() as connection:
        found = select(payments.c.amount_minor).where(payments.c.kind == "refund")
        return list(connection.execute(found).scalars())


@pytest.mark.rule("4.7")
def test_it_is_paid_out_once_with_the_banks_number(room: CaseRoom, overpaid: str) -> None:
    _close(room)
    _close(room, Closing("", "paid_out", "OUT-2"))
    [done] = _incidents(room)
    assert (done.status, done.outcome, done.reference, done.closed_by) == (
        "closed",
        "paid_out",
        "OUT-1",
        "s-ops",
    )
    assert (_refunds(room), room.state(overpaid).surplus) == ([500_00], 0)
    with room.store.reading() as connection:
        surplus = select(allocations.c.amount_minor).where(allocations.c.tier == "surplus")
        assert sorted(connection.execute(surplus).scalars()) == [-500_00, 500_00]
        told = select(audit_rows.c.detail).where(audit_rows.c.what == "incident_closed")
        [trace] = connection.execute(told).scalars()
    assert (trace["outcome"], trace["reference"]) == ("paid_out", "OUT-1")


def test_what_is_kept_has_a_reason_and_moves_no_money(room: CaseRoom, overpaid: str) -> None:
    _close(room, Closing("付款人要求抵扣下期", "kept"))
    [done] = _incidents(room)
    assert (done.outcome, done.reason, done.reference) == ("kept", "付款人要求抵扣下期", None)
    assert (_refunds(room), room.state(overpaid).surplus) == ([], 500_00)


@pytest.mark.parametrize(
    ("closing", "field", "why"),
    [
        (Closing("weg"), "outcome", "refund_outcome_required"),
        (Closing("weg", "given"), "outcome", "refund_outcome_required"),
        (Closing("weg", "paid_out"), "reference", "reference_required"),
        (Closing("weg", "paid_out", "张三"), "reference", "reference_unreadable"),
        (Closing(" ", "kept"), "reason", "reason_required"),
    ],
)
def test_what_is_missing_is_said_and_nothing_happens(
    room: CaseRoom, overpaid: str, closing: Closing, field: str, why: str
) -> None:
    with pytest.raises(errors.Invalid) as wrong:
        _close(room, closing)
    assert [(one.field, one.why) for one in wrong.value.missing] == [(field, why)]
    assert (_incidents(room)[0].status, _refunds(room)) == ("open", [])


def test_only_operations_give_money_back(room: CaseRoom, overpaid: str) -> None:
    with pytest.raises(errors.NotAllowed):
        _close(room, who=OPERATOR)


@pytest.mark.parametrize("heard", [True, False], ids=["heard", "on its way"])
def test_what_a_reversal_has_taken_is_not_given_back_too(room: CaseRoom, overpaid: str, heard: bool) -> None:
    with room.store.reading() as connection:
        payment_id = connection.execute(select(payments.c.payment_id)).scalar_one()
    with clock.door_time(room.now):
        room.desk.money.take_back(OPS, payment_id, TakenBack.NO_FUNDS)
    if heard:
        room.hear_everything()
    with pytest.raises(errors.Invalid) as wrong:
        _close(room)
    assert [one.why for one in wrong.value.missing] == ["surplus_gone"]
    _close(room, Closing("已随冲正扣回", "kept"))
    assert _refunds(room) == []


def test_the_term_passes_and_is_counted(room: CaseRoom, overpaid: str) -> None:
    [open_] = _incidents(room)
    with room.store.reading() as connection:
        assert refunds.overdue(connection, now=open_.due_at) == 0
        assert refunds.overdue(connection, now=open_.due_at + timedelta(seconds=1)) == 1
    _close(room)
    with room.store.reading() as connection:
        assert refunds.overdue(connection, now=open_.due_at + timedelta(days=9)) == 0


def test_long_after_the_case_has_closed_it_is_still_given_back(room: CaseRoom, overpaid: str) -> None:
    room.now += timedelta(days=30)
    _close(room)
    assert ([one.kind for one in _incidents(room)], _refunds(room)) == (["surplus"], [500_00])


# ---- asked before it is posted ---------------------------------------------------------------------------


def _money(room: CaseRoom, case_id: str, amount: int, payment_id: str = "P-1") -> PaymentIn:
    loan_id = room.case(case_id).loan_id
    return PaymentIn(payment_id, loan_id, room.today, room.today, amount, room.rules.terms.currency)


@pytest.mark.rule("4.7")
def test_a_hand_that_types_more_than_is_owed_is_asked_and_a_bank_is_not(room: CaseRoom) -> None:
    case_id = room.a_case(overdue=1_000_00, balance=5_000_00)
    with clock.door_time(room.now):
        with pytest.raises(errors.SurplusUnseen) as asked:
            room.desk.money.post_payment(OPS, _money(room, case_id, 6_000_00), by_hand=True)
        assert (asked.value.owed, asked.value.surplus, asked.value.has_case) == (5_000_00, 1_000_00, True)
        room.desk.money.post_payment(OPS, _money(room, case_id, 4_000_00, "P-0"), by_hand=True)
        with pytest.raises(errors.SurplusUnseen) as again:
            room.desk.money.post_payment(
                OPS, _money(room, case_id, 6_000_00), by_hand=True, surplus_seen=1_000_00
            )
        assert again.value.surplus == 5_000_00, "what is on its way counts"
        room.desk.money.post_payment(
            OPS, _money(room, case_id, 6_000_00), by_hand=True, surplus_seen=5_000_00
        )
        room.desk.money.post_payment(
            OPS, _money(room, case_id, 6_000_00), by_hand=True
        )  # known: nothing to ask
        room.desk.money.post_payment(OPS, _money(room, case_id, 6_000_00, "P-2"))
    room.hear_everything()
    assert room.state(case_id).surplus == 11_000_00


def test_money_that_no_case_takes_is_asked_about_too_and_history_is_not(
    room: CaseRoom, overpaid: str
) -> None:
    room.now += timedelta(days=30)
    with clock.door_time(room.now):
        with pytest.raises(errors.SurplusUnseen) as asked:
            room.desk.money.post_payment(OPS, _money(room, overpaid, 100), by_hand=True)
        assert (asked.value.owed, asked.value.surplus, asked.value.has_case) == (0, 100, False)
        history = replace(_money(room, overpaid, 100, "P-0"), value_on=room.today - timedelta(days=400))
        assert room.desk.money.post_payment(OPS, history, by_hand=True).standing == "history"
