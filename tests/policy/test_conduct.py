"""Who may be contacted at all, and the rule book's scenarios of contact told by the engine alone."""

import pytest

from arrears.policy.codes import Action
from arrears.policy.guard import Go, Held, Never, NotBefore, PartyRole
from tests.policy.contacts import THIRD, US, Debtor, at

# ---- scenarios -----------------------------------------------------------------------------------------------


def test_s01_a_call_is_not_dialled_in_the_last_minutes_and_a_text_goes_until_ten() -> None:
    debtor = Debtor()
    assert debtor.ask("21:54") == Go()
    assert debtor.ask("21:56") == NotBefore(at("2026-03-03T08:00"), "C01")
    assert debtor.ask("21:54:59", Action.AI_CALL) == Go()
    assert debtor.ask("21:55:00", Action.AI_CALL) == NotBefore(at("2026-03-03T08:00"), "C01")
    assert debtor.ask("21:59:59", Action.SMS) == Go()
    assert debtor.ask("22:00:00", Action.SMS) == NotBefore(at("2026-03-03T08:00"), "C01")
    assert debtor.ask("23:30", Action.IN_CALL) == Go(), "who calls us is heard"


def test_s02_three_answered_calls_of_all_loans_and_agencies_are_enough_for_the_day() -> None:
    debtor = Debtor()
    debtor.contact("09:00", "rtp", loan_id="L1", number="138")
    debtor.contact("10:00", "cant", loan_id="L2", number="138")
    debtor.contact("11:00", "hung", loan_id="L1", number="139", actor="agency")
    assert debtor.ask("14:00", loan_id="L2", number="139", actor="s-b") == NotBefore(
        at("2026-03-03T08:00"), "C02"
    )
    before = debtor.known.ledger
    debtor.contact("14:05", "ptp", Action.IN_CALL)
    assert debtor.ask("14:06", Action.SMS) == Go()
    assert [line.counts for line in debtor.known.ledger[len(before) :]] == [frozenset()]


def test_s04_six_attempts_at_one_number_and_the_other_number_is_still_free() -> None:
    debtor = Debtor()
    for hour in range(9, 15):
        debtor.contact(f"{hour:02}:00", "na", number="13800000001")
    assert debtor.ask("15:00", number="13800000001") == NotBefore(at("2026-03-03T08:00"), "C03")
    assert debtor.ask("15:00", number="13800000002") == Go()
    debtor.contact("15:00", "rtp", number="13800000002")
    debtor.contact("16:00", "rtp", number="13800000002")
    debtor.contact("17:00", "rtp", number="13800000002")
    assert debtor.ask("18:00", number="13800000002") == NotBefore(at("2026-03-03T08:00"), "C02")


def test_s05_whoever_does_not_owe_is_asked_only_when_the_debtor_is_lost_and_once() -> None:
    debtor = Debtor()
    assert debtor.ask("10:00", party=THIRD, number="139") == Never("C07")
    debtor.learn(circumstances=frozenset({"lost_contact"}))
    debtor.contact("10:00", "tp_relay", party=THIRD, number="139")
    assert debtor.ask("11:00", party=THIRD, number="139") == NotBefore(at("2026-03-09T10:00"), "C07")
    assert debtor.ask("11:00", party=THIRD, number="137") == Go()
    debtor.learn(stopped="C08")
    assert debtor.ask("2027-03-02T10:00", party=THIRD, number="139") == Never("C08")


@pytest.mark.rule("C04")
def test_calls_to_others_are_in_a_ledger_of_their_own() -> None:
    debtor = Debtor()
    debtor.learn(circumstances=frozenset({"lost_contact"}))
    for number in ("1", "2", "3", "4"):
        debtor.contact("10:00", "tp_relay", party=THIRD, number=number)
    assert debtor.ask("11:00", number="138") == Go()
    for minute in range(3):
        debtor.contact(f"11:{minute:02}", "rtp", number="138")
    assert debtor.ask("12:00", party=THIRD, number="5") == Go()


def test_s31_hours_by_the_wall_clock_and_seven_days_by_instants_when_summer_time_ends() -> None:
    debtor = Debtor(US)
    assert debtor.ask("2026-10-31T07:59:59") == NotBefore(at("2026-10-31T08:00", US), "C01")
    night = debtor.ask("2026-11-01T01:30")
    assert night == NotBefore(at("2026-11-01T08:00", US), "C01")
    assert at("2026-11-01T08:00", US) - at("2026-10-31T08:00", US) == 25 * 3600
    assert at("2026-11-01T01:30", US, fold=1) - at("2026-11-01T01:30", US) == 3600
    debtor.contact("2026-10-29T10:00", "rtp", loan_id="L1")
    # Seven times twenty-four hours later the clock on the wall shows an hour less.
    assert debtor.ask("2026-11-05T08:30", loan_id="L1") == NotBefore(at("2026-11-05T09:00", US), "F02")
    assert debtor.ask("2026-11-05T09:00", loan_id="L1") == Go()


