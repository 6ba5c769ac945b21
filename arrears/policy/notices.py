"""The formal demand notice: released by a lead, sent through the guard, cured or not."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from arrears.policy import evidence, legal, matrix, stages
from arrears.policy.effects import NoticeBecame, RaiseIncident, Refuse, ReleaseNotice
from arrears.policy.events import DeliveryReported, SendAnswered, TaskDecided
from arrears.policy.state import CaseState, Clock, NoticeUnderWay, Stage
from arrears.policy.tasks import Outcome, TaskKind
from arrears.policy.turn import Turn

_HOUR: Final = 3600
_WEEK: Final = 7 * 86_400


def release_decided(turn: Turn, outcome: Outcome, event: TaskDecided) -> None:
    if outcome is Outcome.RELEASE:
        release(turn, event.by)
    else:
        turn.arm(Clock.NOTICE, stages.put_off(turn, event, turn.state.terms.repropose_notice_days))


def release(turn: Turn, by: str) -> None:
    """The amounts are those of the ledger at this instant, without what is disputed; any later change withdraws it."""
    state = turn.state
    overdue, balance = demanded(state)
    notice = NoticeUnderWay(next_id(state), "released", overdue, by)
    turn.change(notice=notice, notices=state.notices + 1)
    turn.tell(ReleaseNotice(notice.notice_id, overdue, balance, by))
    turn.arm(Clock.SEND, turn.now.at)


def demanded(state: CaseState) -> tuple[int, int]:
    """What a notice of now names as overdue and as the balance, minor units."""
    disputed = matrix.disputed(state.holds)
    overdue = max(0, state.overdue - disputed)
    return overdue, max(overdue, state.balance - disputed)


def next_id(state: CaseState) -> str:
    return f"{state.case_id}-notice-{state.notices + 1}"


def send_answered(turn: Turn, event: SendAnswered) -> None:
    notice = turn.state.notice
    if notice is None or notice.notice_id != event.notice_id or notice.phase != "released":
        turn.tell(Refuse("notice_not_waiting"))
        return
    turn.disarm(Clock.SEND)
    match event.answer:
        case "sent":
            turn.change(notice=replace(notice, phase="sent", sent_at=event.at))
            _sent(turn, notice, event.at)
        case "not_before" if event.not_before - event.at > _WEEK:
            # Hours that never meet would put the case to sleep: somebody must look at them.
            _give_back(turn, notice, replace(event, answer="refused"))
        case "not_before":
            turn.arm(Clock.SEND, max(event.not_before, turn.now.at + 60))
        case "wait":
            # Money is on its way to this case and will be heard first; look again if it never comes.
            turn.arm(Clock.SEND, turn.now.at + _HOUR)
        case _:
            _give_back(turn, notice, event)


def _sent(turn: Turn, notice: NoticeUnderWay, at: int) -> None:
    """T4: the debtor's time runs from arrival, so somebody asks the carrier when nothing is reported."""
    terms, sent_on = turn.state.terms, turn.now.calendar.day_of(at)
    if not terms.silence_days:
        # Terms of before: an arrival was assumed.
        _run_cure(turn, sent_on + timedelta(days=terms.arrival_days), status="sent")
        return
    turn.tell(NoticeBecame(notice.notice_id, "sent", at))
    turn.arm(Clock.SILENCE, turn.now.calendar.start_of(sent_on + timedelta(days=terms.silence_days)))


def silent(turn: Turn) -> None:
    if turn.state.notice is not None and turn.state.notice.phase == "sent":
        turn.open(TaskKind.DELIVERY_CHECK, why="no_arrival_reported")


def delivery_checked(turn: Turn, outcome: Outcome, event: TaskDecided) -> None:
    """A person asked the carrier: as good as a report."""
    notice = turn.state.notice
    if notice is None or notice.phase != "sent":
        return
    match outcome:
        case Outcome.ARRIVED:
            assert event.on is not None  # an answer without it is refused before
            noon = turn.now.calendar.instant(date.fromisoformat(event.on), hour=12)
            _arrived(turn, notice, max(notice.sent_at, min(noon, turn.now.at)))
        case Outcome.CAME_BACK:
            _returned(turn, notice, turn.now.at)
        case _:
            turn.arm(Clock.SILENCE, turn.in_days(turn.state.terms.silence_days or 1))


def may_have_arrived_on(turn: Turn, day: str) -> bool:
    notice = turn.state.notice
    if notice is None:
        return False
    return turn.now.calendar.day_of(notice.sent_at).isoformat() <= day <= turn.now.today.isoformat()


def address_sought(turn: Turn, outcome: Outcome, event: TaskDecided) -> None:
    if outcome is Outcome.FOUND:
        turn.open(TaskKind.NOTICE_RELEASE, why="new_address")
    else:
        turn.arm(Clock.NOTICE, stages.put_off(turn, event, turn.state.terms.repropose_notice_days))


def _give_back(turn: Turn, notice: NoticeUnderWay, event: SendAnswered) -> None:
    """Nobody can say whether it went, or it must not go: a person decides."""
    status = "uncertain" if event.answer == "uncertain" else "withdrawn"
    turn.change(notice=None)
    turn.tell(
        NoticeBecame(notice.notice_id, status, event.at),
        RaiseIncident(f"notice_{event.answer}", notice.notice_id, {"rule": event.rule}),
    )
    turn.open(TaskKind.NOTICE_RELEASE, why=f"notice_{event.answer}")


