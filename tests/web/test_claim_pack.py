"""The evidence pack as paper: all of the claim and nobody else's eyes on it, whatever characters stand in the file."""

import hashlib
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select, update

from arrears import clock
from arrears.store import audit
from arrears.store.session import Store
from arrears.store.tables import audit_rows, borrowers, reveals
from tests.builders import CaseRoom
from tests.channels.pdf import Pdf
from tests.web.branch import Branch, open_branch


@pytest.fixture
def case_id(room: CaseRoom) -> str:
    return room.a_claim()


@pytest.fixture
def branch(sqlite_store: Store, room: CaseRoom, case_id: str, tmp_path: Path) -> Branch:
    made = open_branch(sqlite_store, room, letters=tmp_path / "letters")
    room.hears_at_once()
    return made


def _pack(branch: Branch, case_id: str, query: str = "", login: str = "advisor1") -> httpx.Response:
    path = f"/approvals/{branch.room.task(case_id, 'legal_review').task_id}/pack.pdf{query}"
    with clock.door_time(branch.room.now):
        return branch.at(login).get(path)


def _read(answer: httpx.Response) -> Pdf:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    return Pdf(answer.content)


def test_the_pack_says_what_is_claimed_on_what_it_rests_and_what_was_done(
    branch: Branch, case_id: str
) -> None:
    pdf = _read(_pack(branch, case_id))
    for told in (
        "周海燕",
        case_id,
        "¥50,000.00",
        "普通程序¥1,050.00",
        "催收联系记录摘录",
        "借款合同",
        "缺少",
    ):
        assert told in pdf.text, told
    assert all(font.is_embedded for font in pdf.fonts)
    story = pdf.text[pdf.text.index("时间案件记录经办人") :]
    assert story.index("开案") < story.index("升级")  # the oldest first


def test_the_pack_states_the_claim_as_the_page_does(branch: Branch, room: CaseRoom, case_id: str) -> None:
    day = (room.now + timedelta(days=10)).date()
    pdf = _read(_pack(branch, case_id, f"?on={day}&rate=12"))
    assert str(day) in pdf.text
    assert "12%" in pdf.text
    wrong = _pack(branch, case_id, "?on=never")
    assert (wrong.status_code, "?on=never" in wrong.headers["location"]) == (303, True)


def test_whoever_has_it_made_is_kept_with_the_hash_of_the_paper(
    branch: Branch, sqlite_store: Store, case_id: str
) -> None:
    answer = _pack(branch, case_id)
    with sqlite_store.reading() as connection:
        looked = connection.execute(select(reveals.c.staff_id).where(reveals.c.case_id == case_id)).scalars()
        assert list(looked) == ["s-advisor1"]
        made = connection.execute(
            select(audit_rows.c.detail).where(
                audit_rows.c.stream == case_id, audit_rows.c.what == "pack_made"
            )
        ).scalars()
        assert [one["sha256"] for one in made] == [hashlib.sha256(answer.content).hexdigest()]
        assert audit.verify(connection, case_id) == []


def test_nothing_new_is_the_same_paper(branch: Branch, sqlite_store: Store, case_id: str) -> None:
    """But for the trail, which has a line more for each."""
    first, second = (_read(_pack(branch, case_id)) for _ in range(2))
    told = first.text.index("时间案件记录经办人")
    assert first.text[:told] == second.text[:told]


@pytest.mark.parametrize("login", ["collector", "lead", "ops", "admin"])
def test_nobody_else_has_it(branch: Branch, case_id: str, login: str) -> None:
    assert _pack(branch, case_id, login=login).status_code in (403, 404)


def test_a_character_without_a_glyph_stands_as_its_code_point(
    branch: Branch, sqlite_store: Store, case_id: str
) -> None:
    with sqlite_store.transaction() as connection:
        connection.execute(update(borrowers).values(name="周海燕\U0001f600\u202e\u200d"))
    assert "周海燕[U+1F600][U+202E][U+200D]" in _read(_pack(branch, case_id)).text
