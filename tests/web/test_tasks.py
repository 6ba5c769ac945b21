"""One task: taken by one person, answered once, and whoever comes second is told."""

from typing import Any

import httpx
import pytest

from arrears.store import intents
from arrears.store.intents import Said
from tests.builders import CaseRoom
from tests.web.branch import Branch, Desk
from tests.web.reading import read
from web.formats import money


@pytest.fixture
def case_id(room: CaseRoom) -> str:
    return room.a_case(name="刘明辉", overdue=81_044_604, balance=90_000_000, days_past_due=12)


@pytest.fixture
def task_id(room: CaseRoom, case_id: str) -> str:
    return str(room.task(case_id, "first_contact").task_id)


def _decide(
    desk: Desk, task_id: str, outcome: str, *, swap: bool = False, facts_no: int = 1, **more: str
) -> httpx.Response:
    return desk.post(f"/tasks/{task_id}/decision", swap=swap, outcome=outcome, facts_no=str(facts_no), **more)


# ---- looking ---------------------------------------------------------------------------------------------


def test_a_task_shows_its_facts_and_why_it_is_here(branch: Branch, task_id: str) -> None:
    page = branch.at("collector").get(f"/tasks/{task_id}").text
    for shown in (
        "¥810,446.04",
        "¥900,000.00",
        "贷款已逾期，已开立案件。",
        "cn-bank-2026.1",
        "138****5678",
        "办理期限",
    ):
        assert shown in page
    assert "13800005678" not in page


def test_a_free_task_is_taken_before_it_is_answered(branch: Branch, task_id: str) -> None:
    desk = branch.at("collector")
    before = read(desk.get(f"/tasks/{task_id}"))
    assert "disabled" in before.one("fieldset", class_="plain").attributes
    assert "请先领取任务，再填写处理结果。" in before.words
    assert desk.post(f"/tasks/{task_id}/claim").headers["location"] == f"/tasks/{task_id}"
    after = read(desk.get(f"/tasks/{task_id}"))
    assert "disabled" not in after.one("fieldset", class_="plain").attributes
    assert "由您处理" in after.words


def test_a_task_can_be_given_back(branch: Branch, task_id: str) -> None:
    desk = branch.at("collector")
    desk.post(f"/tasks/{task_id}/claim")
    assert desk.post(f"/tasks/{task_id}/release").status_code == 303
    assert f"/tasks/{task_id}/claim" in read(branch.at("colleague").get(f"/tasks/{task_id}")).actions


@pytest.mark.parametrize(
    ("login", "status"), [("advisor1", 404), ("admin", 403), ("lead", 200), ("compliance", 200)]
)
def test_a_task_of_another_role_is_not_there_or_only_read(
    branch: Branch, task_id: str, login: str, status: int
) -> None:
    answer = branch.at(login).get(f"/tasks/{task_id}")
    assert answer.status_code == status
    if status == 200:
        assert "由以下角色决定：催收员" in answer.text
        assert f"/tasks/{task_id}/claim" not in answer.text


@pytest.mark.parametrize("strange", ["no-such-task", "%00", "x" * 300, "..%2f..%2fetc"])
def test_what_is_no_task_is_not_there(branch: Branch, strange: str) -> None:
    assert branch.at("collector").get(f"/tasks/{strange}").status_code == 404


# ---- answering -------------------------------------------------------------------------------------------


def test_an_answer_moves_the_case_and_says_so(
    branch: Branch, room: CaseRoom, task_id: str, case_id: str
) -> None:
    desk = branch.at("collector")
    desk.post(f"/tasks/{task_id}/claim")
    answer = _decide(
        desk, task_id, "ptp", amount="12,000.50", on=str(room.today.replace(day=28)), reason="发工资后还"
    )
    assert answer.status_code == 303
    page = desk.get(f"/tasks/{task_id}").text
    assert "已完成：承诺还款" in page
    story = branch.at("lead").get(f"/cases/{case_id}").text
    assert "首次联系：承诺还款，2026-11-28 还 ¥12,000.50" in story
    assert "发工资后还" in story


