from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Column, MetaData, Table, insert, select
from sqlalchemy.exc import StatementError
from sqlalchemy.types import TypeEngine

from arrears.store.session import Store
from arrears.store.types import Day, Flag, Instant, Int, Json, Text

SHANGHAI = timezone(timedelta(hours=8))


@pytest.fixture
def store(owned_store: Store) -> Store:
    """Here tables are made."""
    return owned_store


def _kept(store: Store, kind: TypeEngine[Any], *values: Any) -> list[Any]:
    """What comes back, in the order the database sorts it."""
    table = Table("kept", MetaData(), Column("value", kind), sqlite_strict=True)
    with store.transaction() as connection:
        table.create(connection)
        for value in values:
            connection.execute(insert(table), {"value": value})
    with store.reading() as connection:
        return list(connection.execute(select(table.c.value).order_by(table.c.value)).scalars())


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Text(), "逾期贷款 – ñ 😀 'quoted' 100%"),
        (Text(), ""),
        (Int(), 2**62),
        (Int(), -(2**62)),
        (Flag(), True),
        (Flag(), False),
        (Instant(), datetime(2026, 3, 2, 4, 0, 0, 1, tzinfo=UTC)),
        (Day(), date(2026, 2, 28)),
        (Json(), {"b": [1, None, True], "a": {"金额": "1.00"}}),
        (Json(), []),
        (Text(), None),
        (Int(), None),
        (Flag(), None),
        (Instant(), None),
        (Day(), None),
    ],
)
def test_what_goes_in_comes_out(store: Store, kind: TypeEngine[Any], value: Any) -> None:
    (found,) = _kept(store, kind, value)
    assert found == value
    assert type(found) is type(value)


def test_an_instant_comes_back_in_utc(store: Store) -> None:
    (found,) = _kept(store, Instant(), datetime(2026, 3, 2, 12, tzinfo=SHANGHAI))
    assert found == datetime(2026, 3, 2, 4, tzinfo=UTC)
    assert found.tzinfo is UTC


def test_instants_sort_as_time_does(store: Store) -> None:
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    times = [noon + timedelta(microseconds=n) for n in (0, 1, 10, 999_999, 1_000_000)]
    assert _kept(store, Instant(), *reversed(times)) == times


def test_text_sorts_alike_on_both_databases(store: Store) -> None:
    assert _kept(store, Text(), "b", "B", "a", "é", "A", "中", "1") == ["1", "A", "B", "a", "b", "é", "中"]


def test_an_instant_without_its_zone_is_refused(store: Store) -> None:
    with pytest.raises(StatementError, match="an instant needs its time zone"):
        _kept(store, Instant(), datetime(2026, 3, 2))  # noqa: DTZ001
