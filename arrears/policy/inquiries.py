"""What the bank's desks find out about what a debtor said, and what becomes of the hold (4.2, 4.5, 4.7).

Whatever another part of the bank has to do (the core bank's ledger, the credit bureau, a plan, a court) is an incident
that somebody closes; nothing here pretends that it was done.
"""

from dataclasses import replace
from datetime import date, timedelta

from arrears.policy import holds, ledger, matrix, promises
from arrears.policy.effects import RaiseIncident, Refuse, TaskMoved
from arrears.policy.events import PaymentPosted, TaskDecided
from arrears.policy.state import Hold, HoldKind
from arrears.policy.tasks import Outcome, TaskKind
from arrears.policy.turn import Turn


def _tell(turn: Turn, incident: str, hold: Hold) -> None:
    """Work for people outside the case: once for each hold and question."""
    turn.tell(RaiseIncident(incident, f"{turn.state.case_id}-{hold.hold_id}", {"hold": hold.hold_id}))


def _stands(turn: Turn, hold: Hold, by: str) -> None:
    """Confirmed: it goes on, and somebody looks again when its longest time has passed anew."""
    holds.prolong(turn, hold, holds.longest(turn, hold.kind), confirmed_by=by)


# ---- said to be paid --------------------------------------------------------------------------------------


def paid_claim_checked(turn: Turn, outcome: Outcome, event: TaskDecided) -> None:
    """Money that was found ends the hold when it is booked here, so that nobody is asked for it twice."""
    hold = holds.find(turn, HoldKind.PAID_CLAIM)
    if hold is None:
        return
    if outcome is Outcome.NO_MONEY or hold.matched:
        holds.end(turn, hold, by=event.by, why=outcome.value)
        return
    _stands(turn, hold, event.by)
    _tell(turn, "money_to_book", hold)


def money_came(turn: Turn, event: PaymentPosted) -> None:
    hold = holds.find(turn, HoldKind.PAID_CLAIM)
    if hold is None or event.kind != "payment" or event.provisional or turn.state.closed:
        return
    if hold.confirmed_by:
        holds.end(turn, hold, by="core-bank", why=Outcome.MONEY_FOUND.value)
    else:
        holds.change(turn, hold, matched=True)


# ---- disputes ---------------------------------------------------------------------------------------------


def dispute_reviewed(turn: Turn, outcome: Outcome, event: TaskDecided) -> None:
    """What was disputed rightly is not owed from now on, and the days past due follow (scenario 26)."""
    hold = holds.find(turn, HoldKind.DISPUTE)
    if hold is None:
        return
    if outcome is not Outcome.REJECTED:
        at_most = min(hold.part or turn.state.overdue, turn.state.overdue)
        amount = event.amount or 0 if outcome is Outcome.UPHELD_PART else at_most
        if amount > at_most:
            turn.tell(Refuse("amount_too_large"))
            return
        if amount:
            ledger.correct(turn, amount, whole=outcome is Outcome.UPHELD and not hold.part)
    holds.lift(turn, HoldKind.DISPUTE, by=event.by, why=outcome.value)


# ---- complaints -------------------------------------------------------------------------------------------


def complaint_replied(turn: Turn, outcome: Outcome, event: TaskDecided) -> None:
    if outcome is Outcome.EXTEND:
        _ask_for_extension(turn, event)
        return
    hold = holds.find(turn, HoldKind.COMPLAINT)
    if hold is not None and outcome is Outcome.UPHELD:
        _tell(turn, "complaint_upheld", hold)
    holds.lift(turn, HoldKind.COMPLAINT, by=event.by, why=outcome.value)


def _ask_for_extension(turn: Turn, event: TaskDecided) -> None:
    """K1: longer only with a reason and a manager's word; until then the reply is due on its day."""
    hold = holds.find(turn, HoldKind.COMPLAINT)
    if hold is None or _next_end(turn, hold) == 0 or TaskKind.COMPLAINT_EXTENSION in turn.state.tasks:
        turn.tell(Refuse("no_extension_left"))
        return
    turn.open(TaskKind.COMPLAINT_REPLY, why=f"hold_{hold.kind}", due_at=hold.until)
    turn.open(TaskKind.COMPLAINT_EXTENSION, why="extension_asked", barred=(event.by,))


def _next_end(turn: Turn, hold: Hold) -> int:
    """00:00 after the last day of the next longer time (15, 30, 60 calendar days); 0 when there is none."""
    begun = turn.now.calendar.day_of(hold.since)
    ends = (
        turn.now.calendar.start_of(begun + timedelta(days=days + 1)) for days in turn.now.terms.complaint_days
    )
    return next((end for end in ends if end > hold.until), 0)


