"""What pages are shown: frozen values shaped for the eye, made by `queries`; personal data are kept out of reprs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from arrears.policy.state import CaseState


class View(StrEnum):
    """The splits of the inbox."""

    ALL = "all"
    MINE = "mine"
    FREE = "free"
    TODAY = "today"  # due on the bank's civil day
    LATE = "late"
    LATER = "later"  # put off by whoever holds them
    PROMISED = "promised"  # the day of a promise and its grace are over, and somebody is asked
    LEGAL = "legal"  # what legal advisors are asked, whoever looks


@dataclass(frozen=True)
class Reader:
    """For whom a list is made: whose tasks, and what is late or due today at this instant.

    `advised` are the roles whose tasks make up the split of what waits for legal.
    """

    staff_id: str
    roles: tuple[str, ...]
    now: datetime
    today: tuple[datetime, datetime]  # the bank's civil day, from its first instant to that of the next
    advised: tuple[str, ...] = ()
    stands_in_for: tuple[str, ...] = ()  # colleagues who are away


@dataclass(frozen=True)
class Either:
    """A filter of one kind: what is wanted alone, and what is not wanted; both empty wants everything."""

    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.only or self.without)


NOBODY: Final = "-"  # in whose hands a task is that nobody took


@dataclass(frozen=True)
class Narrowed:
    """What of the splits is wanted; `holder` may be NOBODY.

    `bounds` gives each band of the overdue amount in minor units: from, and below.
    """

    stage: Either = field(default_factory=Either)
    kind: Either = field(default_factory=Either)
    product: Either = field(default_factory=Either)
    debtor: Either = field(default_factory=Either)
    band: Either = field(default_factory=Either)
    holder: Either = field(default_factory=Either)
    bounds: Mapping[str, tuple[int, int | None]] = field(default_factory=dict, compare=False)

    def __bool__(self) -> bool:
        return any((self.stage, self.kind, self.product, self.debtor, self.band, self.holder))


@dataclass(frozen=True)
class TaskKey:
    """A place in the list: the last row that was shown."""

    due_at: datetime
    task_id: str


@dataclass(frozen=True, order=True)
class InboxRow:
    due_at: datetime
    task_id: str
    case_id: str
    loan_id: str
    kind: str
    role: str
    stage: str
    why: str | None
    borrower: str = field(repr=False)
    assignee: str | None
    assignee_name: str | None
    currency: str
    overdue_minor: int
    first_overdue_on: date | None
    decided_at: datetime
    snoozed_until: datetime | None


@dataclass(frozen=True)
class InboxPage:
    rows: tuple[InboxRow, ...]
    more: TaskKey | None


@dataclass(frozen=True)
class ChosenTask:
    task_id: str
    loan_id: str
    kind: str
    stage: str
    role: str
    assignee: str | None
    borrower: str = field(repr=False)


@dataclass(frozen=True)
class Heard:
    """What a case heard from somebody, and when."""

    event: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True)
class Beside:
    """By case: what was heard last, and the next clock with its instant. `kinds` names the tasks that were answered."""

    last: Mapping[str, Heard]
    next: Mapping[str, tuple[str, datetime]]
    kinds: Mapping[str, str]


@dataclass(frozen=True)
class Said:
    """A message as its sender sees it: what was said and what became of it."""

    message_id: str
    signal: str
    actor: str
    actor_name: str | None
    content: Mapping[str, Any]
    status: str
    reason: str | None
    accepted_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True)
class TaskNews:
    """A task that changed at `at` (machine time) as it stands now; `opened_at` is machine time, too."""

    task_id: str
    case_id: str
    role: str
    stage: str
    barred: tuple[str, ...]
    is_open: bool  # and nobody has answered it
    assignee: str | None
    assignee_name: str | None
    put_off: bool
    due_at: datetime
    opened_at: datetime
    at: datetime


@dataclass(frozen=True)
class Undoable:
    """An answer that waits and can be taken back until then."""

    task_id: str
    kind: str
    loan_id: str
    outcome: str
    until: datetime


@dataclass(frozen=True)
class RefusedAnswer:
    """What somebody answered and the case did not take; `at` is machine time."""

    task_id: str
    case_id: str
    loan_id: str
    outcome: str
    reason: str | None
    at: datetime


@dataclass(frozen=True)
class HoldView:
    """A hold that stands over a case; minor units."""

    hold_id: str
    kind: str
    scope: str
    part_minor: int | None
    since: datetime
    until: datetime | None
    placed_by: str
    placed_by_name: str | None
    confirmed_by_name: str | None
    against: str | None
    against_name: str | None
    evidence: str | None


@dataclass(frozen=True)
class TaskView:
    decided_at: datetime  # when its case decided last, by its own clock
    task_id: str
    case_id: str
    loan_id: str
    borrower_id: str
    borrower: str = field(repr=False)
    debtor_speaks: str | None  # a BCP 47 tag of the intake
    product: str
    kind: str
    role: str
    stage: str
    status: str
    facts_no: int
    facts: Mapping[str, Any]
    barred: tuple[str, ...]
    opened_at: datetime
    due_at: datetime
    closed_at: datetime | None
    outcome: str | None
    decided_by: str | None
    decided_by_name: str | None
    why: str | None
    ended_why: str | None
    assignee: str | None
    assignee_name: str | None
    claimed_at: datetime | None
    snoozed_until: datetime | None
    case_status: str
    case_stage: str
    answer: Said | None


@dataclass(frozen=True)
class CaseView:
    case_id: str
    loan_id: str
    borrower_id: str
    borrower: str = field(repr=False)
    borrower_kind: str
    episode: int
    status: str
    stage: str
    stage_since: datetime
    opened_at: datetime
    closed_at: datetime | None
    closed_reason: str | None
    currency: str
    balance_minor: int
    overdue_minor: int
    first_overdue_on: date | None
    pack: str
    attention: bool
    seq: int
    decided_at: datetime
    recorded_at: datetime
    owed: Mapping[str, int]
    product: str
    contract_no: str | None
    as_of_on: date
    state: CaseState = field(repr=False)


@dataclass(frozen=True)
class CaseTask:
    task_id: str
    kind: str
    role: str
    stage: str
    status: str
    opened_at: datetime
    due_at: datetime
    closed_at: datetime | None
    outcome: str | None
    assignee: str | None
    assignee_name: str | None
    barred: tuple[str, ...]
    is_answered: bool  # an answer to it is kept and not applied yet


@dataclass(frozen=True)
class StageEntry:
    stage: str
    at: datetime
    why: str


@dataclass(frozen=True)
class PaymentView:
    payment_id: str
    loan_id: str
    booked_on: date
    value_on: date
    amount_minor: int
    currency: str
    channel: str
    kind: str
    provisional: bool
    source: str
    standing: str
    received_at: datetime
    reverses_payment_id: str | None
    reversal_reason: str | None
    final_at: datetime | None
    designation: str | None
    allocated: Mapping[str, int]
    became: "Became | None" = None  # of money that an incident kept, once that is closed

    @property
    def may_bounce(self) -> bool:
        return self.provisional and self.final_at is None


@dataclass(frozen=True)
class Became:
    """What a person did with money in suspense: `outcome` and `reference` as of its incident."""

    incident_id: str
    status: str
    outcome: str | None
    reference: str | None


@dataclass(frozen=True)
class NoticeView:
    notice_id: str
    status: str
    amount_minor: int
    balance_minor: int
    currency: str
    cure_on: date | None
    released_by: str
    released_by_name: str | None
    released_at: datetime
    sent_at: datetime | None
    arrived_at: datetime | None
    document: str | None
    document_hash: str | None


@dataclass(frozen=True)
class DeliveryView:
    """What was reported of a notice, for which instant (UTC seconds), and what became of the report."""

    message_id: str
    said: str  # arrived | returned
    at: int
    reference: str | None
    status: str
    reason: str | None
    actor: str
    actor_name: str | None
    accepted_at: datetime


@dataclass(frozen=True)
class Step:
    """One record of a case: what was heard and what followed."""

    seq: int
    at: datetime
    event: Mapping[str, Any]
    effects: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Act:
    """What somebody did at a door without saying anything to the case: took a task, gave it back."""

    at: datetime
    actor: str
    what: str
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class Timeline:
    """Newest first. The maps give tasks their kind, people their names, remarks their words; and tasks that were decided
    the facts they were decided on, with their number."""

    entries: tuple[Step | Act, ...]
    earlier: int | None
    task_kinds: Mapping[str, str]
    names: Mapping[str, str]
    remarks: Mapping[str, str] = field(repr=False)
    grounds: Mapping[str, tuple[int, Mapping[str, Any]]] = field(default_factory=dict)


@dataclass(frozen=True)
class CaseRow:
    case_id: str
    loan_id: str
    borrower: str = field(repr=False)
    status: str
    stage: str
    currency: str
    overdue_minor: int
    first_overdue_on: date | None
    decided_at: datetime
    next_deadline: str | None
    next_deadline_at: datetime | None
    attention: bool
    closed_at: datetime | None
    closed_reason: str | None


@dataclass(frozen=True)
class CaseKey:
    due_at: datetime
    case_id: str


@dataclass(frozen=True)
class IncidentView:
    incident_id: str
    kind: str
    case_id: str | None
    loan_id: str | None
    detail: Mapping[str, Any]
    status: str
    opened_at: datetime
    closed_at: datetime | None
    closed_by: str | None
    closed_by_name: str | None
    reason: str | None
    due_at: datetime | None
    outcome: str | None
    reference: str | None


@dataclass(frozen=True)
class IncidentKey:
    at: datetime
    incident_id: str


@dataclass(frozen=True)
class ApprovalRow:
    """A claim that waits for an advisor; `first_by` has approved it already."""

    task_id: str
    case_id: str
    loan_id: str
    kind: str
    role: str
    due_at: datetime
    opened_at: datetime
    borrower: str = field(repr=False)
    assignee: str | None
    assignee_name: str | None
    currency: str
    balance_minor: int
    stage_since: datetime
    decided_at: datetime
    first_overdue_on: date | None
    last_instalment_due_on: date | None
    first_by: str | None
    first_by_name: str | None
    interrupted_at: tuple[datetime, ...]


@dataclass(frozen=True)
class FirstWord:
    """What the first advisor said of a claim, and the facts it was said on."""

    by: str
    by_name: str | None
    at: datetime
    words: str = field(repr=False)
    facts: Mapping[str, Any]
