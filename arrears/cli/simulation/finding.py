"""Reads from the database what became of a simulation."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, func, select

from arrears.cli.simulation.expecting import Expected
from arrears.cli.simulation.tally import FAULTS, Ended, Found, Judgement
from arrears.contracts import Rules
from arrears.policy.calendar import Calendar
from arrears.store.invariants.counting import ledger, over_caps
from arrears.store.session import Store
from arrears.store.tables import (
    allocations,
    cases,
    contact_attempts,
    contact_points,
    incidents,
    messages,
    payments,
    tasks,
)

_REACHED: Final = ("made", "uncertain")
_JUDGED: Final = ("legal_review", "second_approval")


def find(store: Store, expected: Sequence[Expected], rules: Rules) -> Found:
    """One look at everything, when all is at rest."""
    loans = {one.loan_id for one in expected}
    with store.reading() as connection:
        received, unallocated = _received(connection, loans)
        allocated, surplus = _allocated(connection)
        contacts = _contacts(connection)
        return Found(
            ended=_ended(connection, rules.calendar),
            received_minor=received,
            allocated_minor=allocated,
            unallocated_minor=surplus + unallocated,
            contacts=len(contacts),
            outside_window=[contact.attempt_id for contact in contacts if _is_outside(contact, rules)],
            over_caps=over_caps(ledger(connection), rules.conduct.caps, rules.calendar.zone),
            messages=_messages(connection),
            refused_without_reason=_unreasoned(connection),
            faults=_faults(connection),
        )


def _ended(connection: Connection, calendar: Calendar) -> Mapping[str, Ended]:
    judgements = _judgements(connection)
    rows = connection.execute(select(cases).order_by(cases.c.loan_id, cases.c.episode))
    return {
        row.loan_id: Ended(
            row.status,
            row.closed_reason,
            None if row.closed_at is None else calendar.day_of(int(row.closed_at.timestamp())),
            judgements.get(row.case_id),
            row.attention,
        )
        for row in rows
    }


def _judgements(connection: Connection) -> Mapping[str, Judgement]:
    rows = connection.execute(
        select(tasks.c.case_id, tasks.c.kind, tasks.c.outcome, tasks.c.decided_by)
        .where(tasks.c.kind.in_(_JUDGED))
        .order_by(tasks.c.case_id, tasks.c.opened_seq)
    )
    said: dict[str, tuple[list[tuple[str, str]], list[tuple[str, str]]]] = {}
    for row in rows:
        of_case = said.setdefault(row.case_id, ([], []))
        if row.outcome is not None:
            of_case[_JUDGED.index(row.kind)].append((row.outcome, row.decided_by))
    return {case: Judgement(tuple(reviews), tuple(seconds)) for case, (reviews, seconds) in said.items()}


def _received(connection: Connection, loans: set[str]) -> tuple[int, int]:
    """What came since the as-of day, and the part of it that no case was told of."""
    rows = connection.execute(
        select(payments.c.loan_id, payments.c.amount_minor, payments.c.standing).where(
            payments.c.standing != "history", payments.c.kind == "payment"
        )
    ).all()
    ours = [row for row in rows if row.loan_id in loans]
    apart = sum(row.amount_minor for row in ours if row.standing == "suspense")
    return sum(row.amount_minor for row in ours), apart


def _allocated(connection: Connection) -> tuple[int, int]:
    """To what is owed, and what nobody owed."""
    by_tier = connection.execute(
        select(allocations.c.tier, func.sum(allocations.c.amount_minor)).group_by(allocations.c.tier)
    )
    sums = {tier: int(amount) for tier, amount in by_tier}
    surplus = sums.pop("surplus", 0)
    return sum(sums.values()), surplus


def _contacts(connection: Connection) -> Sequence[Row[*tuple[Any, ...]]]:
    return connection.execute(
        select(
            contact_attempts.c.attempt_id,
            contact_attempts.c.at,
            contact_points.c.allowed_from,
            contact_points.c.allowed_to,
            contact_points.c.timezone,
        )
        .join(contact_points, contact_points.c.contact_id == contact_attempts.c.contact_id, isouter=True)
        .where(contact_attempts.c.status.in_(_REACHED))
        .order_by(contact_attempts.c.attempt_id)
    ).all()


def _is_outside(contact: Row[*tuple[Any, ...]], rules: Rules) -> bool:
    """Counted anew, with nothing of the guard that let it through."""
    terms, zone = rules.terms, rules.calendar.zone
    if not _is_between(contact.at, terms.window_from, terms.window_to, zone):
        return True
    if not contact.allowed_from or not contact.allowed_to:
        return False
    return not _is_between(contact.at, contact.allowed_from, contact.allowed_to, contact.timezone or zone)


def _is_between(at: datetime, begins: str, ends: str, zone: str) -> bool:
    local = at.astimezone(UTC).astimezone(ZoneInfo(zone)).time()
    return time.fromisoformat(begins) <= local and (ends == "24:00" or local < time.fromisoformat(ends))


def _messages(connection: Connection) -> Mapping[str, int]:
    rows = connection.execute(select(messages.c.status, func.count()).group_by(messages.c.status))
    return {row[0]: row[1] for row in rows}


def _unreasoned(connection: Connection) -> list[str]:
    refused = select(messages.c.message_id).where(
        messages.c.status == "refused", func.coalesce(messages.c.reason, "") == ""
    )
    return sorted(connection.execute(refused).scalars())


def _faults(connection: Connection) -> list[str]:
    machines = select(incidents.c.incident_id).where(incidents.c.kind.in_(sorted(FAULTS)))
    return sorted(connection.execute(machines).scalars())
