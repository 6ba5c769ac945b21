"""Each rule of the format: a row that breaks it is named by file, line, column and rule, and nothing is loaded."""

import gzip
import io
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlalchemy import func, select

from arrears.feeds.importing import Verdict
from arrears.feeds.kinds import KINDS, RULES
from arrears.store.tables import (
    borrowers,
    contact_points,
    deliveries,
    ledger_closings,
    loans,
    messages,
    parties,
    payments,
    statements,
)
from tests.feeds.deliveries import (
    Desk,
    a_borrower,
    a_contact,
    a_loan,
    a_month,
    a_party,
    a_payment,
    put_manifest,
    text_of,
)

GOOD = {
    "loans": a_loan,
    "borrowers": a_borrower,
    "contacts": a_contact,
    "parties": a_party,
    "payments": a_payment,
    "history": a_month,
}

# kind, what is changed in a good row, the column and the rule of the reject
BAD_ROWS: list[tuple[str, dict[str, str], str, str]] = [
    # ids
    ("loans", {"loan_id": ""}, "loan_id", "required"),
    ("loans", {"loan_id": "L 1"}, "loan_id", "id"),
    ("loans", {"loan_id": "L/1"}, "loan_id", "id"),
    ("loans", {"loan_id": "贷1"}, "loan_id", "id"),
    ("loans", {"loan_id": "L１"}, "loan_id", "id"),
    ("loans", {"loan_id": "L" * 49}, "loan_id", "id"),
    ("loans", {"loan_id": "L1\t"}, "loan_id", "id"),
    ("loans", {"loan_id": "4111111111111111"}, "loan_id", "card_number"),
    ("loans", {"loan_id": "6222020000000000000"}, "loan_id", "card_number"),
    ("loans", {"loan_id": "11010519491231002X"}, "loan_id", "identity_number"),
    ("loans", {"loan_id": "11010519491231002x"}, "loan_id", "identity_number"),
    ("loans", {"borrower_id": "B;1"}, "borrower_id", "id"),
    # amounts
    *(
        ("loans", {"balance_minor": value}, "balance_minor", "amount")
        for value in (
            "5000000.00",
            "5000000.",
            "1,000",
            "1 000",
            "+5",
            "-5",
            "1e6",
            "1E6",
            "1_000",
            "0x10",
            "NaN",
            "inf",
            "五",
            "１２",
            "٣",
            "¥5",
            "5 ",
            " 5",
            "123456789012345",
            "10000000000001",
            "null",
            "-",
            "''",
        )
    ),
    ("loans", {"balance_minor": ""}, "balance_minor", "required"),
    ("loans", {"overdue_minor": ""}, "overdue_minor", "required"),
    ("loans", {"overdue_minor": "5000001"}, "overdue_minor", "more_than_balance"),
    ("loans", {"limit_minor": "1.5"}, "limit_minor", "amount"),
    ("loans", {"instalment_minor": "-1"}, "instalment_minor", "amount"),
    ("payments", {"amount_minor": "0"}, "amount_minor", "not_positive"),
    ("payments", {"amount_minor": "-100"}, "amount_minor", "amount"),
    ("payments", {"amount_minor": "100.0"}, "amount_minor", "amount"),
    ("history", {"bill_minor": "1.0"}, "bill_minor", "signed_amount"),
    ("history", {"bill_minor": "--1"}, "bill_minor", "signed_amount"),
    ("history", {"paid_minor": "-1"}, "paid_minor", "amount"),
    ("history", {"months_overdue": "-3"}, "months_overdue", "whole_number"),
    ("history", {"months_overdue": "1.0"}, "months_overdue", "whole_number"),
    # days
    *(
        ("loans", {"as_of_date": value}, "as_of_date", "date")
        for value in (
            "2026-02-30",
            "30/09/2026",
            "2026/09/30",
            "20260930",
            "2026-W01-1",
            "2026-9-30",
            "46000",
            "0001-01-01",
            "9999-12-31",
            "2026-09-30T00:00:00",
            "2026-09-30 ",
            "today",
        )
    ),
    ("loans", {"as_of_date": ""}, "as_of_date", "required"),
    ("loans", {"as_of_date": "2026-10-13"}, "as_of_date", "in_the_future"),
    ("loans", {"first_overdue_on": ""}, "first_overdue_on", "overdue_without_day"),
    ("loans", {"overdue_minor": "0"}, "first_overdue_on", "day_without_overdue"),
    ("loans", {"first_overdue_on": "2026-10-11"}, "first_overdue_on", "after_state"),
    ("loans", {"first_overdue_on": "2026-13-01"}, "first_overdue_on", "date"),
    ("loans", {"last_payment_on": "gestern"}, "last_payment_on", "date"),
    ("loans", {"disbursed_on": "2024-1-15"}, "disbursed_on", "date"),
    ("loans", {"last_instalment_due_on": "N/A"}, "last_instalment_due_on", "date"),
    ("payments", {"booked_on": "2026-10-13"}, "booked_on", "in_the_future"),
    ("payments", {"value_on": ""}, "value_on", "required"),
    ("history", {"period": "2026-13"}, "period", "period"),
    ("history", {"period": "2026-9"}, "period", "period"),
    ("history", {"period_end": "2026-09-31"}, "period_end", "date"),
    # words of the format
    ("loans", {"product": "leasing"}, "product", "one_of"),
    ("loans", {"product": "Term_Loan"}, "product", "one_of"),
    ("loans", {"status": "frozen"}, "status", "one_of"),
    ("loans", {"status": ""}, "status", "required"),
    ("loans", {"currency": "EUR"}, "currency", "currency_of_pack"),
    ("loans", {"currency": "cny"}, "currency", "currency"),
    ("loans", {"currency": "RMB"}, "currency", "currency_of_pack"),
    ("loans", {"contract_no": "x" * 65}, "contract_no", "text"),
    ("payments", {"currency": "USD"}, "currency", "currency_of_pack"),
    ("payments", {"channel": "cheque"}, "channel", "one_of"),
    ("payments", {"kind": "refund"}, "kind", "one_of"),
    ("payments", {"kind": "reversal"}, "reverses_payment_id", "reverses_nothing"),
    ("payments", {"reverses_payment_id": "P0"}, "reverses_payment_id", "not_a_reversal"),
    ("payments", {"provisional": "yes"}, "provisional", "flag"),
    ("payments", {"reversal_reason": "no_funds"}, "reversal_reason", "not_a_reversal"),
    (
        "payments",
        {"kind": "reversal", "reverses_payment_id": "P1", "reversal_reason": "bad luck"},
        "reversal_reason",
        "one_of",
    ),
    ("payments", {"designation": "my loan"}, "designation", "id"),
    ("parties", {"role": "friend"}, "role", "one_of"),
    ("parties", {"guarantee_kind": "half"}, "guarantee_kind", "one_of"),
    ("parties", {"role": "heir"}, "guarantee_kind", "not_a_guarantor"),
    ("parties", {"guarantee_demanded_on": "2027-01-01"}, "guarantee_demanded_on", "in_the_future"),
    # people
    ("borrowers", {"kind": "company"}, "kind", "one_of"),
    ("borrowers", {"name": ""}, "name", "required"),
    ("borrowers", {"name": "  "}, "name", "text"),
    ("borrowers", {"name": "12345"}, "name", "no_letter"),
    ("borrowers", {"name": "张" * 201}, "name", "text"),
    ("borrowers", {"name": "张\u200b三"}, "name", "text"),
    ("borrowers", {"name": "张\u202e三"}, "name", "text"),
    ("borrowers", {"name": "张\x00三"}, "name", "text"),
    ("borrowers", {"name": "张\x1b[31m三"}, "name", "text"),
    ("borrowers", {"id_kind": "cn_id", "id_number": "110105194912310021"}, "id_number", "id_check"),
    ("borrowers", {"id_kind": "cn_id", "id_number": "110105491231002"}, "id_number", "id_check"),
    ("borrowers", {"id_kind": "cn_id", "id_number": "110105194913310020"}, "id_number", "id_check"),
    ("borrowers", {"id_kind": "cn_uscc", "id_number": "91350100M000100Y44"}, "id_number", "id_check"),
    ("borrowers", {"id_kind": "tw_id", "id_number": "A123456780"}, "id_number", "id_check"),
    ("borrowers", {"id_kind": "passport", "id_number": "E 12"}, "id_number", "id_number"),
    ("borrowers", {"id_kind": "cn_id"}, "id_number", "kind_without_number"),
    ("borrowers", {"id_number": "E1234567"}, "id_kind", "number_without_kind"),
    ("borrowers", {"id_kind": "hukou", "id_number": "E1234567"}, "id_kind", "one_of"),
    ("borrowers", {"born_on": "2026-10-13"}, "born_on", "in_the_future"),
    ("borrowers", {"language": "中文"}, "language", "language"),
    ("borrowers", {"service_address_agreed": "2"}, "service_address_agreed", "flag"),
    # ways to reach them
    ("contacts", {"channel": "fax"}, "channel", "one_of"),
    ("contacts", {"address": ""}, "address", "required"),
    ("contacts", {"address": "one two"}, "address", "not_an_address"),
    ("contacts", {"channel": "email", "address": "nobody"}, "address", "not_an_address"),
    ("contacts", {"channel": "email", "address": "a b@example.invalid"}, "address", "not_an_address"),
    ("contacts", {"timezone": "GMT+8"}, "timezone", "timezone"),
    ("contacts", {"timezone": "Asia/Peking"}, "timezone", "timezone"),
    ("contacts", {"allowed_from": "9:00"}, "allowed_from", "time_of_day"),
    ("contacts", {"allowed_to": "24:00"}, "allowed_to", "time_of_day"),
    ("contacts", {"allowed_to": "20:60"}, "allowed_to", "time_of_day"),
    ("contacts", {"allowed_to": ""}, "allowed_to", "half_a_window"),
    ("contacts", {"allowed_from": "20:00"}, "allowed_to", "window_order"),
    ("contacts", {"preferred": "true"}, "preferred", "flag"),
    ("contacts", {"do_not_contact": "N"}, "do_not_contact", "flag"),
    ("contacts", {"language": "x"}, "language", "language"),
]


