"""Many tasks at once: each with its own result, audited, and the same again changes nothing."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from arrears.store.tables import audit_rows, certificates, contact_attempts, staff, tasks
from tests.builders import CaseRoom
from tests.web.branch import Branch
from tests.web.reading import Page, read


def _results(page: Page) -> list[str]:
    return [" ".join(one.text.split()) for one in page.all("td", data_label="结果")]


def _holders(room: CaseRoom, ids: list[str]) -> list[str | None]:
    with room.store.reading() as connection:
        rows = connection.execute(select(tasks.c.task_id, tasks.c.assignee).where(tasks.c.task_id.in_(ids)))
        held = {row.task_id: row.assignee for row in rows}
    return [held[one] for one in ids]


def _acts(room: CaseRoom, what: str) -> list[tuple[str, dict[str, str]]]:
    with room.store.reading() as connection:
        rows = connection.execute(
            select(audit_rows.c.actor, audit_rows.c.detail).where(audit_rows.c.what == what)
        )
        return [(row.actor, row.detail) for row in rows]


def _contacts(room: CaseRoom, number: int) -> list[str]:
    return [room.task(room.a_case(), "first_contact").task_id for _ in range(number)]


def test_each_of_many_says_what_became_of_it(branch: Branch, room: CaseRoom) -> None:
    free, theirs, mine = _contacts(room, 3)
    branch.at("colleague").post(f"/tasks/{theirs}/claim")
    branch.at("collector").post(f"/tasks/{mine}/claim")
    answer = branch.at("collector").post("/inbox/claim?view=free", task=[free, theirs, mine, "t-none", free])
    page = read(answer)
    assert answer.status_code == 200
    assert _results(page) == ["已办理", "李敏 已先一步领取", "已是如此，无变化", "不存在，或您无权查看"]
    assert _holders(room, [free, theirs, mine]) == ["s-collector", "s-colleague", "s-collector"]
    assert page.links["回到列表"] == "/inbox?view=free"
    again = read(branch.at("collector").post("/inbox/claim", task=[free]))
    assert _results(again) == ["已是如此，无变化"]
    assert [detail["task_id"] for actor, detail in _acts(room, "task_claimed") if actor == "s-collector"] == [
        mine,
        free,
    ]


def test_a_lead_gives_forty_to_somebody_in_one_go(branch: Branch, room: CaseRoom) -> None:
    chosen = _contacts(room, 40)
    for task_id in chosen[:20]:
        branch.room.desk.claim(branch.people["colleague"], task_id)
    lead = branch.at("lead")
    assert "已办理" in lead.post("/inbox/assign?team=1", task=chosen, to="s-collector").text
    assert _holders(room, chosen) == ["s-collector"] * 40
    given = _acts(room, "task_assigned")
    assert [(actor, detail["from"], detail["to"]) for actor, detail in given] == [
        ("s-lead", "s-colleague" if n < 20 else None, "s-collector") for n in range(40)
    ]
    page = read(lead.post("/inbox/assign?team=1", task=chosen, to="s-collector"))
    assert _results(page) == ["已是如此，无变化"] * 40
    assert len(_acts(room, "task_assigned")) == 40
    case_id = chosen[0].rpartition("-t")[0]
    assert "首次联系：分派给 陈静" in lead.get(f"/cases/{case_id}").text


def test_a_lead_sees_the_work_of_the_team_and_to_whom_it_can_go(branch: Branch, room: CaseRoom) -> None:
    (task_id,) = _contacts(room, 1)
    lead = branch.at("lead")
    own, team = read(lead.get("/inbox")), read(lead.get("/inbox?team=1"))
    assert not own.all("li", id=f"row-{task_id}")
    assert team.all("li", id=f"row-{task_id}")
    assert {one.text for one in team.all("option") if one.attributes["value"]} == {"陈静", "李敏", "周凯"}
    assert own.links["团队任务"] == "/inbox?team=1"
    branch.at("collector").post(f"/tasks/{task_id}/claim")
    assert read(lead.get("/inbox?team=1&holder=s-collector")).all("li", id=f"row-{task_id}")
    assert not read(lead.get("/inbox?team=1&not_holder=s-collector")).all("li", id=f"row-{task_id}")
    collector = read(branch.at("collector").get("/inbox?team=1"))
    assert not collector.all("li", id=f"row-{task_id}")
    assert not collector.all("select", id="f-to")


def test_nobody_gets_a_task_who_may_not_do_it(branch: Branch, room: CaseRoom) -> None:
    (task_id,) = _contacts(room, 1)
    lead = branch.at("lead")

    def given(to: str) -> list[str]:
        return _results(read(lead.post("/inbox/assign", task=[task_id], to=to)))

    assert given("s-advisor1") == ["未分派：该人员没有相应角色"]
    with room.store.transaction() as connection:
        connection.execute(delete(certificates).where(certificates.c.staff_id == "s-colleague"))
        connection.execute(update(tasks).where(tasks.c.task_id == task_id).values(barred=["s-collector"]))
    assert given("s-colleague") == ["未分派：该人员没有有效的持证记录"]
    assert given("s-collector") == ["未分派：该人员经办过本案，须由他人复核"]
    assert _holders(room, [task_id]) == [None]
    assert _acts(room, "task_assigned") == []


def test_nobody_loses_a_task_in_the_middle_of_a_call(branch: Branch, room: CaseRoom) -> None:
    (task_id,) = _contacts(room, 1)
    collector, lead = branch.at("collector"), branch.at("lead")
    collector.post(f"/tasks/{task_id}/claim")
    contact_id = f"{room.task(task_id.rpartition('-t')[0], 'first_contact').borrower_id}-phone"
    assert collector.post(f"/tasks/{task_id}/call", contact_id=contact_id).status_code in (200, 303)
    assert _results(read(lead.post("/inbox/assign", task=[task_id], to="s-colleague"))) == [
        "未分派：陈静 正在通话或外访"
    ]
    with room.store.transaction() as connection:
        long_ago = room.now - timedelta(hours=3)
        connection.execute(update(contact_attempts).values(reserved_at=long_ago))
    assert _results(read(lead.post("/inbox/assign", task=[task_id], to="s-colleague"))) == ["已办理"]


def test_what_was_answered_stays_with_whoever_answered(branch: Branch, room: CaseRoom) -> None:
    case_id = room.a_case()
    task = room.task(case_id, "first_contact")
    room.away = True
    branch.at("collector").post(f"/tasks/{task.task_id}/decision", outcome="na", facts_no=str(task.facts_no))
    lead = branch.at("lead")
    assert _results(read(lead.post("/inbox/assign", task=[task.task_id], to="s-colleague"))) == [
        "陈静 已处理该任务"
    ]


@pytest.mark.parametrize(
    ("chosen", "to", "words"),
    [
        ([], "s-collector", "请至少选择一条任务"),
        (["t-1"], "s-none", "请选择接收任务的人员"),
        ([f"t-{n}" for n in range(101)], "s-collector", "一次最多 100 条任务"),
    ],
)
def test_what_makes_no_sense_is_said_and_changes_nothing(
    branch: Branch, chosen: list[str], to: str, words: str
) -> None:
    answer = branch.at("lead").post("/inbox/assign", task=chosen, to=to)
    assert (answer.status_code, words in answer.text) == (422, True)


def test_only_leads_and_managers_hand_out_work(branch: Branch, room: CaseRoom) -> None:
    chosen = _contacts(room, 1)
    let_in = {
        login
        for login in branch.people
        if branch.at(login).post("/inbox/assign", task=chosen, to="s-collector").status_code == 200
    }
    assert let_in == {"lead", "manager"}


def test_who_has_left_gets_nothing(branch: Branch, room: CaseRoom) -> None:
    chosen = _contacts(room, 1)
    with room.store.transaction() as connection:
        connection.execute(update(staff).where(staff.c.staff_id == "s-collector").values(active=False))
    assert branch.at("lead").post("/inbox/assign", task=chosen, to="s-collector").status_code == 422
