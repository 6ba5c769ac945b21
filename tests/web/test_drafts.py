"""Words that were typed are there again: after a look elsewhere, after the session ended, for nobody else."""

import pytest
from sqlalchemy import select

from arrears.store.tables import drafts, messages
from tests.builders import CaseRoom
from tests.web.branch import Branch
from tests.web.reading import read


@pytest.fixture
def case_id(room: CaseRoom) -> str:
    return room.a_case(overdue=50_000_00, balance=80_000_00, days_past_due=12)


@pytest.fixture
def task_id(room: CaseRoom, case_id: str) -> str:
    return str(room.task(case_id, "first_contact").task_id)


def _kept(room: CaseRoom) -> list[str]:
    with room.store.reading() as connection:
        return list(connection.execute(select(drafts.c.staff_id)).scalars())


def test_what_was_typed_is_there_again_though_it_could_not_be_taken(branch: Branch, task_id: str) -> None:
    desk = branch.at("collector")
    desk.post(f"/tasks/{task_id}/claim")
    typed = {"outcome": "ptp", "amount": "viel", "on": "morgen", "reason": "他说<下周>"}
    saved = desk.post(f"/tasks/{task_id}/draft", swap=True, facts_no="1", **typed)
    assert (saved.status_code, saved.text) == (204, "")
    page = read(desk.get(f"/tasks/{task_id}"))
    assert "checked" in page.one("input", value="ptp").attributes
    assert page.one("input", name="amount").attributes["value"] == "viel"
    assert page.one("input", name="on").attributes["value"] == "morgen"
    assert page.one("textarea", name="reason").text == "他说<下周>"
    assert "已恢复您于" in page.words


def test_a_draft_is_back_after_the_session_ended_and_the_same_person_signed_in(
    branch: Branch, task_id: str
) -> None:
    desk = branch.at("collector")
    desk.post(f"/tasks/{task_id}/claim")
    desk.post(f"/tasks/{task_id}/draft", facts_no="1", reason="说到一半")
    branch.entrance.sessions.revoke_all(desk.person.staff_id)
    sent = desk.post(f"/tasks/{task_id}/decision", outcome="na", facts_no="1")
    assert sent.headers["location"] == f"/login?next=/tasks/{task_id}"
    swapped = desk.post(f"/tasks/{task_id}/decision", swap=True, outcome="na", facts_no="1")
    assert swapped.status_code == 401
    assert "hx-redirect" not in swapped.headers  # the page stays: it alone has the newest words
    opened = branch.entrance.sessions.open(desk.person.staff_id)
    desk.client.cookies.set("sid", opened.cookie, domain="127.0.0.1")
    assert read(desk.get(f"/tasks/{task_id}")).one("textarea", name="reason").text == "说到一半"


def test_a_draft_is_its_writers_alone(branch: Branch, task_id: str) -> None:
    branch.at("collector").post(f"/tasks/{task_id}/draft", facts_no="1", reason="只给我看")
    assert "只给我看" not in branch.at("colleague").get(f"/tasks/{task_id}").text
    assert "只给我看" not in branch.at("lead").get(f"/tasks/{task_id}").text
    assert branch.at("advisor1").post(f"/tasks/{task_id}/draft", reason="x").status_code == 404


def test_an_accepted_answer_takes_its_draft_along_and_a_late_save_brings_none_back(
    branch: Branch, room: CaseRoom, task_id: str
) -> None:
    desk = branch.at("collector")
    desk.post(f"/tasks/{task_id}/draft", facts_no="1", reason="说到一半")
    assert _kept(room) == ["s-collector"]
    room.away = True
    desk.post(f"/tasks/{task_id}/decision", outcome="na", facts_no="1")
    assert _kept(room) == []
    assert desk.post(f"/tasks/{task_id}/draft", facts_no="1", reason="说到一半").status_code == 204
    room.away = False
    room.hear_everything()
    assert desk.post(f"/tasks/{task_id}/draft", facts_no="1", reason="说到一半").status_code == 204
    assert _kept(room) == []


def test_a_draft_can_be_thrown_away_and_emptied(branch: Branch, room: CaseRoom, task_id: str) -> None:
    desk = branch.at("collector")
    desk.post(f"/tasks/{task_id}/draft", facts_no="1", reason="说到一半")
    assert desk.post(f"/tasks/{task_id}/draft/discard").status_code == 303
    assert _kept(room) == []
    desk.post(f"/tasks/{task_id}/draft", facts_no="1", reason="说到一半")
    desk.post(f"/tasks/{task_id}/draft", facts_no="1", reason="  ")
    assert _kept(room) == []


def test_a_draft_on_older_figures_says_what_changed(
    branch: Branch, room: CaseRoom, case_id: str, task_id: str
) -> None:
    desk = branch.at("collector")
    desk.post(f"/tasks/{task_id}/claim")
    desk.post(f"/tasks/{task_id}/draft", facts_no="1", outcome="ptp", reason="下周还清")
    room.pay(case_id, 10_000_00)
    page = read(desk.get(f"/tasks/{task_id}"))
    (changes,) = page.has_class("changes")
    assert "逾期金额: ¥50,000.00 → ¥40,000.00" in changes.text.replace("：", ": ")
    assert page.one("textarea", name="reason").text == "下周还清"


def test_a_draft_enters_no_message(branch: Branch, room: CaseRoom, task_id: str) -> None:
    branch.at("collector").post(f"/tasks/{task_id}/draft", facts_no="1", reason="只在库里")
    with room.store.reading() as connection:
        told = connection.execute(select(messages.c.content)).scalars().all()
    assert "只在库里" not in repr(told)