TABLES = {
    "loans": loans,
    "borrowers": borrowers,
    "contacts": contact_points,
    "parties": parties,
    "payments": payments,
    "history": statements,
}


def _nothing_is_there(desk: Desk) -> None:
    with desk.store.reading() as connection:
        for table in (*TABLES.values(), messages, deliveries):
            assert connection.execute(select(func.count()).select_from(table)).scalar() == 0, table.name


ODD_BUT_RIGHT: list[tuple[str, dict[str, str]]] = [
    ("loans", {"loan_id": "4111111111111112"}),
    ("loans", {"loan_id": "110105194912310021"}),
    ("loans", {"loan_id": "_-aZ09"}),
    ("loans", {"overdue_minor": "0", "first_overdue_on": ""}),
    ("loans", {"overdue_minor": "5000000"}),
    ("loans", {"balance_minor": "10000000000000"}),
    ("loans", {"first_overdue_on": "2026-10-10"}),
    ("loans", {"as_of_date": "2026-10-12"}),
    ("payments", {"booked_on": "2026-10-12"}),
    ("payments", {"kind": "reversal", "reverses_payment_id": "P1"}),
    ("payments", {"kind": "reversal", "reverses_payment_id": "P1", "reversal_reason": "bank_error"}),
    ("payments", {"provisional": "1", "designation": "L1"}),
    ("borrowers", {"id_kind": "cn_id", "id_number": "11010519491231002x"}),
    ("borrowers", {"id_kind": "cn_uscc", "id_number": "91350100M000100Y43", "kind": "enterprise"}),
    ("borrowers", {"id_kind": "tw_id", "id_number": "A123456789"}),
    ("borrowers", {"id_kind": "passport", "id_number": "E1234567"}),
    ("borrowers", {"name": "王"}),
    ("borrowers", {"name": "买买提·吐尔逊"}),
    ("borrowers", {"name": "𠮷野家"}),
    ("borrowers", {"name": '{{7*7}} <b>O\'Brien</b>, "Ann"'}),
    ("contacts", {"channel": "post", "address": "示例市不存在路1号, 101室"}),
    ("contacts", {"channel": "email", "address": "b1@example.invalid"}),
    ("contacts", {"allowed_from": "", "allowed_to": "", "timezone": "", "language": ""}),
    ("parties", {"role": "heir", "guarantee_kind": "", "guarantee_until": ""}),
    ("history", {"months_overdue": "-2", "bill_minor": "-500"}),
]


