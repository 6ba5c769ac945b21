"""`record` answers one of four, on both databases; it raises only where a retry helps."""

import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, event, select, update

from activities.record import ClockShifted, Gap
from arrears.contracts import Batch, Message, digest, fingerprint
from arrears.policy.state import Clock
from arrears.store import audit
from arrears.store.session import Store
from arrears.store.states import state_from_json
from arrears.store.tables import cases, contact_marks, limitation_evidence, messages
from tests.activities.steps import MONDAY, Bank, Life

LATER = MONDAY + 86_400 * 60


@pytest.fixture
def bank(store: Store) -> Bank:
    return Bank(store)


def _opened(bank: Bank) -> Life:
    loan = bank.loan()
    life = Life(f"case-{loan}-1")
    batch = life.hears(bank.opening(loan))
    return life.after(batch, bank.record(batch))


# ---- committed ----------------------------------------------------------------------------------------------


def test_a_true_message_is_committed_with_all_that_follows(bank: Bank) -> None:
    life = _opened(bank)
    paid = bank.paid(life.case_id, 40_000)
    batch = life.hears(paid)
    assert bank.record(batch).verdict == "committed"
    row = bank.case(life.case_id)
    assert row is not None
    assert (row.seq, row.overdue_minor, row.digest) == (2, 60_000, digest(batch.state))
    assert (bank.message(paid).status, bank.message(paid).settled_seq) == ("applied", 2)
    with bank.store.reading() as connection:
        assert audit.verify(connection, life.case_id) == []


@pytest.mark.rule("4.6-3")
def test_the_same_step_again_is_committed_again_and_writes_nothing(bank: Bank) -> None:
    """A worker that died right after the commit, or a zombie beside it."""
    life = _opened(bank)
    batch = life.hears(bank.paid(life.case_id, 40_000))
    bank.record(batch)
    before = bank.written()
    assert bank.record(batch).verdict == "committed"
    assert bank.record(replace(batch, at=batch.at + 9)).verdict == "committed"
    assert bank.written() == before


def test_a_step_decided_again_later_keeps_the_hour_at_which_it_was_written(bank: Bank) -> None:
    """Or the case would tell another state than the database, until its next step finds that out."""
    life = _opened(bank)
    assert life.state is not None
    answer = {"outcome": "na", "facts_no": 1, "remark_id": None}
    task_id = life.state.tasks["first_contact"].task_id
    said = bank.said(life.case_id, "task_decided", answer, task_id=task_id)
    first, later = life.hears(said), life.hears(said, at=MONDAY + 9)
    assert digest(first.state) != digest(later.state)
    assert bank.record(first).state is None
    again = bank.record(later)
    assert (again.verdict, again.state) == ("committed", first.state)
    assert bank.record(first).state is None, "what is the same already need not travel"


def test_a_refusal_by_the_rules_is_a_step_that_leaves_the_state_as_it_was(bank: Bank) -> None:
    life = _opened(bank)
    again = bank.said(life.case_id, "loan_restated", _loan_facts(bank, life) | {"currency": "EUR"})
    batch = life.hears(again)
    assert bank.record(batch).verdict == "committed"
    assert batch.state == life.state
    assert (bank.message(again).status, bank.message(again).reason) == ("refused", "another_loan")
    row = bank.case(life.case_id)
    assert row is not None
    assert row.seq == 2


def test_a_parked_message_that_is_heard_after_all_is_committed(bank: Bank) -> None:
    life = _opened(bank)
    paid = bank.paid(life.case_id, 40_000)
    _becomes(bank, paid, "parked")
    assert bank.record(life.hears(paid)).verdict == "committed"
    assert bank.message(paid).status == "applied"


def test_the_step_that_closes_a_case_refuses_what_people_still_said_and_keeps_money(bank: Bank) -> None:
    life = _opened(bank)
    money = bank.paid(life.case_id, 1_000, sent=False)
    word = bank.said(life.case_id, "task_decided", {"outcome": "na", "facts_no": 1})
    assert bank.record(life.hears(bank.paid(life.case_id, 100_000))).verdict == "committed"
    assert (bank.message(word).status, bank.message(word).reason) == ("refused", "case_closed")
    assert bank.message(money).status == "waiting"


