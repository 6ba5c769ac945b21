"""Robot staff: who answers a task, what and when, as pure functions of the seed and the task."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from api.auth.person import Person
from api.desk.answering import Answer
from arrears.policy.calendar import Calendar
from arrears.policy.tasks import Role, TaskKind, may_answer

# Far from midnight and from the edges of the hours in which anybody may be called: a slow machine shifts minutes.
# Collectors work every day; whoever decides, on bank days.
OPENS: Final = (9, 10)
STAFF_LEAVES: Final = (17, 30)
MONEY_ENDS: Final = (20, 40)
_TAKES_MINUTES: Final = 10
_SLOWEST_SECONDS: Final = 3 * 3600
# When all is paid only this answer keeps the case open: it is given the same day, whatever the day.
_AT_ONCE: Final = frozenset({"court_end"})

_HEADS: Final = {
    Role.COLLECTOR: 4,
    Role.TEAM_LEAD: 2,
    Role.LEGAL_ADVISOR: 3,
    Role.MANAGER: 2,
    Role.PLAN_OFFICER: 1,
    Role.CASE_DESK: 1,
    Role.OPS: 1,
}
STAFF: Final = tuple(
    Person(f"robot-{role.value}-{n}", f"robot-{role.value}-{n}", f"Robot {n}", frozenset({role}), "en")
    for role, heads in _HEADS.items()
    for n in range(1, heads + 1)
)
OPS: Final = next(robot for robot in STAFF if Role.OPS in robot.roles)


class NoHabit(Exception):
    """The robots have not learnt to answer this kind of task."""


class NobodyLeft(Exception):
    """No robot may answer this task."""


@dataclass(frozen=True)
class OpenTask:
    """A task as a robot sees it in the inbox; `opened_at` in UTC seconds."""

    task_id: str
    kind: str
    role: str
    opened_at: int
    facts_no: int
    facts: Mapping[str, Any]
    barred: tuple[str, ...] = ()
    assignee: str | None = None


@dataclass(frozen=True)
class Reply:
    """Who says what, at which instant (UTC seconds)."""

    at: int
    who: Person
    answer: Answer


@dataclass(frozen=True)
class _Draw:
    """Whatever is left to chance about one task, drawn from the seed and its id."""

    seed: int
    task: OpenTask

    def below(self, what: str, top: int) -> int:
        return draw(self.seed, self.task.task_id, what, below=top)

    def pick(self, what: str, shares: Sequence[tuple[str, int]]) -> str:
        left = self.below(what, sum(share for _, share in shares))
        for choice, share in shares:
            left -= share
            if left < 0:
                return choice
        raise AssertionError("the shares add up")


Said = tuple[str, str | None, int | None, date | None]  # outcome, reason, minor units, day
Habit = Callable[[_Draw, date], Said]


def draw(seed: int, *about: str, below: int) -> int:
    """The same for the same seed and subject on every machine and day."""
    digest = hashlib.sha256("|".join([str(seed), *about]).encode()).digest()
    return int.from_bytes(digest[:8], "big") % below


# ---- what they say ---------------------------------------------------------------------------------------

# Mostly what puts the next call off for days: a simulation is paid for by the step.
_CALLS: Final = (("na", 6), ("busy", 4), ("hung", 6), ("ptp", 40), ("part", 9), ("rtp", 35))


def _call(drawn: _Draw, today: date) -> Said:
    kind = TaskKind(drawn.task.kind)
    outcome = drawn.pick("result", [(word, share) for word, share in _CALLS if may_answer(kind, word)])
    overdue = int(drawn.task.facts["overdue_minor"])
    on = today + timedelta(days=3 + drawn.below("day", 5))
    match outcome:
        case "ptp":
            return outcome, None, overdue, on
        case "part":
            return outcome, None, max(1, overdue // 2), on
        case "rtp":
            return outcome, "says the bank will have to wait", None, None
        case _:
            return outcome, None, None, None


def _review(drawn: _Draw, _: date) -> Said:
    if drawn.below("review", 10) == 0:
        return "return", "the file lacks the signed contract", None, None
    return "sue", None, None, None


def _always(outcome: str, reason: str | None = None) -> Habit:
    return lambda _drawn, _today: (outcome, reason, None, None)


# By the words of `policy.tasks`; a kind that is missing here ends the run and is named.
HABITS: Final[Mapping[str, Habit]] = {
    "first_contact": _call,
    "follow_up": _call,
    "escalation": _always("escalate"),
    "notice_release": _always("release"),
    "legal_review": _review,
    "second_approval": _always("approve"),
    "filing": _always("filed"),
    "court_end": _always("withdraw"),
    "delivery_check": _always("not_known"),
    "new_address": _always("found"),
    "plan_approval": _always("agree"),
    "plan_breach": _always("broken"),
    "idle_review": _always("continue", "the matter is before the court"),
    # Robots hear nothing that opens these; whoever else says it to a simulated case finds them answered.
    "paid_claim_check": _always("no_money", "no such money came in"),
    "dispute_review": _always("rejected", "the books are right"),
    "complaint_reply": _always("rejected", "the recording shows nothing of the kind"),
    "complaint_extension": _always("deny", "the answer is due on its day"),
    "hardship_decision": _always("no_relief", "the income is as it was"),
    "death_verify": _always("refuted", "the person came to the bank"),
    "capacity_verify": _always("refuted", "no court has said so"),
    "insolvency_verify": _always("refuted", "no court has accepted it"),
    "fraud_verify": _always("refuted", "the signature is the person's own"),
    "declare_claim": _always("declared"),
    "hold_review": _always("hold_ends", "nothing is left to wait for"),
}


def reply(seed: int, task: OpenTask, calendar: Calendar, *, now: int) -> Reply:
    """Raises NoHabit and NobodyLeft."""
    habit = HABITS.get(task.kind)
    if habit is None:
        raise NoHabit(f"no robot knows how to answer a task of the kind {task.kind}")
    at = working_time(seed, task, calendar, now=now)
    outcome, reason, amount, on = habit(_Draw(seed, task), calendar.day_of(at))
    return Reply(at, _who(seed, task), Answer(outcome, task.facts_no, reason, amount, on))


def _who(seed: int, task: OpenTask) -> Person:
    """The one who holds it, else one of those who may."""
    able = [robot for robot in STAFF if task.role in robot.roles and robot.staff_id not in task.barred]
    holder = [robot for robot in able if robot.staff_id == task.assignee]
    if not able or (task.assignee and not holder):
        raise NobodyLeft(f"no robot may answer {task.task_id} ({task.kind})")
    return (holder or able)[0 if holder else draw(seed, task.task_id, "who", below=len(able))]


# ---- when they say it ------------------------------------------------------------------------------------


def working_time(seed: int, task: OpenTask, calendar: Calendar, *, now: int) -> int:
    """In working hours, within three hours of being seen; never before `now`."""
    planned = _within_hours(seed, task, calendar, task.opened_at + 60 * _TAKES_MINUTES)
    # Only an answer that was refused, or a run that was interrupted, is late.
    return planned if planned >= now else _within_hours(seed, task, calendar, now)


def _within_hours(seed: int, task: OpenTask, calendar: Calendar, seen: int) -> int:
    if task.kind in _AT_ONCE:
        return seen
    opens, leaves = _hours(calendar, _working_day(task, calendar, calendar.day_of(seen)))
    if seen >= leaves:
        tomorrow = calendar.day_of(seen) + timedelta(days=1)
        opens, leaves = _hours(calendar, _working_day(task, calendar, tomorrow))
    earliest = max(seen, opens)
    latest = min(leaves, earliest + _SLOWEST_SECONDS)
    return earliest + draw(seed, task.task_id, "when", below=latest - earliest)


def _working_day(task: OpenTask, calendar: Calendar, day: date) -> date:
    return day if task.role == Role.COLLECTOR else calendar.bank_day_from(day)


def _hours(calendar: Calendar, day: date) -> tuple[int, int]:
    opens, leaves = (calendar.instant(day, hour=h, minute=m) for h, m in (OPENS, STAFF_LEAVES))
    return opens, leaves


def money_time(seed: int, payment_id: str, booked_on: date, calendar: Calendar) -> int:
    """When a payment of that day reaches the bank's systems."""
    opens, ends = (calendar.instant(booked_on, hour=h, minute=m) for h, m in (OPENS, MONEY_ENDS))
    return opens + draw(seed, payment_id, "when", below=ends - opens)


def arrival_time(seed: int, notice_id: str, sent_at: int, calendar: Calendar) -> int:
    """A letter is on its way for one to six days."""
    day = calendar.day_of(sent_at) + timedelta(days=1 + draw(seed, notice_id, "days", below=6))
    opens, leaves = _hours(calendar, day)
    return opens + draw(seed, notice_id, "when", below=leaves - opens)