def _row(kind: str, number: int, changed: dict[str, str]) -> dict[str, str]:
    """A right row with a key of its own, and then the change."""
    key = {
        "loans": {"loan_id": f"L{number}", "borrower_id": f"B{number}", "contract_no": ""},
        "borrowers": {"borrower_id": f"B{number}"},
        "contacts": {"borrower_id": f"B{number}"},
        "parties": {"loan_id": f"L{number}"},
        "payments": {"payment_id": f"P{number}"},
        "history": {"loan_id": f"L{number}"},
    }[kind]
    return GOOD[kind](**key | changed)


@pytest.mark.parametrize("kind", GOOD)
def test_every_bad_row_is_named_and_nothing_is_loaded(sqlite_desk: Desk, kind: str) -> None:
    bad = [(changed, column, rule) for of, changed, column, rule in BAD_ROWS if of == kind]
    rows = [_row(kind, number, changed) for number, (changed, _, _) in enumerate(bad)]
    # The first and the last row are right: line 1 is the header, the first bad row is line 3.
    files = {name: [row()] for name, row in GOOD.items()} | {
        kind: [_row(kind, 998, {}), *rows, _row(kind, 999, {})]
    }
    outcome = sqlite_desk.bring(**files)
    assert outcome.verdict is Verdict.REFUSED
    assert [reject[:4] for reject in sqlite_desk.rejected()] == [
        [f"{kind}.csv", str(line), column, rule] for line, (_, column, rule) in enumerate(bad, 3)
    ]
    assert outcome.rejected[kind] == len(bad)
    _nothing_is_there(sqlite_desk)


