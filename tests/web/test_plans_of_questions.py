"""No page and no act reads a whole table that grows with the bank: what SQLite plans for each question, with what is bound."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
from sqlalchemy import event

from arrears.store.session import Store
from tests.builders import CaseRoom
from tests.web.branch import Branch

GROWS: Final = (
    "tasks|messages|cases|loans|borrowers|contact_points|contact_attempts|records|audit|payments|allocations"
    "|remarks|deadlines|notices|holds|promises|drafts|mentions|parties|reveals"
)
_WHOLE: Final = re.compile(rf"^SCAN ({GROWS})\b(?!.* USING (COVERING )?INDEX)")

Asked = list[tuple[str, Any]]


@contextmanager
def _listening(store: Store) -> Iterator[Asked]:
    asked: Asked = []

    def hear(_: Any, __: Any, statement: str, parameters: Any, ___: Any, many: bool) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")) and not many:
            asked.append((statement, parameters))

    event.listen(store.engine, "before_cursor_execute", hear)
    yield asked
    event.remove(store.engine, "before_cursor_execute", hear)


def _whole(store: Store, asked: Asked) -> set[str]:
    found = set()
    with store.reading() as connection:
        for statement, parameters in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            found |= {f"{row[3]} for {statement[:300]}" for row in plan if _WHOLE.match(row[3])}
    return found


@pytest.mark.parametrize(
    ("login", "path"),
    [
        ("collector", "/inbox"),
        ("collector", "/inbox?view=mine"),
        ("collector", "/inbox?view=late&stage=initial&band=2"),
        ("lead", "/inbox?team=1&not_holder=-"),
        ("collector", "/tasks/{task}"),
        ("collector", "/cases/{case}"),
        ("collector", "/cases/{case}/debtor"),
        ("lead", "/team"),
        ("advisor1", "/approvals"),
        ("ops", "/incidents"),
    ],
)
def test_a_page_reads_no_whole_table(branch: Branch, room: CaseRoom, login: str, path: str) -> None:
    case_id = room.a_case(days_past_due=12)
    room.say(case_id, "first_contact", "na", by="s-collector")
    task_id = room.task(room.a_case(), "first_contact").task_id
    with _listening(room.store) as asked:
        assert branch.at(login).get(path.format(task=task_id, case=case_id)).status_code == 200
    assert len(asked) > 3
    assert _whole(room.store, asked) == set()


@pytest.mark.parametrize("act", ["claim", "decision", "draft", "comments", "release", "search"])
def test_an_act_reads_no_whole_table(branch: Branch, room: CaseRoom, act: str) -> None:
    desk, task_id = branch.at("collector"), room.task(room.a_case(), "first_contact").task_id
    if act not in ("claim", "search"):
        desk.post(f"/tasks/{task_id}/claim")
    room.away = True  # what follows from an answer is the case's, not the page's
    typed: dict[str, Any] = {"outcome": "na", "facts_no": "1", "reason": "x", "words": "王"}
    with _listening(room.store) as asked:
        path = "/inbox/search" if act == "search" else f"/tasks/{task_id}/{act}"
        assert desk.post(path, **typed).status_code < 400
    assert _whole(room.store, asked) == set()


def test_a_missing_index_is_noticed(branch: Branch, room: CaseRoom) -> None:
    room.a_case()
    with room.store.transaction() as connection:
        connection.exec_driver_sql("drop index messages_by_task")
    with _listening(room.store) as asked:
        branch.at("collector").get("/inbox")
    assert any("SCAN messages" in one for one in _whole(room.store, asked))
