"""The rows of Arrears: who may write a table stands in its docstring."""

from datetime import date, datetime
from typing import Any, ClassVar, Final

from sqlalchemy import Index, Table, column, text
from sqlmodel import Field, SQLModel

from arrears import clock
from arrears.store.types import Day, Ending, Flag, Instant, Int, Json, Text

_STRICT = {"sqlite_strict": True}


def _by_start(name: str) -> dict[str, str]:
    return {name: "text_pattern_ops"}


def _key() -> Any:
    return Field(primary_key=True, sa_type=Text)


def _text(*, index: bool = False) -> Any:
    return Field(sa_type=Text, index=index)


def _maybe_text(*, index: bool = False) -> Any:
    return Field(default=None, sa_type=Text, nullable=True, index=index)


def _int(default: int | None = None) -> Any:
    return Field(sa_type=Int) if default is None else Field(default=default, sa_type=Int)


def _maybe_int() -> Any:
    return Field(default=None, sa_type=Int, nullable=True)


def _day() -> Any:
    return Field(sa_type=Day)


def _maybe_day() -> Any:
    return Field(default=None, sa_type=Day, nullable=True)


def _at() -> Any:
    return Field(sa_type=Instant)


def _maybe_at(*, index: bool = False) -> Any:
    return Field(default=None, sa_type=Instant, nullable=True, index=index)


def _flag(*, default: bool = False) -> Any:
    return Field(default=default, sa_type=Flag)


def _json() -> Any:
    return Field(sa_type=Json)


class Row(SQLModel):
    __table_args__: ClassVar[Any] = _STRICT


# ---- what the core bank says (written by feeds) ---------------------------------------------------------


class Borrower(Row, table=True):
    """A person or an enterprise; written by feeds."""

    __tablename__ = "borrowers"
    # By the first characters, in whatever order of letters a PostgreSQL was set up with.
    __table_args__ = (Index("borrowers_by_name", "name", postgresql_ops=_by_start("name")), _STRICT)
    borrower_id: str = _key()
    kind: str = _text()
    name: str = _text()
    id_kind: str | None = _maybe_text()
    id_number: str | None = _maybe_text()
    born_on: date | None = _maybe_day()
    language: str | None = _maybe_text()
    address: str | None = _maybe_text()
    service_address_agreed: bool = _flag()


class Party(Row, table=True):
    """Somebody else who stands beside the borrower on a loan; written by feeds."""

    __tablename__ = "parties"
    loan_id: str = _key()
    borrower_id: str = _key()
    role: str = _key()
    guarantee_kind: str | None = _maybe_text()
    guarantee_until: date | None = _maybe_day()
    guarantee_demanded_on: date | None = _maybe_day()


class ContactPoint(Row, table=True):
    """One way to reach a person; written by feeds."""

    __tablename__ = "contact_points"
    __table_args__ = (Index("contact_points_by_end", Ending(column("address"))), _STRICT)
    contact_id: str = _key()
    borrower_id: str = _text(index=True)
    channel: str = _text()
    address: str = _text()
    language: str | None = _maybe_text()
    timezone: str | None = _maybe_text()
    allowed_from: str | None = _maybe_text()
    allowed_to: str | None = _maybe_text()
    preferred: bool = _flag()
    do_not_contact: bool = _flag()


class Loan(Row, table=True):
    """The newest state the core bank sent of a loan, minor units; written by feeds."""

    __tablename__ = "loans"
    loan_id: str = _key()
    borrower_id: str = _text(index=True)
    product: str = _text()
    currency: str = _text()
    as_of_date: date = _day()
    balance_minor: int = _int()
    overdue_minor: int = _int()
    first_overdue_on: date | None = _maybe_day()
    instalment_minor: int | None = _maybe_int()
    limit_minor: int | None = _maybe_int()
    last_payment_minor: int | None = _maybe_int()
    last_payment_on: date | None = _maybe_day()
    disbursed_on: date | None = _maybe_day()
    last_instalment_due_on: date | None = _maybe_day()
    contract_no: str | None = _maybe_text()
    status: str = _text()
    content_hash: str = _text()


class Statement(Row, table=True):
    """One month of a loan's past, for the score; written by feeds."""

    __tablename__ = "statements"
    loan_id: str = _key()
    period: str = _key()
    period_end: date = _day()
    months_overdue: int = _int()
    bill_minor: int = _int()
    paid_minor: int = _int()


