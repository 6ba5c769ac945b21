"""The values that cross Temporal or lie in a message row, and the hashes that tie both together."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Protocol

from arrears.policy.calendar import Calendar
from arrears.policy.guard import Conduct
from arrears.policy.state import CaseState
from arrears.policy.terms import Terms

MAX_STATE_BYTES: Final = 16_384
BOOKS_OPEN: Final = "books_open"  # why one deadline waits while the others go on


@dataclass(frozen=True)
class Rules:
    """The pack in force, as handed to a case: its numbers, its bank days, and what it says of contacts."""

    terms: Terms
    calendar: Calendar
    conduct: Conduct = field(default_factory=Conduct)


class RulesInForce(Protocol):
    """What knows which rules hold when: a pack takes effect at an instant, and every case is asked at its own."""

    def at(self, instant: int) -> Rules:
        """The rules at `instant`, UTC seconds."""


@dataclass(frozen=True)
class Unchanging:
    """The same rules at every instant."""

    rules: Rules

    def at(self, instant: int) -> Rules:
        return self.rules


@dataclass(frozen=True)
class Message:
    """What somebody said to a case; `content` holds ids, integers and days only."""

    message_id: str
    signal: str
    actor: str
    content: dict[str, Any] = field(default_factory=dict)
    task_id: str | None = None


@dataclass(frozen=True)
class Heard:
    """A signal as it came in, not yet trusted: a readable message, or why it could not be read."""

    signal: str
    body: dict[str, Any] | None = None
    junk: str = ""


@dataclass(frozen=True)
class CaseInput:
    """What a run of a case starts with; later runs and re-opened cases bring `state` and `seq`."""

    case_id: str
    loan_id: str
    rules: Rules
    opening: Message | None = None
    state: CaseState | None = None
    seq: int = 0
    shift_seconds: int = 0
    inbox: list[Heard] = field(default_factory=list)
    runs: int = 0
    run_events: int = 1500
    case_url: str = ""


@dataclass(frozen=True)
class Batch:
    """One step, to be written in one transaction: what was heard, on which state, and what follows.

    `event` and `effects` are tagged records (`{"kind": …}`); `at` is UTC seconds of the case's clock; `pack`
    is the version this run knows, so that the receipt can bring a newer one.
    """

    case_id: str
    seq: int
    base: str
    event: dict[str, Any]
    at: int
    pack: str
    state: CaseState | None = None
    effects: list[dict[str, Any]] = field(default_factory=list)
    shift_seconds: int = 0


@dataclass(frozen=True)
class Receipt:
    """`verdict` is committed, refused, wait or overtaken; the last brings the database's seq and state.

    A step that was committed before, at another hour, brings the state as it was written then.
    """

    verdict: str
    why: str = ""
    seq: int = 0
    state: CaseState | None = None
    rules: Rules | None = None


@dataclass(frozen=True)
class Sending:
    """One contact the case asks for; the guard decides at the moment of the act."""

    case_id: str
    notice_id: str
    pack: str
    shift_seconds: int = 0


@dataclass(frozen=True)
class SendingAnswer:
    """`answer` is sent, not_before, uncertain, refused or wait; instants are UTC seconds."""

    notice_id: str
    answer: str
    at: int
    not_before: int = 0
    rule: str = ""


def digest(state: CaseState | None) -> str:
    """Names a state: the same on both sides of Temporal, whatever the order of keys."""
    return fingerprint(None if state is None else asdict(state))


def message_hash(case_id: str, message: Message) -> str:
    """Over everything that was said and to whom; recomputed by `record` from what it is told."""
    return fingerprint(
        [case_id, message.message_id, message.signal, message.actor, message.task_id, message.content]
    )


def fingerprint(value: Any) -> str:
    """sha256 over canonical JSON."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def canonical(value: Any) -> str:
    """JSON with sorted keys and no blanks: equal content is equal text."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
