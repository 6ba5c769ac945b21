from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from arrears.store import audit
from arrears.store.audit import Break
from arrears.store.session import Store
from tests.tampering import off_guard

NOON = datetime(2026, 3, 2, 4, 0, 0, 123456, tzinfo=UTC)


def _say(connection: Connection, n: int, *, stream: str = "case-L1-1", **detail: Any) -> str:
    return audit.append(
        connection,
        stream=stream,
        at=NOON + timedelta(seconds=n),
        actor="collector-1",
        what="task decided",
        detail={"n": n, **detail},
    )


def _three(store: Store) -> list[str]:
    with store.transaction() as connection:
        return [_say(connection, n, note="已承诺还款", nested={"b": [1, None], "a": True}) for n in range(3)]


def test_each_row_names_the_hash_of_the_one_before(store: Store) -> None:
    hashes = _three(store)
    with store.reading() as connection:
        rows = connection.execute(text("SELECT n, prev_hash, hash FROM audit ORDER BY n")).all()
        assert audit.verify(connection, "case-L1-1") == []
    assert [tuple(row) for row in rows] == [
        (1, "0" * 64, hashes[0]),
        (2, hashes[0], hashes[1]),
        (3, hashes[1], hashes[2]),
    ]


@pytest.mark.parametrize(
    "harm", ["UPDATE audit SET actor = 'x' WHERE n = 2", "DELETE FROM audit WHERE n = 2"]
)
def test_the_database_itself_refuses_to_change_the_trail(owned_store: Store, harm: str) -> None:
    _three(owned_store)
    with (
        pytest.raises(DBAPIError, match="the trail is only appended"),
        owned_store.transaction() as connection,
    ):
        connection.execute(text(harm))
    with owned_store.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM audit")).scalar() == 3
        assert audit.verify(connection, "case-L1-1") == []


def test_streams_do_not_touch_each_other(store: Store) -> None:
    with store.transaction() as connection:
        _say(connection, 1)
        _say(connection, 1, stream=audit.HOUSE)
        _say(connection, 2)
    with store.reading() as connection:
        assert audit.streams(connection) == ["case-L1-1", "house"]
        assert audit.verify(connection, "house") == []
        assert audit.verify(connection, "case-L1-1") == []


def test_the_same_rows_give_the_same_hashes_on_both_databases(
    sqlite_store: Store, postgres_store: Store
) -> None:
    assert _three(sqlite_store) == _three(postgres_store)


def test_an_append_goes_when_its_transaction_goes(store: Store) -> None:
    def change_of_mind() -> None:
        with store.transaction() as connection:
            _say(connection, 1)
            raise RuntimeError("changed my mind")

    with pytest.raises(RuntimeError, match="changed my mind"):
        change_of_mind()
    with store.reading() as connection:
        assert audit.streams(connection) == []


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'somebody else'",
        "what = 'task cancelled'",
        "detail = '{}'",
        "hash = 'abc'",
        "prev_hash = 'abc'",
    ],
)
def test_a_changed_row_is_found(owned_store: Store, change: str) -> None:
    _three(owned_store)
    with owned_store.transaction() as connection:
        off_guard(connection)
        connection.execute(text(f"UPDATE audit SET {change} WHERE n = 2"))
    with owned_store.reading() as connection:
        found = audit.verify(connection, "case-L1-1")
    assert Break("case-L1-1", 2, "was changed after it was written") in found


def test_a_removed_row_is_found(owned_store: Store) -> None:
    _three(owned_store)
    with owned_store.transaction() as connection:
        off_guard(connection)
        connection.execute(text("DELETE FROM audit WHERE n = 2"))
    with owned_store.reading() as connection:
        assert audit.verify(connection, "case-L1-1") == [
            Break("case-L1-1", 2, "missing: the next row is number 3")
        ]


def test_a_removed_row_is_found_though_the_rest_was_numbered_anew(owned_store: Store) -> None:
    _three(owned_store)
    with owned_store.transaction() as connection:
        off_guard(connection)
        connection.execute(text("DELETE FROM audit WHERE n = 2"))
        connection.execute(text("UPDATE audit SET n = 2 WHERE n = 3"))
    with owned_store.reading() as connection:
        assert audit.verify(connection, "case-L1-1") == [
            Break("case-L1-1", 2, "does not follow the row before it"),
            Break("case-L1-1", 2, "was changed after it was written"),
        ]


def test_a_key_that_was_a_number_does_not_look_like_tampering(store: Store) -> None:
    with store.transaction() as connection:
        _say(connection, 1, amounts={10: 1, 2: 2})
    with store.reading() as connection:
        assert audit.verify(connection, "case-L1-1") == []


def test_writers_of_one_stream_at_once_make_one_chain(store: Store) -> None:
    writers, each = 6, 5
    together = Barrier(writers)

    def write() -> None:
        together.wait()
        for n in range(each):
            with store.transaction() as connection:
                _say(connection, n, stream=audit.HOUSE)

    threads = [Thread(target=write) for _ in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM audit")).scalar_one() == writers * each
        assert audit.verify(connection, audit.HOUSE) == []
