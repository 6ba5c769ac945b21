"""Who is away, and who stands in: the work may be taken out of the hands of who is away, and no right comes with it."""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import delete, select

from arrears import clock
from arrears.store import audit
from arrears.store.tables import absences, audit_rows, certificates, tasks
from tests.builders import CaseRoom
from tests.web.branch import Branch
from tests.web.reading import read


def _enter(
    branch: Branch,
    *,
    days: tuple[int, int] = (0, 2),
    whose: str = "collector",
    by: str = "lead",
    substitute: str = "colleague",
) -> httpx.Response:
    first, last = (branch.room.today + timedelta(days=day) for day in days)
    return branch.at(by).post(
        f"/staff/s-{whose}/absences",
        from_day=str(first),
        to_day=str(last),
        substitute_id=f"s-{substitute}",
    )


@pytest.fixture
def task(branch: Branch, room: CaseRoom) -> str:
    """A first contact in the collector's hands."""
    task_id: str = room.task(room.a_case(), "first_contact").task_id
    assert branch.at("collector").post(f"/tasks/{task_id}/claim").status_code == 303
    return task_id


def _holder(room: CaseRoom, task_id: str) -> str | None:
    with room.store.reading() as connection:
        found: str | None = connection.execute(
            select(tasks.c.assignee).where(tasks.c.task_id == task_id)
        ).scalar()
    return found


def _mine(branch: Branch, login: str) -> str:
    return branch.at(login).get("/inbox?view=mine").text


def test_the_substitute_sees_the_work_and_takes_it(branch: Branch, room: CaseRoom, task: str) -> None:
    colleague = branch.at("colleague")
    assert task not in _mine(branch, "colleague")
    assert colleague.post(f"/tasks/{task}/claim").status_code == 409
    assert _enter(branch).headers["location"] == "/staff/s-collector"
    assert task in _mine(branch, "colleague")
    assert "代理 陈静" in _mine(branch, "colleague")
    assert "由您代理" in colleague.get(f"/tasks/{task}").text
    assert f"/tasks/{task}/claim?view=mine" in colleague.get(f"/tasks/{task}?view=mine").text
    assert colleague.post(f"/tasks/{task}/claim").status_code == 303
    assert _holder(room, task) == "s-colleague"
    with room.store.reading() as connection:
        rows = connection.execute(
            select(audit_rows.c.actor, audit_rows.c.detail).where(audit_rows.c.what == "task_claimed")
        ).all()
    assert (rows[-1].actor, rows[-1].detail["from"]) == ("s-colleague", "s-collector")


def test_the_json_list_shows_it_too(branch: Branch, task: str) -> None:
    token = branch.entrance.tokens.issue(branch.people["colleague"]).token
    listed = {"Authorization": f"Bearer {token}"}
    before = branch.visitor().get("/api/v1/tasks?whose=mine", headers=listed).json()["items"]
    _enter(branch)
    after = branch.visitor().get("/api/v1/tasks?whose=mine", headers=listed).json()["items"]
    assert ([one["task_id"] for one in before], [one["task_id"] for one in after]) == ([], [task])


def test_nobody_else_may(branch: Branch, room: CaseRoom, task: str) -> None:
    _enter(branch, whose="colleague", substitute="collector")
    assert branch.at("colleague").post(f"/tasks/{task}/claim").status_code == 409
    assert _holder(room, task) == "s-collector"


@pytest.mark.parametrize(("days", "taken"), [((0, 0), True), ((1, 3), False)])
def test_it_begins_and_ends_by_its_days(
    branch: Branch, room: CaseRoom, task: str, days: tuple[int, int], *, taken: bool
) -> None:
    _enter(branch, days=days)
    assert (task in _mine(branch, "colleague")) is taken
    with clock.door_time(room.now + timedelta(days=1)):
        assert (task in _mine(branch, "colleague")) is not taken
    with clock.door_time(room.now + timedelta(days=4)):
        assert branch.at("colleague").post(f"/tasks/{task}/claim").status_code == 409
    assert _holder(room, task) == "s-collector"