class Payment(Row, table=True):
    """Money that came, or was taken back; appended by feeds and by the payment doors, which also say when it is final."""

    __tablename__ = "payments"
    payment_id: str = _key()
    loan_id: str = _text(index=True)
    booked_on: date = _day()
    value_on: date = _day()
    amount_minor: int = _int()
    currency: str = _text()
    channel: str = _text()
    kind: str = _text()
    reverses_payment_id: str | None = _maybe_text()
    provisional: bool = _flag()
    designation: str | None = _maybe_text()
    content_hash: str = _text()
    source: str = _text()
    standing: str = _text()  # history | message | suspense: what the door made of it
    received_at: datetime = _at()
    reversal_reason: str | None = _maybe_text()  # why it was taken back, a code
    final_at: datetime | None = _maybe_at()  # when provisional money was said to be final


class Transfer(Row, table=True):
    """Money that named a debtor and no loan, and how it was shared out; appended by the payment doors."""

    __tablename__ = "transfers"
    transfer_id: str = _key()
    borrower_id: str = _text(index=True)
    booked_on: date = _day()
    value_on: date = _day()
    amount_minor: int = _int()
    currency: str = _text()
    channel: str = _text()
    provisional: bool = _flag()
    designation: str | None = _maybe_text()
    content_hash: str = _text()
    source: str = _text()
    standing: str = _text()  # message | history | suspense
    surplus_minor: int = _int()
    shares: list[dict[str, Any]] = _json()
    received_at: datetime = _at()


class LedgerClosing(Row, table=True):
    """A day whose money is all here: the core bank said so; written by feeds and by the end-of-day doors."""

    __tablename__ = "ledger_closings"
    business_date: date = Field(primary_key=True, sa_type=Day)
    source: str = _text()
    closed_at: datetime = _at()


class Delivery(Row, table=True):
    """One delivery of files that was loaded; written by feeds in the same transaction as its rows."""

    __tablename__ = "deliveries"
    delivery_id: str = _key()  # hash over the contents, so a second name for the same files changes nothing
    sender: str = _text()
    sequence_no: int | None = _maybe_int()
    as_of_date: date | None = _maybe_day()
    counts: dict[str, int] = _json()
    loaded_at: datetime = _at()


class Keepsake(Row, table=True):
    """Small facts of this installation: rebase constants by sender, marks of finished steps."""

    __tablename__ = "keepsakes"
    name: str = _key()
    value: str = _text()


# ---- cases (written by `record` alone) ------------------------------------------------------------------


class Case(Row, table=True):
    """One delinquency episode of one loan; written by `record` alone."""

    __tablename__ = "cases"
    __table_args__ = (
        Index(
            "one_open_case_per_loan",
            "loan_id",
            unique=True,
            sqlite_where=text("status='open'"),
            postgresql_where=text("status='open'"),
        ),
        Index("cases_by_deadline", "status", "next_deadline_at"),
        Index("cases_by_loan", "loan_id", postgresql_ops=_by_start("loan_id")),
        _STRICT,
    )
    case_id: str = _key()
    loan_id: str = _text()
    borrower_id: str = _text(index=True)
    episode: int = _int()
    status: str = _text()  # open | closed
    stage: str = _text()
    stage_since: datetime = _at()
    opened_at: datetime = _at()
    closed_at: datetime | None = _maybe_at()
    closed_reason: str | None = _maybe_text()
    currency: str = _text()
    balance_minor: int = _int()
    overdue_minor: int = _int()
    first_overdue_on: date | None = _maybe_day()
    next_deadline: str | None = _maybe_text()
    next_deadline_at: datetime | None = _maybe_at()
    pack: str = _text()
    attention: bool = _flag()
    seq: int = _int()
    digest: str = _text()
    state: dict[str, Any] = _json()
    decided_at: datetime = _at()
    recorded_at: datetime = _at()