# ---- refused ------------------------------------------------------------------------------------------------


def _loan_facts(bank: Bank, life: Life) -> dict[str, Any]:
    with bank.store.reading() as connection:
        row = connection.execute(
            select(messages.c.content).where(messages.c.message_id == f"open-{life.case_id}")
        ).scalar_one()
    return dict(row)


def _becomes(bank: Bank, message: Message, status: str) -> None:
    with bank.store.transaction() as connection:
        connection.execute(
            update(messages).where(messages.c.message_id == message.message_id).values(status=status)
        )


def _is_refused(bank: Bank, batch: Batch, why: str, *, incident: bool) -> None:
    """It uses no seq, settles nothing, and is one incident however often it comes."""
    before = bank.written()
    for _ in range(2):
        receipt = bank.record(batch)
        assert (receipt.verdict, receipt.why) == ("refused", why)
    after = bank.written()
    assert after == before | {"incidents": before["incidents"] + incident}
    assert bank.incidents().count(why) == incident


def test_junk_is_refused_and_kept(bank: Bank) -> None:
    _is_refused(bank, _opened(bank).hears_junk("cannot be read"), "junk_signal", incident=True)


@pytest.mark.rule("4.8")
def test_a_message_that_no_door_wrote_is_refused_and_kept(bank: Bank) -> None:
    life = _opened(bank)
    paid = bank.paid(life.case_id, 40_000)
    forged = replace(paid, message_id="made-up")
    _is_refused(bank, life.hears(forged), "unknown_message", incident=True)


def test_a_true_message_of_another_case_is_refused_and_kept(bank: Bank) -> None:
    life, other = _opened(bank), _opened(bank)
    paid = bank.paid(other.case_id, 40_000)
    _is_refused(bank, life.hears(paid), "unknown_message", incident=True)
    assert bank.message(paid).status == "sent"


@pytest.mark.parametrize("what", ["content", "actor", "task_id"])
def test_a_copy_with_something_changed_is_refused_and_kept_and_the_true_one_unharmed(
    bank: Bank, what: str
) -> None:
    life = _opened(bank)
    paid = bank.paid(life.case_id, 40_000)
    changes: dict[str, Message] = {
        "content": replace(paid, content=paid.content | {"amount_minor": 100_000}),
        "actor": replace(paid, actor="somebody"),
        "task_id": replace(paid, task_id="t"),
    }
    _is_refused(bank, life.hears(changes[what]), "tampered_message", incident=True)
    assert bank.message(paid).status == "sent"
    assert bank.record(life.hears(paid)).verdict == "committed"


@pytest.mark.parametrize("status", ["applied", "refused", "withdrawn"])
def test_what_is_settled_is_refused_without_an_incident(bank: Bank, status: str) -> None:
    life = _opened(bank)
    paid = bank.paid(life.case_id, 40_000)
    _becomes(bank, paid, status)
    _is_refused(bank, life.hears(paid), "settled_already", incident=False)


def test_what_was_never_sent_is_refused_until_it_is(bank: Bank) -> None:
    life = _opened(bank)
    paid = bank.paid(life.case_id, 40_000, sent=False)
    _is_refused(bank, life.hears(paid), "not_sent_yet", incident=False)
    bank.sent(paid.message_id)
    assert bank.record(life.hears(paid)).verdict == "committed"


def test_what_the_relay_took_back_is_heard_all_the_same(bank: Bank) -> None:
    life = _opened(bank)
    paid = bank.paid(life.case_id, 40_000)
    _becomes(bank, paid, "waiting")
    assert bank.record(life.hears(paid)).verdict == "committed"


def test_an_opening_on_other_terms_is_refused_and_opens_nothing(bank: Bank) -> None:
    loan = bank.loan()
    batch = Life(f"case-{loan}-1").hears(bank.opening(loan))
    assert batch.state is not None
    mine = replace(batch.state, terms=replace(batch.state.terms, legal_dpd=1))
    _is_refused(bank, replace(batch, state=mine), "opened_on_other_terms", incident=True)
    assert bank.record(batch).verdict == "committed"


