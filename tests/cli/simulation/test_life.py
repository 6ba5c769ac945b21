"""A case of the simulation from which nothing is heard is woken, and waited for again."""

import asyncio
from datetime import date
from typing import cast

import pytest

from arrears.cli.simulation import life
from arrears.cli.simulation.life import Bank, Life
from arrears.cli.simulation.portfolio import Debt


class Silent:
    """A bank whose case says nothing before it was woken so often."""

    def __init__(self, wakes_after: int) -> None:
        self.nudges: list[str] = []
        self.said = asyncio.Event()
        self.carrier = self
        self._wakes_after = wakes_after

    async def nudge(self, case_id: str) -> None:
        self.nudges.append(case_id)
        if len(self.nudges) >= self._wakes_after:
            self.said.set()


@pytest.mark.parametrize("wakes_after", [0, 1, 3])
async def test_a_case_is_woken_until_it_is_heard_of(
    monkeypatch: pytest.MonkeyPatch, wakes_after: int
) -> None:
    monkeypatch.setattr(life, "_SILENCE_SECONDS", 0.001)
    bank = Silent(wakes_after)
    if not wakes_after:
        bank.said.set()
    debt = Debt("TW1", "B1", "case-TW1-1", 100, 100, date(2026, 1, 1))
    case = Life(cast("Bank", bank), debt, ())
    while not bank.said.is_set():
        await case.heard_or_nudged(bank.said)
    await case.heard_or_nudged(bank.said)
    assert bank.nudges == ["case-TW1-1"] * wakes_after
