"""The filters of the inbox as conditions on a task, its case and its loan."""

from collections.abc import Iterable

from sqlalchemy import and_, false, or_, select
from sqlalchemy.sql.elements import ColumnElement

from arrears.store.tables import borrowers, cases, loans, tasks
from arrears.store.views import NOBODY, Either, Narrowed

Condition = ColumnElement[bool]

# A task names its loan and its debtor; what is asked of them is looked up by their keys, one task at a time.
_product = (
    select(loans.c.product).where(loans.c.loan_id == tasks.c.loan_id).correlate(tasks).scalar_subquery()
)
_debtor = (
    select(borrowers.c.kind)
    .where(borrowers.c.borrower_id == tasks.c.borrower_id)
    .correlate(tasks)
    .scalar_subquery()
)
_overdue = (
    select(cases.c.overdue_minor).where(cases.c.case_id == tasks.c.case_id).correlate(tasks).scalar_subquery()
)


def conditions(narrowed: Narrowed) -> list[Condition]:
    columns: list[tuple[ColumnElement[str], Either]] = [
        (tasks.c.stage, narrowed.stage),
        (tasks.c.kind, narrowed.kind),
        (_product, narrowed.product),
        (_debtor, narrowed.debtor),
    ]
    found = [condition for column, either in columns for condition in _of(column, either)]
    return found + _of_holder(narrowed.holder) + _of_band(narrowed)


def _of(column: ColumnElement[str], either: Either) -> Iterable[Condition]:
    if len(either.only) == 1:  # an equality takes part in an index, a list does not
        yield column == either.only[0]
    elif either.only:
        yield column.in_(either.only)
    if either.without:
        yield or_(column.is_(None), column.not_in(either.without))


def _of_holder(either: Either) -> list[Condition]:
    """Nobody is a holder like others, who stands in no column."""
    untaken = tasks.c.assignee.is_(None)
    only = [one for one in either.only if one != NOBODY]
    without = [one for one in either.without if one != NOBODY]
    found = []
    if either.only:
        held = list(_of(tasks.c.assignee, Either(tuple(only)))) if only else []
        found.append(or_(*held, untaken) if NOBODY in either.only else and_(*held))
    if NOBODY in either.without:
        found.append(~untaken)
    return found + list(_of(tasks.c.assignee, Either(without=tuple(without))))


def _of_band(narrowed: Narrowed) -> list[Condition]:
    found = []
    if narrowed.band.only:
        found.append(or_(false(), *(_in_band(narrowed, name) for name in narrowed.band.only)))
    return found + [~_in_band(narrowed, name) for name in narrowed.band.without]


def _in_band(narrowed: Narrowed, name: str) -> Condition:
    low, below = narrowed.bounds[name]
    return _overdue >= low if below is None else and_(_overdue >= low, _overdue < below)