def test_money_said_to_a_run_that_never_opened_stays_for_the_true_one(bank: Bank) -> None:
    loan = bank.loan()
    case_id = f"case-{loan}-1"
    paid = bank.paid(case_id, 40_000)
    event = {"kind": "message", "message_id": paid.message_id, "signal": paid.signal, "actor": paid.actor}
    batch = Batch(
        case_id, 1, digest(None), event | {"content": paid.content, "task_id": None}, MONDAY, "cn-bank-2026.1"
    )
    _is_refused(bank, batch, "not_opened", incident=False)
    assert bank.message(paid).status == "sent"


def test_a_second_case_of_a_loan_is_refused_and_kept_while_the_first_is_open(bank: Bank) -> None:
    loan = bank.loan()
    first, second = Life(f"case-{loan}-1"), Life(f"case-{loan}-2")
    assert bank.record(first.hears(bank.opening(loan))).verdict == "committed"
    opening = bank.opening(loan, episode=2)
    receipt = bank.record(second.hears(opening))
    assert (receipt.verdict, receipt.why) == ("refused", "another_case_is_open")
    assert (bank.message(opening).status, bank.incidents()) == ("refused", ["another_case_is_open"])
    assert bank.case(second.case_id) is None


def test_money_taken_back_does_not_reopen_a_case_while_the_next_one_is_open(bank: Bank) -> None:
    life = _opened(bank)
    batch = life.hears(bank.paid(life.case_id, 100_000))
    closed = life.after(batch, bank.record(batch))
    loan = life.case_id.rsplit("-", 1)[0].removeprefix("case-")
    following = Life(f"case-{loan}-2")
    assert bank.record(following.hears(bank.opening(loan, episode=2))).verdict == "committed"
    back = bank.taken_back(life.case_id, 100_000)
    receipt = bank.record(closed.hears(back))
    assert (receipt.verdict, receipt.why) == ("refused", "another_case_is_open")
    assert (bank.message(back).status, bank.incidents()) == ("refused", ["another_case_is_open"])


def test_a_state_too_large_to_carry_is_refused_and_its_message_parked(bank: Bank) -> None:
    life = _opened(bank)
    paid = bank.paid(life.case_id, 40_000)
    batch = life.hears(paid)
    assert batch.state is not None
    huge = replace(batch.state, hands=tuple(f"s-{n:06d}" for n in range(2_000)))
    receipt = bank.record(replace(batch, state=huge))
    assert (receipt.verdict, receipt.why) == ("refused", "state_too_large")
    assert bank.message(paid).status == "parked"
    assert bank.record(batch).verdict == "committed"


# ---- wait ---------------------------------------------------------------------------------------------------


@pytest.mark.rule("4.6-1", "s12")
@pytest.mark.parametrize("sent", [False, True])
def test_a_deadline_waits_while_money_of_its_case_is_on_its_way(bank: Bank, sent: bool) -> None:
    life = _opened(bank)
    paid = bank.paid(life.case_id, 40_000, sent=sent)
    due = life.is_due(Clock.ESCALATE, at=LATER)
    before = bank.written()
    receipt = bank.record(due)
    assert (receipt.verdict, receipt.why) == ("wait", "money_first")
    assert bank.written() == before
    bank.sent(paid.message_id)
    batch = life.hears(paid)
    life = life.after(batch, bank.record(batch))
    assert bank.record(life.is_due(Clock.ESCALATE, at=LATER)).verdict == "committed"


def test_a_deadline_does_not_wait_for_people_nor_for_money_of_others(bank: Bank) -> None:
    life, other = _opened(bank), _opened(bank)
    bank.paid(other.case_id, 40_000)
    bank.said(life.case_id, "task_decided", {"outcome": "na", "facts_no": 1})
    assert bank.record(life.is_due(Clock.ESCALATE, at=LATER)).verdict == "committed"


