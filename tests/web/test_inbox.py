"""The list of open tasks: whose, in which order, and what a row shows."""

import re
from datetime import UTC, datetime, timedelta
from string import ascii_letters, digits

import pytest

from arrears import clock
from arrears.policy.state import Clock
from arrears.store.views import View
from tests.builders import CaseRoom
from tests.web.branch import Branch
from tests.web.reading import Page, read
from web import words
from web.counting import Counts


def _rows(page: Page) -> list[str]:
    return [one.text for one in page.all("li") if one.attributes.get("id", "").startswith("row-")]


def _ids(page: Page) -> list[str]:
    ids = [one.attributes.get("id", "") for one in page.all("li")]
    return [name.removeprefix("row-") for name in ids if name.startswith("row-")]


def test_a_row_says_who_how_much_how_long_and_until_when(branch: Branch, room: CaseRoom) -> None:
    room.a_case(name="刘明辉", days_past_due=12, overdue=81_044_604)
    (row,) = _rows(read(branch.at("collector").get("/inbox")))
    for shown in ("刘*", "初期催收", "¥810,446.04", "逾期 12 天", "首次联系", "未领取", "RL2024000001", "剩"):
        assert shown in row
    assert "刘明辉" not in row


def test_a_row_says_what_was_heard_last_and_what_comes_next(branch: Branch, room: CaseRoom) -> None:
    case_id = room.a_case(days_past_due=12)
    (fresh,) = _rows(read(branch.at("collector").get("/inbox")))
    for shown in ("10:20 已开案", "升级 12-12", "贷款已逾期，已开立案件。"):
        assert shown in fresh
    room.say(case_id, "first_contact", "na", by="s-collector")
    while "follow_up" not in room.state(case_id).tasks:
        room.pass_days(case_id, 1)
    with clock.door_time(room.now):
        (row,) = _rows(read(branch.at("collector").get("/inbox")))
    for shown in ("11-23 首次联系：无人接听", "到了再次联系的日子。"):
        assert shown in row
    assert "13800005678" not in row


def test_the_list_beside_a_task_is_read_only_where_it_is_shown(branch: Branch, room: CaseRoom) -> None:
    task_id = room.task(room.a_case(), "first_contact").task_id
    desk = branch.at("collector")
    alone = desk.swap(f"/tasks/{task_id}").text
    whole = desk.get(f"/tasks/{task_id}").text
    assert "已开案" in whole
    assert "全部" in whole
    assert 'class="rows"' not in alone


def test_counts_stand_for_some_seconds_but_not_beyond_ones_own_act() -> None:
    counts, asked = Counts(), []

    def count() -> dict[View, int]:
        asked.append(1)
        return {View.ALL: len(asked)}

    machine = datetime(2026, 11, 23, tzinfo=UTC)
    seen = []
    for seconds, who, forgets in (
        (0, "a", False),
        (4, "a", False),
        (4, "b", False),
        (5, "a", False),
        (6, "a", True),
    ):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(clock, "machine_now", lambda at=machine + timedelta(seconds=seconds): at)
            if forgets:
                counts.forget(who)
            seen.append(counts.of(who, "everything", count)[View.ALL])
    assert seen == [1, 1, 2, 3, 4]


def test_each_clock_has_a_word_for_a_row() -> None:
    assert set(words.NEXT) == set(Clock) - {Clock.SLA, Clock.IDLE}


def test_the_full_name_is_for_whoever_holds_the_task(branch: Branch, room: CaseRoom) -> None:
    task = room.task(room.a_case(name="刘明辉"), "first_contact")
    branch.at("collector").post(f"/tasks/{task.task_id}/claim")
    assert "刘明辉" in branch.at("collector").get("/inbox").text
    colleague = branch.at("colleague").get("/inbox").text
    assert "刘明辉" not in colleague
    assert "陈静" in colleague


def test_a_hostile_name_is_only_a_name(branch: Branch, room: CaseRoom) -> None:
    task = room.task(room.a_case(name='"><script>alert(1)</script>'), "first_contact")
    desk = branch.at("collector")
    desk.post(f"/tasks/{task.task_id}/claim")
    for path in ("/inbox", f"/tasks/{task.task_id}", f"/cases/{task.case_id}"):
        page = desk.get(path)
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert" in page.text


