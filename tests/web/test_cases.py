"""One case in full, the list of open ones, its letters."""

import hashlib
from pathlib import Path

import pytest
from sqlalchemy import select, update

from arrears import clock
from arrears.policy.state import Clock
from arrears.store import people
from arrears.store.tables import messages, tasks
from tests.builders import CaseRoom
from tests.web.branch import UI, Branch
from tests.web.reading import read


@pytest.fixture
def formal(room: CaseRoom) -> str:
    """Escalated, its notice released and sent."""
    case_id = room.a_case(name="王佳怡", days_past_due=45, overdue=30_000_00)
    room.say(case_id, "first_contact", "rtp", by="s-collector", reason="与我行有争议")
    room.to_formal(case_id) if not _is_asked(room, case_id) else room.say(
        case_id, "escalation", "escalate", by="s-lead"
    )
    room.say(case_id, "notice_release", "release", by="s-lead")
    room.pass_until(case_id, Clock.SEND)
    return case_id


def _is_asked(room: CaseRoom, case_id: str) -> bool:
    return "escalation" in room.state(case_id).tasks


def test_a_case_tells_its_story_in_prose(branch: Branch, formal: str) -> None:
    page = read(branch.at("compliance").get(f"/cases/{formal}"))
    for told in (
        "开案，逾期 ¥30,000.00",
        "首次联系：拒绝还款",
        "与我行有争议",
        "升级审议：升级",
        "阶段：正式催告（组长同意升级）",
        "催告函签发：签发",
        "签发催告函：逾期 ¥30,000.00，总欠款 ¥30,000.00",
        "催告函已发出",
        "催告函签发：已领取",
        "周凯",
        "流程",
    ):
        assert told in page.words
    assert [
        one.attributes.get("class")
        for one in page.all("li")
        if one.attributes.get("class") in ("passed", "now", "ahead")
    ] == [
        "passed",
        "now",
        "ahead",
    ]
    for told in ("组长同意升级。", "尚无送达回执", "向承运方查询催告函是否送达"):
        assert told in page.words


def test_a_decision_is_told_with_the_figures_and_the_rules_it_was_taken_on(
    branch: Branch, room: CaseRoom, formal: str
) -> None:
    page = read(branch.at("compliance").get(f"/cases/{formal}"))
    told = "决定依据：逾期 ¥30,000.00，总欠款 ¥30,000.00，事实第 1 版，规则 cn-bank-2026"
    shown = [one for one in page.has_class("meta") if one.text.startswith(told)]
    with room.store.reading() as connection:
        said = (
            connection.execute(select(messages.c.signal).where(messages.c.case_id == formal)).scalars().all()
        )
    assert len(shown) == said.count("task_decided") >= 3  # a clock decides nothing
    with room.store.transaction() as connection:
        connection.execute(update(tasks).values(facts_no=7))
    assert "决定所依据的事实：第 1 版" in read(branch.at("compliance").get(f"/cases/{formal}")).words


def test_english_tells_the_same(branch: Branch, formal: str) -> None:
    with branch.room.store.transaction() as connection:
        people.set_language(connection, "s-compliance", "en")
    page = read(branch.at("compliance").get(f"/cases/{formal}"))
    assert page.one("html").attributes["lang"] == "en"
    for told in (
        "Case opened with ¥30,000.00 overdue",
        "First contact: Refuses to pay",
        "Stage: Formal (a team lead escalated)",
        "The notice was sent",
    ):
        assert told in page.words


def test_money_shows_where_it_went_and_closes_the_case(branch: Branch, room: CaseRoom) -> None:
    case_id = room.a_case(overdue=10_000_00, balance=10_000_00)
    room.pay(case_id, 10_500_00)
    page = read(branch.at("lead").get(f"/cases/{case_id}"))
    for told in (
        "已结案：已结清",
        "收到还款 ¥10,500.00",
        "冲抵：本金 ¥10,000.00，溢缴 ¥500.00",
        "任务无需再办：首次联系（贷款已结清）",
    ):
        assert told in page.words


