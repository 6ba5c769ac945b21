"""`make chaos`: a monkey among real processes, and a week without workers, for as long and as large as one likes.

python -m tests.chaos monkey|outage --help
"""

import asyncio
import json
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from arrears.engine.embedded import Engine
from arrears.engine.namespace import prepare
from arrears.store import schema
from arrears.store.session import Store, open_engine
from tests.chaos import outage as outages
from tests.chaos.monkey import monkey as monkeys
from tests.chaos.monkey.deaths import Terms
from tests.chaos.monkey.report import Report
from tests.workflows.conftest import NAMESPACE

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)

Keep = Annotated[Path | None, typer.Option(help="A new folder for all that is written; else it is removed.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


class Database(StrEnum):
    SQLITE = "sqlite"
    POSTGRES = "postgres"


@app.command()
def monkey(
    seed: Annotated[
        int | None, typer.Option(help="The same one kills the same parts; drawn when left out.")
    ] = None,
    seconds: Annotated[float, typer.Option(help="How long parts die.")] = 90.0,
    cases: Annotated[int, typer.Option(min=10)] = 200,
    database: Database = Database.SQLITE,
    keep: Keep = None,
    as_json: AsJson = False,
) -> None:
    """Kill doors, worker, relay, Temporal and database while people work; 1 when anything is not as it was told."""
    drawn = secrets.randbelow(100_000) if seed is None else seed
    typer.echo(f"seed {drawn}", err=True)
    with _folder(keep) as folder:
        came = asyncio.run(monkeys.play(Terms(drawn, seconds, cases, database.value), folder))
    _tell(came, as_json=as_json)


@app.command()
def outage(
    cases: Annotated[int, typer.Option(min=8)] = 1000, keep: Keep = None, as_json: AsJson = False
) -> None:
    """Wake so many cases a week too late, at night; 1 when one moves twice or anybody is contacted who may not be."""
    with _folder(keep) as folder:
        came = asyncio.run(_wake(folder, cases))
    _tell(came, as_json=as_json)


async def _wake(folder: Path, cases: int) -> outages.Outage:
    store = Store(open_engine(f"sqlite:///{folder / 'arrears.db'}"))
    schema.upgrade(store)
    try:
        with Engine(data_dir=folder, time_skipping=True, ui=False) as engine:
            await prepare(engine.address, namespace=NAMESPACE, retention_days=1)
            return await outages.play(store, engine, folder, cases)
    finally:
        store.close()


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True)
        yield keep.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="arrears-chaos-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _tell(came: Report | outages.Outage, *, as_json: bool) -> None:
    said = json.dumps(came.as_json(), ensure_ascii=False, indent=2) if as_json else came.in_words()
    typer.echo(said)
    raise typer.Exit(1 if came.faults or came.too_slow else 0)


if __name__ == "__main__":
    app()
