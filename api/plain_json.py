"""JSON as strict as it gets: what two readers could read differently is read by none."""

import json
from collections.abc import Callable
from typing import Any, NoReturn


class Unreadable(ValueError):
    """It is no JSON, or names something twice; the text never shows a part of it."""


def read(raw: bytes, *, fractions: Callable[[str], Any] = float) -> Any:
    """UTF-8 without a mark in front, no NaN, no name twice; `fractions` makes a value of a number with a point."""
    try:
        return json.loads(
            raw.decode(), object_pairs_hook=_once, parse_constant=no_number, parse_float=fractions
        )
    except Unreadable:
        raise
    except (ValueError, RecursionError) as broken:  # also a whole number of thousands of digits
        raise Unreadable(type(broken).__name__) from None


def no_number(_text: str) -> NoReturn:
    raise Unreadable("no number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("a name twice")
    return found
