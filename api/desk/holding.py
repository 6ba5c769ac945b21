"""Holds as people place and end them at a door: the cases they reach are told in the same transaction."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, select

from api.auth.permissions import Permission, may
from api.auth.person import Person
from api.desk import errors
from api.desk.live import must_be_live, must_be_seen
from arrears import clock
from arrears.contracts import Rules, RulesInForce, fingerprint
from arrears.policy import matrix
from arrears.policy.effects import HoldBegan, HoldEnded
from arrears.policy.state import HoldKind, Scope
from arrears.policy.tasks import Missing, Role
from arrears.store import audit, holds, intents
from arrears.store.holds import PLACED, Place
from arrears.store.session import Store
from arrears.store.tables import cases, messages, remarks, staff
from arrears.store.tables import holds as rows

# A document's number goes through Temporal with the word, so it is a number and no free text.
_NUMBER: Final = re.compile(r"[A-Za-z0-9_.-]{0,48}")
# What a person at a door gives as the ground of a hold; the free words are a remark.
GROUND: Final = "said"
ENDED: Final = "ended_by_hand"
_OFFICERS: Final = (HoldKind.HARDSHIP_REVIEW, HoldKind.PLAN_ACTIVE)
# Plans have their own agreement; a stop of all work is the bank's.
PLACED_BY_HAND: Final = tuple(
    kind for kind in HoldKind if kind not in (HoldKind.PLAN_ACTIVE, HoldKind.SYSTEM_FREEZE)
)


@dataclass(frozen=True)
class HoldIn:
    """What a person says: minor units, `until` the last day before somebody is asked, `against` a log-in or staff id."""

    kind: HoldKind
    reason: str
    scope: Scope | None = None
    part_minor: int | None = None
    until: date | None = None
    evidence: str = ""
    against: str = ""


class HoldDesk:
    def __init__(self, store: Store, rules: RulesInForce) -> None:
        self._store = store
        self._rules = rules

    def place(self, who: Person, case_id: str, hold: HoldIn) -> str:
        """Returns the message id of this case. Raises NotAllowed, NotFound, CaseClosed, Invalid, HoldStands."""
        if not may(who, Permission.PLACE_HOLD):
            raise errors.NotAllowed
        with self._store.transaction() as connection:
            case = _case(connection, who, case_id)
            now = must_be_live(connection, case_id)
            holds.lock_person(connection, case.borrower_id)
            rules = self._rules.at(int(now.timestamp()))
            began = _began(connection, who, case, hold, rules, at=now)
            if _stands(connection, case, began):
                raise errors.HoldStands
            reached = _reached(connection, case, began.scope)
            began = replace(began, remark_id=_remark(connection, who, case_id, hold.reason))
            holds.say_placed(connection, reached, began, at=clock.door_now(), asks=case_id)
            _note(connection, who, case_id, "hold_said", began.hold_id, kind=began.hold.value)
            return f"{began.hold_id}-to-{case_id}"

    def end(self, who: Person, case_id: str, hold_id: str, reason: str) -> str:
        """In every case it reaches. Raises NotAllowed, NotFound, CaseClosed, Invalid, HoldOver."""
        if not may(who, Permission.END_HOLD):
            raise errors.NotAllowed
        if not reason.strip():
            raise errors.Invalid([Missing("reason", "reason_required")])
        with self._store.transaction() as connection:
            case = _case(connection, who, case_id)
            must_be_live(connection, case_id)
            holds.lock_person(connection, case.borrower_id)
            hold = _hold_of(connection, case, hold_id)
            _must_be_theirs(who, hold)
            reached = _reached(connection, case, Scope(hold.scope))
            ended = HoldEnded(hold_id, HoldKind(hold.kind), ENDED, who.staff_id)
            remark_id = _remark(connection, who, case_id, reason)
            if holds.say_released(connection, reached, ended, at=clock.door_now(), remark_id=remark_id) == 0:
                raise errors.HoldOver
            _note(connection, who, case_id, "hold_end_said", hold_id, kind=hold.kind)
            return f"{hold_id}-off-{case_id}"

    # ---- the whole bank ----------------------------------------------------------------------------------

    def freeze(self, who: Person, reason: str) -> str:
        """Stop all work of the bank with debtors. Returns the hold id. Raises NotAllowed, Invalid, HoldStands."""
        if not may(who, Permission.FREEZE):
            raise errors.NotAllowed
        if not reason.strip():
            raise errors.Invalid([Missing("reason", "reason_required")])
        at = clock.door_now()
        with self._store.transaction() as connection:
            if frozen(connection) is not None:
                raise errors.HoldStands
            before = connection.execute(
                select(func.count()).where(rows.c.scope == Scope.BANK.value)
            ).scalar_one()
            until = self._until(at)
            began = HoldBegan(
                f"bank-hold-{before + 1}",
                HoldKind.SYSTEM_FREEZE,
                Scope.BANK,
                who.staff_id,
                GROUND,
                int(until.timestamp()),
            )
            if not holds.put(connection, Place(None, None, at), began):
                raise errors.HoldStands  # another hand was quicker under the same id
            everywhere = connection.execute(select(cases.c.case_id).where(cases.c.status == "open"))
            holds.say_placed(connection, everywhere.scalars(), began, at=at, asks=None)
            intents.raise_incident(
                connection,
                kind="all_work_stopped",
                key=began.hold_id,
                at=at,
                detail={"hold": began.hold_id},
                due_at=until,
            )
            _note(connection, who, audit.HOUSE, "all_work_stopped", began.hold_id, reason=reason.strip())
        return began.hold_id

    def thaw(self, who: Person, hold_id: str, reason: str) -> None:
        """Raises NotAllowed, NotFound, Invalid, HoldOver."""
        if not may(who, Permission.THAW):
            raise errors.NotAllowed
        if not reason.strip():
            raise errors.Invalid([Missing("reason", "reason_required")])
        at = clock.door_now()
        with self._store.transaction() as connection:
            row = connection.execute(
                select(rows).where(rows.c.hold_id == hold_id, rows.c.scope == Scope.BANK.value)
            ).first()
            if row is None:
                raise errors.NotFound
            if row.ended_at is not None:
                raise errors.HoldOver
            ended = HoldEnded(hold_id, HoldKind.SYSTEM_FREEZE, ENDED, who.staff_id)
            holds.end(connection, ended, at=at)
            everywhere = connection.execute(select(cases.c.case_id).where(cases.c.status == "open"))
            holds.say_released(connection, everywhere.scalars(), ended, at=at)
            _note(connection, who, audit.HOUSE, "all_work_goes_on", hold_id, reason=reason.strip())

    def _until(self, at: datetime) -> datetime:
        days = self._rules.at(int(at.timestamp())).terms.hold_days.get(HoldKind.SYSTEM_FREEZE, 1)
        return at + timedelta(days=days)


def frozen(connection: Connection) -> Row[*tuple[Any, ...]] | None:
    """The stop of all work that stands."""
    return connection.execute(
        select(rows, staff.c.name.label("placed_by_name"))
        .outerjoin(staff, staff.c.staff_id == rows.c.placed_by)
        .where(rows.c.scope == Scope.BANK.value, rows.c.ended_at.is_(None))
    ).first()


def may_end(who: Person, kind: HoldKind, against: str | None = None) -> bool:
    """Plan officers their own, the case desk the others; nobody a complaint about himself (K1)."""
    if against == who.staff_id or kind is HoldKind.SYSTEM_FREEZE:
        return False
    return (Role.PLAN_OFFICER if kind in _OFFICERS else Role.CASE_DESK) in who.roles


# ---- what was said, checked ------------------------------------------------------------------------------


def _case(connection: Connection, who: Person, case_id: str) -> Row[*tuple[Any, ...]]:
    case = connection.execute(
        select(cases.c.case_id, cases.c.borrower_id, cases.c.loan_id, cases.c.balance_minor).where(
            cases.c.case_id == case_id
        )
    ).first()
    if case is None:
        raise errors.NotFound
    must_be_seen(connection, who, case_id)
    return case


def _began(
    connection: Connection,
    who: Person,
    case: Row[*tuple[Any, ...]],
    hold: HoldIn,
    rules: Rules,
    *,
    at: datetime,
) -> HoldBegan:
    today = rules.calendar.day_of(int(at.timestamp()))
    scope = _scope(hold)
    against = staff_named(connection, hold.against.strip())
    wrong = _wrong_with(hold, scope, against, balance=case.balance_minor, today=today)
    if wrong:
        raise errors.Invalid(wrong)
    until = 0 if hold.until is None else rules.calendar.start_of(hold.until + timedelta(days=1))
    number = connection.execute(
        select(func.count()).where(messages.c.case_id == case.case_id, messages.c.signal == PLACED)
    ).scalar_one()
    return HoldBegan(
        f"{case.case_id}-door-{number + 1}",
        hold.kind,
        scope,
        who.staff_id,
        GROUND,
        until,
        hold.part_minor or 0 if scope is Scope.PART else 0,
        against or "",
        hold.evidence.strip(),
    )


def _scope(hold: HoldIn) -> Scope:
    """A dispute that names an amount is about that part."""
    if hold.scope is not None:
        return hold.scope
    part = Scope.PART in matrix.SCOPES[hold.kind] and hold.part_minor is not None
    return Scope.PART if part else matrix.SCOPES[hold.kind][0]


def _wrong_with(
    hold: HoldIn, scope: Scope, against: str | None, *, balance: int, today: date
) -> list[Missing]:
    wrong: list[Missing] = []
    if hold.kind not in PLACED_BY_HAND:
        wrong.append(Missing("kind", "hold_not_by_hand"))
    elif scope not in matrix.SCOPES[hold.kind]:
        wrong.append(Missing("scope", "hold_scope_unknown"))
    if not hold.reason.strip():
        wrong.append(Missing("reason", "reason_required"))
    if hold.until is not None and hold.until <= today:
        wrong.append(Missing("until", "day_in_the_past"))
    if not _NUMBER.fullmatch(hold.evidence.strip()):
        wrong.append(Missing("evidence", "reference_unreadable"))
    return [*wrong, *_wrong_part(hold, scope, balance), *_wrong_person(hold, against)]


def _wrong_part(hold: HoldIn, scope: Scope, balance: int) -> list[Missing]:
    """Only a dispute of a part names an amount, and no more than is owed."""
    if scope is Scope.PART:
        fits = hold.part_minor is not None and 0 < hold.part_minor <= balance
    else:
        fits = hold.part_minor is None
    return [] if fits else [Missing("part", "hold_part_wrong")]


def _wrong_person(hold: HoldIn, against: str | None) -> list[Missing]:
    if against is None:
        return [Missing("against", "login_unknown")]
    if against and hold.kind is not HoldKind.COMPLAINT:
        return [Missing("against", "only_of_complaints")]
    return []


def staff_named(connection: Connection, typed: str) -> str | None:
    """Of a member of staff by log-in or id; empty when nobody was named, None when nobody is called so."""
    if not typed:
        return ""
    found = connection.execute(
        select(staff.c.staff_id).where((staff.c.login == typed) | (staff.c.staff_id == typed))
    ).scalar()
    return None if found is None else str(found)


def _stands(connection: Connection, case: Row[*tuple[Any, ...]], began: HoldBegan) -> bool:
    """One of each kind; of complaints one about each person. What is on its way counts."""
    here = rows.c.case_id == case.case_id
    standing = connection.execute(
        select(rows.c.scope, rows.c.against).where(
            rows.c.kind == began.hold.value,
            rows.c.ended_at.is_(None),
            here | (rows.c.borrower_id == case.borrower_id),
            here | (rows.c.scope == Scope.PERSON.value),
        )
    ).all()
    told = connection.execute(
        select(messages.c.content).where(
            messages.c.case_id == case.case_id,
            messages.c.signal == PLACED,
            messages.c.status.in_(("waiting", "sent")),
        )
    ).scalars()
    others = [row.against or "" for row in standing]
    others += [said["against"] for said in told if said["kind"] == began.hold.value]
    return any(began.hold is not HoldKind.COMPLAINT or other == began.against for other in others)


def _hold_of(connection: Connection, case: Row[*tuple[Any, ...]], hold_id: str) -> Row[*tuple[Any, ...]]:
    hold = connection.execute(select(rows).where(rows.c.hold_id == hold_id)).first()
    if hold is None or hold.scope == Scope.BANK.value:
        raise errors.NotFound
    of_person = hold.scope == Scope.PERSON.value and hold.borrower_id == case.borrower_id
    if not of_person and hold.case_id != case.case_id:
        raise errors.NotFound
    if hold.ended_at is not None:
        raise errors.HoldOver
    return hold


def _must_be_theirs(who: Person, hold: Row[*tuple[Any, ...]]) -> None:
    if not may_end(who, HoldKind(hold.kind), hold.against):
        raise errors.NotAllowed


def _reached(connection: Connection, case: Row[*tuple[Any, ...]], scope: Scope) -> Iterable[str]:
    return holds.open_cases(connection, case.borrower_id) if scope is Scope.PERSON else [case.case_id]


def _remark(connection: Connection, who: Person, case_id: str, words: str) -> str:
    """Free words stay in the database; the case knows only that there are some."""
    remark_id = f"{case_id}-{fingerprint([who.staff_id, words, str(clock.machine_now())])[:12]}"
    connection.execute(
        insert(remarks).values(
            remark_id=remark_id,
            case_id=case_id,
            task_id=None,
            author=who.staff_id,
            words=words.strip(),
            written_at=clock.door_now(),
        )
    )
    return remark_id


def _note(connection: Connection, who: Person, stream: str, what: str, hold_id: str, **more: str) -> None:
    detail = {"hold_id": hold_id, **more}
    audit.append(connection, stream=stream, at=clock.door_now(), actor=who.staff_id, what=what, detail=detail)