def test_s47_whoever_has_a_lawyer_is_called_with_a_warning_here_and_not_at_all_there() -> None:
    here, there = Debtor(), Debtor(US)
    for debtor in (here, there):
        debtor.learn(circumstances=frozenset({"lawyer"}))
        assert debtor.ask("10:00", party=PartyRole.LAWYER) == Go()
    assert here.ask("10:00") == Go(warnings=("lawyer",))
    assert there.ask("10:00") == Never("lawyer")
    assert there.ask("10:00", Action.IN_CALL) == Go()


# ---- who, by what, with whom -----------------------------------------------------------------------------------


@pytest.mark.rule("C06", "s24")
@pytest.mark.parametrize(
    ("party", "held", "allowed"),
    [
        (PartyRole.CO_BORROWER, "", True),
        (PartyRole.GUARANTOR, "", True),
        (PartyRole.HEIR, "", False),
        (PartyRole.HEIR, "deceased", True),
        (PartyRole.HEIR, "incapacity", False),
        (PartyRole.GUARDIAN, "", False),
        (PartyRole.GUARDIAN, "incapacity", True),
        (PartyRole.LAWYER, "", False),
    ],
)
def test_only_who_owes_or_stands_in_for_the_debtor_is_contacted(
    party: PartyRole, held: str, allowed: bool
) -> None:
    debtor = Debtor()
    debtor.learn(held=(Held(held),) if held else ())
    assert debtor.ask("10:00", party=party) == (Go() if allowed else Never("C06"))


@pytest.mark.rule("C07")
@pytest.mark.parametrize("ground", ["deceased", "incapacity"])
def test_death_and_incapacity_open_the_way_to_others_and_close_it_to_the_debtor(ground: str) -> None:
    debtor = Debtor()
    debtor.learn(held=(Held(ground),))
    assert debtor.ask("10:00", party=THIRD, number="1") == Go()
    assert debtor.ask("10:00") == Never(ground)


@pytest.mark.rule("C15")
@pytest.mark.parametrize("kind", ["dispute", "hardship_review", "paid_claim", "plan_active", "insolvency"])
def test_a_hold_stops_every_way_of_collecting(kind: str) -> None:
    debtor = Debtor()
    debtor.learn(held=(Held(kind),))
    for action in (Action.OUT_CALL, Action.AI_CALL, Action.SMS, Action.LETTER, Action.NOTICE):
        assert debtor.ask("10:00", action) == Never(kind)
    assert debtor.ask("10:00", Action.IN_CALL) == Go()


@pytest.mark.rule("C15")
def test_a_reminder_of_the_agreed_day_goes_under_a_plan_and_under_no_other_hold() -> None:
    debtor = Debtor()
    debtor.learn(held=(Held("plan_active"),))
    assert debtor.ask("10:00", Action.SMS, service=True) == Go()
    debtor.learn(held=(Held("plan_active"), Held("insolvency")))
    assert debtor.ask("10:00", Action.SMS, service=True) == Never("insolvency")


def test_a_complaint_stops_the_person_complained_of_and_a_visit_in_that_company() -> None:
    debtor = Debtor()
    debtor.learn(held=(Held("complaint", against="s-rude"),))
    assert debtor.ask("10:00", actor="s-rude") == Never("complaint")
    assert debtor.ask("10:00", actor="s-kind") == Go()
    assert debtor.ask("10:00", Action.VISIT, actor="s-kind", staff=("s-rude",)) == Never("complaint")
    debtor.learn(held=(Held("complaint"),))
    assert debtor.ask("10:00", actor="s-kind") == Never("complaint")


@pytest.mark.rule("P2")
def test_ways_the_contract_does_not_give_need_consent() -> None:
    debtor = Debtor()
    assert debtor.ask("10:00", Action.IM) == Never("P2")
    assert debtor.ask("10:00", Action.SMS) == Go()
    debtor.learn(consented=True)
    assert debtor.ask("10:00", Action.IM) == Go()


@pytest.mark.rule("C10")
def test_nobody_visits_alone() -> None:
    debtor = Debtor()
    assert debtor.ask("10:00", Action.VISIT) == Never("C10")
    assert debtor.ask("10:00", Action.VISIT, staff=("s-collector",)) == Never("C10")
    assert debtor.ask("10:00", Action.VISIT, staff=("s-second",)) == Go()


@pytest.mark.rule("C08")
def test_a_stop_has_no_end() -> None:
    debtor = Debtor()
    debtor.learn(stopped="C08", circumstances=frozenset({"lost_contact"}))
    assert debtor.ask("2046-03-02T10:00", party=THIRD) == Never("C08")
