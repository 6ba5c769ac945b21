"""What an import makes of right files: rows, cases, messages; once, whatever happens on the way."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Row, insert, select, update

from arrears.contracts import Message, message_hash
from arrears.feeds.importing import Verdict
from arrears.store import audit, finality, packs
from arrears.store.intents import Standing
from arrears.store.session import Store
from arrears.store.tables import (
    audit_rows,
    borrowers,
    cases,
    contact_points,
    deliveries,
    incidents,
    loans,
    messages,
    parties,
    payments,
    statements,
)
from tests.feeds.deliveries import (
    NOON,
    Desk,
    a_borrower,
    a_contact,
    a_loan,
    a_month,
    a_party,
    a_payment,
    on,
    put,
    put_manifest,
)

EVERYTHING = (
    borrowers,
    contact_points,
    parties,
    statements,
    loans,
    payments,
    messages,
    incidents,
    deliveries,
)


def _all(store: Store, table: Any) -> Sequence[Row[Any]]:
    with store.reading() as connection:
        return connection.execute(select(table).order_by(*table.primary_key.columns)).all()


def _everything(store: Store) -> dict[str, Sequence[Row[Any]]]:
    return {table.name: _all(store, table) for table in EVERYTHING}


def _told(store: Store) -> dict[str, Row[Any]]:
    return {row.message_id: row for row in _all(store, messages)}


def _case(store: Store, loan_id: str, *, episode: int = 1, status: str = "open") -> None:
    """The case row as `record` would have left it; its opening message is settled."""
    with store.transaction() as connection:
        connection.execute(
            insert(cases).values(
                case_id=f"case-{loan_id}-{episode}",
                loan_id=loan_id,
                borrower_id=f"B{loan_id}",
                episode=episode,
                status=status,
                stage="initial" if status == "open" else "closed",
                stage_since=NOON,
                opened_at=NOON,
                closed_at=None if status == "open" else NOON,
                closed_reason=None if status == "open" else "cured",
                currency="CNY",
                balance_minor=0,
                overdue_minor=0,
                pack="cn-bank-2026.1",
                seq=1,
                digest="-",
                state={},
                decided_at=NOON,
                recorded_at=NOON,
            )
        )
        _settle(connection, f"open-case-{loan_id}-{episode}", "applied")


def _settle(connection: Any, message_id: str, status: str) -> None:
    connection.execute(update(messages).where(messages.c.message_id == message_id).values(status=status))


# ---- rows ------------------------------------------------------------------------------------------------


def test_every_kind_of_file_becomes_rows(desk: Desk) -> None:
    outcome = desk.bring(
        loans=[a_loan()],
        borrowers=[
            a_borrower(id_kind="cn_id", id_number="11010519491231002x"),
            a_borrower("BG1", born_on=""),
        ],
        contacts=[a_contact(), a_contact(channel="email", address="b@example.invalid", preferred="")],
        parties=[a_party()],
        payments=[a_payment()],
        history=[a_month(), a_month(period="2026-08", period_end="2026-08-31", bill_minor="-5")],
    )
    assert outcome.verdict is Verdict.LOADED
    [loan] = _all(desk.store, loans)
    assert (loan.loan_id, loan.as_of_date, loan.overdue_minor, loan.limit_minor) == (
        "L1",
        date(2026, 10, 10),
        120_000,
        None,
    )
    people = {row.borrower_id: row for row in _all(desk.store, borrowers)}
    assert people["BL1"].id_number == "11010519491231002X"
    assert (people["BL1"].service_address_agreed, people["BG1"].born_on) == (True, None)
    points = _all(desk.store, contact_points)
    assert {(row.channel, row.preferred, row.do_not_contact) for row in points} == {
        ("phone", True, False),
        ("email", False, False),
    }
    assert [row.guarantee_until for row in _all(desk.store, parties)] == [date(2027, 6, 30)]
    assert [(row.period, row.bill_minor) for row in _all(desk.store, statements)] == [
        ("2026-08", -5),
        ("2026-09", 5_000_000),
    ]
    [delivery] = _all(desk.store, deliveries)
    assert (delivery.sender, delivery.sequence_no, delivery.loaded_at) == ("unnamed", None, NOON)
    assert outcome.delivery_id == delivery.delivery_id


def test_a_load_stands_in_the_audit(desk: Desk) -> None:
    outcome = desk.bring(loans=[a_loan()])
    with desk.store.reading() as connection:
        assert audit.verify(connection, audit.HOUSE) == []
        [row] = connection.execute(select(audit_rows)).all()
    assert (row.what, row.actor, row.detail["delivery_id"]) == (
        "delivery_loaded",
        "core-bank",
        outcome.delivery_id,
    )


def test_no_contact_id_shows_the_address(sqlite_desk: Desk) -> None:
    sqlite_desk.bring(contacts=[a_contact(), a_contact(channel="sms")])
    ids = [row.contact_id for row in _all(sqlite_desk.store, contact_points)]
    assert len(set(ids)) == 2
    assert not any("99900000001" in contact_id for contact_id in ids)


def test_people_change_with_a_later_delivery(desk: Desk) -> None:
    desk.bring(borrowers=[a_borrower()], contacts=[a_contact()])
    outcome = desk.bring(
        borrowers=[a_borrower(name="样例·大雪"), a_borrower("B2")], contacts=[a_contact(do_not_contact="1")]
    )
    assert outcome.loaded is not None
    assert (outcome.loaded.rows["borrowers"], outcome.loaded.rows["contacts"]) == (2, 1)
    assert {row.name for row in _all(desk.store, borrowers)} == {"样例·大雪", "样例·小满"}
    assert [row.do_not_contact for row in _all(desk.store, contact_points)] == [True]


# ---- which loans open a case -----------------------------------------------------------------------------


@pytest.mark.rule("T1")
@pytest.mark.parametrize(
    ("changed", "opens"),
    [
        ({}, True),
        ({"first_overdue_on": "2026-10-09"}, True),
        ({"first_overdue_on": "2026-10-10"}, False),  # due on the day of the state: not yet past due
        ({"overdue_minor": "5000"}, True),
        ({"overdue_minor": "4999"}, False),  # below the floor of 50 yuan
        ({"overdue_minor": "0", "first_overdue_on": ""}, False),
        ({"status": "closed"}, False),
        ({"status": "disputed"}, True),  # it stands still from its first step on
        ({"status": "stayed"}, True),
    ],
)
def test_a_loan_opens_a_case_by_the_banks_rule(
    sqlite_desk: Desk, changed: dict[str, str], opens: bool
) -> None:
    outcome = sqlite_desk.bring(loans=[a_loan(**changed)])
    assert outcome.loaded is not None
    assert outcome.loaded.opened == int(opens)
    assert list(_told(sqlite_desk.store)) == (["open-case-L1-1"] if opens else [])
    assert len(_all(sqlite_desk.store, loans)) == 1


@pytest.mark.rule("T1")
def test_without_a_floor_every_amount_opens_a_case(sqlite_desk: Desk) -> None:
    sqlite_desk.pack = packs.load(Path(__file__).parents[2] / "samples" / "uci" / "pack.toml")
    sqlite_desk.bring(loans=[a_loan(currency="TWD", overdue_minor="1")])
    assert list(_told(sqlite_desk.store)) == ["open-case-L1-1"]


def test_the_opening_message_is_one_that_record_will_believe(desk: Desk) -> None:
    desk.bring(loans=[a_loan()])
    [row] = _told(desk.store).values()
    assert row.content == {
        "loan_id": "L1",
        "borrower_id": "BL1",
        "currency": "CNY",
        "as_of": "2026-10-10",
        "balance_minor": 5_000_000,
        "overdue_minor": 120_000,
        "first_overdue_on": "2026-09-30",
        "status": "open",
        "pack": "cn-bank-2026.1",
    }
    told = Message(row.message_id, row.signal, row.actor, row.content, row.task_id)
    assert row.content_hash == message_hash("case-L1-1", told)
    assert (row.status, row.rank, row.accepted_at, row.effective_at, row.attempts) == (
        "waiting",
        0,
        NOON,
        NOON,
        0,
    )


# ---- again -----------------------------------------------------------------------------------------------


def _full(**loan: str) -> dict[str, Any]:
    return {
        "loans": [a_loan(**loan), a_loan("L2")],
        "borrowers": [a_borrower()],
        "contacts": [a_contact()],
        "parties": [a_party()],
        "payments": [
            a_payment(),
            a_payment("P0", value_on="2026-10-01"),
            a_payment("PX", loan_id="L-unknown"),
        ],
        "history": [a_month()],
    }


def test_the_same_delivery_again_changes_nothing(desk: Desk) -> None:
    first = desk.bring(**_full())
    before = _everything(desk.store)
    again = desk.load(at=NOON + timedelta(days=3))
    assert (first.verdict, again.verdict) == (Verdict.LOADED, Verdict.REPEATED)
    assert again.loaded is None
    assert _everything(desk.store) == before


def test_the_same_files_under_other_names_change_nothing(desk: Desk, tmp_path: Path) -> None:
    desk.bring(**_full())
    before = _everything(desk.store)
    renamed = put(tmp_path / "other", **{f"{kind}-2026-10-12.v2": rows for kind, rows in _full().items()})
    assert desk.load(renamed).verdict is Verdict.REPEATED
    put_manifest(renamed, sequence=4, sender="somebody-else")
    assert desk.load(renamed).verdict is Verdict.REPEATED
    assert _everything(desk.store) == before


def test_the_same_rows_in_another_file_change_no_row(desk: Desk, tmp_path: Path) -> None:
    desk.bring(**_full())
    before = _everything(desk.store)
    in_windows = {kind: b"\xef\xbb\xbf" + text for kind, text in _as_bytes(desk.folder / "in").items()}
    outcome = desk.load(put(tmp_path / "again", **in_windows), at=NOON + timedelta(hours=1))
    after = _everything(desk.store)
    assert outcome.verdict is Verdict.LOADED
    assert {name for name in before if before[name] != after[name]} == {"deliveries"}
    assert outcome.loaded is not None
    assert (outcome.loaded.opened, outcome.loaded.restated, outcome.loaded.unchanged) == (0, 0, 2)
    assert outcome.loaded.payments == {Standing.REPEATED: 3}


def _as_bytes(folder: Path) -> dict[str, bytes]:
    return {path.name.removesuffix(".csv"): path.read_bytes() for path in folder.glob("*.csv")}


def test_a_dry_run_says_what_would_happen_and_writes_nothing(desk: Desk) -> None:
    outcome = desk.bring(**_full(), order={"dry_run": True})
    assert outcome.verdict is Verdict.WOULD_LOAD
    assert outcome.loaded is not None
    assert (outcome.loaded.opened, outcome.loaded.rows["loans"]) == (2, 2)
    assert all(not rows for rows in _everything(desk.store).values())
    assert desk.rejects.exists()
    loaded = desk.load()
    assert loaded.loaded is not None
    assert loaded.loaded.opened == outcome.loaded.opened


def test_a_dry_run_of_bad_rows_is_refused_like_a_real_one(sqlite_desk: Desk) -> None:
    outcome = sqlite_desk.bring(loans=[a_loan(status="?")], order={"dry_run": True})
    assert (outcome.verdict, len(sqlite_desk.rejected())) == (Verdict.REFUSED, 1)


@given(sizes=st.lists(st.integers(1, 4), min_size=1, max_size=4), chunk=st.integers(1, 5))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_how_a_delivery_is_cut_into_transactions_does_not_matter(
    sqlite_desk: Desk, sizes: list[int], chunk: int
) -> None:
    store = sqlite_desk.store
    with store.transaction() as connection:
        for table in EVERYTHING:
            connection.execute(table.delete())
    names = [f"L{part}-{number}" for part, size in enumerate(sizes) for number in range(size)]
    sqlite_desk.bring(
        loans=[a_loan(name) for name in names],
        payments=[a_payment(f"P{name}", loan_id=name) for name in names],
        order={"chunk": chunk},
    )
    assert {row.loan_id for row in _all(store, loans)} == set(names)
    told = _told(store)
    assert {f"open-case-{name}-1" for name in names} | {f"pay-P{name}" for name in names} == set(told)
    assert all(told[f"pay-P{name}"].case_id == f"case-{name}-1" for name in names)


# ---- restated loans --------------------------------------------------------------------------------------


def test_a_later_state_of_a_loan_is_told_to_its_open_case(desk: Desk) -> None:
    desk.bring(loans=[a_loan()])
    _case(desk.store, "L1")
    outcome = desk.bring(loans=[a_loan(as_of_date="2026-10-11", overdue_minor="0", first_overdue_on="")])
    assert outcome.loaded is not None
    assert (outcome.loaded.opened, outcome.loaded.restated) == (0, 1)
    told = _told(desk.store)["restated-case-L1-1-2026-10-11"]
    assert (told.signal, told.case_id, told.rank) == ("loan_restated", "case-L1-1", 0)
    assert (told.content["overdue_minor"], told.content["first_overdue_on"]) == (0, None)
    [loan] = _all(desk.store, loans)
    assert (loan.as_of_date, loan.overdue_minor) == (date(2026, 10, 11), 0)


def test_a_nightly_state_does_not_undo_what_was_paid_since(desk: Desk) -> None:
    desk.bring(loans=[a_loan()])
    _case(desk.store, "L1")
    desk.bring(payments=[a_payment(value_on="2026-10-12", booked_on="2026-10-12", amount_minor="20000")])
    desk.bring(loans=[a_loan(as_of_date="2026-10-11")])
    told = _told(desk.store)["restated-case-L1-1-2026-10-11"]
    assert (told.content["balance_minor"], told.content["overdue_minor"]) == (4_980_000, 100_000)
    [loan] = _all(desk.store, loans)
    assert (loan.balance_minor, loan.overdue_minor) == (5_000_000, 120_000), "the file is kept as it came"


def _back(payment_id: str, **changed: str) -> dict[str, str]:
    return a_payment(f"R-{payment_id}", kind="reversal", reverses_payment_id=payment_id, **changed)


def test_money_that_bounced_before_anybody_counted_it_makes_no_debt_larger(desk: Desk) -> None:
    desk.bring(loans=[a_loan()])
    _case(desk.store, "L1")
    desk.bring(payments=[a_payment(provisional="1"), _back("P1", booked_on="2026-10-12")])
    desk.bring(loans=[a_loan(as_of_date="2026-10-11")])
    told = _told(desk.store)["restated-case-L1-1-2026-10-11"]
    assert (told.content["balance_minor"], told.content["overdue_minor"]) == (5_000_000, 120_000)


def test_money_that_became_final_since_the_state_is_not_undone_by_it(desk: Desk) -> None:
    desk.bring(loans=[a_loan()])
    _case(desk.store, "L1")
    desk.bring(payments=[a_payment(provisional="1")])
    with desk.store.transaction() as connection:
        finality.finalize(connection, "P1", at=on("2026-10-12"), source="core-bank", reopen_days=7)
    desk.bring(loans=[a_loan(as_of_date="2026-10-11")])
    told = _told(desk.store)["restated-case-L1-1-2026-10-11"]
    assert (told.content["balance_minor"], told.content["overdue_minor"]) == (4_950_000, 70_000)


@pytest.mark.rule("4.6-8")
def test_a_reversal_under_its_old_value_day_is_known_to_states_from_the_day_of_its_booking(
    desk: Desk,
) -> None:
    desk.bring(loans=[a_loan()])
    _case(desk.store, "L1")
    back = _back("P0", value_on="2026-10-05", booked_on="2026-10-12", amount_minor="30000")
    desk.bring(payments=[back | {"reversal_reason": "wrong_loan"}])
    told = _told(desk.store)["pay-R-P0"].content
    assert (told["technical"], told["reason"]) == (True, "wrong_loan")
    desk.bring(loans=[a_loan(as_of_date="2026-10-11")])
    restated = _told(desk.store)["restated-case-L1-1-2026-10-11"].content
    assert (restated["balance_minor"], restated["overdue_minor"]) == (5_030_000, 150_000)


@pytest.mark.parametrize("status", ["disputed", "stayed", "closed"])
def test_a_status_travels_to_the_open_case(sqlite_desk: Desk, status: str) -> None:
    sqlite_desk.bring(loans=[a_loan()])
    _case(sqlite_desk.store, "L1")
    sqlite_desk.bring(loans=[a_loan(as_of_date="2026-10-11", status=status)])
    told = _told(sqlite_desk.store)["restated-case-L1-1-2026-10-11"].content
    assert (told["status"], told["stops"]) == (status, True)


def test_a_later_state_is_told_to_a_case_that_is_about_to_open(desk: Desk) -> None:
    desk.bring(loans=[a_loan()])
    desk.bring(loans=[a_loan(as_of_date="2026-10-11", overdue_minor="7000")])
    told = _told(desk.store)
    assert sorted(told) == ["open-case-L1-1", "restated-case-L1-1-2026-10-11"]
    assert told["open-case-L1-1"].arrival < told["restated-case-L1-1-2026-10-11"].arrival


@pytest.mark.rule("T17")
@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("CURED", "legal"),
        ("CURED_TOLERANCE", "legal"),
        ("PLAN_COMPLETED", "legal"),
        ("PAID_OFF", None),
        ("DATA_ERROR", None),
    ],
)
def test_the_next_episode_is_told_where_the_last_one_was_cured(
    desk: Desk, reason: str, told: str | None
) -> None:
    desk.bring(loans=[a_loan()])
    _case(desk.store, "L1", status="closed")
    with desk.store.transaction() as connection:
        connection.execute(
            update(cases).values(
                stage="legal", closed_reason=reason, closed_at=datetime(2026, 10, 1, tzinfo=UTC)
            )
        )
    desk.bring(loans=[a_loan(as_of_date="2026-10-11", overdue_minor="130000")])
    content = _told(desk.store)["open-case-L1-2"].content
    assert content.get("former_stage") == told
    assert content.get("former_closed_at") == (told and 1_790_812_800)


def test_a_later_state_opens_the_next_episode_when_no_case_is_open(desk: Desk) -> None:
    desk.bring(loans=[a_loan()])
    _case(desk.store, "L1", status="closed")
    outcome = desk.bring(loans=[a_loan(as_of_date="2026-10-11")])
    assert outcome.loaded is not None
    assert (outcome.loaded.opened, outcome.loaded.restated) == (1, 0)
    assert _told(desk.store)["open-case-L1-2"].case_id == "case-L1-2"


@pytest.mark.parametrize("status", ["refused", "withdrawn"])
def test_an_opening_that_came_to_nothing_is_not_tried_under_the_same_number(desk: Desk, status: str) -> None:
    desk.bring(loans=[a_loan()])
    with desk.store.transaction() as connection:
        _settle(connection, "open-case-L1-1", status)
    desk.bring(loans=[a_loan(as_of_date="2026-10-11")])
    assert "open-case-L1-2" in _told(desk.store)


def test_an_opening_that_waits_for_an_operator_is_left_to_him(desk: Desk) -> None:
    desk.bring(loans=[a_loan()])
    with desk.store.transaction() as connection:
        _settle(connection, "open-case-L1-1", "parked")
    outcome = desk.bring(loans=[a_loan(as_of_date="2026-10-11")])
    assert list(_told(desk.store)) == ["open-case-L1-1"]
    assert outcome.notes == ["1 loans whose case could not be started and waits for an operator"]


def test_a_loan_that_was_current_opens_its_first_case_when_it_falls_overdue(desk: Desk) -> None:
    desk.bring(loans=[a_loan(overdue_minor="0", first_overdue_on="")])
    assert _told(desk.store) == {}
    desk.bring(loans=[a_loan(as_of_date="2026-10-11")])
    assert list(_told(desk.store)) == ["open-case-L1-1"]


def test_nobody_is_collected_from_who_has_paid_since_the_day_of_the_file(desk: Desk) -> None:
    desk.bring(loans=[a_loan()])
    desk.bring(payments=[a_payment(amount_minor="120000", value_on="2026-10-12")])
    _case(desk.store, "L1", status="closed")
    # The file of the 11th does not know the payment of the 12th yet.
    outcome = desk.bring(loans=[a_loan(as_of_date="2026-10-11")])
    assert "open-case-L1-2" not in _told(desk.store)
    assert outcome.notes == ["1 loans overdue in the file but paid since the day of its state"]
    # The next file knows it and still says overdue: that is another instalment.
    desk.bring(loans=[a_loan(as_of_date="2026-10-12")])
    assert "open-case-L1-2" in _told(desk.store)


def test_a_payment_that_was_taken_back_does_not_keep_a_case_closed(desk: Desk) -> None:
    desk.bring(loans=[a_loan()])
    desk.bring(
        payments=[
            a_payment(amount_minor="120000"),
            a_payment("P2", amount_minor="120000", kind="reversal", reverses_payment_id="P1"),
        ]
    )
    _case(desk.store, "L1", status="closed")
    desk.bring(loans=[a_loan(as_of_date="2026-10-11")])
    assert "open-case-L1-2" in _told(desk.store)


@pytest.mark.parametrize(
    ("changed", "column", "rule"),
    [
        ({"as_of_date": "2026-10-09"}, "as_of_date", "earlier_state"),
        ({"overdue_minor": "130000"}, "as_of_date", "other_state_of_the_day"),
        ({"as_of_date": "2026-10-11", "borrower_id": "B-other"}, "borrower_id", "other_borrower"),
    ],
)
def test_a_state_that_contradicts_the_known_one_is_refused(
    desk: Desk, changed: dict[str, str], column: str, rule: str
) -> None:
    desk.bring(loans=[a_loan()])
    before = _everything(desk.store)
    outcome = desk.bring(loans=[a_loan("L2"), a_loan(**changed)])
    assert outcome.verdict is Verdict.REFUSED
    assert [row[1:4] for row in desk.rejected()] == [["3", column, rule]]
    assert _everything(desk.store) == before


# ---- payments --------------------------------------------------------------------------------------------


def test_payments_are_history_news_or_in_suspense(desk: Desk) -> None:
    outcome = desk.bring(
        loans=[a_loan()],
        payments=[
            a_payment("P-old", booked_on="2026-09-01", value_on="2026-09-01"),
            a_payment("P-same-day", value_on="2026-10-10"),
            a_payment("P-new", value_on="2026-10-11"),
            a_payment("P-lost", loan_id="L-nobody"),
        ],
    )
    standing = {row.payment_id: row.standing for row in _all(desk.store, payments)}
    assert standing == {"P-old": "history", "P-same-day": "history", "P-new": "message", "P-lost": "suspense"}
    told = _told(desk.store)
    assert sorted(told) == ["open-case-L1-1", "pay-P-new"]
    assert (told["pay-P-new"].case_id, told["pay-P-new"].content["amount_minor"]) == ("case-L1-1", 50_000)
    [incident] = _all(desk.store, incidents)
    assert (incident.kind, incident.loan_id, incident.status) == ("payment_unknown_loan", "L-nobody", "open")
    assert outcome.loaded is not None
    assert outcome.loaded.payments == {Standing.HISTORY: 2, Standing.MESSAGE: 1, Standing.SUSPENSE: 1}


def test_a_kept_payment_with_other_content_is_refused_and_an_equal_one_ignored(desk: Desk) -> None:
    desk.bring(loans=[a_loan()], payments=[a_payment(), a_payment("P0", value_on="2026-10-01")])
    before = _everything(desk.store)
    for payment_id in ("P1", "P0"):
        outcome = desk.bring(payments=[a_payment("P9"), a_payment(payment_id, amount_minor="50001")])
        assert outcome.verdict is Verdict.REFUSED
        assert [row[1:4] for row in desk.rejected()] == [["3", "payment_id", "other_content"]]
        assert _everything(desk.store) == before
    outcome = desk.bring(payments=[a_payment(), a_payment("P9")])
    assert outcome.loaded is not None
    assert outcome.loaded.payments == {Standing.REPEATED: 1, Standing.MESSAGE: 1}


def test_a_payment_may_come_on_a_later_day_of_the_bank_only(desk: Desk) -> None:
    desk.bring(loans=[a_loan()])
    tomorrow = [a_payment(booked_on="2026-10-13", value_on="2026-10-13")]
    # 23:59 in Shanghai is still today there, whatever the day is in Greenwich.
    late = datetime(2026, 10, 12, 15, 59, tzinfo=UTC)
    assert desk.bring(payments=tomorrow, at=late).verdict is Verdict.REFUSED
    assert desk.bring(payments=tomorrow, at=late + timedelta(minutes=1)).verdict is Verdict.LOADED


# ---- other dates -----------------------------------------------------------------------------------------


def test_rebasing_moves_every_date_by_one_constant_kept_for_the_sender(desk: Desk) -> None:
    old = a_payment("P0", booked_on="2026-10-01", value_on="2026-10-01")
    months = [a_month(), a_month(period="2026-08", period_end="2026-08-31")]
    files = _full() | {"history": months, "payments": [old]}
    first = desk.bring(**files, at=on("2026-12-25"), order={"rebase_to_today": True})
    assert first.verdict is Verdict.LOADED
    before = _everything(desk.store)
    loan = _all(desk.store, loans)[0]
    assert (loan.as_of_date, loan.first_overdue_on) == (date(2026, 12, 25), date(2026, 12, 15))
    assert [(row.period, row.period_end) for row in _all(desk.store, statements)] == [
        ("2026-10", date(2026, 11, 15)),
        ("2026-11", date(2026, 12, 15)),
    ]
    assert [row.value_on for row in _all(desk.store, payments)] == [date(2026, 12, 16)]
    assert {row.as_of_date for row in _all(desk.store, deliveries)} == {date(2026, 12, 25)}
    again = desk.load(at=on("2027-01-08"), rebase_to_today=True)
    assert again.verdict is Verdict.REPEATED
    assert _everything(desk.store) == before


def test_the_next_delivery_of_a_rebased_sender_moves_by_the_same_constant(desk: Desk) -> None:
    desk.bring(loans=[a_loan()], at=on("2026-12-25"), order={"rebase_to_today": True})
    _case(desk.store, "L1")
    next_day = [a_loan(as_of_date="2026-10-11")]
    early = desk.bring(loans=next_day, at=on("2026-12-25"), order={"rebase_to_today": True})
    assert [row[1:4] for row in desk.rejected()] == [["2", "as_of_date", "in_the_future"]]
    assert early.verdict is Verdict.REFUSED
    desk.bring(loans=next_day, at=on("2026-12-26"), order={"rebase_to_today": True})
    assert "restated-case-L1-1-2026-12-26" in _told(desk.store)


def test_a_sender_is_rebased_from_its_first_delivery_on_or_never(desk: Desk) -> None:
    desk.bring(loans=[a_loan()], order={"rebase_to_today": True, "sender": "moved"})
    desk.bring(loans=[a_loan("L2")], order={"sender": "true"})
    for sender, rebase, told in [
        ("moved", False, "sender moved is rebased since its first delivery: say --rebase today"),
        ("true", True, "sender true has deliveries with their own dates: leave out --rebase"),
    ]:
        outcome = desk.bring(loans=[a_loan("L3")], order={"rebase_to_today": rebase, "sender": sender})
        assert [fault.text for fault in outcome.faults] == [told]
    assert {row.loan_id for row in _all(desk.store, loans)} == {"L1", "L2"}


def test_there_must_be_a_day_to_rebase_from(sqlite_desk: Desk) -> None:
    outcome = sqlite_desk.bring(payments=[a_payment()], order={"rebase_to_today": True})
    assert [fault.text for fault in outcome.faults] == [
        "sender unnamed has sent no as_of_date to rebase from"
    ]


def test_a_delivery_that_was_refused_leaves_no_constant_behind(desk: Desk) -> None:
    bad = desk.bring(loans=[a_loan(status="?")], at=on("2026-12-01"), order={"rebase_to_today": True})
    assert bad.verdict is Verdict.REFUSED
    desk.bring(loans=[a_loan()], at=on("2026-12-25"), order={"rebase_to_today": True})
    assert _all(desk.store, loans)[0].as_of_date == date(2026, 12, 25)


# ---- a part of a delivery --------------------------------------------------------------------------------


def test_the_first_loans_bring_what_belongs_to_them(desk: Desk) -> None:
    files: dict[str, Any] = {
        "loans": [a_loan(f"L{n}") for n in (3, 1, 2)],
        "borrowers": [a_borrower(f"BL{n}") for n in (1, 2, 3)],
        "contacts": [a_contact(f"BL{n}") for n in (1, 2, 3)],
        "payments": [a_payment(f"P{n}", loan_id=f"L{n}") for n in (1, 2, 3)],
        "history": [a_month(f"L{n}") for n in (1, 2, 3)],
        "parties": [a_party(f"L{n}") for n in (1, 2, 3)],
    }
    put(desk.folder / "in", **files)
    put_manifest(desk.folder / "in", sequence=1)
    part = desk.load(first_loans=2)
    assert part.verdict is Verdict.LOADED
    for table, column in (
        (loans, "loan_id"),
        (payments, "loan_id"),
        (statements, "loan_id"),
        (parties, "loan_id"),
    ):
        assert {getattr(row, column) for row in _all(desk.store, table)} == {"L1", "L2"}
    assert {row.borrower_id for row in _all(desk.store, borrowers)} == {"BL1", "BL2"}
    assert _all(desk.store, incidents) == []
    assert desk.load(first_loans=2).verdict is Verdict.REPEATED
    # A part has no place in the sender's sequence: the whole still comes as number 1.
    whole = desk.load()
    assert whole.loaded is not None
    assert (whole.loaded.opened, whole.loaded.unchanged) == (1, 2)
    assert sorted(_told(desk.store)) == [
        *(f"open-case-L{n}-1" for n in (1, 2, 3)),
        *(f"pay-P{n}" for n in (1, 2, 3)),
    ]


def test_a_part_needs_loans(sqlite_desk: Desk) -> None:
    outcome = sqlite_desk.bring(payments=[a_payment()], order={"first_loans": 5})
    assert [fault.text for fault in outcome.faults] == ["--loans needs a delivery that brings loans"]


def test_the_same_content_as_the_next_in_line_is_news(desk: Desk) -> None:
    folder = desk.folder / "in"
    for sequence, flag in [(1, "0"), (2, "1"), (3, "0")]:
        put(folder, contacts=[a_contact(do_not_contact=flag)])
        put_manifest(folder, sequence=sequence)
        assert desk.load().verdict is Verdict.LOADED
        assert desk.load().verdict is Verdict.REPEATED
        assert [row.do_not_contact for row in _all(desk.store, contact_points)] == [flag == "1"]


def test_progress_is_told_for_every_kind(sqlite_desk: Desk) -> None:
    sqlite_desk.bring(**_full(), order={"chunk": 1})
    steps = sqlite_desk.listener.steps
    assert [step for step in steps if step[0] == "loans"] == [("loans", 1, 2), ("loans", 2, 2)]
    assert {what for what, done, total in steps if done == total} == {*_full(), "checks"}
