"""Everything the bank keeps of one case, row by row: what was said, decided, sent, paid, seen and by whom."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Table, or_, select

from arrears.policy.state import Scope
from arrears.store import tables

Rows = list[dict[str, Any]]

# By what they are called in the export; each in the order in which it happened.
_OF_CASE: Final[Mapping[str, tuple[Table, tuple[str, ...]]]] = {
    "messages": (tables.messages, ("arrival",)),
    "remarks": (tables.remarks, ("written_at", "remark_id")),
    "steps": (tables.records, ("seq",)),
    "tasks": (tables.tasks, ("opened_seq", "task_id")),
    "contacts": (tables.contact_attempts, ("at", "attempt_id")),
    "notices": (tables.notices, ("released_at", "notice_id")),
    "allocations": (tables.allocations, ("seq", "payment_id", "tier")),
    "promises": (tables.promises, ("made_at", "promise_id")),
    "plans": (tables.plans, ("signed_at", "plan_id")),
    "claims": (tables.matters, ("filed_at", "matter_id")),
    "exhibits": (tables.exhibits, ("named_at", "exhibit_id")),
    "attachments": (tables.attachments, ("remark_id",)),
    "recordings": (tables.recordings, ("made_at", "recording_id")),
    "looks": (tables.reveals, ("at", "reveal_id")),
    "incidents": (tables.incidents, ("opened_at", "incident_id")),
    "limitation": (tables.limitation_evidence, ("at", "evidence_id")),
}


def gather(connection: Connection, case_id: str) -> dict[str, Rows]:
    """As plain values for JSON; empty for a case nobody knows."""
    case = _plain(connection.execute(select(tables.cases).where(tables.cases.c.case_id == case_id)))
    if not case:
        return {}
    loan_id, borrower_id = case[0]["loan_id"], case[0]["borrower_id"]
    found = {"case": case}
    for name, (table, order) in _OF_CASE.items():
        wanted = select(table).where(table.c.case_id == case_id)
        found[name] = _plain(connection.execute(wanted.order_by(*(table.c[one] for one in order))))
    plans = sorted(str(row["plan_id"]) for row in found["plans"])
    found["instalments"] = [
        row for one in plans for row in _by(connection, tables.plan_instalments, "plan_id", one)
    ]
    found["marks"] = _by(connection, tables.contact_marks, "borrower_id", borrower_id)
    found["circumstances"] = _by(connection, tables.circumstances, "borrower_id", borrower_id)
    found["loan"] = _by(connection, tables.loans, "loan_id", loan_id)
    found["payments"] = _by(connection, tables.payments, "loan_id", loan_id)
    found["parties"] = _by(connection, tables.parties, "loan_id", loan_id)
    beside = {borrower_id, *(row["borrower_id"] for row in found["parties"])}
    found["people"] = [
        row for one in sorted(beside) for row in _by(connection, tables.borrowers, "borrower_id", one)
    ]
    found["holds"] = _holds(connection, case_id, borrower_id)
    trail = select(tables.audit_rows).where(tables.audit_rows.c.stream == case_id)
    found["trail"] = _plain(connection.execute(trail.order_by(tables.audit_rows.c.n)))
    found["staff"] = _staff(connection, {str(row["actor"]) for row in found["trail"]})
    return found


def _by(connection: Connection, table: Table, name: str, value: str) -> Rows:
    key = list(table.primary_key)
    return _plain(connection.execute(select(table).where(table.c[name] == value).order_by(*key)))


def _holds(connection: Connection, case_id: str, borrower_id: str) -> Rows:
    """Of the case, and those that protect the person in all cases."""
    holds = tables.holds
    theirs = (holds.c.borrower_id == borrower_id) & (holds.c.scope == Scope.PERSON.value)
    wanted = select(holds).where(or_(holds.c.case_id == case_id, theirs))
    return _plain(connection.execute(wanted.order_by(holds.c.placed_at, holds.c.hold_id)))


def _staff(connection: Connection, ids: set[str]) -> Rows:
    """Who they are, and nothing with which anybody signs in."""
    staff = tables.staff
    named = select(staff.c.staff_id, staff.c.name, staff.c.roles).where(staff.c.staff_id.in_(sorted(ids)))
    return _plain(connection.execute(named.order_by(staff.c.staff_id)))


def _plain(found: Any) -> Rows:
    return [{name: _value(value) for name, value in row._mapping.items()} for row in found]


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value.isoformat() if isinstance(value, date) else value
