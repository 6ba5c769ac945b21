"""What follows from an event: the closed set of things `record` writes."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final

from arrears.policy.state import HoldKind, Scope, Stage
from arrears.policy.tasks import Role, TaskKind


@dataclass(frozen=True)
class OpenTask:
    """`task_id` is "" until the loop has named it; `due_at` UTC seconds; `facts` what the person shall see."""

    task: TaskKind
    role: Role
    due_at: int
    facts_no: int
    facts: dict[str, Any]
    why: str
    barred: tuple[str, ...] = ()
    task_id: str = ""


@dataclass(frozen=True)
class RefreshTask:
    """The facts under an open task changed."""

    task_id: str
    facts_no: int
    facts: dict[str, Any]


@dataclass(frozen=True)
class TaskMoved:
    """Its time ends at another instant: bank days became known."""

    task_id: str
    due_at: int


@dataclass(frozen=True)
class FinishTask:
    task_id: str
    outcome: str
    by: str


@dataclass(frozen=True)
class CancelTask:
    task_id: str
    why: str


@dataclass(frozen=True)
class Refuse:
    """The message is refused by the rules; the state stays as it was."""

    why: str


@dataclass(frozen=True)
class EnterStage:
    stage: Stage
    why: str


@dataclass(frozen=True)
class LogContact:
    """A contact a collector made, under the line that the door wrote in the debtor's ledger."""

    task_id: str
    result: str
    by: str
    attempt_id: str = ""


@dataclass(frozen=True)
class MarkContact:
    """What a result says of the number or address it was had on (`codes.Mark`)."""

    contact_id: str
    mark: str
    by: str


@dataclass(frozen=True)
class LimitationInterrupted:
    """An act from which the limitation period runs anew; `proof` is an id, empty when only the case tells it."""

    rule: str
    act: str
    proof: str
    by: str
    at: int


@dataclass(frozen=True)
class LimitationVoided:
    proof: str


@dataclass(frozen=True)
class TaskLate:
    """`rung` is reminded, freed or reported: the task goes back to its pool, then to a manager's notice."""

    task_id: str
    rung: str


@dataclass(frozen=True)
class PromiseMade:
    """`due_on` ISO day, `judged_at` UTC seconds, minor units."""

    promise_id: str
    task_id: str
    amount: int
    due_on: str
    judged_at: int
    by: str


@dataclass(frozen=True)
class PromiseBecame:
    """`status` is open (again), kept, kept_provisional, partial, broken, superseded, cancelled or reversed_technical.

    Kept provisionally: by money that may still bounce. `judged_at` (UTC seconds) only when it moved.
    """

    promise_id: str
    status: str
    paid: int
    judged_at: int = 0


@dataclass(frozen=True)
class PlanMade:
    """Minor units, basis points of a year, ISO day; the instalments follow from these figures."""

    plan_id: str
    method: str
    amount: int
    yearly_bp: int
    periods: int
    first_due_on: str
    charges: str
    acceptance: str
    proof: str
    guarantor_proof: str
    by: str
    status: str


@dataclass(frozen=True)
class PlanPaid:
    """All that came for the plan so far, minor units."""

    plan_id: str
    paid: int


@dataclass(frozen=True)
class PlanBecame:
    """`status` is active, at_risk, renegotiating, broken, completed, withdrawn or replaced.

    `until` (UTC seconds) is the end of the time to catch up or to agree anew.
    """

    plan_id: str
    status: str
    by: str = ""
    until: int = 0


@dataclass(frozen=True)
class MatterFiled:
    """A claim went to court; minor units, `fee` the court's for this claim."""

    matter_id: str
    claim: int
    fee: int | None
    by: str


@dataclass(frozen=True)
class MatterEnded:
    matter_id: str
    outcome: str
    by: str


@dataclass(frozen=True)
class HoldBegan:
    """Minor units, UTC seconds; `spreads`: the other open cases of the person are told."""

    hold_id: str
    hold: HoldKind
    scope: Scope
    by: str
    reason: str
    until: int = 0
    part: int = 0
    against: str = ""
    evidence: str = ""
    remark_id: str = ""
    spreads: bool = False


@dataclass(frozen=True)
class HoldBecame:
    """A person confirmed it, or said until when it goes on."""

    hold_id: str
    until: int
    confirmed_by: str = ""


