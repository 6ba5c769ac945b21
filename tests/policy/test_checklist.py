"""What a court needs to see: which items fit a debt, which are there, which keep a claim in the house."""

from datetime import date, timedelta

import pytest

from arrears.policy.checklist import (
    FILED_BY_HAND,
    OURS,
    TO_COURT,
    Asked,
    Item,
    Proof,
    Standing,
    Subject,
    checklist,
    lacking,
    last_day,
)
from arrears.policy.tasks import ON_FACTS, WORK

TODAY = date(2026, 11, 23)
ASKED = Asked([item.value for item in Item if item is not Item.OTHER], 30)


def proof(item: Item, *, days_ago: int = 0, until: date | None = None) -> Proof:
    return Proof(item, "ab" * 32, TODAY - timedelta(days=days_ago), until)


@pytest.mark.rule("4.9")
@pytest.mark.parametrize(
    ("subject", "left_out"),
    [
        (Subject("term_loan"), {Item.COLLATERAL, Item.GUARANTEE, Item.SERVICE_ADDRESS, Item.OTHER}),
        (
            Subject("credit_card"),
            {Item.DISBURSEMENT, Item.COLLATERAL, Item.GUARANTEE, Item.SERVICE_ADDRESS, Item.OTHER},
        ),
        (Subject("mortgage", guaranteed=True, address_agreed=True), {Item.OTHER}),
        (Subject("business_loan", guaranteed=True), {Item.COLLATERAL, Item.SERVICE_ADDRESS, Item.OTHER}),
    ],
)
def test_each_debt_has_its_own_list(subject: Subject, left_out: set[Item]) -> None:
    lines = checklist(subject, ASKED, [], TODAY)
    assert [line.item for line in lines] == [item for item in Item if item not in left_out]
    assert lacking(lines) == tuple(line.item for line in lines)


@pytest.mark.rule("4.9")
def test_what_is_there_lacks_no_more() -> None:
    lines = checklist(Subject("credit_card"), ASKED, map(proof, (Item.IDENTITY, Item.CONTRACT)), TODAY)
    assert lacking(lines) == (Item.STATEMENT, Item.NOTICE, Item.CONTACTS)


@pytest.mark.rule("4.9")
@pytest.mark.parametrize(("age", "standing"), [(30, Standing.PRESENT), (31, Standing.EXPIRED)])
def test_a_statement_of_account_ages(age: int, standing: Standing) -> None:
    [line] = (
        line
        for line in checklist(Subject("other"), ASKED, [proof(Item.STATEMENT, days_ago=age)], TODAY)
        if line.item is Item.STATEMENT
    )
    assert (line.standing, line.blocks) == (standing, standing is Standing.EXPIRED)


@pytest.mark.rule("4.9")
def test_a_document_ends_on_the_day_read_on_it_and_a_newer_one_takes_its_place() -> None:
    old = proof(Item.IDENTITY, days_ago=9, until=TODAY - timedelta(days=1))
    new = proof(Item.IDENTITY, until=TODAY)
    subject = Subject("credit_card")
    first = checklist(subject, ASKED, [old], TODAY)[0]
    both = checklist(subject, ASKED, [new, old], TODAY)[0]
    assert (first.standing, both.standing) == (Standing.EXPIRED, Standing.PRESENT)
    assert both.proofs == (old, new)


def test_the_shorter_of_two_ends_counts() -> None:
    soon = proof(Item.STATEMENT, until=TODAY + timedelta(days=3))
    late = proof(Item.STATEMENT, until=TODAY + timedelta(days=300))
    assert last_day(soon, ASKED) == TODAY + timedelta(days=3)
    assert last_day(late, ASKED) == TODAY + timedelta(days=30)
    assert last_day(late, Asked()) == late.until


def test_a_pack_that_asks_for_nothing_keeps_nothing_back() -> None:
    lines = checklist(Subject("mortgage", guaranteed=True), Asked(), [], TODAY)
    assert lines
    assert lacking(lines) == ()


def test_what_else_was_brought_is_told_and_never_asked_for() -> None:
    lines = checklist(Subject("other"), ASKED, [proof(Item.OTHER)], TODAY)
    assert (lines[-1].item, lines[-1].required, lines[-1].standing) == (Item.OTHER, False, Standing.PRESENT)


def test_people_file_what_the_product_does_not_make() -> None:
    assert {*FILED_BY_HAND, *OURS} == set(Item)


def test_what_goes_to_court_is_an_answer_of_its_task_and_given_on_the_facts() -> None:
    assert all(outcome in WORK[kind].outcomes and outcome in ON_FACTS for kind, outcome in TO_COURT.items())
