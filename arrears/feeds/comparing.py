"""What of a delivery is new to the store, what changes it, and what contradicts it."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import polars as pl
from sqlalchemy import Connection, select

from arrears.feeds import rejects
from arrears.feeds.kinds import LOANS
from arrears.feeds.reading import FILE, LINE
from arrears.store.intents import PaymentIn, content_hashes
from arrears.store.tables import loans

CHUNK: Final = 5_000


class State(StrEnum):
    """How a loan of the delivery stands to the one in the store."""

    NEW = "new"
    RESTATED = "restated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Compared:
    table: pl.DataFrame
    rejects: pl.DataFrame


def chunks(table: pl.DataFrame, size: int = CHUNK) -> Iterator[pl.DataFrame]:
    yield from (table.slice(start, size) for start in range(0, table.height, size))


def compare_loans(connection: Connection, loans_in: pl.DataFrame) -> Compared:
    """Adds `content_hash` and `state`; turns away what goes back in time or changes hands."""
    table = loans_in.with_columns(content_hash=_hashes(loans_in.select(LOANS.names)))
    known = pl.concat(
        [_known_loans(connection, chunk["loan_id"].to_list()) for chunk in chunks(table)] or [_NONE]
    )
    both = table.join(known, on="loan_id", how="left", maintain_order="left")
    as_of, was = pl.col("as_of_date"), pl.col("known_as_of")
    same = pl.col("content_hash") == pl.col("known_hash")
    fault = (
        pl.when(pl.col("borrower_id") != pl.col("known_borrower"))
        .then(pl.lit("borrower_id other_borrower"))
        .when(as_of < was)
        .then(pl.lit("as_of_date earlier_state"))
        .when((as_of == was) & ~same)
        .then(pl.lit("as_of_date other_state_of_the_day"))
    )
    state = (
        pl.when(was.is_null())
        .then(pl.lit(State.NEW.value))
        .when(as_of == was)
        .then(pl.lit(State.UNCHANGED.value))
        .otherwise(pl.lit(State.RESTATED.value))
    )
    judged = both.with_columns(_fault=fault, state=state)
    bad = judged.filter(pl.col("_fault").is_not_null())
    good = judged.filter(pl.col("_fault").is_null()).select(*table.columns, "state")
    return Compared(good, _contradictions(bad))


_NONE: Final = pl.DataFrame(
    schema={
        "loan_id": pl.String,
        "known_borrower": pl.String,
        "known_as_of": pl.Date,
        "known_hash": pl.String,
    }
)


def _known_loans(connection: Connection, loan_ids: list[str]) -> pl.DataFrame:
    rows = connection.execute(
        select(loans.c.loan_id, loans.c.borrower_id, loans.c.as_of_date, loans.c.content_hash).where(
            loans.c.loan_id.in_(loan_ids)
        )
    )
    return pl.DataFrame([tuple(row) for row in rows], schema=_NONE.schema, orient="row")


def _hashes(table: pl.DataFrame) -> pl.Series:
    """sha256 over all values of a row, each ended by a sign that no field can hold."""
    joined = table.select(
        pl.concat_str(
            [pl.col(name).cast(pl.String).fill_null("") for name in table.columns], separator="\x1f"
        )
    ).to_series()
    return pl.Series([hashlib.sha256(row.encode()).hexdigest() for row in joined], dtype=pl.String)


def _contradictions(bad: pl.DataFrame) -> pl.DataFrame:
    column, rule = (pl.col("_fault").str.split(" ").list.get(part) for part in (0, 1))
    return bad.select(
        file=pl.col(FILE),
        line=pl.col(LINE),
        column=column,
        rule=rule,
        value=pl.when(column == "borrower_id")
        .then("borrower_id")
        .otherwise(pl.col("as_of_date").cast(pl.String)),
    )


def compare_payments(connection: Connection, table: pl.DataFrame) -> Compared:
    """Turns away a payment that is kept with other content; an equal one stays and is found again when posted."""
    bad: list[tuple[Any, ...]] = []
    for chunk in chunks(table):
        kept = content_hashes(connection, chunk["payment_id"].to_list())
        if not kept:
            continue
        again = chunk.filter(pl.col("payment_id").is_in(list(kept)))
        bad += [
            (file, line, "payment_id", "other_content", payment.payment_id)
            for payment, file, line in zip(as_payments(again), again[FILE], again[LINE], strict=True)
            if payment.content_hash != kept[payment.payment_id]
        ]
    turned_away = pl.DataFrame(bad, schema=rejects.SCHEMA, orient="row")
    good = table.join(
        turned_away, left_on=[FILE, LINE], right_on=["file", "line"], how="anti", maintain_order="left"
    )
    return Compared(good, turned_away)


def as_payments(table: pl.DataFrame) -> Sequence[PaymentIn]:
    names = [name for name in table.columns if name not in (FILE, LINE)]
    rows = table.select(names).with_columns(pl.col("provisional").fill_null(value=False))
    return [PaymentIn(**row) for row in rows.iter_rows(named=True)]
