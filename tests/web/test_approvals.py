"""Claims before two advisors: the queue, the claim to a day, the evidence, the answer and its consequence."""

import hashlib
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import insert, select, update

from api.desk.desk import Desk
from arrears import clock
from arrears.contracts import Unchanging
from arrears.store import audit, exhibits
from arrears.store.session import Store
from arrears.store.tables import exhibits as exhibit_rows
from arrears.store.tables import holds, loans, reveals
from tests.builders import CaseRoom
from tests.web.branch import Branch, open_branch
from tests.web.reading import Page, read

PDF = b"%PDF-1.7\nHT-00001 signed"
PNG = b"\x89PNG\r\n\x1a\n0000"
BY_HAND = ("identity", "contract", "disbursement", "statement")


@pytest.fixture
def room(sqlite_store: Store, room: CaseRoom) -> CaseRoom:
    """Where documents can be handed in, the desk asks for them."""
    room.desk = Desk(sqlite_store, Unchanging(room.rules), asks_for_evidence=True)
    return room


@pytest.fixture
def case_id(room: CaseRoom) -> str:
    return room.a_claim()


@pytest.fixture
def branch(sqlite_store: Store, room: CaseRoom, case_id: str, tmp_path: Path) -> Branch:
    """Made after the case has lived its past, at the hour at which advisors look at it."""
    made = open_branch(sqlite_store, room, letters=tmp_path / "letters")
    room.hears_at_once()
    return made


def _href(room: CaseRoom, case_id: str, kind: str = "legal_review") -> str:
    return f"/approvals/{room.task(case_id, kind).task_id}"


def _look(branch: Branch, path: str, login: str = "advisor1") -> Page:
    with clock.door_time(branch.room.now):
        answer = branch.at(login).get(path)
    assert answer.status_code == 200, answer.status_code
    return read(answer)


def _post(branch: Branch, path: str, login: str = "advisor1", **fields: str) -> httpx.Response:
    with clock.door_time(branch.room.now):
        return branch.at(login).post(path, swap=False, **fields)


def _file(
    branch: Branch, path: str, content: bytes = PDF, login: str = "advisor1", **fields: str
) -> httpx.Response:
    with clock.door_time(branch.room.now):
        return branch.at(login).send_file(f"{path}/evidence", content, **fields)


def _prove(branch: Branch, path: str) -> None:
    for item in BY_HAND:
        answer = _file(branch, path, PDF + item.encode(), item=item)
        assert answer.status_code == 303, answer.status_code


def _answer(branch: Branch, path: str, login: str, outcome: str, **fields: str) -> httpx.Response:
    facts_no = str(branch.room.task(path_case(branch, path), kind_of(branch, path)).facts_no)
    return _post(
        branch, f"{path}/decision", login, outcome=outcome, facts_no=facts_no, confirmed="yes", **fields
    )


def path_case(branch: Branch, path: str) -> str:
    return path.split("/")[2].rsplit("-t", 1)[0]


def kind_of(branch: Branch, path: str) -> str:
    state = branch.room.state(path_case(branch, path))
    return next(kind for kind, task in state.tasks.items() if task.task_id == path.split("/")[2])


# ---- the queue -------------------------------------------------------------------------------------------


def test_the_queue_shows_amount_last_day_and_clocks(branch: Branch, room: CaseRoom, case_id: str) -> None:
    page = _look(branch, "/approvals")
    assert _href(room, case_id) in page.links.values()
    for told in ("¥50,000.00", "诉讼审查", "剩余", room.case(case_id).loan_id):
        assert told in page.words
    first = room.case(case_id).first_overdue_on
    assert str(first.year + 3) in page.words


def test_the_queue_names_who_approved_first_and_a_manager_sees_large_claims(
    branch: Branch, room: CaseRoom, case_id: str
) -> None:
    _prove(branch, _href(room, case_id))
    _answer(branch, _href(room, case_id), "advisor1", "sue")
    page = _look(branch, "/approvals", "manager")
    assert "诉讼复核" in page.words
    assert "赵静" in page.words


