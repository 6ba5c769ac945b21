"""Litigation: one advisor reviews, another approves, and it takes effect on facts that still hold."""

from arrears.policy import stages
from arrears.policy.events import TaskDecided
from arrears.policy.state import Approval, Clock
from arrears.policy.tasks import Outcome, Role, TaskKind
from arrears.policy.turn import Turn


def ask_for_review(turn: Turn, why: str) -> None:
    """Not before the debtor's time after a notice has ended, and not before the day (T6, T7)."""
    turn.change(approval=None)
    if turn.state.cured_notice_at == 0:
        return  # the end of that time asks again
    if turn.days_past_due < turn.state.terms.legal_review_dpd:
        turn.arm(Clock.LEGAL_REVIEW, turn.reaches(turn.state.terms.legal_review_dpd))
        return
    turn.open(TaskKind.LEGAL_REVIEW, why=why, barred=turn.state.hands)


def reviewed(turn: Turn, outcome: Outcome, event: TaskDecided) -> None:
    if outcome is not Outcome.SUE:
        send_back(turn, event)
        return
    state = turn.state
    turn.change(approval=Approval(event.by, state.facts_no, reviewed=turn.now.at))
    big = state.balance > state.terms.manager_above_minor
    turn.open(
        TaskKind.SECOND_APPROVAL,
        why="first_advisor_approved",
        role=Role.MANAGER if big else None,
        barred=(*state.hands, event.by),
    )


def approved_or_refused(turn: Turn, outcome: Outcome, event: TaskDecided) -> None:
    approval = turn.state.approval
    if outcome is not Outcome.APPROVE or approval is None:
        send_back(turn, event)
        return
    turn.change(approval=Approval(approval.first, approval.facts_no, event.by, approval.reviewed))
    # Approved before its day it takes effect on its day, after a fresh look at the facts (4.4).
    turn.arm(Clock.ENTER_LEGAL, turn.reaches(turn.state.terms.legal_dpd))


def take_effect(turn: Turn) -> None:
    approval = turn.state.approval
    if approval is None or not approval.second or approval.facts_no != turn.state.facts_no:
        ask_for_review(turn, "approval_stale")
        return
    if {approval.first, approval.second} & set(turn.state.hands):
        ask_for_review(turn, "approval_stale")  # an approver has since worked the case as a collector
        return
    stages.go_on(turn)


def send_back(turn: Turn, event: TaskDecided) -> None:
    """Back to the collectors; the question comes again later."""
    turn.change(approval=None)
    again = stages.put_off(turn, event, turn.state.terms.repropose_legal_days)
    turn.arm(Clock.LEGAL_REVIEW, again)
    turn.arm(Clock.FOLLOW_UP, turn.morning_in(1))


def facts_changed(turn: Turn, why: str = "facts_changed") -> None:
    """Whoever approved saw others: the question goes back to an advisor with the new ones (4.6-5)."""
    if is_asked(turn):
        stand_down(turn, "stale_facts" if why == "facts_changed" else why)
        ask_for_review(turn, why)


def stand_down(turn: Turn, why: str) -> None:
    """What advisors were asked and said has lost its ground."""
    turn.cancel(TaskKind.LEGAL_REVIEW, TaskKind.SECOND_APPROVAL, why=why)
    turn.disarm(Clock.ENTER_LEGAL)
    turn.change(approval=None)


def is_asked(turn: Turn) -> bool:
    return TaskKind.LEGAL_REVIEW in turn.state.tasks or turn.state.approval is not None
