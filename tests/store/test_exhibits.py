"""Documents for the court on both databases: kept once, named for what they prove, never deleted."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import insert, select

from arrears.contracts import Rules
from arrears.policy.checklist import Item, Standing, lacking
from arrears.store import audit, exhibits, packs
from arrears.store.documents import keep
from arrears.store.exhibits import Naming
from arrears.store.session import Store
from arrears.store.tables import documents, parties
from tests.builders import CaseRoom, LoanFacts

SHA = "ab" * 32
AT = datetime(2026, 11, 23, 3, tzinfo=UTC)
TODAY = date(2026, 11, 23)
RULES = packs.load("cn-bank-2026").rules


@pytest.fixture
def room(store: Store) -> CaseRoom:
    return CaseRoom(store, RULES)


def _name(store: Store, case_id: str, item: Item, *, sha256: str = SHA, until: date | None = None) -> bool:
    with store.transaction() as connection:
        keep(connection, sha256, "application/pdf", 9, by="s-1", at=AT)
        naming = Naming(case_id, item, sha256, TODAY, until)
        return exhibits.name(connection, naming, by="s-1", at=AT)


def _standing(room: CaseRoom, case_id: str, rules: Rules = RULES) -> dict[Item, Standing]:
    with room.store.reading() as connection:
        lines = exhibits.lines_of(connection, case_id, rules, at=room.now)
    return {line.item: line.standing for line in lines}


def test_a_document_is_kept_once_and_named_for_each_item_once(room: CaseRoom, store: Store) -> None:
    case_id = room.a_case()
    assert _name(store, case_id, Item.CONTRACT)
    assert not _name(store, case_id, Item.CONTRACT)
    assert _name(store, case_id, Item.IDENTITY)
    with store.reading() as connection:
        assert len(connection.execute(select(documents)).all()) == 1
        assert {one.item for one in exhibits.of_case(connection, case_id)} == {"contract", "identity"}
        assert exhibits.cases_with(connection, SHA) == (case_id,)
        assert audit.verify(connection, case_id) == []


def test_what_was_withdrawn_proves_nothing_and_may_be_named_again(room: CaseRoom, store: Store) -> None:
    case_id = room.a_case()
    _name(store, case_id, Item.CONTRACT)
    with store.transaction() as connection:
        [named] = exhibits.of_case(connection, case_id)
        assert not exhibits.withdraw(connection, "another-case", named.exhibit_id, by="s-2", at=AT)
        assert exhibits.withdraw(connection, case_id, named.exhibit_id, by="s-2", at=AT)
        assert not exhibits.withdraw(connection, case_id, named.exhibit_id, by="s-2", at=AT)
        assert exhibits.of_case(connection, case_id) == ()
        assert exhibits.cases_with(connection, SHA) == (case_id,)
    assert _standing(room, case_id)[Item.CONTRACT] is Standing.MISSING
    assert _name(store, case_id, Item.CONTRACT)
    assert _standing(room, case_id)[Item.CONTRACT] is Standing.PRESENT


def test_the_product_brings_the_notice_that_arrived_and_the_ledger_of_contacts(
    room: CaseRoom, store: Store
) -> None:
    case_id = room.a_case(LoanFacts(days_past_due=60))
    before = _standing(room, case_id)
    assert (before[Item.NOTICE], before[Item.CONTACTS]) == (Standing.MISSING, Standing.MISSING)
    room.to_formal(case_id)
    assert _standing(room, case_id)[Item.CONTACTS] is Standing.PRESENT
    room.to_review(case_id)
    assert _standing(room, case_id)[Item.NOTICE] is Standing.PRESENT
    with store.reading() as connection:
        lines = exhibits.lines_of(connection, case_id, RULES, at=room.now)
        assert lacking(lines) == (Item.IDENTITY, Item.CONTRACT, Item.DISBURSEMENT, Item.STATEMENT)
        assert exhibits.contacts_hash(connection, case_id) == exhibits.contacts_hash(connection, case_id)


def test_a_guarantor_adds_his_guarantee(room: CaseRoom, store: Store) -> None:
    case_id = room.a_case()
    assert Item.GUARANTEE not in _standing(room, case_id)
    with store.transaction() as connection:
        loan_id = room.case(case_id).loan_id
        connection.execute(insert(parties).values(loan_id=loan_id, borrower_id="B-other", role="guarantor"))
    assert _standing(room, case_id)[Item.GUARANTEE] is Standing.MISSING


def test_a_document_is_too_old_after_its_day(room: CaseRoom, store: Store) -> None:
    case_id = room.a_case()
    _name(store, case_id, Item.IDENTITY, until=TODAY)
    assert _standing(room, case_id)[Item.IDENTITY] is Standing.PRESENT
    room.now += timedelta(days=1)
    assert _standing(room, case_id)[Item.IDENTITY] is Standing.EXPIRED


def test_a_pack_that_asks_for_nothing_lacks_nothing(room: CaseRoom, store: Store) -> None:
    case_id = room.a_case()
    rules = replace(RULES, terms=replace(RULES.terms, court_evidence=()))
    with store.reading() as connection:
        assert lacking(exhibits.lines_of(connection, case_id, rules, at=room.now)) == ()
        assert exhibits.lines_of(connection, "no-such-case", rules, at=room.now) == ()
