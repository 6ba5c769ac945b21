"""The monkey's judge: what is lost, doubled, changed or made up is found, and what is as it was told is not."""

from typing import Any

import pytest
from sqlalchemy import update

from api.auth.person import Person
from arrears.policy.tasks import Role
from arrears.store import packs
from arrears.store.session import Store
from arrears.store.tables import messages
from tests.builders import CaseRoom
from tests.chaos.monkey.verdict import unlike
from tests.chaos.monkey.words import NO_ANSWER, Journal, Told, Word

COLLECTOR = "s-collector"
NO = Told(409, {}, "task_gone")
SILENCE = Told(NO_ANSWER, {}, "ReadError")


@pytest.fixture
def room(sqlite_store: Store) -> CaseRoom:
    made = CaseRoom(sqlite_store, packs.load("cn-bank-2026").rules)
    made.staff()
    return made


@pytest.fixture
def said(room: CaseRoom) -> tuple[str, str]:
    """A task that was answered, and the message."""
    case_id = room.a_case()
    task_id = room.task(case_id, "first_contact").task_id
    return task_id, room.say(case_id, "first_contact", "na", by=COLLECTOR)


def _decision(task_id: str, *told: Told, outcome: str = "na") -> Word:
    return Word("decision", COLLECTOR, task_id, {"outcome": outcome}, list(told))


def _yes(message_id: str | None) -> Told:
    return Told(202, {"message_id": message_id})


def _found(room: CaseRoom, *words: Word) -> str:
    return "\n".join(unlike(Journal(list(words)), room.store))


def test_what_is_as_it_was_told_is_no_fault(room: CaseRoom, said: tuple[str, str]) -> None:
    task_id, message_id = said
    assert _found(room, _decision(task_id, _yes(message_id))) == ""
    assert _found(room, _decision(task_id, SILENCE, NO)) == "", "the first try was heard"
    assert _found(room, _decision(task_id, SILENCE, NO), _decision(task_id, _yes(message_id))) == ""


def test_an_answer_that_was_accepted_and_is_not_there_is_lost(room: CaseRoom, said: tuple[str, str]) -> None:
    assert "accepted as m-gone, and not there" in _found(room, _decision(said[0], _yes("m-gone")))


def test_an_answer_that_no_case_has_heard_is_lost(room: CaseRoom, said: tuple[str, str]) -> None:
    with room.store.transaction() as connection:
        connection.execute(update(messages).where(messages.c.message_id == said[1]).values(status="sent"))
    assert "accepted, and is sent" in _found(room, _decision(said[0], _yes(said[1])))


def test_an_answer_that_became_another_one_is_named(room: CaseRoom, said: tuple[str, str]) -> None:
    assert "is not what s-collector said" in _found(room, _decision(said[0], _yes(said[1]), outcome="busy"))


def test_an_answer_that_was_refused_and_is_there_is_made_up(room: CaseRoom, said: tuple[str, str]) -> None:
    assert "is there, and s-collector was told no" in _found(room, _decision(said[0], NO))


def test_a_client_that_was_never_answered_is_named(room: CaseRoom, said: tuple[str, str]) -> None:
    assert "never answered" in _found(room, _decision(said[0], SILENCE))


@pytest.mark.parametrize(
    ("amount", "told", "fault"),
    [
        (40_000, Told(201, {"message_id": None}), ""),
        (40_000, SILENCE, "never answered"),
        (50_000, Told(201, {"message_id": None}), "50000 was said, 40000 is there"),
        (40_000, NO, "is there, and was refused"),
    ],
)
def test_money_is_what_the_bank_was_told(room: CaseRoom, amount: int, told: Told, fault: str) -> None:
    payment_id = room.pay(room.a_case(), 40_000)
    word = Word("payment", "s-corebank", payment_id, {"amount_minor": amount}, [told])
    assert fault in _found(room, word)
    assert (_found(room, word) == "") is (fault == "")


def test_money_that_is_gone_or_that_nobody_paid_is_named(room: CaseRoom) -> None:
    case_id = room.a_case()
    lost = Word("payment", "s-corebank", "P-gone", {"amount_minor": 1}, [Told(201, {"message_id": None})])
    assert "payment P-gone: accepted, and not there" in _found(room, lost)
    stray = room.pay(case_id, 100)
    assert f"payment {stray}: is there, and nobody paid it" in _found(room)


def test_a_task_that_was_taken_stands_in_the_trail(room: CaseRoom) -> None:
    task_id = room.task(room.a_case(), "first_contact").task_id
    taken = Word("claim", COLLECTOR, task_id, {}, [Told(200, _item(task_id))])
    assert "the trail does not know" in _found(room, taken)
    who = Person(COLLECTOR, COLLECTOR, COLLECTOR, frozenset({Role.COLLECTOR}), "zh-CN")
    room.desk.claim(who, task_id)
    assert _found(room, taken) == ""


def _item(task_id: str) -> dict[str, Any]:
    return {"task_id": task_id}
