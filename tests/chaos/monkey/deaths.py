"""What a run is, and who dies when in it: drawn by its seed, and nothing else of a run is."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

TARGETS: Final = {
    "sqlite": ("serve", "worker", "relay", "temporal"),
    "postgres": ("serve", "worker", "relay", "temporal", "postgres", "backend"),
}
SHORTEST, LONGEST = 3.0, 8.0  # seconds between two deaths


@dataclass(frozen=True)
class Terms:
    seed: int
    seconds: float = 90.0
    cases: int = 200
    database: str = "sqlite"

    @property
    def escalated(self) -> int:
        """So many of the cases are past the calls, and letters go out of them."""
        return max(4, self.cases // 8)


@dataclass(frozen=True)
class Death:
    at: float  # seconds from the beginning
    target: str
    which: float


def deaths(terms: Terms) -> Iterator[Death]:
    """Who dies when: the same for the same seed."""
    chance, at = Random(terms.seed), 0.0
    while (at := at + chance.uniform(SHORTEST, LONGEST)) < terms.seconds:
        yield Death(at, chance.choice(TARGETS[terms.database]), chance.random())