def test_a_swap_brings_the_task_and_the_list_beside_it(branch: Branch, room: CaseRoom, task_id: str) -> None:
    other = room.task(room.a_case(), "first_contact").task_id
    desk = branch.at("collector")
    desk.post(f"/tasks/{task_id}/claim", swap=True)
    answer = _decide(desk, task_id, "na", swap=True)
    page = read(answer)
    assert answer.status_code == 200
    assert not page.all("html")
    assert page.all("hx-partial", hx_target="#list")
    assert f"row-{task_id}" not in answer.text
    assert page.links["下一条任务"] == f"/tasks/{other}"


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        ({"outcome": ""}, {"outcome": "请选择处理结果"}),
        ({"outcome": "ptp"}, {"amount": "请填写金额", "on": "请选择日期"}),
        (
            {"outcome": "ptp", "amount": "viel", "on": "morgen"},
            {"amount": "请填写数字金额", "on": "请按“年-月-日”填写"},
        ),
        ({"outcome": "ptp", "amount": "1.234", "on": "2026-12-01"}, {"amount": "请填写数字金额"}),
        (
            {"outcome": "ptp", "on": "2020-01-01"},
            {"amount": "请填写金额", "on": "日期不能早于今天"},
        ),
        ({"outcome": "ptp", "amount": "0", "on": "2026-12-01"}, {"amount": "请填写金额"}),
        ({"outcome": "rtp", "reason": "  "}, {"reason": "请填写理由"}),
        ({"outcome": "escalate"}, {"outcome": "该任务没有这个选项"}),
        ({"outcome": "na", "reason": "字" * 4001}, {"reason": "文字过长"}),
        ({"outcome": "na", "reason": "a\x00b"}, {"reason": "文字中含有无法保存的字符"}),
    ],
)
def test_what_is_wrong_is_said_first_and_beside_its_field(
    branch: Branch, task_id: str, fields: dict[str, str], faults: dict[str, str]
) -> None:
    desk = branch.at("collector")
    desk.post(f"/tasks/{task_id}/claim")
    answer = desk.client.post(
        f"/tasks/{task_id}/decision", data={"csrf": desk.csrf, "facts_no": "1", **fields}
    )
    page = read(answer)
    assert answer.status_code == 422
    summary = {
        one.attributes["href"]: one.text for one in page.all("a") if one.attributes["href"].startswith("#f-")
    }
    assert set(summary) == {f"#f-{name}" for name in faults}
    for name, words in faults.items():
        assert summary[f"#f-{name}"].startswith(words)
    for name in set(faults) - {"outcome"}:
        (field,) = [one for one in page.elements if one.attributes.get("id") == f"f-{name}"]
        assert field.attributes["aria-invalid"] == "true"
        assert f"e-{name}" in field.attributes["aria-describedby"]


def test_what_was_typed_is_still_there_after_a_fault(branch: Branch, task_id: str) -> None:
    desk = branch.at("collector")
    desk.post(f"/tasks/{task_id}/claim")
    page = read(_decide(desk, task_id, "ptp", amount="12000", on="bald", reason="他说<下周>"))
    assert "checked" in page.one("input", value="ptp").attributes
    assert page.one("input", name="amount").attributes["value"] == "12000"
    assert page.one("input", name="on").attributes["value"] == "bald"
    assert page.one("textarea", name="reason").text == "他说<下周>"


def test_fields_of_another_answer_do_not_count(branch: Branch, task_id: str) -> None:
    desk = branch.at("collector")
    assert _decide(desk, task_id, "na", amount="viel", on="morgen").status_code == 303


# ---- two people ------------------------------------------------------------------------------------------


def test_whoever_comes_second_to_a_claim_is_told_who_was_first(branch: Branch, task_id: str) -> None:
    branch.at("colleague").post(f"/tasks/{task_id}/claim")
    answer = branch.at("collector").post(f"/tasks/{task_id}/claim")
    page = read(answer)
    assert answer.status_code == 409
    assert "李敏 已先一步领取该任务" in page.words
    assert "您输入的内容没有提交。" in page.words
    assert "仅 李敏 可填写处理结果。" in page.words


def test_the_one_who_lost_is_led_to_the_next_free_task(branch: Branch, room: CaseRoom, task_id: str) -> None:
    other = room.task(room.a_case(), "first_contact").task_id
    branch.at("colleague").post(f"/tasks/{task_id}/claim")
    answer = branch.at("collector").post(f"/tasks/{task_id}/claim", swap=True)
    assert answer.status_code == 409
    assert read(answer).links["下一条未领取"] == f"/tasks/{other}"


def test_an_answer_to_a_finished_task_names_who_finished_it(branch: Branch, task_id: str) -> None:
    _decide(branch.at("colleague"), task_id, "busy")
    answer = _decide(branch.at("collector"), task_id, "na", reason="我也打了")
    assert answer.status_code == 409
    assert "李敏 已于" in answer.text
    assert "完成该任务：占线" in answer.text


