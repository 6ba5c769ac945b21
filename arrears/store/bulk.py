"""Many rows at once: one statement repeated on SQLite, COPY on PostgreSQL, the same rule for clashes on both."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Table


class Clash(StrEnum):
    """What happens to a row whose key is there already."""

    KEEP = "keep"  # the first one stands
    REPLACE = "replace"  # the new one stands; an equal one is not written again


def put_many(
    connection: Connection, table: Table, columns: Mapping[str, Sequence[Any]], *, clash: Clash
) -> int:
    """Write rows given column by column, in the values the table's types take; keys may not repeat among them.

    Answers how many rows were written, which is none for what is there already and equal.
    """
    rows = list(
        zip(*(_bound(connection, table, name, values) for name, values in columns.items()), strict=True)
    )
    if not rows:
        return 0
    if connection.dialect.name == "sqlite":
        return _repeat(connection, table, list(columns), rows, clash)
    return _copy(connection, table, list(columns), rows, clash)


def _bound(connection: Connection, table: Table, name: str, values: Sequence[Any]) -> Sequence[Any]:
    """The values as the driver wants them, by the column's own type."""
    kind = table.c[name].type.dialect_impl(connection.dialect)
    bind: Callable[[Any], Any] | None = kind.bind_processor(connection.dialect)
    return values if bind is None else [bind(value) for value in values]


def _repeat(
    connection: Connection, table: Table, names: list[str], rows: list[tuple[Any, ...]], clash: Clash
) -> int:
    holes = ", ".join("?" * len(names))
    statement = f"INSERT INTO {table.name} ({_list(names)}) VALUES ({holes}) {_on_clash(table, names, clash)}"  # noqa: S608
    # Counted by the connection: what a cursor says after many rows differs between drivers.
    driver = connection.connection.driver_connection
    before: int = driver.total_changes  # type: ignore[union-attr]
    connection.exec_driver_sql(statement, rows)
    return driver.total_changes - before  # type: ignore[union-attr, no-any-return]


def _copy(
    connection: Connection, table: Table, names: list[str], rows: list[tuple[Any, ...]], clash: Clash
) -> int:
    heap = f"incoming_{table.name}"
    # With the defaults, for a column that a later version added and this one does not know.
    columns = f"LIKE {table.name} INCLUDING DEFAULTS"
    connection.exec_driver_sql(f"CREATE TEMP TABLE IF NOT EXISTS {heap} ({columns}) ON COMMIT DROP")
    connection.exec_driver_sql(f"TRUNCATE {heap}")
    # `copy` is psycopg's own and no part of the DB-API.
    cursor: Any = connection.connection.cursor()
    with cursor.copy(f"COPY {heap} ({_list(names)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    cursor.close()
    done = connection.exec_driver_sql(
        f"INSERT INTO {table.name} ({_list(names)}) SELECT {_list(names)} FROM {heap} "  # noqa: S608
        + _on_clash(table, names, clash)
    )
    return done.rowcount


def _on_clash(table: Table, names: list[str], clash: Clash) -> str:
    if clash is Clash.KEEP:
        return "ON CONFLICT DO NOTHING"
    key = [column.name for column in table.primary_key]
    rest = [name for name in names if name not in key]
    sets = ", ".join(f"{_quoted(name)} = excluded.{_quoted(name)}" for name in rest)
    differs = " OR ".join(
        f"{table.name}.{_quoted(name)} IS DISTINCT FROM excluded.{_quoted(name)}" for name in rest
    )
    return f"ON CONFLICT ({_list(key)}) DO UPDATE SET {sets} WHERE {differs}"


def _list(names: list[str]) -> str:
    return ", ".join(map(_quoted, names))


def _quoted(name: str) -> str:
    return f'"{name}"'
