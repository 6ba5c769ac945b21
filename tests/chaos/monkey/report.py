"""What came of one run: its figures, and every fault as a sentence."""

from collections import Counter
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

SETTLED_SECONDS: Final = 30.0
SERVES_SECONDS: Final = 10.0


@dataclass(frozen=True)
class Report:
    """Lists of strings are faults; seconds are measured and have a bar of their own."""

    seed: int
    database: str
    seconds: float
    cases: int
    load: tuple[float, float]  # of the machine, before and after
    deaths: Counter[str]
    again: dict[str, list[float]]
    ended_by_themselves: dict[str, int]
    accepted: Counter[str]
    asked_again: int
    answers: Counter[str]
    heard: Counter[str]  # applied messages by what they say
    refused: Counter[str]  # and refused ones by the reason
    letters: int  # that lie in the folder
    settled_seconds: float | None
    invariants: int
    violations: list[str]
    trail_rows: int
    trail_broken: list[str]
    lost: list[str]
    apart: list[str]
    strange: Counter[str]
    replayed: int
    not_replayed: list[str]

    @property
    def faults(self) -> list[str]:
        """What may never be, however slow the machine is."""
        never = [] if self.settled_seconds is not None else ["what was said does not settle"]
        odd = [f"{what}, {times} times" for what, times in self.strange.items()]
        return [
            *never,
            *self.violations,
            *self.trail_broken,
            *self.lost,
            *self.apart,
            *self.not_replayed,
            *odd,
        ]

    @property
    def too_slow(self) -> list[str]:
        """Beyond a bar; on a busy machine that may be the machine's."""
        late = [
            f"{part} served again after {max(took):.1f} s"
            for part, took in self.again.items()
            if took and max(took) > SERVES_SECONDS
        ]
        if self.settled_seconds is not None and self.settled_seconds > SETTLED_SECONDS:
            late.append(f"all was heard {self.settled_seconds:.1f} s after the last death")
        return late

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "faults": self.faults, "too_slow": self.too_slow}

    def in_words(self) -> str:
        deaths = ", ".join(f"{part} {n}" for part, n in sorted(self.deaths.items()))
        accepted = ", ".join(f"{n} of {kind}" for kind, n in sorted(self.accepted.items()))
        served = ", ".join(
            f"{part} {max(took):.1f} s (in the middle {median(took):.1f})"
            for part, took in self.again.items()
            if took
        )
        settled = "never" if self.settled_seconds is None else f"after {self.settled_seconds:.1f} s"
        lines = [
            f"Seed {self.seed}, {self.database}: {self.cases} cases, {self.seconds:.0f} s, load {self.load[0]:.1f} to {self.load[1]:.1f}.",
            f"Killed: {deaths or 'nobody'}. Ended by themselves: {_counted(self.ended_by_themselves)}.",
            f"Served again at the latest after: {served or 'nobody had to'}.",
            f"Words accepted: {accepted}; {self.asked_again} were asked again before they were answered.",
            f"Answers seen: {_counted(self.answers)}.",
            f"Heard: {_counted(self.heard)}; refused: {_counted(self.refused)}; all was heard {settled} of peace; {self.letters} letters went out.",
            (
                f"{self.invariants} invariants asked, {len(self.violations)} violations; "
                f"{self.trail_rows:,} rows of the trail, {len(self.trail_broken)} broken; "
                f"{len(self.lost)} lost, doubled or made up; {len(self.apart)} cases apart from their workflow, "
                f"{self.replayed} replayed the same, {len(self.not_replayed)} not."
            ),
        ]
        lines += [f"FAULT {fault}" for fault in self.faults] + [f"SLOW {late}" for late in self.too_slow]
        return "\n".join(lines)


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{what} {n}" for what, n in sorted(counts.items())) or "none"
