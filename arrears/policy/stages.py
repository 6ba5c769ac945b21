"""The story of a case from top to bottom: talk first, then a formal notice, then the court, each opened by people.

INITIAL   a collector calls; at 31 days past due a lead is asked whether to escalate, once there were
          attempts on different days and no promise is open; two broken promises ask too    (T2, T3, T14)
FORMAL    a lead releases the demand notice; it goes out, arrives, the cure period runs     (T4)
          from 75 days past due an advisor reviews, a second one approves                   (T6, 4.4)
LEGAL     entered at the later of 91 days past due and the approval; an advisor files       (T7, 4.9)
closed    by money at any moment: CURED, PAID_OFF; not before a court matter has ended,
          nor before the last instalment of a plan: PLAN_COMPLETED                          (4.5, 4.6-7)
"""

from datetime import date, timedelta

from arrears.policy import course, court, delivered, holds, legal, notices, plans, promises
from arrears.policy.effects import CloseCase, EnterStage, NoticeBecame, ReopenCase
from arrears.policy.events import Opened, TaskDecided
from arrears.policy.money import Owed
from arrears.policy.state import CaseState, Clock, Stage
from arrears.policy.tasks import Outcome, TaskKind
from arrears.policy.turn import Moment, Turn

CONTACT_TASKS = (TaskKind.FIRST_CONTACT, TaskKind.FOLLOW_UP)


def new_case(event: Opened, now: Moment) -> CaseState:
    """A case before its first step. The opening balance is owed as principal: the bank sends no breakdown."""
    loan = event.loan
    return CaseState(
        case_id=event.case_id,
        loan_id=loan.loan_id,
        currency=loan.currency,
        stage=Stage.INITIAL,
        stage_since=now.at,
        opened_at=now.at,
        at=now.at,
        owed=Owed(principal=loan.balance),
        overdue=loan.overdue,
        first_overdue_on=loan.first_overdue_on,
        terms=now.terms,
    )


def open_case(turn: Turn, event: Opened) -> None:
    """A case opens in INITIAL, however old the debt; only who was before the court lately starts above it (T17)."""
    if turn.state.overdue == 0:
        close(turn, "PAID_OFF" if turn.state.balance == 0 else "CURED")
        return
    if _fell_back(turn, event):
        _enter(turn, Stage.FORMAL, "overdue_again")
        delivered.heed(turn, event.loan.status)
        turn.open(TaskKind.NOTICE_RELEASE, why="overdue_again")
        stay_awake(turn)
        return
    turn.tell(EnterStage(Stage.INITIAL, "opened"))
    delivered.heed(turn, event.loan.status)
    turn.open(TaskKind.FIRST_CONTACT, why="case_opened")
    arm_escalation(turn)
    stay_awake(turn)


def _fell_back(turn: Turn, event: Opened) -> bool:
    """T17: cured in LEGAL within the last days, so a fresh notice is due rather than a first call."""
    if event.former_stage != Stage.LEGAL or event.former_closed_at is None:
        return False
    days = (turn.now.today - turn.now.calendar.day_of(event.former_closed_at)).days
    return days <= turn.state.terms.former_stage_days


def arm_escalation(turn: Turn) -> None:
    turn.arm(Clock.ESCALATE, escalation_at(turn))


def escalation_at(turn: Turn) -> int:
    """The formal threshold, but not before collectors had their days."""
    terms = turn.state.terms
    entered = turn.now.calendar.day_of(turn.state.stage_since)
    talked = turn.now.calendar.start_of(entered + timedelta(days=terms.initial_min_days))
    return max(turn.reaches(terms.formal_dpd), talked)


def clocks_by_days(turn: Turn) -> set[Clock]:
    """The clocks that stand where the days past due put them; a person may have set them elsewhere."""
    stand = {Clock.ESCALATE: escalation_at(turn), Clock.LEGAL_REVIEW: _review_at(turn)}
    return {clock for clock, at in stand.items() if turn.state.deadlines.get(clock.value) == at}


def follow_the_days(turn: Turn, clocks: set[Clock]) -> None:
    """The core bank moved the day from which the days past due are counted."""
    early = turn.days_past_due < turn.state.terms.formal_dpd
    if early and TaskKind.ESCALATION in turn.state.tasks:
        turn.cancel(TaskKind.ESCALATION, why="stale_facts")
        arm_escalation(turn)
    if Clock.ESCALATE in clocks:
        arm_escalation(turn)
    if Clock.LEGAL_REVIEW in clocks:
        turn.arm(Clock.LEGAL_REVIEW, _review_at(turn))
    _watch_step_back(turn, early=early)


def _watch_step_back(turn: Turn, *, early: bool) -> None:
    """FORMAL becomes INITIAL again only when the debt has been young for some days (4.6-6)."""
    days = turn.state.terms.step_back_days
    if not early or turn.state.stage is not Stage.FORMAL:
        turn.disarm(Clock.STEP_BACK)
    elif days and not turn.state.waits_for(Clock.STEP_BACK):
        turn.arm(Clock.STEP_BACK, turn.in_days(days))


def step_back(turn: Turn) -> None:
    if turn.days_past_due >= turn.state.terms.formal_dpd or turn.state.stage is not Stage.FORMAL:
        return
    notices.drop(turn, why="stepped_back")
    legal.stand_down(turn, "stepped_back")
    turn.disarm(Clock.LEGAL_REVIEW)
    _enter(turn, Stage.INITIAL, "stepped_back")
    turn.open(TaskKind.FOLLOW_UP, why="stepped_back")
    arm_escalation(turn)


def _review_at(turn: Turn) -> int:
    return turn.reaches(turn.state.terms.legal_review_dpd)


