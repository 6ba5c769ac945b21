"""Holds on the case page: what stands and what it blocks, placed and ended by hand; answers that stop the bank."""

import httpx
import pytest
from sqlalchemy import insert

from arrears.policy.state import HoldKind, Scope
from arrears.store.tables import contact_points
from tests.builders import CaseRoom, standing_at
from tests.web.branch import Branch, Desk
from tests.web.reading import read


@pytest.fixture
def case_id(branch: Branch, room: CaseRoom) -> str:
    return room.a_case(name="王佳怡", overdue=1_000_000, balance=3_000_000)


def _place(desk: Desk, case_id: str, **fields: str) -> httpx.Response:
    said = {"kind": "dispute", "reason": "称未收到借款"} | fields
    answer = desk.client.post(f"/cases/{case_id}/holds", data={"csrf": desk.csrf, **said})
    return desk.get(answer.headers["location"]) if answer.status_code == 303 else answer


def _decide(desk: Desk, room: CaseRoom, case_id: str, kind: str, **fields: str) -> httpx.Response:
    task = room.task(case_id, kind)
    said = {"csrf": desk.csrf, "facts_no": str(task.facts_no), **fields}
    return desk.client.post(f"/tasks/{task.task_id}/decision", data=said)


# ---- by hand -----------------------------------------------------------------------------------------------------


@pytest.mark.rule("4.2")
def test_a_hold_is_placed_from_the_case_page_and_shown_with_what_it_blocks(
    branch: Branch, room: CaseRoom, case_id: str
) -> None:
    desk = branch.at("desk")
    assert read(desk.get(f"/cases/{case_id}")).links["登记暂停"] == f"/cases/{case_id}/holds"
    page = read(_place(desk, case_id, part="2,000", evidence="AJ-7", until="2026-12-31"))
    for shown in (
        "异议",
        "2,000.00",
        "部分债务",
        "证明编号：AJ-7",
        "郑洁",
        "停止事项：升级，立案，罚息",
        "再次复核",
    ):
        assert shown in page.words, shown
    [hold] = room.state(case_id).holds
    assert (hold.kind, hold.scope, hold.part) == (HoldKind.DISPUTE, Scope.PART, 200_000)
    assert room.task(case_id, "dispute_review").role == "case_desk"
    assert "称未收到借款" in read(desk.get(f"/cases/{case_id}")).words, "the words stand in the story"


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"kind": ""}, "请选择暂停事由"),
        ({"kind": "plan_active"}, "请选择暂停事由"),
        ({"reason": " "}, "请填写理由"),
        ({"part": "abc"}, "请填写数字金额"),
        ({"part": "30,000.01"}, "仅异议可填写金额，且不得超过欠款"),
        ({"kind": "deceased", "part": "5"}, "仅异议可填写金额，且不得超过欠款"),
        ({"until": "2026-13-01"}, "请按“年-月-日”填写"),
        ({"kind": "complaint", "against": "nobody"}, "没有该登录名的员工"),
    ],
)
def test_a_faulty_form_comes_back_with_what_is_wrong_and_what_was_typed(
    branch: Branch, room: CaseRoom, case_id: str, fields: dict[str, str], fault: str
) -> None:
    answer = _place(branch.at("desk"), case_id, **fields)
    assert answer.status_code == 422
    assert fault.split("，", maxsplit=1)[0][:6] in read(answer).words
    if "reason" not in fields:
        assert "称未收到借款" in answer.text
    assert room.state(case_id).holds == ()


def test_a_hold_that_stands_is_not_placed_twice(branch: Branch, case_id: str) -> None:
    desk = branch.at("desk")
    assert _place(desk, case_id).status_code == 200
    again = _place(desk, case_id)
    assert again.status_code == 409
    assert "同类暂停已经存在" in read(again).words


def test_whoever_decides_its_kind_ends_it_and_nothing_ends_without_a_reason(
    branch: Branch, room: CaseRoom, case_id: str
) -> None:
    _place(branch.at("lead"), case_id)
    [hold] = room.state(case_id).holds
    href = f"/cases/{case_id}/holds/{hold.hold_id}/end"
    assert href not in read(branch.at("lead").get(f"/cases/{case_id}")).actions
    assert branch.at("lead").post(href, reason="已查清").status_code == 403
    desk = branch.at("desk")
    assert href in read(desk.get(f"/cases/{case_id}")).actions
    desk.post(href, reason=" ")
    assert len(room.state(case_id).holds) == 1
    desk.post(href, reason="债务人当面撤回")
    assert room.state(case_id).holds == ()
    page = read(desk.get(f"/cases/{case_id}"))
    assert "人工解除" in page.words
    assert "债务人当面撤回" in page.words


def test_whoever_may_not_place_a_hold_finds_no_way_to(branch: Branch, case_id: str) -> None:
    for login in ("collector", "ops", "compliance"):
        assert "登记暂停" not in read(branch.at(login).get(f"/cases/{case_id}")).links
        assert branch.at(login).get(f"/cases/{case_id}/holds").status_code == 403