@pytest.mark.rule("K1")
def test_an_advisor_whom_the_debtor_complained_of_sees_neither_claim_nor_document(
    branch: Branch, room: CaseRoom, case_id: str
) -> None:
    path = _href(room, case_id)
    _file(branch, path, item="contract")
    document = f"/evidence/{hashlib.sha256(PDF).hexdigest()}"
    assert branch.at("advisor1").get(document).status_code == 200
    complaint = {
        "hold_id": "h-about-me",
        "case_id": case_id,
        "borrower_id": room.case(case_id).borrower_id,
        "kind": "complaint",
        "scope": "person",
        "reason": "said",
        "placed_by": "s-desk",
        "placed_at": room.now,
        "against": "s-advisor1",
    }
    with room.store.transaction() as connection:
        connection.execute(insert(holds).values(complaint))
    assert path not in _look(branch, "/approvals").links.values()
    assert path in _look(branch, "/approvals", "advisor2").links.values()
    for hidden in (path, document):
        assert branch.at("advisor1").get(hidden).status_code == 404


@pytest.mark.parametrize("login", ["collector", "lead", "ops", "operator"])
def test_nobody_else_sees_claims_or_documents(
    branch: Branch, room: CaseRoom, case_id: str, login: str
) -> None:
    desk = branch.at(login)
    for path in ("/approvals", _href(room, case_id), f"/evidence/{'ab' * 32}"):
        assert desk.get(path).status_code == 403


# ---- the claim -------------------------------------------------------------------------------------------


@pytest.mark.rule("1.8")
def test_the_claim_is_that_of_today_until_a_day_is_named(
    branch: Branch, room: CaseRoom, case_id: str
) -> None:
    with room.store.transaction() as connection:
        stated = room.today - timedelta(days=10)
        connection.execute(update(loans).values(as_of_date=stated))
    path = _href(room, case_id)
    assert "¥50,000.00" in _look(branch, path).words
    assert "¥1,050.00" in _look(branch, path).words
    later = room.today + timedelta(days=20)
    page = _look(branch, f"{path}?on={later}&rate=18")
    assert "¥50,750.00" in page.words  # 50,000 at 18 % for 30 days of 360
    assert "¥1,068.75" in page.words
    assert later.isoformat() in page.words


@pytest.mark.rule("1.8")
def test_money_after_the_stated_day_is_claimed_to_it(branch: Branch, room: CaseRoom, case_id: str) -> None:
    with room.store.transaction() as connection:
        connection.execute(update(loans).values(as_of_date=room.today - timedelta(days=10)))
    room.pay(case_id, 1_000_000)
    path = _href(room, case_id)
    assert "¥40,000.00" in _look(branch, path).words
    yesterday = room.today - timedelta(days=1)
    assert "¥50,000.00" in _look(branch, f"{path}?on={yesterday}").words


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("on=2020-01-01", "台账日"),
        ("on=2036-01-01", "提前"),
        ("on=31.12.2026", "2026-12-31"),
        ("rate=ten", "18.25"),
        ("rate=24.01", "最高"),
    ],
)
def test_a_day_or_rate_that_cannot_be_is_told_beside_its_field(
    branch: Branch, room: CaseRoom, case_id: str, asked: str, words: str
) -> None:
    with clock.door_time(room.now):
        answer = branch.at("advisor1").get(f"{_href(room, case_id)}?{asked}")
    assert answer.status_code == 422
    assert words in read(answer).words
    assert "¥50,000.00" in read(answer).words


# ---- the evidence ----------------------------------------------------------------------------------------


@pytest.mark.rule("4.9")
def test_what_is_missing_keeps_the_claim_in_the_house(branch: Branch, room: CaseRoom, case_id: str) -> None:
    path = _href(room, case_id)
    page = _look(branch, path)
    assert "disabled" in page.one("input", value="sue").attributes
    assert "disabled" not in page.one("input", value="return").attributes
    answer = _answer(branch, path, "advisor1", "sue")
    assert answer.status_code == 422
    assert "legal_review" in room.state(case_id).tasks
    # ... and through the list of tasks as well: there is no second way.
    task_id = path.split("/")[2]
    facts_no = str(room.task(case_id, "legal_review").facts_no)
    other = _post(branch, f"/tasks/{task_id}/decision", outcome="sue", facts_no=facts_no)
    assert other.status_code == 422
    _prove(branch, path)
    assert _answer(branch, path, "advisor1", "sue").status_code == 303
    assert "second_approval" in room.state(case_id).tasks