@pytest.mark.slow
def test_a_long_story_comes_in_pages(branch: Branch, room: CaseRoom) -> None:
    case_id = room.a_case(overdue=90_000_00, balance=99_000_00)
    for _ in range(60):
        room.pay(case_id, 1_00)
    desk = branch.at("lead")
    first = read(desk.get(f"/cases/{case_id}"))
    assert len(first.has_class("dot")) == 50
    second = read(desk.get(first.links["更早的记录"].removesuffix("#story")))
    assert len(second.has_class("dot")) == 11
    assert "开案" in second.words
    assert "更早的记录" not in second.links


@pytest.mark.parametrize(
    ("login", "sees"), [("operator", True), ("lead", True), ("collector", False), ("advisor1", False)]
)
def test_the_way_into_the_engine_is_for_those_who_inspect_it(
    branch: Branch, room: CaseRoom, login: str, sees: bool
) -> None:
    case_id = room.a_case()
    page = read(branch.at(login).get(f"/cases/{case_id}"))
    address = f"{UI}/namespaces/arrears/workflows/{case_id}"
    assert (address in page.links.values()) is sees


def test_incidents_of_a_case_are_for_those_who_keep_the_queue(branch: Branch, room: CaseRoom) -> None:
    case_id = room.a_case(overdue=10_00, balance=10_00)
    room.pay(case_id, 20_00)
    for login, sees in (("operator", True), ("collector", False)):
        page = read(branch.at(login).get(f"/cases/{case_id}"))
        assert ("异常事项" in [one.text for one in page.all("h2")]) is sees


def test_a_case_is_found_by_its_loan_number_without_leaving_it_in_an_address(
    branch: Branch, room: CaseRoom
) -> None:
    case_id = room.a_case()
    desk = branch.at("compliance")
    found = desk.post("/cases", loan_id=" RL2024000001 ")
    assert (found.status_code, found.headers["location"]) == (303, f"/cases/{case_id}")
    for wrong, words in (("RL-NO-SUCH", "没有该借据号的案件"), ("", "请填写借据号")):
        answer = desk.post("/cases", loan_id=wrong)
        assert answer.status_code == 422
        assert words in answer.text


@pytest.mark.slow
def test_open_cases_come_by_their_next_deadline_in_pages(branch: Branch, room: CaseRoom) -> None:
    for days in range(1, 53):
        room.a_case(days_past_due=1 + days % 25)
    desk = branch.at("compliance")
    first = read(desk.get("/cases"))
    rows = [one for one in first.all("a") if one.attributes["href"].startswith("/cases/case-")]
    assert len(rows) == 50
    second = read(desk.get(first.links["显示更多"]))
    more = [one for one in second.all("a") if one.attributes["href"].startswith("/cases/case-")]
    assert len({one.attributes["href"] for one in (*rows, *more)}) == 52


@pytest.mark.parametrize(
    "path", ["/cases/case-none-1", "/cases/%2e%2e", "/cases?after=!!", "/cases/case-RL2024000001-1?before=x"]
)
def test_what_is_no_case_is_not_there(branch: Branch, room: CaseRoom, path: str) -> None:
    room.a_case()
    assert branch.at("lead").get(path).status_code in (404, 422)


# ---- letters ---------------------------------------------------------------------------------------------


def _letter(branch: Branch, case_id: str, room: CaseRoom) -> str:
    folder: Path = branch.settings.letters
    folder.mkdir()
    (folder / f"{case_id}-notice-1.pdf").write_bytes(b"%PDF-1.7 the letter")
    return f"/cases/{case_id}/notices/{case_id}-notice-1"


def test_a_letter_is_shown_as_it_was_sent(branch: Branch, room: CaseRoom, formal: str) -> None:
    address = _letter(branch, formal, room)
    desk = branch.at("lead")
    assert address in read(desk.get(f"/cases/{formal}")).links.values()
    letter = desk.get(address)
    assert letter.content == b"%PDF-1.7 the letter"
    assert letter.headers["content-type"] == "application/pdf"
    assert letter.headers["cache-control"] == "no-store"


