"""Cursors: where the next page begins, opaque to the client and checked when they come back."""

import base64
import json
import re
from datetime import datetime
from typing import Annotated, Final

from fastapi import Query
from pydantic import BeforeValidator

from api.desk.errors import NotFound
from api.errors import BadCursor

MOST: Final = 200
USUAL: Final = 50
_LONGEST: Final = 400
_DIGITS: Final = re.compile(r"[0-9]{1,9}")
_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,200}")


def _plain(number: object) -> object:
    """Python reads 1_0 and digits of other alphabets too."""
    if isinstance(number, str) and not _DIGITS.fullmatch(number):
        raise ValueError("digits")
    return number


Limit = Annotated[int, Query(ge=1, le=MOST), BeforeValidator(_plain)]


def known_shape(some_id: str) -> str:
    """The id unchanged; what cannot be one is not there."""
    if not _ID.fullmatch(some_id):
        raise NotFound
    return some_id


def key_cursor(key: str) -> str:
    return _written([key])


def key_behind(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    match _read(cursor):
        case [str() as key] if _ID.fullmatch(key):
            return key
    raise BadCursor


def instant_cursor(at: datetime, key: str) -> str:
    return _written([at.isoformat(), key])


def instant_behind(cursor: str | None) -> tuple[datetime, str] | None:
    if cursor is None:
        return None
    match _read(cursor):
        case [str() as at, str() as key] if _ID.fullmatch(key):
            return _instant(at), key
    raise BadCursor


def number_cursor(number: int) -> str:
    return _written([number])


def number_behind(cursor: str | None) -> int:
    if cursor is None:
        return 0
    match _read(cursor):
        case [int() as number] if 0 <= number < 2**53:
            return number
    raise BadCursor


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise BadCursor from wrong
    if at.tzinfo is None:
        raise BadCursor
    return at


def _written(parts: list[str | int]) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).rstrip(b"=").decode()


def _read(cursor: str) -> object:
    if len(cursor) > _LONGEST:
        raise BadCursor
    try:
        return json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError) as wrong:
        raise BadCursor from wrong
