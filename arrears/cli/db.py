"""`arrears db upgrade`, `arrears db roles` and `arrears backup`: the care of the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from arrears import clock
from arrears.cli.config import load_settings
from arrears.settings import Settings
from arrears.store import roles, schema
from arrears.store.backup import BackupError
from arrears.store.backup import backup as copy_database
from arrears.store.session import Store, open_engine

app = typer.Typer(
    no_args_is_help=True, help="The database: its tables of this version, and who may do what there."
)


@app.command("upgrade")
def upgrade() -> None:
    """Create or bring forward the tables, all or nothing; safe to repeat."""
    settings = load_settings()
    file = _sqlite_file(settings)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    with _opened(settings) as store:
        before = schema.current(store)
        schema.upgrade(store)
        after = schema.current(store)
    typer.echo(f"The database is at revision {after}" + (", as it was." if before == after else "."))


@app.command("roles")
def make_roles() -> None:
    """Make the roles with which the product works on PostgreSQL, and grant what each may; run as the tables' owner."""
    with _opened(load_settings()) as store:
        if store.is_sqlite:
            typer.echo("SQLite has no roles: whoever may write the file may do everything.", err=True)
            raise typer.Exit(1)
        schema.require_current(store)
        made = roles.make(store)
    for name in made:
        typer.echo(f"{name} was made and has no password yet: set one with psql, \\password {name}")
    typer.echo(f"{', '.join(roles.ALL)} may do what they need, and nothing else.")


def backup(
    target: Annotated[
        Path | None, typer.Argument(help="The file to write; with no name, one with the time under backups/.")
    ] = None,
) -> None:
    """Copy the database while it is in use, into one file that only its owner can read."""
    settings = load_settings()
    file = _sqlite_file(settings)
    if file is not None and not file.exists():
        typer.echo(f"There is no database at {file} to copy.", err=True)
        raise typer.Exit(1)
    with _opened(settings) as store:
        written = copy_database(store, target or _dated(settings, store))
    typer.echo(f"{written} ({written.stat().st_size:,} bytes)")


def _dated(settings: Settings, store: Store) -> Path:
    moment = clock.machine_now().strftime("%Y%m%dT%H%M%SZ")
    return settings.data_dir / "backups" / f"arrears-{moment}.{'db' if store.is_sqlite else 'dump'}"


def _sqlite_file(settings: Settings) -> Path | None:
    where = make_url(settings.database)
    return Path(where.database) if where.get_backend_name() == "sqlite" and where.database else None


@contextmanager
def _opened(settings: Settings) -> Iterator[Store]:
    """The configured database; what can go wrong with it ends the command in one sentence."""
    store = Store(open_engine(settings.database, busy_seconds=settings.busy_seconds))
    try:
        yield store
    except (schema.SchemaError, BackupError, roles.RolesRefused) as reason:
        typer.echo(str(reason), err=True)
        raise typer.Exit(1) from reason
    except OperationalError as reason:
        # The address is shown without its password.
        typer.echo(f"{make_url(settings.database)!r} does not answer: {str(reason.orig).strip()}", err=True)
        raise typer.Exit(1) from reason
    finally:
        store.close()
