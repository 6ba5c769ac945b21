"""Open tasks by what somebody knows of a debtor: the beginning of a name or a loan number, the end of a phone number."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, func, select, union_all
from sqlalchemy.sql.elements import ColumnElement

from arrears.store.tables import borrowers, cases, contact_points, tasks
from arrears.store.types import ENDING, Ending

MOST: Final = 500  # tasks; whoever finds more looks for something narrower
LONGEST: Final = 80
_NUMBER: Final = 11  # digits of a number without its country
_SHORTEST_LOAN: Final = 2
_DECORATION: Final = re.compile(r"[\s()+-]")
_PHONES: Final = ("phone", "sms")


@dataclass(frozen=True)
class Found:
    task_ids: frozenset[str]
    more: bool  # there are more than are named


def plain(words: str) -> str:
    """As it is kept and compared: full-width signs are plain ones, blanks at the ends do not count."""
    return unicodedata.normalize("NFKC", words).strip()[:LONGEST]


def found(connection: Connection, words: str, *, roles: Collection[str]) -> Found:
    """Open tasks of these roles, at most MOST of them."""
    ways = [select(way.limit(MOST + 1).subquery()) for way in _ways(connection, plain(words), roles)]
    if not ways:
        return Found(frozenset(), more=False)
    ids = connection.execute(union_all(*ways).limit(MOST + 1)).scalars().all()
    return Found(frozenset(ids[:MOST]), more=len(ids) > MOST)


def _ways(connection: Connection, words: str, roles: Collection[str]) -> list[Select[Any]]:
    ways = []
    digits = _DECORATION.sub("", words)
    is_number = digits.isascii() and digits.isdecimal()
    if words and not is_number:
        of_case = cases.c.borrower_id == borrowers.c.borrower_id
        ways.append(
            _tasks(cases.join(borrowers, of_case), _starts(connection, borrowers.c.name, words), roles)
        )
    if len(words) >= _SHORTEST_LOAN:
        ways += [
            _tasks(cases, _starts(connection, cases.c.loan_id, typed), roles)
            for typed in sorted({words, words.upper()})
        ]
    if is_number and len(digits) >= ENDING:
        of_case = cases.c.borrower_id == contact_points.c.borrower_id
        ways.append(_tasks(cases.join(contact_points, of_case), _ends(digits), roles))
    return ways


def _tasks(cases_found: Any, condition: ColumnElement[bool], roles: Collection[str]) -> Select[Any]:
    # By their case and by no other index: there are as many open tasks of a role as there are cases.
    is_open = func.coalesce(tasks.c.status, "") == "open"
    of_roles = func.coalesce(tasks.c.role, "").in_(sorted(roles))
    joined = cases_found.join(tasks, tasks.c.case_id == cases.c.case_id)
    return select(tasks.c.task_id).select_from(joined).where(condition, is_open, of_roles)


def _starts(connection: Connection, column: ColumnElement[str], words: str) -> ColumnElement[bool]:
    """A range and not LIKE: an index answers it. PostgreSQL compares letter by letter only with these signs."""
    last = words + "\U0010ffff"
    if connection.dialect.name == "sqlite":
        return and_(column >= words, column < last)
    return and_(column.bool_op("~>=~")(words), column.bool_op("~<~")(last))


def _ends(digits: str) -> ColumnElement[bool]:
    address = contact_points.c.address
    last = Ending(address) == digits[-ENDING:]
    return and_(last, address.like(f"%{digits[-_NUMBER:]}"), contact_points.c.channel.in_(_PHONES))
