"""The parts every page works with, made once when the server starts."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request
from temporalio.converter import PayloadCodec

from api.auth.entrance import Entrance
from api.desk.desk import Desk
from arrears import clock
from arrears.contracts import Rules, RulesInForce
from arrears.settings import Settings
from arrears.store.session import Store
from web.case_feed import CaseFeed
from web.counting import Counts
from web.feed import Feed
from web.formats import Formats
from web.rendering import Pages
from web.visitor import Visitor
from web.waiting import PATIENCE


@dataclass(frozen=True)
class Office:
    settings: Settings
    store: Store
    desk: Desk
    entrance: Entrance
    rules: RulesInForce
    pages: Pages
    feed: Feed
    case_feed: CaseFeed
    patience: float = PATIENCE  # seconds a page waits for a case to answer
    envelope: PayloadCodec | None = None  # opens what is sealed in Temporal, for its UI
    counts: Counts = field(default_factory=Counts)

    def close(self) -> None:
        """Pages that listen are let go, or they would hold the server open."""
        self.feed.close()
        self.case_feed.close()

    @property
    def undo(self) -> timedelta:
        """For so long an answer given on a page can be taken back."""
        return timedelta(seconds=self.settings.undo_seconds)

    def rules_now(self) -> Rules:
        return self.rules.at(int(clock.door_now().timestamp()))

    @property
    def shapes(self) -> Formats:
        return self.pages.shapes


def office_of(request: Request) -> Office:
    office: Office = request.app.state.office
    if request.method != "GET":
        _forget_counts(office, request.state.visitor)
    return office


def _forget_counts(office: Office, visitor: Visitor) -> None:
    """Whoever acts sees at once what the act changed."""
    if visitor.person is not None:
        office.counts.forget(visitor.person.staff_id)


TheOffice = Annotated[Office, Depends(office_of)]
