"""Colleagues talk about a case, name each other and hand each other documents; whoever is named finds it in the inbox until it is seen."""

import pytest
from sqlalchemy import insert, select

from arrears.channels.cabinet import LARGEST
from arrears.store.tables import audit_rows, documents, holds, messages, remarks, reveals
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


# ---- documents -------------------------------------------------------------------------------------------

PDF = b"%PDF-1.7 of a hospital"


def test_a_document_is_handed_over_and_whoever_opens_it_is_kept(
    branch: Branch, room: CaseRoom, case_id: str
) -> None:
    collector, lead = branch.at("collector"), branch.at("lead")
    answer = collector.send_file(
        f"/cases/{case_id}/comments", PDF, name="C:/病历\u202e.pdf", words="住院证明"
    )
    assert answer.status_code == 303
    page = read(lead.get(f"/cases/{case_id}"))
    href = page.links["病历.pdf"]
    opened = lead.get(href)
    assert (opened.content, opened.headers["content-type"]) == (PDF, "application/pdf")
    assert "病历" not in opened.headers["content-disposition"]
    with room.store.reading() as connection:
        [look] = connection.execute(select(reveals).where(reveals.c.what == "attachment")).all()
        (sealed,) = connection.execute(
            select(audit_rows.c.detail).where(audit_rows.c.what == "comment_written")
        ).scalars()
    assert (look.staff_id, look.case_id) == ("s-lead", case_id)
    assert "sha256" in str(sealed)
    assert "病历" not in str(sealed)


def test_whoever_may_not_see_the_debtor_in_full_sees_that_there_is_a_document(
    branch: Branch, case_id: str
) -> None:
    branch.at("collector").send_file(f"/cases/{case_id}/comments", PDF, name="张三.pdf", words="")
    href = read(branch.at("lead").get(f"/cases/{case_id}")).links["张三.pdf"]
    page = branch.at("colleague").get(f"/cases/{case_id}").text
    assert "张三.pdf" not in page
    assert "PDF 文件" in page
    assert branch.at("colleague").get(href).status_code == 403
    assert branch.at("lead").get(href.replace("/comments/", "/comments/x")).status_code == 404


@pytest.mark.parametrize(
    ("content", "fault"),
    [(b"MZ a program", "不是 PDF"), (PDF + bytes(LARGEST), "文件过大")],
    ids=["a program", "too large"],
)
def test_what_is_no_document_is_refused_and_the_words_stay(
    branch: Branch, room: CaseRoom, case_id: str, content: bytes, fault: str
) -> None:
    answer = branch.at("collector").send_file(f"/cases/{case_id}/comments", content, words="请看附件")
    assert answer.status_code == 422
    assert fault in answer.text
    assert read(answer).one("textarea", name="words").text == "请看附件"
    with room.store.reading() as connection:
        assert connection.execute(select(remarks)).all() == []
        assert connection.execute(select(documents)).all() == []


def test_beside_a_task_a_comment_is_written_and_the_answer_that_is_being_typed_stays(
    branch: Branch, room: CaseRoom, case_id: str
) -> None:
    task_id = room.task(case_id, "first_contact").task_id
    collector = branch.at("collector")
    answer = collector.post(f"/tasks/{task_id}/comments", swap=True, words="@lead 请看")
    assert answer.text.lstrip().startswith('<section class="card" id="comments"')
    assert "answering" not in answer.text
    plain = collector.post(f"/tasks/{task_id}/comments", words="再补充一句")
    assert (plain.status_code, plain.headers["location"]) == (303, f"/tasks/{task_id}#comments")
    lead = branch.at("lead")
    assert "提及您" in lead.get(f"/tasks/{task_id}").text
    narrowed = read(lead.get(f"/tasks/{task_id}?view=free&team=1"))
    (seen,) = [one for one in narrowed.actions if "/comments/seen" in one]
    assert seen == f"/tasks/{task_id}/comments/seen?view=free&team=1"
    assert "提及您" not in lead.post(seen, swap=True).text
    empty = collector.post(f"/tasks/{task_id}/comments", swap=True, words="")
    assert (empty.status_code, "发表留言" in empty.text) == (422, True)
    assert collector.post("/tasks/nothing/comments", words="x").status_code == 404
