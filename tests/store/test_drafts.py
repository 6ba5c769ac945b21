"""What somebody was writing: one draft for a person and task, thrown away with the task or with time."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from arrears.store import drafts, packs
from arrears.store.session import Store
from arrears.store.tables import tasks
from tests.builders import CaseRoom

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def test_the_newest_draft_of_a_person_counts_and_is_nobody_elses(store: Store) -> None:
    room = CaseRoom(store, packs.load("cn-bank-2026").rules)
    task_id = room.task(room.a_case(), "first_contact").task_id
    with store.transaction() as connection:
        drafts.put(connection, task_id, "s-1", {"reason": "第一稿"}, facts_no=1, at=NOW)
        drafts.put(connection, task_id, "s-1", {"reason": "第二稿\x00", "on": "bald"}, facts_no=2, at=NOW)
        drafts.put(connection, task_id, "s-2", {"reason": "别人的"}, facts_no=2, at=NOW)
    with store.reading() as connection:
        found = drafts.find(connection, task_id, "s-1")
        assert drafts.find(connection, task_id, "s-3") is None
    assert found is not None
    assert found.words == {"reason": "第二稿\x00", "on": "bald"}
    assert (found.facts_no, found.saved_at) == (2, NOW)
    assert "第二稿" not in repr(found)
    with store.transaction() as connection:
        drafts.drop(connection, task_id, "s-1")
        assert drafts.find(connection, task_id, "s-1") is None
        assert drafts.find(connection, task_id, "s-2") is not None


def test_drafts_of_ended_tasks_and_old_ones_are_thrown_away(store: Store) -> None:
    room = CaseRoom(store, packs.load("cn-bank-2026").rules)
    ended, old, fresh = (room.task(room.a_case(), "first_contact").task_id for _ in range(3))
    with store.transaction() as connection:
        for task_id, at in ((ended, NOW), (old, NOW - drafts.KEPT - timedelta(minutes=1)), (fresh, NOW)):
            drafts.put(connection, task_id, "s-1", {"reason": "字"}, facts_no=1, at=at)
        connection.execute(update(tasks).where(tasks.c.task_id == ended).values(status="cancelled"))
        assert drafts.sweep(connection, now=NOW) == 2
        left = [task_id for task_id in (ended, old, fresh) if drafts.find(connection, task_id, "s-1")]
    assert left == [fresh]