class Task(Row, table=True):
    """Work for a person. `record` opens and ends it; doors set assignee, claimed_at, snoozed_until."""

    __tablename__ = "tasks"
    __table_args__ = (
        Index("tasks_by_role", "status", "role", "due_at", "task_id"),
        Index("tasks_by_role_and_stage", "status", "role", "stage", "due_at", "task_id"),
        Index("tasks_by_assignee", "status", "assignee", "due_at", "task_id"),
        Index("tasks_by_role_and_holder", "status", "role", "assignee", "due_at", "task_id"),
        Index("tasks_by_role_and_why", "status", "role", "why", "due_at", "task_id"),
        Index("tasks_by_case", "case_id", "opened_seq"),
        Index(
            "tasks_put_off",
            "snoozed_until",
            sqlite_where=text("snoozed_until is not null"),
            postgresql_where=text("snoozed_until is not null"),
        ),
        _STRICT,
    )
    task_id: str = _key()
    case_id: str = _text()
    loan_id: str = _text()
    borrower_id: str = _text()
    kind: str = _text()
    role: str = _text()
    stage: str = _text()
    status: str = _text()  # open | done | cancelled
    facts_no: int = _int()
    facts: dict[str, Any] = _json()
    barred: list[str] = _json()  # people who may not decide it: four eyes
    opened_seq: int = _int()
    opened_at: datetime = _at()
    due_at: datetime = _at()
    closed_seq: int | None = _maybe_int()
    closed_at: datetime | None = _maybe_at()
    outcome: str | None = _maybe_text()
    decided_by: str | None = _maybe_text()
    why: str | None = _maybe_text()
    assignee: str | None = _maybe_text()
    claimed_at: datetime | None = _maybe_at()
    snoozed_until: datetime | None = _maybe_at()
    lateness: str | None = _maybe_text()  # reminded | freed | reported
    # Machine time, by itself at every write: whoever has the list open is told by it.
    changed_at: datetime | None = Field(
        default=None,
        sa_type=Instant,
        nullable=True,
        index=True,
        sa_column_kwargs={"default": clock.machine_now, "onupdate": clock.machine_now},
    )


class Message(Row, table=True):
    """What somebody said to a case. Doors insert it, the relay sends it, `record` settles it."""

    __tablename__ = "messages"
    __table_args__ = (
        Index(
            "one_live_message_per_task",
            "task_id",
            unique=True,
            sqlite_where=text("task_id is not null and status in ('waiting','sent','applied')"),
            postgresql_where=text("task_id is not null and status in ('waiting','sent','applied')"),
        ),
        Index(
            "messages_unsettled",
            "case_id",
            "rank",
            "arrival",
            sqlite_where=text("status in ('waiting','sent')"),
            postgresql_where=text("status in ('waiting','sent')"),
        ),
        Index("messages_by_case", "case_id"),
        Index(
            "messages_by_task",
            "task_id",
            sqlite_where=text("task_id is not null"),
            postgresql_where=text("task_id is not null"),
        ),
        Index(
            "messages_refused",
            "actor",
            "settled_at",
            sqlite_where=text("status = 'refused'"),
            postgresql_where=text("status = 'refused'"),
        ),
        _STRICT,
    )
    message_id: str = _key()
    arrival: int = _int()  # machine microseconds: the order in which doors accepted
    case_id: str = _text()
    signal: str = _text()
    rank: int = _int()  # 0 money, 1 legal facts, 2 people: who goes first
    actor: str = _text()
    task_id: str | None = _maybe_text()
    content: dict[str, Any] = _json()
    content_hash: str = _text()
    status: str = _text()  # waiting | sent | applied | refused | withdrawn | parked
    effective_at: datetime = _at()
    accepted_at: datetime = _at()
    sent_at: datetime | None = _maybe_at()
    attempts: int = _int(0)
    settled_seq: int | None = _maybe_int()
    settled_at: datetime | None = _maybe_at()
    reason: str | None = _maybe_text()
    traceparent: str | None = _maybe_text()  # where the work began that said it, when traces are kept


class Remark(Row, table=True):
    """Free words of a person, which never enter Temporal; a message names them by id. Written by doors."""

    __tablename__ = "remarks"
    remark_id: str = _key()
    case_id: str = _text(index=True)
    task_id: str | None = _maybe_text()
    author: str = _text()
    words: str = _text()
    written_at: datetime = _at()
    kind: str | None = _maybe_text()  # comment: said to colleagues, not to the case


class Mention(Row, table=True):
    """Somebody is named in a comment, until they have seen it. Written by `arrears.store.comments` alone."""

    __tablename__ = "mentions"
    __table_args__ = (
        Index(
            "mentions_unseen",
            "staff_id",
            sqlite_where=text("seen_at is null"),
            postgresql_where=text("seen_at is null"),
        ),
        _STRICT,
    )
    remark_id: str = _key()
    staff_id: str = _key()
    case_id: str = _text()
    seen_at: datetime | None = _maybe_at()


