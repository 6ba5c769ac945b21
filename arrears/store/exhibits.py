"""The documents of a case before a court: kept once by content, named for what each proves, never deleted (4.9)."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from arrears.contracts import Rules, fingerprint
from arrears.policy.checklist import Asked, Item, Line, Proof, Subject, checklist
from arrears.store import audit
from arrears.store.tables import (
    borrowers,
    cases,
    contact_attempts,
    documents,
    exhibits,
    loans,
    notices,
    parties,
    staff,
)

_GUARANTOR: Final = "guarantor"


@dataclass(frozen=True)
class Named:
    """A document as evidence of a case."""

    exhibit_id: str
    item: str
    sha256: str
    media_type: str
    size_bytes: int
    dated_on: date
    until: date | None
    named_by: str
    named_by_name: str | None
    named_at: datetime


@dataclass(frozen=True)
class Naming:
    """What somebody says that a document is; days as read on it."""

    case_id: str
    item: Item
    sha256: str
    dated_on: date
    until: date | None = None


def name(connection: Connection, naming: Naming, *, by: str, at: datetime) -> bool:
    """Sealed into the trail of the case; False when the same document proves the same item already."""
    row = {
        "exhibit_id": f"ex-{secrets.token_hex(8)}",
        "case_id": naming.case_id,
        "item": naming.item.value,
        "sha256": naming.sha256,
        "dated_on": naming.dated_on,
        "until": naming.until,
        "named_by": by,
        "named_at": at,
    }
    put = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    new = put(exhibits).values(row).on_conflict_do_nothing().returning(exhibits.c.exhibit_id)
    if connection.execute(new).first() is None:
        return False
    detail = {"exhibit_id": row["exhibit_id"], "item": naming.item.value, "sha256": naming.sha256}
    audit.append(connection, stream=naming.case_id, at=at, actor=by, what="exhibit_named", detail=detail)
    return True


def withdraw(connection: Connection, case_id: str, exhibit_id: str, *, by: str, at: datetime) -> bool:
    """It proves nothing any more; the document and the row stay. False when there was nothing to withdraw."""
    done = connection.execute(
        update(exhibits)
        .where(
            exhibits.c.exhibit_id == exhibit_id,
            exhibits.c.case_id == case_id,
            exhibits.c.withdrawn_at.is_(None),
        )
        .values(withdrawn_by=by, withdrawn_at=at)
    )
    if done.rowcount != 1:
        return False
    detail = {"exhibit_id": exhibit_id}
    audit.append(connection, stream=case_id, at=at, actor=by, what="exhibit_withdrawn", detail=detail)
    return True


def of_case(connection: Connection, case_id: str) -> tuple[Named, ...]:
    """What stands, the oldest first."""
    rows = connection.execute(
        select(
            exhibits.c.exhibit_id,
            exhibits.c.item,
            exhibits.c.sha256,
            documents.c.media_type,
            documents.c.size_bytes,
            exhibits.c.dated_on,
            exhibits.c.until,
            exhibits.c.named_by,
            staff.c.name.label("named_by_name"),
            exhibits.c.named_at,
        )
        .join(documents, documents.c.sha256 == exhibits.c.sha256)
        .outerjoin(staff, staff.c.staff_id == exhibits.c.named_by)
        .where(exhibits.c.case_id == case_id, exhibits.c.withdrawn_at.is_(None))
        .order_by(exhibits.c.named_at, exhibits.c.exhibit_id)
    )
    return tuple(Named(**row._mapping) for row in rows)


def cases_with(connection: Connection, sha256: str) -> tuple[str, ...]:
    """Cases in which this document was named; one whose name was taken back can still be read."""
    named = select(exhibits.c.case_id).where(exhibits.c.sha256 == sha256).distinct()
    return tuple(connection.execute(named.order_by(exhibits.c.case_id)).scalars())


# ---- what is there ---------------------------------------------------------------------------------------


def lines_of(connection: Connection, case_id: str, rules: Rules, *, at: datetime) -> tuple[Line, ...]:
    """The checklist of the case as it stands at that instant; empty for a case nobody knows."""
    subject = _subject(connection, case_id)
    if subject is None:
        return ()
    asked = Asked(rules.terms.court_evidence, rules.terms.statement_days)
    today = rules.calendar.day_of(int(at.timestamp()))
    proofs = [*_brought(connection, case_id), *_ours(connection, case_id, rules)]
    return checklist(subject, asked, proofs, today)


def _subject(connection: Connection, case_id: str) -> Subject | None:
    row = connection.execute(
        select(loans.c.loan_id, loans.c.product, borrowers.c.service_address_agreed)
        .join(cases, cases.c.loan_id == loans.c.loan_id)
        .outerjoin(borrowers, borrowers.c.borrower_id == cases.c.borrower_id)
        .where(cases.c.case_id == case_id)
    ).first()
    if row is None:
        return None
    beside = select(parties.c.borrower_id).where(
        parties.c.loan_id == row.loan_id, parties.c.role == _GUARANTOR
    )
    guaranteed = connection.execute(beside.limit(1)).first() is not None
    return Subject(row.product, guaranteed, bool(row.service_address_agreed))


def _brought(connection: Connection, case_id: str) -> Sequence[Proof]:
    known = {item.value for item in Item}
    return [
        Proof(Item(one.item), one.sha256, one.dated_on, one.until)
        for one in of_case(connection, case_id)
        if one.item in known
    ]


def _ours(connection: Connection, case_id: str, rules: Rules) -> Sequence[Proof]:
    """A demand that arrived, and the ledger of contacts once there is a line in it."""
    arrived = connection.execute(
        select(notices.c.document_hash, notices.c.arrived_at)
        .where(notices.c.case_id == case_id, notices.c.arrived_at.is_not(None))
        .order_by(notices.c.arrived_at)
    ).all()
    proofs = [
        Proof(Item.NOTICE, one.document_hash, rules.calendar.day_of(int(one.arrived_at.timestamp())))
        for one in arrived
        if one.document_hash is not None
    ]
    made = contact_attempts.c.status.not_in(("released", "reserved"))
    since = connection.execute(
        select(func.min(contact_attempts.c.at)).where(contact_attempts.c.case_id == case_id, made)
    ).scalar()
    if since is None:
        return proofs
    day = rules.calendar.day_of(int(since.timestamp()))
    return [*proofs, Proof(Item.CONTACTS, contacts_hash(connection, case_id), day)]


def contacts_hash(connection: Connection, case_id: str) -> str:
    """Over what the extract of the ledger holds: a line more is another hash."""
    rows = connection.execute(
        select(
            contact_attempts.c.attempt_id,
            contact_attempts.c.action,
            contact_attempts.c.party,
            contact_attempts.c.result,
            contact_attempts.c.at,
        )
        .where(
            contact_attempts.c.case_id == case_id, contact_attempts.c.status.not_in(("released", "reserved"))
        )
        .order_by(contact_attempts.c.at, contact_attempts.c.attempt_id)
    )
    return fingerprint([[*row[:4], int(row.at.timestamp())] for row in rows])
