"""The formal demand notice: released by a lead, sent through the guard, cured or not."""

from dataclasses import replace
from datetime import timedelta

from arrears.policy.effects import NoticeBecame, RaiseIncident, Refuse, ReleaseNotice
from arrears.policy.events import DeliveryReported, SendAnswered
from arrears.policy.state import Clock, NoticeUnderWay
from arrears.policy.tasks import TaskKind
from arrears.policy.turn import Turn


def release(turn: Turn, by: str) -> None:
    """The amounts are those of the ledger at this instant; any later change withdraws the notice."""
    state = turn.state
    number = state.notices + 1
    notice = NoticeUnderWay(f"{state.case_id}-notice-{number}", "released", state.overdue, by)
    turn.change(notice=notice, notices=number)
    turn.tell(ReleaseNotice(notice.notice_id, state.overdue, state.balance, by))
    turn.arm(Clock.SEND, turn.now.at)


def send_answered(turn: Turn, event: SendAnswered) -> None:
    notice = turn.state.notice
    if notice is None or notice.notice_id != event.notice_id or notice.phase != "released":
        turn.tell(Refuse("notice_not_waiting"))
        return
    turn.disarm(Clock.SEND)
    match event.answer:
        case "sent":
            turn.change(notice=replace(notice, phase="sent", sent_at=event.at))
            _run_cure(turn, arrived_at=event.at + turn.state.terms.arrival_days * 86_400, status="sent")
        case "not_before":
            turn.arm(Clock.SEND, max(event.not_before, turn.now.at + 60))
        case "wait":
            # Money is on its way to this case and will be heard first; look again if it never comes.
            turn.arm(Clock.SEND, turn.now.at + 3600)
        case _:
            _give_back(turn, notice, event)


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
        case "arrived":
            turn.change(notice=replace(notice, phase="arrived", arrived_at=event.at))
            _run_cure(turn, arrived_at=event.at, status="arrived")
        case "returned":
            turn.change(notice=None)
            turn.disarm(Clock.CURE)
            turn.tell(NoticeBecame(notice.notice_id, "returned", event.at))
            turn.open(TaskKind.NOTICE_RELEASE, why="notice_returned")
        case _:
            turn.tell(Refuse("delivery_status_unknown"))


def _run_cure(turn: Turn, *, arrived_at: int, status: str) -> None:
    """The period starts on the day after arrival and ends with its last day (Civil Code arts. 201-203)."""
    calendar = turn.now.calendar
    last = calendar.day_of(arrived_at) + timedelta(days=turn.state.terms.cure_days)
    turn.arm(Clock.CURE, calendar.start_of(last + timedelta(days=1)))
    notice = turn.state.notice
    if notice is not None:
        at = notice.arrived_at or notice.sent_at
        turn.tell(NoticeBecame(notice.notice_id, status, at, last.isoformat()))


def cure_over(turn: Turn) -> None:
    turn.change(cured_notice_at=turn.now.at)
    turn.arm(Clock.LEGAL_REVIEW, turn.reaches(turn.state.terms.legal_review_dpd))


def amounts_changed(turn: Turn) -> None:
    """A notice whose amount is no longer the ledger's must not go out (rule book 1.2)."""
    notice = turn.state.notice
    if notice is not None and notice.phase == "released":
        turn.change(notice=None)
        turn.disarm(Clock.SEND)
        turn.tell(NoticeBecame(notice.notice_id, "withdrawn", turn.now.at))
        turn.open(TaskKind.NOTICE_RELEASE, why="amount_changed")
