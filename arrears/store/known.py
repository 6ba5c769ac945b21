"""What the bank knows of a person when somebody wants to contact them: hours, ledger, holds, stops, consent."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from typing import Any, Final

from sqlalchemy import (
    TEXT,
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    cast,
    exists,
    literal_column,
    null,
    or_,
    select,
    union_all,
)

from arrears.contracts import Rules
from arrears.policy import matrix
from arrears.policy.caps import Line, may_come_to
from arrears.policy.codes import INBOUND, STOPPING, TALK, Action, Counts, Mark, Outcome
from arrears.policy.guard import STAND_IN, Asked, Held, Hours, Known, PartyRole, end_of
from arrears.policy.matrix import Act
from arrears.policy.state import HoldKind, Scope
from arrears.store import certificates, guarantees
from arrears.store.holds import PLACED
from arrears.store.plans import SIGNED
from arrears.store.tables import (
    cases,
    circumstances,
    consents,
    contact_attempts,
    contact_marks,
    contact_points,
    holds,
    messages,
)
from arrears.store.types import among
from arrears.store.writes import instant

# Longer than the longest window a cap can have.
_LOOKS_BACK: Final = timedelta(days=9)
COUNTED: Final = ("reserved", "made", "uncertain")
SERVICE: Final = "service"
_CHANNELS: Final = {
    Action.OUT_CALL: ("phone",),
    Action.AI_CALL: ("phone",),
    Action.SMS: ("sms", "phone"),
    Action.EMAIL: ("email",),
    Action.LETTER: ("post",),
    Action.NOTICE: ("post",),
    Action.VISIT: ("post",),
}


# Robots and the post need no certificate; an agency answers for its own people.
_BY_PEOPLE: Final = (Action.OUT_CALL, Action.VISIT)

Found = Sequence[Row[*tuple[Any, ...]]]


@dataclass(frozen=True)
class Past:
    """What was read of the person: whatever may speak against a contact; all contacts that may count, over loans, staff,
    robots and agencies (C04), and the one that is asked for, whatever became of it, when there is one of this name.
    `against_guarantor` is the rule that keeps a guarantor from being asked."""

    against: Found
    lines: Found
    against_guarantor: str = ""

    def of(self, attempt_id: str) -> Row[*tuple[Any, ...]] | None:
        return next((line for line in self.lines if line.attempt_id == attempt_id), None)


@dataclass(frozen=True)
class Point:
    """One way to reach a person, as the ledger and the guard need it."""

    contact_id: str
    address: str = field(repr=False)
    allowed_from: str | None = None
    allowed_to: str | None = None
    timezone: str | None = None
    do_not_contact: bool = False


@dataclass(frozen=True)
class Ask:
    """A contact somebody wants to make; without a loan it is about all that the person owes."""

    attempt_id: str
    borrower_id: str
    action: Action
    actor: str
    party: PartyRole = PartyRole.BORROWER
    purpose: str = "collection"  # collection | notice | service
    case_id: str | None = None
    loan_id: str | None = None
    task_id: str | None = None
    number: str = field(default="", repr=False)
    staff: tuple[str, ...] = ()
    debtor_id: str = ""  # when somebody else is contacted in the debtor's place

    @property
    def about(self) -> str:
        """Whose holds and circumstances decide: a guarantor stands for himself, an heir for the debtor."""
        stands_in = self.party in STAND_IN and bool(self.debtor_id)
        return self.debtor_id if stands_in else self.borrower_id

    @property
    def asked(self) -> Asked:
        return Asked(
            self.action,
            self.actor,
            self.party,
            self.loan_id or "",
            self.number,
            self.staff,
            self.purpose == SERVICE,
        )


def point(connection: Connection, contact_id: str) -> tuple[Point, str, str] | None:
    """The contact point with its person and its channel."""
    row = connection.execute(_POINT, {"contact": contact_id}).first()
    return None if row is None else (as_point(row), row.borrower_id, row.channel)


def first_point(connection: Connection, borrower_id: str, action: Action) -> Point | None:
    """Where the person is reached by this action: the preferred one of those that may be used.

    None when there is none, or when all there are were found dead or somebody else's.
    """
    channels = _CHANNELS.get(action, ())
    rows = connection.execute(_POINTS, {"person": borrower_id}).all()
    alive = [row for channel in channels for row in rows if row.channel == channel]
    usable = [row for row in alive if not row.do_not_contact]
    return as_point((usable or alive)[0]) if alive else None


def reaches(action: Action, channel: str) -> bool:
    """Whether a contact point of this channel is one for the action."""
    return channel in _CHANNELS.get(action, (channel,))


def known(connection: Connection, ask: Ask, where: Point | None, rules: Rules, past: Past) -> Known:
    """Consent is looked up only for a way that needs it."""
    return replace(
        of_person(ask, rules, past),
        hours=tuple(hours(where, rules)),
        stopped=_stopped(past.against, ask, where),
        consented=ask.action in rules.conduct.needs_consent and _has_consent(connection, where),
    )


def of_person(ask: Ask, rules: Rules, past: Past) -> Known:
    """What holds by whichever way the person is contacted; hours are the bank's alone."""
    return Known(
        hours=tuple(hours(None, rules)),
        ledger=tuple(_line(row) for row in past.lines if _takes(row, ask)),
        held=tuple(_held(past.against, ask, rules)),
        circumstances=frozenset(row.kind for row in past.against if row.what == _CIRCUMSTANCE),
        against_guarantor=past.against_guarantor,
    )


