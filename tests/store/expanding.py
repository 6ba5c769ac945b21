"""What a revision may do to a database that an older program still uses: add, and nothing that it would notice."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, inspect, text


@dataclass(frozen=True)
class Thing:
    """A table, a column, an index, a key, a check or a trigger, as the database itself tells it."""

    table: str
    kind: str
    name: str
    definition: str = ""
    binds: bool = False  # it refuses rows, or, a column, must be given

    def __str__(self) -> str:
        return self.table if self.kind == "table" else f"{self.kind} {self.table}.{self.name}"


Shape = frozenset[Thing]

_SQLITE: Final = """
select name as "table", 'table' as kind, '' as name, '' as definition, 0 as binds
from sqlite_master where type = 'table' and name not like 'sqlite_%'
union all select m.name, 'column', c.name,
    c.type || iif(c."notnull", ' not null', '') || coalesce(' default ' || c.dflt_value, '')
    || iif(c.pk, ' key ' || c.pk, ''), c."notnull" and c.dflt_value is null
from sqlite_master m, pragma_table_info(m.name) c where m.type = 'table'
union all select m.name, 'foreign key', f."from", f."table" || '.' || f."to", 1
from sqlite_master m, pragma_foreign_key_list(m.name) f where m.type = 'table'
union all select m.name, 'unique', i.name, '', 1
from sqlite_master m, pragma_index_list(m.name) i where m.type = 'table' and i.origin = 'u'
union all select tbl_name, type, name, sql, type = 'trigger' or sql like '% unique index %'
from sqlite_master where type in ('index', 'trigger') and sql is not null
"""
_SQLITE_TABLES: Final = "select name, sql from sqlite_master where type = 'table' and sql is not null"
_POSTGRES: Final = """
select table_name as "table", 'table' as kind, '' as name, '' as definition, false as binds
from information_schema.tables where table_schema = 'public'
union all select table_name, 'column', column_name, concat_ws(' ', data_type, is_nullable, column_default),
    is_nullable = 'NO' and column_default is null and is_identity = 'NO'
from information_schema.columns where table_schema = 'public'
union all select conrelid::regclass::text,
    case contype when 'f' then 'foreign key' when 'u' then 'unique' when 'c' then 'check' else 'key' end,
    conname, pg_get_constraintdef(oid), true
from pg_constraint where connamespace = 'public'::regnamespace and contype in ('p', 'f', 'u', 'c')
union all select tablename, 'index', indexname, indexdef, indexdef like '% UNIQUE INDEX %'
from pg_indexes where schemaname = 'public' and indexname not in (select conname from pg_constraint)
union all select tgrelid::regclass::text, 'trigger', tgname, pg_get_triggerdef(oid), true
from pg_trigger where not tgisinternal
"""


def shape(connection: Connection) -> Shape:
    """All that the statements of a program depend on."""
    if connection.dialect.name == "sqlite":
        return frozenset((*_things(connection, _SQLITE), *_checks(connection)))
    return frozenset(_things(connection, _POSTGRES))


def _things(connection: Connection, asked: str) -> Iterator[Thing]:
    for row in connection.execute(text(asked)).mappings():
        plain: dict[str, Any] = dict(row)
        yield Thing(
            **plain | {"definition": " ".join(row["definition"].split()), "binds": bool(row["binds"])}
        )


def _checks(connection: Connection) -> Iterator[Thing]:
    """SQLite keeps them in the words of the table alone."""
    for table, sql in connection.execute(text(_SQLITE_TABLES)):
        for number, _ in enumerate(re.findall(r"\bcheck\s*\(", sql, re.IGNORECASE), 1):
            yield Thing(table, "check", str(number), binds=True)


def faults(before: Shape, after: Shape) -> list[str]:
    """What an older program would notice; empty when the revision only adds."""
    tables = {thing.table for thing in before}
    known = {str(thing) for thing in before}
    # Without an index that refused nothing it is slower, and as right as before.
    missed = [thing for thing in before - after if thing.binds or thing.kind != "index"]
    gone = [f"{thing} is not what it was" for thing in missed]
    # A table that is new is nobody's yet, with all that belongs to it.
    demands = [
        f"{thing} refuses rows"
        for thing in after - before
        if thing.binds and thing.table in tables and str(thing) not in known
    ]
    return sorted(gone + demands)


def expand(connection: Connection) -> None:
    """Add all that a later version may add, to every table there is; the program that made them does not know it."""
    for table in sorted(set(inspect(connection).get_table_names()) - {"alembic_version"}):
        for statement in (
            f"alter table {table} add column later_word text",
            f"alter table {table} add column later_number integer not null default 7",
            f"create index {table}_later on {table} (later_word)",
        ):
            connection.execute(text(statement))
    connection.execute(text("create table later_things (thing_id text primary key, said text not null)"))
    connection.execute(text("update alembic_version set version_num = 'later'"))
