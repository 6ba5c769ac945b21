"""All that one debtor owes the bank, and whom the bank contacted about it, over every loan."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, exists, func, select

from arrears.store.tables import cases, contact_attempts, loans, staff


@dataclass(frozen=True)
class LoanLine:
    """One loan as the core bank stated it last, minor units, with its newest case if it ever had one."""

    loan_id: str
    product: str
    currency: str
    balance_minor: int
    overdue_minor: int
    first_overdue_on: date | None
    as_of_date: date
    status: str
    case_id: str | None
    case_status: str | None
    stage: str | None
    closed_reason: str | None
    episode: int | None


@dataclass(frozen=True)
class ContactLine:
    """One contact with the debtor or about a loan of the debtor; no number."""

    at: datetime
    action: str
    party: str
    status: str
    result: str | None
    loan_id: str | None
    actor: str
    actor_name: str | None


def loans_of(connection: Connection, borrower_id: str) -> tuple[LoanLine, ...]:
    """The most overdue first; of a loan that cured and fell behind again, the last episode."""
    later = cases.alias("later")
    is_last = ~exists().where(later.c.loan_id == cases.c.loan_id, later.c.episode > cases.c.episode)
    rows = connection.execute(
        select(
            loans.c.loan_id,
            loans.c.product,
            loans.c.currency,
            func.coalesce(cases.c.balance_minor, loans.c.balance_minor).label("balance_minor"),
            func.coalesce(cases.c.overdue_minor, loans.c.overdue_minor).label("overdue_minor"),
            loans.c.first_overdue_on,
            loans.c.as_of_date,
            loans.c.status,
            cases.c.case_id,
            cases.c.status.label("case_status"),
            cases.c.stage,
            cases.c.closed_reason,
            cases.c.episode,
        )
        .select_from(loans)
        .outerjoin(cases, (cases.c.loan_id == loans.c.loan_id) & is_last)
        .where(loans.c.borrower_id == borrower_id)
        .order_by(func.coalesce(cases.c.overdue_minor, loans.c.overdue_minor).desc(), loans.c.loan_id)
    )
    return tuple(LoanLine(**row._mapping) for row in rows)


def contacts_with(connection: Connection, borrower_id: str, *, limit: int = 50) -> tuple[ContactLine, ...]:
    """The newest first, without those that were not made after all."""
    rows = connection.execute(
        select(
            contact_attempts.c.at,
            contact_attempts.c.action,
            contact_attempts.c.party,
            contact_attempts.c.status,
            contact_attempts.c.result,
            contact_attempts.c.loan_id,
            contact_attempts.c.actor,
            staff.c.name.label("actor_name"),
        )
        .outerjoin(staff, staff.c.staff_id == contact_attempts.c.actor)
        .where(contact_attempts.c.borrower_id == borrower_id, contact_attempts.c.status != "released")
        .order_by(contact_attempts.c.at.desc(), contact_attempts.c.attempt_id.desc())
        .limit(limit)
    )
    return tuple(ContactLine(**row._mapping) for row in rows)
