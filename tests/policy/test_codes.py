"""The table of codes says what the rule book's says (3.2), and nothing stands outside it."""

import pytest

from arrears.policy.codes import (
    CODES,
    CONTACT_RESULTS,
    INBOUND,
    STOPPING,
    TALK,
    WITH_DAYS,
    Action,
    Code,
    Counts,
    Group,
    Interrupts,
    Mark,
    Next,
    Outcome,
    code_of,
    days_until_next,
)
from arrears.policy.guard import Circumstance
from arrears.policy.state import HoldKind
from arrears.policy.tasks import WORK

A, E, C = Counts.ATTEMPT, Counts.EFFECTIVE, Counts.CONVERSATION
NEVER, ALWAYS, RECORDED = Interrupts.NEVER, Interrupts.ALWAYS, Interrupts.IF_RECORDED

# counts, right party, interrupts limitation, what comes next
CALLS = {
    "na": ({A}, False, NEVER, Next.AGAIN),
    "busy": ({A}, False, NEVER, Next.AGAIN),
    "off": ({A}, False, NEVER, Next.AGAIN),
    "inv": ({A}, False, NEVER, Next.AGAIN),
    "wrong": ({A}, False, NEVER, Next.AGAIN),
    "hung": ({A, E}, False, NEVER, Next.AGAIN),
    "tp_relay": ({A}, False, NEVER, Next.AGAIN),
    "tp_refuse": ({A}, False, NEVER, Next.AGAIN),
    "ptp": ({A, E, C}, True, ALWAYS, Next.PROMISE),
    "part": ({A, E, C}, True, ALWAYS, Next.PROMISE),
    "rtp": ({A, E, C}, True, RECORDED, Next.ESCALATE),
    "noint": ({A, E, C}, True, RECORDED, Next.AGAIN),
    "cant": ({A, E, C}, True, RECORDED, Next.AGAIN),
    "dispute": ({A, E, C}, True, NEVER, Next.AGAIN),
    "compl": ({A, E, C}, True, NEVER, Next.AGAIN),
    "fraud": ({A, E, C}, True, NEVER, Next.AGAIN),
    "paid_claim": ({A, E, C}, True, NEVER, Next.AGAIN),
    "hardship": ({A, E, C}, True, NEVER, Next.AGAIN),
    "ill": ({A, E, C}, True, NEVER, Next.AGAIN),
    "deceased": ({A, E}, False, NEVER, Next.AGAIN),
    "jail": ({A, E}, False, NEVER, Next.AGAIN),
    "lawyer": ({A, E, C}, True, NEVER, Next.AGAIN),
    "bankr": ({A, E, C}, True, NEVER, Next.AGAIN),
}


@pytest.mark.rule("3.2")
@pytest.mark.parametrize("result", CALLS)
def test_a_call_counts_as_the_rule_book_says(result: str) -> None:
    code = code_of(Action.OUT_CALL, result)
    assert code is not None
    assert (set(code.counts), code.right_party, code.interrupts, code.next) == CALLS[result]
    assert code_of(Action.AI_CALL, result) == code


def test_no_call_stands_outside_the_table() -> None:
    assert set(CODES) == set(Action)
    assert set(CODES[Action.OUT_CALL]) == set(CALLS) == set(CONTACT_RESULTS)


HOLDS = {
    "cant": HoldKind.HARDSHIP_REVIEW,
    "dispute": HoldKind.DISPUTE,
    "compl": HoldKind.COMPLAINT,
    "fraud": HoldKind.FRAUD_CLAIM,
    "paid_claim": HoldKind.PAID_CLAIM,
    "hardship": HoldKind.HARDSHIP_REVIEW,
    "ill": HoldKind.HARDSHIP_REVIEW,
    "deceased": HoldKind.DECEASED,
    "jail": HoldKind.HARDSHIP_REVIEW,
    "bankr": HoldKind.INSOLVENCY,
}


@pytest.mark.rule("3.2", "C16")
@pytest.mark.parametrize("result", CONTACT_RESULTS)
def test_what_stops_the_bank_names_its_hold_whoever_began_the_contact(result: Outcome) -> None:
    assert TALK[result].hold is HOLDS.get(result)
    assert (result in STOPPING) is (result in HOLDS)
    for action in (*INBOUND, Action.AI_CALL):
        code = code_of(action, result)
        assert code is None or code.hold is HOLDS.get(result)
    if result in HOLDS or result is Outcome.HAS_LAWYER:
        assert all(code_of(action, result) is not None for action in INBOUND), (
            "the debtor may come and say so"
        )


