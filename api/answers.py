"""What the JSON API says: the store's views with personal data masked for whoever asks."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from api.auth.permissions import Permission, may, may_ever, own_relation, task_relations
from api.auth.person import Person
from arrears.policy.masking import masked_contact, masked_name
from arrears.policy.tasks import WORK, TaskKind
from arrears.store import reads
from arrears.store.asked_again import Earlier


class Said(BaseModel):
    """Base of all answers: nothing but the fields named."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class EventHeard(Said):
    """`standing` is what became of its money, or `waits` (for the payment it takes back) or `parked` (unknown type)."""

    webhook_id: str
    standing: Literal["message", "history", "suspense", "repeated", "waits", "parked"]
    payment_id: str | None
    case_id: str | None
    message_id: str | None


class CasePage(Said):
    items: list[reads.CaseLine]
    next: str | None


class Contact(Said):
    contact_id: str
    channel: str
    address: str
    preferred: bool
    do_not_contact: bool


class Borrower(Said):
    """Names and addresses as far as the person asking may see them."""

    borrower_id: str
    kind: str
    name: str
    contacts: list[Contact]


class TaskItem(Said):
    """`may_claim` and `may_decide` tell a program which buttons to draw; the desk checks again."""

    task_id: str
    case_id: str
    loan_id: str
    kind: str
    role: str
    stage: str
    status: str
    why: str | None
    facts_no: int
    opened_at: datetime
    due_at: datetime
    closed_at: datetime | None
    outcome: str | None
    decided_by: str | None
    assignee: str | None
    claimed_at: datetime | None
    may_claim: bool
    may_decide: bool


class TaskPage(Said):
    items: list[TaskItem]
    next: str | None


class TaskResult(Said):
    """`result` is done, unchanged, or why not; `by` is who was first, where somebody was."""

    task_id: str
    result: str
    by: str | None


class TaskResults(Said):
    items: list[TaskResult]


class FactChanged(Said):
    """Money in minor units; of parties and address only that they changed."""

    fact: str
    before: int | str | list[str] | None
    after: int | str | list[str] | None


class AskedBefore(Said):
    """The same question earlier in this case, and what changed since; no outcome where nobody had answered."""

    kind: str
    outcome: str | None
    decided_by: str | None
    at: datetime
    changed: list[FactChanged]


class TaskFull(Said):
    task: TaskItem
    facts: dict[str, Any]
    outcomes: list[str]
    borrower_id: str
    borrower_name: str | None
    message_id: str | None
    asked_before: AskedBefore | None


class CaseFull(Said):
    case: reads.CaseLine
    borrower: Borrower | None
    deadlines: list[reads.DeadlineLine]
    tasks: list[TaskItem]


class Timeline(Said):
    """Steps oldest first; `unsettled` is what was said and not yet answered, on the last page only."""

    steps: list[reads.StepLine]
    unsettled: list[reads.MessageView]
    next: str | None


class IncidentPage(Said):
    """`overdue` counts all open ones whose term is over, on whichever page."""

    overdue: int
    items: list[reads.IncidentLine]
    next: str | None


class Accepted(Said):
    """The answer was kept and goes to its case: ask for the message to learn what became of it."""

    message_id: str
    status: str


class Frozen(Said):
    """The hold that stops all work."""

    hold_id: str


class PaymentKept(Said):
    """`standing`: message, history, suspense or settled."""

    payment_id: str
    standing: str
    case_id: str | None
    message_id: str | None


class ShareKept(Said):
    """One loan's part of a transfer; `why` is designated (the payer named it), due or ahead (not yet due)."""

    payment_id: str
    loan_id: str
    amount_minor: int
    why: str
    standing: str
    case_id: str | None


class TransferKept(Said):
    """`standing`: message (shared out), history or suspense; shares and surplus make up the amount."""

    payment_id: str
    standing: str
    surplus_minor: int
    shares: list[ShareKept]


class DayClosed(Said):
    """`cases_told` waited for it."""

    business_date: date
    cases_told: int


class ContactSlot(Said):
    """The contact may be made now, to `number`; `warnings` name rules to be told aloud to whoever makes it."""

    attempt_id: str
    number: str
    at: datetime
    warnings: list[str]


