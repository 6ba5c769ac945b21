"""Colleagues talk about a case and name each other; whoever is named finds it in the inbox until it is seen."""

import pytest
from sqlalchemy import insert, select

from arrears.store.tables import holds, messages, remarks
from tests.builders import CaseRoom
from tests.web.branch import Branch
from tests.web.reading import read


@pytest.fixture
def case_id(room: CaseRoom) -> str:
    return room.a_case(days_past_due=12)


def _write(branch: Branch, login: str, case_id: str, words: str) -> int:
    return branch.at(login).post(f"/cases/{case_id}/comments", words=words).status_code


def test_a_comment_stands_on_the_case_and_no_case_hears_of_it(
    branch: Branch, room: CaseRoom, case_id: str
) -> None:
    before = room.case(case_id).seq
    assert _write(branch, "collector", case_id, "他妻子<下周>会来柜台") == 303
    page = branch.at("lead").get(f"/cases/{case_id}").text
    assert "他妻子&lt;下周&gt;会来柜台" in page
    assert "发表了内部留言" in page
    assert room.case(case_id).seq == before
    with room.store.reading() as connection:
        assert "柜台" not in repr(connection.execute(select(messages.c.content)).all())
        (kept,) = connection.execute(select(remarks)).all()
    assert (kept.author, kept.kind, kept.task_id) == ("s-collector", "comment", None)


def test_whoever_is_named_finds_it_in_the_inbox_until_it_is_seen(branch: Branch, case_id: str) -> None:
    _write(branch, "collector", case_id, "@lead @Colleague. 请看一下，写给 a@operator.cn 也行")
    for login in ("lead", "colleague"):
        page = read(branch.at(login).get("/inbox"))
        assert "1 条留言提及您" in page.words
        assert [href for words, href in page.links.items() if "陈静" in words] == [
            f"/cases/{case_id}#comments"
        ]
    assert "提及您" not in branch.at("collector").get("/inbox").text
    lead = branch.at("lead")
    assert "提及您" in lead.get(f"/cases/{case_id}").text
    assert lead.post(f"/cases/{case_id}/comments/seen").status_code == 303
    assert "提及您" not in lead.get("/inbox").text
    assert "提及您" not in lead.get(f"/cases/{case_id}").text
    assert "提及您" in branch.at("colleague").get("/inbox").text


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("  ", "发表留言"),
        ("@nobody 请看", "@ 后应为可查看本案的员工登录名"),
        ("@admin 请看", "@ 后应为可查看本案的员工登录名"),  # sees no case
        ("字" * 4001, "文字过长"),
        ("a\x00b", "文字中含有无法保存的字符"),
    ],
)
def test_what_cannot_be_kept_is_said_and_the_words_stay(
    branch: Branch, room: CaseRoom, case_id: str, words: str, fault: str
) -> None:
    answer = branch.at("collector").post(f"/cases/{case_id}/comments", words=words)
    assert answer.status_code == 422
    assert fault in answer.text
    if "\x00" not in words:
        assert read(answer).one("textarea", name="words").text == words
    with room.store.reading() as connection:
        assert connection.execute(select(remarks)).all() == []


def test_only_who_works_on_cases_comments(branch: Branch, case_id: str) -> None:
    assert _write(branch, "compliance", case_id, "x") == 403
    assert _write(branch, "admin", case_id, "x") == 403
    assert _write(branch, "collector", "case-nothing-1", "x") == 404


def test_whoever_is_kept_off_neither_writes_nor_is_named(
    branch: Branch, room: CaseRoom, case_id: str
) -> None:
    complaint = {
        "hold_id": "h-1",
        "borrower_id": room.case(case_id).borrower_id,
        "kind": "complaint",
        "scope": "person",
        "reason": "call",
        "against": "s-colleague",
        "placed_by": "s-desk",
        "placed_at": room.now,
    }
    with room.store.transaction() as connection:
        connection.execute(insert(holds), complaint)
    assert _write(branch, "colleague", case_id, "x") == 404
    assert _write(branch, "collector", case_id, "@colleague 请看") == 422
