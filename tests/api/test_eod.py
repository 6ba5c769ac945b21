"""The core bank closes a day through the JSON door."""

import pytest

from arrears.policy.tasks import Role
from tests.api.conftest import Server


def test_a_day_is_closed_once(server: Server) -> None:
    client = server.as_(Role.OPS)
    body = {"business_date": "2026-11-02"}
    first, again = client.post("/api/v1/eod", json=body), client.post("/api/v1/eod", json=body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json() == {"business_date": "2026-11-02", "cases_told": 0}


@pytest.mark.parametrize("day", ["2999-01-01", "2026-02-30", 5, None])
def test_a_day_that_cannot_be_closed_is_refused(quick_server: Server, day: object) -> None:
    answer = quick_server.as_(Role.OPS).post("/api/v1/eod", json={"business_date": day})
    assert answer.status_code == 422
    assert answer.json()["errors"]


def test_only_ops_close_a_day(quick_server: Server) -> None:
    for role in (Role.COLLECTOR, Role.MANAGER, Role.COMPLIANCE):
        answer = quick_server.as_(role).post("/api/v1/eod", json={"business_date": "2026-11-02"})
        assert answer.status_code == 403
