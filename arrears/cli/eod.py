"""`arrears eod DAY`: say that the core bank has closed a day."""

from datetime import date
from typing import Annotated

import typer

from api.desk import errors
from api.desk.desk import Desk
from arrears.cli.config import load_pack, load_settings, stop
from arrears.cli.stack import must_be_current, opened_store
from arrears.contracts import Unchanging


def eod(day: Annotated[str, typer.Argument(help="The business day that is closed, ISO.")]) -> None:
    """Say that all money of a business day is here; cases that waited for it go on."""
    try:
        closed = date.fromisoformat(day)
    except ValueError:
        stop(f"{day} is no ISO day such as 2026-11-23.")
    settings = load_settings()
    pack = load_pack(settings)
    store = opened_store(settings)
    must_be_current(store)
    try:
        told = Desk(store, Unchanging(pack.rules)).money.keep_closing(closed, source="command-line")
    except errors.Invalid:
        stop(f"{closed} is not over yet.", code=1)
    finally:
        store.close()
    typer.echo(
        f"{closed} was closed already." if told is None else f"{closed} is closed; cases told: {told}."
    )
