"""Notices of a case, and what was reported of their way."""

from typing import Any

from sqlalchemy import Connection, Select, select

from arrears.store.tables import messages, notices, staff
from arrears.store.views import DeliveryView, NoticeView


def notices_of(connection: Connection, case_id: str) -> tuple[NoticeView, ...]:
    rows = connection.execute(_notice().where(notices.c.case_id == case_id)).mappings()
    return tuple(NoticeView(**row) for row in rows)


def notice(connection: Connection, case_id: str, notice_id: str) -> NoticeView | None:
    wanted = _notice().where(notices.c.case_id == case_id, notices.c.notice_id == notice_id)
    row = connection.execute(wanted).mappings().first()
    return NoticeView(**row) if row else None


def deliveries_of(connection: Connection, case_id: str, notice_id: str) -> tuple[DeliveryView, ...]:
    """What was reported of one notice, the latest first."""
    told = messages.c
    rows = connection.execute(
        select(
            told.message_id,
            told.content,
            told.status,
            told.reason,
            told.actor,
            staff.c.name.label("actor_name"),
            told.accepted_at,
        )
        .outerjoin(staff, staff.c.staff_id == told.actor)
        .where(told.case_id == case_id, told.signal == "delivery_reported")
        .order_by(told.arrival.desc())
    )
    return tuple(
        DeliveryView(
            row.message_id,
            row.content["status"],
            row.content["at"],
            row.content.get("reference"),
            row.status,
            row.reason,
            row.actor,
            row.actor_name,
            row.accepted_at,
        )
        for row in rows
        if row.content["notice_id"] == notice_id
    )


def _notice() -> Select[Any]:
    return (
        select(
            notices.c.notice_id,
            notices.c.status,
            notices.c.amount_minor,
            notices.c.balance_minor,
            notices.c.currency,
            notices.c.cure_on,
            notices.c.released_by,
            staff.c.name.label("released_by_name"),
            notices.c.released_at,
            notices.c.sent_at,
            notices.c.arrived_at,
            notices.c.document,
            notices.c.document_hash,
        )
        .outerjoin(staff, staff.c.staff_id == notices.c.released_by)
        .order_by(notices.c.released_at.desc())
    )
