"""`arrears up | serve | worker | relay`: all parts in one process, or each in its own."""

import asyncio

import typer

from arrears.cli.config import fit_keys, load_pack, load_settings, stop
from arrears.cli.doctor import must_be_one_house
from arrears.cli.stack import Stack, must_be_current, run
from arrears.engine.errors import EngineError
from arrears.store import schema


def up() -> None:
    """Everything in one process: database, Temporal with its UI, worker, relay and web."""
    _run("engine", "relay", "worker", "web", upgrade=True)


def serve() -> None:
    """The web pages and the JSON API; Temporal may be away."""
    _run("web")


def worker() -> None:
    """Runs the cases; as many processes as there are cores."""
    _run("worker")


def relay() -> None:
    """Carries what people and banks said to the cases."""
    _run("relay")


def _run(*parts: str, upgrade: bool = False) -> None:
    must_be_one_house()
    settings = load_settings()
    if "engine" not in parts and settings.temporal_address is None:
        stop(
            "Set ARREARS_TEMPORAL_ADDRESS to the Temporal server, or use `arrears up`, which brings its own."
        )
    if "engine" in parts and settings.deployment is not None:
        stop(
            "ARREARS_DEPLOYMENT is for workers of their own (`arrears worker`): here all parts are of one build."
        )
    pack = load_pack(settings)

    async def life() -> None:
        stack = Stack(settings, pack, say=typer.echo)
        await stack.until_the_database_answers()
        if upgrade:
            schema.upgrade(stack.store)
        must_be_current(stack.store)
        await run(stack, *parts, ready=lambda: _ready(stack, parts))

    try:
        with fit_keys():
            asyncio.run(life())
    except (EngineError, schema.SchemaError) as wrong:
        stop(str(wrong), code=1)


def _ready(stack: Stack, parts: tuple[str, ...]) -> None:
    if "web" in parts:
        typer.echo(f"Arrears is at {stack.web_url}")
    if stack.ui_url:
        typer.echo(f"Temporal UI is at {stack.ui_url}")
    typer.echo(f"Running: {', '.join(parts)}. Ctrl-C stops all of it; nothing is lost.")