def test_a_lawyer_is_known_of_the_person_and_stops_no_clock() -> None:
    assert {result for result, code in TALK.items() if code.knows} == {Outcome.HAS_LAWYER}
    assert TALK[Outcome.HAS_LAWYER].knows == Circumstance.LAWYER


@pytest.mark.parametrize(
    "result",
    [result for result, code in TALK.items() if code.group in (Group.SPOKEN_TO, Group.KEEPS_STILL)],
)
@pytest.mark.parametrize("action", sorted(INBOUND))
def test_what_the_debtor_starts_takes_nothing_from_a_cap(action: Action, result: Outcome) -> None:
    told, called = code_of(action, result), code_of(Action.OUT_CALL, result)
    assert told is not None
    assert called is not None
    assert told.counts == frozenset()
    assert (told.right_party, told.interrupts, told.next) == (
        called.right_party,
        called.interrupts,
        called.next,
    )


def test_a_debtor_who_comes_to_the_bank_was_reached() -> None:
    for action in INBOUND:
        assert not {"na", "busy", "wrong", "tp_relay"} & set(CODES[action])


@pytest.mark.parametrize(
    ("action", "result", "interrupts"),
    [
        (Action.SMS, "sent", NEVER),
        (Action.SMS, "delivered", Interrupts.IF_DEMANDED),
        (Action.EMAIL, "bounced", NEVER),
        (Action.LETTER, "posted", NEVER),
        (Action.LETTER, "signed", ALWAYS),
        (Action.NOTICE, "refused", ALWAYS),
        (Action.NOTICE, "returned", Interrupts.IF_ADDRESS_AGREED),
        (Action.VISIT, "met", Interrupts.IF_HANDED_OVER),
        (Action.VISIT, "not_home", NEVER),
        (Action.DEBIT, "ok", ALWAYS),
        (Action.DEBIT, "partial", ALWAYS),
        (Action.DEBIT, "nsf", NEVER),
    ],
)
@pytest.mark.rule("L04")
def test_what_letters_messages_visits_and_debits_prove(
    action: Action, result: str, interrupts: Interrupts
) -> None:
    code = code_of(action, result)
    assert code is not None
    assert code.interrupts is interrupts


def test_whatever_may_interrupt_names_its_rule_and_nothing_else_does() -> None:
    for action, codes in CODES.items():
        for result, code in codes.items():
            assert bool(code.rule) == (code.interrupts is not NEVER), (action, result)


def test_only_letters_and_debits_are_outside_every_cap() -> None:
    uncounted = {action for action, codes in CODES.items() if not any(code.counts for code in codes.values())}
    assert uncounted == {Action.LETTER, Action.NOTICE, Action.DEBIT, *INBOUND}


@pytest.mark.rule("C08")
def test_somebody_else_has_a_ledger_of_his_own() -> None:
    theirs = {result for result, code in TALK.items() if code.is_third_person}
    assert theirs == {Outcome.RELAYED, Outcome.THIRD_REFUSES}
    assert not any(TALK[result].right_party or E in TALK[result].counts for result in theirs)
    assert TALK[Outcome.THIRD_REFUSES].mark is Mark.STOPPED


def test_only_a_number_that_leads_nowhere_is_a_failure() -> None:
    assert {result for result, code in TALK.items() if code.is_failure} == {
        Outcome.INVALID_NUMBER,
        Outcome.WRONG_NUMBER,
    }


def test_a_result_that_an_action_cannot_have_has_no_code() -> None:
    assert code_of(Action.SMS, "ptp") is None
    assert code_of(Action.IN_CALL, "na") is None
    assert code_of(Action.OUT_CALL, "escalate") is None


def test_every_result_of_a_contact_is_an_answer_to_a_contact_task() -> None:
    for kind in ("first_contact", "follow_up"):
        assert [work.outcomes for name, work in WORK.items() if name == kind] == [CONTACT_RESULTS]


def test_days_come_from_the_pack_from_a_like_result_or_are_one() -> None:
    assert days_until_next({"rtp": 7}, "rtp", TALK[Outcome.REFUSES]) == 7
    assert days_until_next({}, "noint", TALK[Outcome.NOT_WILLING]) == 1  # terms of before it was known
    for result in CONTACT_RESULTS:
        like = TALK[result].like
        assert like is None or like in WITH_DAYS


@pytest.mark.parametrize("code", [code for codes in CODES.values() for code in codes.values()])
def test_a_conversation_was_answered_and_an_answer_was_an_attempt(code: Code) -> None:
    if C in code.counts:
        assert E in code.counts
        assert code.right_party
    if E in code.counts:
        assert A in code.counts
