"""Money posted by hand, and what became of it."""

import pytest

from arrears.store.intents import PaymentIn
from tests.builders import CaseRoom, standing_at
from tests.web.branch import Branch, Desk
from tests.web.reading import Page, read


def _form(desk: Desk) -> str:
    return read(desk.get("/payments/new")).one("input", name="payment_id").attributes["value"]


def _post(desk: Desk, room: CaseRoom, **fields: str) -> tuple[int, Page]:
    typed = {
        "payment_id": _form(desk),
        "loan_id": "RL2024000001",
        "amount": "1,000.00",
        "value_on": room.today.isoformat(),
    }
    answer = desk.client.post("/payments", data={"csrf": desk.csrf, **typed, **fields})
    if answer.status_code == 303:
        answer = desk.get(answer.headers["location"])
    return answer.status_code, read(answer)


def test_a_payment_by_hand_closes_the_case_it_settles(branch: Branch, room: CaseRoom) -> None:
    case_id = room.a_case(overdue=1_000_00, balance=5_000_00)
    status, page = _post(branch.at("ops"), room)
    assert status == 200
    for shown in ("已生效", "案件已结案：逾期已还清", "¥1,000.00", "本金"):
        assert shown in page.words
    assert page.links["查看案件"] == f"/cases/{case_id}"
    assert room.case(case_id).closed_reason == "CURED"


def test_the_same_form_twice_is_one_payment(branch: Branch, room: CaseRoom) -> None:
    case_id = room.a_case(overdue=5_000_00, balance=5_000_00)
    desk = branch.at("ops")
    form = _form(desk)
    assert _post(desk, room, payment_id=form)[0] == 200
    assert _post(desk, room, payment_id=form)[0] == 200
    assert room.case(case_id).overdue_minor == 4_000_00
    status, page = _post(desk, room, payment_id=form, amount="2000")
    assert status == 409
    assert "该笔还款此前已录入，且数据不同" in page.words
    assert room.case(case_id).overdue_minor == 4_000_00


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        ({"loan_id": ""}, {"loan_id": "请填写借据号"}),
        ({"loan_id": "RL-NO-SUCH"}, {"loan_id": "没有该借据号的贷款"}),
        ({"loan_id": "x\x00y"}, {"loan_id": "没有该借据号的贷款"}),
        ({"amount": ""}, {"amount": "请填写金额"}),
        ({"amount": "-5"}, {"amount": "请填写金额"}),
        ({"amount": "1e9"}, {"amount": "请填写数字金额"}),
        ({"amount": "0.001"}, {"amount": "请填写数字金额"}),
        ({"value_on": ""}, {"value_on": "请选择日期"}),
        ({"value_on": "24.11.2026"}, {"value_on": "请按“年-月-日”填写"}),
        ({"value_on": "2999-01-01"}, {"value_on": "日期不能晚于今天"}),
        ({"loan_id": "", "borrower_id": "B404"}, {"borrower_id": "没有该客户号的债务人"}),
        ({"loan_id": "RL-NO-SUCH", "borrower_id": "B000001"}, {"loan_id": "该债务人名下没有此借据号"}),
    ],
)
def test_a_fault_is_said_beside_its_field(
    branch: Branch, room: CaseRoom, fields: dict[str, str], faults: dict[str, str]
) -> None:
    room.a_case()
    status, page = _post(branch.at("ops"), room, **fields)
    assert status == 422
    summary = {
        one.attributes["href"]: one.text for one in page.all("a") if one.attributes["href"].startswith("#f-")
    }
    assert {name: summary[f"#f-{name}"].startswith(words) for name, words in faults.items()} == dict.fromkeys(
        faults, True
    )


def test_money_valued_before_the_banks_figures_is_history(branch: Branch, room: CaseRoom) -> None:
    room.a_case(overdue=5_000_00)
    _status, page = _post(branch.at("ops"), room, value_on="2026-11-01")
    assert "早于核心系统数据日，已计入余额" in page.words


def test_money_waits_where_the_engine_is_away(branch: Branch, room: CaseRoom) -> None:
    room.a_case(overdue=1_000_00)
    room.away = True
    _status, page = _post(branch.at("ops"), room)
    assert "还款已保存，正在入账" in page.words


def test_only_the_forms_of_this_page_are_taken(branch: Branch, room: CaseRoom) -> None:
    room.a_case()
    assert _post(branch.at("ops"), room, payment_id="P000001")[0] == 404


@pytest.mark.parametrize("login", ["collector", "lead", "compliance", "operator", "admin"])
def test_nobody_else_posts_money(branch: Branch, login: str) -> None:
    desk = branch.at(login)
    assert desk.get("/payments/new").status_code == 403
    assert desk.post("/payments", payment_id="hand-0123456789abcdef").status_code == 403