def extension_decided(turn: Turn, outcome: Outcome, event: TaskDecided) -> None:
    hold = holds.find(turn, HoldKind.COMPLAINT)
    end = 0 if hold is None else _next_end(turn, hold)
    if hold is None or end == 0 or outcome is not Outcome.ALLOW:
        return
    holds.prolong(turn, hold, end, confirmed_by=event.by)
    reply = turn.state.tasks.get(TaskKind.COMPLAINT_REPLY)
    if reply is not None:
        moved = turn.state.tasks | {TaskKind.COMPLAINT_REPLY.value: replace(reply, due_at=end)}
        turn.change(tasks=moved)
        turn.tell(TaskMoved(reply.task_id, end))


# ---- hardship ---------------------------------------------------------------------------------------------


def hardship_decided(turn: Turn, outcome: Outcome, event: TaskDecided) -> None:
    """Evidence that is missing is no refusal: there are as many days again to bring it (3.4)."""
    hold = holds.find(turn, HoldKind.HARDSHIP_REVIEW)
    if hold is None:
        return
    match outcome:
        case Outcome.OFFER:
            _stands(turn, hold, event.by)
            _tell(turn, "plan_to_agree", hold)
        case Outcome.MORE_EVIDENCE:
            holds.prolong(turn, hold, holds.longest(turn, hold.kind))
            holds.ask(turn, replace(hold, confirmed_by=""))
        case _:
            holds.end(turn, hold, by=event.by, why=outcome.value)


# ---- death, capacity, insolvency, somebody else's debt ----------------------------------------------------


def death_verified(turn: Turn, outcome: Outcome, event: TaskDecided) -> None:
    if _is_confirmed(turn, HoldKind.DECEASED, outcome, event):
        promises.end(turn, "cancelled")


def capacity_verified(turn: Turn, outcome: Outcome, event: TaskDecided) -> None:
    if _is_confirmed(turn, HoldKind.INCAPACITY, outcome, event):
        promises.end(turn, "cancelled")


def insolvency_verified(turn: Turn, outcome: Outcome, event: TaskDecided) -> None:
    """The bank declares its claim by the day the court named, unshifted (K2, D5); standing debits stop elsewhere."""
    if not _is_confirmed(turn, HoldKind.INSOLVENCY, outcome, event):
        return
    hold = holds.find(turn, HoldKind.INSOLVENCY)
    assert hold is not None, "it was confirmed a line above"
    assert event.on is not None, "without its day the answer is refused"
    _tell(turn, "standing_debit_to_stop", hold)
    last = date.fromisoformat(event.on) + timedelta(days=1)
    due_at = max(turn.now.calendar.start_of(last), turn.now.at)
    turn.open(TaskKind.DECLARE_CLAIM, why="insolvency_accepted", due_at=due_at)


def fraud_verified(turn: Turn, outcome: Outcome, event: TaskDecided) -> None:
    """The debt is not this person's: the case closes, the bureau forgets it (scenario 42)."""
    hold = holds.find(turn, HoldKind.FRAUD_CLAIM)
    if hold is not None and _is_confirmed(turn, HoldKind.FRAUD_CLAIM, outcome, event):
        _tell(turn, "bureau_to_delete", hold)
        ledger.close_if_paid(turn)


def _is_confirmed(turn: Turn, kind: HoldKind, outcome: Outcome, event: TaskDecided) -> bool:
    """Refuted, the hold is gone and every cap stands as it stood; without proof the question comes again."""
    hold = holds.find(turn, kind)
    if hold is None:
        return False
    match outcome:
        case Outcome.REFUTED:
            holds.end(turn, hold, by=event.by, why=outcome.value)
        case Outcome.NEED_PROOF:
            holds.ask(turn, hold)
        case _:
            _stands(turn, hold, event.by)
            if turn.state.matter is not None:
                _tell(turn, "court_to_be_told", hold)
            return True
    return False


def claim_declared(turn: Turn, outcome: Outcome, event: TaskDecided) -> None:
    if outcome is Outcome.NOT_DECLARED:
        turn.tell(RaiseIncident("claim_not_declared", event.task_id))


# ---- the day of a hold has come ---------------------------------------------------------------------------


def looked_again(turn: Turn, outcome: Outcome, event: TaskDecided) -> None:
    hold = matrix.due(turn.state.holds)
    if hold is None:
        return
    if outcome is Outcome.GOES_ON and event.on is not None:
        last = date.fromisoformat(event.on) + timedelta(days=1)
        holds.prolong(turn, hold, turn.now.calendar.start_of(last))
    else:
        holds.end(turn, hold, by=event.by, why=outcome.value)
