"""A transfer is kept once and shared out to the cent, whatever comes twice or at one time."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pytest
from sqlalchemy import func, insert, select

from arrears.store import intents, transfers
from arrears.store.intents import PaymentDiffers, PaymentIn
from arrears.store.session import Store
from arrears.store.tables import audit_rows, borrowers, incidents, loans, messages, payments
from arrears.store.tables import transfers as transfer_rows
from arrears.store.transfers import TransferIn, TransferKept

AT: Final = datetime(2026, 3, 2, 4, tzinfo=UTC)
TODAY: Final = date(2026, 3, 2)
TRANSFER: Final = TransferIn("T1", "B1", TODAY, TODAY, 150_000, "CNY")


def _loan(store: Store, loan_id: str, *, days: int, overdue: int, as_of: date = date(2026, 3, 1)) -> str:
    """A loan of B1 whose case is about to open."""
    row = {
        "loan_id": loan_id,
        "borrower_id": "B1",
        "product": "term_loan",
        "currency": "CNY",
        "as_of_date": as_of,
        "balance_minor": 500_000,
        "overdue_minor": overdue,
        "first_overdue_on": as_of - timedelta(days=days),
        "status": "open",
        "content_hash": "-",
    }
    with store.transaction() as connection:
        connection.execute(insert(loans).values(row))
        return intents.open_case(connection, row, episode=1, at=AT, pack="p.1")


@pytest.fixture
def debtor(store: Store) -> Store:
    """Two loans: A is 40 days late with 1,000.00, B 5 days with 2,000.00."""
    with store.transaction() as connection:
        connection.execute(
            insert(borrowers).values(borrower_id="B1", kind="person", name="甲", service_address_agreed=False)
        )
    _loan(store, "A", days=40, overdue=100_000)
    _loan(store, "B", days=5, overdue=200_000)
    return store


def _post(store: Store, transfer: TransferIn = TRANSFER) -> TransferKept:
    with store.transaction() as connection:
        return transfers.post_transfer(
            connection,
            transfer,
            at=AT,
            source="core-bank",
            reopen_days=7,
            burden=(),
            surplus_due_at=AT + timedelta(days=7),
        )


def _shares(kept: TransferKept) -> dict[str, int]:
    return {share.loan_id: share.amount_minor for share in kept.shares}


def _count(store: Store, table: Any) -> int:
    with store.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _incident(store: Store) -> Any:
    with store.reading() as connection:
        return connection.execute(select(incidents)).one()


@pytest.mark.rule("W2")
def test_the_older_debt_takes_it_first(debtor: Store) -> None:
    kept = _post(debtor)
    assert (_shares(kept), kept.surplus_minor, kept.standing) == ({"A": 100_000, "B": 50_000}, 0, "message")
    with debtor.reading() as connection:
        rows = connection.execute(select(payments).order_by(payments.c.payment_id)).all()
        said = connection.execute(select(messages.c.message_id).where(messages.c.signal == "payment_posted"))
        assert set(said.scalars()) == {"pay-T1-1", "pay-T1-2"}
        [row] = connection.execute(select(audit_rows).where(audit_rows.c.what == "transfer_shared_out")).all()
    assert [(row.payment_id, row.loan_id, row.amount_minor) for row in rows] == [
        ("T1-1", "A", 100_000),
        ("T1-2", "B", 50_000),
    ]
    assert row.detail["shares"] == [["A", 100_000, "due"], ["B", 50_000, "due"]]


@pytest.mark.rule("W2")
def test_the_loan_the_payer_named_takes_all_of_it(debtor: Store) -> None:
    kept = _post(debtor, replace(TRANSFER, designation="B"))
    assert [(share.loan_id, share.amount_minor, share.why) for share in kept.shares] == [
        ("B", 150_000, "designated")
    ]


def test_the_same_transfer_again_changes_nothing(debtor: Store) -> None:
    first, again = _post(debtor), _post(debtor)
    assert again == replace(first, repeated=True)
    assert (_count(debtor, payments), _count(debtor, transfer_rows)) == (2, 1)
    with pytest.raises(PaymentDiffers):
        _post(debtor, replace(TRANSFER, amount_minor=1))
    with pytest.raises(PaymentDiffers):
        _post(debtor, replace(TRANSFER, designation="B"))
    assert _count(debtor, payments) == 2


def test_a_payment_of_the_same_name_is_another_thing(debtor: Store) -> None:
    with debtor.transaction() as connection:
        payment = PaymentIn("T1", "A", TODAY, TODAY, 150_000, "CNY")
        intents.post_payment(connection, payment, at=AT, source="core-bank", reopen_days=7)
    with pytest.raises(PaymentDiffers):
        _post(debtor)
    with debtor.transaction() as connection:
        payment = PaymentIn("T2-1", "A", TODAY, TODAY, 150_000, "CNY")
        intents.post_payment(connection, payment, at=AT, source="core-bank", reopen_days=7)
    with pytest.raises(PaymentDiffers):
        _post(debtor, replace(TRANSFER, transfer_id="T2"))
    assert (_count(debtor, payments), _count(debtor, transfer_rows)) == (2, 0)


def test_the_second_transfer_sees_what_the_first_has_paid(debtor: Store) -> None:
    """Neither case has answered yet."""
    _post(debtor)
    second = _post(debtor, replace(TRANSFER, transfer_id="T2"))
    assert _shares(second) == {"B": 150_000}


def test_transfers_at_one_time_pay_each_debt_once(debtor: Store) -> None:
    with ThreadPoolExecutor(4) as many:
        numbers = range(4)
        made = list(
            many.map(
                lambda n: _post(debtor, replace(TRANSFER, transfer_id=f"T{n}", amount_minor=75_000)), numbers
            )
        )
    paid = {
        loan: sum(share.amount_minor for kept in made for share in kept.shares if share.loan_id == loan)
        for loan in ("A", "B")
    }
    assert paid == {"A": 100_000, "B": 200_000}


def test_what_no_loan_takes_waits_for_a_person_until_its_day(debtor: Store) -> None:
    kept = _post(debtor, replace(TRANSFER, amount_minor=1_000_100))
    assert (_shares(kept), kept.surplus_minor) == ({"A": 500_000, "B": 500_000}, 100)
    incident = _incident(debtor)
    assert (incident.kind, incident.detail["surplus_minor"]) == ("transfer_surplus", 100)
    assert incident.due_at == AT + timedelta(days=7)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"borrower_id": "B404"}, "transfer_unknown_borrower"),
        ({"designation": "L404"}, "transfer_unknown_loan"),
    ],
)
def test_what_names_nobody_is_kept_aside_whole(debtor: Store, changes: dict[str, Any], kind: str) -> None:
    kept = _post(debtor, replace(TRANSFER, **changes))
    assert (kept.standing, kept.shares, kept.surplus_minor) == ("suspense", (), 150_000)
    incident = _incident(debtor)
    assert (incident.kind, incident.detail["amount_minor"]) == (kind, 150_000)
    assert _count(debtor, payments) == 0


def test_money_of_before_the_states_is_history(debtor: Store) -> None:
    kept = _post(debtor, replace(TRANSFER, value_on=date(2026, 3, 1)))
    assert (kept.standing, kept.shares) == ("history", ())
    assert _count(debtor, incidents) == 0


def test_money_that_only_some_states_know_is_put_before_a_person(debtor: Store) -> None:
    _loan(debtor, "C", days=1, overdue=10_000, as_of=TODAY)
    kept = _post(debtor)
    assert (kept.standing, _incident(debtor).kind) == ("suspense", "transfer_between_states")


def test_a_loan_without_a_case_takes_only_what_names_it(debtor: Store) -> None:
    with debtor.transaction() as connection:
        row = connection.execute(select(loans).where(loans.c.loan_id == "A")).mappings().one()
        connection.execute(insert(loans).values(dict(row) | {"loan_id": "C", "overdue_minor": 0}))
    assert _shares(_post(debtor, replace(TRANSFER, amount_minor=2_000_000))) == {"A": 500_000, "B": 500_000}
    named = _post(debtor, replace(TRANSFER, transfer_id="T2", amount_minor=1_000, designation="C"))
    assert [(share.loan_id, share.standing) for share in named.shares] == [("C", "suspense")]