class ContactTold(Said):
    """`message_id` is what the case was told; none when it hears nothing of it."""

    attempt_id: str
    result: str
    message_id: str | None


class ContactHeard(Said):
    """`attempt_id` is its line in the ledger of contacts, `message_id` what its case is told."""

    attempt_id: str
    message_id: str


class ContactDropped(Said):
    """It was not made: its slot is free again."""

    attempt_id: str


class InstalmentLine(Said):
    """Minor units."""

    number: int
    due_on: date
    principal_minor: int
    interest_minor: int
    paid_minor: int


class PlanFull(Said):
    """Minor units, basis points of a year. `status`: waiting, active, at_risk, renegotiating, broken, completed,
    withdrawn or replaced."""

    plan_id: str
    method: str
    amount_minor: int
    total_minor: int
    yearly_bp: int
    periods: int
    currency: str
    charges: str
    acceptance: str
    proof: str
    guarantor_proof: str | None
    signed_at: datetime
    signed_by: str
    signed_by_name: str | None
    status: str
    paid_minor: int
    until: datetime | None
    instalments: list[InstalmentLine]


class PlanList(Said):
    """The newest first. `facts_no` names the figures on which a new plan of the case is made now."""

    facts_no: int
    items: list[PlanFull]


class AccessToken(Said):
    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  the name of a scheme
    expires_in: int


def task_item(who: Person, line: reads.TaskLine) -> TaskItem:
    values = {name: getattr(line, name) for name in TaskItem.model_fields if hasattr(line, name)}
    relations = task_relations(who, role=line.role, assignee=line.assignee, barred=line.barred)
    is_open = line.status == "open"
    is_free = line.assignee in (None, who.staff_id)
    return TaskItem(
        **values,
        may_claim=is_open and line.assignee is None and may(who, Permission.CLAIM_TASK, relations),
        may_decide=is_open and is_free and may(who, Permission.DECIDE_TASK, relations),
    )


def task_full(who: Person, view: reads.TaskView) -> TaskFull:
    name = view.borrower_name
    if name is not None and not may(who, Permission.SEE_NAME, own_relation(who, owner=view.line.assignee)):
        name = masked_name(name)
    return TaskFull(
        task=task_item(who, view.line),
        facts=view.facts,
        outcomes=_outcomes(view.line.kind),
        borrower_id=view.borrower_id,
        borrower_name=name,
        message_id=view.message_id,
        asked_before=None if view.earlier is None else _asked_before(view.earlier),
    )


def _asked_before(earlier: Earlier) -> AskedBefore:
    return AskedBefore(
        kind=earlier.kind,
        outcome=earlier.outcome,
        decided_by=earlier.decided_by,
        at=earlier.at,
        changed=[FactChanged(**vars(change)) for change in earlier.changed],
    )


def case_full(who: Person, view: reads.CaseView) -> CaseFull:
    return CaseFull(
        case=view.line,
        borrower=None if view.borrower is None else _borrower(who, view),
        deadlines=view.deadlines,
        tasks=[task_item(who, line) for line in view.tasks] if may_ever(who, Permission.READ_TASK) else [],
    )


def _borrower(who: Person, view: reads.CaseView) -> Borrower:
    assert view.borrower is not None
    holder = who.staff_id if any(line.assignee == who.staff_id for line in view.tasks) else None
    sees = may(who, Permission.SEE_NAME, own_relation(who, owner=holder))
    contacts = [
        Contact(
            contact_id=point.contact_id,
            channel=point.channel,
            address=masked_contact(point.channel, point.address),
            preferred=point.preferred,
            do_not_contact=point.do_not_contact,
        )
        for point in view.borrower.contacts
    ]
    name = view.borrower.name if sees else masked_name(view.borrower.name)
    return Borrower(
        borrower_id=view.borrower.borrower_id, kind=view.borrower.kind, name=name, contacts=contacts
    )


def _outcomes(kind: str) -> list[str]:
    known = {kind.value for kind in TaskKind}
    return [outcome.value for outcome in WORK[TaskKind(kind)].outcomes] if kind in known else []
