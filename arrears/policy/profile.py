"""What a debtor says of why nothing was paid, and of will and means: the lists a contact is told with.

The causes are the grounds of hardship and what else is heard often; will and means are two of the sides by which cases are
told apart. Nothing is decided by them.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from arrears.policy.codes import TALK, Group


class Cause(StrEnum):
    INCOME = "income"
    ILLNESS = "illness"
    DISASTER = "disaster"
    FAMILY = "family"
    BUSINESS = "business"
    NO_CAPACITY = "no_capacity"
    DETENTION = "detention"
    OTHER_DEBTS = "other_debts"
    OVERLOOKED = "overlooked"
    OTHER = "other"


class Willingness(StrEnum):
    WILLING = "willing"
    WAVERING = "wavering"
    UNWILLING = "unwilling"


class Ability(StrEnum):
    ABLE = "able"
    PARTLY = "partly"
    UNABLE = "unable"


@dataclass(frozen=True)
class Profile:
    """As the debtor was heard; None for what was not spoken of."""

    cause: Cause | None = None
    willingness: Willingness | None = None
    ability: Ability | None = None


NOTHING_SAID: Final = Profile()
# Only whoever was spoken to says any of it.
TELLS: Final = frozenset(
    outcome
    for outcome, code in TALK.items()
    if code.right_party and code.group in (Group.SPOKEN_TO, Group.KEEPS_STILL)
)
