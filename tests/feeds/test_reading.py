"""Lines become fields as RFC 4180 says, whatever stands in them."""

import csv
import io
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from arrears.feeds.delivery import File
from arrears.feeds.kinds import KINDS
from arrears.feeds.reading import LINE, Sheet, read

NAMES = KINDS["borrowers"].names
FIELD = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=12)


def _read(data: bytes) -> Sheet:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "borrowers.csv"
        path.write_bytes(data)
        return read(File(path, "borrowers"))


def _written(rows: list[list[str]], quoting: int, end: str) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=quoting, lineterminator=end).writerows([NAMES, *rows])  # type: ignore[arg-type]
    return out.getvalue()


@given(
    rows=st.lists(st.lists(FIELD, min_size=len(NAMES), max_size=len(NAMES)), max_size=6),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\n", "\r\n"]),
    mark=st.sampled_from([b"", b"\xef\xbb\xbf"]),
)
@settings(max_examples=150)
def test_what_was_written_is_read(rows: list[list[str]], quoting: int, end: str, mark: bytes) -> None:
    sheet = _read(mark + _written(rows, quoting, end).encode())
    assert sheet.table.select(NAMES).rows() == [tuple(field or None for field in row) for row in rows]
    assert sheet.table[LINE].to_list() == list(range(2, len(rows) + 2))
    assert (sheet.rows, sheet.rejects.height) == (len(rows), 0)


@given(junk=st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=8))
@settings(max_examples=150)
def test_every_line_is_a_row_a_reject_or_blank(junk: list[str]) -> None:
    body = "\n".join(junk)
    sheet = _read((",".join(NAMES) + "\n" + body).encode())
    text = body.replace("\r\n", "\n")
    lines = text.removesuffix("\n").split("\n") if text else []
    told = {*sheet.table[LINE], *sheet.rejects["line"]}
    blank = {number for number, line in enumerate(lines, 2) if not line.strip(" \t")}
    assert told | blank >= set(range(2, len(lines) + 2))
    assert not told & blank
    assert sheet.rows == len(told)


@given(data=st.binary(max_size=80))
@settings(max_examples=150)
def test_no_bytes_are_too_strange(data: bytes) -> None:
    head = (",".join(NAMES) + "\n").encode()
    sheet = _read(head + data)
    assert sheet.rows == sheet.table.height + sheet.rejects.height
    assert all(rule in {"fields", "quotes", "encoding"} for rule in sheet.rejects["rule"])
