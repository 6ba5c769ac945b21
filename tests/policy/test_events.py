"""Nothing is read that was not said, and nothing is converted on the way."""

from datetime import date
from typing import Any

import pytest

from arrears.policy.codes import Action
from arrears.policy.events import (
    ContactReported,
    DeliveryReported,
    LoanRestated,
    LoanState,
    Opened,
    PaymentPosted,
    PaymentReversed,
    TaskDecided,
    Unreadable,
    read,
)

LOAN: dict[str, Any] = {
    "loan_id": "L1",
    "currency": "CNY",
    "balance_minor": 500,
    "overdue_minor": 100,
    "first_overdue_on": "2026-02-25",
    "status": "open",
}
PAYMENT: dict[str, Any] = {"payment_id": "P1", "amount_minor": 5, "kind": "payment", "provisional": False}
REVERSAL: dict[str, Any] = {"payment_id": "P2", "reverses": "P1", "amount_minor": 5}
DECISION: dict[str, Any] = {
    "outcome": "ptp",
    "facts_no": 3,
    "remark_id": "r-1",
    "amount_minor": 5,
    "on": "2026-03-06",
}
DELIVERY: dict[str, Any] = {"notice_id": "N1", "status": "arrived", "at": 1_770_000_000}
CONTACT: dict[str, Any] = {
    "attempt_id": "A1",
    "action": "in_call",
    "result": "ptp",
    "party": "borrower",
    "at": 1_770_000_000,
    "amount_minor": 5,
    "on": "2026-03-06",
    "contact_id": "C1",
    "recording_id": "R1",
    "remark_id": "r-1",
}

CONTENTS = {
    "open": LOAN,
    "loan_restated": LOAN,
    "payment_posted": PAYMENT,
    "payment_reversed": REVERSAL,
    "payment_finalized": {"payment_id": "P1", "amount_minor": 5, "in_balance": False},
    "people_changed": {"parties": True, "address": False},
    "task_decided": DECISION,
    "delivery_reported": DELIVERY,
    "contact_reported": CONTACT,
}
# Fields a message may leave out.
OPTIONAL = {
    ("open", "first_overdue_on"),
    ("loan_restated", "first_overdue_on"),
    ("task_decided", "remark_id"),
    ("task_decided", "amount_minor"),
    ("task_decided", "on"),
    *(
        ("contact_reported", name)
        for name in ("amount_minor", "on", "contact_id", "recording_id", "remark_id")
    ),
}
FIELDS = [(signal, name) for signal, content in CONTENTS.items() for name in content]
OF_TYPE: dict[type, list[Any]] = {
    str: [None, 5, 0, True, 1.5, ["x"], {"x": 1}, b"x"],
    int: [None, "5", "", True, False, 5.0, 1e3, [5], {}, 2**53 + 1, -(2**53) - 1, 10**400],
    bool: [None, 0, 1, "true", "False", [], {}],
}


def _read(signal: str, content: dict[str, Any], *, task_id: str | None = "t-1") -> Any:
    return read("case-L1-1", signal, actor="s-1", task_id=task_id, content=content)


def test_each_signal_is_read_as_what_it_tells() -> None:
    loan = LoanState("L1", "CNY", 500, 100, "2026-02-25", "open")
    assert _read("open", LOAN) == Opened("case-L1-1", loan)
    assert _read("loan_restated", LOAN) == LoanRestated(loan)
    assert _read("payment_posted", PAYMENT) == PaymentPosted("P1", 5, "payment", provisional=False)
    assert _read("payment_reversed", REVERSAL) == PaymentReversed("P2", "P1", 5)
    assert _read("task_decided", DECISION) == TaskDecided(
        "t-1", "s-1", "ptp", 3, True, 5, "2026-03-06", remark_id="r-1"
    )
    said = (
        "A1",
        Action.IN_CALL,
        "ptp",
        "borrower",
        "s-1",
        1_770_000_000,
        5,
        "2026-03-06",
        "C1",
        "R1",
        True,
        "r-1",
    )
    assert _read("contact_reported", CONTACT) == ContactReported(*said)
    assert _read("delivery_reported", DELIVERY) == DeliveryReported("N1", "arrived", 1_770_000_000)