def test_every_rule_has_a_sentence_and_a_row_that_breaks_it() -> None:
    tried = {(kind, column, rule) for kind, _, column, rule in BAD_ROWS}
    for kind in KINDS.values():
        for rule in kind.rules:
            assert rule.rule in RULES
            assert (kind.name, rule.column, rule.rule) in tried
        for column in kind.columns:
            assert column.type.rule in RULES


@pytest.mark.parametrize("kind", GOOD)
def test_odd_but_right_rows_hold(desk: Desk, kind: str) -> None:
    odd = [{}, *(changed for of, changed in ODD_BUT_RIGHT if of == kind)]
    outcome = desk.bring(**{kind: [_row(kind, number, changed) for number, changed in enumerate(odd)]})
    assert (outcome.verdict, desk.rejected()) == (Verdict.LOADED, [])
    with desk.store.reading() as connection:
        assert connection.execute(select(func.count()).select_from(TABLES[kind])).scalar() == len(odd)


@pytest.mark.parametrize("kind", GOOD)
def test_a_key_that_comes_twice_turns_both_rows_away(sqlite_desk: Desk, kind: str) -> None:
    other = {"language": "en"} if kind in ("borrowers", "contacts") else {}
    other |= (
        {"contract_no": "other"} if kind == "loans" else {"amount_minor": "7"} if kind == "payments" else {}
    )
    outcome = sqlite_desk.bring(**{kind: [GOOD[kind](), GOOD[kind](**other)]})
    assert outcome.verdict is Verdict.REFUSED
    key = KINDS[kind].key[0]
    assert [row[:4] for row in sqlite_desk.rejected()] == [
        [f"{kind}.csv", line, key, "duplicate"] for line in ("2", "3")
    ]


def test_a_key_may_not_come_twice_in_two_files_either(sqlite_desk: Desk) -> None:
    outcome = sqlite_desk.bring(**{"loans-1": [a_loan()], "loans-2": [a_loan()]})
    assert outcome.verdict is Verdict.REFUSED
    assert [row[:3] for row in sqlite_desk.rejected()] == [
        ["loans-1.csv", "2", "loan_id"],
        ["loans-2.csv", "2", "loan_id"],
    ]


def test_an_equal_payment_twice_in_one_delivery_is_one_payment(sqlite_desk: Desk) -> None:
    outcome = sqlite_desk.bring(loans=[a_loan()], payments=[a_payment(), a_payment()])
    assert outcome.verdict is Verdict.LOADED
    assert outcome.notes == ["payments: 1 rows come again with equal content"]
    assert outcome.loaded is not None
    assert sum(outcome.loaded.payments.values()) == 1


# ---- lines -----------------------------------------------------------------------------------------------

LINE_OF = text_of([a_borrower()]).splitlines()[1]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (LINE_OF + ",extra", "fields"),
        (LINE_OF.rpartition(",")[0], "fields"),
        ("BL1", "fields"),
        (LINE_OF.replace("示例市", '示例"市'), "quotes"),
        (LINE_OF.replace("示例市", '"示例市'), "quotes"),
        (LINE_OF.replace("样例·小满", '"样例·小满"x'), "quotes"),
    ],
)
def test_a_line_that_is_no_row_is_named(sqlite_desk: Desk, line: str, rule: str) -> None:
    head = text_of([a_borrower("BL0")])
    outcome = sqlite_desk.bring(borrowers=head + line + "\n" + LINE_OF.replace("BL1", "BL2") + "\n")
    assert outcome.verdict is Verdict.REFUSED
    assert [row[:4] for row in sqlite_desk.rejected()] == [["borrowers.csv", "3", "", rule]]
    assert (outcome.rows["borrowers"], outcome.rejected["borrowers"]) == (3, 1)


def test_a_line_break_inside_quotes_is_two_lines_that_are_no_rows(sqlite_desk: Desk) -> None:
    text = text_of([a_borrower("BL0"), a_borrower(address="two\nlines"), a_borrower("BL2")])
    outcome = sqlite_desk.bring(borrowers=text)
    assert [row[1:4] for row in sqlite_desk.rejected()] == [["3", "", "quotes"], ["4", "", "quotes"]]
    assert outcome.verdict is Verdict.REFUSED