class Attachment(Row, table=True):
    """The document that came with a comment, and what its file was called; written by `arrears.store.attachments` alone."""

    __tablename__ = "attachments"
    remark_id: str = _key()
    case_id: str = _text(index=True)
    sha256: str = _text()
    name: str | None = _maybe_text()  # may name the debtor: for whoever may see masked data in full


class Draft(Row, table=True):
    """What somebody is writing into the answer of a task, as typed and whether or not it could be taken.

    One for a person and task; written by `arrears.store.drafts` alone, machine time. Personal data, kept nowhere else.
    """

    __tablename__ = "drafts"
    task_id: str = _key()
    staff_id: str = _key()
    words: dict[str, str] = _json()
    facts_no: int = _int()  # of the figures it was written on
    saved_at: datetime = Field(sa_type=Instant, index=True)


class Record(Row, table=True):
    """The receipt of one step of a case: what was heard, what followed; written by `record` alone."""

    __tablename__ = "records"
    case_id: str = _key()
    seq: int = Field(primary_key=True, sa_type=Int)
    print: str = _text()
    base: str = _text()
    event: dict[str, Any] = _json()
    effects: list[dict[str, Any]] = _json()
    at: datetime = _at()
    recorded_at: datetime = _at()


class Deadline(Row, table=True):
    """The clocks a case has running; written by `record` alone."""

    __tablename__ = "deadlines"
    case_id: str = _key()
    name: str = _key()
    due_at: datetime = Field(sa_type=Instant, index=True)


class Allocation(Row, table=True):
    """Where the money of a payment went, minor units, negative when taken back; written by `record` alone."""

    __tablename__ = "allocations"
    payment_id: str = _key()
    tier: str = _key()  # costs | interest | principal | surplus
    case_id: str = _text(index=True)
    seq: int = _int()
    amount_minor: int = _int()


class PromiseRow(Row, table=True):
    """What a debtor promised and what became of it, minor units; written by `record` alone."""

    __tablename__ = "promises"
    promise_id: str = _key()
    case_id: str = _text(index=True)
    loan_id: str = _text()
    borrower_id: str = _text()
    task_id: str = _text()
    channel: str = _text()
    amount_minor: int = _int()
    currency: str = _text()
    due_on: date = _day()
    judged_at: datetime = _at()
    made_at: datetime = _at()
    by: str = _text()
    # open | kept | kept_provisional | partial | broken | superseded | cancelled | reversed_technical
    status: str = _text()
    paid_minor: int = _int(0)
    changed_at: datetime = _at()


class PlanRow(Row, table=True):
    """A repayment plan as the debtor agreed to it, and what became of it, minor units; written by `record` alone."""

    __tablename__ = "plans"
    plan_id: str = _key()
    case_id: str = _text(index=True)
    loan_id: str = _text()
    borrower_id: str = _text()
    method: str = _text()
    amount_minor: int = _int()
    total_minor: int = _int()  # with the interest
    yearly_bp: int = _int()  # basis points of a year
    periods: int = _int()
    first_due_on: date = _day()
    last_due_on: date = _day()
    currency: str = _text()
    charges: str = _text()  # accrue | stop
    acceptance: str = _text()  # signed | oral
    proof: str = _text()  # the number of the document or of the recording
    guarantor_proof: str | None = _maybe_text()
    signed_at: datetime = _at()
    signed_by: str = _text()
    # waiting | active | at_risk | renegotiating | broken | completed | withdrawn | replaced
    status: str = _text()
    paid_minor: int = _int(0)
    until: datetime | None = _maybe_at()  # time to catch up or to agree anew
    changed_at: datetime = _at()
    changed_by: str | None = _maybe_text()


class PlanInstalment(Row, table=True):
    """One instalment of a plan and what was paid of it, minor units; written by `record` alone."""

    __tablename__ = "plan_instalments"
    plan_id: str = _key()
    number: int = Field(primary_key=True, sa_type=Int)
    due_on: date = _day()
    principal_minor: int = _int()
    interest_minor: int = _int()
    paid_minor: int = _int(0)


class MatterRow(Row, table=True):
    """A claim before a court, minor units; written by `record` alone."""

    __tablename__ = "matters"
    matter_id: str = _key()
    case_id: str = _text(index=True)
    claim_minor: int = _int()
    fee_minor: int | None = _maybe_int()
    currency: str = _text()
    filed_at: datetime = _at()
    filed_by: str = _text()
    ended_at: datetime | None = _maybe_at()
    ended_by: str | None = _maybe_text()
    outcome: str | None = _maybe_text()


