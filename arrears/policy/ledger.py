"""Money: every payment is taken against what is owed, and may end the case at any moment."""

from dataclasses import replace

from arrears.policy import court, delivered, evidence, legal, money, notices, plans, promises, stages
from arrears.policy.effects import Allocate, KeepProvisional, RaiseIncident, Refuse
from arrears.policy.events import (
    LoanRestated,
    LoanState,
    PaymentFinalized,
    PaymentPosted,
    PaymentReversed,
    TaskDecided,
)
from arrears.policy.money import Owed, Split, allocate, take_back
from arrears.policy.state import HoldKind
from arrears.policy.tasks import Outcome, TaskKind
from arrears.policy.turn import Turn


def posted(turn: Turn, event: PaymentPosted) -> None:
    match event.kind:
        case "payment" if event.provisional:
            # Money that may still bounce closes nothing (rule book 4.5).
            turn.change(provisional=(*turn.state.provisional, event.payment_id))
            turn.tell(KeepProvisional(event.payment_id))
            promises.credit(turn, event.payment_id, event.amount, event.value_on)
            plans.credit(turn, event.payment_id, event.amount)
        case "payment":
            _paid(turn, event.payment_id, event.amount)
            promises.credit(turn, event.payment_id, event.amount, event.value_on)
            plans.credit(turn, event.payment_id, event.amount)
            _facts_changed(turn)
            plans.settle(turn)
        case "fee":
            _charged(turn, event)
        case money.COUNTED:
            if event.promised:  # what was said before promises heard of it goes on as it did
                promises.credit(turn, event.payment_id, event.amount, event.value_on)
            plans.counts(turn, event.payment_id, event.amount, event.value_on)
            plans.settle(turn)
        case "refund":
            _refunded(turn, event)
        case _:
            turn.tell(
                RaiseIncident(f"payment_{event.kind[:20]}", event.payment_id, {"amount_minor": event.amount})
            )


def finalized(turn: Turn, event: PaymentFinalized) -> None:
    """It can bounce no more: taken against what is owed, and what waited for it goes on (rule book 4.5).

    A promise or plan it kept was credited when it came; now it is kept for good.
    """
    if event.payment_id not in turn.state.provisional:
        turn.tell(Refuse("not_provisional"))
        return
    turn.change(provisional=_without(turn, event.payment_id))
    promises.is_final(turn, event.payment_id)
    if event.in_balance:
        close_if_paid(turn)
    else:
        _paid(turn, event.payment_id, event.amount)
        _facts_changed(turn)
    plans.settle(turn)


def _without(turn: Turn, payment_id: str) -> tuple[str, ...]:
    return tuple(payment for payment in turn.state.provisional if payment != payment_id)


def _paid(turn: Turn, payment_id: str, amount: int) -> None:
    state = turn.state
    split, owed = allocate(amount, state.owed)
    due = min(amount, state.overdue)
    turn.change(
        owed=owed,
        overdue=state.overdue - due,
        ahead=state.ahead + amount - due - split.surplus,
        surplus=state.surplus + split.surplus,
    )
    turn.tell(_allocation(payment_id, split))
    evidence.keep(turn, "L07", act="payment", proof=payment_id, by="core-bank")
    if split.surplus:
        days = turn.now.terms.refund_bank_days
        due = turn.now.calendar.close_after(turn.now.at, days) if days else 0
        turn.tell(RaiseIncident("surplus", payment_id, {"surplus_minor": split.surplus}, due))


def _refunded(turn: Turn, event: PaymentPosted) -> None:
    """What was paid too much went back (4.7): a reversal that comes later finds it no more."""
    given = min(event.amount, turn.state.surplus)
    turn.change(surplus=turn.state.surplus - given)
    if given:
        turn.tell(Allocate(event.payment_id, 0, 0, 0, -given))
    if given < event.amount:
        beyond = {"amount_minor": event.amount - given}
        turn.tell(RaiseIncident("refund_beyond_surplus", event.payment_id, beyond))