def test_a_line_that_is_not_utf8_is_named_and_the_others_are_read(sqlite_desk: Desk) -> None:
    good = text_of([a_borrower("BL0"), a_borrower("BL2")]).encode()
    head, first, second = good.splitlines(keepends=True)
    outcome = sqlite_desk.bring(borrowers=head + first + LINE_OF.encode("gb18030") + b"\n" + second)
    assert [row[:4] for row in sqlite_desk.rejected()] == [["borrowers.csv", "3", "", "encoding"]]
    assert outcome.rows["borrowers"] == 3


def test_marks_and_line_ends_of_other_systems_are_taken_off_and_noted(sqlite_desk: Desk) -> None:
    text = text_of([a_borrower(), a_borrower("BL2")]).replace("\n", "\r\n")
    outcome = sqlite_desk.bring(borrowers=b"\xef\xbb\xbf" + text.encode() + b"\r\n\r\n")
    assert outcome.verdict is Verdict.LOADED
    assert outcome.notes == [
        "borrowers.csv: a byte order mark was taken off",
        "borrowers.csv: line ends CRLF were read as LF",
        "borrowers.csv: 2 blank lines were skipped",
    ]
    assert outcome.rows["borrowers"] == 2


def test_composed_letters_have_one_spelling(sqlite_desk: Desk) -> None:
    outcome = sqlite_desk.bring(borrowers=[a_borrower(name="Ame\u0301lie")])
    assert outcome.notes == ["borrowers: 1 rows were brought to composed letters (NFC)"]
    with sqlite_desk.store.reading() as connection:
        assert connection.execute(select(borrowers.c.name)).scalar() == "Am\u00e9lie"


def test_quoted_fields_may_hold_commas_and_quotes(sqlite_desk: Desk) -> None:
    sqlite_desk.bring(borrowers=[a_borrower(name='Ann "A", B', address="1, Road")])
    with sqlite_desk.store.reading() as connection:
        row = connection.execute(select(borrowers.c.name, borrowers.c.address)).one()
    assert tuple(row) == ('Ann "A", B', "1, Road")


def test_an_empty_quoted_field_is_empty(sqlite_desk: Desk) -> None:
    line = LINE_OF.replace("1990-02-28", '""')
    assert sqlite_desk.bring(borrowers=text_of([a_borrower("BL0")]) + line + "\n").verdict is Verdict.LOADED
    with sqlite_desk.store.reading() as connection:
        born = select(borrowers.c.born_on).where(borrowers.c.borrower_id == "BL1")
        assert connection.execute(born).scalar() is None


# ---- whole files -----------------------------------------------------------------------------------------


def _refused(desk: Desk, **files: Any) -> str:
    outcome = desk.bring(**files)
    assert outcome.verdict is Verdict.REFUSED
    _nothing_is_there(desk)
    assert desk.rejected()
    return "; ".join(fault.text for fault in outcome.faults)


def test_an_unknown_column_names_the_nearest(sqlite_desk: Desk) -> None:
    text = text_of([a_loan()]).replace("overdue_minor", "overdue_minr")
    assert _refused(sqlite_desk, loans=text) == (
        "loans.csv: unknown column overdue_minr, did you mean overdue_minor?; "
        "loans.csv: column overdue_minor is missing"
    )
    assert [row[:4] for row in sqlite_desk.rejected()] == [
        ["loans.csv", "1", "overdue_minr", "unknown_column"],
        ["loans.csv", "1", "overdue_minor", "missing_column"],
    ]


def test_a_column_of_the_senders_own_is_left_alone(sqlite_desk: Desk) -> None:
    assert sqlite_desk.bring(loans=[a_loan() | {"x_branch": "0755"}]).verdict is Verdict.LOADED


def test_a_column_that_may_be_empty_may_be_left_out(sqlite_desk: Desk) -> None:
    needed = [column.name for column in KINDS["loans"].columns if column.required] + ["first_overdue_on"]
    row = {name: value for name, value in a_loan().items() if name in needed}
    assert sqlite_desk.bring(loans=[row]).verdict is Verdict.LOADED


def test_a_column_that_comes_twice_is_refused(sqlite_desk: Desk) -> None:
    text = text_of([a_loan()]).replace("limit_minor", "status", 1)
    assert "loans.csv: column status comes 2 times" in _refused(sqlite_desk, loans=text)


def test_a_file_without_a_header_shows_nothing_of_its_first_row(sqlite_desk: Desk) -> None:
    told = _refused(sqlite_desk, borrowers=LINE_OF + "\n")
    out = sqlite_desk.rejects.read_text("utf-8")
    assert "unknown column" in told
    for secret in ("小满", "1990", "示例市"):
        assert secret not in told
        assert secret not in out


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
def test_an_empty_file_is_refused(sqlite_desk: Desk, content: str) -> None:
    assert _refused(sqlite_desk, loans=content) == "loans.csv: has no header row"


