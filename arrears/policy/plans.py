"""A repayment plan of a debtor in hardship: signed, kept, at risk, broken, completed (1.3, 4.2, 4.7, T15).

Money is matched first in, first out: what came since the signing pays what is due first. While the plan is kept nobody
collects (C15). That it is broken a person says; the clock only asks.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Final

from arrears.policy import agreements, evidence, holds, promises, stages
from arrears.policy.agreements import Debt
from arrears.policy.effects import PlanBecame, PlanMade, PlanPaid, RaiseIncident, Refuse
from arrears.policy.events import PlanSigned, TaskDecided
from arrears.policy.schedules import Instalment, Method, schedule
from arrears.policy.state import CaseState, Clock, HoldKind, Plan, Stage
from arrears.policy.tasks import Outcome, Role, TaskKind
from arrears.policy.turn import Turn

TASKS: Final = (TaskKind.PLAN_APPROVAL, TaskKind.PLAN_BREACH)
# Whose signature would bind nobody, or whose debt it may not be.
_NO_SIGNATURE: Final = frozenset(
    {HoldKind.INCAPACITY, HoldKind.DECEASED, HoldKind.INSOLVENCY, HoldKind.FRAUD_CLAIM}
)
# So many payments are remembered by id; a bank takes money back within days.
_REMEMBERED: Final = 60


@lru_cache(maxsize=512)
def _schedule(
    method: str, amount: int, yearly_bp: int, periods: int, first_due_on: str
) -> tuple[Instalment, ...]:
    first = date.fromisoformat(first_due_on)
    return schedule(Method(method), amount, yearly_bp=yearly_bp, periods=periods, first_due_on=first)


def instalments(plan: Plan) -> tuple[Instalment, ...]:
    return _schedule(plan.method, plan.amount, plan.yearly_bp, plan.periods, plan.first_due_on)


def unpaid(plan: Plan) -> tuple[Instalment, ...]:
    """Those that are not paid in full, the oldest first."""
    parts = instalments(plan)
    upto = accumulate(part.amount for part in parts)
    return tuple(part for part, due in zip(parts, upto, strict=True) if due > plan.paid)


# ---- signed ----------------------------------------------------------------------------------------------


def signed(turn: Turn, event: PlanSigned) -> None:
    """In this very step the bank keeps still (C15); beyond an officer's limit the plan waits for managers (4.4)."""
    why = _why_not(turn, event)
    if why:
        turn.tell(Refuse(why))
        return
    _leave(turn, "replaced")
    promises.end(turn, "superseded")
    plan = _new(turn, event)
    turn.change(plan=plan, plans=turn.state.plans + 1)
    offer = event.offer
    turn.tell(
        PlanMade(
            plan.plan_id,
            offer.method.value,
            offer.amount,
            offer.yearly_bp,
            offer.periods,
            offer.first_due_on,
            offer.charges.value,
            offer.acceptance.value,
            offer.proof,
            offer.guarantor_proof,
            event.by,
            plan.status,
        )
    )
    evidence.keep(turn, "L07", act="plan", proof=offer.proof, by=event.by)
    turn.disarm(Clock.IDLE)
    holds.place(turn, HoldKind.PLAN_ACTIVE, by=event.by, reason="plan_signed")
    _end_review(turn, by=event.by)
    _ask_or_begin(turn)


def _end_review(turn: Turn, *, by: str) -> None:
    """The plan begins, so the hardship is decided: over all loans of the person, wherever it was asked (3.4, 4.7).

    A plan that waits for managers may not come about; until then the review stands beside it.
    """
    plan = _open(turn)
    if plan is not None and plan.ends_review and plan.status != "waiting":
        holds.lift(turn, HoldKind.HARDSHIP_REVIEW, by=by, why="plan_signed")


