"""The toast that takes an answer back: which answer, where to, how long it stays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from arrears.store.views import Undoable
from web import words
from web.listing import Listing
from web.words import called


@dataclass(frozen=True)
class Offer:
    """`seconds` for which it can still be taken up."""

    task_id: str
    answer: str
    loan_id: str
    href: str
    seconds: int


def told_offers(found: Sequence[Undoable], listing: Listing, now: datetime) -> tuple[Offer, ...]:
    return tuple(
        Offer(
            one.task_id,
            called(words.ANSWERS, one.outcome),
            one.loan_id,
            listing.task_href(one.task_id, "undo"),
            max(1, int((one.until - now).total_seconds())),
        )
        for one in found
    )
