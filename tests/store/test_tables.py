from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from arrears.store.session import Store
from arrears.store.tables import Case, Message

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)


def _put(store: Store, table: type[SQLModel], row: SQLModel) -> None:
    with store.transaction() as connection:
        connection.execute(insert(table), [row.model_dump()])


def _case(case_id: str, *, loan_id: str = "L1", status: str = "open") -> Case:
    return Case(
        case_id=case_id,
        loan_id=loan_id,
        borrower_id="B1",
        episode=1,
        status=status,
        stage="initial",
        stage_since=NOON,
        opened_at=NOON,
        currency="CNY",
        balance_minor=100_00,
        overdue_minor=10_00,
        pack="cn-bank-2026",
        seq=1,
        digest="d",
        state={},
        decided_at=NOON,
        recorded_at=NOON,
    )


def _message(message_id: str, *, task_id: str | None, status: str = "waiting", **more: Any) -> Message:
    return Message(
        message_id=message_id,
        arrival=1,
        case_id="case-L1-1",
        signal="task_decided",
        rank=2,
        actor="S1",
        task_id=task_id,
        content={},
        content_hash="h",
        status=status,
        effective_at=NOON,
        accepted_at=NOON,
        **more,
    )


def test_a_loan_has_one_open_case(store: Store) -> None:
    _put(store, Case, _case("case-L1-1", status="closed"))
    _put(store, Case, _case("case-L1-2"))
    _put(store, Case, _case("case-L2-1", loan_id="L2"))
    with pytest.raises(IntegrityError):
        _put(store, Case, _case("case-L1-3"))
    _put(store, Case, _case("case-L1-4", status="closed"))


@pytest.mark.rule("4.6-3")
@pytest.mark.parametrize("first", ["waiting", "sent", "applied"])
def test_a_task_has_one_live_message(store: Store, first: str) -> None:
    _put(store, Message, _message("m1", task_id="t1", status=first))
    with pytest.raises(IntegrityError):
        _put(store, Message, _message("m2", task_id="t1"))
    _put(store, Message, _message("m3", task_id="t2"))


@pytest.mark.parametrize("first", ["refused", "withdrawn"])
def test_a_task_may_be_answered_again_when_the_first_answer_did_not_count(store: Store, first: str) -> None:
    _put(store, Message, _message("m1", task_id="t1", status=first))
    _put(store, Message, _message("m2", task_id="t1"))


def test_messages_without_a_task_do_not_stand_in_each_others_way(store: Store) -> None:
    _put(store, Message, _message("m1", task_id=None))
    _put(store, Message, _message("m2", task_id=None))