# ---- overtaken ----------------------------------------------------------------------------------------------


def _is_overtaken(bank: Bank, batch: Batch, *, seq: int) -> None:
    row = bank.case(batch.case_id)
    assert row is not None
    before = bank.written()
    receipt = bank.record(batch)
    assert (receipt.verdict, receipt.seq) == ("overtaken", seq)
    assert digest(receipt.state) == row.digest
    assert bank.written() == before


def test_the_same_seq_with_other_content_adopts_what_the_database_has(bank: Bank) -> None:
    life = _opened(bank)
    first, second = bank.paid(life.case_id, 40_000), bank.paid(life.case_id, 10_000)
    bank.record(life.hears(first))
    _is_overtaken(bank, life.hears(second), seq=2)
    assert bank.message(second).status == "sent"


def test_a_step_on_another_base_adopts_what_the_database_has(bank: Bank) -> None:
    life = _opened(bank)
    assert life.state is not None
    elsewhere = replace(life, state=replace(life.state, overdue=1))
    _is_overtaken(bank, elsewhere.hears(bank.paid(life.case_id, 40_000)), seq=1)


def test_a_step_from_long_ago_adopts_what_the_database_has_even_when_it_is_word_for_word_the_old_one(
    bank: Bank,
) -> None:
    """A closed case started again: were its old opening granted again, it would live on beside the closed row."""
    loan = bank.loan()
    life = Life(f"case-{loan}-1")
    opening = life.hears(bank.opening(loan))
    opened = life.after(opening, bank.record(opening))
    bank.record(opened.hears(bank.paid(life.case_id, 100_000)))
    _is_overtaken(bank, opening, seq=2)


def test_a_row_written_by_an_earlier_version_is_no_other_base(bank: Bank) -> None:
    """A field that came since has its default: or every running case would be overtaken for ever."""
    life = _opened(bank)
    row = bank.case(life.case_id)
    assert row is not None
    earlier = {
        name: value for name, value in row.state.items() if name not in ("provisional", "cured_notice_at")
    }
    with bank.store.transaction() as connection:
        connection.execute(
            update(cases)
            .where(cases.c.case_id == life.case_id)
            .values(state=earlier, digest=fingerprint(earlier))
        )
    assert state_from_json(earlier) == life.state
    assert bank.record(life.is_nudged()).why == "same"
    assert bank.record(life.hears(bank.paid(life.case_id, 40_000))).verdict == "committed"


# ---- gap and nudge ------------------------------------------------------------------------------------------


def test_a_gap_raises_and_writes_nothing(bank: Bank) -> None:
    life = replace(_opened(bank), seq=4)
    before = bank.written()
    with pytest.raises(Gap):
        bank.record(life.hears(bank.paid(life.case_id, 40_000)))
    with pytest.raises(Gap):
        bank.record(life.is_nudged())
    assert bank.written() == before


def test_a_nudge_finds_the_same_and_changes_nothing(bank: Bank) -> None:
    life = _opened(bank)
    before = bank.written()
    receipt = bank.record(life.is_nudged())
    assert (receipt.verdict, receipt.why) == ("refused", "same")
    assert bank.written() == before


def test_a_nudge_finds_a_database_that_is_ahead_or_decided_otherwise(bank: Bank) -> None:
    life = _opened(bank)
    bank.record(life.hears(bank.paid(life.case_id, 40_000)))
    _is_overtaken(bank, life.is_nudged(), seq=2)
    row = bank.case(life.case_id)
    assert row is not None
    assert life.state is not None
    other = Life(life.case_id, replace(state_from_json(row.state), overdue=1), 2)
    _is_overtaken(bank, other.is_nudged(), seq=2)


def test_what_is_adopted_is_the_base_of_the_next_step(bank: Bank) -> None:
    life = _opened(bank)
    bank.record(life.hears(bank.paid(life.case_id, 40_000)))
    receipt = bank.record(life.is_nudged())
    adopted = Life(life.case_id, receipt.state, receipt.seq)
    assert bank.record(adopted.is_nudged()).why == "same"
    assert bank.record(adopted.hears(bank.paid(life.case_id, 10_000))).verdict == "committed"