def test_a_file_with_a_header_alone_has_no_rows(sqlite_desk: Desk) -> None:
    outcome = sqlite_desk.bring(loans=text_of([a_loan()]).splitlines()[0] + "\n")
    assert (outcome.verdict, outcome.rows["loans"]) == (Verdict.LOADED, 0)


def test_utf16_is_refused(sqlite_desk: Desk) -> None:
    assert (
        _refused(sqlite_desk, loans=text_of([a_loan()]).encode("utf-16"))
        == "loans.csv: is UTF-16 and must be UTF-8"
    )


def test_a_header_that_is_not_utf8_is_refused(sqlite_desk: Desk) -> None:
    assert _refused(sqlite_desk, loans="贷款\n".encode("gb18030")) == "loans.csv: is not UTF-8"


def test_a_kind_of_file_that_is_unknown_names_the_nearest(sqlite_desk: Desk) -> None:
    told = _refused(sqlite_desk, loan=[a_loan()])
    assert told == "loan.csv: unknown kind of file loan, did you mean loans?"


def test_the_kind_of_a_file_ends_at_the_first_dot_or_dash(sqlite_desk: Desk) -> None:
    packed = gzip.compress(text_of([a_loan()]).encode())
    folder = sqlite_desk.folder / "in"
    folder.mkdir(parents=True)
    (folder / "loans-2026-01-05.v2.csv.gz").write_bytes(packed)
    (folder / "notes.txt").write_text("read me")
    outcome = sqlite_desk.load()
    assert (outcome.verdict, outcome.rows["loans"]) == (Verdict.LOADED, 1)
    assert outcome.notes == ["notes.txt is no CSV, CSV.gz or Parquet file and was left alone"]


@pytest.mark.parametrize(
    "spoil", [lambda packed: packed[:-20], lambda packed: b"no gzip", lambda _: b"\x1f\x8b\x08junk"]
)
def test_a_broken_archive_is_refused(sqlite_desk: Desk, spoil: Any) -> None:
    folder = sqlite_desk.folder / "in"
    folder.mkdir(parents=True)
    (folder / "loans.csv.gz").write_bytes(spoil(gzip.compress(text_of([a_loan()] * 50).encode())))
    outcome = sqlite_desk.load()
    assert outcome.verdict is Verdict.REFUSED
    assert outcome.faults[0].text.startswith("loans.csv.gz: cannot be unpacked")


def test_a_path_that_is_not_there_is_refused(sqlite_desk: Desk) -> None:
    outcome = sqlite_desk.load(Path("/nowhere/loans.csv"))
    assert [fault.text for fault in outcome.faults] == ["/nowhere/loans.csv: there is no such file or folder"]


def test_a_folder_without_files_is_refused(sqlite_desk: Desk) -> None:
    assert _refused(sqlite_desk) == "there is no file to import"


# ---- Parquet ---------------------------------------------------------------------------------------------


def _parquet(desk: Desk, frame: pl.DataFrame) -> None:
    folder = desk.folder / "in"
    folder.mkdir(parents=True, exist_ok=True)
    out = io.BytesIO()
    frame.write_parquet(out)
    (folder / "loans.parquet").write_bytes(out.getvalue())


def _typed_loan() -> dict[str, Any]:
    row: dict[str, Any] = {name: value or None for name, value in a_loan().items()}
    for name in ("balance_minor", "overdue_minor", "instalment_minor"):
        row[name] = int(row[name])
    for name in ("as_of_date", "first_overdue_on", "disbursed_on", "last_instalment_due_on"):
        row[name] = datetime.fromisoformat(row[name]).date()
    return row


def test_parquet_with_typed_columns_says_the_same_as_csv(sqlite_desk: Desk) -> None:
    _parquet(sqlite_desk, pl.DataFrame([_typed_loan()]))
    assert sqlite_desk.load().verdict is Verdict.LOADED
    with sqlite_desk.store.reading() as connection:
        from_parquet = connection.execute(select(loans)).one()
    outcome = sqlite_desk.bring(loans=[a_loan()])
    assert outcome.loaded is not None
    assert (outcome.loaded.unchanged, from_parquet.balance_minor) == (1, 5_000_000)


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("balance_minor", 5000000.0, "amount"),
        ("as_of_date", datetime(2026, 10, 10, tzinfo=UTC), "date"),
        ("as_of_date", 46000, "date"),
        ("loan_id", True, None),
    ],
)
def test_parquet_is_no_less_strict(sqlite_desk: Desk, column: str, value: object, rule: str | None) -> None:
    _parquet(sqlite_desk, pl.DataFrame([_typed_loan() | {column: value}]))
    sqlite_desk.load()
    assert [row[:4] for row in sqlite_desk.rejected()] == (
        [["loans.parquet", "2", column, rule]] if rule else []
    )