class HoldRow(Row, table=True):
    """Why the bank keeps still, minor units; written by `record`, and by the hold door where no case is open."""

    __tablename__ = "holds"
    __table_args__ = (
        Index(
            "holds_of_person",
            "borrower_id",
            sqlite_where=text("ended_at is null"),
            postgresql_where=text("ended_at is null"),
        ),
        Index(
            "holds_by_reach",
            "scope",
            sqlite_where=text("ended_at is null"),
            postgresql_where=text("ended_at is null"),
        ),
        Index(
            "holds_against",
            "against",
            sqlite_where=text("against is not null"),
            postgresql_where=text("against is not null"),
        ),
        _STRICT,
    )
    hold_id: str = _key()  # one row for all cases of the person
    case_id: str | None = _maybe_text(index=True)  # where it was placed; none: before any case, or bank-wide
    borrower_id: str | None = _maybe_text()
    kind: str = _text()
    scope: str = _text()  # part | loan | person | bank
    part_minor: int | None = _maybe_int()
    reason: str = _text()  # a short code; free words are a remark
    evidence: str | None = _maybe_text()
    remark_id: str | None = _maybe_text()
    against: str | None = _maybe_text()  # the member of staff a complaint is about
    placed_by: str = _text()
    approved_by: str | None = _maybe_text()  # who confirmed what was only said
    placed_at: datetime = _at()
    until: datetime | None = _maybe_at()  # then a person is asked; it never ends by itself
    ended_at: datetime | None = _maybe_at()
    ended_by: str | None = _maybe_text()
    outcome: str | None = _maybe_text()


class Notice(Row, table=True):
    """A formal letter; `record` writes what was decided, `deliver` what became of it."""

    __tablename__ = "notices"
    notice_id: str = _key()
    case_id: str = _text(index=True)
    kind: str = _text()
    status: str = _text()  # released | sent | uncertain | arrived | returned | withdrawn
    amount_minor: int = _int()
    balance_minor: int = _int()
    currency: str = _text()
    as_of: datetime = _at()
    cure_on: date | None = _maybe_day()
    released_by: str = _text()
    released_at: datetime = _at()
    sent_at: datetime | None = _maybe_at()
    arrived_at: datetime | None = _maybe_at()
    document_hash: str | None = _maybe_text()
    document: str | None = _maybe_text()


class ContactAttempt(Row, table=True):
    """One contact with a person, in the debtor's ledger; written by `arrears.store.contacts` alone."""

    __tablename__ = "contact_attempts"
    __table_args__ = (
        Index("attempts_by_person", "borrower_id", "at"),
        Index("attempts_by_task", "task_id"),
        _STRICT,
    )
    attempt_id: str = _key()
    borrower_id: str = _text()
    case_id: str | None = _maybe_text(index=True)  # none: about all that the person owes
    loan_id: str | None = _maybe_text()
    task_id: str | None = _maybe_text()
    contact_id: str | None = _maybe_text()
    number: str | None = _maybe_text()  # as it was dialled or written to
    action: str = _text()
    party: str = _text()
    purpose: str = _text()  # collection | notice | service
    actor: str = _text()
    staff: list[str] = _json()  # who else was there
    status: str = _text()  # reserved | made | released | uncertain | failed
    result: str | None = _maybe_text()
    effective: bool = _flag()
    conversation: bool = _flag()
    at: datetime = _at()  # of the act, by the bank's clock for the case
    reserved_at: datetime = _at()
    provider_at: datetime | None = _maybe_at()  # by the clock of whoever made the contact
    recording_id: str | None = _maybe_text()
    reference: str | None = _maybe_text()
    # As the debtor was heard: why nothing was paid, will and means (codes of `arrears.policy.profile`).
    cause: str | None = _maybe_text()
    willingness: str | None = _maybe_text()
    ability: str | None = _maybe_text()


class ContactMark(Row, table=True):
    """What is known of a number, an address or a channel of a person, once each; written by `record` alone."""

    __tablename__ = "contact_marks"
    mark_id: str = _key()
    borrower_id: str = _text(index=True)
    contact_id: str | None = _maybe_text()
    channel: str | None = _maybe_text()
    address: str | None = _maybe_text(index=True)  # as it was then: others may have the same number
    mark: str = _text()  # invalid | wrong | stopped | moved
    case_id: str = _text()
    by: str = _text()
    since: datetime = _at()


