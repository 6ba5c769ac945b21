"""Why nothing was paid, will and means: told with the result of a conversation, shown on the case, heard by no workflow."""

from typing import Any

import pytest
from sqlalchemy import select

from arrears.policy.codes import Outcome
from arrears.policy.profile import TELLS, Ability, Cause, Willingness
from arrears.store.tables import contact_attempts, messages
from tests.builders import CaseRoom
from tests.web.branch import Branch
from tests.web.reading import read
from web.words import ABILITIES, CAUSES, WILLINGNESS

SAID: dict[str, Any] = {"cause": "income", "willingness": "willing", "ability": "partly"}


@pytest.fixture
def case_id(room: CaseRoom) -> str:
    return room.a_case(days_past_due=12)


@pytest.fixture
def task_id(branch: Branch, room: CaseRoom, case_id: str) -> str:
    task_id = str(room.task(case_id, "first_contact").task_id)
    branch.at("collector").post(f"/tasks/{task_id}/claim")
    return task_id


def _kept(room: CaseRoom) -> dict[str, str | None]:
    with room.store.reading() as connection:
        row = connection.execute(select(contact_attempts)).one()
    return {"cause": row.cause, "willingness": row.willingness, "ability": row.ability}


def test_each_word_of_the_lists_is_on_the_page() -> None:
    assert set(CAUSES) == {one.value for one in Cause}
    assert set(WILLINGNESS) == {one.value for one in Willingness}
    assert set(ABILITIES) == {one.value for one in Ability}
    assert Outcome.NOT_WILLING in TELLS
    assert Outcome.DISPUTES in TELLS
    assert not {Outcome.NO_ANSWER, Outcome.RELAYED, Outcome.DEAD, Outcome.ESCALATE} & TELLS


def test_what_the_debtor_said_stands_with_the_contact_and_in_no_message(
    branch: Branch, room: CaseRoom, case_id: str, task_id: str
) -> None:
    desk = branch.at("collector")
    answer = desk.post(f"/tasks/{task_id}/decision", outcome="noint", facts_no="1", **SAID)
    assert answer.status_code == 303
    assert _kept(room) == SAID
    page = branch.at("lead").get(f"/cases/{case_id}").text
    assert "失业或收入下降 · 愿意还款 · 可部分还款" in page
    with room.store.reading() as connection:
        told = repr(connection.execute(select(messages.c.content)).scalars().all())
    assert "income" not in told
    assert "partly" not in told


def test_all_of_it_may_be_left_out(branch: Branch, room: CaseRoom, task_id: str) -> None:
    branch.at("collector").post(f"/tasks/{task_id}/decision", outcome="noint", facts_no="1")
    assert _kept(room) == dict.fromkeys(SAID)


def test_whoever_was_not_spoken_to_said_nothing(branch: Branch, room: CaseRoom, task_id: str) -> None:
    branch.at("collector").post(f"/tasks/{task_id}/decision", outcome="na", facts_no="1", **SAID)
    assert _kept(room) == dict.fromkeys(SAID)


def test_a_word_that_is_in_no_list_is_turned_away(branch: Branch, task_id: str) -> None:
    desk = branch.at("collector")
    answer = desk.post(f"/tasks/{task_id}/decision", outcome="noint", facts_no="1", cause="greed")
    page = read(answer)
    assert answer.status_code == 422
    assert [one.attributes["href"] for one in page.all("a") if one.attributes["href"].startswith("#f-")] == [
        "#f-cause"
    ]


def test_a_program_tells_it_with_the_answer_too(branch: Branch, room: CaseRoom, task_id: str) -> None:
    visitor = branch.visitor()
    visitor.headers["Authorization"] = (
        f"Bearer {branch.entrance.tokens.issue(branch.people['collector']).token}"
    )
    path, body = f"/api/v1/tasks/{task_id}/decision", {"outcome": "na", "facts_no": 1}
    refused = visitor.post(path, json=body | SAID)
    assert (refused.status_code, refused.json()["errors"][0]["why"]) == (422, "nobody_was_spoken_to")
    strange = visitor.post(path, json=body | {"outcome": "noint", "cause": "no-such"})
    assert strange.status_code == 422
    told = visitor.post(path, json=body | {"outcome": "noint"} | SAID)
    assert told.status_code == 202, told.text
    assert _kept(room) == SAID
