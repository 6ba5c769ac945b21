"""Approvals ask for the password again when it was last given too long ago."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select, update

from api.auth.tokens import Kind
from api.desk.desk import Desk
from arrears import clock
from arrears.contracts import Unchanging
from arrears.store.session import Store
from arrears.store.tables import browser_sessions, messages
from tests.builders import CaseRoom
from tests.web.branch import PASSWORD, Branch, open_branch
from tests.web.reading import read


@pytest.fixture
def branch(sqlite_store: Store, room: CaseRoom, tmp_path: Path) -> Iterator[Branch]:
    room.desk = Desk(sqlite_store, Unchanging(room.rules), step_up=timedelta(minutes=5))
    made = open_branch(sqlite_store, room, letters=tmp_path / "letters")
    with clock.door_time(room.now):
        yield made


@pytest.fixture
def review(branch: Branch, room: CaseRoom) -> str:
    """A legal review that advisor 1 has in hand."""
    case_id = room.a_case(days_past_due=40)
    room.ask_lead(case_id)
    room.to_formal(case_id)
    room.to_review(case_id)
    task_id: str = room.task(case_id, "legal_review").task_id
    assert branch.at("advisor1").post(f"/tasks/{task_id}/claim").status_code == 303
    return task_id


def _age(room: CaseRoom, **how_long: float) -> None:
    """The password was last given so long ago, in every browser."""
    ago = clock.machine_now() - timedelta(**how_long)
    with room.store.transaction() as connection:
        connection.execute(update(browser_sessions).values(proved_at=ago))


def _sue(branch: Branch, task_id: str, **more: str) -> httpx.Response:
    desk = branch.at("advisor1")
    number = read(desk.get(f"/tasks/{task_id}")).one("input", name="facts_no").attributes["value"]
    said = {"outcome": "sue", "facts_no": number, "reason": "证据齐全", "confirmed": "yes"}
    fields = {"csrf": desk.csrf, **said, **more}
    return desk.client.post(f"/tasks/{task_id}/decision", data=fields)


def _said(room: CaseRoom, task_id: str) -> int:
    with room.store.reading() as connection:
        return len(connection.execute(select(messages).where(messages.c.task_id == task_id)).all())


def test_who_has_just_signed_in_is_not_asked(branch: Branch, room: CaseRoom, review: str) -> None:
    assert _sue(branch, review).status_code == 303
    assert _said(room, review) == 1


def test_an_old_proof_is_asked_for_and_what_was_typed_stays(
    branch: Branch, room: CaseRoom, review: str
) -> None:
    _age(room, minutes=6)
    before = branch.at("advisor1").client.cookies["sid"]
    asked = _sue(branch, review)
    page = read(asked)
    assert (asked.status_code, _said(room, review)) == (403, 0)
    assert page.one("input", name="password").attributes["type"] == "password"
    assert page.one("input", name="outcome", type="hidden").attributes["value"] == "sue"
    assert page.one("input", name="reason", type="hidden").attributes["value"] == "证据齐全"
    done = _sue(branch, review, password=PASSWORD)
    assert (done.status_code, _said(room, review)) == (303, 1)
    after = branch.at("advisor1").client.cookies["sid"]
    assert after != before
    assert branch.at("advisor1").get("/inbox").status_code == 200
    assert branch.entrance.sessions.find(before) is None
    proved = branch.entrance.sessions.find(after)
    assert proved is not None
    assert proved.person.proved_at is not None
    assert clock.machine_now() - proved.person.proved_at < timedelta(minutes=5)


@pytest.mark.parametrize("password", ["wrong horse battery", "短"])
def test_a_wrong_password_approves_nothing(
    branch: Branch, room: CaseRoom, review: str, password: str
) -> None:
    _age(room, minutes=6)
    answer = _sue(branch, review, password=password)
    assert (answer.status_code, "密码不正确" in answer.text, _said(room, review)) == (422, True, 0)
    assert password not in answer.text
    assert read(answer).one("input", name="reason", type="hidden").attributes["value"] == "证据齐全"
    assert _sue(branch, review).status_code == 403


def test_guessing_has_to_wait(branch: Branch, room: CaseRoom, review: str) -> None:
    _age(room, minutes=6)
    for _ in range(4):
        _sue(branch, review, password="wrong horse battery")
    assert _sue(branch, review, password=PASSWORD).status_code == 429
    assert _said(room, review) == 0


def test_what_is_no_approval_is_not_asked_for(branch: Branch, room: CaseRoom, review: str) -> None:
    _age(room, hours=2)
    returned = _sue(branch, review, outcome="return")
    assert (returned.status_code, _said(room, review)) == (303, 1)


@pytest.mark.parametrize(("kind", "status"), [(Kind.ACCESS, 202), (Kind.PERSONAL, 403)])
def test_a_program_s_token_approves_nothing(branch: Branch, review: str, kind: Kind, status: int) -> None:
    token = branch.entrance.tokens.issue(branch.people["advisor1"], kind=kind).token
    bearer = {"Authorization": f"Bearer {token}"}
    visitor = branch.visitor()
    number = visitor.get(f"/api/v1/tasks/{review}", headers=bearer).json()["task"]["facts_no"]
    said = visitor.post(
        f"/api/v1/tasks/{review}/decision", json={"outcome": "sue", "facts_no": number}, headers=bearer
    )
    assert said.status_code == status, said.text
    assert status == 202 or said.json()["detail"] == "proof_needed"
