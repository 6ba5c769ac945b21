"""Caps are data: scope, window and what counts, on one engine for every pack."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arrears.contracts import Rules
from arrears.policy.caps import VOICE, WEEK_SECONDS, Cap, Line, Scope, Window, uses
from arrears.policy.codes import Action, Counts, code_of
from arrears.policy.guard import Asked, Go, Known, NotBefore, line_of, verdict
from tests.policy.contacts import CN, US, Debtor, at, bank_hours

# ---- the bank's own pack -------------------------------------------------------------------------------------


@pytest.mark.rule("C02", "C04")
def test_three_answered_calls_a_day_whoever_makes_them_and_about_whichever_loan() -> None:
    debtor = Debtor()
    debtor.contact("09:00", "rtp", loan_id="L1", number="1")
    debtor.contact("10:00", "hung", loan_id="L2", number="2", actor="s-agency")
    debtor.contact("11:00", "cant", Action.AI_CALL, loan_id="L1", number="1", actor="robot")
    for call in (Action.OUT_CALL, Action.AI_CALL):
        assert debtor.ask("12:00", call, loan_id="L3", number="3") == NotBefore(at("2026-03-03T08:00"), "C02")
    assert debtor.ask("2026-03-03T08:00") == Go()


@pytest.mark.rule("C04", "4.6-4")
def test_a_call_whose_result_nobody_knows_yet_takes_all_it_may_come_to() -> None:
    debtor = Debtor()
    first = debtor.reserve("09:00")
    debtor.reserve("09:00")
    debtor.reserve("09:00")
    assert debtor.ask("09:01") == NotBefore(at("2026-03-03T08:00"), "C02")
    debtor.result(first, "na")
    assert debtor.ask("09:02") == Go()


@pytest.mark.rule("C05")
def test_one_message_a_day_and_three_a_week_but_receipts_go() -> None:
    debtor = Debtor()
    debtor.contact("09:00", "sent", Action.SMS)
    assert debtor.ask("10:00", Action.EMAIL) == NotBefore(at("2026-03-03T08:00"), "C05")
    assert debtor.ask("10:00", Action.SMS, service=True) == Go()
    assert debtor.ask("10:00", Action.NOTICE) == Go()
    debtor.contact("2026-03-03T10:00", "sent", Action.SMS)
    debtor.contact("2026-03-05T10:00", "sent", Action.EMAIL)
    assert debtor.ask("2026-03-06T10:00", Action.SMS) == NotBefore(at("2026-03-09T08:00"), "C05")


@pytest.mark.rule("C10")
def test_one_visit_a_week_by_two_people() -> None:
    debtor = Debtor()
    debtor.contact("09:00", "not_home", Action.VISIT, staff=("s-second",))
    assert debtor.ask("2026-03-08T12:00", Action.VISIT, staff=("s-second",)) == NotBefore(
        at("2026-03-09T08:00"), "C10"
    )


def test_a_call_is_not_limited_by_messages_nor_a_message_by_calls() -> None:
    debtor = Debtor()
    for hour in (9, 10, 11):
        debtor.contact(f"{hour:02}:00", "rtp")
    assert debtor.ask("12:00", Action.SMS) == Go()
    debtor.contact("12:00", "sent", Action.SMS)
    assert debtor.ask("2026-03-03T09:00") == Go()


def test_a_number_nobody_wrote_down_has_no_cap_of_its_own() -> None:
    debtor = Debtor()
    for minute in range(8):
        debtor.contact(f"09:{minute:02}", "na")
    assert debtor.ask("10:00") == Go()


# ---- another country's, on the same engine -------------------------------------------------------------------


def test_seven_calls_in_seven_days_about_one_debt() -> None:
    debtor = Debtor(US)
    for day in range(2, 9):
        debtor.contact(f"2026-06-{day:02}T10:00", "na", loan_id="L1")
    assert debtor.ask("2026-06-09T09:59:59", loan_id="L1") == NotBefore(at("2026-06-09T10:00", US), "F01")
    assert debtor.ask("2026-06-09T09:59:59", loan_id="L2") == Go()
    assert debtor.ask("2026-06-09T10:00", loan_id="L1") == Go()


def test_none_within_seven_days_after_a_conversation_about_the_debt() -> None:
    debtor = Debtor(US)
    debtor.contact("2026-06-02T10:00", "rtp", loan_id="L1")
    assert debtor.ask("2026-06-05T10:00", loan_id="L1") == NotBefore(at("2026-06-09T10:00", US), "F02")
    assert debtor.ask("2026-06-05T10:00", loan_id="L2") == Go()
    # About no debt in particular is about each of them.
    assert isinstance(debtor.ask("2026-06-05T10:00"), NotBefore)


def test_a_cap_that_opens_at_night_waits_for_the_morning() -> None:
    debtor = Debtor(US)
    debtor.contact("2026-03-02T20:30", "rtp", loan_id="L1")
    night = replace(
        debtor.known, ledger=tuple(replace(line, at=line.at + 7200) for line in debtor.known.ledger)
    )
    debtor.learn(ledger=night.ledger)
    assert debtor.ask("2026-03-05T10:00", loan_id="L1") == NotBefore(at("2026-03-10T08:00", US), "F02")


# ---- properties ----------------------------------------------------------------------------------------------

_RESULTS = {
    Action.OUT_CALL: ("na", "busy", "hung", "ptp", "rtp"),
    Action.AI_CALL: ("na", "rtp"),
    Action.SMS: ("sent", "bounced"),
    Action.VISIT: ("met", "not_home"),
}
# Forwards, backwards, over midnight and over the change of summer time in New York (8 March 2026).
_JUMPS = st.sampled_from((0, 1, 600, 3600, 7200, 5 * 3600, 86_400, -1, -3600, -86_400, -8 * 86_400))
_LOWER = tuple(replace(cap, most=max(1, cap.most - 1)) for cap in CN.conduct.caps)


@st.composite
def _steps(draw: st.DrawFn) -> tuple[int, Asked, str]:
    action = draw(st.sampled_from(list(_RESULTS)))
    asked = Asked(
        action,
        draw(st.sampled_from(("s-one", "robot", "agency"))),
        loan_id=draw(st.sampled_from(("", "L1", "L2"))),
        number=draw(st.sampled_from(("", "138", "139"))),
        staff=("s-second",),
    )
    # Without a result the contact stays reserved, as when a dialer dies.
    return draw(_JUMPS), asked, draw(st.sampled_from(("", *_RESULTS[action])))


def _play(rules: Rules, steps: list[tuple[int, Asked, str]], start: int) -> list[tuple[Line, Rules]]:
    ledger: list[tuple[Line, Rules]] = []
    now = start
    for jump, asked, result in steps:
        now += jump
        known = Known((bank_hours(rules),), tuple(line for line, _ in ledger))
        answer = verdict(asked, known, rules.conduct, rules.calendar, now)
        if not isinstance(answer, Go):
            assert isinstance(answer, NotBefore), "nothing here is forbidden for ever"
            assert answer.at > now
            assert verdict(asked, known, rules.conduct, rules.calendar, answer.at) == Go()
            continue
        _must_leave_room(rules, asked, known.ledger, now)
        line = line_of(asked, now)
        code = code_of(asked.action, result) if result else None
        ledger.append((line if code is None else replace(line, counts=code.counts), rules))
    return ledger


def _must_leave_room(rules: Rules, asked: Asked, ledger: tuple[Line, ...], now: int) -> None:
    """Counted anew, and in another way than the engine counts."""
    zone = ZoneInfo(rules.calendar.zone)
    local = datetime.fromtimestamp(now, UTC).astimezone(zone)
    last = rules.conduct.dial_to if asked.action in VOICE else rules.terms.window_to
    assert rules.terms.window_from <= local.strftime("%H:%M") < last
    for cap in rules.conduct.caps:
        if cap.third or cap.counts not in line_of(asked, now).counts:
            continue
        inside = [line for line in ledger if cap.counts in line.counts and _is_beside(cap, line, asked)]
        assert sum(_is_within(cap, line.at, now, zone) for line in inside) < cap.most, cap


def _is_beside(cap: Cap, line: Line, asked: Asked) -> bool:
    if cap.scope is Scope.NUMBER:
        return bool(line.number) and line.number == asked.number
    return cap.scope is Scope.PERSON or "" in (line.loan_id, asked.loan_id) or line.loan_id == asked.loan_id


def _is_within(cap: Cap, then: int, now: int, zone: ZoneInfo) -> bool:
    if cap.window is Window.ROLLING_WEEK:
        return abs(now - then) < WEEK_SECONDS
    days = [datetime.fromtimestamp(instant, UTC).astimezone(zone).date() for instant in (then, now)]
    if cap.window is Window.DAY:
        return days[0] == days[1]
    return len({day - timedelta(days=day.weekday()) for day in days}) == 1


@pytest.mark.rule("C01", "C02", "C03", "C04", "C05", "C10")
@pytest.mark.parametrize("rules", [CN, US], ids=["cn", "us"])
@given(steps=st.lists(_steps(), max_size=30))
@settings(max_examples=60)
def test_no_sequence_of_contacts_breaks_a_cap_or_a_window(
    rules: Rules, steps: list[tuple[int, Asked, str]]
) -> None:
    ledger = [line for line, _ in _play(rules, steps, at("2026-03-07T09:00", rules))]
    zone = ZoneInfo(rules.calendar.zone)
    for cap in rules.conduct.caps:
        counted = [line for line in ledger if cap.counts in line.counts and not cap.third]
        for line in counted:
            asked = Asked(line.action, "", loan_id=line.loan_id, number=line.number)
            beside = [one for one in counted if _is_beside(cap, one, asked)]
            if cap.window is Window.ROLLING_WEEK:
                inside = sum(0 <= one.at - line.at < WEEK_SECONDS for one in beside)
            else:
                inside = sum(_is_within(cap, one.at, line.at, zone) for one in beside)
            # About all loans at once a contact counts for each; so beside it may stand those of two loans.
            several = cap.scope is Scope.DEBT and not line.loan_id
            nameless = cap.scope is Scope.NUMBER and not line.number
            assert several or nameless or inside <= cap.most


@pytest.mark.rule("4.6-11")
@given(before=st.lists(_steps(), max_size=15), after=st.lists(_steps(), max_size=15))
@settings(max_examples=40)
def test_a_pack_that_lowers_a_cap_binds_from_its_first_instant(
    before: list[tuple[int, Asked, str]], after: list[tuple[int, Asked, str]]
) -> None:
    lower = replace(CN, conduct=replace(CN.conduct, caps=_LOWER))
    kept = tuple(line for line, _ in _play(CN, before, at("09:00")))
    for jump, asked, _result in after:
        now = at("12:00") + abs(jump)
        known = Known((bank_hours(lower),), kept)
        if isinstance(verdict(asked, known, lower.conduct, lower.calendar, now), Go):
            _must_leave_room(lower, asked, kept, now)


@given(st.integers(1, 4), st.lists(st.integers(0, 14 * 86_400), max_size=8), st.integers(0, 14 * 86_400))
def test_a_rolling_week_counts_instants_and_not_days(most: int, earlier: list[int], now: int) -> None:
    cap = Cap("F01", Scope.DEBT, Window.ROLLING_WEEK, Counts.ATTEMPT, most)
    conduct = replace(US.conduct, caps=(cap,))
    lines = tuple(Line(then, Action.OUT_CALL, frozenset({Counts.ATTEMPT})) for then in earlier)
    answer = verdict(Asked(Action.OUT_CALL, "s"), Known((), lines), conduct, US.calendar, now)
    inside = sum(then > now - WEEK_SECONDS for then in earlier)
    assert isinstance(answer, Go) is (inside < most)
    if isinstance(answer, NotBefore):
        assert sum(then > answer.at - WEEK_SECONDS for then in earlier) < most
        assert sum(then > answer.at - 1 - WEEK_SECONDS for then in earlier) >= most


# ---- how much is taken, for whoever looks ------------------------------------------------------------------


def test_a_person_reads_how_much_of_each_cap_is_taken_as_the_guard_counts_it() -> None:
    debtor = Debtor()
    debtor.contact("09:00", "rtp", number="138")
    debtor.contact("10:00", "na", number="138")
    debtor.contact("11:00", "na", number="139")
    debtor.contact("2026-03-01T11:00", "rtp", number="138")
    asked = Asked(Action.OUT_CALL, "s-collector", number="138")
    found = uses(
        CN.conduct.caps,
        line_of(asked, at("12:00")),
        debtor.known.ledger,
        at("12:00"),
        calendar=CN.calendar,
    )
    assert {(use.cap.rule, use.used, use.cap.most) for use in found} == {("C02", 1, 3), ("C03", 2, 6)}


@pytest.mark.parametrize("rules", [CN, US], ids=["cn", "us"])
def test_what_is_full_is_what_the_guard_refuses(rules: Rules) -> None:
    debtor = Debtor(rules)
    for minute in range(12):
        asked = Asked(Action.OUT_CALL, "s-collector", loan_id="L1", number="138")
        now = at(f"12:{minute:02}", rules)
        caps, ledger = rules.conduct.caps, debtor.known.ledger
        found = uses(caps, line_of(asked, now), ledger, now, calendar=rules.calendar)
        full = any(use.used >= use.cap.most for use in found)
        assert full is isinstance(debtor.ask(now, loan_id="L1", number="138"), NotBefore)
        if full:
            return
        debtor.contact(f"12:{minute:02}", "na", loan_id="L1", number="138")
    raise AssertionError("no cap was ever full")
