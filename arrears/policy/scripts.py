"""What a collector says on a call, in its order: who calls and whom first, and only then what is owed (C11).

The words are the pages'; here stands which of them, by stage. Nothing of the debt is said before the person is known.
"""

from enum import StrEnum
from typing import Final

from arrears.policy.course import COURSE, Stage


class Part(StrEnum):
    WHO_CALLS = "who_calls"
    WHOM = "whom"
    VERIFY = "verify"
    RECORDED = "recorded"
    OWED = "owed"
    ASK = "ask"
    NOTICE = "notice"
    COURT = "court"
    HARDSHIP = "hardship"
    CLOSE = "close"


# Until the person on the line is known to be the debtor.
BEFORE_KNOWN: Final = (Part.WHO_CALLS, Part.WHOM, Part.VERIFY, Part.RECORDED)
# Of these something of the debt is told.
OF_THE_DEBT: Final = frozenset({Part.OWED, Part.ASK, Part.NOTICE, Part.COURT})


def script(stage: Stage) -> tuple[Part, ...]:
    """For a call to the debtor; each stage says of the debt what is its own."""
    return (*BEFORE_KNOWN, *map(Part, COURSE[stage].says), Part.HARDSHIP, Part.CLOSE)
