"""The way of a case: its stages in their order, how each is told, and which of them last for some days.

A stage is a line of `Stage` and one of `COURSE`; filters, the way on the case page, the explanation and the pack read
them here. What is asked of people in a stage is told in `stages.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Stage(StrEnum):
    """In the order in which a case passes them; CLOSED is none of the way, only where it ends."""

    INITIAL = "initial"
    FORMAL = "formal"
    LEGAL = "legal"
    CLOSED = "closed"


@dataclass(frozen=True)
class Step:
    """`first` and `later` name the sentence (`explain.Key`) that says how a case came in, as its first stage or after
    another. A stage that `lasts` stands between the approval of litigation and the court, for the days that the pack
    gives it. `says` is what a call in it tells the debtor of the debt (`scripts.Part`)."""

    first: str = "entered"
    later: str = "entered"
    lasts: bool = False
    says: tuple[str, ...] = ("owed", "ask")


COURSE: Final[Mapping[Stage, Step]] = {
    Stage.INITIAL: Step("opened", "stepped_back"),
    Stage.FORMAL: Step("overdue_again", "escalated", says=("owed", "notice", "ask")),
    Stage.LEGAL: Step("approved", "approved", says=("owed", "court", "ask")),
    Stage.CLOSED: Step("closed", "closed"),
}

WAY: Final = tuple(stage for stage in Stage if stage is not Stage.CLOSED)
LASTING: Final = tuple(stage for stage in WAY if COURSE[stage].lasts)


def way(stage_days: Mapping[str, int]) -> tuple[Stage, ...]:
    """The stages of a case under these terms: one that lasts is passed by where the pack gives it no days."""
    return tuple(stage for stage in WAY if stage not in LASTING or stage_days.get(stage))


def after(stage: Stage, stage_days: Mapping[str, int]) -> Stage:
    """The next one of the way; the last one itself."""
    place = WAY.index(stage)
    return next((one for one in way(stage_days) if WAY.index(one) > place), stage)
