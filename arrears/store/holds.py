"""Holds as rows, and how one reaches every open case of a person: those of now and those that open later."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from arrears import clock
from arrears.policy.effects import HoldBecame, HoldBegan, HoldEnded
from arrears.store.intents import Said, say_many
from arrears.store.tables import borrowers, cases, holds, messages

PLACED, RELEASED = "hold_placed", "hold_released"
_UNSETTLED = ("waiting", "sent")


@dataclass(frozen=True)
class Place:
    """The case, person and instant a hold is written for; a bank-wide one has neither case nor person."""

    case_id: str | None
    borrower_id: str | None
    at: datetime


def _instant(at: int) -> datetime | None:
    return datetime.fromtimestamp(at, UTC) if at else None


def put(connection: Connection, place: Place, began: HoldBegan) -> bool:
    """Once by its id, however many cases of the person tell of it; False when it is there already."""
    values = {
        "hold_id": began.hold_id,
        "case_id": place.case_id,
        "borrower_id": place.borrower_id,
        "kind": began.hold.value,
        "scope": began.scope.value,
        "part_minor": began.part or None,
        "reason": began.reason,
        "evidence": began.evidence or None,
        "remark_id": began.remark_id or None,
        "against": began.against or None,
        "placed_by": began.by,
        "placed_at": place.at,
        "until": _instant(began.until),
    }
    insert_ = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    new = insert_(holds).values(values).on_conflict_do_nothing().returning(holds.c.hold_id)
    return connection.execute(new).first() is not None


def became(connection: Connection, effect: HoldBecame) -> None:
    values: dict[str, Any] = {"until": _instant(effect.until)}
    if effect.confirmed_by:
        values["approved_by"] = effect.confirmed_by
    connection.execute(update(holds).where(holds.c.hold_id == effect.hold_id).values(values))


def end(connection: Connection, effect: HoldEnded, *, at: datetime) -> None:
    connection.execute(
        update(holds)
        .where(holds.c.hold_id == effect.hold_id, holds.c.ended_at.is_(None))
        .values(ended_at=at, ended_by=effect.by, outcome=effect.outcome)
    )


# ---- every case of a person ------------------------------------------------------------------------------


def lock_person(connection: Connection, borrower_id: str) -> None:
    """A case that opens and a hold that is placed meet here, so that neither passes the other unseen."""
    connection.execute(
        select(borrowers.c.borrower_id).where(borrowers.c.borrower_id == borrower_id).with_for_update()
    )


def open_cases(connection: Connection, borrower_id: str) -> list[str]:
    found = connection.execute(
        select(cases.c.case_id)
        .where(cases.c.borrower_id == borrower_id, cases.c.status == "open")
        .order_by(cases.c.opened_at, cases.c.case_id)
    )
    return list(found.scalars())


def spread(connection: Connection, place: Place, began: HoldBegan) -> int:
    """Tell the other open cases of the person; how many were told."""
    assert place.borrower_id is not None
    lock_person(connection, place.borrower_id)
    others = [case for case in open_cases(connection, place.borrower_id) if case != place.case_id]
    return say_placed(connection, others, began, at=place.at, asks=None)


def say_placed(
    connection: Connection, case_ids: Iterable[str], began: HoldBegan, *, at: datetime, asks: str | None
) -> int:
    """One message for each case, in this transaction; only the case `asks` asks people about the hold."""
    return say_many(
        connection,
        [
            Said(
                case,
                f"{began.hold_id}-to-{case}",
                PLACED,
                began.by,
                at,
                content(began, asks=case == asks),
                effective_at=_no_later_than_now(at),
            )
            for case in case_ids
        ],
    )


def content(began: HoldBegan, *, asks: bool) -> dict[str, Any]:
    """What a case is told of a hold."""
    return {
        "hold_id": began.hold_id,
        "kind": began.hold.value,
        "scope": began.scope.value,
        "reason": began.reason,
        "until": began.until,
        "part_minor": began.part,
        "against": began.against,
        "evidence": began.evidence,
        "remark_id": began.remark_id,
        "asks": asks,
    }


def spread_end(connection: Connection, place: Place, ended: HoldEnded) -> int:
    assert place.borrower_id is not None
    lock_person(connection, place.borrower_id)
    others = [case for case in open_cases(connection, place.borrower_id) if case != place.case_id]
    return say_released(connection, others, ended, at=place.at)


def say_released(
    connection: Connection,
    case_ids: Iterable[str],
    ended: HoldEnded,
    *,
    at: datetime,
    remark_id: str | None = None,
) -> int:
    return say_many(
        connection,
        [
            Said(
                case,
                f"{ended.hold_id}-off-{case}",
                RELEASED,
                ended.by,
                at,
                {"hold_id": ended.hold_id, "outcome": ended.outcome, "remark_id": remark_id},
                effective_at=_no_later_than_now(at),
            )
            for case in case_ids
        ],
    )


def _no_later_than_now(at: datetime) -> datetime:
    """A case whose clock was skipped ahead says it now all the same."""
    return min(at, clock.door_now())


def greet(connection: Connection, place: Place, *, seq: int) -> int:
    """A case that opens, or opens again, is told of every hold that stands over its person or the bank."""
    assert place.case_id is not None
    assert place.borrower_id is not None
    lock_person(connection, place.borrower_id)
    # Where no other case is open nobody would be asked about them.
    alone = not [case for case in open_cases(connection, place.borrower_id) if case != place.case_id]
    told = [
        Said(
            place.case_id,
            f"{row['hold_id']}-to-{place.case_id}-{seq}",
            PLACED,
            row["by"],
            place.at,
            row["content"] | {"asks": alone and row["content"]["scope"] == "person"},
            effective_at=_no_later_than_now(place.at),
        )
        for row in _standing(connection, place.borrower_id)
    ]
    return say_many(connection, told)


def hand_over(connection: Connection, place: Place, *, seq: int) -> int:
    """What is about the person stands on when this case has closed: another open case asks about it (4.6-9)."""
    assert place.borrower_id is not None
    rows = connection.execute(
        select(holds).where(
            holds.c.borrower_id == place.borrower_id, holds.c.scope == "person", holds.c.ended_at.is_(None)
        )
    ).all()
    if not rows:
        return 0
    lock_person(connection, place.borrower_id)
    heirs = [case for case in open_cases(connection, place.borrower_id) if case != place.case_id]
    told = [
        Said(
            case,
            f"{row.hold_id}-asks-{case}-{seq}",
            PLACED,
            row.placed_by,
            place.at,
            _of(row) | {"asks": True},
            effective_at=_no_later_than_now(place.at),
        )
        for case in heirs[:1]
        for row in rows
    ]
    return say_many(connection, told)


def _standing(connection: Connection, borrower_id: str) -> list[dict[str, Any]]:
    rows = connection.execute(
        select(holds).where(
            holds.c.ended_at.is_(None),
            or_(
                (holds.c.borrower_id == borrower_id) & (holds.c.scope == "person"),
                holds.c.scope == "bank",
            ),
        )
    ).all()
    standing = {
        row.hold_id: {"hold_id": row.hold_id, "by": row.placed_by, "content": _of(row)} for row in rows
    }
    for row in _on_the_way(connection, borrower_id):
        hold_id = row.content["hold_id"]
        if row.signal == RELEASED:
            standing.pop(hold_id, None)
        elif row.content["scope"] == "person":
            content_ = row.content | {"asks": False}
            standing.setdefault(hold_id, {"hold_id": hold_id, "by": row.actor, "content": content_})
    return list(standing.values())


def _on_the_way(connection: Connection, borrower_id: str) -> list[Row[*tuple[Any, ...]]]:
    """What doors have said to other cases of the person and these have not heard yet, the ends last."""
    return list(
        connection.execute(
            select(messages.c.signal, messages.c.actor, messages.c.content)
            .join(cases, cases.c.case_id == messages.c.case_id)
            .where(
                cases.c.borrower_id == borrower_id,
                messages.c.status.in_(_UNSETTLED),
                messages.c.signal.in_((PLACED, RELEASED)),
            )
            .order_by(messages.c.signal, messages.c.arrival)
        )
    )


def _of(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    return {
        "hold_id": row.hold_id,
        "kind": row.kind,
        "scope": row.scope,
        "reason": row.reason,
        "until": 0 if row.until is None else int(row.until.timestamp()),
        "part_minor": row.part_minor or 0,
        "against": row.against or "",
        "evidence": row.evidence or "",
        "remark_id": row.remark_id or "",
        "asks": False,
        "confirmed_by": row.approved_by or "",
    }
