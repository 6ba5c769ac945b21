"""What is pushed to open pages: ids and colleagues, for whom it concerns, from one question for all of them."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from starlette.datastructures import QueryParams

from api.auth.person import Person
from arrears import clock
from arrears.contracts import Rules
from arrears.policy.tasks import Role
from arrears.store.bell import Bell
from arrears.store.session import Store, open_engine
from arrears.store.views import TaskKey, TaskNews
from tests.builders import CaseRoom
from tests.web.branch import Branch, listening
from tests.web.reading import read
from web.case_feed import CaseFeed
from web.feed import Feed, Heard, cursor_of, since_of
from web.list_pane import belonging
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


def _push(news: TaskNews, *, belongs: bool = True, after: TaskKey | None = None) -> Any:
    """As a list is told in which the task is, or is not."""
    looker = Looker(ME, Listing(after=after), NOW - timedelta(minutes=1), "zh-CN")
    found = pushed(looker, [news], lambda asked: asked if belongs else ())
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
    assert not _push(opened, belongs=False).is_new
    assert not _push(_news()).is_new  # given back, or other figures
    assert not _push(_news(opened_at=NOW, is_open=False)).is_new
    assert not _push(opened, after=TaskKey(NOW, "t-0")).is_new, "on a further page nothing is called new"
    assert _push(_news(assignee="s-collector")).is_new, "it came back"
    assert not _push(_news(assignee="s-collector", put_off=True)).is_new


def test_a_list_that_is_narrowed_or_searched_is_asked_what_belongs_to_it(
    branch: Branch, room: CaseRoom
) -> None:
    """The same question as the list itself, of the tasks that are news alone."""
    small = room.task(room.a_case(name="欧阳明月", overdue=1_000_00), "first_contact").task_id
    large = room.task(
        room.a_case(name="刘明辉", overdue=90_000_00, balance=90_000_00), "first_contact"
    ).task_id
    office, who = branch.app.state.office, branch.people["collector"]
    sought = office.desk.finder.keep(who, "欧阳明月")
    branch.at("collector").post(f"/tasks/{large}/claim")
    lists = {
        "": {small, large},
        "band=1": {small},
        "not_band=1": {large},
        "stage=legal": set(),
        "kind=first_contact": {small, large},
        "product=credit_card": set(),
        "view=mine": {large},
        "view=free": {small},
        "view=late": set(),
        f"s={sought}": {small},
        f"s={sought}&band=4": set(),
    }
    for query, wanted in lists.items():
        listing = Listing.read(QueryParams(query))
        with room.store.reading() as connection:
            found = belonging(connection, who, listing, office, [small, large, "t-none"], now=room.now)
        assert found == wanted, query


def test_a_narrowed_list_that_is_open_counts_what_is_new_in_it(branch: Branch, room: CaseRoom) -> None:
    since = cursor_of(clock.machine_now() - timedelta(seconds=1))
    small = room.task(room.a_case(overdue=1_000_00), "first_contact").task_id
    large = room.task(room.a_case(overdue=90_000_00, balance=90_000_00), "first_contact").task_id
    with listening(branch.app) as url:
        said = "\n".join(_lines(url, branch, "collector", f"/events?since={since}&band=1", many=2))
        branch.app.state.office.close()
    assert f'data-new="{small}"' in said
    assert f'data-new="{large}"' not in said


def test_the_two_clocks_of_each_row_are_told_again_and_nothing_else(branch: Branch, room: CaseRoom) -> None:
    task = room.task(room.a_case(name="欧阳明月"), "first_contact")
    desk = branch.at("collector")
    first = desk.swap("/inbox/clocks", "list")
    assert f"[id='due-{task.task_id}']" in first.text
    assert "<html" not in first.text
    for private in ("欧阳", "明月", "¥"):
        assert private not in first.text
    with clock.door_time(task.due_at - timedelta(minutes=21)):
        assert "剩 21 分钟" in desk.swap("/inbox/clocks", "list").text
    with clock.door_time(task.due_at + timedelta(days=3)):
        assert "超时 3 天" in desk.swap("/inbox/clocks?view=late", "list").text
    assert task.task_id not in desk.swap("/inbox/clocks?stage=legal", "list").text


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


# ---- a case that is open somewhere -----------------------------------------------------------------------


def _lines(url: str, branch: Branch, login: str, path: str, *, many: int) -> list[str]:
    """What is pushed to this person's open page, until it has said so much."""
    cookies = {"sid": branch.at(login).client.cookies["sid"]}
    with httpx.stream("GET", f"{url}{path}", cookies=cookies, timeout=10) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        return [next(lines) for _ in range(many)]


def _events_href(branch: Branch, login: str, case_id: str) -> str:
    page = read(branch.at(login).get(f"/cases/{case_id}"))
    (live,) = page.all("span", data_live="")
    return live.attributes["hx-sse:connect"]


def test_the_page_of_a_case_is_told_that_others_moved_it_and_not_what_happened(
    branch: Branch, room: CaseRoom
) -> None:
    case_id = room.a_case(name="欧阳明月", phone="13811112222")
    href = _events_href(branch, "lead", case_id)
    task_id = room.task(case_id, "first_contact").task_id
    with listening(branch.app) as url:
        still = "\n".join(_lines(url, branch, "lead", href, many=2))
        assert "moved" not in still
        branch.at("collector").post(f"/tasks/{task_id}/claim")
        said = "\n".join(_lines(url, branch, "lead", href, many=2))
        own = "\n".join(_lines(url, branch, "collector", href, many=2))
        branch.app.state.office.close()
    assert 'hx-target="#moved"' in said
    assert f"/cases/{case_id}" in said
    assert "moved" not in own, "nobody is told what was one's own doing"
    for private in ("欧阳", "明月", "1381111", "陈静"):
        assert private not in said


def test_the_stream_of_a_case_is_for_whoever_may_see_it(branch: Branch, room: CaseRoom) -> None:
    case_id = room.a_case()
    assert branch.at("admin").get(f"/cases/{case_id}/events").status_code == 403
    assert branch.at("lead").get("/cases/case-none-1/events").status_code == 404


def test_all_open_cases_are_fed_by_one_question(sqlite_store: Store, room: CaseRoom) -> None:
    feed, first, second = CaseFeed(sqlite_store, every=0.02), room.a_case(), room.a_case()
    asked: list[tuple[str, ...]] = []
    look = feed._look

    def counted(case_ids: tuple[str, ...]) -> dict[str, int]:
        asked.append(case_ids)
        return look(case_ids)

    feed._look = counted  # type: ignore[method-assign]

    async def page(case_id: str, *, then: asyncio.Event) -> list[int | None]:
        async with feed.listening(case_id) as heard:
            told = [await asyncio.wait_for(heard.get(), 10)]
            then.set()
            told += [await asyncio.wait_for(heard.get(), 10)]
            return told

    async def life() -> list[list[int | None]]:
        ready = [asyncio.Event() for _ in range(3)]
        cases = (first, first, second)
        pages = [
            asyncio.create_task(page(case_id, then=then)) for case_id, then in zip(cases, ready, strict=True)
        ]
        for one in ready:
            await one.wait()
        await asyncio.to_thread(room.pay, first, 100)
        await asyncio.gather(*pages[:2])
        feed.close()
        return list(await asyncio.gather(*pages))

    told = asyncio.run(life())
    assert told[0] == told[1]
    assert told[0][1] is not None
    assert told[0][1] > (told[0][0] or 0)
    assert told[2][1] is None, "the other case has not moved; its page was let go"
    assert all(len(set(one)) == len(one) <= 2 for one in asked)
