"""A step is decided by the rules in force at the case's instant, or it is decided again."""

from dataclasses import dataclass, replace

import pytest

from activities.record import RecordActivities
from arrears.contracts import Rules, digest
from arrears.store.session import Store
from tests.activities.steps import MONDAY, RULES, Bank, Life

CHANGES_AT = MONDAY + 86_400
NEWER = Rules(replace(RULES.terms, pack="cn-bank-2026.9", legal_dpd=120), RULES.calendar)


@dataclass(frozen=True)
class ChangesOnce:
    def at(self, instant: int) -> Rules:
        return RULES if instant < CHANGES_AT else NEWER


@pytest.fixture
def bank(store: Store) -> Bank:
    bank = Bank(store)
    bank.record = RecordActivities(store, ChangesOnce()).record
    return bank


def _opened(bank: Bank) -> Life:
    loan = bank.loan()
    life = Life(f"case-{loan}-1")
    batch = life.hears(bank.opening(loan))
    return life.after(batch, bank.record(batch))


def test_until_the_instant_the_pack_of_old_is_answered_with_nothing_new(bank: Bank) -> None:
    life = _opened(bank)
    receipt = bank.record(life.hears(bank.paid(life.case_id, 1_000), at=CHANGES_AT - 1))
    assert (receipt.verdict, receipt.rules) == ("committed", None)


@pytest.mark.rule("4.6-11")
def test_from_the_instant_on_a_step_by_the_old_pack_is_decided_again_under_the_new(bank: Bank) -> None:
    life = _opened(bank)
    paid = bank.paid(life.case_id, 1_000)
    before = bank.written()
    receipt = bank.record(life.hears(paid, at=CHANGES_AT))
    assert (receipt.verdict, receipt.seq, receipt.rules) == ("overtaken", 1, NEWER)
    assert digest(receipt.state) == digest(life.state)
    assert bank.written() == before
    again = replace(life.hears(paid, at=CHANGES_AT), pack=NEWER.terms.pack)
    assert bank.record(again).verdict == "committed"


def test_an_opening_by_the_old_pack_opens_under_the_new(bank: Bank) -> None:
    loan = bank.loan()
    life = Life(f"case-{loan}-1")
    receipt = bank.record(life.hears(bank.opening(loan), at=CHANGES_AT))
    assert (receipt.verdict, receipt.seq, receipt.state, receipt.rules) == ("overtaken", 0, None, NEWER)


def test_a_step_that_was_written_before_is_committed_again_whatever_took_effect_since(bank: Bank) -> None:
    life = _opened(bank)
    batch = life.hears(bank.paid(life.case_id, 1_000), at=CHANGES_AT - 1)
    bank.record(batch)
    again = bank.record(replace(batch, at=CHANGES_AT + 5))
    assert (again.verdict, again.rules) == ("committed", NEWER)