# ---- all or nothing -----------------------------------------------------------------------------------------


def test_a_step_that_fails_at_any_statement_leaves_nothing_and_succeeds_when_tried_again(bank: Bank) -> None:
    """Fails once at each statement in turn, until the step has gone through untouched."""
    life = _opened(bank)
    batch = life.hears(bank.paid(life.case_id, 100_000))
    before = bank.written()
    failed = 0
    while True:
        bomb = _Bomb(bank.store, at=failed + 1)
        with bomb:
            try:
                receipt = bank.record(batch)
            except ConnectionError:
                assert bank.written() == before
                failed += 1
                continue
        break
    assert failed > 5
    assert receipt.verdict == "committed"
    row = bank.case(life.case_id)
    assert row is not None
    assert (row.status, row.seq) == ("closed", 2)


class _Bomb:
    """The n-th statement fails, as if the database had gone."""

    def __init__(self, store: Store, *, at: int) -> None:
        self._engine, self._left = store.engine, at

    def __enter__(self) -> None:
        event.listen(self._engine, "before_cursor_execute", self._count)

    def __exit__(self, *_: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._count)

    def _count(self, _connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("BEGIN"):
            return
        self._left -= 1
        if self._left == 0:
            raise ConnectionError(json.dumps(statement[:40]))


def test_a_clock_of_its_own_is_served_only_where_it_is_allowed(bank: Bank) -> None:
    life = _opened(bank)
    batch = life.hears(bank.paid(life.case_id, 40_000))
    with pytest.raises(ClockShifted):
        bank.record(replace(batch, shift_seconds=60))


# ---- what contacts bring to light ------------------------------------------------------------------------


def _called(bank: Bank, life: Life, outcome: str, **more: Any) -> Batch:
    assert life.state is not None
    task_id = life.state.tasks["first_contact"].task_id
    content = {"outcome": outcome, "facts_no": 1, "amount_minor": None, "on": None, "remark_id": "r-1"}
    said = bank.said(life.case_id, "task_decided", content | more, task_id=task_id)
    return life.hears(said)


def test_a_dead_number_is_marked_once_with_the_number_it_was(bank: Bank) -> None:
    life = _opened(bank)
    number = bank.number(life.case_id, "13800000001")
    life = life.after(batch := _called(bank, life, "inv", contact_id=number), bank.record(batch))
    with bank.store.reading() as connection:
        [mark] = connection.execute(select(contact_marks)).all()
    assert (mark.contact_id, mark.mark, mark.address) == (number, "invalid", "13800000001")
    assert mark.case_id == life.case_id


def test_a_number_of_somebody_else_is_not_marked(bank: Bank) -> None:
    life = _opened(bank)
    other = _opened(bank)
    number = bank.number(other.case_id, "13800000002")
    life.after(batch := _called(bank, life, "wrong", contact_id=number), bank.record(batch))
    with bank.store.reading() as connection:
        assert connection.execute(select(contact_marks)).all() == []


@pytest.mark.rule("L01", "L07")
def test_a_part_payment_is_evidence_until_it_is_taken_back(bank: Bank) -> None:
    life = _opened(bank)
    paid = bank.paid(life.case_id, 40_000)
    life = life.after(batch := life.hears(paid), bank.record(batch))
    [kept] = _evidence(bank)
    assert (kept.rule, kept.act, kept.proof, kept.void_at) == (
        "L07",
        "payment",
        paid.content["payment_id"],
        None,
    )
    back = bank.said(
        life.case_id,
        "payment_reversed",
        {"payment_id": "P-back", "amount_minor": 40_000, "reverses": kept.proof},
    )
    life.after(batch := life.hears(back), bank.record(batch))
    assert _evidence(bank)[0].void_at is not None


def _evidence(bank: Bank) -> list[Any]:
    with bank.store.reading() as connection:
        return list(connection.execute(select(limitation_evidence)).all())
