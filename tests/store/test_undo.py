"""An answer that can be taken back: between the relay and a change of mind exactly one wins, on both databases."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sqlalchemy import select, update

from api.auth.person import Person
from api.desk import errors
from api.desk.answering import Answer
from api.desk.undoing import UndoDesk
from api.gateway import CaseGateway
from api.relay import Relay
from arrears import clock
from arrears.contracts import Unchanging
from arrears.policy.tasks import Role
from arrears.store import intents, packs, queries
from arrears.store.intents import Said
from arrears.store.session import Store
from arrears.store.tables import messages
from tests.builders import MONDAY, CaseRoom

NOW = datetime(2026, 11, 23, 2, 20, tzinfo=UTC)
COLLECTOR = Person("s-collector", "collector", "陈静", frozenset({Role.COLLECTOR}), "zh-CN")


def _say(store: Store, message_id: str, *, undo: int) -> None:
    said = Said(
        f"case-{message_id}", message_id, "task_decided", "s-1", NOW, {"outcome": "na"}, f"t-{message_id}"
    )
    with store.transaction() as connection:
        intents.say(connection, Said(**{**vars(said), "effective_at": NOW + timedelta(seconds=undo)}))


def _status(store: Store, message_id: str) -> tuple[str, int]:
    with store.reading() as connection:
        row = connection.execute(select(messages).where(messages.c.message_id == message_id)).one()
    return row.status, row.attempts


def test_only_what_was_given_time_and_was_not_sent_is_withdrawn(store: Store) -> None:
    for name, undo in (("waits", 10), ("at-once", 0), ("sent", 10), ("unsent-again", 10)):
        _say(store, name, undo=undo)
    with store.transaction() as connection:
        for name, values in (
            ("sent", {"status": "sent", "attempts": 1, "sent_at": NOW}),
            ("unsent-again", {"status": "waiting", "attempts": 1}),
        ):
            row: dict[str, Any] = values
            connection.execute(update(messages).where(messages.c.message_id == name).values(row))
        done = {
            name: intents.withdraw(connection, name) for name in ("waits", "at-once", "sent", "unsent-again")
        }
        assert not intents.withdraw(connection, "waits")
    assert done == {"waits": True, "at-once": False, "sent": False, "unsent-again": False}


def test_the_relay_leaves_an_answer_alone_until_its_time(store: Store) -> None:
    _say(store, "m1", undo=10)
    relay, at = _relay(store), [NOW + timedelta(seconds=9)]
    relay._door = lambda: at[0]
    assert relay._claim() == []
    at[0] = NOW + timedelta(seconds=10)
    assert [row.message_id for row in relay._claim()] == ["m1"]


def test_of_relay_and_undo_one_wins(store: Store) -> None:
    """Each pair of hands starts at the same moment, many times."""
    relay = _relay(store)
    relay._door = lambda: NOW + timedelta(minutes=1)
    won: dict[str, list[str]] = {}
    for n in range(25):
        name = f"m{n}"
        _say(store, name, undo=10)
        won[name] = _race(store, relay, name)
    for name, winners in won.items():
        assert len(winners) == 1, name
        assert _status(store, name)[0] == {"undo": "withdrawn", "relay": "sent"}[winners[0]]


def _race(store: Store, relay: Relay, name: str) -> list[str]:
    start = threading.Barrier(2)
    won: list[str] = []

    def undo() -> None:
        start.wait()
        with store.transaction() as connection:
            if intents.withdraw(connection, name):
                won.append("undo")

    def send() -> None:
        start.wait()
        if any(row.message_id == name for row in relay._claim()):
            won.append("relay")

    hands = [threading.Thread(target=act) for act in (undo, send)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    return won


def test_an_answer_is_taken_back_by_whoever_gave_it_and_offered_until_then(store: Store) -> None:
    rules = packs.load("cn-bank-2026").rules
    room = CaseRoom(store, rules)
    room.staff()
    task = room.task(room.a_case(), "first_contact")
    with clock.door_time(MONDAY):
        room.desk.decide(
            COLLECTOR, task.task_id, Answer("na", task.facts_no, "没人接"), undo=timedelta(seconds=10)
        )
    with store.reading() as connection:
        (offer,) = queries.undoable(connection, "s-collector", now=MONDAY + timedelta(seconds=9))
        assert queries.undoable(connection, "s-collector", now=MONDAY + timedelta(seconds=10)) == ()
        assert queries.undoable(connection, "s-colleague", now=MONDAY) == ()
    assert (offer.task_id, offer.outcome) == (task.task_id, "na")
    with clock.door_time(MONDAY):
        back = UndoDesk(store).take_back(COLLECTOR, task.task_id)
        assert (back.answer.outcome, back.answer.reason) == ("na", "没人接")
        try:
            UndoDesk(store).take_back(COLLECTOR, task.task_id)
        except errors.NotFound:
            pass
        else:
            raise AssertionError("taken back twice")


def _relay(store: Store) -> Relay:
    rules = packs.load("cn-bank-2026").rules
    return Relay(store, cast(CaseGateway, None), Unchanging(rules))
