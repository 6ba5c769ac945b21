"""Packs as rows: proposed by one person, put into force by another, never changed afterwards."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, type_coerce, update
from sqlalchemy.exc import IntegrityError

from arrears.contracts import Rules, fingerprint
from arrears.names import published_message_id
from arrears.policy.tasks import Role
from arrears.store import audit
from arrears.store.intents import Said, say_many
from arrears.store.packs import Pack
from arrears.store.states import rules_from_json
from arrears.store.tables import cases, published_packs, staff
from arrears.store.types import Text

# Every process looks for new packs more often than this, so all of them know a pack before it holds.
NOTICE: Final = timedelta(seconds=60)


SIGNAL: Final = "policy_published"
# In the canonical text of a case's state; one of an earlier version lacks it, and is told too.
_ALL_KNOWN: Final = '"calendar_missing":0,'


# Who decides on escalation, litigation (by two) and large balances (4.4).
_APPROVERS: Final = {Role.TEAM_LEAD: 1, Role.LEGAL_ADVISOR: 2, Role.MANAGER: 1}


class VersionTaken(Exception):
    """There is a pack of this version already: a changed pack is another version."""


class NotProposed(Exception):
    """No such pack waits for its second key."""


class Unmanned(Exception):
    """A role that must approve has too few people; the text names it."""


class TooLate(Exception):
    """The instant from which the pack was to hold has passed, or is too near: it is proposed anew."""


@dataclass(frozen=True)
class Published:
    version: str
    text: str
    content_hash: str
    rules: dict[str, Any]
    reason: str
    status: str
    effective_at: datetime | None
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    told_at: datetime | None


def propose(
    connection: Connection, pack: Pack, *, by: str, at: datetime, reason: str, effective_at: datetime | None
) -> None:
    """`effective_at` empty: as soon as the second key is turned. Raises VersionTaken, TooLate."""
    if effective_at is not None and effective_at < at + NOTICE:
        raise TooLate(pack.version)
    rules = asdict(pack.rules)
    row = {
        "version": pack.version,
        "text": pack.text,
        "content_hash": fingerprint([pack.text, rules]),
        "rules": rules,
        "reason": reason,
        "status": "proposed",
        "effective_at": effective_at,
        "proposed_by": by,
        "proposed_at": at,
    }
    try:
        with connection.begin_nested():
            connection.execute(insert(published_packs).values(row))
    except IntegrityError as clash:
        raise VersionTaken(pack.version) from clash
    _seal(connection, "pack_proposed", row, by=by, at=at)


def approve(connection: Connection, version: str, *, by: str, at: datetime) -> datetime:
    """Turn the second key; answers from when the pack holds. Raises NotProposed, TooLate, Unmanned."""
    proposed = waiting(connection, version)
    _must_be_manned(connection)
    effective_at = proposed.effective_at or at + NOTICE
    if effective_at < at + NOTICE:
        raise TooLate(version)
    _decide(connection, version, status="approved", by=by, at=at, effective_at=effective_at)
    _seal(connection, "pack_approved", proposed._asdict() | {"effective_at": effective_at}, by=by, at=at)
    return effective_at


def _must_be_manned(connection: Connection) -> None:
    """Under whichever pack: what nobody may approve would stand still for ever."""
    everybody = connection.execute(select(staff.c.roles, staff.c.active)).all()
    members = Counter(role for row in everybody if row.active for role in row.roles)
    for role, least in _APPROVERS.items():
        if members[role.value] < least:
            raise Unmanned(role.value)


def withdraw(connection: Connection, version: str, *, by: str, at: datetime) -> None:
    """Before the second key was turned. Raises NotProposed."""
    proposed = waiting(connection, version)
    _decide(connection, version, status="withdrawn", by=by, at=at, effective_at=proposed.effective_at)
    _seal(connection, "pack_withdrawn", proposed._asdict(), by=by, at=at)


def waiting(connection: Connection, version: str) -> Row[*tuple[Any, ...]]:
    """The proposal that waits under this version. Raises NotProposed."""
    found = connection.execute(
        select(published_packs)
        .where(published_packs.c.version == version, published_packs.c.status == "proposed")
        .with_for_update()
    ).first()
    if found is None:
        raise NotProposed(version)
    return found


def listed(connection: Connection) -> Sequence[Published]:
    """All of them, the newest proposal first."""
    found = connection.execute(
        select(published_packs).order_by(published_packs.c.proposed_at.desc(), published_packs.c.version)
    ).mappings()
    return [Published(**row) for row in found]


def tell(connection: Connection, *, at: datetime) -> int:
    """Once for each pack that took effect: the cases with a date that waited for bank days hear of it; how many."""
    fresh = connection.execute(
        select(published_packs.c.version)
        .where(
            published_packs.c.status == "approved",
            published_packs.c.effective_at <= at,
            published_packs.c.told_at.is_(None),
        )
        .order_by(published_packs.c.effective_at)
        .with_for_update()
    ).scalars()
    told = 0
    for version in fresh.all():
        waiting = connection.execute(
            select(cases.c.case_id).where(
                cases.c.status == "open", ~type_coerce(cases.c.state, Text).contains(_ALL_KNOWN)
            )
        ).scalars()
        said = [
            Said(case, published_message_id(case, version), SIGNAL, "clock", at, {"pack": version})
            for case in waiting
        ]
        told += say_many(connection, said)
        connection.execute(
            update(published_packs).where(published_packs.c.version == version).values(told_at=at)
        )
    return told


def in_force(connection: Connection, at: datetime) -> Published | None:
    """The published pack that holds at an instant; None while the founding one does."""
    approved = [
        row for row in listed(connection) if row.status == "approved" and row.effective_at is not None
    ]
    holding = [row for row in approved if row.effective_at is not None and row.effective_at <= at]
    return max(holding, key=lambda row: (row.effective_at, row.decided_at), default=None)


def found(connection: Connection, version: str) -> Published | None:
    row = connection.execute(select(published_packs).where(published_packs.c.version == version)).mappings()
    return next((Published(**one) for one in row), None)


def _decide(
    connection: Connection, version: str, *, status: str, by: str, at: datetime, effective_at: datetime | None
) -> None:
    """Conditional: of two who turn the key at once one is told that it was turned."""
    done = connection.execute(
        update(published_packs)
        .where(published_packs.c.version == version, published_packs.c.status == "proposed")
        .values(status=status, decided_by=by, decided_at=at, effective_at=effective_at)
    )
    if done.rowcount != 1:
        raise NotProposed(version)


def _seal(connection: Connection, what: str, row: Any, *, by: str, at: datetime) -> None:
    """The trail holds the hash of the whole: a row that somebody changed is found by it."""
    effective_at = row["effective_at"]
    detail = {
        "version": row["version"],
        "content_hash": row["content_hash"],
        "effective_at": None if effective_at is None else effective_at.isoformat(),
    }
    audit.append(connection, stream=audit.HOUSE, at=at, actor=by, what=what, detail=detail)


def rules_of(published: Published, *, founding: Rules) -> Rules:
    """What the pack meant when it was proposed. What it could not know yet is as in the founding pack: the time
    for a kind of task that a later version of the product brought."""
    from_row = rules_from_json(published.rules)
    terms = from_row.terms
    sla = founding.terms.sla_bank_days | terms.sla_bank_days
    again = founding.terms.follow_up_days | terms.follow_up_days
    return Rules(
        terms=replace(terms, sla_bank_days=sla, follow_up_days=again),
        calendar=from_row.calendar,
        conduct=from_row.conduct,
    )