class LimitationEvidence(Row, table=True):
    """An act that starts the limitation period of a loan anew, and what proves it; written by `record` alone."""

    __tablename__ = "limitation_evidence"
    evidence_id: str = _key()
    loan_id: str = _text(index=True)
    case_id: str = _text()
    borrower_id: str = _text()
    rule: str = _text()  # of the rule book: L03, L04, L06, L07
    act: str = _text()
    proof: str | None = _maybe_text(index=True)  # id of the recording, letter, payment or claim
    by: str = _text()
    at: datetime = _at()
    void_at: datetime | None = _maybe_at()  # its proof was taken back


class Document(Row, table=True):
    """A file that was handed in, once by its content; written by `arrears.store.documents` alone. The file lies in a folder."""

    __tablename__ = "documents"
    sha256: str = _key()
    media_type: str = _text()
    size_bytes: int = _int()
    kept_at: datetime = _at()
    kept_by: str = _text()


class Exhibit(Row, table=True):
    """Which item of evidence of a case a document proves; written by `arrears.store.exhibits` alone."""

    __tablename__ = "exhibits"
    __table_args__ = (
        Index(
            "exhibit_named_once",
            "case_id",
            "item",
            "sha256",
            unique=True,
            sqlite_where=text("withdrawn_at is null"),
            postgresql_where=text("withdrawn_at is null"),
        ),
        Index("exhibits_by_document", "sha256"),
        _STRICT,
    )
    exhibit_id: str = _key()
    case_id: str = _text()
    item: str = _text()  # of the checklist (4.9)
    sha256: str = _text()
    dated_on: date = _day()
    until: date | None = _maybe_day()  # the last day on which it may be used
    named_by: str = _text()
    named_at: datetime = _at()
    withdrawn_by: str | None = _maybe_text()
    withdrawn_at: datetime | None = _maybe_at()


class Consent(Row, table=True):
    """Leave to use one way of reaching a person, and its end; written by `arrears.store.circumstances`."""

    __tablename__ = "consents"
    contact_id: str = _key()
    given_at: datetime = _at()
    given_to: str = _text()
    evidence: str | None = _maybe_text()
    withdrawn_at: datetime | None = _maybe_at()
    withdrawn_to: str | None = _maybe_text()


class CircumstanceRow(Row, table=True):
    """What is known of a debtor that changes who may be contacted; written by `arrears.store.circumstances`."""

    __tablename__ = "circumstances"
    borrower_id: str = _key()
    kind: str = _key()  # lost_contact | lawyer
    since: datetime = Field(primary_key=True, sa_type=Instant)
    by: str = _text()
    evidence: str | None = _maybe_text()
    ended_at: datetime | None = _maybe_at()
    ended_by: str | None = _maybe_text()


class Reveal(Row, table=True):
    """Somebody saw a name, a number, an address or an id in full (P11); appended by `arrears.store.reveals` alone.

    What was seen is named, never kept: the row holds no personal data of the debtor.
    """

    __tablename__ = "reveals"
    __table_args__ = (
        Index("reveals_by_staff", "staff_id", "at"),
        Index("reveals_by_time", "at", "reveal_id"),
        _STRICT,
    )
    reveal_id: str = _key()
    staff_id: str = _text()
    borrower_id: str = _text()
    case_id: str | None = _maybe_text(index=True)
    task_id: str | None = _maybe_text()
    attempt_id: str | None = _maybe_text()  # of a number that was shown for one contact
    contact_id: str | None = _maybe_text()
    what: str = _text()  # name | id_number | home | contact | letter
    purpose: str = _text()
    reason: str | None = _maybe_text()
    at: datetime = _at()


class Recording(Row, table=True):
    """How long the recording of a contact is kept at least (C17); written by `arrears.store.recordings` alone."""

    __tablename__ = "recordings"
    recording_id: str = _key()
    attempt_id: str | None = _maybe_text(index=True)
    borrower_id: str = _text()
    case_id: str | None = _maybe_text()
    loan_id: str | None = _maybe_text(index=True)
    made_at: datetime = _at()
    keep_until: datetime = _at()
    until_settled: bool = (
        _flag()
    )  # it proves a plan made by word of mouth: kept until the debt is settled, too