@dataclass(frozen=True)
class HoldEnded:
    """`spreads`: it ends in the other open cases of the person too."""

    hold_id: str
    hold: HoldKind
    outcome: str
    by: str
    spreads: bool = False


@dataclass(frozen=True)
class KeepOff:
    """The debtor complained of this member of staff, who has to do with the case no more."""

    staff_id: str


@dataclass(frozen=True)
class ReleaseNotice:
    notice_id: str
    overdue: int
    balance: int
    by: str


@dataclass(frozen=True)
class NoticeBecame:
    """`status` is sent, uncertain, arrived, returned or withdrawn; `at` UTC seconds; `cure_on` ISO day."""

    notice_id: str
    status: str
    at: int
    cure_on: str | None = None


@dataclass(frozen=True)
class Allocate:
    """Minor units by tier; negative when money was taken back."""

    payment_id: str
    costs: int
    interest: int
    principal: int
    surplus: int


@dataclass(frozen=True)
class KeepProvisional:
    payment_id: str


@dataclass(frozen=True)
class RaiseIncident:
    """`due_at` UTC seconds: by when a person has to end it; 0 when it has no term."""

    incident: str
    key: str
    detail: dict[str, Any] = field(default_factory=dict)
    due_at: int = 0


@dataclass(frozen=True)
class CloseCase:
    reason: str


@dataclass(frozen=True)
class ReopenCase:
    why: str


Effect = (
    OpenTask
    | RefreshTask
    | TaskMoved
    | FinishTask
    | CancelTask
    | Refuse
    | EnterStage
    | LogContact
    | MarkContact
    | LimitationInterrupted
    | LimitationVoided
    | TaskLate
    | PromiseMade
    | PromiseBecame
    | PlanMade
    | PlanPaid
    | PlanBecame
    | MatterFiled
    | MatterEnded
    | HoldBegan
    | HoldBecame
    | HoldEnded
    | KeepOff
    | ReleaseNotice
    | NoticeBecame
    | Allocate
    | KeepProvisional
    | RaiseIncident
    | CloseCase
    | ReopenCase
)

KINDS: Final[dict[str, Callable[..., Effect]]] = {
    "open_task": OpenTask,
    "refresh_task": RefreshTask,
    "task_moved": TaskMoved,
    "finish_task": FinishTask,
    "cancel_task": CancelTask,
    "refuse": Refuse,
    "enter_stage": EnterStage,
    "log_contact": LogContact,
    "mark_contact": MarkContact,
    "limitation_interrupted": LimitationInterrupted,
    "limitation_voided": LimitationVoided,
    "task_late": TaskLate,
    "promise_made": PromiseMade,
    "promise_became": PromiseBecame,
    "plan_made": PlanMade,
    "plan_paid": PlanPaid,
    "plan_became": PlanBecame,
    "matter_filed": MatterFiled,
    "matter_ended": MatterEnded,
    "hold_began": HoldBegan,
    "hold_became": HoldBecame,
    "hold_ended": HoldEnded,
    "keep_off": KeepOff,
    "release_notice": ReleaseNotice,
    "notice_became": NoticeBecame,
    "allocate": Allocate,
    "keep_provisional": KeepProvisional,
    "raise_incident": RaiseIncident,
    "close_case": CloseCase,
    "reopen_case": ReopenCase,
}
_WORDS: Final[dict[str, type[StrEnum]]] = {
    "task": TaskKind,
    "role": Role,
    "stage": Stage,
    "hold": HoldKind,
    "scope": Scope,
}
_NAMES: Final = {effect: name for name, effect in KINDS.items()}


def to_wire(effect: Effect) -> dict[str, Any]:
    """A tagged record: unions of dataclasses do not decode on the other side of Temporal."""
    return {"kind": _NAMES[type(effect)], **asdict(effect)}


def from_wire(record: dict[str, Any]) -> Effect:
    """The inverse of `to_wire`. Raises KeyError, TypeError or ValueError for a kind, field or word not known."""
    fields = {name: _read(name, value) for name, value in record.items() if name != "kind"}
    return KINDS[record["kind"]](**fields)


def _read(name: str, value: Any) -> Any:
    """JSON knows neither tuples nor our words."""
    if name in _WORDS:
        return _WORDS[name](value)
    return tuple(value) if isinstance(value, list) else value