def test_an_answer_that_is_on_its_way_stands_and_the_second_words_are_kept(
    branch: Branch, room: CaseRoom, task_id: str, case_id: str
) -> None:
    room.away = True
    _decide(branch.at("colleague"), task_id, "busy")
    with room.store.transaction() as connection:  # the first one gave it back before the answer was applied
        connection.exec_driver_sql("UPDATE tasks SET assignee = NULL, claimed_at = NULL")
    answer = _decide(branch.at("collector"), task_id, "na", reason="我也打了")
    assert answer.status_code == 409
    assert "李敏 已于" in answer.text
    assert "您填写的文字已随案留存" in answer.text
    with room.store.reading() as connection:
        kept = connection.exec_driver_sql("SELECT words FROM remarks").scalars().all()
    assert kept == ["我也打了"]


def test_a_task_that_is_no_longer_needed_says_why(
    branch: Branch, room: CaseRoom, task_id: str, case_id: str
) -> None:
    desk = branch.at("collector")
    desk.post(f"/tasks/{task_id}/claim")
    room.pay(case_id, 81_044_604)
    answer = _decide(desk, task_id, "na")
    assert answer.status_code == 409
    assert "该任务无需再办：逾期已还清" in answer.text


def test_a_double_click_is_one_answer(branch: Branch, room: CaseRoom, task_id: str) -> None:
    desk = branch.at("collector")
    _decide(desk, task_id, "na")
    _decide(desk, task_id, "na")
    with room.store.reading() as connection:
        said = connection.exec_driver_sql(
            "SELECT count(*) FROM messages WHERE signal = 'task_decided'"
        ).scalar()
    assert said == 1


# ---- facts, four eyes, waiting ---------------------------------------------------------------------------


def test_a_stale_form_keeps_the_words_and_says_what_changed(branch: Branch, room: CaseRoom) -> None:
    case_id = room.a_case(days_past_due=41, overdue=50_000_00, balance=80_000_00)
    room.ask_lead(case_id)
    task = room.task(case_id, "escalation")
    lead = branch.at("lead")
    lead.post(f"/tasks/{task.task_id}/claim")
    room.pay(case_id, 10_000_00)
    answer = lead.post(
        f"/tasks/{task.task_id}/decision",
        outcome="escalate",
        facts_no=str(task.facts_no),
        reason="多次无人接听",
    )
    page = read(answer)
    assert answer.status_code == 409
    assert "您填写期间案件有变化" in page.words
    (changes,) = page.has_class("changes")
    assert "逾期金额: ¥50,000.00 → ¥40,000.00" in changes.text.replace("：", ": ")
    assert page.one("textarea", name="reason").text == "多次无人接听"
    again = page.one("input", name="facts_no").attributes["value"]
    assert lead.post(f"/tasks/{task.task_id}/decision", outcome="escalate", facts_no=again).status_code == 303
    assert room.case(case_id).stage == "formal"


@pytest.mark.rule("4.6-5")
def test_a_question_that_came_back_says_what_changed_since_it_was_decided(
    branch: Branch, room: CaseRoom
) -> None:
    case_id = room.a_case(stage="formal", overdue=8_000_00, balance=20_000_00, days_past_due=80)
    room.to_review(case_id)
    first = room.task(case_id, "legal_review").task_id
    assert "此后的变化" not in branch.at("advisor1").get(f"/tasks/{first}").text
    room.say(case_id, "legal_review", "sue", by="s-advisor1")
    room.pay(case_id, 1_000_00)
    with room.store.transaction() as connection:
        changed = {"parties": True, "address": False}
        intents.say(connection, Said(case_id, "people-1", "people_changed", "core-bank", room.now, changed))
    room.hear(case_id)
    again = read(branch.at("advisor2").get(f"/tasks/{room.task(case_id, 'legal_review').task_id}"))
    for shown in (
        "上次决定后，相关方或地址有变更。",
        "上次决定：诉讼审查，起诉，赵静",
        "逾期金额: ¥8,000.00 → ¥7,000.00",
        "全部欠款: ¥20,000.00 → ¥19,000.00",
        "相关方: 已变更",
    ):
        assert shown in again.words, shown


def test_the_same_person_does_not_approve_twice(branch: Branch, room: CaseRoom) -> None:
    case_id = _up_to_second_approval(room)
    task = room.task(case_id, "second_approval")
    first = branch.at("advisor1")
    shown = read(first.get(f"/tasks/{task.task_id}"))
    assert "双人复核：您提出过此事或办理过本案，须由他人决定。" in shown.words
    assert f"/tasks/{task.task_id}/claim" not in shown.actions
    answer = first.post(f"/tasks/{task.task_id}/decision", outcome="approve", facts_no=str(task.facts_no))
    assert answer.status_code == 403
    assert "此事须由另一人决定" in answer.text
    second, path = branch.at("advisor2"), f"/tasks/{task.task_id}/decision"
    said: dict[str, Any] = {"outcome": "approve", "facts_no": str(task.facts_no)}
    assert second.post(path, **said, confirmed="yes").status_code == 303
    assert room.state(case_id).approval is not None


