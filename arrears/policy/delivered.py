"""What the core bank says of a loan besides its figures: that it is disputed, or that it must not be chased for now.

It stops the bank in the step in which it is heard (C16), once for each time it is said anew; a nightly file that repeats it
changes nothing, nor does it bring back what a desk has decided. When the core bank says it no more, the hold stands until a
person ends it.
"""

from typing import Final

from arrears.policy import holds
from arrears.policy.effects import RaiseIncident
from arrears.policy.penalty import CORE_BANK
from arrears.policy.state import HoldKind, Scope
from arrears.policy.turn import Turn

# The status in a delivery, and the hold it opens; of this loan alone.
HOLDS: Final = {"disputed": HoldKind.DISPUTE, "stayed": HoldKind.MORATORIUM}


def heed(turn: Turn, status: str) -> None:
    if status == "closed":
        return  # its case ends, and with it what is about the loan
    held = status if status in HOLDS else ""
    before = turn.state.bank_status
    if held == before:
        return
    turn.change(bank_status=held)
    if held:
        holds.place(turn, HOLDS[held], by=CORE_BANK, reason=f"loan_{held}", scope=Scope.LOAN)
    if before:
        _no_longer(turn, HOLDS[before])


def _no_longer(turn: Turn, kind: HoldKind) -> None:
    """Somebody must see that the core bank's own reason is gone."""
    hold = holds.find(turn, kind)
    if hold is not None and hold.by == CORE_BANK:
        turn.tell(RaiseIncident("loan_open_again", hold.hold_id, {"hold": hold.hold_id}))
