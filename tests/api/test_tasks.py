import pytest
from sqlalchemy import func, select, update

from arrears.policy.tasks import Role
from arrears.store.tables import messages, remarks, tasks
from tests.api import rows
from tests.api.conftest import Server
from tests.api.doorway import told


def _ids(server: Server, *roles: Role, **params: str) -> list[str]:
    page = server.as_(*roles).get("/api/v1/tasks", params=params).json()
    return [item["task_id"] for item in page["items"]]


def test_the_list_holds_mine_and_the_free_ones_of_my_roles_next_due_first(server: Server) -> None:
    case_id, me = rows.a_case(server.store), server.person(Role.COLLECTOR).staff_id
    late = rows.a_task(server.store, case_id, 1, due_in_days=9)
    mine = rows.a_task(server.store, case_id, 2, due_in_days=5, assignee=me)
    soon = rows.a_task(server.store, case_id, 3, due_in_days=2)
    rows.a_task(server.store, case_id, 4, assignee="s-x")
    rows.a_task(server.store, case_id, 5, role=Role.TEAM_LEAD)
    rows.a_task(server.store, case_id, 6, status="done")
    assert _ids(server, Role.COLLECTOR) == [soon, mine, late]
    assert _ids(server, Role.COLLECTOR, whose="mine") == [mine]
    assert _ids(server, Role.COLLECTOR, whose="unclaimed") == [soon, late]
    assert _ids(server, Role.OPERATOR) == []


def test_tasks_due_at_the_same_instant_come_once_each_over_the_pages(server: Server) -> None:
    case_id = rows.a_case(server.store)
    made = {rows.a_task(server.store, case_id, number, due_in_days=number % 2) for number in range(9)}
    client, seen, cursor = server.as_(Role.COLLECTOR), [], None
    for _ in range(9):
        page = client.get(
            "/api/v1/tasks", params={"limit": 2} | ({"cursor": cursor} if cursor else {})
        ).json()
        seen += [item["task_id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(made)
    assert set(seen) == made


def test_a_task_says_what_may_be_done_with_it(server: Server) -> None:
    case_id, me = rows.a_case(server.store), server.person(Role.LEGAL_ADVISOR).staff_id
    kinds = {"kind": "second_approval", "role": Role.LEGAL_ADVISOR}
    free = rows.a_task(server.store, case_id, 1, **kinds)  # type: ignore[arg-type]  # by name above
    barred = rows.a_task(server.store, case_id, 2, **kinds, barred=(me,))  # type: ignore[arg-type]
    taken = rows.a_task(server.store, case_id, 3, **kinds, assignee="s-x")  # type: ignore[arg-type]
    done = rows.a_task(server.store, case_id, 4, **kinds, status="done")  # type: ignore[arg-type]
    client = server.as_(Role.LEGAL_ADVISOR)

    def may(task_id: str) -> tuple[bool, bool]:
        full = client.get(f"/api/v1/tasks/{task_id}").json()
        assert full["outcomes"] == ["approve", "refuse"]
        return full["task"]["may_claim"], full["task"]["may_decide"]

    assert [may(task_id) for task_id in (free, barred, taken, done)] == [
        (True, True),
        (False, False),
        (False, False),
        (False, False),
    ]


def test_a_task_is_taken_answered_and_the_answer_can_be_followed(server: Server) -> None:
    task_id = rows.a_task(server.store, rows.a_case(server.store))
    client = server.as_(Role.COLLECTOR)
    assert client.post(f"/api/v1/tasks/{task_id}/claim").json()["assignee"] == "s-collector"
    answer = client.post(
        f"/api/v1/tasks/{task_id}/decision",
        json={"outcome": "ptp", "facts_no": 1, "amount_minor": 5000, "on": "2026-11-10", "reason": "工资日"},
    )
    assert answer.status_code == 202
    message_id = answer.json()["message_id"]
    state = client.get(f"/api/v1/messages/{message_id}").json()
    assert (state["status"], state["task_id"], state["reason"]) == ("waiting", task_id, None)
    assert client.get(f"/api/v1/tasks/{task_id}").json()["message_id"] == message_id
    with server.store.transaction() as connection:
        connection.execute(messages.update().values(status="refused", reason="facts_changed"))
    state = client.get(f"/api/v1/messages/{message_id}").json()
    assert (state["status"], state["reason"]) == ("refused", "facts_changed")


def test_the_second_of_two_is_told_and_nothing_personal(server: Server) -> None:
    task_id = rows.a_task(server.store, rows.a_case(server.store))
    first = rows.a_person(server.store, Role.COLLECTOR, login="first")
    second = rows.a_person(server.store, Role.COLLECTOR, login="second")
    assert server.speaking_for(first).post(f"/api/v1/tasks/{task_id}/claim").status_code == 200
    for path, body in (("claim", None), ("release", None), ("decision", {"outcome": "na", "facts_no": 1})):
        answer = server.speaking_for(second).post(f"/api/v1/tasks/{task_id}/{path}", json=body)
        assert (answer.status_code, answer.json()["detail"]) == (409, "task_taken"), path
        assert first.name not in answer.text
    assert server.speaking_for(first).post(f"/api/v1/tasks/{task_id}/release").json()["assignee"] is None


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"outcome": "ptp", "facts_no": 1}, {("amount_minor", "amount_required"), ("on", "day_required")}),
        ({"outcome": "rtp", "facts_no": 1}, {("reason", "reason_required")}),
        ({"outcome": "sue", "facts_no": 1}, {("outcome", "answer_not_offered")}),
        ({"outcome": "na"}, {("facts_no", "missing")}),
        ({"outcome": "na", "facts_no": "1"}, {("facts_no", "int_type")}),
        ({"outcome": "na", "facts_no": True}, {("facts_no", "int_type")}),
        ({"outcome": "na", "facts_no": 1, "amount_minor": 1.5}, {("amount_minor", "int_type")}),
        ({"outcome": "na", "facts_no": 1, "amount_minor": -1}, {("amount_minor", "greater_than")}),
        ({"outcome": "na", "facts_no": 1, "amount": 1}, {("?", "extra_forbidden")}),
        ({"outcome": "na", "facts_no": 1, "on": "20.11.2026"}, {("on", "value_error")}),
        ({"outcome": "na", "facts_no": 1, "reason": "a\x00b"}, {("reason", "control_sign")}),
    ],
)
def test_an_answer_that_lacks_something_says_what_and_decides_nothing(
    quick_server: Server, body: dict[str, object], fields: set[tuple[str, str]]
) -> None:
    task_id = rows.a_task(quick_server.store, rows.a_case(quick_server.store))
    answer = quick_server.as_(Role.COLLECTOR).post(f"/api/v1/tasks/{task_id}/decision", json=body)
    assert answer.status_code == 422
    assert {(fault["field"], fault["why"]) for fault in answer.json()["errors"]} == fields
    with quick_server.store.reading() as connection:
        for table in (messages, remarks):
            assert connection.execute(select(func.count()).select_from(table)).scalar() == 0
        assert connection.execute(select(tasks.c.assignee)).scalar() is None


