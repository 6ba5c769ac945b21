"""What the bank knows of a person when somebody wants to contact them: hours, ledger, holds, stops, consent."""

from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, bindparam, or_, select

from arrears.contracts import Rules
from arrears.policy import matrix
from arrears.policy.caps import Line, may_come_to
from arrears.policy.codes import INBOUND, STOPPING, TALK, Action, Counts, Mark, Outcome
from arrears.policy.guard import STAND_IN, Asked, Held, Hours, Known, PartyRole, end_of
from arrears.policy.matrix import Act
from arrears.policy.state import HoldKind, Scope
from arrears.store.holds import PLACED
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
    return None if row is None else (_as_point(row), row.borrower_id, row.channel)


def first_point(connection: Connection, borrower_id: str, action: Action) -> Point | None:
    """Where the person is reached by this action: the preferred one of those that may be used.

    None when there is none, or when all there are were found dead or somebody else's.
    """
    channels = _CHANNELS.get(action, ())
    rows = connection.execute(_POINTS, {"person": borrower_id}).all()
    marked = set(connection.execute(_MARKED, {"person": borrower_id}).scalars())
    fits = [row for channel in channels for row in rows if row.channel == channel]
    alive = [row for row in fits if row.address not in marked]
    usable = [row for row in alive if not row.do_not_contact]
    return _as_point((usable or alive)[0]) if alive else None


def reaches(action: Action, channel: str) -> bool:
    """Whether a contact point of this channel is one for the action."""
    return channel in _CHANNELS.get(action, (channel,))


def known(connection: Connection, ask: Ask, where: Point | None, rules: Rules, *, at: int) -> Known:
    return Known(
        hours=tuple(hours(where, rules)),
        ledger=ledger(connection, ask, at=at),
        held=tuple(_held(connection, ask, rules)),
        circumstances=frozenset(connection.execute(_CIRCUMSTANCES, {"person": ask.about}).scalars()),
        stopped=_stopped(connection, ask, where),
        consented=where is not None and _has_consent(connection, where),
    )


def hours(where: Point | None, rules: Rules) -> list[Hours]:
    """The bank's, and the person's own where there are any."""
    terms, zone = rules.terms, rules.calendar.zone
    found = [Hours(time.fromisoformat(terms.window_from), end_of(terms.window_to), zone, "C01")]
    if where is not None and where.allowed_from and where.allowed_to:
        start, end = time.fromisoformat(where.allowed_from), end_of(where.allowed_to)
        found.append(Hours(start, end, where.timezone or zone, "own_hours"))
    return found


def ledger(connection: Connection, ask: Ask, *, at: int) -> tuple[Line, ...]:
    """All contacts with the person that may count, over loans, staff, robots and agencies (C04)."""
    asked = {"person": ask.borrower_id, "since": instant(at) - _LOOKS_BACK, "this": ask.attempt_id}
    return tuple(_line(row) for row in connection.execute(_LEDGER, asked))


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


def _held(connection: Connection, ask: Ask, rules: Rules) -> list[Held]:
    """Open holds that forbid contact. One that was placed a moment ago stops at once, before its case has heard."""
    asked = {"person": ask.about, "case": ask.case_id}
    standing = [(row, row.kind, row.scope, row.against) for row in connection.execute(_HOLDS, asked)]
    standing += [
        (row, *on_the_way)
        for row in connection.execute(_HOLDS_ON_THE_WAY, asked)
        if (on_the_way := _said(row)) is not None
    ]
    return [
        Held(kind, against or "")
        for row, kind, scope, against in standing
        if _forbids(kind, scope, against, rules) and _reaches(row, scope, ask)
    ]


def _said(row: Row[*tuple[Any, ...]]) -> tuple[str, str, str | None] | None:
    """Kind, scope and whom it is about, of a hold that somebody placed or that follows from what a debtor said (C16)."""
    if row.signal == PLACED:
        kind, scope, against = (row.content.get(name) for name in ("kind", "scope", "against"))
        return kind, scope, against
    result = row.content.get("result" if row.signal == "contact_reported" else "outcome")
    code = TALK.get(Outcome(result)) if result in STOPPING else None
    if code is None or code.hold is None:
        return None
    # All of it until the case has heard which part; whoever reports a complaint keeps off at once.
    against = row.actor if code.hold is HoldKind.COMPLAINT else None
    return code.hold.value, matrix.SCOPES[code.hold][0].value, against


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


