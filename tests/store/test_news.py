"""What changed among the tasks is found by the database's own stamps, on both databases."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from api.desk.answering import Answer
from api.desk.snoozing import SnoozeDesk
from api.desk.undoing import UndoDesk
from arrears import clock
from arrears.store import packs, queries
from arrears.store.session import Store
from arrears.store.views import TaskNews
from tests.builders import CaseRoom


@pytest.fixture
def room(store: Store) -> Iterator[CaseRoom]:
    made = CaseRoom(store, packs.load("cn-bank-2026").rules)
    with clock.door_time(made.now):
        yield made


def _news(room: CaseRoom, since: object, *, later: timedelta = timedelta(0)) -> dict[str, TaskNews]:
    door = (room.now, room.now + later)
    with room.store.reading() as connection:
        return {one.task_id: one for one in queries.task_news(connection, since=since, door=door)}  # type: ignore[arg-type]


def test_each_change_of_a_task_is_news_and_nothing_else_is(room: CaseRoom) -> None:
    people = room.staff()
    collector = people["collector"]
    case_id = room.a_case()
    task = room.task(case_id, "first_contact")
    quiet = clock.machine_now()
    assert _news(room, quiet) == {}
    room.desk.claim(collector, task.task_id)
    taken = _news(room, quiet)[task.task_id]
    assert (taken.is_open, taken.assignee_name, taken.opened_at < quiet < taken.at) == (True, "陈静", True)
    since = clock.machine_now()
    room.desk.decide(collector, task.task_id, Answer("na", task.facts_no), undo=timedelta(seconds=10))
    assert not _news(room, since)[task.task_id].is_open
    since = clock.machine_now()
    UndoDesk(room.store).take_back(collector, task.task_id)
    assert _news(room, since)[task.task_id].is_open
    since = clock.machine_now()
    room.pay(case_id, 1_000)
    assert task.task_id in _news(room, since)  # other figures
    since = clock.machine_now()
    other = room.task(room.a_case(), "first_contact").task_id
    found = _news(room, since)
    assert set(found) == {other}
    assert found[other].opened_at >= since


def test_what_was_put_off_is_news_when_it_comes_back(room: CaseRoom) -> None:
    collector = room.staff()["collector"]
    task = room.task(room.a_case(), "first_contact")
    room.desk.claim(collector, task.task_id)
    SnoozeDesk(room.store).put_off(collector, task.task_id, room.now + timedelta(hours=1))
    since = clock.machine_now()
    assert _news(room, since) == {}
    back = _news(room, since, later=timedelta(hours=1))
    assert not back[task.task_id].put_off


def test_news_are_found_by_their_index(sqlite_store: Store) -> None:
    with sqlite_store.reading() as connection:
        plan = connection.execute(
            text("EXPLAIN QUERY PLAN SELECT task_id FROM tasks WHERE changed_at > '2026' ORDER BY changed_at")
        ).all()
    assert "ix_tasks_changed_at" in str(plan)
