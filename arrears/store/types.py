"""The few column types our tables use: a STRICT SQLite table takes only INTEGER, TEXT, REAL and BLOB."""

import json
from collections.abc import Collection
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import (
    BIGINT,
    BOOLEAN,
    DATE,
    INTEGER,
    TEXT,
    TIMESTAMP,
    ColumnElement,
    Dialect,
    literal_column,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from arrears.contracts import canonical

_INSTANT: Final = "%Y-%m-%dT%H:%M:%S.%fZ"  # fixed width, so that text order is time order


class Text(TypeDecorator[str]):
    impl = TEXT
    cache_ok = True


class Int(TypeDecorator[int]):
    """64 bits on both databases: minor units of a large loan pass 2**31."""

    impl = BIGINT
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[int]:
        return dialect.type_descriptor(INTEGER() if dialect.name == "sqlite" else BIGINT())


class Flag(TypeDecorator[bool]):
    impl = BOOLEAN
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(INTEGER() if dialect.name == "sqlite" else BOOLEAN())

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> Any:
        return int(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> bool | None:
        return None if value is None else bool(value)


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime; a naive one is refused."""

    impl = TIMESTAMP
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(TEXT() if dialect.name == "sqlite" else TIMESTAMP(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its time zone")
        utc = value.astimezone(UTC)
        return utc.strftime(_INSTANT) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        return value.astimezone(UTC)  # type: ignore[no-any-return]  # psycopg answers with an aware datetime


class Day(TypeDecorator[date]):
    """A civil day of the bank."""

    impl = DATE
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(TEXT() if dialect.name == "sqlite" else DATE())

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:
        return value.isoformat() if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        return date.fromisoformat(value) if isinstance(value, str) else value


class Json(TypeDecorator[Any]):
    """Kept as canonical text on both databases, so that a hash over it can be checked by anyone."""

    impl = TEXT
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else canonical(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


def among(column: ColumnElement[Any], words: Collection[str]) -> ColumnElement[bool]:
    """`column` is one of our own words: written out and not bound, so that both databases see which small index will do."""
    return column.in_([literal_column(f"'{word}'") for word in words])


class Ending(FunctionElement[str]):
    """The last four characters of a text: what is known of a number by whoever reads it masked."""

    inherit_cache = True
    type = Text()


ENDING: Final = 4


@compiles(Ending, "sqlite")
def _ending_sqlite(element: Ending, compiler: Any, **how: Any) -> str:
    return f"substr({compiler.process(element.clauses, **how)}, -{ENDING})"


@compiles(Ending, "postgresql")
def _ending_postgresql(element: Ending, compiler: Any, **how: Any) -> str:
    return f"right({compiler.process(element.clauses, **how)}, {ENDING})"