def _stopped(connection: Connection, ask: Ask, where: Point | None) -> str:
    if where is not None and where.do_not_contact:
        return "do_not_contact"
    asked = {"number": ask.number, "person": ask.borrower_id}
    return next(filter(None, (_rule_of(mark, ask) for mark in connection.execute(_MARKS, asked))), "")


def _rule_of(mark: Row[*tuple[Any, ...]], ask: Ask) -> str:
    """A stop on a number is for whoever's debt it would be about (C08); a dead number is this person's alone."""
    is_here = bool(ask.number) and mark.address == ask.number
    if mark.mark == Mark.STOPPED:
        if is_here:
            return "C08"
        is_way = mark.address is None and mark.channel is not None and reaches(ask.action, mark.channel)
        return "P2" if is_way and mark.borrower_id == ask.borrower_id else ""
    return f"number_{mark.mark}" if is_here and mark.borrower_id == ask.borrower_id else ""


def _has_consent(connection: Connection, where: Point) -> bool:
    return connection.execute(_CONSENT, {"contact": where.contact_id}).scalar() is not None


def _as_point(row: Row[*tuple[Any, ...]]) -> Point:
    return Point(
        row.contact_id, row.address, row.allowed_from, row.allowed_to, row.timezone, row.do_not_contact
    )


# ---- the questions, made once ----------------------------------------------------------------------------

_POINT: Final = select(contact_points).where(contact_points.c.contact_id == bindparam("contact"))
_POINTS: Final = (
    select(contact_points)
    .where(contact_points.c.borrower_id == bindparam("person"))
    .order_by(contact_points.c.preferred.desc(), contact_points.c.contact_id)
)
_LEDGER: Final = select(
    contact_attempts.c.at,
    contact_attempts.c.action,
    contact_attempts.c.number,
    contact_attempts.c.loan_id,
    contact_attempts.c.party,
    contact_attempts.c.purpose,
    contact_attempts.c.status,
    contact_attempts.c.effective,
    contact_attempts.c.conversation,
).where(
    contact_attempts.c.borrower_id == bindparam("person"),
    contact_attempts.c.at > bindparam("since"),
    contact_attempts.c.attempt_id != bindparam("this"),
    contact_attempts.c.status.in_(COUNTED),
)
_CIRCUMSTANCES: Final = select(circumstances.c.kind).where(
    circumstances.c.borrower_id == bindparam("person"), circumstances.c.ended_at.is_(None)
)
_MARKS: Final = select(
    contact_marks.c.mark, contact_marks.c.address, contact_marks.c.channel, contact_marks.c.borrower_id
).where(
    or_(
        contact_marks.c.address == bindparam("number"),
        and_(contact_marks.c.borrower_id == bindparam("person"), contact_marks.c.address.is_(None)),
    )
)
_MARKED: Final = select(contact_marks.c.address).where(contact_marks.c.borrower_id == bindparam("person"))
_CONSENT: Final = select(consents.c.contact_id).where(
    consents.c.contact_id == bindparam("contact"), consents.c.withdrawn_at.is_(None)
)
_HOLDS: Final = select(
    holds.c.kind, holds.c.scope, holds.c.against, holds.c.case_id, holds.c.borrower_id
).where(
    holds.c.ended_at.is_(None),
    or_(
        holds.c.borrower_id == bindparam("person"),
        holds.c.scope == Scope.BANK.value,
        holds.c.case_id == bindparam("case"),
    ),
)
_HOLDS_ON_THE_WAY: Final = (
    select(messages.c.signal, messages.c.actor, messages.c.content, messages.c.case_id, cases.c.borrower_id)
    .join(cases, cases.c.case_id == messages.c.case_id)
    .where(
        or_(
            cases.c.borrower_id == bindparam("person"),
            messages.c.case_id == bindparam("case"),
        ),
        messages.c.signal.in_((PLACED, "task_decided", "contact_reported")),
        messages.c.status.in_(("waiting", "sent")),
    )
)