class Incident(Row, table=True):
    """Work without an open case, in the operator's queue; inserted once by its key, closed there with a reason."""

    __tablename__ = "incidents"
    __table_args__ = (Index("incidents_open", "status", "opened_at"), _STRICT)
    incident_id: str = _key()  # derived from what happened: the same thing twice is one incident
    kind: str = _text()
    case_id: str | None = _maybe_text(index=True)
    loan_id: str | None = _maybe_text()
    detail: dict[str, Any] = _json()
    status: str = _text()  # open | closed
    opened_at: datetime = _at()
    closed_at: datetime | None = _maybe_at()
    closed_by: str | None = _maybe_text()
    reason: str | None = _maybe_text()
    due_at: datetime | None = _maybe_at()  # by when a person has to end it; none when it has no term
    outcome: str | None = _maybe_text()  # refunds: paid_out | kept
    reference: str | None = _maybe_text()  # the bank's number of what was paid out


class Audit(Row, table=True):
    """Append-only, hash-chained per stream (a case id, or "house" for what concerns no case)."""

    __tablename__ = "audit"
    stream: str = _key()
    n: int = Field(primary_key=True, sa_type=Int)
    at: datetime = _at()
    actor: str = _text()
    what: str = _text()
    detail: dict[str, Any] = _json()
    prev_hash: str = _text()
    hash: str = _text()


# ---- people of the bank (written by doors) --------------------------------------------------------------


class Staff(Row, table=True):
    """A person who works here; written by the staff doors."""

    __tablename__ = "staff"
    staff_id: str = _key()
    login: str = Field(sa_type=Text, unique=True)
    name: str = _text()
    roles: list[str] = _json()
    password_hash: str | None = _maybe_text()
    language: str = _text()
    active: bool = _flag(default=True)
    created_at: datetime = _at()


class Certificate(Row, table=True):
    """Somebody was trained and tested for the contact with debtors, until an instant (C19); appended by the staff doors."""

    __tablename__ = "certificates"
    certificate_id: str = _key()
    staff_id: str = _text(index=True)
    since: datetime = _at()
    until: datetime = _at()
    certified_by: str = _text()


class Absence(Row, table=True):
    """Somebody is away from a civil day to another, both included, and who stands in; by the absence desk."""

    __tablename__ = "absences"
    absence_id: str = _key()
    staff_id: str = _text(index=True)
    substitute_id: str = _text(index=True)
    from_day: date = _day()
    to_day: date = _day()
    entered_by: str = _text()
    entered_at: datetime = _at()
    withdrawn_at: datetime | None = _maybe_at()


class PublishedPack(Row, table=True):
    """A pack as two people put it into force; only its status changes, and only once. Written by the pack desk."""

    __tablename__ = "packs"
    version: str = _key()
    text: str = _text()
    content_hash: str = _text()
    rules: dict[str, Any] = _json()  # as read when it was proposed: what it meant stays what it means
    reason: str = _text()
    status: str = _text()  # proposed | approved | withdrawn
    effective_at: datetime | None = _maybe_at()  # empty: as soon as it is approved
    proposed_by: str = _text()
    proposed_at: datetime = _at()
    decided_by: str | None = _maybe_text()
    decided_at: datetime | None = _maybe_at()
    told_at: datetime | None = _maybe_at()  # when the cases that waited for it were told


class BrowserSession(Row, table=True):
    """A signed-in browser; the cookie's hash is the key, machine time only."""

    __tablename__ = "browser_sessions"
    sid_hash: str = _key()
    staff_id: str = _text(index=True)
    csrf: str = _text()
    created_at: datetime = _at()
    seen_at: datetime = _at()
    ends_at: datetime = _at()
    browser: str | None = _maybe_text()  # its family, never its version or address
    proved_at: datetime | None = _maybe_at()  # when the password was last given in it


class Invitation(Row, table=True):
    """A link with which a person sets a password, once; its token's hash is the key, machine time only. By the staff desk."""

    __tablename__ = "invitations"
    token_hash: str = _key()
    staff_id: str = _text(index=True)
    made_by: str = _text()
    made_at: datetime = _at()
    ends_at: datetime = _at()


class LoginAttempt(Row, table=True):
    """Throttle for the sign-in, machine time: tokens left in a bucket (`login:<hash>` or `from:<net>`)."""

    __tablename__ = "login_attempts"
    bucket: str = _key()
    failures: int = _int()
    until: datetime = _at()


class Search(Row, table=True):
    """What somebody looked for in the inbox, so that no name stands in an address; machine time. Written by the finder."""

    __tablename__ = "searches"
    __table_args__ = (Index("searches_by_staff", "staff_id", "words"), _STRICT)
    search_id: str = _key()
    staff_id: str = _text()
    words: str = _text()
    ends_at: datetime = Field(sa_type=Instant, index=True)


