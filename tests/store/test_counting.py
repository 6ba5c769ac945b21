"""Contacts counted against caps: by the bank's day and week, or by seven days to the second."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from arrears.policy.caps import Cap, Scope, Window
from arrears.policy.codes import Counts
from arrears.store.invariants.counting import Contact, over_caps

MORNING: Final = datetime(2026, 3, 2, 1, tzinfo=UTC)  # nine o'clock in Shanghai, on a Monday


def a_call(name: str, after: timedelta = timedelta(0), **more: Any) -> Contact:
    said: dict[str, Any] = {
        "person": "B1", "action": "out_call", "number": "1", "loan_id": "L1", "answered": False, "talked": False
    } | more  # fmt: skip
    return Contact(name, at=MORNING + after, **said)


def counted(calls: list[Contact], counts: Counts, scope: Scope, window: Window, most: int) -> list[str]:
    return over_caps(calls, [Cap("X", scope, window, counts, most)], "Asia/Shanghai")


@pytest.mark.parametrize(
    ("window", "after", "is_over"),
    [
        (Window.DAY, timedelta(hours=14, minutes=59), True),
        (Window.DAY, timedelta(hours=15), False),  # midnight in Shanghai
        (Window.WEEK, timedelta(days=6, hours=14), True),
        (Window.WEEK, timedelta(days=6, hours=15), False),
        (Window.ROLLING_WEEK, timedelta(days=7, seconds=-1), True),
        (Window.ROLLING_WEEK, timedelta(days=7), False),
    ],
)
def test_a_window_ends_when_it_ends(window: Window, after: timedelta, is_over: bool) -> None:
    calls = [a_call("a"), a_call("b", after)]
    assert counted(calls, Counts.ATTEMPT, Scope.PERSON, window, 1) == (["b (X)"] if is_over else [])


def test_each_person_number_and_debt_is_counted_by_itself() -> None:
    calls = [a_call("a"), a_call("b", number="2"), a_call("c", number="2", loan_id="L2")]
    calls.append(a_call("d", person="B2"))
    day = (Counts.ATTEMPT, Window.DAY)
    assert counted(calls, day[0], Scope.PERSON, day[1], 2) == ["c (X)"]
    assert counted(calls, day[0], Scope.NUMBER, day[1], 1) == ["c (X)"]
    assert counted(calls, day[0], Scope.DEBT, day[1], 1) == ["b (X)"]


def test_only_what_was_answered_counts_as_answered_and_a_message_is_no_call() -> None:
    calls = [a_call("a"), a_call("b", answered=True), a_call("c", answered=True), a_call("d", action="sms")]
    assert counted(calls, Counts.EFFECTIVE, Scope.PERSON, Window.DAY, 1) == ["c (X)"]
    assert counted(calls, Counts.MESSAGE, Scope.PERSON, Window.DAY, 1) == []
