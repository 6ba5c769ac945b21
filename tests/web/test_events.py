"""What is pushed to open pages: ids and colleagues, for whom it concerns, from one question for all of them."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from api.auth.person import Person
from arrears import clock
from arrears.contracts import Rules
from arrears.policy.tasks import Role
from arrears.store.bell import Bell
from arrears.store.session import Store, open_engine
from arrears.store.views import Either, Narrowed, TaskNews, View
from tests.builders import CaseRoom
from tests.web.branch import Branch, listening
from tests.web.reading import read
from web.feed import Feed, Heard, cursor_of, since_of
from web.listing import Listing
from web.push import Looker, pushed

NOW = datetime(2026, 11, 23, 2, 20, tzinfo=UTC)
ME = Person("s-collector", "collector", "陈静", frozenset({Role.COLLECTOR}), "zh-CN")


def _news(**changes: Any) -> TaskNews:
    usual: dict[str, Any] = {
        "task_id": "t-1",
        "case_id": "case-1",
        "role": "collector",
        "stage": "initial",
        "barred": (),
        "is_open": True,
        "assignee": None,
        "assignee_name": None,
        "put_off": False,
        "due_at": NOW,
        "opened_at": NOW - timedelta(days=1),
        "at": NOW,
    }
    return TaskNews(**usual | changes)


def _push(news: TaskNews, view: View = View.ALL, stage: str | None = None) -> Any:
    narrowed = Narrowed(stage=Either((stage,) if stage else ()))
    looker = Looker(ME, Listing(view, narrowed=narrowed), NOW - timedelta(minutes=1), "zh-CN")
    found = pushed(looker, [news])
    return found[0] if found else None


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "free"),
        ({"assignee": "s-colleague"}, "others"),
        ({"assignee": "s-collector"}, "mine"),
        ({"is_open": False}, "gone"),
    ],
)
def test_a_row_says_who_has_the_task(changes: dict[str, Any], state: str) -> None:
    assert _push(_news(**changes)).state == state


def test_new_is_what_was_opened_after_the_list_was_read_and_belongs_to_it() -> None:
    opened = _news(opened_at=NOW)
    assert _push(opened).is_new
    assert not _push(_news()).is_new  # given back, or other figures
    assert not _push(_news(opened_at=NOW, is_open=False)).is_new
    assert not _push(opened, stage="legal").is_new
    assert not _push(opened, View.MINE).is_new
    assert not _push(_news(opened_at=NOW, assignee="s-colleague"), View.FREE).is_new
    back = _news(assignee="s-collector")
    assert _push(back, View.MINE).is_new
    assert not _push(_news(assignee="s-collector", put_off=True), View.MINE).is_new


def test_what_one_may_not_read_is_not_pushed() -> None:
    assert _push(_news(role="legal_advisor")) is None


def test_the_id_of_an_event_is_an_instant_of_the_database() -> None:
    assert since_of(cursor_of(NOW)) == NOW
    for strange in ("", "-1", "1e9", "9" * 30, "١٢"):
        assert since_of(strange) is None


def test_all_pages_are_fed_by_one_question(sqlite_store: Store, room: CaseRoom) -> None:
    """Ten listeners, one look a beat; nobody listens, nobody asks; at closing time all are let go."""
    feed = Feed(sqlite_store, every=0.05)
    looks: list[datetime] = []
    look = feed._look

    def counted(since: datetime) -> tuple[TaskNews, ...]:
        looks.append(since)
        return look(since)

    feed._look = counted  # type: ignore[method-assign]

    async def life() -> list[list[str]]:
        async def page() -> list[str]:
            async with feed.listening() as heard:
                first = await asyncio.wait_for(heard.get(), 10)
                assert first is not None
                assert await asyncio.wait_for(heard.get(), 10) is None
                return [one.task_id for one in first]

        pages = [asyncio.create_task(page()) for _ in range(10)]
        await asyncio.sleep(0.2)
        await asyncio.to_thread(room.a_case)
        await asyncio.sleep(0.6)
        feed.close()
        told = await asyncio.gather(*pages)
        before = len(looks)
        await asyncio.sleep(0.2)
        assert len(looks) <= before + 1
        return told

    told = asyncio.run(life())
    assert all(one == told[0] for one in told)
    assert len(told[0]) == 1  # told once, though it is looked at again for some seconds
    assert len(looks) < 30


@pytest.mark.postgres
def test_what_another_process_did_is_on_the_page_without_waiting_for_the_next_turn(
    postgres_store: Store, rules: Rules
) -> None:
    """The feed would ask by itself in an hour."""
    feed, bell = Feed(postgres_store, every=3600.0), Bell(postgres_store)
    feed.listen_to(bell)
    other = Store(open_engine(str(postgres_store.engine.url)))
    far = Bell(other)

    async def life() -> Heard:
        async with feed.listening() as heard:
            await asyncio.to_thread(CaseRoom(other, rules).a_case)
            return await asyncio.wait_for(heard.get(), 20)

    bell.start()
    far.start()
    try:
        told = asyncio.run(life())
    finally:
        far.stop()
        bell.stop()
        other.close()
    assert told
    assert len(told) == 1


def test_a_stream_tells_who_took_it_and_nothing_of_the_debtor(branch: Branch, room: CaseRoom) -> None:
    case_id = room.a_case(name="欧阳明月", phone="13811112222")
    task_id = room.task(case_id, "first_contact").task_id
    desk = branch.at("collector")
    since = cursor_of(clock.machine_now())
    branch.at("colleague").post(f"/tasks/{task_id}/claim")
    with (
        listening(branch.app) as url,
        httpx.stream(
            "GET",
            f"{url}/events?since={since}",
            cookies={"sid": desk.client.cookies["sid"]},
            headers={"Accept-Language": "zh-CN"},
            timeout=10,
        ) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        said = [next(lines) for _ in range(2)]
        branch.app.state.office.feed.close()
        assert list(lines)  # and it ends
    told = "\n".join(said)
    assert f"holder-{task_id}" in told
    assert "李敏" in told
    assert since_of(next(line for line in said if line.startswith("id:")).removeprefix("id:").strip())
    for private in ("欧阳", "明月", "1381111", "欧"):
        assert private not in told


def test_nobody_listens_without_a_session(branch: Branch) -> None:
    assert branch.visitor().get("/events").status_code == 303


def test_a_page_that_only_listens_keeps_no_session_alive(branch: Branch, sqlite_store: Store) -> None:
    sessions, person = branch.entrance.sessions, branch.people["collector"]
    opened = sessions.open(person.staff_id)
    with sqlite_store.transaction() as connection:
        connection.exec_driver_sql("UPDATE browser_sessions SET seen_at = '2020-01-01T00:00:00.000000Z'")
    sessions._now = lambda: datetime(2020, 1, 1, 0, 10, tzinfo=UTC)
    assert sessions.find(opened.cookie, touch=False) is not None
    with sqlite_store.reading() as connection:
        seen = connection.exec_driver_sql("SELECT seen_at FROM browser_sessions").scalars().all()
    assert {one[:16] for one in seen} == {"2020-01-01T00:00"}


def test_an_open_task_is_told_what_is_another_now(branch: Branch, room: CaseRoom) -> None:
    case_id = room.a_case(overdue=50_000_00, balance=80_000_00)
    task_id = room.task(case_id, "first_contact").task_id
    desk = branch.at("collector")
    assert desk.swap(f"/tasks/{task_id}/news?seen_no=1&mine=no").status_code == 204
    room.pay(case_id, 10_000_00)
    page = read(desk.swap(f"/tasks/{task_id}/news?seen_no=1&mine=no"))
    assert "¥50,000.00 → ¥40,000.00" in page.words
    branch.at("colleague").post(f"/tasks/{task_id}/claim")
    assert "李敏 处理中" in desk.swap(f"/tasks/{task_id}/news?seen_no=2&mine=no").text
    branch.at("colleague").post(f"/tasks/{task_id}/release")
    assert "该任务现已无人处理" in desk.swap(f"/tasks/{task_id}/news?seen_no=2&mine=yes").text
    branch.at("colleague").post(f"/tasks/{task_id}/decision", outcome="busy", facts_no="2")
    assert "李敏 已于" in desk.swap(f"/tasks/{task_id}/news?seen_no=2&mine=no").text
    assert branch.at("advisor1").swap(f"/tasks/{task_id}/news?seen_no=1").status_code == 204


def test_the_list_alone_is_read_anew(branch: Branch, room: CaseRoom) -> None:
    task_id = room.task(room.a_case(), "first_contact").task_id
    answer = branch.at("collector").swap("/inbox", target="list")
    page = read(answer)
    assert not page.all("html")
    assert not page.all("article")
    assert f"row-{task_id}" in answer.text
