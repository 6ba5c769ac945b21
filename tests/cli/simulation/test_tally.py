"""The count finds what does not fit: a day, a cent, a hand, an hour, a word."""

from dataclasses import replace
from datetime import date
from typing import Any, Final

import pytest

from arrears.cli.simulation.expecting import Expected
from arrears.cli.simulation.tally import Ended, Found, Judgement, tally

DAY: Final = date(2026, 1, 9)
TWO_HANDS: Final = Judgement((("sue", "a"),), (("approve", "b"),))
PAYS: Final = Expected("L1", "case-L1-1", DAY, "CURED", 300, is_judged=False)
OWES: Final = Expected("L2", "case-L2-1", None, None, 0, is_judged=True)
PAID: Final = Ended("closed", "CURED", DAY, None)
SUED: Final = Ended("open", None, None, TWO_HANDS)


def found(**changes: Any) -> Found:
    whole = Found(
        ended={"L1": PAID, "L2": SUED},
        received_minor=300,
        allocated_minor=300,
        unallocated_minor=0,
        contacts=7,
        messages={"applied": 12, "refused": 1},
    )
    return replace(whole, **changes)


def mismatches(**changes: Any) -> tuple[str, ...]:
    return tally([PAYS, OWES], found(**changes)).mismatches


def test_all_as_it_must_be() -> None:
    assert tally([PAYS, OWES], found()).as_json() == {
        "loans": 2,
        "cured": 1,
        "paid_off": 0,
        "wrong_day": 0,
        "legal_review": 1,
        "approved_by_two": 1,
        "returned": 0,
        "open": 1,
        "received_minor": 300,
        "allocated_minor": 300,
        "unallocated_minor": 0,
        "contacts": 7,
        "outside_window": 0,
        "over_caps": 0,
        "applied": 12,
        "refused": 1,
        "unapplied": 0,
        "mismatches": [],
    }


def test_a_wrong_day_is_counted_and_named() -> None:
    late = found(ended={"L1": replace(PAID, closed_on=date(2026, 1, 10)), "L2": SUED})
    counted = tally([PAYS, OWES], late)
    assert counted.wrong_day == 1
    assert counted.mismatches == ("L1: closed on 2026-01-10, was paid on 2026-01-09",)


@pytest.mark.parametrize(
    ("ended", "told"),
    [
        ({"L2": SUED}, "L1: has no case"),
        ({"L1": replace(PAID, reason="PAID_OFF"), "L2": SUED}, "L1: closed as PAID_OFF, was paid as CURED"),
        ({"L1": PAID, "L2": PAID}, "L2: closed as CURED on 2026-01-09, was not paid"),
        ({"L1": PAID, "L2": replace(SUED, judgement=None)}, "L2: no advisor was asked"),
        (
            {"L1": PAID, "L2": replace(SUED, judgement=Judgement((("sue", "a"),)))},
            "L2: neither approved by two nor returned",
        ),
        (
            {"L1": PAID, "L2": replace(SUED, judgement=Judgement((("sue", "a"),), (("approve", "a"),)))},
            "L2: one person approved it twice",
        ),
        ({"L1": replace(PAID, attention=True), "L2": SUED}, "L1: somebody must look at the case"),
    ],
)
def test_a_loan_that_ended_otherwise_is_named(ended: dict[str, Ended], told: str) -> None:
    assert told in mismatches(ended=ended)


def test_a_review_that_was_returned_will_do() -> None:
    back = replace(SUED, judgement=Judgement((("return", "a"),)))
    counted = tally([PAYS, OWES], found(ended={"L1": PAID, "L2": back}))
    assert (counted.returned, counted.approved_by_two, counted.mismatches) == (1, 0, ())


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"allocated_minor": 299}, "money: 300 was received, 299 was allocated or kept apart"),
        ({"received_minor": 299, "allocated_minor": 299}, "money: 299 was received, the portfolio pays 300"),
        ({"outside_window": ["n1"]}, "contact outside the hours: n1"),
        ({"over_caps": ["n1 (C02)"]}, "contact beyond the caps: n1 (C02)"),
        ({"refused_without_reason": ["m1"]}, "refused without a reason: m1"),
        ({"faults": ["rules_failed-1"]}, "incident: rules_failed-1"),
        ({"messages": {"applied": 12, "sent": 2}}, "messages: 2 are sent"),
    ],
)
def test_whatever_does_not_add_up_is_named(changes: dict[str, Any], told: str) -> None:
    assert mismatches(**changes) == (told,)


def test_what_is_kept_apart_is_not_lost() -> None:
    assert mismatches(allocated_minor=250, unallocated_minor=50) == ()
