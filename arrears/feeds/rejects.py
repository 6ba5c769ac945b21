"""Rows that were turned away: where, why, and what their value looked like."""

import csv
import os
import re
from pathlib import Path
from typing import Final

import polars as pl

SCHEMA: Final = {
    "file": pl.String,
    "line": pl.Int64,
    "column": pl.String,
    "rule": pl.String,
    "value": pl.String,
}
_SHOWN: Final = 40


def none() -> pl.DataFrame:
    return pl.DataFrame(schema=SCHEMA)


def rows_in(rejects: pl.DataFrame) -> int:
    """A row with three faults is one rejected row."""
    return rejects.select("file", "line").n_unique()


def masked(value: str | None) -> str:
    """The shape of a value and not the value: `13.5e2` is `99.9x9`, which shows the sender what is wrong."""
    if value is None:
        return ""
    shape = re.sub(r"[^\W\d_]", "x", re.sub(r"\d", "9", value[:_SHOWN]))
    shape = "".join(sign if sign.isprintable() else "?" for sign in shape)
    return shape + "…" if len(value) > _SHOWN else shape


def write(rejects: pl.DataFrame, *, to: Path) -> None:
    """The whole file or the one before it, never half of it."""
    to.parent.mkdir(parents=True, exist_ok=True)
    half = to.with_name(f".{to.name}.{os.getpid()}")
    with half.open("w", encoding="utf-8", newline="") as out:
        lines = csv.writer(out, lineterminator="\n")
        lines.writerow(SCHEMA)
        for file, line, column, rule, value in rejects.sort("file", "line", maintain_order=True).iter_rows():
            lines.writerow((file, line, column, rule, masked(value)))
    half.replace(to)
