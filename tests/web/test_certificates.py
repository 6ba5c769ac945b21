"""Certificates on the page: whose holds until when, and a new one after a test."""

from datetime import timedelta

import pytest
from sqlalchemy import delete

from arrears.store.tables import certificates
from tests.builders import CaseRoom
from tests.web.branch import Branch
from tests.web.reading import read


@pytest.fixture
def untested(branch: Branch, room: CaseRoom) -> None:
    with room.store.transaction() as connection:
        connection.execute(delete(certificates).where(certificates.c.staff_id == "s-collector"))


@pytest.mark.rule("C19")
@pytest.mark.usefixtures("untested")
def test_who_has_none_gets_one_for_the_day_of_the_test_and_works_again(
    branch: Branch, room: CaseRoom
) -> None:
    task = room.task(room.a_case(), "first_contact").task_id
    lead, collector = branch.at("lead"), branch.at("collector")
    assert "无有效上岗证" in read(lead.get("/certificates")).words
    refused = collector.post(f"/tasks/{task}/claim")
    assert (refused.status_code, "您的上岗证目前无效" in refused.text) == (403, True)
    done = lead.post("/certificates/s-collector", tested_on=room.today.isoformat())
    assert done.headers["location"] == "/certificates"
    assert "无有效上岗证" not in read(lead.get("/certificates")).words
    assert collector.post(f"/tasks/{task}/claim").status_code in (200, 303)


@pytest.mark.usefixtures("untested")
@pytest.mark.parametrize(
    ("days", "fault"),
    [(1, "日期不能晚于今天"), (-400, "考核日期过久，今日已无效")],
    ids=["to come", "long ago"],
)
def test_a_test_that_cannot_hold_today_is_refused(
    branch: Branch, room: CaseRoom, days: int, fault: str
) -> None:
    day = (room.today + timedelta(days=days)).isoformat()
    answer = branch.at("lead").post("/certificates/s-collector", tested_on=day)
    assert answer.status_code == 422
    assert fault in read(answer).words
    assert day in answer.text


@pytest.mark.parametrize("typed", ["", "soon"])
def test_a_day_is_wanted(branch: Branch, typed: str) -> None:
    assert branch.at("lead").post("/certificates/s-collector", tested_on=typed).status_code == 422


@pytest.mark.parametrize("login", ["collector", "advisor1", "ops", "compliance", "operator"])
def test_nobody_else_certifies(branch: Branch, login: str) -> None:
    desk = branch.at(login)
    assert desk.get("/certificates").status_code == 403
    assert desk.post("/certificates/s-colleague", tested_on="2026-03-02").status_code == 403


def test_nobody_certifies_oneself_nor_a_stranger(branch: Branch, room: CaseRoom) -> None:
    today = room.today.isoformat()
    assert branch.at("lead").post("/certificates/s-lead", tested_on=today).status_code == 403
    assert branch.at("lead").post("/certificates/s-nobody", tested_on=today).status_code == 404
