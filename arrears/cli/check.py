"""`arrears check`: whether what must be true of the database, and of the cases in Temporal, is true."""

import asyncio
import json
from collections.abc import Sequence
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import select
from temporalio.client import Client
from temporalio.service import RPCError

from api.gateway import connect
from arrears import clock
from arrears.cli.config import load_pack, load_settings, stop
from arrears.cli.stack import must_be_current, opened_store
from arrears.names import WORKFLOW_TYPE
from arrears.settings import Settings
from arrears.store.in_force import PublishedRules
from arrears.store.invariants.asking import Breach, Invariant
from arrears.store.invariants.asking import check as ask
from arrears.store.invariants.register import ALL
from arrears.store.session import Store
from arrears.store.tables import cases

_RUNS: Final = 25  # the invariant that Temporal answers


def check(
    names: Annotated[bool, typer.Option("--list", help="Only name them, and what holds each.")] = False,
    busy: Annotated[
        bool, typer.Option("--busy", help="Work goes on: ask only what must be true in the midst of it.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Ask every invariant; ends with 1 when one is broken. Nothing is changed, and only ids are said."""
    if names:
        typer.echo(json.dumps(_listed(), ensure_ascii=False, indent=2)) if as_json else _print_list()
        return
    settings = load_settings()
    founding = load_pack(settings).rules
    store = opened_store(settings)
    try:
        must_be_current(store)
        in_force = PublishedRules(store, founding)
        breaches = ask(store, in_force, ALL, now=clock.machine_now(), at_rest=not busy)
        asked = [one for one in ALL if one.asks is not None and (not busy or not one.at_rest)]
        if settings.temporal_address is not None:
            asked.append(_running())
            breaches += asyncio.run(_in_temporal(settings, store))
    finally:
        store.close()
    _tell(asked, breaches, as_json=as_json)
    raise typer.Exit(1 if breaches else 0)


def _running() -> Invariant:
    return next(one for one in ALL if one.number == _RUNS)


async def _in_temporal(settings: Settings, store: Store) -> list[Breach]:
    """Open cases against running workflows, both ways. A case that starts or ends this moment is looked at again."""
    try:
        client = await connect(settings.temporal_address or "", settings.temporal_namespace, lazy=False)
        stray = await _differences(client, store)
        if stray:
            await asyncio.sleep(2)
            stray &= await _differences(client, store)
    except (RPCError, RuntimeError):
        stop(f"Temporal at {settings.temporal_address} does not answer: the verdict is not whole.", code=1)
    return [Breach(_running(), what) for what in sorted(stray)]


async def _differences(client: Client, store: Store) -> set[str]:
    with store.reading() as connection:
        is_open = select(cases.c.case_id).where(cases.c.status == "open")
        known = set(connection.execute(is_open).scalars())
    which = f"WorkflowType = '{WORKFLOW_TYPE}' AND ExecutionStatus = 'Running'"
    runs = {found.id async for found in client.list_workflows(which)}
    return {f"{case_id}: open, and does not run in Temporal" for case_id in known - runs} | {
        f"{case_id}: runs in Temporal, and is not open" for case_id in runs - known
    }


# ---- telling ---------------------------------------------------------------------------------------------


def _tell(asked: Sequence[Invariant], breaches: Sequence[Breach], *, as_json: bool) -> None:
    if as_json:
        broken = [{"invariant": one.invariant.name, "what": one.what} for one in breaches]
        typer.echo(json.dumps({"asked": [one.name for one in asked], "broken": broken}, indent=2))
        return
    for one in breaches:
        typer.echo(f"{one.invariant.name}: {one.what}")
    names = {one.invariant.name for one in breaches}
    typer.echo(f"{len(asked)} invariants asked, {len(names)} broken.")


def _listed() -> list[dict[str, Any]]:
    return [
        {"invariant": one.name, "says": one.says, "when": _when(one), "held": one.held}
        for one in sorted(ALL, key=lambda one: one.number)
    ]


def _when(one: Invariant) -> str:
    if one.asks is None:
        return "not asked here"
    return "at rest" if one.at_rest else "always"


def _print_list() -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    for line in _listed():
        table.add_row(line["invariant"], line["when"], line["says"], line["held"])
    Console().print(table)