def test_a_letter_of_another_case_is_not_there(branch: Branch, room: CaseRoom, formal: str) -> None:
    _letter(branch, formal, room)
    other = room.a_case()
    desk = branch.at("lead")
    assert desk.get(f"/cases/{other}/notices/{formal}-notice-1").status_code == 404
    assert desk.get(f"/cases/{formal}/notices/..%2f..%2fsecret").status_code == 404


def test_a_letter_that_is_not_there_has_no_link(branch: Branch, formal: str) -> None:
    page = read(branch.at("lead").get(f"/cases/{formal}"))
    assert "发出的函件原文" not in page.words


def test_time_is_skipped_only_where_it_can_be(branch: Branch, room: CaseRoom) -> None:
    case_id = room.a_case()
    operator = branch.at("operator")
    assert f"/cases/{case_id}/skip" not in read(operator.get(f"/cases/{case_id}")).actions
    assert operator.post(f"/cases/{case_id}/skip").status_code == 403
    assert branch.at("collector").post(f"/cases/{case_id}/skip").status_code == 403


def test_an_answer_on_its_way_stands_beside_its_task(branch: Branch, room: CaseRoom) -> None:
    case_id = room.a_case()
    task_id = room.task(case_id, "first_contact").task_id
    desk = branch.at("collector")
    desk.post(f"/tasks/{task_id}/claim")
    assert "已处理，案件即将收到" not in read(desk.get(f"/cases/{case_id}")).words
    room.away = True
    desk.post(f"/tasks/{task_id}/decision", outcome="na", facts_no="1")
    assert "已处理，案件即将收到" in read(desk.get(f"/cases/{case_id}")).words
    room.away = False
    room.hear_everything()
    assert "已处理，案件即将收到" not in read(desk.get(f"/cases/{case_id}")).words


# ---- documents -------------------------------------------------------------------------------------------


def _with_documents(branch: Branch, room: CaseRoom) -> tuple[str, str, str]:
    """A case with a contract that an advisor handed in and a scan beside a collector's comment; and their hashes."""
    case_id = room.a_claim()
    path = f"/approvals/{room.task(case_id, 'legal_review').task_id}/evidence"
    contract, scan = b"%PDF-1.7 contract", b"%PDF-1.7 letter of the debtor"
    with clock.door_time(room.now):
        branch.at("advisor1").send_file(path, contract, item="contract", dated_on="2024-03-01")
        holder = branch.at("lead")
        holder.send_file(f"/cases/{case_id}/comments", scan, name="周海燕来函.pdf", words="客户来函")
    return case_id, hashlib.sha256(contract).hexdigest(), hashlib.sha256(scan).hexdigest()


def test_the_documents_of_a_case_stand_on_its_page_with_hash_and_hand(branch: Branch, room: CaseRoom) -> None:
    case_id, contract, scan = _with_documents(branch, room)
    with clock.door_time(room.now):
        page = read(branch.at("compliance").get(f"/cases/{case_id}"))
    for shown in ("文件材料", "借款合同", "日期 2024-03-01", "提交人：赵静", "随内部留言", "提交人：周凯"):
        assert shown in page.words, shown
    hashes = {one.attributes["title"].removeprefix("SHA-256 ") for one in page.all("code")}
    assert {contract, scan} <= hashes
    assert page.links["周海燕来函.pdf"].startswith(f"/cases/{case_id}/comments/")
    assert f"/evidence/{contract}" in page.links.values()


def test_whoever_may_not_open_a_document_sees_that_there_is_one(branch: Branch, room: CaseRoom) -> None:
    case_id, contract, _ = _with_documents(branch, room)
    with clock.door_time(room.now):
        ops = read(branch.at("ops").get(f"/cases/{case_id}"))
    assert "借款合同" in ops.words
    assert "周海燕来函.pdf" not in ops.words
    assert not any(href.startswith("/evidence/") or "/document" in href for href in ops.links.values())
    assert branch.at("ops").get(f"/evidence/{contract}").status_code == 403