@pytest.mark.parametrize(("signal", "name"), FIELDS)
def test_a_missing_field_is_named(signal: str, name: str) -> None:
    content = {key: value for key, value in CONTENTS[signal].items() if key != name}
    if (signal, name) in OPTIONAL - {("open", "first_overdue_on"), ("loan_restated", "first_overdue_on")}:
        _read(signal, content)
        return
    with pytest.raises(Unreadable, match=name):
        _read(signal, content)


@pytest.mark.parametrize(("signal", "name"), FIELDS)
def test_a_field_of_another_type_is_not_converted(signal: str, name: str) -> None:
    for wrong in OF_TYPE[type(CONTENTS[signal][name])]:
        if wrong is None and (signal, name) in OPTIONAL:
            continue
        with pytest.raises(Unreadable, match=name):
            _read(signal, CONTENTS[signal] | {name: wrong})


@pytest.mark.parametrize(
    "day",
    [
        "",
        "2026-02-30",
        "2026-2-3",
        "20260203",
        "2026-W06-2",
        "2026-02-03T00:00",
        " 2026-02-03",
        "03.02.2026",
        "0001-01-01",
        "1969-12-31",
        "2200-01-01",
        "9999-12-31",
    ],
)
def test_a_day_is_an_iso_day_within_reason(day: str) -> None:
    with pytest.raises(Unreadable, match="on"):
        _read("task_decided", DECISION | {"on": day})
    with pytest.raises(Unreadable, match="first_overdue_on"):
        _read("open", LOAN | {"first_overdue_on": day})


def test_a_day_is_read_as_text() -> None:
    with pytest.raises(Unreadable):
        _read("task_decided", DECISION | {"on": date(2026, 3, 6)})


@pytest.mark.parametrize("amount", [0, -1, -500])
def test_money_that_moves_is_more_than_nothing(amount: int) -> None:
    for signal in ("payment_posted", "payment_reversed"):
        with pytest.raises(Unreadable, match="amount_minor"):
            _read(signal, CONTENTS[signal] | {"amount_minor": amount})


@pytest.mark.parametrize(
    ("balance", "overdue", "first"),
    [(100, 101, "2026-02-25"), (100, -1, "2026-02-25"), (-1, -1, None), (-1, 0, None), (100, 1, None)],
)
def test_a_loan_does_not_contradict_itself(balance: int, overdue: int, first: str | None) -> None:
    content = LOAN | {"balance_minor": balance, "overdue_minor": overdue, "first_overdue_on": first}
    for signal in ("open", "loan_restated"):
        with pytest.raises(Unreadable):
            _read(signal, content)


@pytest.mark.parametrize("instant", [0, -1, 7_258_118_400, 2**53])
def test_an_instant_lies_in_a_time_that_banks_know(instant: int) -> None:
    with pytest.raises(Unreadable, match="at"):
        _read("delivery_reported", DELIVERY | {"at": instant})


@pytest.mark.parametrize("action", ["", "in-call", "IN_CALL", "pigeon"])
def test_a_contact_was_made_in_a_way_the_bank_knows(action: str) -> None:
    with pytest.raises(Unreadable, match="action"):
        _read("contact_reported", CONTACT | {"action": action})


def test_an_answer_is_to_a_task() -> None:
    with pytest.raises(Unreadable, match="no task"):
        _read("task_decided", DECISION, task_id=None)


@pytest.mark.parametrize(("remark", "has"), [("r-1", True), ("", False), (None, False)])
def test_a_reason_is_a_remark_that_is_there(remark: str | None, has: bool) -> None:
    assert _read("task_decided", DECISION | {"remark_id": remark}).has_reason is has


@pytest.mark.parametrize("signal", ["", "nudge", "Open", "open ", "payment", "__class__", "x" * 10_000])
def test_an_unknown_signal_is_unreadable_and_not_repeated_at_length(signal: str) -> None:
    with pytest.raises(Unreadable) as caught:
        _read(signal, {})
    assert len(str(caught.value)) < 80


def test_what_else_is_in_a_message_is_left_alone() -> None:
    assert _read("payment_posted", PAYMENT | {"currency": "CNY", "x": object()}) == _read(
        "payment_posted", PAYMENT
    )