def _why_not(turn: Turn, event: PlanSigned) -> str:
    state = turn.state
    if state.plan is not None and state.plan.is_open and state.plan.status != "renegotiating":
        return "plan_stands"
    if event.by in (*state.hands, *state.kept_off):
        return "second_person_needed"
    if event.facts_no != state.facts_no:
        return "facts_changed"
    held = next((hold.kind for hold in state.holds if hold.kind in _NO_SIGNATURE), None)
    if held is not None:
        return f"held_{held}"
    debt = Debt(state.balance, state.overdue, event.is_guaranteed)
    wrong = agreements.faults(event.offer, debt, today=turn.now.today, terms=turn.now.terms)
    return wrong[0].why if wrong else ""


def _new(turn: Turn, event: PlanSigned) -> Plan:
    offer, terms = event.offer, turn.now.terms
    needed = agreements.approvals(offer.periods, terms)
    asks_legal = event.is_guaranteed and offer.asks_legal
    return Plan(
        f"{turn.state.case_id}-plan-{turn.state.plans + 1}",
        offer.method.value,
        offer.amount,
        offer.yearly_bp,
        offer.periods,
        offer.first_due_on,
        turn.now.at,
        event.by,
        terms.plan_risk_bank_days,
        terms.plan_breach_days,
        terms.plan_missed,
        terms.plan_cure_days,
        status="waiting" if needed or asks_legal else "active",
        approvals_needed=needed,
        asks_legal=asks_legal,
        ends_review=event.ends_review,
    )


def _ask_or_begin(turn: Turn) -> None:
    """G6 first: without the guarantor's written word the guarantee period does not move and a heavier debt does not bind
    him, which an advisor acknowledges before any manager is asked."""
    plan = _open(turn)
    if plan is None or plan.status != "waiting":
        _arm(turn)
        return
    barred = (plan.by, *plan.approved_by, *turn.state.hands)
    role, why = (
        (Role.LEGAL_ADVISOR, "guarantor_not_consented")
        if plan.asks_legal
        else (None, "plan_too_long_for_one")
    )
    turn.open(TaskKind.PLAN_APPROVAL, why=why, role=role, barred=barred, more=figures(turn))


def approval_decided(turn: Turn, outcome: Outcome, event: TaskDecided) -> None:
    """4.4: nobody who made the plan, approved it before or worked the case."""
    plan = _open(turn)
    if plan is None or plan.status != "waiting":
        return
    if outcome is Outcome.DECLINE:
        _end(turn, "withdrawn", by=event.by)
        return
    _agreed(turn, plan, by=event.by)
    _ask_or_begin(turn)


def _agreed(turn: Turn, plan: Plan, *, by: str) -> None:
    """An advisor's acknowledgement counts for no manager's word, and who gave it gives no second one."""
    needed = plan.approvals_needed + (1 if plan.asks_legal else 0)
    approved = (*plan.approved_by, by)
    turn.change(plan=replace(plan, approved_by=approved, approvals_needed=needed, asks_legal=False))
    if len(approved) >= needed:
        _become(turn, "active", by=by)
        _end_review(turn, by=by)


# ---- kept, or not ----------------------------------------------------------------------------------------


def judge(turn: Turn) -> None:
    """T15: an instalment stayed unpaid. First the plan is at risk, then an officer is asked; nothing breaks by itself."""
    plan = _open(turn)
    if plan is None or plan.status == "waiting":
        return
    if _late(turn, plan) and plan.status == "active":
        _become(turn, "at_risk")
    if _is_breached(turn, plan) and turn.now.at >= plan.cure_until:
        turn.open(TaskKind.PLAN_BREACH, why="plan_missed", more=figures(turn))
    _arm(turn)


def breach_decided(turn: Turn, outcome: Outcome, event: TaskDecided) -> None:
    plan = _open(turn)
    if plan is None:
        return
    if outcome is Outcome.BROKEN:
        _end(turn, "broken", by=event.by)
        return
    until = turn.in_days(plan.cure_days + 1)
    turn.change(plan=replace(plan, cure_until=until))
    _become(turn, "renegotiating" if outcome is Outcome.RENEGOTIATE else "at_risk", by=event.by, until=until)
    _arm(turn)


def _late(turn: Turn, plan: Plan) -> list[Instalment]:
    """Unpaid beyond their grace."""
    return [part for part in unpaid(plan) if turn.now.at >= _grace_ends(turn, plan, part)]


