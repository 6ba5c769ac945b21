"""The letter a lead releases is the one that lead has read."""

import hashlib
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from api.desk.letters import LetterDesk
from arrears.channels.bank import INVENTED
from arrears.contracts import Unchanging
from arrears.store import read_letters
from arrears.store.tables import audit_rows, borrowers, contact_points, messages, reveals
from tests.builders import CaseRoom
from tests.web.branch import PASSWORD, Branch, Desk
from tests.web.reading import read

READ = "阅看函件"


@pytest.fixture
def case_id(branch: Branch, room: CaseRoom) -> str:
    """A lead holds the release of its notice."""
    made = room.a_case(days_past_due=40, overdue=5_000_00, balance=9_000_00)
    room.to_formal(made)
    room.desk.letters = LetterDesk(room.store, Unchanging(room.rules), INVENTED)
    branch.at("lead").post(f"/tasks/{room.task(made, 'notice_release').task_id}/claim")
    return made


@pytest.fixture
def href(room: CaseRoom, case_id: str) -> str:
    return f"/tasks/{room.task(case_id, 'notice_release').task_id}"


def _release(lead: Desk, href: str) -> Any:
    form = read(lead.get(href))
    facts_no = form.one("input", name="facts_no").attributes["value"]
    return lead.post(f"{href}/decision", outcome="release", facts_no=facts_no)


def _said(room: CaseRoom, case_id: str) -> list[dict[str, Any]]:
    wanted = select(messages.c.content).where(
        messages.c.case_id == case_id, messages.c.signal == "task_decided"
    )
    with room.store.reading() as connection:
        return [one for one in connection.execute(wanted).scalars() if one["outcome"] == "release"]


def test_nobody_releases_a_letter_unread(branch: Branch, room: CaseRoom, case_id: str, href: str) -> None:
    lead = branch.at("lead")
    page = read(lead.get(href))
    for shown in ("拟发出的函件", "尚未阅看：签发前须先阅看", "¥5,000.00", "中文"):
        assert shown in page.words
    assert page.has_class("sheet") == []
    refused = _release(lead, href)
    assert refused.status_code == 409
    assert "请先阅看函件再签发" in refused.text
    assert _said(room, case_id) == []


def test_it_is_read_page_by_page_and_released_by_its_hash(
    branch: Branch, room: CaseRoom, case_id: str, href: str
) -> None:
    lead = branch.at("lead")
    opened = read(lead.get(read(lead.get(href)).links[READ]))
    assert "您已阅看" in opened.words
    for sheet in opened.has_class("sheet"):
        assert lead.get(sheet.attributes["src"]).content.startswith(b"\x89PNG")
    pdf = lead.get(opened.links["查看 PDF 文件"])
    sha256 = hashlib.sha256(pdf.content).hexdigest()
    assert (pdf.headers["content-type"], sha256[:4] in opened.words) == ("application/pdf", True)
    assert _release(lead, href).status_code == 303
    assert [one["letter_sha256"] for one in _said(room, case_id)] == [sha256]
    with room.store.reading() as connection:
        assert read_letters.released(connection, case_id) == sha256
        seen = select(reveals.c.staff_id, reveals.c.what).where(reveals.c.case_id == case_id)
        assert {tuple(row) for row in connection.execute(seen)} == {("s-lead", "letter")}
        kept = select(audit_rows.c.detail).where(audit_rows.c.what == read_letters.READ)
        assert [one["sha256"] for one in connection.execute(kept).scalars()] == [sha256]
    assert "签发前已阅看函件" in lead.get(f"/cases/{case_id}").text


def test_a_program_reads_and_releases_it_by_the_same_rule(
    branch: Branch, room: CaseRoom, case_id: str, href: str
) -> None:
    lead, door = branch.at("lead").client, f"/api/v1{href}"
    token = lead.post("/api/v1/token", json={"login": "lead", "password": PASSWORD}).json()["access_token"]
    headers, release = {"Authorization": f"Bearer {token}"}, {"outcome": "release", "facts_no": 1}
    unread = lead.post(f"{door}/decision", json=release, headers=headers)
    assert (unread.status_code, unread.json()["detail"]) == (409, "letter_unread")
    letter = lead.get(f"{door}/letter", headers=headers)
    sha256 = hashlib.sha256(letter.content).hexdigest()
    assert (letter.headers["content-type"], letter.headers["etag"]) == ("application/pdf", f'"{sha256}"')
    assert lead.post(f"{door}/decision", json=release, headers=headers).status_code == 202
    assert [one["letter_sha256"] for one in _said(room, case_id)] == [sha256]


def test_a_swap_answers_with_the_letter_alone(branch: Branch, href: str) -> None:
    opened = branch.at("lead").swap(f"{href}/letter", "letter")
    page = read(opened)
    assert (page.one("section").attributes["id"], "<html" in opened.text) == ("letter", False)
    assert page.has_class("sheet")


def test_a_letter_that_changed_since_is_read_again(
    branch: Branch, room: CaseRoom, case_id: str, href: str
) -> None:
    lead = branch.at("lead")
    lead.get(f"{href}/letter")
    with room.store.transaction() as connection:
        connection.execute(update(borrowers).values(name="刘明晖"))
    assert "您阅看之后内容已变化" in read(lead.get(href)).words
    refused = _release(lead, href)
    assert (refused.status_code, "您阅看之后函件内容已变化" in refused.text) == (409, True)
    assert lead.get(f"{href}/letter.pdf").status_code == 409
    lead.get(f"{href}/letter")
    assert _release(lead, href).status_code == 303


def test_it_is_shown_to_whoever_holds_the_task_alone(branch: Branch, href: str) -> None:
    for login in ("manager", "collector", "compliance"):
        for path in ("letter", "letter.pdf", "letter/1.png"):
            assert branch.at(login).get(f"{href}/{path}").status_code in {403, 404}
    lead = branch.at("lead")
    lead.post(f"{href}/release")
    assert READ not in read(lead.get(href)).links
    assert lead.get(f"{href}/letter").status_code == 404


def test_without_an_address_there_is_no_letter_and_the_page_says_why(
    branch: Branch, room: CaseRoom, case_id: str, href: str
) -> None:
    with room.store.transaction() as connection:
        connection.execute(delete(contact_points).where(contact_points.c.channel == "post"))
        connection.execute(update(borrowers).values(address=None))
    lead = branch.at("lead")
    assert "没有可寄送的地址。" in read(lead.get(href)).words
    refused = _release(lead, href)
    assert (refused.status_code, "无法生成函件" in refused.text) == (409, True)


def test_a_page_there_is_not_is_not_there(branch: Branch, href: str) -> None:
    lead = branch.at("lead")
    lead.get(f"{href}/letter")
    assert lead.get(f"{href}/letter/99.png").status_code == 404
