"""Who stands for a debt is asked only while he is bound, and not before his own conditions are met."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrears.policy.codes import Action
from arrears.policy.guarantees import JOINT, Guarantee, speaks_against
from arrears.policy.guard import Go, Never, PartyRole
from tests.policy.contacts import CN, US, Debtor

DUE = date(2026, 5, 31)
LAST = date(2026, 11, 30)  # the rule book's own date: six months later, unshifted
BEFORE, AFTER = LAST - timedelta(days=30), LAST + timedelta(days=1)
AGREED = date(2027, 6, 30)


@pytest.mark.rule("G1", "G2", "G3")
@pytest.mark.parametrize(
    ("guarantee", "today", "rule"),
    [
        (Guarantee(JOINT, main_due_on=DUE), LAST, ""),
        (Guarantee(JOINT, main_due_on=DUE), AFTER, "G1"),
        (Guarantee(JOINT, main_due_on=DUE, demanded_on=LAST), AFTER, ""),
        (Guarantee(JOINT, main_due_on=DUE, demanded_on=AFTER), AFTER, "G1"),
        (Guarantee(JOINT, main_due_on=DUE, sued_on=BEFORE), AFTER, "G1"),
        (Guarantee(JOINT, until=AGREED, main_due_on=DUE), AFTER, ""),
        (Guarantee(JOINT, until=AGREED, main_due_on=DUE), AGREED + timedelta(days=1), "G1"),
        (Guarantee(JOINT), AFTER, ""),
        (Guarantee("general", main_due_on=DUE), BEFORE, "G2"),
        (Guarantee("general", main_due_on=DUE), AFTER, "G1"),
        (Guarantee("general", main_due_on=DUE, demanded_on=BEFORE), BEFORE, "G2"),
        (Guarantee("general", main_due_on=DUE, sued_on=BEFORE), BEFORE, ""),
        (Guarantee("general", main_due_on=DUE, sued_on=LAST), AFTER, ""),
        (Guarantee("general", main_due_on=DUE, sued_on=AFTER), AFTER, "G1"),
        (Guarantee(None, main_due_on=DUE), BEFORE, "G2"),
        (Guarantee(None, main_due_on=DUE, demanded_on=BEFORE), BEFORE, "G2"),
        (Guarantee(None, main_due_on=DUE, sued_on=BEFORE), AFTER, ""),
    ],
)
def test_when_a_guarantor_may_be_asked(guarantee: Guarantee, today: date, rule: str) -> None:
    assert speaks_against(guarantee, today, months=6) == rule


_DAYS = st.dates(date(2026, 1, 1), date(2028, 12, 31))
_MAYBE = st.none() | _DAYS


@given(
    st.builds(Guarantee, st.sampled_from([None, JOINT, "general"]), _MAYBE, _MAYBE, _MAYBE, _MAYBE),
    _DAYS,
    st.integers(0, 900),
)
def test_who_is_free_stays_free(guarantee: Guarantee, today: date, later: int) -> None:
    if speaks_against(guarantee, today, months=6) == "G1":
        assert speaks_against(guarantee, today + timedelta(days=later), months=6) == "G1"


def test_where_the_law_knows_no_period_the_contract_alone_decides() -> None:
    assert speaks_against(Guarantee(main_due_on=DUE), AFTER, months=0) == ""
    assert (CN.conduct.guarantee_months, US.conduct.guarantee_months) == (6, 0)


@pytest.mark.rule("G2")
def test_the_guard_asks_no_guarantor_whom_the_law_keeps_out_and_lets_him_speak() -> None:
    debtor = Debtor()
    debtor.learn(against_guarantor="G2")
    assert debtor.ask("10:00", party=PartyRole.GUARANTOR) == Never("G2")
    assert debtor.ask("10:00", Action.LETTER, party=PartyRole.GUARANTOR) == Never("G2")
    assert debtor.ask("10:00", Action.IN_CALL, party=PartyRole.GUARANTOR) == Go()
    assert debtor.ask("10:00", party=PartyRole.GUARANTOR, service=True) == Go()
    assert debtor.ask("10:00") == Go(), "it is about the guarantor alone"
