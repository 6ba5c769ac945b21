"""Every answer says what a page may load and who may keep it."""

from pathlib import Path

import httpx
import pytest

from arrears.contracts import Unchanging
from arrears.store.session import Store
from tests.api.doorway import Doorway
from tests.builders import CaseRoom
from tests.web.branch import Branch
from web.app import create_app
from web.headers import POLICY


@pytest.mark.parametrize(
    "path",
    ["/login", "/nothing", "/inbox", "/static/app.css", "/static/no.css", "/api/v1/cases", "/health/live"],
)
def test_every_answer_carries_the_policy(branch: Branch, path: str) -> None:
    answer = branch.visitor().get(path)
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"


def test_the_policy_allows_nothing_inline_and_nothing_from_outside() -> None:
    assert "unsafe" not in POLICY
    assert "http" not in POLICY
    assert POLICY.startswith("default-src 'none'")


@pytest.mark.parametrize("path", ["/login", "/inbox", "/nothing"])
def test_pages_are_kept_by_nobody(branch: Branch, path: str) -> None:
    answer = branch.at("collector").get(path)
    assert answer.headers["cache-control"] == "no-store"
    assert "Cookie" in answer.headers["vary"]
    assert "HX-Request" in answer.headers["vary"]


def test_files_named_by_their_content_are_kept_for_ever(branch: Branch) -> None:
    visitor = branch.visitor()
    version = visitor.get("/login").text.split("app.css?v=")[1][:12]
    assert "immutable" in visitor.get(f"/static/app.css?v={version}").headers["cache-control"]
    assert visitor.get("/static/app.css?v=000000000000").headers["cache-control"] == "no-cache"
    assert visitor.get("/static/app.css").headers["cache-control"] == "no-cache"


def test_strict_transport_only_where_the_browser_comes_over_tls(
    branch: Branch, room: CaseRoom, sqlite_store: Store
) -> None:
    assert "strict-transport-security" not in branch.visitor().get("/login").headers
    branch.app = create_app(
        settings=branch.settings,
        store=sqlite_store,
        desk=room.desk,
        entrance=type(branch.entrance)(
            sqlite_store, branch.entrance.sessions, branch.entrance.sign_in, branch.entrance.tokens, True
        ),
        rules=Unchanging(room.rules),
    )
    assert "max-age" in branch.visitor().get("/login").headers["strict-transport-security"]


def test_a_broken_page_says_so_and_carries_the_policy(branch: Branch, room: CaseRoom) -> None:
    case_id = room.a_case()
    with room.store.transaction() as connection:
        connection.exec_driver_sql("UPDATE cases SET state = '[]'")
    answer = branch.at("lead").get(f"/cases/{case_id}")
    assert answer.status_code == 500
    assert answer.headers["content-security-policy"] == POLICY
    assert "系统出错了" in answer.text
    assert "AttributeError" not in answer.text


def test_a_database_that_is_away_gets_a_page_of_its_own(branch: Branch, tmp_path: Path) -> None:
    desk = branch.at("collector")
    branch.room.store.engine.dispose()
    for file in tmp_path.glob("arrears.db*"):
        file.unlink()
    (tmp_path / "arrears.db").mkdir()
    answer = desk.get("/inbox")
    assert answer.status_code == 503
    assert "数据库没有响应" in answer.text
    assert answer.headers["retry-after"]


def test_reports_of_browsers_are_taken(branch: Branch) -> None:
    answer = branch.visitor().post("/csp", content=b"{}", headers={"Content-Type": "application/csp-report"})
    assert answer.status_code == 204


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8400", 200),
        ("localhost", 200),
        ("inbox.bank.example", 200),
        ("evil.example", 400),
        ("", 400),
    ],
)
def test_the_server_answers_to_its_own_names_alone(branch: Branch, host: str, status: int) -> None:
    named = branch.settings.model_copy(update={"host_names": "inbox.bank.example, other.example"})
    app = create_app(
        settings=named,
        store=branch.room.store,
        desk=branch.room.desk,
        entrance=branch.entrance,
        rules=Unchanging(branch.room.rules),
    )
    client = httpx.Client(transport=Doorway(app), base_url="http://127.0.0.1:8400")
    assert client.get("/static/app.css", headers={"Host": host}).status_code == status
