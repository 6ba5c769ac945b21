"""Masked data are shown in full for a purpose, once, and who looked is kept (P11)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from arrears import clock
from arrears.store import audit
from arrears.store.tables import audit_rows, borrowers, holds, incidents, reveals
from tests.builders import CaseRoom
from tests.web.branch import Branch, Desk
from tests.web.reading import read

NUMBER = "13800005678"
ID = "310101199001011234"


@pytest.fixture
def case_id(room: CaseRoom) -> str:
    made = room.a_case(name="刘明辉", days_past_due=12)
    with room.store.transaction() as connection:
        connection.execute(update(borrowers).values(id_kind="cn_id", id_number=ID))
    return made


@pytest.fixture
def task_id(room: CaseRoom, case_id: str) -> str:
    return str(room.task(case_id, "first_contact").task_id)


@pytest.fixture
def desk(branch: Branch, task_id: str) -> Desk:
    mine = branch.at("collector")
    mine.post(f"/tasks/{task_id}/claim")
    return mine


def _look(desk: Desk, path: str, what: str, purpose: str = "identify", why: str = "") -> Any:
    return desk.post(f"{path}/reveal", what=what, purpose=purpose, why=why)


def _looks(room: CaseRoom) -> list[Any]:
    with room.store.reading() as connection:
        return list(connection.execute(select(reveals)).all())


@pytest.mark.rule("P11")
@pytest.mark.parametrize(
    "login", ["collector", "lead", "advisor1", "ops", "manager", "compliance", "operator"]
)
def test_who_does_not_hold_the_task_sees_everything_masked_everywhere(
    branch: Branch, room: CaseRoom, task_id: str, case_id: str, login: str
) -> None:
    pages = ["/inbox", f"/tasks/{task_id}", "/cases", f"/cases/{case_id}", "/incidents", "/payments/new"]
    mine = branch.at(login)
    texts = {path: mine.get(path).text for path in [*pages, "/reveals", "/prefs"]}
    texts["found"] = mine.post("/cases", loan_id="RL2024000001").text
    texts["refused"] = mine.post(f"/tasks/{task_id}/decision", outcome="ptp", facts_no="0").text
    token = branch.entrance.tokens.issue(mine.person).token
    for path in (f"cases/{case_id}", f"tasks/{task_id}", f"cases/{case_id}/timeline", "tasks", "cases"):
        headers = {"Authorization": f"Bearer {token}"}
        texts[path] = branch.visitor().get(f"/api/v1/{path}", headers=headers).text
    shown = [
        (path, secret)
        for path, text in texts.items()
        for secret in ("刘明辉", NUMBER, ID, "样本市演示路9号")
        if secret in text
    ]
    assert shown == []


@pytest.mark.rule("P11")
@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("contact:B000001-phone", NUMBER),
        ("id_number", ID),
        ("home", "样本市演示路9号"),
        ("name", "刘明辉"),
    ],
)
def test_one_thing_is_shown_in_that_answer_alone_and_kept_without_it(
    room: CaseRoom, desk: Desk, task_id: str, case_id: str, what: str, value: str
) -> None:
    path = f"/tasks/{task_id}"
    shown = _look(desk, path, what)
    assert shown.status_code == 200
    (there,) = [one for one in read(shown).elements if "data-masked" in one.attributes]
    assert there.text == value
    assert there.attributes["data-masked"] != value
    if what != "name":  # whoever holds the task reads the name anyway
        assert value not in desk.get(path).text
    (look,) = _looks(room)
    assert (look.staff_id, look.purpose, look.task_id, look.at) == (
        "s-collector",
        "identify",
        task_id,
        room.now,
    )
    with room.store.reading() as connection:
        trail = connection.execute(select(audit_rows).where(audit_rows.c.what == "revealed")).one()
        assert audit.verify(connection, case_id) == []
    assert trail.detail["purpose"] == "identify"
    assert value not in repr((look, trail))


def test_on_the_case_page_who_leads_looks_without_holding_a_task(
    branch: Branch, room: CaseRoom, case_id: str
) -> None:
    lead = branch.at("lead")
    assert NUMBER not in lead.get(f"/cases/{case_id}").text
    shown = _look(lead, f"/cases/{case_id}", "contact:B000001-phone", "other", "核对录音质检 2026-11")
    assert NUMBER in shown.text
    (look,) = _looks(room)
    assert (look.staff_id, look.reason, look.task_id) == ("s-lead", "核对录音质检 2026-11", None)
    assert "核对录音质检" not in repr(_trail(room))


def _trail(room: CaseRoom) -> list[Any]:
    with room.store.reading() as connection:
        return list(connection.execute(select(audit_rows)).all())


@pytest.mark.parametrize(
    ("login", "status"),
    [("colleague", 403), ("advisor1", 403), ("ops", 403), ("operator", 403), ("admin", 403), ("desk", 200)],
)
def test_whoever_has_nothing_to_do_with_the_case_sees_nothing(
    branch: Branch, room: CaseRoom, case_id: str, login: str, status: int
) -> None:
    answer = _look(branch.at(login), f"/cases/{case_id}", "contact:B000001-phone")
    assert answer.status_code == status
    assert (NUMBER in answer.text) is (status == 200)
    assert len(_looks(room)) == (status == 200)
    page = branch.at(login).get(f"/cases/{case_id}")
    assert ("查看完整信息" in page.text) is (status == 200)


def test_whom_the_debtor_complained_about_sees_nothing_any_more(
    room: CaseRoom, desk: Desk, task_id: str, case_id: str
) -> None:
    with room.store.transaction() as connection:
        connection.execute(
            insert(holds).values(
                hold_id="h1",
                case_id=case_id,
                borrower_id="B000001",
                kind="complaint",
                scope="person",
                reason="complaint",
                against="s-collector",
                placed_by="s-desk",
                placed_at=room.now,
            )
        )
    assert _look(desk, f"/tasks/{task_id}", "id_number").status_code == 404
    assert _looks(room) == []


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"what": ""}, ("what", "请选择查看的内容")),
        ({"what": "salary"}, ("what", "请选择")),
        ({"what": "contact"}, ("what", "请选择")),
        ({"purpose": ""}, ("purpose", "请选择查看目的")),
        ({"purpose": "contact"}, ("purpose", "请选择查看目的")),
        ({"purpose": "letter"}, ("purpose", "请选择查看目的")),
        ({"purpose": "other"}, ("why", "请填写理由")),
        ({"purpose": "other", "why": "字" * 1001}, ("why", "文字过长")),
        ({"why": "a\x00b"}, ("why", "文字中含有无法保存的字符")),
    ],
    ids=str,
)
def test_a_look_without_a_purpose_is_no_look(
    room: CaseRoom, desk: Desk, task_id: str, fields: dict[str, str], fault: tuple[str, str]
) -> None:
    said = {"what": "id_number", "purpose": "identify", "why": ""} | fields
    answer = desk.post(f"/tasks/{task_id}/reveal", swap=False, **said)
    assert answer.status_code == 422
    summary = {one.attributes["href"]: one.text for one in read(answer).all("a") if "#f-" in str(one)}
    name, _words = fault
    assert f"#f-{name}" in summary
    assert ID not in answer.text
    assert _looks(room) == []


def test_somebody_elses_number_is_not_shown_through_this_case(
    room: CaseRoom, desk: Desk, task_id: str
) -> None:
    room.a_case(name="何立新", phone="13911112222")
    answer = _look(desk, f"/tasks/{task_id}", "contact:B000002-phone")
    assert answer.status_code == 404
    assert "13911112222" not in answer.text


@pytest.mark.rule("P11")
def test_over_the_quota_nothing_is_shown_and_compliance_is_told_once_a_day(
    branch: Branch, room: CaseRoom, desk: Desk, task_id: str
) -> None:
    most = room.rules.conduct.reveals_per_day
    with room.store.transaction() as connection:
        for n in range(most):
            connection.execute(
                insert(reveals).values(
                    reveal_id=f"r{n}",
                    staff_id="s-collector",
                    borrower_id="B000001",
                    what="name",
                    purpose="identify",
                    at=room.now,
                )
            )
    for _ in range(2):
        refused = _look(desk, f"/tasks/{task_id}", "id_number")
        assert refused.status_code == 429
        assert f"您今日已查看完整信息 {most} 次" in refused.text
        assert ID not in refused.text
    assert len(_looks(room)) == most
    with room.store.reading() as connection:
        (incident,) = connection.execute(select(incidents)).all()
    assert incident.kind == "reveals_over_quota"
    assert incident.detail == {"actor": "s-collector", "day": room.today.isoformat(), "most": most}
    queue = branch.at("compliance").get("/incidents").text
    assert "有人查看完整信息超过每日上限" in queue
    with clock.door_time(room.now + timedelta(days=1)):
        assert ID in _look(desk, f"/tasks/{task_id}", "id_number").text


def test_compliance_reads_who_looked_and_nobody_else_does(
    branch: Branch, room: CaseRoom, desk: Desk, task_id: str, case_id: str
) -> None:
    _look(desk, f"/tasks/{task_id}", "contact:B000001-phone", "other", "客户来电核实")
    page = branch.at("compliance").get("/reveals")
    for shown in ("陈静", "电话", "其他，请在下方说明", "客户来电核实", case_id):
        assert shown in page.text
    assert NUMBER not in page.text
    for login in ("collector", "lead", "manager", "operator", "admin"):
        assert branch.at(login).get("/reveals").status_code == 403


def test_a_long_list_of_looks_goes_on_page_by_page(branch: Branch, room: CaseRoom) -> None:
    with room.store.transaction() as connection:
        for n in range(60):
            connection.execute(
                insert(reveals).values(
                    reveal_id=f"r{n:03}",
                    staff_id="s-collector",
                    borrower_id="B1",
                    case_id=f"case-{n:03}",
                    what="name",
                    purpose="identify",
                    at=room.now - timedelta(minutes=n // 3),
                )
            )
    first = read(branch.at("compliance").get("/reveals"))
    second = read(branch.at("compliance").get(first.links["显示更多"]))
    seen = [href for page in (first, second) for href in page.links.values() if "/cases/case-" in href]
    assert len(seen) == len(set(seen)) == 60


@pytest.mark.slow
def test_whoever_reads_the_letter_is_kept(branch: Branch, room: CaseRoom) -> None:
    case_id = room.a_case(stage="formal")
    room.say(case_id, "notice_release", "release", by="s-lead")
    room.pass_days(case_id, 1)
    folder = branch.settings.letters
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{case_id}-notice-1.pdf").write_bytes(b"%PDF-1.7 letter")
    href = f"/cases/{case_id}/notices/{case_id}-notice-1"
    with clock.door_time(room.now):
        assert branch.at("operator").get(href).status_code == 403
        assert href not in branch.at("operator").get(f"/cases/{case_id}").text
        assert branch.at("lead").get(href).content == b"%PDF-1.7 letter"
        assert href in branch.at("lead").get(f"/cases/{case_id}").text
    (look,) = _looks(room)
    assert (look.staff_id, look.what, look.purpose, look.case_id) == ("s-lead", "letter", "letter", case_id)