def test_parquet_with_nested_columns_is_refused(sqlite_desk: Desk) -> None:
    _parquet(sqlite_desk, pl.DataFrame([_typed_loan() | {"contract_no": ["a", "b"]}]))
    outcome = sqlite_desk.load()
    assert [fault.text for fault in outcome.faults] == [
        "loans.parquet: has columns of a type that is no text, number or day: contract_no"
    ]


def test_a_file_that_is_no_parquet_is_refused(sqlite_desk: Desk) -> None:
    folder = sqlite_desk.folder / "in"
    folder.mkdir(parents=True)
    (folder / "loans.parquet").write_bytes(b"PAR1 but not really")
    assert "cannot be read as Parquet" in sqlite_desk.load().faults[0].text


# ---- what may be rejected --------------------------------------------------------------------------------


def test_the_good_rows_load_when_so_many_rejects_are_allowed(desk: Desk) -> None:
    rows = [
        a_loan(f"L{n}", **({"overdue_minor": "1.5", "status": "?"} if n in (3, 5) else {}))
        for n in range(1, 7)
    ]
    refused = desk.bring(loans=rows, order={"max_rejects": 1})
    assert refused.verdict is Verdict.REFUSED
    outcome = desk.bring(loans=rows, order={"max_rejects": 2})
    assert (outcome.verdict, outcome.rejected["loans"]) == (Verdict.LOADED, 2)
    with desk.store.reading() as connection:
        assert set(connection.execute(select(loans.c.loan_id)).scalars()) == {"L1", "L2", "L4", "L6"}
    # Both faults of a row are named, and each row counts once.
    assert [row[1:4] for row in desk.rejected()] == [
        [line, column, rule]
        for line in ("4", "6")
        for column, rule in (("overdue_minor", "amount"), ("status", "one_of"))
    ]


def test_rejects_show_the_shape_of_a_value_and_not_the_value(sqlite_desk: Desk) -> None:
    sqlite_desk.bring(
        loans=[a_loan("4111111111111111", balance_minor="5000.50")],
        borrowers=[
            a_borrower(id_kind="cn_id", id_number="110105194912310021"),
            a_borrower("B2", name="张\u200b三" * 20),
        ],
    )
    shapes = {row[2]: row[4] for row in sqlite_desk.rejected()}
    assert shapes == {"balance_minor": "9999.99", "id_number": "9" * 18, "name": "x?x" * 13 + "x…"}


def test_rejects_are_written_when_there_are_none(sqlite_desk: Desk) -> None:
    sqlite_desk.bring(loans=[a_loan()])
    assert sqlite_desk.rejects.read_text("utf-8") == "file,line,column,rule,value\n"


# ---- the manifest ----------------------------------------------------------------------------------------


def _with_manifest(desk: Desk, *, sequence: int = 1, **changed: Any) -> list[str]:
    folder = desk.folder / "in"
    put_manifest(folder, sequence=sequence, **changed)
    return [fault.text for fault in desk.load().faults]


def _folder(desk: Desk, **files: Any) -> None:
    from_scratch = desk.folder / "in"
    for old in from_scratch.glob("*"):
        old.unlink()
    from_scratch.mkdir(parents=True, exist_ok=True)
    for kind, rows in files.items():
        (from_scratch / f"{kind}.csv").write_text(text_of(rows), encoding="utf-8")


ENTRY = {"name": "loans.csv", "sha256": "0" * 64, "rows": 1}


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"sender": "the bank"}, "manifest.json: sender must be a word of letters, digits, _ or -"),
        ({"sequence": "1"}, "manifest.json: sequence must be a whole number"),
        ({"sequence": True}, "manifest.json: sequence must be a whole number"),
        ({"as_of_date": "10.10.2026"}, "manifest.json: as_of_date must be a day, as YYYY-MM-DD"),
        ({"eod": "yes"}, "manifest.json: eod must be true or false"),
        ({"senders": "core"}, "manifest.json: unknown key senders, did you mean sender?"),
        ({"files": {}}, "manifest.json: files must be a list"),
        ({"files": [ENTRY | {"rows": -1}]}, "manifest.json: file 1: rows must be a whole number"),
        ({"files": [ENTRY | {"totals": {"CNY": 1.5}}]}, "manifest.json: file 1: totals must be whole minor units by currency"),
        ({"files": [ENTRY | {"row": 1}]}, "manifest.json: file 1: unknown key row, did you mean rows?"),
        ({"files": [ENTRY]}, "loans.csv: is not the file of the manifest, its sha256 differs"),
        ({"files": []}, "loans.csv: is not in the manifest"),
    ],
)  # fmt: skip
def test_a_manifest_that_is_wrong_stops_the_load(
    sqlite_desk: Desk, changed: dict[str, Any], fault: str
) -> None:
    _folder(sqlite_desk, loans=[a_loan()])
    sequence = changed.pop("sequence", 1)
    put_manifest(sqlite_desk.folder / "in", sequence=sequence, **changed)
    assert [fault.text for fault in sqlite_desk.load().faults] == [fault]
    _nothing_is_there(sqlite_desk)


