"""The toast that takes an answer back: which answer, where to, how long it stays."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote

from arrears.store.queries.approvals import KINDS
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
    own: bool = False  # on a page that no swap knows


def own_offers(found: Sequence[Undoable], now: datetime) -> tuple[Offer, ...]:
    """On the page of a claim: a claim's answer comes back there, every other one to its task."""
    return tuple(
        replace(
            one, href=f"/approvals/{quote(one.task_id, safe='')}/undo" if is_claim else one.href, own=True
        )
        for one, is_claim in zip(
            told_offers(found, Listing(), now), (seen.kind in KINDS for seen in found), strict=True
        )
    )


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