def test_it_stands_in_the_list_and_can_be_withdrawn(branch: Branch, task: str) -> None:
    _enter(branch)
    until = str(branch.room.today + timedelta(days=2))
    assert f"缺勤至 {until}，由 李敏 代理" in branch.at("compliance").get("/staff").text
    page = read(branch.at("lead").get("/staff/s-collector"))
    (end,) = [action for action in page.actions if action.endswith("/end") and "absences" in action]
    assert branch.at("lead").post(end.replace("s-collector", "s-colleague")).status_code == 404
    assert branch.at("lead").post(end).status_code == 303
    assert branch.at("lead").post(end).status_code == 404
    assert task not in _mine(branch, "colleague")
    with branch.room.store.reading() as connection:
        assert audit.verify(connection, audit.HOUSE) == []


@pytest.mark.rule("C19")
def test_without_a_certificate_nobody_stands_in(branch: Branch, room: CaseRoom, task: str) -> None:
    with room.store.transaction() as connection:
        connection.execute(delete(certificates).where(certificates.c.staff_id == "s-colleague"))
    _enter(branch)
    answer = branch.at("colleague").post(f"/tasks/{task}/claim")
    assert (answer.status_code, _holder(room, task)) == (403, "s-collector")


def test_the_first_approver_does_not_become_the_second_by_standing_in(branch: Branch, room: CaseRoom) -> None:
    case_id = room.a_case(days_past_due=40)
    room.ask_lead(case_id)
    room.to_formal(case_id)
    room.to_review(case_id)
    room.say(case_id, "legal_review", "sue", by="s-advisor1")
    second = room.task(case_id, "second_approval").task_id
    assert branch.at("advisor2").post(f"/tasks/{second}/claim").status_code == 303
    assert _enter(branch, whose="advisor2", substitute="advisor1").status_code == 303
    answer = branch.at("advisor1").post(f"/tasks/{second}/claim")
    assert (answer.status_code, "双人复核" in answer.text) == (403, True)
    said = branch.at("advisor1").post(f"/tasks/{second}/decision", outcome="approve", facts_no="1")
    assert (said.status_code, _holder(room, second)) == (403, "s-advisor2")


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"substitute": "lead"}, "代理人须具备相同角色"),
        ({"substitute": "collector"}, "请选择在职同事"),
        ({"substitute": "nobody"}, "请选择在职同事"),
        ({"days": (2, 1)}, "结束日期早于开始日期"),
        ({"days": (-3, -1)}, "日期不能早于今天"),
        ({"days": (0, 500)}, "最长为一年"),
    ],
)
def test_an_absence_that_cannot_be_is_told(branch: Branch, how: dict[str, object], says: str) -> None:
    answer = _enter(branch, **how)  # type: ignore[arg-type]  # one of its own each time
    assert (answer.status_code, says in answer.text) == (422, True), answer.text
    with branch.room.store.reading() as connection:
        assert connection.execute(select(absences)).all() == []


@pytest.mark.parametrize("typed", ["", "soon"])
def test_days_are_wanted(branch: Branch, typed: str) -> None:
    answer = branch.at("lead").post(
        "/staff/s-collector/absences", from_day=typed, to_day=typed, substitute_id="s-colleague"
    )
    assert answer.status_code == 422


def test_nobody_is_away_twice_nor_stands_in_while_away(branch: Branch) -> None:
    assert _enter(branch).status_code == 303
    assert "已有缺勤登记" in _enter(branch, days=(2, 5)).text
    assert "正在代理他人" in _enter(branch, whose="colleague", substitute="collector").text
    assert _enter(branch, days=(3, 5)).status_code == 303


def test_who_leaves_stands_in_no_more(branch: Branch, task: str) -> None:
    _enter(branch)
    assert branch.at("admin").post("/staff/s-colleague/leave", to="queue").status_code == 200
    assert "代理" not in read(branch.at("compliance").get("/staff")).words


@pytest.mark.parametrize("login", ["collector", "ops", "compliance", "operator"])
def test_others_do_not_plan_it(branch: Branch, login: str) -> None:
    assert _enter(branch, by=login).status_code == 403