def _is_breached(turn: Turn, plan: Plan) -> bool:
    late = _late(turn, plan)
    return bool(late) and (turn.now.at >= _breach_at(turn, plan, late[0]) or len(late) >= plan.missed)


def _due(turn: Turn, part: Instalment) -> date:
    """What is due on a rest day is due on the next bank day (D1)."""
    return turn.now.calendar.bank_day_from(part.due_on)


def _grace_ends(turn: Turn, plan: Plan, part: Instalment) -> int:
    last = turn.now.calendar.bank_days_later(_due(turn, part), plan.risk_bank_days)
    return turn.now.calendar.start_of(last + timedelta(days=1))


def _breach_at(turn: Turn, plan: Plan, part: Instalment) -> int:
    """The end of the last day, and never before the grace."""
    last = _due(turn, part) + timedelta(days=plan.breach_days + 1)
    return max(turn.now.calendar.start_of(last), _grace_ends(turn, plan, part))


def _arm(turn: Turn) -> None:
    """The next instant at which it may stand worse; none while an officer or a manager is asked."""
    plan = _open(turn)
    at = 0 if plan is None or TaskKind.PLAN_BREACH in turn.state.tasks else _next_look(turn, plan)
    if at:
        turn.arm(Clock.PLAN, at)
    else:
        turn.disarm(Clock.PLAN)


def look_again(turn: Turn) -> None:
    """Bank days became known."""
    if Clock.PLAN in turn.state.deadlines:
        _arm(turn)


def _next_look(turn: Turn, plan: Plan) -> int:
    """UTC seconds; 0 when everything is paid or nothing runs yet."""
    parts = unpaid(plan)
    if not parts or plan.status == "waiting":
        return 0
    if plan.status == "active":
        return _grace_ends(turn, plan, parts[0])
    looks = [_breach_at(turn, plan, parts[0])]
    if len(parts) >= plan.missed:
        looks.append(_grace_ends(turn, plan, parts[plan.missed - 1]))
    return max(plan.cure_until, min(looks))


# ---- money -----------------------------------------------------------------------------------------------


def credit(turn: Turn, payment_id: str, amount: int) -> None:
    """All that comes after the signing counts, also what may still bounce: nobody is pressed while it is on its way."""
    plan = _open(turn)
    if plan is None or payment_id in plan.payments:
        return
    kept = (*plan.payments, payment_id)
    newest = kept[-_REMEMBERED:]
    _count(
        turn,
        replace(
            plan, paid=plan.paid + amount, payments=newest, forgot=plan.forgot or len(kept) > len(newest)
        ),
    )
    _ease(turn)


def counts(turn: Turn, payment_id: str, amount: int, value_on: str | None) -> None:
    """Money the balance has in already; what was valued before the signing lay under the plan's own figures."""
    plan = _open(turn)
    if plan is not None and value_on is not None:
        signed_on = turn.now.calendar.day_of(plan.signed_at).isoformat()
        if value_on >= signed_on:
            credit(turn, payment_id, amount)


def _count(turn: Turn, plan: Plan) -> None:
    turn.change(plan=plan)
    turn.tell(PlanPaid(plan.plan_id, plan.paid))


def _ease(turn: Turn) -> None:
    """Money only betters a plan here: what is late is said by the clock, which waits for yesterday's books."""
    plan = _open(turn)
    if plan is None or plan.status == "waiting":
        return
    if not _is_breached(turn, plan):
        turn.cancel(TaskKind.PLAN_BREACH, why="plan_paid")
    if not _late(turn, plan) and plan.status != "active":
        turn.change(plan=replace(plan, cure_until=0))
        _become(turn, "active")
    _arm(turn)


def counted(turn: Turn, payment_id: str) -> bool:
    """Whether the payment paid for the plan; one that is remembered no more is old, and did."""
    plan = turn.state.plan
    if plan is None or not (plan.is_open or plan.status == "completed"):
        return False
    return payment_id in plan.payments or plan.forgot


