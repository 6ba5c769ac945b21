"""Penalty interest is the core bank's to compute, and nothing here accrues: what a hold says of it is told to people (4.2).

What is disputed is demanded in no notice. Whether penalty runs on it the core bank decides by what operations tell it: that it
waits from the step on in which the hold is placed, and that it goes on when the last such hold is over.
"""

from typing import Final

from arrears.policy import matrix
from arrears.policy.effects import RaiseIncident
from arrears.policy.matrix import Act
from arrears.policy.state import Hold
from arrears.policy.tasks import Outcome
from arrears.policy.turn import Turn

CORE_BANK: Final = "core-bank"


def waits(turn: Turn, hold: Hold) -> None:
    """Of what the core bank called so itself nobody has to tell it."""
    if _is_about(turn, hold) and hold.by != CORE_BANK:
        turn.tell(_work(turn, "penalty_to_stop", hold))


def goes_on(turn: Turn, hold: Hold, *, why: str) -> None:
    """Not for a debt that was disputed rightly: it was never owed, which is told already."""
    others = any(_is_about(turn, other) for other in turn.state.holds)
    if _is_about(turn, hold) and not others and why != Outcome.UPHELD and not turn.state.closed:
        turn.tell(_work(turn, "penalty_to_go_on", hold))


def _is_about(turn: Turn, hold: Hold) -> bool:
    return Act.PENALTY in matrix.blocks(hold.kind, hold.scope, turn.now.terms)


def _work(turn: Turn, incident: str, hold: Hold) -> RaiseIncident:
    """Once for each loan that a hold reaches; minor units of what is overdue, or of the part it is about."""
    told = {"hold": hold.hold_id, "amount_minor": hold.part or turn.state.overdue}
    return RaiseIncident(incident, f"{turn.state.loan_id}-{hold.hold_id}", told)
