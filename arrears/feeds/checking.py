"""Text becomes values: every row is tried against every rule of its kind, whole columns at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from arrears.feeds import rejects
from arrears.feeds.columns import AMOUNT, DAY, PERIOD, Bank, Column
from arrears.feeds.kinds import Kind
from arrears.feeds.reading import FILE, LINE, Sheet

_WHERE: Final = (pl.col(FILE).alias("file"), pl.col(LINE).alias("line"))


@dataclass(frozen=True)
class Shift:
    """The one constant by which a rebased sender's dates move; months for what is dated by the month."""

    days: int
    months: int

    @classmethod
    def between(cls, then: date, now: date) -> "Shift":
        return cls((now - then).days, (now.year - then.year) * 12 + now.month - then.month)


@dataclass(frozen=True)
class Checked:
    """Rows that hold, in the types of their columns, and the faults of those that do not."""

    kind: Kind
    table: pl.DataFrame
    rejects: pl.DataFrame
    notes: list[str]


def check(kind: Kind, sheets: Sequence[Sheet], bank: Bank, shift: Shift | None) -> Checked:
    """All sheets of one kind of a delivery together, because a key may not come twice among them."""
    texts = pl.concat([sheet.table for sheet in sheets])
    notes = [note for sheet in sheets for note in sheet.notes]
    bad_types = _faults(texts, {(c.name, c.type.rule): _unfit(c) for c in kind.columns} | _missing(kind))
    table = _typed(kind, _without(texts, bad_types))
    if not (spelt := _respelt(kind, texts)).is_empty():
        notes.append(f"{kind.name}: {spelt.height} rows were brought to composed letters (NFC)")
    if shift is not None:
        table = table.with_columns(_shifted(kind, shift))
    broken = {(rule.column, rule.rule): rule.broken(bank) for rule in kind.rules}
    bad_rows = _faults(table, broken)
    table = _without(table, bad_rows)
    if kind.repeatable:
        once = table.unique(kind.names, keep="first", maintain_order=True)
        if once.height < table.height:
            notes.append(f"{kind.name}: {table.height - once.height} rows come again with equal content")
        table = once
    repeated = _faults(table, {(kind.key[0], "duplicate"): pl.struct(kind.key).is_duplicated()})
    table = _without(table, repeated)
    turned_away = pl.concat([*(sheet.rejects for sheet in sheets), bad_types, bad_rows, repeated])
    return Checked(kind, table, turned_away, notes)


def control_totals(kind: Kind, sheet: Sheet) -> Mapping[str, int]:
    """Minor units by currency, over all rows of a file; what is no amount counts nothing."""
    if kind.total is None:
        return {}
    amount = AMOUNT.value(pl.col(kind.total)).sum()
    sums = sheet.table.filter(pl.col("currency").is_not_null()).group_by("currency").agg(amount)
    return dict(sums.iter_rows())


def latest_as_of(sheets: Sequence[Sheet]) -> date | None:
    """The newest state among the loans, for a delivery whose manifest does not say."""
    days = [sheet.table.select(DAY.value(pl.col("as_of_date")).max()).item() for sheet in sheets]
    return max((day for day in days if day is not None), default=None)


def _unfit(column: Column) -> pl.Expr:
    text = pl.col(column.name)
    return text.is_not_null() & ~column.type.fits(text).fill_null(value=False)


def _missing(kind: Kind) -> dict[tuple[str, str], pl.Expr]:
    return {(c.name, "required"): pl.col(c.name).is_null() for c in kind.columns if c.required}


def _typed(kind: Kind, texts: pl.DataFrame) -> pl.DataFrame:
    values = [column.type.value(pl.col(column.name)).cast(column.type.dtype) for column in kind.columns]
    return texts.select(FILE, LINE, *values)


def _respelt(kind: Kind, texts: pl.DataFrame) -> pl.DataFrame:
    changed = [
        column.type.value(pl.col(column.name)) != pl.col(column.name)
        for column in kind.columns
        if column.type.rule == "text"
    ]
    return texts.filter(pl.any_horizontal(changed)) if changed else texts.clear()


def _shifted(kind: Kind, shift: Shift) -> list[pl.Expr]:
    days = [
        pl.col(column.name) + pl.duration(days=shift.days) for column in kind.columns if column.type is DAY
    ]
    months = [
        (pl.col(column.name) + "-01")
        .str.to_date("%Y-%m-%d")
        .dt.offset_by(f"{shift.months}mo")
        .dt.strftime("%Y-%m")
        for column in kind.columns
        if column.type is PERIOD
    ]
    return days + months


def _faults(table: pl.DataFrame, broken: Mapping[tuple[str, str], pl.Expr]) -> pl.DataFrame:
    """One line for each row and rule that is broken; a rule that cannot be told of a row is not broken."""
    if not broken:
        return rejects.none()
    verdicts = table.select(
        expression.fill_null(value=False).alias(str(number))
        for number, expression in enumerate(broken.values())
    )
    found = [
        table.filter(verdicts[str(number)]).select(
            *_WHERE,
            pl.lit(column).alias("column"),
            pl.lit(rule).alias("rule"),
            pl.col(column).cast(pl.String).alias("value"),
        )
        for number, (column, rule) in enumerate(broken)
        if verdicts[str(number)].any()
    ]
    return pl.concat(found) if found else rejects.none()


def _without(table: pl.DataFrame, faults: pl.DataFrame) -> pl.DataFrame:
    if faults.is_empty():
        return table
    return table.join(
        faults, left_on=[FILE, LINE], right_on=["file", "line"], how="anti", maintain_order="left"
    )