def past(connection: Connection, ask: Ask, rules: Rules, *, at: int) -> Past:
    """In one round trip, and one more for a guarantor: it is asked before every call, with the person held."""
    people = {ask.actor, *ask.staff} if ask.action in _BY_PEOPLE else ()
    asked: dict[str, Any] = {"about": ask.about, "person": ask.borrower_id, "case": ask.case_id}
    asked |= {"number": ask.number, "since": instant(at) - _LOOKS_BACK, "this": ask.attempt_id}
    asked |= certificates.asking(people, at=instant(at), days=rules.conduct.certificate_days)
    found = connection.execute(_PAST, asked).all()
    return Past(
        [row for row in found if row.what != _LINE],
        [row for row in found if row.what == _LINE],
        _against_guarantor(connection, ask, rules, at=at),
    )


def _against_guarantor(connection: Connection, ask: Ask, rules: Rules, *, at: int) -> str:
    if ask.party is not PartyRole.GUARANTOR:
        return ""
    return guarantees.rule_against(connection, ask.borrower_id, ask.loan_id or "", rules, at=at)


def is_uncertified(past: Past) -> bool:
    """Somebody of the bank's own staff who would take part may not work with debtors (C19)."""
    return any(row.what == _UNCERTIFIED for row in past.against)


def has_money_coming(past: Past) -> bool:
    """Nobody is asked for money that has just come (4.6-1)."""
    return any(row.what == _MONEY for row in past.against)


def hours(where: Point | None, rules: Rules) -> list[Hours]:
    """The bank's, and the person's own where there are any."""
    terms, zone = rules.terms, rules.calendar.zone
    found = [Hours(time.fromisoformat(terms.window_from), end_of(terms.window_to), zone, "C01")]
    if where is not None and where.allowed_from and where.allowed_to:
        start, end = time.fromisoformat(where.allowed_from), end_of(where.allowed_to)
        found.append(Hours(start, end, where.timezone or zone, "own_hours"))
    return found


def _takes(row: Row[*tuple[Any, ...]], ask: Ask) -> bool:
    return bool(row.attempt_id != ask.attempt_id and row.status in COUNTED)


def _line(row: Row[*tuple[Any, ...]]) -> Line:
    action = Action(row.action)
    return Line(
        int(row.at.timestamp()),
        action,
        _counts(row, action),
        row.number or "",
        row.loan_id or "",
        row.party == PartyRole.THIRD,
    )


def _counts(row: Row[*tuple[Any, ...]], action: Action) -> frozenset[Counts]:
    if row.purpose == SERVICE or action in INBOUND:
        return frozenset()
    most = may_come_to(action)
    if row.status != "made":
        return most
    unless = {Counts.EFFECTIVE: row.effective, Counts.CONVERSATION: row.conversation}
    return frozenset(count for count in most if unless.get(count, True))