def _second(room: CaseRoom, case_id: str) -> str:
    approval = room.state(case_id).approval
    assert approval is not None
    return approval.second


def test_what_leads_to_the_court_is_said_once_more_with_its_figures(branch: Branch, room: CaseRoom) -> None:
    case_id = _up_to_second_approval(room)
    task, second = room.task(case_id, "second_approval"), branch.at("advisor2")
    path = f"/tasks/{task.task_id}/decision"
    said: dict[str, Any] = {"outcome": "approve", "facts_no": str(task.facts_no), "reason": "证据齐全"}
    asked = second.post(path, **said)
    page = read(asked)
    assert (asked.status_code, _second(room, case_id)) == (200, "")
    balance = room.case(case_id).balance_minor
    for shown in (
        "确认：同意起诉",
        money(balance, "CNY"),
        "案件受理费",
        "时效届满",
        "无须再审批",
        "证据齐全",
    ):
        assert shown in page.words, shown
    back = read(second.get(page.links["返回，不作决定"]))
    assert back.one("textarea", name="reason").text == "证据齐全", "who goes back finds the words again"
    fields: dict[str, Any] = {
        one.attributes["name"]: one.attributes["value"] for one in page.all("input", type="hidden")
    }
    assert second.post(path, **fields).status_code == 303
    assert _second(room, case_id) == "s-advisor2"


def test_who_decides_after_a_first_approval_is_named(branch: Branch, room: CaseRoom) -> None:
    for balance, told in ((20_000_00, "另一名法务"), (600_000_00, "经理：欠款超过")):
        case_id = room.a_case(stage="formal", overdue=8_000_00, balance=balance, days_past_due=80)
        room.to_review(case_id)
        task = room.task(case_id, "legal_review")
        said: dict[str, Any] = {"outcome": "sue", "facts_no": str(task.facts_no)}
        asked = branch.at("advisor1").post(f"/tasks/{task.task_id}/decision", **said)
        assert told in read(asked).words
        back = branch.at("advisor1").post(
            f"/tasks/{task.task_id}/decision", **(said | {"outcome": "return", "reason": "材料不全"})
        )
        assert back.status_code == 303, "what leads nowhere near the court is not asked twice"


def test_without_the_engine_an_answer_is_kept_and_waits(branch: Branch, room: CaseRoom, task_id: str) -> None:
    room.away = True
    desk = branch.at("collector")
    page = read(_decide(desk, task_id, "na", swap=True))
    assert "正在生效：无人接听" in page.words
    assert not page.all("fieldset", class_="plain")
    assert page.all("p", hx_trigger="load delay:2s")
    looked_again = desk.swap(f"/tasks/{task_id}", target="decision")
    assert "正在生效" in looked_again.text
    assert "逾期起始日" not in looked_again.text
    room.away = False
    room.hear_everything()
    settled = desk.swap(f"/tasks/{task_id}", target="decision")
    assert "已完成：无人接听" in settled.text
    assert settled.headers["hx-retarget"] == "#detail"
    assert "首次联系：无人接听" in settled.text
    assert not read(settled).all("p", hx_trigger="load delay:2s")


def test_an_answer_that_was_refused_says_why_and_can_be_given_again(
    branch: Branch, room: CaseRoom, task_id: str
) -> None:
    room.away = True
    desk = branch.at("collector")
    _decide(desk, task_id, "na")
    with room.store.transaction() as connection:
        connection.exec_driver_sql(
            "UPDATE messages SET status='refused', reason='facts_changed' WHERE task_id IS NOT NULL"
        )
    page = read(desk.get(f"/tasks/{task_id}"))
    assert "未生效：无人接听" in page.words
    assert "提交前数据已发生变化。" in page.words
    assert "disabled" not in page.one("fieldset", class_="plain").attributes


def test_a_task_that_was_put_aside_says_so(branch: Branch, room: CaseRoom, task_id: str) -> None:
    room.away = True
    desk = branch.at("collector")
    _decide(desk, task_id, "na")
    with room.store.transaction() as connection:
        connection.exec_driver_sql("UPDATE messages SET status='parked' WHERE task_id IS NOT NULL")
    assert "暂挂：无人接听" in desk.get(f"/tasks/{task_id}").text


def _up_to_second_approval(room: CaseRoom) -> str:
    case_id = room.a_case(days_past_due=80)
    room.to_formal(case_id)
    room.to_review(case_id)
    room.say(case_id, "legal_review", "sue", by="s-advisor1")
    return case_id
