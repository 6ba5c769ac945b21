"""What a lead sees of the team: whose hands are full, what is stuck and why, and that it can be given away at once."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from arrears.store.session import Store
from arrears.store.tables import absences, staff, tasks
from tests.builders import CaseRoom
from tests.web.branch import Branch
from tests.web.reading import Page, read


def _late(room: CaseRoom, *, assignee: str | None = None, days: int = 1, **more: object) -> str:
    task_id: str = room.task(room.a_case(), "first_contact").task_id
    with room.store.transaction() as connection:
        values = {"due_at": room.now - timedelta(days=days), "assignee": assignee} | more
        connection.execute(update(tasks).where(tasks.c.task_id == task_id).values(values))
    return task_id


def _page(branch: Branch, login: str = "lead") -> Page:
    answer = branch.at(login).get("/team")
    assert answer.status_code == 200
    return read(answer)


def _row(page: Page, **marked: str) -> list[str]:
    (row,) = page.all("tr", **marked)
    return row.text.split()


def test_the_fullest_hands_come_first_and_whoever_has_nothing_is_there(
    branch: Branch, room: CaseRoom
) -> None:
    for days in (1, 3):
        _late(room, assignee="s-colleague", days=days)
    room.a_case()
    page = _page(branch)
    order = [row.attributes["data-load"] for row in page.all("tr") if "data-load" in row.attributes]
    assert order[:2] == ["", "s-colleague"]
    assert "s-collector" in order
    assert "s-advisor1" not in order  # a lead hands out the work of collectors and leads


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({}, "无人领取"),
        ({"assignee": "s-colleague"}, "由 李敏 处理"),
        ({"assignee": "s-colleague", "put_off": True}, "李敏 已延后至"),
        ({"assignee": "s-colleague", "away": True}, "李敏 请假至"),
    ],
)
def test_what_is_stuck_says_why(branch: Branch, room: CaseRoom, more: dict[str, object], why: str) -> None:
    kept = {"snoozed_until": room.now + timedelta(days=1)} if more.pop("put_off", False) else {}
    if more.pop("away", False):
        with room.store.transaction() as connection:
            connection.execute(
                insert(absences).values(
                    absence_id="a-1",
                    staff_id="s-colleague",
                    substitute_id="s-collector",
                    from_day=room.today,
                    to_day=room.today + timedelta(days=3),
                    entered_by="s-lead",
                    entered_at=room.now,
                )
            )
    task_id = _late(room, **more, **kept)  # type: ignore[arg-type]
    (row,) = _page(branch).all("tr", data_stuck=task_id)
    assert why in row.text


def test_an_answer_that_the_case_has_not_heard_is_told(branch: Branch, room: CaseRoom) -> None:
    room.away = True
    task_id = _late(room)
    branch.at("collector").post(f"/tasks/{task_id}/claim")
    branch.at("collector").post(f"/tasks/{task_id}/decision", outcome="na")
    (row,) = _page(branch).all("tr", data_stuck=task_id)
    assert "已处理，案件尚未收到" in row.text


def test_what_is_stuck_is_given_away_from_here(branch: Branch, room: CaseRoom, sqlite_store: Store) -> None:
    stuck = [_late(room) for _ in range(3)]
    page = _page(branch)
    assert "/inbox/assign?view=late&team=1" in page.actions
    branch.at("lead").post("/inbox/assign?view=late&team=1", task=stuck, to="s-collector")
    assert _row(_page(branch), data_load="s-collector")[1:3] == ["3", "3"]  # open, and late
    with sqlite_store.reading() as connection:
        held = connection.execute(tasks.select().where(tasks.c.task_id.in_(stuck))).all()
    assert {row.assignee for row in held} == {"s-collector"}


def test_who_has_left_and_still_holds_something_is_not_forgotten(
    branch: Branch, room: CaseRoom, sqlite_store: Store
) -> None:
    _late(room, assignee="s-colleague")
    with sqlite_store.transaction() as connection:
        connection.execute(update(staff).where(staff.c.staff_id == "s-colleague").values(active=False))
    assert _page(branch).all("tr", data_load="s-colleague")


def test_nothing_late_is_good_news(branch: Branch, room: CaseRoom) -> None:
    room.a_case()
    assert "没有停滞任务" in branch.at("lead").get("/team").text


@pytest.mark.parametrize("login", ["collector", "advisor1", "admin"])
def test_only_who_hands_out_work_sees_it(branch: Branch, login: str) -> None:
    assert branch.at(login).get("/team").status_code in (403, 404)


def test_the_overdue_tasks_nobody_took_are_a_list_of_their_own(branch: Branch, room: CaseRoom) -> None:
    taken, free = _late(room, assignee="s-colleague"), _late(room)
    fresh = room.task(room.a_case(), "first_contact").task_id
    late = "/inbox?view=late&team=1&holder=-"
    assert late in [one.attributes["href"] for one in _page(branch).all("a")]

    def shown(address: str) -> list[bool]:
        page = branch.at("lead").get(address).text
        return [f"row-{task_id}" in page for task_id in (taken, free, fresh)]

    assert shown(late) == [False, True, False]
    assert shown("/inbox?team=1&not_holder=-") == [True, False, False]
    assert shown("/inbox?team=1&holder=-&holder=s-colleague") == [True, True, True]