def _held(against: Found, ask: Ask, rules: Rules) -> list[Held]:
    """Open holds that forbid contact. One that was placed a moment ago stops at once, before its case has heard."""
    standing: list[tuple[Row[*tuple[Any, ...]], str, str, str | None]] = [
        (row, row.kind, row.scope, row.against) for row in against if row.what == _HOLD
    ]
    standing += [
        (row, *said)
        for row in against
        if row.what == _HOLD_ON_THE_WAY and (said := _on_its_way(row)) is not None
    ]
    return [
        Held(kind, against or "")
        for row, kind, scope, against in standing
        if _forbids(kind, scope, against, rules) and _reaches(row, scope, ask)
    ]


def _on_its_way(row: Row[*tuple[Any, ...]]) -> tuple[str, str, str | None] | None:
    """Kind, scope and whom it is about, of a hold that somebody placed or that follows from what a debtor said (C16).

    A plan that was signed is a hold from that moment on (C15).
    """
    content = json.loads(row.content)
    if row.signal == SIGNED:
        return HoldKind.PLAN_ACTIVE.value, Scope.LOAN.value, None
    if row.signal == PLACED:
        return content["kind"], content["scope"], content.get("against")
    result = content.get("result" if row.signal == "contact_reported" else "outcome")
    code = TALK.get(Outcome(result)) if result in STOPPING else None
    if code is None or code.hold is None:
        return None
    # All of it until the case has heard which part; whoever reports a complaint keeps off at once.
    about = content.get("against") or row.actor if code.hold is HoldKind.COMPLAINT else None
    return code.hold.value, matrix.SCOPES[code.hold][0].value, about


def _forbids(kind: str, scope: str, against: str | None, rules: Rules) -> bool:
    """A complaint keeps away whom it is about, whatever else it forbids."""
    if against and kind == HoldKind.COMPLAINT:
        return True
    return Act.CONTACT in matrix.blocks(HoldKind(kind), Scope(scope), rules.terms)


def _reaches(row: Row[*tuple[Any, ...]], scope: str, ask: Ask) -> bool:
    """What is about a person protects that person; what is about a loan, whoever is asked about it."""
    if scope == Scope.PERSON:
        return bool(row.borrower_id == ask.about)
    return scope == Scope.BANK or ask.case_id in (None, row.case_id)


def _stopped(against: Found, ask: Ask, where: Point | None) -> str:
    if where is not None and where.do_not_contact:
        return "do_not_contact"
    marks = (row for row in against if row.what == _MARK)
    return next(filter(None, (rule_of(mark, ask) for mark in marks)), "")


def rule_of(mark: Row[*tuple[Any, ...]], ask: Ask) -> str:
    """A stop on a number is for whoever's debt it would be about (C08); a dead number is this person's alone."""
    is_here = bool(ask.number) and mark.address == ask.number
    if mark.kind == Mark.STOPPED:
        if is_here:
            return "C08"
        is_way = mark.address is None and mark.channel is not None and reaches(ask.action, mark.channel)
        return "P2" if is_way and mark.borrower_id == ask.borrower_id else ""
    return f"number_{mark.kind}" if is_here and mark.borrower_id == ask.borrower_id else ""


def _has_consent(connection: Connection, where: Point | None) -> bool:
    if where is None:
        return False
    return connection.execute(_CONSENT, {"contact": where.contact_id}).scalar() is not None


def as_point(row: Row[*tuple[Any, ...]]) -> Point:
    return Point(
        row.contact_id, row.address, row.allowed_from, row.allowed_to, row.timezone, row.do_not_contact
    )


# ---- the questions, made once ----------------------------------------------------------------------------

