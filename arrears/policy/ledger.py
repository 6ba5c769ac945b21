"""Money: every payment is taken against what is owed, and may end the case at any moment."""

from dataclasses import replace

from arrears.policy import legal, notices, stages
from arrears.policy.effects import Allocate, KeepProvisional, RaiseIncident, Refuse
from arrears.policy.events import LoanRestated, PaymentPosted, PaymentReversed
from arrears.policy.money import Owed, Split, allocate, take_back
from arrears.policy.state import Clock, Stage
from arrears.policy.turn import Turn


def posted(turn: Turn, event: PaymentPosted) -> None:
    match event.kind:
        case "payment" if event.provisional:
            # Money that may still bounce closes nothing (rule book 4.5).
            turn.change(provisional=(*turn.state.provisional, event.payment_id))
            turn.tell(KeepProvisional(event.payment_id))
        case "payment":
            _paid(turn, event)
        case "fee":
            _charged(turn, event)
        case _:
            turn.tell(
                RaiseIncident(f"payment_{event.kind[:20]}", event.payment_id, {"amount_minor": event.amount})
            )


def _paid(turn: Turn, event: PaymentPosted) -> None:
    split, owed = allocate(event.amount, turn.state.owed)
    turn.change(
        owed=owed,
        overdue=min(max(0, turn.state.overdue - event.amount), owed.total),
        surplus=turn.state.surplus + split.surplus,
    )
    turn.tell(_allocation(event.payment_id, split))
    if split.surplus:
        turn.tell(RaiseIncident("surplus", event.payment_id, {"surplus_minor": split.surplus}))
    _facts_changed(turn)


def _charged(turn: Turn, event: PaymentPosted) -> None:
    owed = replace(turn.state.owed, costs=turn.state.owed.costs + event.amount)
    turn.change(owed=owed, overdue=turn.state.overdue + event.amount)
    _facts_changed(turn)


def taken_back(turn: Turn, event: PaymentReversed) -> None:
    if event.reverses in turn.state.provisional:
        left = tuple(payment for payment in turn.state.provisional if payment != event.reverses)
        turn.change(provisional=left)
        return
    split, owed = take_back(event.amount, turn.state.owed, turn.state.surplus)
    again = event.amount + split.surplus
    turn.change(
        owed=owed,
        overdue=min(turn.state.overdue + again, owed.total),
        surplus=turn.state.surplus + split.surplus,
        first_overdue_on=turn.state.first_overdue_on or turn.now.today.isoformat(),
    )
    turn.tell(_allocation(event.payment_id, split))
    if turn.state.closed and turn.state.overdue > 0:
        stages.reopen(turn, "payment_reversed")
    _facts_changed(turn)


def restated(turn: Turn, event: LoanRestated) -> None:
    """The core bank owns the ledger: its newer state stands."""
    loan = event.loan
    if loan.loan_id != turn.state.loan_id or loan.currency != turn.state.currency:
        turn.tell(Refuse("another_loan"))
        return
    turn.change(
        owed=Owed(principal=loan.balance), overdue=loan.overdue, first_overdue_on=loan.first_overdue_on
    )
    if turn.state.closed:
        return
    if loan.status == "closed":
        stages.close(turn, "PAID_OFF" if loan.balance == 0 else "DATA_ERROR")
        return
    _facts_changed(turn)
    if Clock.ESCALATE.value in turn.state.deadlines:
        stages.arm_escalation(turn)


def _facts_changed(turn: Turn) -> None:
    turn.change(facts_no=turn.state.facts_no + 1)
    if turn.state.closed:
        return
    if turn.state.overdue == 0 and not turn.state.provisional:
        stages.close(turn, "PAID_OFF" if turn.state.balance == 0 else "CURED")
        return
    notices.amounts_changed(turn)
    if turn.state.stage is Stage.FORMAL:
        legal.facts_changed(turn)
    turn.refresh_tasks()


def _allocation(payment_id: str, split: Split) -> Allocate:
    return Allocate(payment_id, split.costs, split.interest, split.principal, split.surplus)
