"""A repayment plan on the pages: computed, signed, kept before everybody's eyes, and judged by an officer."""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import insert

from arrears.policy.state import Clock
from arrears.store.tables import parties
from tests.builders import CaseRoom, standing_at
from tests.web.branch import Branch
from tests.web.reading import Page, read

CLAUSES = ["unable_and_willing", "no_new_card", "rights_and_breach"]


@pytest.fixture
def case_id(branch: Branch, room: CaseRoom) -> str:
    return room.a_case(name="王佳怡", days_past_due=45, overdue=60_000_00, balance=80_000_00)


def _typed(room: CaseRoom, case_id: str, **changed: object) -> dict[str, object]:
    """As the browser sends it: twelve equal instalments at 12 %, the first in a month."""
    first = room.today + timedelta(days=30)
    return {
        "method": "equal_total",
        "amount": "60,000",
        "yearly_bp": "12",
        "periods": "12",
        "first_due_on": first.isoformat(),
        "charges": "stop",
        "acceptance": "signed",
        "proof": " DOC-2026-1 ",
        "clause": CLAUSES,
        "facts_no": str(room.state(case_id).facts_no),
        "act": "sign",
    } | changed


def _post(branch: Branch, room: CaseRoom, case_id: str, **changed: object) -> httpx.Response:
    desk = branch.at("planner")
    data = {"csrf": desk.csrf, **_typed(room, case_id, **changed)}
    return desk.client.post(f"/cases/{case_id}/plans", data=data)


def _case(branch: Branch, room: CaseRoom, case_id: str, login: str = "compliance") -> Page:
    with standing_at(room):
        return read(branch.at(login).get(f"/cases/{case_id}"))


def test_an_officer_computes_and_then_signs(branch: Branch, room: CaseRoom, case_id: str) -> None:
    with standing_at(room):
        assert _case(branch, room, case_id, "planner").links["新建还款方案"] == f"/cases/{case_id}/plans/new"
        empty = read(branch.at("planner").get(f"/cases/{case_id}/plans/new"))
        assert f"/cases/{case_id}/plans" in empty.actions
        seq = room.case(case_id).seq
        computed = read(_post(branch, room, case_id, act="compute", proof="", clause=[], charges=""))
        for shown in ("¥5,330.93", "¥5,330.90", "¥3,971.13", "¥63,971.13"):
            assert shown in computed.words
        assert room.case(case_id).seq == seq, "computing says nothing to the case"
        answer = _post(branch, room, case_id)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/cases/{case_id}#plans-title")
    plan = room.state(case_id).plan
    assert plan is not None
    assert (plan.amount, plan.yearly_bp, plan.periods, plan.by) == (60_000_00, 1_200, 12, "s-planner")
    page = _case(branch, room, case_id)
    for shown in ("履行中", "等额本息", "年利率 12%", "DOC-2026-1", "已还 ¥0.00，共 ¥63,971.13", "吴磊"):
        assert shown in page.words
    for told in (
        "已登记还款方案，凭证编号 DOC-2026-1",
        "债务人同意还款方案（书面签署）",
        "暂停催收：个性化分期",
        "共 12 期，已还 0 期",
    ):
        assert told in page.words
    rows = [
        one.attributes["data-instalment"] for one in page.all("tr") if "data-instalment" in one.attributes
    ]
    assert rows == ["next", *["ahead"] * 11]


def test_the_panel_says_how_each_instalment_stands(branch: Branch, room: CaseRoom, case_id: str) -> None:
    with standing_at(room):
        _post(branch, room, case_id)
    room.pay(case_id, 5_330_93 + 100_00)
    room.pass_days(case_id, 70)
    page = _case(branch, room, case_id)
    rows = [
        one.attributes["data-instalment"] for one in page.all("tr") if "data-instalment" in one.attributes
    ]
    assert rows == ["paid", "missed", "next", *["ahead"] * 9]
    for shown in ("逾期未还", "方案累计已还 ¥5,430.93", "有违约风险"):
        assert shown in page.words


@pytest.mark.parametrize(
    ("changed", "faults"),
    [
        ({"amount": ""}, ["请填写金额"]),
        ({"amount": "much"}, ["请填写数字金额"]),
        ({"amount": "59,999.99"}, ["方案金额须覆盖全部逾期金额，且不超过总欠款"]),
        ({"periods": "61"}, ["方案期数超过规则上限"]),
        ({"periods": "a year"}, ["请填写期数"]),
        ({"yearly_bp": "twelve"}, ["请填写年利率百分数"]),
        ({"yearly_bp": "24.01"}, ["利率超过规则上限"]),
        ({"yearly_bp": "1e400"}, ["请填写年利率百分数"]),
        ({"method": "balloon", "charges": ""}, ["请选择一项"]),
        ({"first_due_on": "soon"}, ["请按"]),
        ({"first_due_on": "2020-01-01"}, ["首期还款日必须晚于今天"]),
        ({"proof": ""}, ["书面协议须填写编号"]),
        ({"proof": "", "acceptance": "oral"}, ["口头同意的，须有录音编号"]),
        ({"proof": "请联系 13800005678"}, ["单号只能含字母、数字、- 和 _"]),
        ({"clause": CLAUSES[:2]}, ["法规要求协议载明此项"]),
    ],
)
def test_what_cannot_be_taken_is_named_and_what_was_typed_stays(
    branch: Branch, room: CaseRoom, case_id: str, changed: dict[str, object], faults: list[str]
) -> None:
    seq = room.case(case_id).seq
    with standing_at(room):
        answer = _post(branch, room, case_id, **changed)
    page = read(answer)
    assert answer.status_code == 422
    for fault in faults:
        assert fault in page.words
    assert room.case(case_id).seq == seq
    typed = _typed(room, case_id, **changed)
    assert page.one("input", name="periods").attributes["value"] == typed["periods"]
    checked = [
        one.attributes["value"] for one in page.all("input", name="clause") if "checked" in one.attributes
    ]
    assert checked == typed["clause"]


