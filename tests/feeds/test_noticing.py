"""Another party or address reaches the open cases it concerns, once, and says nothing of anybody."""

from typing import Any

import pytest
from sqlalchemy import Row, select, update

from arrears.feeds.noticing import SIGNAL
from arrears.store.tables import cases, messages
from tests.feeds.deliveries import Desk, a_borrower, a_contact, a_loan, a_party, a_payment
from tests.feeds.test_importing import _case

GUARANTOR = a_borrower("BG1", name="李四", id_number="", id_kind="")
POST = {"channel": "post", "address": "样本市演示路9号"}


@pytest.fixture
def bank(desk: Desk) -> Desk:
    """Two loans of two people with open cases; the guarantor stands behind the first."""
    desk.bring(
        borrowers=[a_borrower(), a_borrower("BL2", id_number="", id_kind=""), GUARANTOR],
        contacts=[a_contact(), a_contact(**POST)],
        parties=[a_party()],
        loans=[a_loan(), a_loan("L2", borrower_id="BL2")],
    )
    for loan_id in ("L1", "L2"):
        _case(desk.store, loan_id)
    assert _told(desk) == []
    return desk


def _told(desk: Desk) -> list[Row[Any]]:
    with desk.store.reading() as connection:
        return list(
            connection.execute(
                select(messages).where(messages.c.signal == SIGNAL).order_by(messages.c.arrival)
            )
        )


def _said(desk: Desk) -> list[tuple[str, bool, bool]]:
    return [(said.case_id, said.content["parties"], said.content["address"]) for said in _told(desk)]


@pytest.mark.rule("4.6-5")
@pytest.mark.parametrize(
    ("files", "parties", "address"),
    [
        ({"borrowers": [a_borrower(name="王五")]}, True, False),
        ({"borrowers": [a_borrower(address="样本市新街1号")]}, False, True),
        ({"borrowers": [a_borrower(service_address_agreed="0")]}, False, True),
        ({"borrowers": [GUARANTOR | {"address": "样本市远路7号"}]}, False, True),
        ({"parties": [a_party(guarantee_until="2028-01-31")]}, True, False),
        (
            {
                "parties": [
                    a_party(borrower_id="BG2", role="co_borrower", guarantee_kind="", guarantee_until="")
                ]
            },
            True,
            False,
        ),
        ({"contacts": [a_contact(channel="post", address="样本市新街1号")]}, False, True),
        ({"contacts": [a_contact(**POST, do_not_contact="1")]}, False, True),
    ],
    ids=[
        "name",
        "address",
        "agreed",
        "guarantor moves",
        "guarantee",
        "new party",
        "new letter box",
        "no letters",
    ],
)
def test_a_change_reaches_the_open_case_it_concerns_once(
    bank: Desk, files: dict[str, Any], parties: bool, address: bool
) -> None:
    bank.bring(**files)
    assert _said(bank) == [("case-L1-1", parties, address)]
    [said] = _told(bank)
    assert (said.rank, sorted(said.content)) == (1, ["address", "parties"])
    for words in ("王五", "新街", "远路"):
        assert words not in f"{said.message_id}{said.content}"
    bank.bring(**files, payments=[a_payment("P9", value_on="2026-10-01", booked_on="2026-10-01")])
    assert len(_told(bank)) == 1, "the same again is no change"


def test_what_litigation_and_letters_do_not_rest_on_is_no_change(bank: Desk) -> None:
    bank.bring(
        borrowers=[a_borrower(language="en")],
        contacts=[a_contact(address="13900000000"), a_contact(do_not_contact="1")],
    )
    assert _told(bank) == []


def test_a_closed_case_is_told_nothing(bank: Desk) -> None:
    with bank.store.transaction() as connection:
        connection.execute(update(cases).values(status="closed"))
    bank.bring(borrowers=[a_borrower(name="王五")])
    assert _told(bank) == []


def test_two_changes_are_told_twice(bank: Desk) -> None:
    bank.bring(borrowers=[a_borrower(name="王五")])
    bank.bring(borrowers=[a_borrower(name="赵六")])
    assert _said(bank) == [("case-L1-1", True, False)] * 2
