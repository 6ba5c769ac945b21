"""`arrears deployment`: which builds of workers there are, and which of them takes the cases."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Annotated, Final, TypeVar

import typer
from temporalio.service import RPCError, WorkflowService

from api.gateway import connect
from arrears.cli.config import load_settings, stop
from arrears.engine import deployments
from arrears.engine.deployments import BuildUnknown, Deployment
from arrears.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Builds of workers: which there are, and which of them takes the cases.",
)

_UNVERSIONED: Final = "workers without a build"
Answer = TypeVar("Answer")
Ask = Callable[[WorkflowService, str, str], Awaitable[Answer]]


@app.command()
def show(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Every build that has called the server, and what it does."""
    found = _asked(deployments.look)
    if as_json:
        typer.echo(json.dumps(None if found is None else asdict(found), ensure_ascii=False, indent=2))
    elif found is None:
        typer.echo("No worker of this deployment has called the server yet.")
    else:
        _tell(found)


@app.command()
def use(
    build: Annotated[
        str | None, typer.Argument(help="A build that `show` names.", show_default=False)
    ] = None,
    percent: Annotated[
        float | None,
        typer.Option(min=0, max=100, help="Only so many of a hundred cases.", show_default=False),
    ] = None,
    none: Annotated[bool, typer.Option("--none", help=f"Back to {_UNVERSIONED}.")] = False,
) -> None:
    """Give the cases to a build: each goes there at its next step, with the history it has."""
    if (build is None) is not none or (percent is not None and build is None):
        stop("Name a build, with --percent for a part of the cases, or say --none.")

    async def told(service: WorkflowService, namespace: str, name: str) -> None:
        if percent is None or build is None:
            await deployments.use(service, namespace, name, build)
        else:
            await deployments.ramp(service, namespace, name, build, percent)

    _asked(told)
    part = "all cases" if percent is None else f"{percent:g} % of the cases"
    typer.echo(f"{build or _UNVERSIONED}: {part}, each from its next step on.")


def _tell(found: Deployment) -> None:
    typer.echo(f"{found.name}: all cases go to {found.current or _UNVERSIONED}.")
    if found.ramping is not None:
        typer.echo(f"  but {found.percent:g} % of them to {found.ramping}.")
    if not found.spread:
        typer.echo("  The server has not told all of itself yet.")
    for build in found.builds:
        typer.echo(f"  {build.build_id}: {build.part}")


def _asked(ask: Ask[Answer]) -> Answer:
    settings = load_settings()
    if settings.deployment is None:
        stop("Set ARREARS_DEPLOYMENT, as for the workers.")
    if settings.temporal_address is None:
        stop("Set ARREARS_TEMPORAL_ADDRESS to the Temporal server.")
    try:
        return asyncio.run(_at_the_server(settings, settings.temporal_address, settings.deployment, ask))
    except BuildUnknown as unknown:
        stop(f"The server gives no cases to that build: {unknown}.", code=1)
    except TimeoutError:
        stop("It was said, and the server has not told all of itself yet: `arrears deployment show`.", code=1)
    except (RPCError, RuntimeError):
        stop(f"Temporal at {settings.temporal_address} does not answer.", code=1)


async def _at_the_server(settings: Settings, address: str, name: str, ask: Ask[Answer]) -> Answer:
    client = await connect(address, settings.temporal_namespace, lazy=False)
    return await ask(client.workflow_service, settings.temporal_namespace, name)
