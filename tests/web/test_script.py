"""What a collector says on a call: the bank and who is on the line first, the debt only then, in the debtor's language (C11)."""

import pytest
from sqlalchemy import update

from arrears.policy.scripts import BEFORE_KNOWN, OF_THE_DEBT, Part, script
from arrears.policy.state import Stage
from arrears.store.tables import borrowers
from tests.builders import CaseRoom
from tests.web.branch import Branch
from web.call_script import SAID


@pytest.mark.rule("C11")
@pytest.mark.parametrize("stage", Stage)
def test_nothing_of_the_debt_is_said_before_the_person_is_known(stage: Stage) -> None:
    parts = script(stage)
    assert parts[0] is Part.WHO_CALLS
    assert parts[: len(BEFORE_KNOWN)] == BEFORE_KNOWN
    assert not OF_THE_DEBT & set(BEFORE_KNOWN)
    assert Part.HARDSHIP in parts
    assert len(set(parts)) == len(parts)


def test_each_part_has_words() -> None:
    assert set(SAID) == set(Part)
    assert all("%(overdue)s" not in str(SAID[part]) for part in BEFORE_KNOWN)


@pytest.fixture
def case_id(room: CaseRoom) -> str:
    return room.a_case(name="刘明辉", overdue=123_456, balance=500_000, days_past_due=12)


def _page(branch: Branch, room: CaseRoom, case_id: str, *, take: bool = True) -> str:
    task_id = room.task(case_id, "first_contact").task_id
    desk = branch.at("collector")
    if take:
        desk.post(f"/tasks/{task_id}/claim")
    return desk.get(f"/tasks/{task_id}").text


@pytest.mark.rule("C11")
def test_whoever_holds_the_call_has_its_words(branch: Branch, room: CaseRoom, case_id: str) -> None:
    page = _page(branch, room, case_id)
    who, whom, debt = (
        page.index(words) for words in ("的陈静。", "请问您是刘明辉本人吗？", "目前逾期 ¥1,234.56")
    )
    assert who < whom < debt
    assert "不得冒充公安、法院或政府机关" in page


def test_in_the_language_of_the_debtor_and_not_of_the_reader(
    branch: Branch, room: CaseRoom, case_id: str
) -> None:
    with room.store.transaction() as connection:
        connection.execute(update(borrowers).values(language="en"))
    page = _page(branch, room, case_id)
    assert '<ol lang="en">' in page
    assert "Good day, this is 陈静 of Example City Bank Co., Ltd." in page
    assert "通话话术" in page
    assert "不得威胁" in page  # what is not said is for the caller


def test_nobody_else_is_told_the_name(branch: Branch, room: CaseRoom, case_id: str) -> None:
    assert "刘明辉" not in _page(branch, room, case_id, take=False)


def test_a_task_that_is_no_call_has_none(branch: Branch, room: CaseRoom) -> None:
    case_id = room.a_case(days_past_due=41, overdue=2_000_000, balance=2_000_000)
    room.ask_lead(case_id)
    task_id = room.task(case_id, "escalation").task_id
    lead = branch.at("lead")
    lead.post(f"/tasks/{task_id}/claim")
    assert "通话话术" not in lead.get(f"/tasks/{task_id}").text