def _charged(turn: Turn, event: PaymentPosted) -> None:
    owed = replace(turn.state.owed, costs=turn.state.owed.costs + event.amount)
    turn.change(owed=owed, overdue=turn.state.overdue + event.amount)
    if turn.state.closed:
        # Only money taken back re-opens a case; somebody must decide what becomes of the fee.
        turn.tell(RaiseIncident("fee_on_closed_case", event.payment_id, {"amount_minor": event.amount}))
    _facts_changed(turn)


def taken_back(turn: Turn, event: PaymentReversed) -> None:
    if not turn.state.closed:
        promises.bounced(turn, event.reverses, event.amount, technical=event.technical)
        plans.bounced(turn, event.reverses, event.amount)
    if event.reverses in turn.state.provisional:
        turn.change(provisional=_without(turn, event.reverses))
        if not turn.state.closed:
            close_if_paid(turn)
            plans.settle(turn)
        return
    state = turn.state
    split, owed = take_back(event.amount, state.owed, state.surplus)
    again = event.amount + split.surplus
    from_ahead = min(again, state.ahead)
    turn.change(
        owed=owed,
        overdue=state.overdue + again - from_ahead,
        ahead=state.ahead - from_ahead,
        surplus=state.surplus + split.surplus,
    )
    turn.tell(_allocation(event.payment_id, split))
    evidence.void(turn, event.reverses)
    if turn.state.overdue > 0 and turn.state.first_overdue_on is None:
        turn.change(first_overdue_on=turn.now.today.isoformat())
    unpays = plans.counted(turn, event.reverses)
    reopens = bool(turn.state.closed) and (turn.state.overdue > 0 or unpays)
    _facts_changed(turn)
    if reopens:
        # The plan first: what its hold blocks is not even opened.
        plans.bounced(turn, event.reverses, event.amount)
        stages.reopen(turn, "payment_reversed")


def restated(turn: Turn, event: LoanRestated) -> None:
    """The core bank owns the ledger: its newer state stands."""
    loan = event.loan
    if loan.loan_id != turn.state.loan_id or loan.currency != turn.state.currency:
        turn.tell(Refuse("another_loan"))
        return
    loan = _as_corrected(turn, loan)
    if loan.overdue == 0 or loan.status == "closed":
        _all_is_final(turn)
    if _differs(turn, loan):
        _take_over(turn, loan)
    if turn.state.closed:
        return
    _heed_status(turn, loan.status, stops=event.stops)
    if loan.status == "closed" and turn.state.matter is not None:
        court.ask_to_end(turn, "loan_closed")
        return
    if loan.status == "closed":
        stages.close(turn, "PAID_OFF" if loan.balance == 0 else "DATA_ERROR")
        return
    close_if_paid(turn)
    plans.settle(turn)


def _heed_status(turn: Turn, status: str, *, stops: bool) -> None:
    if stops:
        delivered.heed(turn, status)
    elif status in delivered.HOLDS:
        # As it was before such a status placed its hold: a person must see it at once.
        turn.tell(RaiseIncident(f"loan_{status}", f"{turn.state.case_id}-{turn.state.facts_no}"))


def _all_is_final(turn: Turn) -> None:
    """The bank has counted it; if it bounces after all, the case re-opens."""
    waited = turn.state.provisional
    turn.change(provisional=())
    if not turn.state.closed:
        promises.is_final(turn, *waited)


def _as_corrected(turn: Turn, loan: LoanState) -> LoanState:
    """A file of before the core bank has booked a correction must not bring the disputed amount back."""
    state, off = turn.state, turn.state.corrected
    if not off:
        return loan
    if (loan.balance, loan.overdue) == (state.balance + off, state.overdue + off):
        left = loan.overdue - off
        first = loan.first_overdue_on if left else None
        return replace(loan, balance=loan.balance - off, overdue=left, first_overdue_on=first)
    turn.change(corrected=0)
    return loan