def delivery_reported(turn: Turn, event: DeliveryReported) -> None:
    notice = turn.state.notice
    if notice is None or notice.notice_id != event.notice_id or notice.phase == "released":
        turn.tell(Refuse("notice_not_under_way"))
        return
    match event.status:
        case "arrived" | "returned" if not _is_believable(turn, notice, event.at):
            turn.tell(Refuse("delivery_day_impossible"))
        case "arrived" if notice.phase == "arrived":
            turn.tell(Refuse("arrived_already"))  # the first arrival counts
        case "arrived":
            _arrived(turn, notice, event.at)
        case "returned" if event.agreed_address and notice.phase == "sent":
            # The debtor agreed that a letter there counts as served, whether it is taken in or not (L04).
            _arrived(turn, notice, event.at)
        case "returned":
            _returned(turn, notice, event.at)
        case _:
            turn.tell(Refuse("delivery_status_unknown"))


def _arrived(turn: Turn, notice: NoticeUnderWay, at: int) -> None:
    turn.disarm(Clock.SILENCE)
    turn.cancel(TaskKind.DELIVERY_CHECK, why="arrival_reported")
    turn.change(notice=replace(notice, phase="arrived", arrived_at=at))
    evidence.keep(turn, "L04", act="notice", proof=notice.notice_id, by=notice.released_by, at=at)
    _run_cure(turn, turn.now.calendar.day_of(at), status="arrived")


def _is_believable(turn: Turn, notice: NoticeUnderWay, at: int) -> bool:
    """Not before the day it was sent, and not in the future but for a carrier's fast clock."""
    day_of = turn.now.calendar.day_of
    return day_of(notice.sent_at) <= day_of(at) and at <= turn.now.at + _HOUR


def _returned(turn: Turn, notice: NoticeUnderWay, at: int) -> None:
    """It never arrived, so no time ran from it and no litigation rests on it."""
    turn.change(notice=None, cured_notice_at=0)
    turn.disarm(Clock.CURE, Clock.LEGAL_REVIEW, Clock.SILENCE)
    turn.cancel(TaskKind.DELIVERY_CHECK, why="notice_returned")
    turn.tell(NoticeBecame(notice.notice_id, "returned", at))
    if turn.state.stage is Stage.LEGAL:
        turn.tell(RaiseIncident("notice_returned_in_legal", notice.notice_id))
        return
    legal.stand_down(turn, "notice_returned")
    seeks = TaskKind.NEW_ADDRESS in turn.now.terms.sla_bank_days
    turn.open(TaskKind.NEW_ADDRESS if seeks else TaskKind.NOTICE_RELEASE, why="notice_returned")


def _run_cure(turn: Turn, arrived_on: date, *, status: str) -> None:
    """The period starts on the day after arrival and ends with its last day (Civil Code arts. 201-203)."""
    calendar, notice = turn.now.calendar, turn.state.notice
    assert notice is not None
    last = arrived_on + timedelta(days=turn.state.terms.cure_days)
    if calendar.is_official(last):
        last = calendar.bank_day_from(last)
    ends = calendar.start_of(last + timedelta(days=1))
    at = notice.arrived_at or notice.sent_at
    turn.tell(NoticeBecame(notice.notice_id, status, at, last.isoformat()))
    if turn.state.stage is Stage.LEGAL:
        if ends > turn.now.at:
            turn.tell(RaiseIncident("cure_not_over_in_legal", notice.notice_id))
        return
    if ends > turn.now.at:
        # It arrived later than was assumed: what was asked because the time seemed over was asked too early.
        turn.change(cured_notice_at=0)
        legal.stand_down(turn, "notice_arrived_later")
    if turn.state.cured_notice_at == 0:
        turn.arm(Clock.CURE, ends)


def run_cure_again(turn: Turn) -> None:
    """The bank days of the period's end are known now, or known better."""
    notice = turn.state.notice
    if notice is not None and notice.phase == "arrived":
        _run_cure(turn, turn.now.calendar.day_of(notice.arrived_at), status="arrived")


def cure_over(turn: Turn) -> None:
    turn.change(cured_notice_at=turn.now.at)
    # An advisor who sent the case back set a later day, which stands.
    again = turn.state.deadlines.get(Clock.LEGAL_REVIEW.value, 0)
    turn.arm(Clock.LEGAL_REVIEW, max(turn.reaches(turn.state.terms.legal_review_dpd), again))


def drop(turn: Turn, why: str) -> None:
    """The stage that asked for a notice is left."""
    notice = turn.state.notice
    if notice is not None and notice.phase == "released":
        turn.tell(NoticeBecame(notice.notice_id, "withdrawn", turn.now.at))
    turn.change(notice=None, cured_notice_at=0)
    turn.disarm(Clock.SEND, Clock.SILENCE, Clock.CURE, Clock.NOTICE)
    turn.cancel(TaskKind.NOTICE_RELEASE, TaskKind.DELIVERY_CHECK, TaskKind.NEW_ADDRESS, why=why)


def amounts_changed(turn: Turn) -> None:
    """A notice whose amount is no longer the ledger's must not go out (rule book 1.2)."""
    _ask_again(turn, "amount_changed")


def address_changed(turn: Turn) -> None:
    """Nor one that a lead released to another address."""
    _ask_again(turn, "address_changed")


def _ask_again(turn: Turn, why: str) -> None:
    notice = turn.state.notice
    if notice is not None and notice.phase == "released":
        turn.change(notice=None)
        turn.disarm(Clock.SEND)
        turn.tell(NoticeBecame(notice.notice_id, "withdrawn", turn.now.at))
        turn.open(TaskKind.NOTICE_RELEASE, why=why)