def test_money_for_several_loans_names_the_debtor(branch: Branch, room: CaseRoom) -> None:
    case_id = room.a_case(overdue=1_000_00, balance=5_000_00)
    debtor = room.case(case_id).borrower_id
    status, page = _post(branch.at("ops"), room, loan_id="", borrower_id=debtor, amount="6,000.00")
    assert status == 200
    for shown in ("分摊结果", "已到期，按法定顺序", "¥5,000.00", "余下 ¥1,000.00，须退还"):
        assert shown in page.words
    assert room.case(case_id).closed_reason == "PAID_OFF"


# ---- what becomes of money that has come -----------------------------------------------------------------


def _act(desk: Desk, page: Page, act: str, *, reason: str = "") -> Page:
    [path] = [action for action in page.actions if action.endswith(act)]
    answer = desk.post(path, reason=reason)
    return read(desk.get(answer.headers["location"]) if answer.status_code == 303 else answer)


@pytest.mark.rule("3.1")
def test_a_payment_is_taken_back_with_its_reason(branch: Branch, room: CaseRoom) -> None:
    case_id = room.a_case(overdue=5_000_00, balance=5_000_00)
    desk = branch.at("ops")
    _status, page = _post(desk, room)
    without = _act(desk, page, "/reversal")
    assert "请选择冲正原因" in without.words
    assert room.case(case_id).overdue_minor == 4_000_00
    done = _act(desk, page, "/reversal", reason="wrong_loan")
    assert "该笔还款已被冲正" in done.words
    assert not [action for action in done.actions if action.endswith("/reversal")], "once is enough"
    assert room.case(case_id).overdue_minor == 5_000_00
    back = read(desk.get(next(href for href in done.links.values() if "/payments/back-" in href)))
    assert "银行记错贷款" in back.words
    told = read(desk.get(f"/cases/{case_id}"))
    assert "还款 ¥1,000.00 被冲正：银行记错贷款" in told.words


def test_taking_back_what_was_taken_back_changes_nothing(branch: Branch, room: CaseRoom) -> None:
    case_id = room.a_case(overdue=5_000_00, balance=5_000_00)
    desk = branch.at("ops")
    _status, page = _post(desk, room)
    _act(desk, page, "/reversal", reason="no_funds")
    again = _act(desk, page, "/reversal", reason="bank_error")
    assert "该笔还款此前已冲正，原因或日期不同" in again.words
    assert room.case(case_id).overdue_minor == 5_000_00


@pytest.mark.rule("4.5")
def test_money_that_may_bounce_is_said_to_be_final_and_closes_the_case(
    branch: Branch, room: CaseRoom
) -> None:
    case_id = room.a_case(overdue=1_000_00, balance=5_000_00)
    today = room.today
    money = PaymentIn("P-7", room.case(case_id).loan_id, today, today, 1_000_00, "CNY", provisional=True)
    with standing_at(room):
        room.desk.money.post_payment(branch.people["ops"], money)
    room.hear_everything()
    desk = branch.at("ops")
    page = read(desk.get("/payments/P-7"))
    assert "尚未最终确认：可能被退回，案件不会因此结案" in page.words
    assert room.case(case_id).status == "open"
    done = _act(desk, page, "/final")
    assert "已于 " in done.words
    assert room.case(case_id).closed_reason == "CURED"
    assert desk.post("/payments/P-404/final").status_code == 404
    assert desk.post("/payments/P-7/final").status_code == 303, "said twice is said once"


@pytest.mark.parametrize("login", ["collector", "lead", "compliance", "operator", "admin"])
def test_nobody_else_takes_money_back_or_says_it_is_final(branch: Branch, login: str) -> None:
    for act in ("final", "reversal"):
        assert branch.at(login).post(f"/payments/P-1/{act}", reason="no_funds").status_code == 403


@pytest.mark.rule("4.7")
def test_more_than_is_owed_is_asked_about_before_it_is_posted(branch: Branch, room: CaseRoom) -> None:
    case_id = room.a_case(overdue=1_000_00, balance=1_000_00)
    desk = branch.at("ops")
    form = _form(desk)
    status, asked = _post(desk, room, payment_id=form, amount="1,500.00")
    assert status == 409
    assert "该贷款欠款 ¥1,000.00；余下 ¥500.00 将作为溢缴款暂挂，须退还。" in asked.words
    assert room.case(case_id).status == "open"
    seen = asked.one("input", name="surplus_seen").attributes["value"]
    assert asked.one("input", name="payment_id").attributes["value"] == form
    status, done = _post(desk, room, payment_id=form, amount="1,500.00", surplus_seen=seen)
    assert (status, room.case(case_id).closed_reason) == (200, "PAID_OFF")
    assert "已生效" in done.words
    other, _page = _post(desk, room, amount="20.00", surplus_seen=seen)
    assert other == 409, "a yes is for the figure that was shown"