def test_figures_that_changed_meanwhile_are_shown_and_nothing_is_signed(
    branch: Branch, room: CaseRoom, case_id: str
) -> None:
    old = room.state(case_id).facts_no
    room.pay(case_id, 1_000_00)
    with standing_at(room):
        answer = _post(branch, room, case_id, facts_no=str(old))
    page = read(answer)
    assert answer.status_code == 409
    assert "填写期间金额已变动" in page.words
    assert page.one("input", name="facts_no").attributes["value"] == str(room.state(case_id).facts_no)
    assert room.state(case_id).plan is None


def test_one_plan_at_a_time_and_a_closed_case_takes_none(
    branch: Branch, room: CaseRoom, case_id: str
) -> None:
    with standing_at(room):
        _post(branch, room, case_id)
        again = _post(branch, room, case_id, periods="6")
    assert again.status_code == 409
    assert "已有还款方案正在履行" in read(again).words
    assert "新建还款方案" not in _case(branch, room, case_id, "planner").links
    room.pay(case_id, 80_000_00)
    with standing_at(room):
        closed = _post(branch, room, case_id)
    assert closed.status_code == 409
    assert "案件已结案" in read(closed).words


@pytest.mark.rule("4.4")
def test_a_long_plan_is_put_before_a_manager_with_its_figures(
    branch: Branch, room: CaseRoom, case_id: str
) -> None:
    with standing_at(room):
        computed = read(_post(branch, room, case_id, periods="24", act="compute"))
        assert "签订后还须 1 位经理同意" in computed.words
        _post(branch, room, case_id, periods="24")
        assert "已签订，待经理审批" in _case(branch, room, case_id).words
        task = room.task(case_id, "plan_approval")
        desk = branch.at("manager")
        page = read(desk.get(f"/tasks/{task.task_id}"))
        for shown in ("是否同意该还款方案？", "期数（按月）", "同意方案", "不同意方案"):
            assert shown in page.words
        answer = desk.post(
            f"/tasks/{task.task_id}/decision", outcome="agree", facts_no=str(room.state(case_id).facts_no)
        )
    assert answer.status_code in (200, 303)
    assert "履行中" in _case(branch, room, case_id).words


@pytest.mark.rule("T15")
def test_an_officer_says_in_the_inbox_what_becomes_of_a_plan_that_is_not_kept(
    branch: Branch, room: CaseRoom, case_id: str
) -> None:
    with standing_at(room):
        _post(branch, room, case_id)
    room.pass_until(case_id, Clock.PLAN)
    room.pass_until(case_id, Clock.PLAN)
    task = room.task(case_id, "plan_breach")
    with standing_at(room):
        desk = branch.at("planner")
        page = read(desk.get(f"/tasks/{task.task_id}"))
        for shown in ("方案款项未按期偿还，是否认定违约？", "逾期期数", "认定违约", "给予补足期", "重新协商"):
            assert shown in page.words
        facts_no = str(room.state(case_id).facts_no)
        silent = desk.post(f"/tasks/{task.task_id}/decision", outcome="cure_period", facts_no=facts_no)
        assert silent.status_code == 422, "it goes against the question, so it says why"
        desk.post(f"/tasks/{task.task_id}/decision", outcome="broken", facts_no=facts_no)
    page = _case(branch, room, case_id)
    for told in ("还款方案：已违约", "暂停结束：个性化分期（方案已违约）", "剩余欠款仍按原约定偿还"):
        assert told in page.words


@pytest.mark.rule("G6")
def test_a_guarantors_consent_is_asked_where_somebody_stands_for_the_loan(
    branch: Branch, room: CaseRoom, case_id: str
) -> None:
    with room.store.transaction() as connection:
        loan_id = room.case(case_id).loan_id
        connection.execute(insert(parties).values(loan_id=loan_id, borrower_id="B-2", role="guarantor"))
    with standing_at(room):
        answer = _post(branch, room, case_id)
        assert "保证人尚未书面同意" in read(answer).words
        assert "保证人尚未同意" in read(answer).words
        assert _post(branch, room, case_id, without_guarantor="yes").status_code == 303
    task = room.task(case_id, "plan_approval")
    page = read(branch.at("advisor1").get(f"/tasks/{task.task_id}"))
    assert "保证人未书面同意" in page.words


@pytest.mark.parametrize("login", ["collector", "lead", "manager", "compliance"])
def test_the_form_is_an_officers(branch: Branch, room: CaseRoom, case_id: str, login: str) -> None:
    with standing_at(room):
        assert branch.at(login).get(f"/cases/{case_id}/plans/new").status_code == 403
        assert branch.at(login).post(f"/cases/{case_id}/plans").status_code == 403
        assert "新建还款方案" not in read(branch.at(login).get(f"/cases/{case_id}")).links


def test_there_is_no_plan_of_no_case(branch: Branch) -> None:
    assert branch.at("planner").get("/cases/case-none-1/plans/new").status_code == 404
