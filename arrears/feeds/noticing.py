"""Which open cases a delivery's people concern: who stands behind a debt, or where letters go, is another than it was."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Table, func, or_, select, tuple_

from arrears.feeds.kinds import BORROWERS, CONTACTS, PARTIES
from arrears.names import people_message_id
from arrears.store.intents import Said
from arrears.store.tables import borrowers, cases, contact_points, loans, messages, parties

SIGNAL: Final = "people_changed"
Rows = Sequence[Mapping[str, Any]]

WATCHED: Final = frozenset({BORROWERS.name, CONTACTS.name, PARTIES.name})
# What litigation and letters rest on; a telephone number is none of it.
_IDENTITY: Final = ("kind", "name", "id_kind", "id_number")
_ADDRESS: Final = ("address", "service_address_agreed")
_GUARANTEE: Final = ("guarantee_kind", "guarantee_until")
_POST: Final = ("preferred", "do_not_contact")


@dataclass
class Noticed:
    """Ids of people and loans; nobody's data."""

    parties: set[str] = field(default_factory=set)  # people who are others now
    address: set[str] = field(default_factory=set)  # people to whom letters go elsewhere
    loans: set[str] = field(default_factory=set)  # loans with another party

    def __bool__(self) -> bool:
        return bool(self.parties or self.address or self.loans)


def notice(connection: Connection, kind: str, rows: Rows) -> Noticed:
    """Compared with what the store holds before the rows are written."""
    match kind:
        case BORROWERS.name:
            was = _known(connection, borrowers, ("borrower_id",), rows)
            return Noticed(
                parties={key[0] for key in _others(was, rows, ("borrower_id",), _IDENTITY)},
                address={key[0] for key in _others(was, rows, ("borrower_id",), _ADDRESS)},
            )
        case CONTACTS.name:
            letters = [row for row in rows if row["channel"] == "post"]
            was = _known(connection, contact_points, ("contact_id",), letters)
            changed = _others(was, letters, ("contact_id",), _POST)
            return Noticed(address={row["borrower_id"] for row in letters if (row["contact_id"],) in changed})
        case PARTIES.name:
            key = ("loan_id", "borrower_id", "role")
            was = _known(connection, parties, key, rows)
            return Noticed(loans={loan_id for loan_id, _, _ in _others(was, rows, key, _GUARANTEE)})
        case _:
            return Noticed()


def who_hears(connection: Connection, noticed: Noticed, *, source: str, at: datetime) -> list[Said]:
    """The open cases of these people, whether they owe the loan or stand behind it, and of these loans."""
    found = _cases(connection, noticed)
    earlier = _told(connection, [case for case, _, _ in found])
    return [
        Said(
            case,
            people_message_id(case, earlier[case] + 1),
            SIGNAL,
            source,
            at,
            {"parties": of_parties, "address": of_address},
        )
        for case, of_parties, of_address in found
    ]


def _told(connection: Connection, case_ids: list[str]) -> Counter[str]:
    """How often each was told of such a change before; imports come one at a time."""
    rows = connection.execute(
        select(messages.c.case_id, func.count().label("times"))
        .where(messages.c.case_id.in_(case_ids), messages.c.signal == SIGNAL)
        .group_by(messages.c.case_id)
    )
    return Counter({row.case_id: row.times for row in rows})


def _known(
    connection: Connection, table: Table, key: tuple[str, ...], rows: Rows
) -> dict[tuple[Any, ...], Mapping[str, Any]]:
    columns = [table.c[name] for name in key]
    keys = [tuple(row[name] for name in key) for row in rows]
    wanted = columns[0].in_([one[0] for one in keys]) if len(key) == 1 else tuple_(*columns).in_(keys)
    found = connection.execute(select(table).where(wanted)).mappings() if keys else ()
    return {tuple(row[name] for name in key): dict(row) for row in found}


def _others(
    was: Mapping[tuple[Any, ...], Mapping[str, Any]],
    rows: Rows,
    key: tuple[str, ...],
    compared: Iterable[str],
) -> set[tuple[Any, ...]]:
    """Keys of rows that are new or differ in one of these columns."""
    changed = set()
    for row in rows:
        name = tuple(row[part] for part in key)
        known = was.get(name)
        if known is None or any(known[column] != row[column] for column in compared):
            changed.add(name)
    return changed


def _cases(connection: Connection, noticed: Noticed) -> list[tuple[str, bool, bool]]:
    people = noticed.parties | noticed.address
    behind = select(parties.c.loan_id).where(parties.c.borrower_id.in_(people))
    rows = connection.execute(
        select(cases.c.case_id, cases.c.loan_id, loans.c.borrower_id)
        .join(loans, loans.c.loan_id == cases.c.loan_id)
        .where(
            cases.c.status == "open",
            or_(
                cases.c.loan_id.in_(noticed.loans),
                loans.c.borrower_id.in_(people),
                cases.c.loan_id.in_(behind),
            ),
        )
        .order_by(cases.c.case_id)
    ).all()
    stands = _stand_behind(connection, [row.loan_id for row in rows])
    found = []
    for row in rows:
        who = {row.borrower_id} | stands.get(row.loan_id, set())
        found.append(
            (
                row.case_id,
                bool(who & noticed.parties or row.loan_id in noticed.loans),
                bool(who & noticed.address),
            )
        )
    return found


def _stand_behind(connection: Connection, loan_ids: list[str]) -> dict[str, set[str]]:
    rows = connection.execute(
        select(parties.c.loan_id, parties.c.borrower_id).where(parties.c.loan_id.in_(loan_ids))
    )
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row.loan_id, set()).add(row.borrower_id)
    return found
