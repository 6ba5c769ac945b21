"""How long recordings of contacts are kept: nothing is ever made shorter, and nothing here deletes (C17)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from arrears.policy.agreements import Acceptance
from arrears.policy.guard import Conduct
from arrears.store.tables import contact_attempts, loans, plans, recordings, staff
from arrears.store.types import Flag

# What the core bank says of a loan on which nothing is owed any more.
_SETTLED = "closed"


@dataclass(frozen=True)
class Keeping:
    """`until` is the earliest end; with `until_settled` the debt must be settled, too."""

    recording_id: str
    until: datetime
    until_settled: bool

    def may_go(self, *, at: datetime, settled: bool) -> bool:
        return at >= self.until and (settled or not self.until_settled)


@dataclass(frozen=True)
class Logged:
    """One contact of a case as its page lists it, with its recording and what the debtor said of cause, will and means."""

    action: str
    party: str
    status: str
    result: str | None
    at: datetime
    actor: str
    actor_name: str | None
    recording_id: str | None
    keep_until: datetime | None
    until_settled: bool
    cause: str | None
    willingness: str | None
    ability: str | None


def logged(connection: Connection, case_id: str, *, limit: int = 50) -> tuple[Logged, ...]:
    """The newest contacts of a case, without those that were not made after all."""
    rows = connection.execute(
        select(
            contact_attempts.c.action,
            contact_attempts.c.party,
            contact_attempts.c.status,
            contact_attempts.c.result,
            contact_attempts.c.at,
            contact_attempts.c.actor,
            staff.c.name.label("actor_name"),
            contact_attempts.c.recording_id,
            recordings.c.keep_until,
            func.coalesce(recordings.c.until_settled, literal(value=False, type_=Flag)).label(
                "until_settled"
            ),
            contact_attempts.c.cause,
            contact_attempts.c.willingness,
            contact_attempts.c.ability,
        )
        .outerjoin(staff, staff.c.staff_id == contact_attempts.c.actor)
        .outerjoin(recordings, recordings.c.recording_id == contact_attempts.c.recording_id)
        .where(contact_attempts.c.case_id == case_id, contact_attempts.c.status != "released")
        .order_by(contact_attempts.c.at.desc(), contact_attempts.c.attempt_id.desc())
        .limit(limit)
    )
    return tuple(Logged(**row._mapping) for row in rows)


def keep(connection: Connection, attempt_id: str, recording_id: str, *, days: int) -> None:
    """Of a contact that was made. A recording that is kept longer already stays so."""
    attempt = connection.execute(
        select(contact_attempts).where(contact_attempts.c.attempt_id == attempt_id)
    ).one()
    row = {
        "recording_id": recording_id,
        "attempt_id": attempt_id,
        "borrower_id": attempt.borrower_id,
        "case_id": attempt.case_id,
        "loan_id": attempt.loan_id,
        "made_at": attempt.at,
        "keep_until": attempt.at + timedelta(days=days),
        "until_settled": False,
    }
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    fresh = insert(recordings).values(row)
    longer = fresh.on_conflict_do_update(
        index_elements=["recording_id"],
        set_={"keep_until": fresh.excluded.keep_until},
        where=recordings.c.keep_until < fresh.excluded.keep_until,
    )
    connection.execute(longer)


@dataclass(frozen=True)
class Proof:
    """The recording of a plan agreed by word of mouth: which, of whose loan, and when it was agreed."""

    recording_id: str
    borrower_id: str
    case_id: str
    loan_id: str
    at: datetime


def keep_until_settled(connection: Connection, proof: Proof) -> None:
    """Also one nobody has told of yet: then the law's own time is its floor, and a contact that names it may add to it."""
    row = {
        "recording_id": proof.recording_id,
        "attempt_id": None,
        "borrower_id": proof.borrower_id,
        "case_id": proof.case_id,
        "loan_id": proof.loan_id,
        "made_at": proof.at,
        "keep_until": proof.at + timedelta(days=Conduct().recording_days),
        "until_settled": True,
    }
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    kept = insert(recordings).values(row)
    connection.execute(
        kept.on_conflict_do_update(index_elements=["recording_id"], set_={"until_settled": True})
    )


def may_go(connection: Connection, recording_id: str, *, at: datetime) -> bool:
    """Whether whoever stores the recording may delete it at that instant; one nobody knows is kept."""
    row = connection.execute(
        select(recordings, loans.c.status, loans.c.balance_minor)
        .outerjoin(loans, loans.c.loan_id == recordings.c.loan_id)
        .where(recordings.c.recording_id == recording_id)
    ).first()
    if row is None:
        return False
    settled = _is_settled(row) and not _proves_what_is_owed(connection, recording_id)
    return Keeping(recording_id, row.keep_until, row.until_settled).may_go(at=at, settled=settled)


def _is_settled(loan: Row[*tuple[Any, ...]]) -> bool:
    return bool(loan.status == _SETTLED or loan.balance_minor == 0)


def _proves_what_is_owed(connection: Connection, recording_id: str) -> bool:
    """One talk may have been about several loans: it is kept for each whose plan it proves."""
    proved = connection.execute(
        select(loans.c.status, loans.c.balance_minor)
        .join(plans, plans.c.loan_id == loans.c.loan_id)
        .where(plans.c.proof == recording_id, plans.c.acceptance == Acceptance.ORAL.value)
    )
    return not all(_is_settled(loan) for loan in proved)
