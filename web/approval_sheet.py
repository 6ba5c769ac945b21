"""One claim as an advisor sees it: what is claimed to which day, what it costs, by when, on which evidence, who said what."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final
from urllib.parse import quote, urlencode

from sqlalchemy import Connection

from api.auth.permissions import Permission, may
from api.auth.person import Person
from api.desk import errors
from api.desk.live import must_be_seen
from arrears.contracts import Rules
from arrears.policy.checklist import TO_COURT, Asked, Item, Line, Standing, lacking, last_day
from arrears.policy.claim import Claim, Ledger, cannot_be, claim_on, rate_cannot_be
from arrears.policy.fees import Fees, fees_of
from arrears.policy.limitation import Limitation, limitation_of
from arrears.policy.tasks import Missing, TaskKind
from arrears.store import exhibits, queries
from arrears.store.exhibits import Named
from arrears.store.queries.approvals import KINDS
from arrears.store.views import ApprovalRow, FirstWord, NoticeView, TaskView
from web import words
from web.formats import Formats, typed_day
from web.seen import may_read, shown_name
from web.task_sheet import Change, TaskSheet, changes

_SOON: Final = 90  # days: from here on the last day is told in amber


@dataclass(frozen=True)
class Stated:
    """To which day, at which rate, as it was typed; empty: today, and no penalty since the ledger's day."""

    on: str = ""
    rate: str = ""  # percent a year, of the contract

    @property
    def query(self) -> str:
        asked = {"on": self.on, "rate": self.rate}
        text = urlencode({name: value for name, value in asked.items() if value})
        return f"?{text}" if text else ""

    def read(self, ledger: Ledger, *, today: date, rules: Rules) -> tuple[Claim, list[Missing]]:
        """What cannot be taken as it was typed is told, and the claim is that of today."""
        day = typed_day(self.on) if self.on.strip() else max(today, ledger.stated_on)
        rate = yearly_bp(self.rate)
        faults = []
        if day is None:
            faults.append(Missing("on", "day_unreadable"))
        elif why := cannot_be(ledger, day, today=today, days_ahead=rules.terms.claim_days_ahead):
            faults.append(Missing("on", why))
        if rate is None:
            faults.append(Missing("rate", "rate_unreadable"))
        elif why := rate_cannot_be(rate, most_bp=rules.terms.plan_most_yearly_bp):
            faults.append(Missing("rate", why))
        if faults or day is None or rate is None:
            return claim_on(ledger, max(today, ledger.stated_on)), faults
        return claim_on(ledger, day, yearly_bp=rate), []


def yearly_bp(typed: str) -> int | None:
    """Basis points of a rate typed in percent (18 or 18.25); none typed is none, None what cannot be read."""
    plain = typed.strip().removesuffix("%").strip()
    if not plain:
        return 0
    try:
        rate = Decimal(plain) * 100
    except InvalidOperation:
        return None
    whole = rate.is_finite() and abs(rate) < 10**6 and rate == rate.to_integral_value()
    return int(rate) if whole else None


@dataclass(frozen=True)
class LastDay:
    """`state` is late, soon or ok, as the clocks of tasks are."""

    limitation: Limitation
    days_left: int

    @property
    def state(self) -> str:
        if self.days_left < 0:
            return "late"
        return "soon" if self.days_left <= _SOON else "ok"


@dataclass(frozen=True)
class ProofLine:
    """One document of an item; `href` for whoever may read it, `withdraw_href` for whoever may take the name back."""

    sha256: str
    since: date
    until: date | None
    kind: str
    size_bytes: int
    by: str
    href: str
    withdraw_href: str

    @property
    def short(self) -> str:
        return f"{self.sha256[:4]}…{self.sha256[-4:]}"


@dataclass(frozen=True)
class ItemLine:
    item: str
    required: bool
    standing: str
    icon: str
    proofs: tuple[ProofLine, ...]


@dataclass(frozen=True)
class Before:
    """The first advisor's word, and what is another fact since."""

    word: FirstWord
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class ApprovalSheet:
    task: TaskSheet
    href: str
    stage_since: datetime
    stage_days: int
    claim: Claim
    fees: Fees | None
    currency: str
    stated: Stated
    faults: tuple[Missing, ...]
    last_day: LastDay | None
    items: tuple[ItemLine, ...]
    lacking: tuple[str, ...]
    blocked: frozenset[str]  # answers that are not to be given while something is lacking
    before: Before | None
    may_file: bool
    next_is_manager: bool  # the second approval, by the balance (4.4)
    pack_href: str  # for whoever may read what names the debtor in full
    own_name: str = field(repr=False)


@dataclass(frozen=True)
class Seeing:
    """Who looks, when, under which rules."""

    who: Person
    now: datetime
    rules: Rules
    shapes: Formats


def claim_task(connection: Connection, who: Person, task_id: str) -> TaskView:
    """The claim of this id. Raises NotFound, also for who may not see it."""
    task = queries.task(connection, task_id)
    if task is None or task.kind not in KINDS or not may_read(who, task):
        raise errors.NotFound
    must_be_seen(connection, who, task.case_id)
    return task