@pytest.mark.parametrize(
    ("login", "sees"),
    [("collector", ["first_contact"]), ("lead", []), ("advisor1", []), ("manager", [])],
)
def test_everybody_sees_the_work_of_the_own_role(
    branch: Branch, room: CaseRoom, login: str, sees: list[str]
) -> None:
    case_id = room.a_case()
    expected = [room.task(case_id, kind).task_id for kind in sees]
    assert _ids(read(branch.at(login).get("/inbox"))) == expected


def test_the_earliest_due_comes_first_and_pages_leave_nobody_out(branch: Branch, room: CaseRoom) -> None:
    for _ in range(53):
        room.a_case()
    room.now -= timedelta(days=7)
    urgent = room.task(room.a_case(), "first_contact").task_id
    desk = branch.at("collector")
    first = read(desk.get("/inbox"))
    second = read(desk.get(first.links["显示更多"]))
    assert _ids(first)[0] == urgent
    assert (len(_ids(first)), len(_ids(second))) == (50, 4)
    assert len({*_ids(first), *_ids(second)}) == 54
    assert "显示更多" not in second.links
    assert second.links["回到开头"] == "/inbox"


def test_splits_count_and_show_the_same(branch: Branch, room: CaseRoom) -> None:
    tasks = [room.task(room.a_case(), "first_contact").task_id for _ in range(4)]
    room.now -= timedelta(days=14)
    late = room.task(room.a_case(), "first_contact").task_id
    branch.at("collector").post(f"/tasks/{tasks[0]}/claim")
    branch.at("colleague").post(f"/tasks/{tasks[1]}/claim")
    desk = branch.at("collector")
    shown = {view: _ids(read(desk.get(f"/inbox?view={view}"))) for view in ("all", "mine", "free", "late")}
    assert shown["mine"] == [tasks[0]]
    assert set(shown["free"]) == {late, tasks[2], tasks[3]}
    assert shown["late"] == [late]
    assert len(shown["all"]) == 5
    splits = [
        one.text
        for one in read(desk.get("/inbox")).all("a")
        if "view=" in one.attributes["href"] or one.attributes.get("aria-current") == "page"
    ]
    assert {"全部 5", "我的 1", "未领取 3", "已超时 1", "今日到期", "承诺到期"} <= {
        " ".join(text.split()) for text in splits
    }


def test_stages_narrow_the_list_and_the_way_back_is_offered(branch: Branch, room: CaseRoom) -> None:
    room.a_case()
    desk = branch.at("collector")
    page = read(desk.get("/inbox?stage=legal"))
    assert _ids(page) == []
    assert page.links["清除筛选"] == "/inbox"


def test_a_link_into_the_task_keeps_the_list_it_came_from(branch: Branch, room: CaseRoom) -> None:
    task_id = room.task(room.a_case(), "first_contact").task_id
    desk = branch.at("collector")
    (row,) = [
        one
        for one in read(desk.get("/inbox?view=free&stage=initial")).all("a")
        if task_id in one.attributes["href"]
    ]
    assert row.attributes["href"] == f"/tasks/{task_id}?view=free&stage=initial"
    task = read(desk.get(row.attributes["href"]))
    assert f"/tasks/{task_id}/claim?view=free&stage=initial" in task.actions


@pytest.mark.parametrize(
    "query",
    ["view=nonsense", "stage=closed", "after=x", "after=99999999999999999999.t", "after=٣.t", "after=1."],
)
def test_an_address_that_makes_no_sense_shows_the_whole_list(
    branch: Branch, room: CaseRoom, query: str
) -> None:
    room.a_case()
    assert len(_rows(read(branch.at("collector").get(f"/inbox?{query}")))) == 1


def test_an_empty_list_is_good_news(branch: Branch) -> None:
    assert "任务已全部办结" in branch.at("collector").get("/inbox").text


def test_what_was_answered_leaves_the_list_before_it_is_applied(branch: Branch, room: CaseRoom) -> None:
    task = room.task(room.a_case(), "first_contact")
    room.away = True
    branch.at("collector").post(f"/tasks/{task.task_id}/decision", outcome="na", facts_no=str(task.facts_no))
    page = read(branch.at("collector").get("/inbox"))
    assert _ids(page) == []