def correct(turn: Turn, amount: int, *, whole: bool) -> None:
    """A dispute was right: so much (minor units) is not owed. Others correct the core bank and the bureau (P9)."""
    _, owed = allocate(amount, turn.state.owed)
    turn.tell(
        RaiseIncident(
            "ledger_to_correct", f"{turn.state.case_id}-{turn.state.facts_no}", {"amount_minor": amount}
        )
    )
    turn.change(owed=owed, overdue=turn.state.overdue - amount, corrected=turn.state.corrected + amount)
    if whole and turn.state.matter is None and not turn.state.provisional and not _is_complained_of(turn):
        stages.close(turn, "DATA_ERROR")
    else:
        _facts_changed(turn)


def _differs(turn: Turn, loan: LoanState) -> bool:
    """A state that repeats what is known changes no facts, or no decision would outlive the nightly file."""
    state = turn.state
    known = (state.balance, state.overdue, state.first_overdue_on)
    return known != (loan.balance, loan.overdue, loan.first_overdue_on)


def _take_over(turn: Turn, loan: LoanState) -> None:
    by_days = stages.clocks_by_days(turn)
    turn.change(
        owed=Owed(principal=loan.balance),
        overdue=loan.overdue,
        ahead=0,
        first_overdue_on=loan.first_overdue_on,
    )
    if loan.status != "closed":
        _facts_changed(turn)
    if not turn.state.closed and turn.state.overdue:
        stages.follow_the_days(turn, by_days)


def _facts_changed(turn: Turn) -> None:
    turn.change(facts_no=turn.state.facts_no + 1)
    if turn.state.closed or close_if_paid(turn):
        return
    if not _is_paid(turn):
        court.money_is_back(turn)
    notices.amounts_changed(turn)
    legal.facts_changed(turn)
    turn.refresh_tasks({TaskKind.COURT_END.value: court.figures(turn), **plans.beside(turn)})


def close_if_paid(turn: Turn) -> bool:
    """Also when the debt is somebody else's. Refused while any payment is provisional, and while a complaint waits for
    its reply (rule book 4.5)."""
    not_theirs = _is_not_the_debtors(turn)
    if turn.state.closed or not (_is_paid(turn) or not_theirs):
        return False
    if turn.state.provisional or _is_complained_of(turn):
        return False
    if plans.runs_on(turn.state):
        return False
    if turn.state.matter is not None:
        # 4.6-7: what becomes of the claim is an advisor's word
        court.ask_to_end(turn, "not_the_debtor" if not_theirs else "paid_after_filing")
        return False
    stages.close(turn, "FRAUD_NOT_DEBTOR" if not_theirs else _paid_how(turn))
    return True


def _is_not_the_debtors(turn: Turn) -> bool:
    """Somebody verified that the debt was made in the person's name by another."""
    return any(hold.kind is HoldKind.FRAUD_CLAIM and hold.confirmed_by for hold in turn.state.holds)


def _is_complained_of(turn: Turn) -> bool:
    return any(hold.kind is HoldKind.COMPLAINT for hold in turn.state.holds)


def _is_paid(turn: Turn) -> bool:
    overdue = turn.state.overdue
    return overdue == 0 or overdue < turn.state.terms.floor_minor


def _paid_how(turn: Turn) -> str:
    """Under the bank's floor nobody is chased for the rest (T1, 4.5)."""
    if plans.is_completed(turn.state) and turn.state.balance:
        return "PLAN_COMPLETED"
    if turn.state.overdue:
        return "CURED_TOLERANCE"
    return "PAID_OFF" if turn.state.balance == 0 else "CURED"


def court_end_decided(turn: Turn, outcome: Outcome, event: TaskDecided) -> None:
    """Nothing but the court kept the case open: it was paid, or the core bank had closed the loan."""
    court.end_decided(turn, outcome, event)
    if turn.state.matter is not None or close_if_paid(turn) or turn.state.provisional:
        return
    stages.close(turn, "DATA_ERROR")


def _allocation(payment_id: str, split: Split) -> Allocate:
    return Allocate(payment_id, split.costs, split.interest, split.principal, split.surplus)
