"""Nothing is posted by another site."""

import pytest

from tests.builders import CaseRoom
from tests.web.branch import Branch


@pytest.fixture
def claim(room: CaseRoom, branch: Branch) -> str:
    return f"/tasks/{room.task(room.a_case(), 'first_contact').task_id}/claim"


def _holder(room: CaseRoom, claim: str) -> str | None:
    task_id = claim.split("/")[2]
    with room.store.reading() as connection:
        found: str | None = connection.exec_driver_sql(
            f"SELECT assignee FROM tasks WHERE task_id = '{task_id}'"
        ).scalar()
        return found


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "", "Origin": "http://127.0.0.1:8400"},
        {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_another_site_posts_nothing(
    branch: Branch, room: CaseRoom, claim: str, headers: dict[str, str]
) -> None:
    desk = branch.at("collector")
    answer = desk.client.post(claim, data={"csrf": desk.csrf}, headers=headers)
    assert answer.status_code == 403
    assert _holder(room, claim) is None


def test_a_browser_that_names_no_site_is_known_by_its_origin(
    branch: Branch, room: CaseRoom, claim: str
) -> None:
    desk = branch.at("collector")
    del desk.client.headers["Sec-Fetch-Site"]
    assert desk.client.post(claim, data={"csrf": desk.csrf}).status_code == 403
    answer = desk.client.post(claim, data={"csrf": desk.csrf}, headers={"Origin": "http://127.0.0.1:8400"})
    assert answer.status_code == 303
    assert _holder(room, claim) == "s-collector"


@pytest.mark.parametrize("fields", [{}, {"csrf": ""}, {"csrf": "of-another-session"}])
def test_a_form_without_the_token_of_the_session_is_refused(
    branch: Branch, room: CaseRoom, claim: str, fields: dict[str, str]
) -> None:
    answer = branch.at("collector").client.post(claim, data=fields)
    assert answer.status_code == 403
    assert "页面已过期" in answer.text
    assert _holder(room, claim) is None


def test_the_token_of_a_colleague_opens_nothing(branch: Branch, claim: str) -> None:
    token = branch.at("colleague").csrf
    assert branch.at("collector").client.post(claim, data={"csrf": token}).status_code == 403


def test_two_tokens_are_no_token(branch: Branch, claim: str) -> None:
    desk = branch.at("collector")
    body = f"csrf={desk.csrf}&csrf={desk.csrf}"
    answer = desk.client.post(
        claim, content=body, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 403


def test_only_forms_are_read_and_only_small_ones(branch: Branch, claim: str) -> None:
    desk = branch.at("collector")
    assert desk.client.post(claim, json={"csrf": desk.csrf}).status_code == 415
    assert desk.post(claim, reason="字" * 40_000).status_code == 413


def test_a_page_is_never_changed_by_looking(branch: Branch, claim: str) -> None:
    assert branch.at("collector").get(claim).status_code == 405


def test_signing_in_from_another_site_is_refused(branch: Branch) -> None:
    visitor = branch.visitor()
    answer = visitor.post(
        "/login",
        data={"login": "collector", "password": "correct horse battery"},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
