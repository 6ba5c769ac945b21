"""One caller's flood is told to wait, and nobody else notices."""

from typing import Final

import pytest

from api.pacing import Pace, TooManyRequests
from arrears.policy.tasks import Role
from tests.api.conftest import Server

SECOND: Final = 10**9


class Watch:
    """Nanoseconds."""

    now = 10**15

    def __call__(self) -> int:
        return self.now


def test_a_rush_is_borne_and_a_flood_waits_as_long_as_it_is_told() -> None:
    watch = Watch()
    pace = Pace(10, rush=3, now=watch)
    for _ in range(3):
        pace.take("corebank")
    with pytest.raises(TooManyRequests) as early:
        pace.take("corebank")
    assert early.value.seconds == 1
    pace.take("dialer")
    watch.now += SECOND // 10
    pace.take("corebank")
    with pytest.raises(TooManyRequests):
        pace.take("corebank")
    watch.now += early.value.seconds * SECOND
    for _ in range(3):
        pace.take("corebank")


def test_in_the_long_run_so_many_a_second_and_no_more() -> None:
    watch = Watch()
    pace = Pace(10, rush=5, now=watch)
    passed = 0
    for _ in range(1000):
        watch.now += SECOND // 100
        try:
            pace.take("corebank")
        except TooManyRequests:
            continue
        passed += 1
    assert passed == 10 * 10 + 4


def test_a_program_that_asks_too_often_is_told_when_to_come_back(quick_server: Server) -> None:
    watch = Watch()
    quick_server.app.state.pace = Pace(1, rush=2, now=watch)
    program, other = quick_server.as_(Role.OPS), quick_server.as_(Role.OPERATOR)
    assert [program.get("/api/v1/incidents").status_code for _ in range(3)] == [200, 200, 429]
    waits = program.get("/api/v1/incidents")
    assert (waits.json()["detail"], waits.headers["retry-after"]) == ("too_many_requests", "1")
    assert other.get("/api/v1/incidents").status_code == 200
    watch.now += int(waits.headers["retry-after"]) * SECOND
    assert program.get("/api/v1/incidents").status_code == 200


def test_a_token_that_is_refused_takes_nothing_from_its_person(quick_server: Server) -> None:
    quick_server.app.state.pace = Pace(1, rush=1, now=Watch())
    forged = quick_server.as_(Role.OPS)
    forged.headers["Authorization"] += "x"
    assert [forged.get("/api/v1/incidents").status_code for _ in range(3)] == [401] * 3
    assert quick_server.as_(Role.OPS).get("/api/v1/incidents").status_code == 200
