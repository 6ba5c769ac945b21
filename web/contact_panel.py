"""The contacts of one task: each way with the guard's word on it now, and the call or visit that is under way."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from api.auth.permissions import Permission, may
from api.auth.person import Person
from arrears.contracts import Rules
from arrears.policy.codes import CODES, PROMISES, Action
from arrears.policy.guard import Go, NotBefore
from arrears.policy.masking import masked_contact
from arrears.policy.stages import CONTACT_TASKS
from arrears.policy.tasks import TaskKind
from arrears.store import contacts, ways
from arrears.store.contacts import Attempt, Slot
from arrears.store.known import Ask
from arrears.store.views import TaskView
from arrears.store.ways import Way
from web import guarding, words
from web.formats import Formats
from web.words import called


@dataclass(frozen=True)
class WayLine:
    """`state` is ok, warn or bad, empty where nobody contacts by hand; `act` is call or visit where it may be begun."""

    contact_id: str
    channel: str
    address: str = field(repr=False)
    preferred: bool
    state: str
    said: str
    room: tuple[str, ...]
    act: str


@dataclass(frozen=True)
class Running:
    """A contact that was started and not told of yet; `number` only in the answer to whoever has just asked for it."""

    attempt_id: str
    act: str
    contact_id: str
    address: str = field(repr=False)
    number: str = field(repr=False)
    since: datetime
    results: tuple[tuple[str, str], ...]  # empty where the answer to the task tells of it
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Panel:
    lines: tuple[WayLine, ...]
    running: Running | None
    companions: tuple[tuple[str, str], ...]
    comes_first: bool  # whoever is asked to contact somebody looks for the number before the figures

    @property
    def call_id(self) -> str:
        """Of the call that the answer to the task is the result of."""
        return self.running.attempt_id if self.running and not self.running.results else ""


@dataclass(frozen=True)
class Look:
    """Who looks, when, under which rules; `slot` is what they have just been given."""

    who: Person
    now: datetime
    rules: Rules
    shapes: Formats
    slot: Slot | None = None


_ORDER = {"phone": 0, "sms": 1, "post": 2, "email": 3}
_ACTS = {Action.OUT_CALL: "call", Action.VISIT: "visit"}


def panel(connection: Connection, task: TaskView, look: Look, *, is_open: bool) -> Panel:
    at = int(look.now.timestamp())
    may_contact = may(look.who, Permission.CONTACT)
    ask = Ask(
        "",
        task.borrower_id,
        Action.OUT_CALL,
        look.who.staff_id if may_contact else "",
        case_id=task.case_id,
        loan_id=task.loan_id,
    )
    found = ways.ways(connection, ask, look.rules, at=at)
    running = contacts.under_way(connection, task.task_id, look.who.staff_id) if may_contact else None
    asks_contact = TaskKind(task.kind) in CONTACT_TASKS
    works_it = may_contact and task.assignee == look.who.staff_id and asks_contact
    begins = is_open and works_it and running is None
    lines = tuple(way_line(way, look, begins=begins, is_open=is_open) for way in by_channel(found))
    visits = any(line.act == "visit" for line in lines)
    return Panel(
        lines,
        None if running is None else _running(running, found, look, with_answer=is_open and works_it),
        tuple(ways.companions(connection, look.who.staff_id, look.rules, at=at)) if visits else (),
        is_open and asks_contact,
    )


def by_channel(found: tuple[Way, ...]) -> list[Way]:
    """Phones first."""
    return sorted(found, key=lambda way: _ORDER.get(way.channel, len(_ORDER)))


def way_line(way: Way, look: Look, *, begins: bool, is_open: bool) -> WayLine:
    judged = is_open and way.action is not None
    allowed = isinstance(way.verdict, Go)
    if not judged:
        state = "bad" if way.do_not_contact else ""
        said = guarding.because("do_not_contact") if way.do_not_contact else ""
    else:
        state = "ok" if allowed else "warn" if isinstance(way.verdict, NotBefore) else "bad"
        said = guarding.said(way.verdict, way.closes_at, look.shapes, visit=way.action is Action.VISIT)
    act = _ACTS[way.action] if begins and judged and allowed and way.action is not None else ""
    return WayLine(
        way.contact_id,
        way.channel,
        masked_contact(way.channel, way.address),
        way.preferred,
        state,
        said,
        guarding.room(way.uses) if judged and state != "bad" else (),
        act,
    )


def _running(attempt: Attempt, found: tuple[Way, ...], look: Look, *, with_answer: bool) -> Running:
    channel = next((way.channel for way in found if way.contact_id == attempt.contact_id), "phone")
    given = look.slot if look.slot is not None and look.slot.attempt_id == attempt.attempt_id else None
    action = Action(attempt.action)
    return Running(
        attempt.attempt_id,
        _ACTS.get(action, "call"),
        attempt.contact_id or "",
        masked_contact(channel, attempt.number or ""),
        given.number if given else "",
        attempt.at,
        () if with_answer and action is Action.OUT_CALL else _results(action),
        tuple(called(guarding.WARNINGS, rule) for rule in given.warnings) if given else (),
    )


def _results(action: Action) -> tuple[tuple[str, str], ...]:
    """What may be told without an answer to the task; a promise is for its case to hear."""
    return tuple((code, called(words.RESULTS, code)) for code in CODES[action] if code not in PROMISES)
