"""The formal demand of a case, from its rows: what is sent, and before that what is shown to whoever releases it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from arrears.channels.letters import Bank, DemandLetter, language_for
from arrears.contracts import Rules
from arrears.policy import notices as rule
from arrears.policy.codes import Action
from arrears.store import known
from arrears.store.known import Point
from arrears.store.states import state_from_json
from arrears.store.tables import borrowers, cases, loans, notices

Banks = Mapping[Any, Bank]
Facts = Row[*tuple[Any, ...]]


@dataclass(frozen=True)
class Demand:
    """Which letter, of which instant of the ledger; minor units."""

    notice_id: str
    case_id: str
    overdue_minor: int
    balance_minor: int
    as_of: datetime


def facts_of_notice(connection: Connection, notice_id: str) -> Facts | None:
    """Of a notice that was released, with what was released."""
    return connection.execute(
        _facts(notices.c.status, notices.c.amount_minor, notices.c.balance_minor, notices.c.as_of)
        .join(notices, notices.c.case_id == cases.c.case_id)
        .where(notices.c.notice_id == notice_id)
    ).first()


def next_demand(connection: Connection, case_id: str, *, at: datetime) -> tuple[Facts, Demand] | None:
    """What a release at `at` would send, if nothing changes before."""
    facts = connection.execute(_facts().where(cases.c.case_id == case_id)).first()
    if facts is None:
        return None
    state = state_from_json(facts.state)
    overdue, balance = rule.demanded(state)
    return facts, Demand(rule.next_id(state), case_id, overdue, balance, at)


def where_to(connection: Connection, facts: Facts) -> tuple[str | None, Point | None]:
    """The address a notice goes to, and the point on file it is of."""
    where = known.first_point(connection, facts.borrower_id, Action.NOTICE)
    return (where.address if where is not None else facts.home), where


def letter(facts: Facts, demand: Demand, to: str, rules: Rules, banks: Banks) -> DemandLetter:
    terms, language, owed = rules.terms, language_for(facts.language), facts.state["owed"]
    return DemandLetter(
        notice_id=demand.notice_id,
        case_id=demand.case_id,
        language=language,
        bank=replace(banks[language], zone=rules.calendar.zone),
        name=facts.name,
        address=to,
        enterprise=facts.kind == "enterprise",
        service_address_agreed=facts.service_address_agreed,
        product=facts.product,
        loan_id=facts.loan_id,
        contract_no=facts.contract_no,
        currency=facts.currency,
        costs_minor=owed["costs"],
        interest_minor=owed["interest"],
        principal_minor=owed["principal"],
        balance_minor=demand.balance_minor,
        overdue_minor=demand.overdue_minor,
        first_overdue_on=facts.first_overdue_on,
        as_of=demand.as_of,
        cure_on=_cure_on(rules, demand.as_of, terms.arrival_days + terms.cure_days),
        cure_days=terms.cure_days,
    )


def _cure_on(rules: Rules, as_of: datetime, days: int) -> date:
    return rules.calendar.day_of(int(as_of.timestamp())) + timedelta(days=days)


def _facts(*of_notice: Any) -> Select[Any]:
    return (
        select(
            *of_notice,
            cases.c.borrower_id,
            cases.c.loan_id,
            cases.c.currency,
            cases.c.overdue_minor,
            cases.c.balance_minor.label("case_balance"),
            cases.c.first_overdue_on,
            cases.c.state,
            loans.c.product,
            loans.c.contract_no,
            borrowers.c.name,
            borrowers.c.kind,
            borrowers.c.address.label("home"),
            borrowers.c.language,
            borrowers.c.service_address_agreed,
        )
        .select_from(cases)
        .join(loans, loans.c.loan_id == cases.c.loan_id)
        .join(borrowers, borrowers.c.borrower_id == cases.c.borrower_id)
    )