def test_a_document_is_kept_shown_by_its_hash_and_read_through_its_case(
    branch: Branch, room: CaseRoom, case_id: str
) -> None:
    path = _href(room, case_id)
    assert _file(branch, path, PNG, item="contract").status_code == 303
    assert _file(branch, path, PNG, item="contract").status_code == 303
    with room.store.reading() as connection:
        [named] = exhibits.of_case(connection, case_id)
    page = _look(branch, path)
    assert f"{named.sha256[:4]}…{named.sha256[-4:]}" in page.words
    with clock.door_time(room.now):
        answer = branch.at("advisor2").get(f"/evidence/{named.sha256}")
    assert (answer.status_code, answer.content) == (200, PNG)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["cache-control"] == "no-store"
    with room.store.reading() as connection:
        [look] = connection.execute(select(reveals)).all()
        assert (look.staff_id, look.what, look.case_id) == ("s-advisor2", "exhibit", case_id)
        assert audit.verify(connection, case_id) == []


@pytest.mark.parametrize(
    ("content", "fields", "words"),
    [
        (PDF, {"item": ""}, "选择"),
        (PDF, {"item": "notice"}, "选择"),
        (b"", {"item": "contract"}, "文件"),
        (b"<script>", {"item": "contract"}, "PDF"),
        (PDF, {"item": "contract", "dated_on": "2099-01-01"}, "不能晚于"),
        (PDF, {"item": "identity", "until": "2020-01-01"}, "不能早于"),
        (PDF, {"item": "identity", "until": "soon"}, "2026-12-31"),
    ],
)
def test_a_document_that_cannot_be_kept_is_told_why(
    branch: Branch, room: CaseRoom, case_id: str, content: bytes, fields: dict[str, str], words: str
) -> None:
    answer = _file(branch, _href(room, case_id), content, **fields)
    assert answer.status_code == 422
    assert words in read(answer).words
    with room.store.reading() as connection:
        assert connection.execute(select(exhibit_rows)).all() == []


def test_a_file_too_large_or_from_elsewhere_is_refused(branch: Branch, room: CaseRoom, case_id: str) -> None:
    path = f"{_href(room, case_id)}/evidence"
    desk = branch.at("advisor1")
    assert desk.send_file(path, PDF + b"0" * (11 * 2**20), item="contract").status_code == 413
    files = {"document": ("scan.pdf", PDF, "application/pdf")}
    for data in ({}, {"csrf": "of-another-session"}):
        assert desk.client.post(path, data={"item": "contract", **data}, files=files).status_code == 403
    # A file goes nowhere else.
    elsewhere = f"{_href(room, case_id)}/claim"
    assert desk.client.post(elsewhere, data={"csrf": desk.csrf}, files=files).status_code == 415


def test_what_was_named_by_mistake_is_taken_back(branch: Branch, room: CaseRoom, case_id: str) -> None:
    path = _href(room, case_id)
    _prove(branch, path)
    with room.store.reading() as connection:
        named = exhibits.of_case(connection, case_id)[0]
    away = f"{path}/evidence/{named.exhibit_id}/withdraw"
    assert _post(branch, away).status_code == 303
    assert _post(branch, away).status_code == 404
    assert _answer(branch, path, "advisor1", "sue").status_code == 422
    assert branch.at("compliance").post(away).status_code == 403


# ---- the decision ----------------------------------------------------------------------------------------


