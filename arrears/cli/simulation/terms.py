"""What is simulated, kept beside its data so that the same command goes on and another one is told so."""

import json
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from arrears.policy.calendar import Calendar

MORNING_HOUR: Final = 9
_NAME: Final = "simulation.json"


class OtherSimulation(Exception):
    """The folder holds something else; the text says what."""


@dataclass(frozen=True)
class SimulationTerms:
    """`loans` None means all, `pack` "" the portfolio's own, `where` "" a database and a server of our own; cases live from the morning of `as_of` to the end of its `horizon_days`-th day."""

    portfolio: str
    loans: int | None
    as_of: date
    horizon_days: int
    seed: int
    pack: str = ""
    where: str = ""

    def begins_at(self, calendar: Calendar) -> int:
        """UTC seconds: the bank's morning of the day on which the portfolio arrives."""
        return calendar.instant(self.as_of, hour=MORNING_HOUR)

    @property
    def last_day(self) -> date:
        return self.as_of + timedelta(days=self.horizon_days)

    def ends_at(self, calendar: Calendar) -> int:
        """UTC seconds: what would happen from here on is not simulated."""
        return calendar.start_of(self.last_day + timedelta(days=1))


def has_begun(folder: Path) -> bool:
    return (folder / _NAME).exists()


def settle_in(folder: Path, terms: SimulationTerms) -> bool:
    """Take the folder for this simulation; False when it began earlier. Raises OtherSimulation."""
    kept, wanted = folder / _NAME, asdict(terms) | {"as_of": terms.as_of.isoformat()}
    if kept.exists():
        known = {"pack": "", "where": ""} | json.loads(
            kept.read_text("utf-8")
        )  # of a time before these could be named
        other = sorted(name for name in wanted if known.get(name) != wanted[name])
        if other:
            raise OtherSimulation(
                f"{folder} holds a simulation with another {', '.join(other)}: give it its own --data-dir."
            )
        return False
    if folder.exists() and any(folder.iterdir()):
        raise OtherSimulation(f"{folder} holds something that is no simulation: name another --data-dir.")
    folder.mkdir(parents=True, exist_ok=True)
    draft = kept.with_suffix(".new")
    draft.write_text(json.dumps(wanted, indent=1), "utf-8")
    draft.replace(kept)
    return True