# ---- answers that stop the bank ----------------------------------------------------------------------------------


@pytest.mark.rule("C16")
def test_s26_a_disputed_part_is_typed_beside_the_answer(branch: Branch, room: CaseRoom, case_id: str) -> None:
    collector = branch.at("collector")
    with standing_at(room):
        _decide(collector, room, case_id, "first_contact", outcome="dispute", part="2,000", reason="利息算错")
        [hold] = room.state(case_id).holds
        assert (hold.scope, hold.part) == (Scope.PART, 200_000)
        desk = branch.at("desk")
        task = read(desk.get(f"/tasks/{room.task(case_id, 'dispute_review').task_id}"))
        for shown in ("债务人的异议是否成立？", "本案处于暂停状态：异议", "异议金额", "2,000.00"):
            assert shown in task.words, shown
        wrong = _decide(desk, room, case_id, "dispute_review", outcome="upheld_part")
        assert (wrong.status_code, "请填写金额" in read(wrong).words) == (422, True)
        _decide(desk, room, case_id, "dispute_review", outcome="upheld_part", part="500")
    assert (room.state(case_id).holds, room.state(case_id).overdue) == ((), 950_000)


def test_an_insolvency_is_accepted_with_the_day_for_declaring(
    branch: Branch, room: CaseRoom, case_id: str
) -> None:
    with standing_at(room):
        _decide(branch.at("collector"), room, case_id, "first_contact", outcome="bankr")
        desk = branch.at("desk")
        wrong = _decide(desk, room, case_id, "insolvency_verify", outcome="insolvent")
        assert (wrong.status_code, "请选择日期" in read(wrong).words) == (422, True)
        _decide(desk, room, case_id, "insolvency_verify", outcome="insolvent", until_on="2027-01-20")
    assert room.task(case_id, "declare_claim").role == "legal_advisor"


@pytest.mark.rule("K1")
def test_s27_a_collector_who_writes_down_a_complaint_leaves_the_case(
    branch: Branch, room: CaseRoom, case_id: str
) -> None:
    collector = branch.at("collector")
    with standing_at(room):
        task = room.task(case_id, "first_contact").task_id
        answer = _decide(collector, room, case_id, "first_contact", outcome="compl", reason="称催收员态度差")
        assert (answer.status_code, answer.headers["location"]) == (303, "/inbox")
        assert collector.get("/inbox").status_code == 200
        for path in (f"/cases/{case_id}", f"/tasks/{task}"):
            assert collector.get(path).status_code == 404
            assert "王佳怡" not in collector.get(path).text
        assert "陈静" in read(branch.at("desk").get(f"/cases/{case_id}")).words, (
            "the desk sees whom it is about"
        )
        assert branch.at("colleague").get(f"/cases/{case_id}").status_code == 200


# ---- consent, and the whole bank ---------------------------------------------------------------------------------


@pytest.mark.rule("P1", "P2")
def test_s22_consent_is_withdrawn_on_the_case_page_which_says_what_stays(
    branch: Branch, room: CaseRoom, case_id: str
) -> None:
    with room.store.transaction() as connection:
        person = room.case(case_id).borrower_id
        connection.execute(
            insert(contact_points).values(
                contact_id="chat-1", borrower_id=person, channel="im", address="wxid-zhang", preferred=False
            )
        )
    desk, href = branch.at("collector"), f"/cases/{case_id}/contacts/chat-1/consent"
    page = read(desk.get(f"/cases/{case_id}"))
    assert "未曾同意" in page.words
    assert "依据合同使用" in page.words
    assert "wxid" not in page.words
    desk.post(href, given="yes", evidence=" ")
    assert "未曾同意" in read(desk.get(f"/cases/{case_id}")).words, "without its proof it is none"
    desk.post(href, given="yes", evidence="REC-9")
    desk.post(href, given="no")
    told = read(desk.get(f"/cases/{case_id}")).words
    assert "撤回渠道同意：即时通讯" in told
    assert href not in read(branch.at("ops").get(f"/cases/{case_id}")).actions


def test_a_manager_stops_all_work_and_a_lead_lets_it_go_on(
    branch: Branch, room: CaseRoom, case_id: str
) -> None:
    manager, lead = branch.at("manager"), branch.at("lead")
    assert manager.post("/freeze", reason="").status_code == 422
    manager.post("/freeze", reason="短信网关异常")
    assert [hold.kind for hold in room.state(case_id).holds] == [HoldKind.SYSTEM_FREEZE]
    assert "全行催收工作已暂停" in read(manager.get("/freeze")).words
    assert "全行暂停" in read(manager.get(f"/cases/{case_id}")).words
    assert read(manager.get("/freeze")).actions.count("/freeze/bank-hold-1/end") == 0
    assert lead.post("/freeze/bank-hold-1/end", reason="").status_code == 422
    lead.post("/freeze/bank-hold-1/end", reason="网关恢复")
    assert room.state(case_id).holds == ()
    assert "工作正常进行" in read(lead.get("/freeze")).words
