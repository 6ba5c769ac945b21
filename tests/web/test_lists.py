"""A list that is kept: saved views, and files that leave the house."""

import csv
import io

import pytest
from sqlalchemy import select, update

from api.desk import exporting
from arrears.store.tables import audit_rows, borrowers, exports, saved_views
from tests.builders import CaseRoom
from tests.web.branch import Branch
from tests.web.reading import read


def test_a_view_is_saved_without_the_words_of_a_search_and_removed_by_its_owner(
    branch: Branch, room: CaseRoom
) -> None:
    desk = branch.at("collector")
    searched = desk.post("/inbox/search", words="欧阳").headers["location"].removeprefix("/inbox?")
    saved = desk.post(f"/inbox/views?view=free&not_stage=legal&{searched}&after=1.x", name="  未领取 的 ")
    assert saved.headers["location"] == "/inbox?view=free&not_stage=legal"
    page = read(desk.get("/inbox"))
    assert page.links["未领取 的"] == "/inbox?view=free&not_stage=legal"
    assert "未领取 的" not in read(branch.at("colleague").get("/inbox")).links
    (remove,) = [action for action in page.actions if action.endswith("/remove")]
    assert branch.at("colleague").post(remove).status_code == 404
    assert desk.post(remove).status_code == 303
    assert "未领取 的" not in read(desk.get("/inbox")).links


def test_a_shared_view_is_for_colleagues_of_the_role(branch: Branch, room: CaseRoom) -> None:
    branch.at("collector").post("/inbox/views?view=late", name="先办", shared="1")
    shared = read(branch.at("colleague").get("/inbox"))
    assert shared.links["先办"] == "/inbox?view=late"
    assert not [action for action in shared.actions if action.endswith("/remove")]
    assert "先办" not in read(branch.at("lead").get("/inbox")).links


def test_the_same_name_is_the_same_view(branch: Branch, room: CaseRoom) -> None:
    desk = branch.at("collector")
    for view in ("late", "free"):
        desk.post(f"/inbox/views?view={view}", name="常用")
    with room.store.reading() as connection:
        assert connection.execute(select(saved_views.c.query)).scalars().all() == ["?view=free"]


@pytest.mark.parametrize("name", ["", "   ", "x" * 41])
def test_a_view_needs_a_name(branch: Branch, name: str) -> None:
    answer = branch.at("collector").post("/inbox/views", name=name)
    assert (answer.status_code, "请填写视图名称" in answer.text) == (422, True)


def test_a_file_shows_what_the_page_shows_and_says_who_took_it(branch: Branch, room: CaseRoom) -> None:
    case_id = room.a_case(name="欧阳明辉", days_past_due=12, overdue=8_104_460)
    room.a_case(product="mortgage")
    answer = branch.at("lead").post("/inbox/export?team=1&not_product=mortgage&after=1.x")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    head, row = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    told = dict(zip(head, row, strict=True))
    assert (told["借款人"], told["借据号"], told["逾期金额"], told["逾期天数"]) == (
        "欧*",
        "RL2024000001",
        "81044.60",
        "12",
    )
    assert "欧阳" not in answer.text
    with room.store.reading() as connection:
        (kept,) = connection.execute(select(exports)).all()
        (sealed,) = connection.execute(select(audit_rows).where(audit_rows.c.what == "list_exported")).all()
    assert (kept.staff_id, kept.query, kept.rows) == ("s-lead", "?team=1&not_product=mortgage", 1)
    assert (sealed.actor, sealed.detail["rows"], sealed.detail["list"]) == ("s-lead", 1, kept.query)
    assert room.case(case_id).loan_id == told["借据号"]


@pytest.mark.parametrize("sign", ["=", "+", "-", "@"])
def test_no_cell_is_a_formula(branch: Branch, room: CaseRoom, sign: str) -> None:
    room.a_case(name="刘明辉")
    with room.store.transaction() as connection:
        connection.execute(update(borrowers).values(name=f"{sign}1+1"))
    _, row = list(
        csv.reader(io.StringIO(branch.at("lead").post("/inbox/export?team=1").content.decode("utf-8-sig")))
    )
    assert row[0] == f"'{sign}*"


def test_a_day_has_so_many_files_and_a_file_so_many_rows(
    branch: Branch, room: CaseRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        room.a_case()
    monkeypatch.setattr("web.pages.lists.ROWS", 2)
    monkeypatch.setattr(exporting, "A_DAY", 1)
    lead = branch.at("lead")
    assert lead.post("/inbox/export?team=1").text.count("RL2024") == 2
    assert lead.post("/inbox/export?team=1").status_code == 429


def test_only_leads_and_managers_carry_lists_away(branch: Branch, room: CaseRoom) -> None:
    room.a_case()
    let_in = {login for login in branch.people if branch.at(login).post("/inbox/export").status_code == 200}
    assert let_in == {"lead", "manager"}
    assert "/inbox/export" not in branch.at("collector").get("/inbox").text