def test_a_message_of_a_colleague_is_not_there(server: Server) -> None:
    message_id = rows.a_message(server.store, rows.a_case(server.store), actor="s-x")
    answer = server.as_(Role.COLLECTOR).get(f"/api/v1/messages/{message_id}")
    missing = server.as_(Role.COLLECTOR).get("/api/v1/messages/none")
    assert (answer.status_code, told(answer)) == (404, told(missing))
    assert server.as_(Role.TEAM_LEAD).get(f"/api/v1/messages/{message_id}").status_code == 200


@pytest.mark.rule("T14")
def test_a_promise_too_far_ahead_is_refused_at_the_door(server: Server) -> None:
    task_id = rows.a_task(server.store, rows.a_case(server.store))
    far = {"outcome": "ptp", "facts_no": 1, "amount_minor": 5000, "on": "2026-11-17"}
    refused = server.as_(Role.COLLECTOR).post(f"/api/v1/tasks/{task_id}/decision", json=far)
    assert refused.status_code == 422
    assert "promise_too_far" in refused.text


@pytest.mark.rule("4.6-5")
def test_a_question_that_came_back_says_what_changed_since(server: Server) -> None:
    case_id = rows.a_case(server.store)
    first = rows.a_task(server.store, case_id, 1, kind="legal_review", role=Role.LEGAL_ADVISOR)
    client = server.as_(Role.LEGAL_ADVISOR)
    assert client.get(f"/api/v1/tasks/{first}").json()["asked_before"] is None
    rows.a_task(server.store, case_id, 2, kind="legal_review", role=Role.LEGAL_ADVISOR)
    again = f"{case_id}-t1-2"
    with server.store.transaction() as connection:
        connection.execute(
            update(tasks)
            .where(tasks.c.task_id == first)
            .values(status="done", outcome="sue", decided_by="s-1", closed_seq=2, closed_at=rows.AT)
        )
        facts = {"overdue_minor": 90_000, "holds": ["dispute"], "address_no": 1}
        connection.execute(update(tasks).where(tasks.c.task_id == again).values(opened_seq=3, facts=facts))
    told = client.get(f"/api/v1/tasks/{again}").json()["asked_before"]
    assert (told["kind"], told["outcome"], told["decided_by"]) == ("legal_review", "sue", "s-1")
    assert told["changed"] == [
        {"fact": "overdue_minor", "before": 100_000, "after": 90_000},
        {"fact": "holds", "before": [], "after": ["dispute"]},
        {"fact": "address", "before": None, "after": None},
    ]
