import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from arrears import clock
from arrears.store.session import Store, open_engine
from tests.api import rows
from tests.api.conftest import Server
from tests.store.expanding import expand
from tests.tampering import as_owner


async def _reached() -> bool:
    return True


async def _not_reached() -> bool:
    return False


async def _breaks() -> bool:
    raise RuntimeError("the client is in pieces, 13812345678")


async def _hangs() -> bool:
    await asyncio.Event().wait()
    return True


def _ready(server: Server) -> tuple[int, dict[str, object]]:
    answer = server.anyone().get("/health/ready")
    return answer.status_code, answer.json()


def test_live_says_so_without_asking_anybody(quick_server: Server) -> None:
    quick_server.store.close()
    assert quick_server.anyone().get("/health/live").json() == {"status": "live"}


def test_ready_when_all_is_there(server: Server) -> None:
    server.app.state.temporal_reachable = _reached
    assert _ready(server) == (
        200,
        {"status": "ready", "database": "ok", "temporal": "ok", "outbox_age_seconds": None},
    )


def test_without_temporal_people_still_work(quick_server: Server) -> None:
    for away in (_not_reached, _breaks, _hangs):
        quick_server.app.state.temporal_reachable = away
        status, body = _ready(quick_server)
        assert (status, body["status"], body["temporal"]) == (200, "degraded", "away")
        assert "138" not in str(body)


def test_without_a_database_nobody_does(tmp_path: Path, serve: Callable[[Store], Server]) -> None:
    server = serve(Store(open_engine(f"sqlite:///{tmp_path}/missing/arrears.db")))
    server.app.state.temporal_reachable = _reached
    status, body = _ready(server)
    assert (status, body["status"], body["database"]) == (503, "not_ready", "away")
    assert server.anyone().get("/api/v1/tasks").status_code == 401
    answer = server.anyone().post("/api/v1/token", json={"login": "li", "password": "x" * 12})
    assert (answer.status_code, answer.json()["detail"]) == (503, "database_away")
    assert int(answer.headers["retry-after"]) > 0


def test_a_database_of_another_version_is_not_ready(server: Server) -> None:
    with as_owner(server.store) as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
        connection.execute(text("update schema_serves set oldest = '9999'"))
    status, body = _ready(server)
    assert (status, body["database"], body["temporal"]) == (503, "wrong_schema", "not_watched")


def test_tables_that_a_later_version_added_to_are_ready(server: Server) -> None:
    with as_owner(server.store) as connection:
        expand(connection)
    status, body = _ready(server)
    assert (status, body["database"]) == (200, "ok")


def test_the_age_of_the_outbox_is_that_of_the_oldest_message_not_sent(server: Server) -> None:
    case_id = rows.a_case(server.store)
    now = clock.machine_now()

    def waiting(minutes: int, **values: Any) -> None:
        arrival = int((now - timedelta(minutes=minutes)).timestamp() * 1_000_000) * 64 + 5
        rows.a_message(
            server.store, case_id, actor="s-x", message_id=f"m{minutes}", arrival=arrival, **values
        )

    waiting(90, status="applied")
    waiting(80, status="sent")
    waiting(70, effective_at=rows.AT + timedelta(seconds=10))
    assert _ready(server)[1]["outbox_age_seconds"] is None
    waiting(60)
    waiting(30)
    age = _ready(server)[1]["outbox_age_seconds"]
    assert isinstance(age, int)
    assert 3600 <= age < 3600 + 600