@pytest.mark.parametrize("text", ["{", "[]", "null", "[" * 200_000, "\udcff"])
def test_a_manifest_that_cannot_be_read_stops_the_load(sqlite_desk: Desk, text: str) -> None:
    _folder(sqlite_desk, loans=[a_loan()])
    (sqlite_desk.folder / "in" / "manifest.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    [fault] = sqlite_desk.load().faults
    assert fault.text.startswith("manifest.json: ")


def test_a_file_the_manifest_names_must_be_there(sqlite_desk: Desk) -> None:
    _folder(sqlite_desk, loans=[a_loan()], payments=[a_payment()])
    put_manifest(sqlite_desk.folder / "in", sequence=1)
    (sqlite_desk.folder / "in" / "payments.csv").unlink()
    assert [f.text for f in sqlite_desk.load().faults] == [
        "payments.csv: is in the manifest and not in the delivery"
    ]


def test_wrong_sums_stop_the_load(sqlite_desk: Desk) -> None:
    _folder(sqlite_desk, loans=[a_loan(), a_loan("L2")])
    put_manifest(sqlite_desk.folder / "in", sequence=1)
    manifest = sqlite_desk.folder / "in" / "manifest.json"
    right = manifest.read_text()
    for was, now, told in [
        ('"rows": 2', '"rows": 3', "loans.csv: has 2 rows, the manifest says 3"),
        ('"rows": 2', '"rows": 2, "totals": {"CNY": 9999999}', "loans.csv: adds up to 10000000 CNY, the manifest says 9999999"),
        ('"rows": 2', '"rows": 2, "totals": {"EUR": 10000000}', "loans.csv: adds up to 10000000 CNY, the manifest says 0"),
    ]:  # fmt: skip
        manifest.write_text(right.replace(was, now))
        assert [fault.text for fault in sqlite_desk.load().faults][:1] == [told]
    _nothing_is_there(sqlite_desk)
    manifest.write_text(right.replace('"rows": 2', '"rows": 2, "totals": {"CNY": 10000000}'))
    assert sqlite_desk.load().verdict is Verdict.LOADED


def test_a_gap_in_the_sequence_stops_the_load(desk: Desk) -> None:
    for sequence, loan, faults in [
        (7, "L1", []),
        (9, "L2", ["sender core: delivery 8 is expected next, 9 came"]),
        (7, "L2", ["sender core: delivery 7 was loaded before with other content"]),
        (8, "L2", []),
        (8, "L2", []),
        (6, "L3", ["sender core: delivery 6 was loaded before with other content"]),
    ]:
        _folder(desk, loans=[a_loan(loan)])
        assert _with_manifest(desk, sequence=sequence) == faults
    with desk.store.reading() as connection:
        assert set(connection.execute(select(loans.c.loan_id)).scalars()) == {"L1", "L2"}
        assert sorted(connection.execute(select(deliveries.c.sequence_no)).scalars()) == [7, 8]


def test_each_sender_has_a_sequence_of_its_own(sqlite_desk: Desk) -> None:
    _folder(sqlite_desk, loans=[a_loan()])
    assert _with_manifest(sqlite_desk, sequence=3, sender="cards") == []
    _folder(sqlite_desk, loans=[a_loan("L2")])
    assert _with_manifest(sqlite_desk, sequence=70, sender="mortgages") == []


def test_the_end_of_the_banks_day_is_kept(sqlite_desk: Desk) -> None:
    _folder(sqlite_desk, loans=[a_loan()])
    assert _with_manifest(sqlite_desk, eod=True) == []
    with sqlite_desk.store.reading() as connection:
        counts = connection.execute(select(deliveries.c.counts)).scalar()
        closed = connection.execute(select(ledger_closings)).one()
    assert counts is not None
    assert (counts["eod"], counts["opened"]) == (1, 1)
    assert (closed.business_date, closed.source) == (date(2026, 10, 10), "core-bank")


def test_a_part_of_a_delivery_closes_no_day(sqlite_desk: Desk) -> None:
    _folder(sqlite_desk, loans=[a_loan(), a_loan("L2")])
    put_manifest(sqlite_desk.folder / "in", sequence=1, eod=True)
    assert sqlite_desk.load(first_loans=1).verdict is Verdict.LOADED
    with sqlite_desk.store.reading() as connection:
        assert connection.execute(select(ledger_closings)).all() == []