def bounced(turn: Turn, payment_id: str, amount: int) -> None:
    """Money taken back un-pays; a plan that was completed by it is kept again, and the bank keeps still again."""
    plan = turn.state.plan
    if plan is None or not counted(turn, payment_id):
        return
    left = tuple(kept for kept in plan.payments if kept != payment_id)
    _count(turn, replace(plan, paid=max(0, plan.paid - amount), payments=left))
    if plan.status == "completed" and turn.state.plan is not None and unpaid(turn.state.plan):
        _become(turn, "active")
        holds.place(turn, HoldKind.PLAN_ACTIVE, by=plan.by, reason="payment_reversed")
    _arm(turn)


def runs_on(state: CaseState) -> bool:
    """The case does not end before its plan: what the plan covers is not yet due to the ledger (4.5)."""
    return state.keeps_plan and state.plan is not None and bool(unpaid(state.plan)) and state.balance > 0


def is_completed(state: CaseState) -> bool:
    """Every instalment is paid."""
    return state.plan is not None and state.plan.status in ("completed", *_OPEN) and not unpaid(state.plan)


_OPEN: Final = ("waiting", "active", "at_risk", "renegotiating")


def settle(turn: Turn) -> None:
    """All is paid with money that stays: the hold ends, and with it the case when the ledger agrees (4.5)."""
    plan = _open(turn)
    if plan is None or turn.state.closed or turn.state.provisional or not is_completed(turn.state):
        return
    if turn.state.overdue >= max(1, turn.state.terms.floor_minor):
        # Charged later, or the core bank counts otherwise: somebody must look before anybody calls.
        turn.tell(
            RaiseIncident("plan_paid_still_overdue", plan.plan_id, {"amount_minor": turn.state.overdue})
        )
    _end(turn, "completed", by="core-bank")


# ---- the end ---------------------------------------------------------------------------------------------


def close(turn: Turn, reason: str) -> None:
    """The case ends: a plan that ran is completed when nothing is owed any more, else it is over with the case."""
    done = reason == "PAID_OFF" or is_completed(turn.state)
    _leave(turn, "completed" if done else "withdrawn")


def _end(turn: Turn, status: str, *, by: str) -> None:
    """The clocks of the stage go on with what they had left; the rest is owed as before."""
    _leave(turn, status, by=by)
    holds.lift(turn, HoldKind.PLAN_ACTIVE, by=by, why=f"plan_{status}")
    if not turn.state.closed and turn.state.stage is Stage.INITIAL and not _is_followed_up(turn):
        stages.follow_up(turn, turn.morning_in(1))


def _leave(turn: Turn, status: str, *, by: str = "") -> None:
    if _open(turn) is None:
        return
    turn.cancel(*TASKS, why=f"plan_{status}")
    turn.disarm(Clock.PLAN)
    _become(turn, status, by=by)


def _is_followed_up(turn: Turn) -> bool:
    asked = any(kind in turn.state.tasks for kind in stages.CONTACT_TASKS)
    return asked or turn.state.waits_for(Clock.FOLLOW_UP) or promises.open_until(turn) > 0


def figures(turn: Turn) -> dict[str, int]:
    """What stands beside the facts of a question about the plan."""
    plan = _open(turn)
    if plan is None:
        return {}
    parts = instalments(plan)
    return {
        "plan_minor": sum(part.amount for part in parts),
        "plan_paid_minor": plan.paid,
        "plan_periods": plan.periods,
        "plan_missed": len(_late(turn, plan)),
    }


def beside(turn: Turn) -> Mapping[str, Mapping[str, int]]:
    return {kind.value: figures(turn) for kind in TASKS if kind in turn.state.tasks}


def _open(turn: Turn) -> Plan | None:
    plan = turn.state.plan
    return plan if plan is not None and plan.is_open else None


def _become(turn: Turn, status: str, *, by: str = "", until: int = 0) -> None:
    assert turn.state.plan is not None
    turn.change(plan=replace(turn.state.plan, status=status))
    turn.tell(PlanBecame(turn.state.plan.plan_id, status, by, until))