_POINT: Final = select(contact_points).where(contact_points.c.contact_id == bindparam("contact"))
_POINTS: Final = (
    select(contact_points)
    .where(
        contact_points.c.borrower_id == bindparam("person"),
        ~exists().where(
            contact_marks.c.borrower_id == contact_points.c.borrower_id,
            contact_marks.c.address == contact_points.c.address,
        ),
    )
    .order_by(contact_points.c.preferred.desc(), contact_points.c.contact_id)
)
_CONSENT: Final = select(consents.c.contact_id).where(
    consents.c.contact_id == bindparam("contact"), consents.c.withdrawn_at.is_(None)
)
# Each part is found by an index of its own: an OR over them would read every hold and every message there is.
_LINE, _CIRCUMSTANCE, _HOLD, _HOLD_ON_THE_WAY = "line", "circumstance", "hold", "hold_on_the_way"
_MARK, _MONEY, _UNCERTIFIED = "mark", "money", "uncertified"
_OF_A_LINE: Final = (
    "attempt_id",
    "borrower_id",
    "case_id",
    "at",
    "action",
    "number",
    "loan_id",
    "party",
    "purpose",
    "actor",
    "staff",
    "status",
    "effective",
    "conversation",
)
_OF_OTHERS: Final = ("signal", "kind", "scope", "against", "address", "channel", "content")
_COLUMNS: Final = (*_OF_A_LINE, *_OF_OTHERS)
# Short, as the driver keeps no reading of a statement above four kilobytes.
_NOTHING: Final[ColumnElement[Any]] = literal_column("NULL")


def _part(what: str, *where: ColumnElement[bool], **columns: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """Without names and types of its own: the first part has them for all."""
    found = [columns.get(name, _NOTHING) for name in _COLUMNS]
    return select(literal_column(f"'{what}'"), *found).where(*where)


def _lines() -> Select[*tuple[Any, ...]]:
    """The first part."""
    theirs = [contact_attempts.c[name] for name in _OF_A_LINE]
    others = [cast(null(), TEXT).label(name) for name in _OF_OTHERS]
    recent = and_(
        contact_attempts.c.borrower_id == bindparam("person"), contact_attempts.c.at > bindparam("since")
    )
    this = contact_attempts.c.attempt_id == bindparam("this")
    return select(literal_column(f"'{_LINE}'").label("what"), *theirs, *others).where(or_(recent, this))


def _open_holds(*where: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    names = ("kind", "scope", "against", "case_id", "borrower_id")
    return _part(_HOLD, holds.c.ended_at.is_(None), *where, **{name: holds.c[name] for name in names})


def _marks(*where: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    names = ("address", "channel", "borrower_id")
    return _part(_MARK, *where, kind=contact_marks.c.mark, **{name: contact_marks.c[name] for name in names})


def _holds_on_the_way() -> Select[*tuple[Any, ...]]:
    theirs = (cases.c.borrower_id == bindparam("about")) | (cases.c.case_id == bindparam("case"))
    return _part(
        _HOLD_ON_THE_WAY,
        messages.c.case_id.in_(select(cases.c.case_id).where(theirs)),
        among(messages.c.signal, (PLACED, SIGNED, "task_decided", "contact_reported")),
        among(messages.c.status, ("waiting", "sent")),
        case_id=messages.c.case_id,
        borrower_id=select(cases.c.borrower_id)
        .where(cases.c.case_id == messages.c.case_id)
        .scalar_subquery(),
        signal=messages.c.signal,
        actor=messages.c.actor,
        content=messages.c.content,
    )


# Money of this case that it has not heard of.
MONEY_COMES: Final = (
    messages.c.case_id == bindparam("case"),
    among(messages.c.status, ("waiting", "sent")),
    messages.c.rank == 0,
)
_PAST: Final = union_all(
    _lines(),
    _open_holds(holds.c.borrower_id == bindparam("about")),
    _open_holds(holds.c.case_id == bindparam("case")),
    _open_holds(holds.c.scope == Scope.BANK.value),
    _holds_on_the_way(),
    _part(
        _CIRCUMSTANCE,
        circumstances.c.borrower_id == bindparam("about"),
        circumstances.c.ended_at.is_(None),
        kind=circumstances.c.kind,
    ),
    _marks(contact_marks.c.address == bindparam("number")),
    _marks(contact_marks.c.borrower_id == bindparam("person"), contact_marks.c.address.is_(None)),
    _part(_MONEY, *MONEY_COMES),
    _part(_UNCERTIFIED, *certificates.LACKS_ONE),
)