def test_what_is_searched_for_stands_in_no_address_and_is_found(branch: Branch, room: CaseRoom) -> None:
    wanted = room.task(room.a_case(name="欧阳明辉", phone="13911112222"), "first_contact").task_id
    room.a_case(name="王佳怡")
    desk = branch.at("collector")
    for words_typed in ("欧阳明", "2222", "139 1111 2222", "RL2024000001"):
        answer = desk.post("/inbox/search?view=late", words=words_typed)
        assert answer.status_code == 303
        address = answer.headers["location"]
        assert set(address.removeprefix("/inbox?s=")) <= set(ascii_letters + digits + "-_")
        page = desk.get(address)
        assert _ids(read(page)) == [wanted]
        assert "全部 1" in " ".join(read(page).links)
        assert f"/tasks/{wanted}{address.removeprefix('/inbox')}" in page.text
        assert _ids(read(desk.get(f"/tasks/{wanted}{address.removeprefix('/inbox')}"))) == [wanted]
    assert _ids(read(desk.get(desk.post("/inbox/search", words="没有的人").headers["location"]))) == []
    assert desk.post("/inbox/search", words="  ").headers["location"] == "/inbox"


def test_a_search_is_for_who_asked(branch: Branch, room: CaseRoom) -> None:
    room.a_case(name="欧阳明辉")
    address = branch.at("collector").post("/inbox/search", words="欧阳").headers["location"]
    page = branch.at("colleague").get(address)
    assert "欧阳" not in page.text
    assert "本次搜索已失效" in page.text
    assert _ids(read(page)) == []


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        ("stage=initial", {0, 1, 2}),
        ("not_stage=initial", set()),
        ("kind=follow_up", {2}),
        ("not_kind=follow_up", {0, 1}),
        ("kind=follow_up&kind=first_contact&not_band=1", {1, 2}),
        ("band=1", {0}),
        ("band=4&band=2", {1, 2}),
        ("product=mortgage", {1}),
        ("not_product=mortgage&not_product=credit_card", {0, 2}),
        ("debtor=enterprise", {2}),
        ("view=free&debtor=person&product=mortgage", {1}),
        ("kind=nonsense&band=9&product='", {0, 1, 2}),
    ],
)
def test_filters_take_in_and_leave_out(branch: Branch, room: CaseRoom, query: str, hits: set[int]) -> None:
    made = [
        room.a_case(overdue=999_999),
        room.a_case(overdue=1_000_000, product="mortgage"),
        room.a_case(overdue=20_000_000, kind="enterprise"),
    ]
    room.say(made[2], "first_contact", "na", by="s-collector")
    while "follow_up" not in room.state(made[2]).tasks:
        room.pass_days(made[2], 1)
    kinds = ("first_contact", "first_contact", "follow_up")
    ids = [room.task(case_id, kind).task_id for case_id, kind in zip(made, kinds, strict=True)]
    with clock.door_time(room.now):
        page = read(branch.at("collector").get(f"/inbox?{query}"))
    assert set(_ids(page)) == {ids[n] for n in hits}
    assert any(
        " ".join(words.split()) == (f"全部 {len(hits)}" if hits else "全部") or "view=free" in query
        for words in page.links
    )


def test_the_form_of_the_filters_shows_what_is_named_and_keeps_the_rest(
    branch: Branch, room: CaseRoom
) -> None:
    room.a_case()
    page = read(branch.at("collector").get("/inbox?view=free&stage=initial&not_band=4"))
    ticked = {
        (one.attributes["name"], one.attributes["value"])
        for one in page.all("input")
        if "checked" in one.attributes
    }
    assert ticked == {("stage", "initial"), ("not_band", "4")}
    assert page.one("input", type="hidden", name="view").attributes["value"] == "free"
    assert page.links["清除筛选"] == "/inbox?view=free"


def test_a_full_page_of_late_tasks_stays_light(branch: Branch, room: CaseRoom) -> None:
    """At most 1,200 elements: what a phone of a collector lays out at once."""
    for _ in range(52):
        room.a_case(overdue=90_000_00, balance=90_000_00)
    with clock.door_time(room.now + timedelta(days=30)):
        text = branch.at("collector").get("/inbox").text
    shown = re.sub(
        r"<template>.*?</template>", "", text, flags=re.DOTALL
    )  # no part of the page before it is opened
    assert shown.count("data-") > 0
    assert shown.count('class="pick"') == 50
    assert shown.count(" late") >= 50
    assert len(re.findall(r"<[a-z]", shown)) <= 1_200
