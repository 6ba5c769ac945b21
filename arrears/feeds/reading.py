"""Files become tables of text with line numbers; what is no row of a table is turned away with its line."""

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

import polars as pl
from polars.exceptions import PolarsError

from arrears.feeds import rejects
from arrears.feeds.delivery import DeliveryRefused, Fault, File
from arrears.feeds.kinds import KINDS

LINE: Final = "_line"
FILE: Final = "_file"

_PLAIN: Final = (pl.String, pl.Date, pl.Boolean, pl.Null)
_A_QUOTED_FIELD: Final = r'"(?:[^"]|"")*"'
_A_LINE_WITH_QUOTES: Final = rf'^(?:{_A_QUOTED_FIELD}|[^",]*)(?:,(?:{_A_QUOTED_FIELD}|[^",]*))*$'


@dataclass(frozen=True)
class Sheet:
    """`table` holds text, one row a line; `rows` counts those that were turned away too."""

    file: File
    table: pl.DataFrame
    rejects: pl.DataFrame
    notes: list[str]
    rows: int
    content_hash: str


def read(file: File) -> Sheet:
    """Raises DeliveryRefused when the file as a whole is no table of its kind."""
    return _read_parquet(file) if file.is_parquet else _read_csv(file)


# ---- CSV -------------------------------------------------------------------------------------------------


def _read_csv(file: File) -> Sheet:
    data = file.data()
    content_hash = hashlib.sha256(data).hexdigest()
    notes: list[str] = []
    lines, unreadable = _lines(file, _normalised(file, data, notes))
    names = _header(file, lines.item(0, "text"))
    body = lines.slice(1)
    blank = body["text"].str.strip_chars(" \t") == ""
    if blank.any():
        notes.append(f"{file.name}: {blank.sum()} blank lines were skipped")
        body = body.filter(~blank)
    table, malformed = _split(file, body, names)
    turned_away = pl.concat([unreadable, malformed])
    return Sheet(
        file,
        _known(file, table),
        turned_away,
        notes,
        rows=table.height + turned_away.height,
        content_hash=content_hash,
    )


def _normalised(file: File, data: bytes, notes: list[str]) -> bytes:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise file.refused("is UTF-16 and must be UTF-8")
    if data.startswith(b"\xef\xbb\xbf"):
        data = data.removeprefix(b"\xef\xbb\xbf")
        notes.append(f"{file.name}: a byte order mark was taken off")
    if b"\r\n" in data:
        data = data.replace(b"\r\n", b"\n")
        notes.append(f"{file.name}: line ends CRLF were read as LF")
    if not data.strip():
        raise file.refused("has no header row")
    return data.removesuffix(b"\n")


def _lines(file: File, data: bytes) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All lines with their numbers, and those that are not UTF-8."""
    try:
        texts = data.decode().split("\n")
    except UnicodeDecodeError:
        return _line_by_line(file, data)
    return _numbered(range(1, len(texts) + 1), texts), rejects.none()


def _line_by_line(file: File, data: bytes) -> tuple[pl.DataFrame, pl.DataFrame]:
    numbers, texts, bad = [], [], []
    for number, line in enumerate(data.split(b"\n"), 1):
        try:
            texts.append(line.decode())
            numbers.append(number)
        except UnicodeDecodeError:
            if number == 1:
                raise file.refused("is not UTF-8") from None
            bad.append((file.name, number, "", "encoding", None))
    return _numbered(numbers, texts), pl.DataFrame(bad, schema=rejects.SCHEMA, orient="row")


def _numbered(numbers: Sequence[int], texts: list[str]) -> pl.DataFrame:
    return pl.DataFrame({LINE: numbers, "text": texts}, schema={LINE: pl.Int64, "text": pl.String})


def _header(file: File, line: str) -> list[str]:
    try:
        (names,) = csv.reader([line], strict=True)
    except (csv.Error, ValueError) as broken:
        raise file.refused(f"the header row cannot be read ({broken})") from broken
    _check_names(file, names)
    return names


def _check_names(file: File, names: list[str]) -> None:
    kind = KINDS[file.kind]
    faults = [
        Fault(
            "repeated_column",
            f"{file.name}: column {_shown(name)} comes {times} times",
            file.name,
            _shown(name),
        )
        for name, times in Counter(names).items()
        if times > 1
    ]
    for name in names:
        if name not in kind.names and not name.startswith("x_"):
            near = get_close_matches(name, kind.names, n=1)
            hint = f", did you mean {near[0]}?" if near else " (columns of your own begin with x_)"
            told = f"{file.name}: unknown column {_shown(name)}{hint}"
            faults.append(Fault("unknown_column", told, file.name, _shown(name)))
    faults += [
        Fault("missing_column", f"{file.name}: column {column.name} is missing", file.name, column.name)
        for column in kind.columns
        if column.required and column.name not in names
    ]
    if faults:
        raise DeliveryRefused(*faults)


def _shown(name: str) -> str:
    """A file without a header has a person's data in its first line, which is not repeated here."""
    return name if re.fullmatch(r"[a-z][a-z_]{0,39}", name) else rejects.masked(name)


