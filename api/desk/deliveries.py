"""What a carrier or printer reports of a demand notice: it arrived, or it came back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, Row, func, select

from api.auth.person import Person
from api.desk.errors import DeliveryConflict, Invalid, NotFound
from api.desk.live import must_be_live, must_be_seen
from arrears.names import delivery_message_id
from arrears.policy.calendar import Calendar
from arrears.policy.tasks import Missing
from arrears.store import audit, intents
from arrears.store.intents import Said
from arrears.store.tables import borrowers, cases, messages, notices

SIGNAL: Final = "delivery_reported"
# A carrier's number goes through Temporal with the report, so it is a number and no free text.
_REFERENCE: Final = re.compile(r"[A-Za-z0-9_-]{1,48}")


@dataclass(frozen=True)
class DeliveryIn:
    """`at` (with its zone) is when it arrived or came back; `reference` the carrier's own number of the item."""

    notice_id: str
    status: Literal["arrived", "returned"]
    at: datetime
    reference: str | None = None

    @property
    def instant(self) -> int:
        return int(self.at.timestamp())

    @property
    def message_id(self) -> str:
        return delivery_message_id(self.notice_id, self.status, self.instant)

    @property
    def told(self) -> dict[str, Any]:
        """What the carrier says; the case is told more by the bank's own books."""
        told = {"notice_id": self.notice_id, "status": self.status, "at": self.instant}
        return told if self.reference is None else told | {"reference": self.reference}


def report(connection: Connection, who: Person, delivery: DeliveryIn, *, at: datetime) -> str:
    """Tell the case of the notice. Returns the message id; the same report again is the same message.

    Raises NotFound, CaseClosed, DeliveryConflict, Invalid.
    """
    notice = connection.execute(
        select(notices.c.case_id, notices.c.status, notices.c.sent_at).where(
            notices.c.notice_id == delivery.notice_id
        )
    ).first()
    if notice is None:
        raise NotFound
    must_be_seen(connection, who, notice.case_id)
    by = who.staff_id
    if _is_known(connection, delivery):
        return delivery.message_id
    now = must_be_live(connection, notice.case_id)
    if _stands_already(connection, notice.case_id, delivery):
        raise DeliveryConflict
    wrong = _wrong_with(delivery, notice, now)
    if wrong:
        raise Invalid(wrong)
    content = delivery.told | _of_address(connection, notice.case_id, delivery)
    said = Said(notice.case_id, delivery.message_id, SIGNAL, by, at, content)
    if intents.say(connection, said):
        detail = content | {"message_id": delivery.message_id}
        audit.append(connection, stream=notice.case_id, at=at, actor=by, what=SIGNAL, detail=detail)
    elif not _is_known(connection, delivery):  # another hand was quicker under the same id
        raise DeliveryConflict
    return delivery.message_id


def must_have_been_sent(connection: Connection, case_id: str, on: date, calendar: Calendar) -> None:
    """No letter arrives before the bank's day on which it went out. Raises Invalid."""
    sent_at = connection.execute(
        select(func.max(notices.c.sent_at)).where(notices.c.case_id == case_id)
    ).scalar()
    if sent_at is not None and on < calendar.day_of(int(sent_at.timestamp())):
        raise Invalid([Missing("on", "day_before_it_was_sent")])


def _is_known(connection: Connection, delivery: DeliveryIn) -> bool:
    """Raises DeliveryConflict when it was reported under another number of the carrier."""
    kept = connection.execute(
        select(messages.c.content).where(messages.c.message_id == delivery.message_id)
    ).scalar()
    if kept is not None and kept.get("reference") != delivery.reference:
        raise DeliveryConflict
    return kept is not None


def _of_address(connection: Connection, case_id: str, delivery: DeliveryIn) -> dict[str, bool]:
    """A letter that came back from an address the debtor agreed to is served all the same; the rules decide."""
    if delivery.status != "returned":
        return {}
    agreed = connection.execute(
        select(borrowers.c.service_address_agreed)
        .join(cases, cases.c.borrower_id == borrowers.c.borrower_id)
        .where(cases.c.case_id == case_id)
    ).scalar()
    return {"agreed_address": bool(agreed)}


def _stands_already(connection: Connection, case_id: str, delivery: DeliveryIn) -> bool:
    """Whether the notice was reported so for another instant; what the case refused does not stand.

    Of two such reports in the same moment both are kept, and the case refuses the second.
    """
    told = connection.execute(
        select(messages.c.content).where(
            messages.c.case_id == case_id,
            messages.c.signal == SIGNAL,
            messages.c.message_id != delivery.message_id,  # kept by another hand in this moment
            messages.c.status.not_in(("refused", "withdrawn")),
        )
    ).scalars()
    return any(_is_about(content, delivery) for content in told)


def _is_about(content: Mapping[str, Any], delivery: DeliveryIn) -> bool:
    return (content.get("notice_id"), content.get("status")) == (delivery.notice_id, delivery.status)


def _wrong_with(delivery: DeliveryIn, notice: Row[*tuple[Any, ...]], now: datetime) -> list[Missing]:
    wrong: list[Missing] = []
    if notice.sent_at is None or notice.status not in ("sent", "arrived"):
        wrong.append(Missing("notice_id", "notice_not_under_way"))
    # People and carriers write minutes, not seconds.
    elif delivery.at < notice.sent_at.replace(second=0, microsecond=0):
        wrong.append(Missing("at", "before_it_was_sent"))
    if delivery.at > now:
        wrong.append(Missing("at", "time_in_the_future"))
    if delivery.reference is not None and not _REFERENCE.fullmatch(delivery.reference):
        wrong.append(Missing("reference", "reference_unreadable"))
    return wrong
