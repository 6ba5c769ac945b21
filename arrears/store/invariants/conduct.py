"""Whether anybody was contacted, sued or escalated against the rules (12 to 16), counted anew and not as the guard does."""

from collections.abc import Iterator
from datetime import datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select

from arrears.contracts import Rules
from arrears.policy import matrix
from arrears.policy.matrix import Act
from arrears.policy.state import HoldKind, Scope, Stage
from arrears.store.invariants.asking import Invariant, Look
from arrears.store.invariants.counting import ledger, over_caps
from arrears.store.tables import (
    cases,
    contact_attempts,
    holds,
    incidents,
    matters,
    notices,
    records,
    tasks,
)

REACHED: Final = ("made", "uncertain")
_FROM_OTHERS: Final = ("in_call", "in_msg", "in_visit")


def _within_hours(look: Look) -> Iterator[str]:
    """Of the bank, by the pack that held then; hours of the person may have been others at that time."""
    made = select(contact_attempts.c.attempt_id, contact_attempts.c.at).where(
        contact_attempts.c.status.in_(REACHED), contact_attempts.c.action.not_in(_FROM_OTHERS)
    )
    reported = _reported(look)
    for row in look.connection.execute(made):
        if row.attempt_id not in reported and not _is_within(row.at, look.rules_at(row.at)):
            yield f"{row.attempt_id}: made at {row.at.isoformat(timespec='minutes')}, outside the hours"


def _reported(look: Look) -> set[str]:
    """Contacts that somebody told of afterwards and that were against the rules: compliance has them in hand."""
    told = select(incidents.c.detail).where(incidents.c.kind == "contact_against_rules")
    return {detail["attempt_id"] for detail in look.connection.execute(told).scalars()}


def _is_within(at: datetime, rules: Rules) -> bool:
    begins, ends = rules.terms.window_from, rules.terms.window_to
    local = at.astimezone(ZoneInfo(rules.calendar.zone)).time()
    return time.fromisoformat(begins) <= local and (ends == "24:00" or local < time.fromisoformat(ends))


def _within_caps(look: Look) -> Iterator[str]:
    """Each contact by the caps of the pack that held when it was made, all others beside it."""
    reported = _reported(look)
    lines = [line for line in ledger(look.connection) if line.attempt_id not in reported]
    held = {line.attempt_id: look.rules_at(line.at) for line in lines}
    for pack in {rules.terms.pack: rules for rules in held.values()}.values():
        for found in over_caps(lines, pack.conduct.caps, pack.calendar.zone):
            if held[found.partition(" ")[0]].terms.pack == pack.terms.pack:
                yield found


def _under_no_hold(look: Look) -> Iterator[str]:
    """Calls, visits and messages to the debtor after a hold that forbids them was placed, and before it ended.

    Whoever stands in for a debtor is contacted because of some holds, and a guarantor in spite of others.
    """
    theirs = (holds.c.scope == Scope.PERSON.value) & (holds.c.borrower_id == contact_attempts.c.borrower_id)
    about_it = (holds.c.case_id == contact_attempts.c.case_id) | (
        contact_attempts.c.case_id.is_(None) & (holds.c.borrower_id == contact_attempts.c.borrower_id)
    )
    of_loan = holds.c.scope.in_((Scope.LOAN.value, Scope.PART.value)) & about_it
    made = (
        select(
            contact_attempts.c.attempt_id,
            contact_attempts.c.actor,
            contact_attempts.c.at,
            holds.c.hold_id,
            holds.c.kind,
            holds.c.scope,
            holds.c.against,
        )
        .join(holds, theirs | of_loan | (holds.c.scope == Scope.BANK.value))
        .where(
            contact_attempts.c.status.in_(REACHED),
            contact_attempts.c.action.not_in(_FROM_OTHERS),
            contact_attempts.c.purpose == "collection",
            contact_attempts.c.party == "borrower",
            contact_attempts.c.at > holds.c.placed_at,
            holds.c.ended_at.is_(None) | (contact_attempts.c.at < holds.c.ended_at),
        )
    )
    reported = _reported(look)
    for row in look.connection.execute(made):
        forbids = Act.CONTACT in matrix.blocks(
            HoldKind(row.kind), Scope(row.scope), look.rules_at(row.at).terms
        )
        by_them = row.against is not None and row.against == row.actor
        if (forbids or by_them) and row.attempt_id not in reported:
            yield f"{row.attempt_id}: made under the hold {row.hold_id} ({row.kind})"


def _four_eyes(look: Look) -> Iterator[str]:
    """Before each claim two said yes: one who proposed it, and another who approved."""
    said: dict[str, list[Row[*tuple[Any, ...]]]] = {}
    told = select(tasks).where(
        tasks.c.status == "done", tasks.c.kind.in_(("legal_review", "second_approval"))
    )
    for row in look.connection.execute(told.order_by(tasks.c.closed_seq)):
        said.setdefault(row.case_id, []).append(row)
    for claim in look.connection.execute(select(matters)):
        before = [row for row in said.get(claim.case_id, ()) if row.closed_at <= claim.filed_at]
        first = {row.decided_by for row in before if row.outcome == "sue"}
        second = {row.decided_by for row in before if row.outcome == "approve"}
        if not any(one != other for one in first for other in second):
            yield f"{claim.matter_id}: filed without two who approved it"
        for row in before:
            if row.decided_by in row.barred:
                yield f"{row.task_id}: decided by {row.decided_by}, who was barred from it"


def _after_its_time(look: Look) -> Iterator[str]:
    """A case entered the legal stage after a notice had arrived and the time to pay in it was over."""
    entered: dict[str, datetime] = {}
    for row in look.connection.execute(select(records.c.case_id, records.c.at, records.c.effects)):
        if any(e["kind"] == "enter_stage" and e["stage"] == Stage.LEGAL.value for e in row.effects):
            entered[row.case_id] = max(row.at, entered.get(row.case_id, row.at))
    served = select(notices.c.case_id, notices.c.cure_on).where(notices.c.cure_on.is_not(None))
    over = {
        row.case_id
        for row in look.connection.execute(served)
        if row.case_id in entered
        and row.cure_on < look.rules.calendar.day_of(int(entered[row.case_id].timestamp()))
    }
    open_cases = set(look.connection.execute(select(cases.c.case_id)).scalars())
    for case_id in sorted((entered.keys() & open_cases) - over):
        yield f"{case_id}: before the court without a notice whose time to pay was over"


CONDUCT: Final = (
    Invariant(12, "No contact was made outside the hours of the bank", _within_hours),
    Invariant(13, "No contact was one too many, by any cap of the pack that held then", _within_caps),
    Invariant(14, "No contact began under a hold that forbids it", _under_no_hold),
    Invariant(
        15, "Each claim was approved by two people before it was filed, none of them barred", _four_eyes
    ),
    Invariant(
        16,
        "Nobody came before the court before the time to pay in a notice that arrived was over",
        _after_its_time,
    ),
)