def propose_escalation(turn: Turn, why: str) -> None:
    """A timer or a collector proposes; a lead decides (PIPL art. 24: no machine decides this alone)."""
    if turn.days_past_due < turn.state.terms.formal_dpd:
        arm_escalation(turn)  # too young, or the core bank moved the due day since the clock was set
        return
    if turn.state.lacks_attempts:
        turn.disarm(Clock.ESCALATE)  # T3: the next attempt asks again
        turn.open(TaskKind.FOLLOW_UP, why="attempts_missing")
        return
    ask_for_escalation(turn, why=why)


def ask_for_escalation(turn: Turn, why: str) -> None:
    """An open promise puts the question off to the instant at which it is judged (4.2)."""
    judged_at = promises.open_until(turn)
    if judged_at > turn.now.at:
        turn.arm(Clock.ESCALATE, judged_at)
        return
    turn.disarm(Clock.ESCALATE)
    promises.judge(turn)
    turn.open(TaskKind.ESCALATION, why=why)


def attempted(turn: Turn) -> None:
    """One more documented attempt; the question that only waited for attempts is asked now."""
    state, today = turn.state, turn.now.today.isoformat()
    new_day = int(state.last_attempt_on != today)
    turn.change(attempts=state.attempts + 1, attempt_days=state.attempt_days + new_day, last_attempt_on=today)
    waits = turn.state.waits_for(Clock.ESCALATE) or TaskKind.ESCALATION in turn.state.tasks
    if state.stage is Stage.INITIAL and not waits and not turn.state.lacks_attempts:
        turn.arm(Clock.ESCALATE, max(turn.now.at, escalation_at(turn)))


def put_off(turn: Turn, event: TaskDecided, days: int) -> int:
    """When a question comes again: on the day the person named, else after the pack's days."""
    if event.on is None:
        return turn.in_days(days)
    return turn.now.calendar.start_of(date.fromisoformat(event.on))


def is_soon(turn: Turn, day: str) -> bool:
    """A question is put off to a day after today, and not out of sight (T18)."""
    last = turn.now.today + timedelta(days=turn.state.terms.idle_days)
    return turn.now.today.isoformat() < day <= last.isoformat()


def follow_up(turn: Turn, at: int) -> None:
    """A collector looks again then, where collectors work and money is missing."""
    if turn.state.overdue and TaskKind.FOLLOW_UP not in turn.state.tasks:
        turn.arm(Clock.FOLLOW_UP, at)


def escalation_decided(turn: Turn, outcome: Outcome, event: TaskDecided) -> None:
    if outcome is Outcome.ESCALATE:
        enter_formal(turn)
    else:
        turn.arm(Clock.ESCALATE, put_off(turn, event, turn.state.terms.repropose_escalation_days))


def enter_formal(turn: Turn) -> None:
    _enter(turn, Stage.FORMAL, "escalated")
    turn.open(TaskKind.NOTICE_RELEASE, why="formal_stage")


def go_on(turn: Turn) -> None:
    """Approved litigation leads to the next stage of the way (T7): one that lasts its days, or the court at once."""
    _enter(turn, course.after(turn.state.stage, turn.now.terms.stage_days), "approved_by_two")
    days = turn.state.terms.stage_days.get(turn.state.stage, 0)
    if days:
        turn.arm(Clock.ENTER_LEGAL, turn.in_days(days))  # the approval stands, and is looked at again then
        turn.open(TaskKind.FOLLOW_UP, why="stage_entered")
        return
    turn.change(approval=None)
    court.ask_to_file(turn, "legal_stage")


def _enter(turn: Turn, stage: Stage, why: str) -> None:
    turn.cancel(*CONTACT_TASKS, why="stage_left")
    turn.disarm(Clock.FOLLOW_UP, Clock.ESCALATE, Clock.STEP_BACK)
    # A stage pins the terms it was entered under (rule book 4.6-11).
    turn.change(stage=stage, stage_since=turn.now.at, terms=turn.now.terms, broken=0)
    turn.tell(EnterStage(stage, why))


def stay_awake(turn: Turn) -> None:
    """T18: nothing sleeps for ever. Only a person's act sets the long stop anew: a file that comes every night
    must not keep a case out of everybody's sight."""
    if not turn.state.closed and Clock.IDLE not in turn.state.deadlines:
        turn.arm(Clock.IDLE, turn.in_days(turn.state.terms.idle_days))


def close(turn: Turn, reason: str) -> None:
    promises.end(turn, "cancelled")
    plans.close(turn, reason)
    for kind in TaskKind:
        turn.cancel(kind, why=reason.lower())
    notice = turn.state.notice
    if notice is not None and notice.phase == "released":
        turn.tell(NoticeBecame(notice.notice_id, "withdrawn", turn.now.at))
        turn.change(notice=None)
    holds.close(turn)
    turn.change(closed=reason, closed_at=turn.now.at, deadlines={}, stopped={}, approval=None)
    turn.tell(CloseCase(reason))


def reopen(turn: Turn, why: str) -> None:
    """Within the days of grace a reversed payment brings the same case back, in the stage it had."""
    turn.change(closed="", closed_at=0)
    turn.tell(ReopenCase(why))
    turn.open(TaskKind.FOLLOW_UP, why=why)
    match turn.state.stage:
        case Stage.INITIAL:
            arm_escalation(turn)
        case Stage.FORMAL:
            turn.change(notice=None, cured_notice_at=0)
            turn.arm(Clock.NOTICE, turn.now.at)
        case Stage.LEGAL:
            court.ask_to_file(turn, why)
        case _:
            # A stage on the way to court: the closing took the approval with it.
            turn.arm(Clock.LEGAL_REVIEW, turn.now.at)
    stay_awake(turn)