def _split(file: File, body: pl.DataFrame, names: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Lines into fields. How many fields there are is counted first: the parser would fill up what is missing."""
    quoted = pl.col("text").str.contains('"', literal=True)
    bare = pl.when(quoted).then(pl.col("text").str.replace_all(_A_QUOTED_FIELD, "")).otherwise(pl.col("text"))
    body = body.with_columns(
        bad_quotes=quoted & ~pl.col("text").str.contains(_A_LINE_WITH_QUOTES),
        fields=bare.str.count_matches(",", literal=True) + 1,
    )
    bad = body.filter(pl.col("bad_quotes") | (pl.col("fields") != len(names)))
    good = body.filter(~pl.col("bad_quotes") & (pl.col("fields") == len(names)))
    malformed = bad.select(
        file=pl.lit(file.name),
        line=pl.col(LINE),
        column=pl.lit(""),
        rule=pl.when("bad_quotes").then(pl.lit("quotes")).otherwise(pl.lit("fields")),
        value=pl.lit(None, dtype=pl.String),
    )
    return _parsed(file, good, names), malformed


def _parsed(file: File, lines: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    if lines.is_empty():
        return pl.DataFrame(schema={**dict.fromkeys(names, pl.String), LINE: pl.Int64})
    table = pl.read_csv(
        io.BytesIO("\n".join(lines["text"]).encode()),
        has_header=False,
        schema=dict.fromkeys(names, pl.String),
        extra_columns="raise",
        missing_columns="raise",
    )
    if table.height != lines.height:
        raise file.refused(f"cannot be read: {lines.height} lines gave {table.height} rows")
    return table.with_columns(pl.col(pl.String).replace("", None), lines[LINE])


# ---- Parquet ---------------------------------------------------------------------------------------------


def _read_parquet(file: File) -> Sheet:
    """The same strictness: a typed column is written as text, so that 12.0 for an amount is refused as 12.0."""
    data = file.data()
    try:
        table = pl.read_parquet(io.BytesIO(data))
    except (PolarsError, OSError) as broken:
        reason = re.sub(r"\s+", " ", str(broken))[:200]
        raise file.refused(f"cannot be read as Parquet ({reason})") from broken
    _check_names(file, table.columns)
    odd = [
        name
        for name, kind in table.schema.items()
        if not (kind in _PLAIN or kind.is_numeric() or kind == pl.Datetime)
    ]
    if odd:
        raise file.refused(f"has columns of a type that is no text, number or day: {', '.join(odd)}")
    texts = [
        pl.col(name).cast(pl.Int8).cast(pl.String) if kind == pl.Boolean else pl.col(name).cast(pl.String)
        for name, kind in table.schema.items()
    ]
    # Row 1 of a CSV file is its header, so that the first row of data is line 2 everywhere.
    numbered = table.select(texts).with_columns(
        pl.col(pl.String).replace("", None), pl.int_range(2, table.height + 2, dtype=pl.Int64).alias(LINE)
    )
    return Sheet(
        file, _known(file, numbered), rejects.none(), [], table.height, hashlib.sha256(data).hexdigest()
    )


def _known(file: File, table: pl.DataFrame) -> pl.DataFrame:
    """The columns of the kind in its order; what is not there is null, what is the sender's own is dropped."""
    return table.select(
        pl.lit(file.name).alias(FILE),
        LINE,
        *(
            pl.col(name) if name in table.columns else pl.lit(None, dtype=pl.String).alias(name)
            for name in KINDS[file.kind].names
        ),
    )