def approval_sheet(
    connection: Connection, task: TaskView, sheet: TaskSheet, seeing: Seeing, stated: Stated
) -> ApprovalSheet:
    case = queries.case(connection, task.case_id)
    ledger = queries.claim_ledger(connection, task.case_id)
    assert case is not None, "a task has its case"
    assert ledger is not None, "a case has its loan"
    today = seeing.shapes.day_of(seeing.now)
    claim, faults = stated.read(ledger, today=today, rules=seeing.rules)
    lines = exhibits.lines_of(connection, task.case_id, seeing.rules, at=seeing.now)
    missing = tuple(item.value for item in lacking(lines))
    href = f"/approvals/{quote(task.task_id, safe='')}"
    return ApprovalSheet(
        task=sheet,
        href=href,
        stage_since=case.stage_since,
        stage_days=(today - seeing.shapes.day_of(case.stage_since)).days,
        claim=claim,
        fees=fees_of(claim.total, case.currency),
        currency=case.currency,
        stated=stated,
        faults=tuple(faults),
        last_day=_last_day(connection, task, seeing),
        items=_items(connection, task, lines, seeing, href),
        lacking=missing,
        blocked=frozenset({TO_COURT[TaskKind(task.kind)].value}) if missing else frozenset(),
        before=_before(connection, task),
        next_is_manager=case.state.balance > case.state.terms.manager_above_minor,
        may_file=task.case_status == "open" and may(seeing.who, Permission.FILE_EXHIBIT),
        pack_href=f"{href}/pack.pdf{stated.query}" if may(seeing.who, Permission.READ_EXHIBIT) else "",
        own_name=seeing.who.name,
    )


def _last_day(connection: Connection, task: TaskView, seeing: Seeing) -> LastDay | None:
    first = task.facts["first_overdue_on"]
    found = queries.limitation(
        connection,
        task.loan_id,
        first_overdue_on=None if first is None else date.fromisoformat(first),
        years=seeing.rules.terms.limitation_years,
        zone_day=seeing.shapes.day_of,
    )
    return LastDay(found, found.days_left(seeing.shapes.day_of(seeing.now))) if found else None


def _before(connection: Connection, task: TaskView) -> Before | None:
    word = queries.first_word(connection, task.task_id)
    return None if word is None else Before(word, changes(word.facts, task.facts))


_ICONS: Final = {
    Standing.PRESENT: "circle-check",
    Standing.EXPIRED: "triangle-alert",
    Standing.MISSING: "circle-alert",
}


def _items(
    connection: Connection, task: TaskView, lines: tuple[Line, ...], seeing: Seeing, href: str
) -> tuple[ItemLine, ...]:
    named = {(one.item, one.sha256): one for one in exhibits.of_case(connection, task.case_id)}
    letters = {one.document_hash: one for one in queries.notices_of(connection, task.case_id)}
    asked = Asked(seeing.rules.terms.court_evidence, seeing.rules.terms.statement_days)
    reads = may(seeing.who, Permission.READ_EXHIBIT)
    files = task.case_status == "open" and may(seeing.who, Permission.FILE_EXHIBIT)
    case_href = f"/cases/{quote(task.case_id, safe='')}"
    return tuple(
        ItemLine(
            line.item.value,
            line.required,
            line.standing.value,
            _ICONS[line.standing],
            tuple(
                _brought(
                    named[proof.item, proof.sha256], last_day(proof, asked), href, reads=reads, files=files
                )
                if (proof.item, proof.sha256) in named
                else _ours(proof.item, proof.sha256, proof.since, letters.get(proof.sha256), case_href)
                for proof in line.proofs
            ),
        )
        for line in lines
    )


def _brought(one: Named, ends: date | None, href: str, *, reads: bool, files: bool) -> ProofLine:
    away = f"{href}/evidence/{quote(one.exhibit_id, safe='')}/withdraw"
    return ProofLine(
        one.sha256,
        one.dated_on,
        ends,
        one.media_type,
        one.size_bytes,
        one.named_by_name or one.named_by,
        f"/evidence/{one.sha256}" if reads else "",
        away if files else "",
    )


def _ours(item: Item, sha256: str, since: date, notice: NoticeView | None, case_href: str) -> ProofLine:
    """The notice is read where the case shows it; the extract of contacts goes into the pack."""
    leads = (
        f"{case_href}/notices/{quote(notice.notice_id, safe='')}" if notice else f"{case_href}#contacts-title"
    )
    return ProofLine(sha256, since, None, f"own_{item.value}", 0, "", leads, "")


# ---- the queue -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class QueueLine:
    row: ApprovalRow
    href: str
    name: str = field(repr=False)
    now: datetime
    last_day: LastDay | None
    stage_days: int


def queue_line(row: ApprovalRow, seeing: Seeing) -> QueueLine:
    """`seeing.now` is that of the case."""
    today = seeing.shapes.day_of(seeing.now)
    acts = [seeing.shapes.day_of(at) for at in row.interrupted_at]
    years = seeing.rules.terms.limitation_years
    found = limitation_of([row.first_overdue_on, row.last_instalment_due_on], acts, years=years)
    return QueueLine(
        row,
        f"/approvals/{quote(row.task_id, safe='')}",
        shown_name(seeing.who, row.borrower, holds=row.assignee == seeing.who.staff_id),
        seeing.now,
        LastDay(found, found.days_left(today)) if found else None,
        (today - seeing.shapes.day_of(row.stage_since)).days,
    )


def consequence(outcome: str, rules: Rules) -> str:
    """What follows from an answer, in words."""
    told = {"days": rules.terms.repropose_legal_days, "dpd": rules.terms.legal_dpd}
    return words.called(words.CONSEQUENCES, outcome) % told
