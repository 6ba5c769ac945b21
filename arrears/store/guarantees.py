"""What the bank knows of a guarantor's promise when somebody wants to ask for the debt (G1-G3, G5)."""

from typing import Final

from sqlalchemy import Connection, bindparam, func, select

from arrears.contracts import Rules
from arrears.policy.codes import Outcome
from arrears.policy.guarantees import Guarantee, speaks_against
from arrears.policy.guard import PartyRole
from arrears.store.tables import cases, loans, matters, parties


def rule_against(connection: Connection, borrower_id: str, loan_id: str, rules: Rules, *, at: int) -> str:
    """The rule that keeps this guarantor of the loan from being asked at that instant, or nothing."""
    row = connection.execute(_GUARANTEE, {"person": borrower_id, "loan": loan_id}).first()
    calendar = rules.calendar
    known = Guarantee()
    if row is not None:
        sued_on = None if row.sued_at is None else calendar.day_of(int(row.sued_at.timestamp()))
        known = Guarantee(row.kind, row.until, row.main_due_on, row.demanded_on, sued_on)
    return speaks_against(known, calendar.day_of(at), months=rules.conduct.guarantee_months)


# A claim that was withdrawn keeps no guarantee (G5); of the others the first one does.
_SUED: Final = (
    select(func.min(matters.c.filed_at))
    .join(cases, cases.c.case_id == matters.c.case_id)
    .where(
        cases.c.loan_id == bindparam("loan"),
        matters.c.outcome.is_(None) | (matters.c.outcome != Outcome.WITHDRAW.value),
    )
    .scalar_subquery()
)
_GUARANTEE: Final = (
    select(
        parties.c.guarantee_kind.label("kind"),
        parties.c.guarantee_until.label("until"),
        parties.c.guarantee_demanded_on.label("demanded_on"),
        loans.c.last_instalment_due_on.label("main_due_on"),
        _SUED.label("sued_at"),
    )
    .outerjoin(loans, loans.c.loan_id == parties.c.loan_id)
    .where(
        parties.c.loan_id == bindparam("loan"),
        parties.c.borrower_id == bindparam("person"),
        parties.c.role == PartyRole.GUARANTOR.value,
    )
)
