"""A plan as rows, on both databases: signed, paid first in first out, un-paid, ended; and held from the first word on."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Row, select, update

from arrears.contracts import Message
from arrears.policy.codes import Action
from arrears.policy.guard import Never
from arrears.policy.state import Clock
from arrears.store import contacts, intents, known
from arrears.store.intents import PaymentIn
from arrears.store.known import Ask
from arrears.store.recordings import may_go
from arrears.store.session import Store
from arrears.store.tables import (
    holds,
    limitation_evidence,
    loans,
    messages,
    payments,
    plan_instalments,
    plans,
    recordings,
)
from tests.activities.steps import MONDAY, RULES, Bank, Life

SIGNED = {
    "method": "equal_total",
    "amount_minor": 120_000,
    "yearly_bp": 1_200,
    "periods": 3,
    "first_due_on": "2026-03-31",
    "charges": "stop",
    "acceptance": "oral",
    "proof": "REC-1",
    "unable_and_willing": True,
    "no_new_card": True,
    "rights_and_breach": True,
    "guaranteed": False,
    "facts_no": 1,
}


@pytest.fixture
def bank(store: Store) -> Bank:
    return Bank(store)


def _opened(bank: Bank) -> Life:
    loan = bank.loan()
    life = Life(f"case-{loan}-1")
    batch = life.hears(bank.opening(loan))
    return life.after(batch, bank.record(batch))


def _signed(bank: Bank) -> Life:
    return _hears(bank, _opened(bank), "plan_signed", SIGNED)


def _hears(bank: Bank, life: Life, signal: str, content: dict[str, Any], *, at: int = MONDAY) -> Life:
    batch = life.hears(bank.said(life.case_id, signal, content), at=at)
    return life.after(batch, bank.record(batch))


def _pays(bank: Bank, life: Life, amount: int, payment: str) -> Life:
    content = {"payment_id": payment, "amount_minor": amount, "kind": "payment", "provisional": False}
    return _hears(bank, life, "payment_posted", content)


def _plan(bank: Bank, life: Life) -> Row[*tuple[Any, ...]]:
    with bank.store.reading() as connection:
        return connection.execute(select(plans).where(plans.c.case_id == life.case_id)).one()


def _instalments(bank: Bank, life: Life) -> list[tuple[int, str, int, int, int]]:
    rows = (
        select(plan_instalments)
        .where(plan_instalments.c.plan_id == f"{life.case_id}-plan-1")
        .order_by(plan_instalments.c.number)
    )
    with bank.store.reading() as connection:
        return [
            (row.number, row.due_on.isoformat(), row.principal_minor, row.interest_minor, row.paid_minor)
            for row in connection.execute(rows)
        ]


@pytest.mark.rule("1.3", "3.5")
def test_a_signed_plan_is_kept_with_every_instalment(bank: Bank) -> None:
    life = _signed(bank)
    row = _plan(bank, life)
    assert (row.plan_id, row.status, row.paid_minor) == (f"{life.case_id}-plan-1", "active", 0)
    assert (row.amount_minor, row.yearly_bp, row.periods) == (120_000, 1_200, 3)
    assert (row.first_due_on.isoformat(), row.last_due_on.isoformat()) == ("2026-03-31", "2026-05-31")
    assert (row.acceptance, row.proof, row.charges, row.currency) == ("oral", "REC-1", "stop", "CNY")
    assert _instalments(bank, life) == [
        (1, "2026-03-31", 39_603, 1_200, 0),
        (2, "2026-04-30", 39_999, 804, 0),
        (3, "2026-05-31", 40_398, 404, 0),
    ]
    assert row.total_minor == 122_408
    with bank.store.reading() as connection:
        [hold] = connection.execute(select(holds).where(holds.c.case_id == life.case_id)).all()
        assert (hold.kind, hold.scope, hold.ended_at) == ("plan_active", "loan", None)
        [evidence] = connection.execute(select(limitation_evidence)).all()
        assert (evidence.rule, evidence.act, evidence.proof) == ("L07", "plan", "REC-1")


def test_money_pays_what_was_due_first_and_is_owed_again_when_it_is_taken_back(bank: Bank) -> None:
    life = _pays(bank, _signed(bank), 50_000, "P-1")
    assert [paid for *_, paid in _instalments(bank, life)] == [40_803, 9_197, 0]
    life = _pays(bank, life, 40_000, "P-2")
    assert [paid for *_, paid in _instalments(bank, life)] == [40_803, 40_803, 8_394]
    life = _hears(
        bank, life, "payment_reversed", {"payment_id": "R-1", "reverses": "P-1", "amount_minor": 50_000}
    )
    assert [paid for *_, paid in _instalments(bank, life)] == [40_000, 0, 0]
    assert _plan(bank, life).paid_minor == 40_000


def test_a_payment_that_the_banks_file_has_in_its_balance_already_is_told_to_a_case_with_a_plan(
    bank: Bank,
) -> None:
    """Alone and in a batch; a loan without a plan hears nothing of it, and nothing is told twice."""
    plain, life = _opened(bank), _signed(bank)
    day = datetime.fromtimestamp(MONDAY, UTC).date()
    at = datetime.fromtimestamp(MONDAY, UTC)
    of = [
        PaymentIn(f"P-{loan}", loan, day, day, 40_803, "CNY")
        for loan in (case.case_id.split("-")[1] for case in (plain, life))
    ]
    for _ in range(2):
        with bank.store.transaction() as connection:
            intents.post_payments(connection, of, at=at, source="core-bank", reopen_days=7)
    with bank.store.reading() as connection:
        [said] = connection.execute(select(messages).where(messages.c.signal == "payment_posted")).all()
        standings = connection.execute(select(payments.c.standing)).scalars().all()
    assert (said.case_id, said.content["kind"], list(standings)) == (
        life.case_id,
        "counted",
        ["history", "history"],
    )
    bank.sent(said.message_id)
    batch = life.hears(Message(said.message_id, said.signal, said.actor, said.content))
    bank.record(batch)
    assert [paid for *_, paid in _instalments(bank, life)] == [40_803, 0, 0]
    row = bank.case(life.case_id)
    assert row is not None
    assert row.balance_minor == 500_000


@pytest.mark.rule("4.5")
def test_the_last_instalment_ends_plan_hold_and_case_in_one_step(bank: Bank) -> None:
    life = _pays(bank, _signed(bank), 122_408, "P-1")
    row = bank.case(life.case_id)
    assert row is not None
    assert (row.status, row.closed_reason) == ("closed", "PLAN_COMPLETED")
    assert (_plan(bank, life).status, _plan(bank, life).paid_minor) == ("completed", 122_408)
    with bank.store.reading() as connection:
        [hold] = connection.execute(select(holds).where(holds.c.case_id == life.case_id)).all()
    assert (hold.outcome, hold.ended_at is None) == ("case_closed", False)


@pytest.mark.rule("T15")
def test_a_late_instalment_is_written_down_with_the_task_for_an_officer(bank: Bank) -> None:
    life = _signed(bank)
    for _ in range(2):
        assert life.state is not None
        batch = life.is_due(Clock.PLAN, at=life.state.deadlines[Clock.PLAN.value])
        life = life.after(batch, bank.record(batch))
    assert _plan(bank, life).status == "at_risk"
    assert life.state is not None
    assert set(life.state.tasks) == {"plan_breach"}


@pytest.mark.rule("C15", "s18")
def test_from_the_word_on_nobody_is_contacted_before_the_case_has_heard_it(bank: Bank) -> None:
    life = _opened(bank)
    loan = life.case_id.split("-")[1]
    number = bank.number(life.case_id, "13800001111")
    ask = Ask("A-1", f"B{loan}", Action.OUT_CALL, "s-collector", case_id=life.case_id, loan_id=loan)
    bank.said(life.case_id, "plan_signed", SIGNED, sent=False)
    with bank.store.transaction() as connection:
        found = known.point(connection, number)
        assert found is not None
        answer = contacts.reserve(connection, ask, found[0], RULES, at=MONDAY)
    assert answer == Never("plan_active")


# ---- how long what proves it is kept -----------------------------------------------------------------------------


@pytest.mark.rule("C17")
@pytest.mark.parametrize("acceptance", ["oral", "signed"])
def test_the_recording_of_a_plan_by_word_of_mouth_is_kept_until_the_debt_is_settled(
    bank: Bank, acceptance: str
) -> None:
    life = _hears(bank, _opened(bank), "plan_signed", SIGNED | {"acceptance": acceptance})
    late = datetime.fromtimestamp(MONDAY, UTC) + timedelta(days=4_000)
    with bank.store.transaction() as connection:
        kept = connection.execute(select(recordings)).all()
        assert [(row.recording_id, row.case_id, row.until_settled) for row in kept] == (
            [("REC-1", life.case_id, True)] if acceptance == "oral" else []
        )
        assert not may_go(connection, "REC-1", at=late)
        connection.execute(update(loans).values(balance_minor=0, overdue_minor=0, first_overdue_on=None))
        assert may_go(connection, "REC-1", at=late) is (acceptance == "oral"), "what nobody knows is kept"


@pytest.mark.rule("C17")
def test_one_talk_about_two_loans_is_kept_until_both_are_settled(bank: Bank) -> None:
    first, other = _signed(bank), _signed(bank)
    late = datetime.fromtimestamp(MONDAY, UTC) + timedelta(days=4_000)
    settled = {"balance_minor": 0, "overdue_minor": 0, "first_overdue_on": None}
    with bank.store.transaction() as connection:
        for life, may in ((first, False), (other, True)):
            loan = life.case_id.removeprefix("case-").removesuffix("-1")
            connection.execute(update(loans).where(loans.c.loan_id == loan).values(settled))
            assert may_go(connection, "REC-1", at=late) is may
