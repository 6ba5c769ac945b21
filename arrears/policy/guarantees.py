"""Whether somebody who stands for a debt may be asked for it now (G1-G3; Civil Code arts. 686-693)."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from arrears.policy.periods import guarantee_ends

JOINT: Final = "joint"
FREE, TOO_EARLY = "G1", "G2"


@dataclass(frozen=True)
class Guarantee:
    """One guarantor's promise. Without a kind in writing it is a general one (G3); a demand is one in writing, to this
    guarantor; the debtor was sued on the day a claim was filed that was not withdrawn since (G5)."""

    kind: str | None = None
    until: date | None = None
    main_due_on: date | None = None
    demanded_on: date | None = None
    sued_on: date | None = None


def speaks_against(guarantee: Guarantee, today: date, *, months: int) -> str:
    """The rule that keeps this guarantor from being asked on this civil day, or nothing.

    Who stands jointly is free unless he was demanded before the period ended; who stands generally is asked only after
    the debtor was sued, and is free unless that was before the period ended. `months` is the period where none was
    agreed; 0: the law of this pack knows none, and nothing speaks against it.
    """
    if not months:
        return ""
    kept_on = guarantee.demanded_on if guarantee.kind == JOINT else guarantee.sued_on
    ends = _ends(guarantee, months)
    if ends is not None and min(kept_on or today, today) > ends:
        return FREE
    return "" if guarantee.kind == JOINT or kept_on is not None else TOO_EARLY


def _ends(guarantee: Guarantee, months: int) -> date | None:
    """None where no day was agreed and the last instalment is not known: then nobody can say that it is over."""
    if guarantee.until is not None or guarantee.main_due_on is None:
        return guarantee.until
    return guarantee_ends(guarantee.main_due_on, months=months)