class SavedView(Row, table=True):
    """A list as somebody saved it, by the query of its address and never with words of a search; written by its desk."""

    __tablename__ = "saved_views"
    __table_args__ = (Index("saved_views_by_name", "owner", "name", unique=True), _STRICT)
    view_id: str = _key()
    owner: str = _text()
    name: str = _text()
    query: str = _text()
    shared: bool = _flag()
    saved_at: datetime = _at()


class Serves(Row, table=True):
    """From which revision on a program may use this database: one row, written by `arrears.store.schema`."""

    __tablename__ = "schema_serves"
    __table_args__ = (_STRICT,)
    oldest: str = _key()


class Export(Row, table=True):
    """A list that somebody carried away as a file: who, when, which, how many rows; written by the export desk."""

    __tablename__ = "exports"
    __table_args__ = (Index("exports_by_staff", "staff_id", "at"), _STRICT)
    export_id: str = _key()
    staff_id: str = _text()
    query: str = _text()
    rows: int = _int()
    at: datetime = _at()


class IdempotencyKey(Row, table=True):
    """The first answer to a keyed request of an API client, repeated for every later one."""

    __tablename__ = "idempotency_keys"
    key: str = _key()
    actor: str = _key()
    route: str = _key()
    body_hash: str = _text()
    status: int = _int()
    answer: dict[str, Any] = _json()
    at: datetime = _at()


class Webhook(Row, table=True):
    """A signed event another house sent, with the first answer to it; appended by the webhook door, in the transaction of
    what followed. One that had to wait for another keeps its content until then."""

    __tablename__ = "webhooks"
    __table_args__ = (
        Index(
            "webhooks_waiting",
            "waits_for",
            sqlite_where=text("waits_for is not null"),
            postgresql_where=text("waits_for is not null"),
        ),
        _STRICT,
    )
    source: str = _key()
    webhook_id: str = _key()
    body_hash: str = _text()
    type: str = _text()
    status: int = _int()
    answer: dict[str, Any] = _json()
    at: datetime = _at()  # machine time
    waits_for: str | None = (
        _maybe_text()
    )  # the payment that a reversal takes back and nobody has heard of yet
    content: dict[str, Any] = _json()  # the reversal itself, while it waits


def _core(row: type[SQLModel]) -> Table:
    return SQLModel.metadata.tables[str(row.__tablename__)]


# The same tables for Core statements: the hot paths do without ORM sessions, and columns have column types.
borrowers: Final = _core(Borrower)
parties: Final = _core(Party)
contact_points: Final = _core(ContactPoint)
loans: Final = _core(Loan)
statements: Final = _core(Statement)
payments: Final = _core(Payment)
transfers: Final = _core(Transfer)
ledger_closings: Final = _core(LedgerClosing)
deliveries: Final = _core(Delivery)
keepsakes: Final = _core(Keepsake)
cases: Final = _core(Case)
tasks: Final = _core(Task)
messages: Final = _core(Message)
remarks: Final = _core(Remark)
mentions: Final = _core(Mention)
drafts: Final = _core(Draft)
records: Final = _core(Record)
deadlines: Final = _core(Deadline)
allocations: Final = _core(Allocation)
promises: Final = _core(PromiseRow)
plans: Final = _core(PlanRow)
plan_instalments: Final = _core(PlanInstalment)
matters: Final = _core(MatterRow)
holds: Final = _core(HoldRow)
notices: Final = _core(Notice)
contact_attempts: Final = _core(ContactAttempt)
contact_marks: Final = _core(ContactMark)
limitation_evidence: Final = _core(LimitationEvidence)
documents: Final = _core(Document)
exhibits: Final = _core(Exhibit)
attachments: Final = _core(Attachment)
consents: Final = _core(Consent)
circumstances: Final = _core(CircumstanceRow)
reveals: Final = _core(Reveal)
recordings: Final = _core(Recording)
incidents: Final = _core(Incident)
audit_rows: Final = _core(Audit)
staff: Final = _core(Staff)
certificates: Final = _core(Certificate)
absences: Final = _core(Absence)
published_packs: Final = _core(PublishedPack)
searches: Final = _core(Search)
saved_views: Final = _core(SavedView)
exports: Final = _core(Export)
browser_sessions: Final = _core(BrowserSession)
invitations: Final = _core(Invitation)
login_attempts: Final = _core(LoginAttempt)
idempotency_keys: Final = _core(IdempotencyKey)
serves: Final = _core(Serves)
webhooks: Final = _core(Webhook)
