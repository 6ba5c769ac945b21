"""A folder belongs to one simulation: the same command goes on, another one is told so."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

import pytest

from arrears.cli.simulation.terms import OtherSimulation, SimulationTerms, settle_in
from arrears.store import packs

TERMS: Final = SimulationTerms("samples/uci", 60, date(2026, 1, 5), 150, seed=1)


def test_the_same_terms_go_on(tmp_path: Path) -> None:
    assert settle_in(tmp_path / "new", TERMS)
    assert not settle_in(tmp_path / "new", TERMS)


def test_other_terms_are_told_what_differs(tmp_path: Path) -> None:
    settle_in(tmp_path / "new", TERMS)
    with pytest.raises(OtherSimulation, match="another as_of, seed"):
        settle_in(tmp_path / "new", replace(TERMS, seed=2, as_of=date(2026, 1, 6)))


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "arrears.db").touch()
    with pytest.raises(OtherSimulation, match="no simulation"):
        settle_in(tmp_path, TERMS)
    assert [path.name for path in tmp_path.iterdir()] == ["arrears.db"]


def test_it_begins_in_the_banks_morning_and_lives_whole_days() -> None:
    calendar = packs.load("cn-bank-2026").calendar
    assert TERMS.begins_at(calendar) == calendar.instant(date(2026, 1, 5), hour=9)
    assert TERMS.last_day == date(2026, 6, 4)
    assert TERMS.ends_at(calendar) == calendar.start_of(date(2026, 6, 5))