def test_an_answer_is_asked_once_more_with_its_consequence(
    branch: Branch, room: CaseRoom, case_id: str
) -> None:
    path = _href(room, case_id)
    _prove(branch, path)
    facts_no = str(room.task(case_id, "legal_review").facts_no)
    asked = _post(branch, f"{path}/decision", outcome="sue", facts_no=facts_no, reason="证据齐全")
    page = read(asked)
    assert asked.status_code == 200
    assert "legal_review" in room.state(case_id).tasks
    assert "第二人" in page.words
    fields = {
        one.attributes["name"]: one.attributes["value"]
        for one in page.all("input", type="hidden")
        if one.attributes["name"] != "csrf"
    }
    assert _post(branch, f"{path}/decision", **fields).status_code == 303
    second = _look(branch, _href(room, case_id, "second_approval"), "advisor2")
    assert "证据齐全" in second.words
    assert "赵静" in second.words


def test_two_people_by_person(branch: Branch, room: CaseRoom, case_id: str) -> None:
    _prove(branch, _href(room, case_id))
    _answer(branch, _href(room, case_id), "advisor1", "sue")
    second = _href(room, case_id, "second_approval")
    assert _answer(branch, second, "advisor1", "approve").status_code == 403
    assert _answer(branch, second, "advisor2", "approve").status_code == 303
    approval = room.state(case_id).approval
    assert approval is not None
    assert (approval.first, approval.second) == ("s-advisor1", "s-advisor2")


def test_a_return_needs_a_reason_and_a_refusal_brings_the_question_back(
    branch: Branch, room: CaseRoom, case_id: str
) -> None:
    path = _href(room, case_id)
    facts_no = str(room.task(case_id, "legal_review").facts_no)
    assert _post(branch, f"{path}/decision", outcome="return", facts_no=facts_no).status_code == 422
    assert _answer(branch, path, "advisor1", "return", reason="合同缺页").status_code == 303
    assert "legal_review" not in room.state(case_id).tasks


def test_what_changed_since_the_first_word_is_told(branch: Branch, room: CaseRoom, case_id: str) -> None:
    _prove(branch, _href(room, case_id))
    _answer(branch, _href(room, case_id), "advisor1", "sue")
    second = _href(room, case_id, "second_approval")
    task = room.task(case_id, "second_approval")
    stale = {"outcome": "approve", "facts_no": str(task.facts_no)}
    room.pay(case_id, 100_000)
    answer = _post(branch, f"{second}/decision", "advisor2", **stale)
    assert answer.status_code == 409  # the money took the question back to a first advisor
    again = _look(branch, _href(room, case_id), "advisor2")
    assert "¥49,000.00" in again.words


def test_the_task_page_leads_to_the_claim(branch: Branch, room: CaseRoom, case_id: str) -> None:
    page = _look(branch, f"/tasks/{room.task(case_id, 'legal_review').task_id}")
    assert _href(room, case_id) in page.links.values()


def test_a_task_of_another_kind_has_no_such_page(branch: Branch, room: CaseRoom) -> None:
    other = room.task(room.a_case(), "first_contact").task_id
    assert branch.at("manager").get(f"/approvals/{other}").status_code == 404
    assert branch.at("advisor1").get("/approvals/no-such-task").status_code == 404


def test_words_on_a_claim_are_kept_and_are_there_again(branch: Branch, room: CaseRoom, case_id: str) -> None:
    href = _href(room, case_id)
    task_id = room.task(case_id, "legal_review").task_id
    advisor = branch.at("advisor1")
    advisor.post(f"{href}/claim")
    kept = advisor.post(f"/tasks/{task_id}/draft", outcome="return", facts_no="1", reason="缺少签字页")
    assert kept.status_code == 204
    page = _look(branch, href)
    assert page.one("textarea", name="reason").text == "缺少签字页"
    assert "checked" in page.one("input", name="outcome", value="return").attributes
    assert f"{href}/draft/discard" in page.actions
    thrown = _post(branch, f"{href}/draft/discard")
    assert (thrown.status_code, thrown.headers["location"]) == (303, href)
    assert _look(branch, href).one("textarea", name="reason").text == ""
    assert advisor.post("/approvals/nothing/draft/discard").status_code == 404
