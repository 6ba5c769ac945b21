"""Calls that a busy server drops are made again; what it refuses is told at once."""

import pytest
from temporalio.service import RPCError, RPCStatusCode

from api.gateway import TemporalAway
from arrears.cli.simulation import patience
from arrears.cli.simulation.patience import patiently


class Server:
    def __init__(self, *fails: Exception) -> None:
        self.fails = list(fails)
        self.asked = 0

    async def call(self) -> str:
        self.asked += 1
        if self.fails:
            raise self.fails.pop(0)
        return "heard"


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_PAUSES", (0.0, 0.0))


async def test_a_dropped_call_is_made_again() -> None:
    server = Server(TemporalAway("CANCELLED"), RPCError("", RPCStatusCode.UNAVAILABLE, b""))
    assert await patiently(server.call) == "heard"
    assert server.asked == 3


async def test_patience_ends() -> None:
    server = Server(*[TemporalAway("UNAVAILABLE")] * 3)
    with pytest.raises(TemporalAway):
        await patiently(server.call)
    assert server.asked == 3


async def test_a_refusal_is_told_at_once() -> None:
    server = Server(RPCError("", RPCStatusCode.NOT_FOUND, b""))
    with pytest.raises(RPCError):
        await patiently(server.call)
    assert server.asked == 1
