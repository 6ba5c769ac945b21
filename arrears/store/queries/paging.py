"""How a page of a list is cut: so many rows, and the place where the next begins."""

from datetime import datetime
from typing import Final

from sqlalchemy import literal, tuple_
from sqlalchemy.sql.elements import Tuple

from arrears.store.types import Instant, Text

PAGE: Final = 50
COUNTED: Final = 1_000  # beyond it a page says 999+


def place(at: datetime, key: str) -> Tuple:
    # Typed, because a bare instant in a tuple is bound as the database's and not as ours.
    return tuple_(literal(at, Instant), literal(key, Text))
