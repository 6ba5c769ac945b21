from arrears.policy.tasks import Role
from tests.api import rows
from tests.api.conftest import Server
from tests.api.doorway import told


def test_cases_come_page_by_page_and_each_once(server: Server) -> None:
    made = [rows.a_case(server.store, f"L{number:02d}") for number in range(7)]
    client = server.as_(Role.COLLECTOR)
    seen, cursor = [], None
    for _ in range(4):
        page = client.get(
            "/api/v1/cases", params={"limit": 3, **({"cursor": cursor} if cursor else {})}
        ).json()
        seen += [line["case_id"] for line in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == sorted(made)


def test_cases_are_chosen_by_stage_and_status(server: Server) -> None:
    rows.a_case(server.store, "L1")
    formal = rows.a_case(server.store, "L2", stage="formal")
    closed = rows.a_case(server.store, "L3", stage="closed", status="closed")
    client = server.as_(Role.TEAM_LEAD)

    def ids(**wanted: str) -> list[str]:
        return [line["case_id"] for line in client.get("/api/v1/cases", params=wanted).json()["items"]]

    assert ids(stage="formal") == [formal]
    assert ids(status="closed") == [closed]
    assert ids(stage="legal") == []
    assert client.get("/api/v1/cases", params={"stage": "formall"}).status_code == 422


def test_a_case_is_shown_with_masked_name_and_numbers(server: Server) -> None:
    case_id = rows.a_case(server.store)
    answer = server.as_(Role.COLLECTOR).get(f"/api/v1/cases/{case_id}")
    borrower = answer.json()["borrower"]
    assert borrower["name"] == "欧*"
    assert {point["channel"]: point["address"] for point in borrower["contacts"]} == {
        "phone": "138****5678",
        "email": "q****@example.cn",
        "post": "****",
    }
    assert rows.NAME not in answer.text
    assert rows.PHONE not in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_only_who_holds_a_task_of_the_case_sees_the_name(server: Server) -> None:
    case_id = rows.a_case(server.store)
    holder = server.person(Role.COLLECTOR)
    task_id = rows.a_task(server.store, case_id, assignee=holder.staff_id)
    name_for_holder = server.speaking_for(holder).get(f"/api/v1/cases/{case_id}").json()["borrower"]["name"]
    assert name_for_holder == rows.NAME
    for role in (Role.TEAM_LEAD, Role.LEGAL_ADVISOR, Role.MANAGER, Role.COMPLIANCE, Role.OPERATOR):
        client = server.as_(role)
        assert client.get(f"/api/v1/cases/{case_id}").json()["borrower"]["name"] == "欧*"
        assert rows.NAME not in client.get(f"/api/v1/tasks/{task_id}").text


def test_the_timeline_is_told_step_by_step(server: Server) -> None:
    case_id = rows.a_case(server.store)
    for seq in range(2, 6):
        rows.a_step(server.store, case_id, seq=seq)
    rows.a_message(server.store, case_id, actor="s-somebody")
    client = server.as_(Role.COMPLIANCE)
    first = client.get(f"/api/v1/cases/{case_id}/timeline", params={"limit": 3}).json()
    assert [step["seq"] for step in first["steps"]] == [1, 2, 3]
    assert first["unsettled"] == []
    rest = client.get(f"/api/v1/cases/{case_id}/timeline", params={"cursor": first["next"]}).json()
    assert [step["seq"] for step in rest["steps"]] == [4, 5]
    assert [said["status"] for said in rest["unsettled"]] == ["waiting"]
    assert rest["next"] is None


def test_a_missing_case_a_strange_id_and_a_forbidden_role_tell_nothing(server: Server) -> None:
    case_id = rows.a_case(server.store)
    client = server.as_(Role.COLLECTOR)
    missing = client.get("/api/v1/cases/case-L9-1")
    strange = client.get("/api/v1/cases/case-%00%27--")
    assert missing.status_code == strange.status_code == 404
    assert told(missing) == told(strange)
    assert client.get("/api/v1/cases/case-L9-1/timeline").status_code == 404
    admin = server.as_(Role.ADMIN)
    assert told(admin.get(f"/api/v1/cases/{case_id}")) == told(admin.get("/api/v1/cases/case-L9-1"))


def test_a_cursor_of_somebody_else_is_refused(quick_server: Server) -> None:
    client = quick_server.as_(Role.COLLECTOR)
    for cursor in ("x", "%00", "WzFd", "W10", "bnVsbA", "[" * 300, "WyJhIiwiYiIsImMiXQ", "é"):
        for path in ("/api/v1/cases", "/api/v1/tasks"):
            answer = client.get(path, params={"cursor": cursor})
            assert (answer.status_code, answer.json()["detail"]) == (422, "bad_cursor"), (path, cursor)
