"""`arrears simulate`: a portfolio with known payments through the real machine, every loan held to its end."""

import asyncio
import json
import os
from datetime import date
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy.engine import make_url

from arrears.cli.config import load_pack, load_settings, stop
from arrears.cli.intake import Bars
from arrears.cli.simulation.driver import Stuck
from arrears.cli.simulation.portfolio import PortfolioRefused
from arrears.cli.simulation.running import NAMESPACE, Ran, must_be_empty
from arrears.cli.simulation.running import simulate as run
from arrears.cli.simulation.terms import OtherSimulation, SimulationTerms, has_begun, settle_in
from arrears.engine.errors import EngineError
from arrears.engine.programs import Say, silent
from arrears.settings import Settings
from arrears.store.packs import Pack
from arrears.store.schema import SchemaError

_SHOWN_MISMATCHES: Final = 20


def simulate(  # noqa: PLR0913  # one an option
    *,
    portfolio: Annotated[
        Path, typer.Option(help="A folder with intake/, replay/payments… and a pack.toml.")
    ] = Path("samples/uci"),
    loans: Annotated[str, typer.Option(help="all, or only the first so many by id.")] = "all",
    as_of: Annotated[str, typer.Option(help="The bank's day the portfolio is moved to.")] = "2026-01-05",
    horizon: Annotated[str, typer.Option(help="So many days are lived, as in 150d.")] = "150d",
    seed: Annotated[int, typer.Option(help="What robots leave to chance; the same seed, the same end.")] = 1,
    pack: Annotated[
        str, typer.Option(help="A pack by its name or its file, instead of the portfolio's own.")
    ] = "",
    data_dir: Annotated[
        Path, typer.Option(help="Where this simulation keeps its database, server and letters.")
    ] = Path(".arrears-simulation"),
    cluster: Annotated[
        bool,
        typer.Option(
            "--cluster",
            help="In the empty database and on the Temporal server that the settings name, instead of our own.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Let robots work a portfolio with known payments to its end, in skipped time; a wrong end is named."""
    if not (portfolio / "intake").exists():
        stop(f"{portfolio} holds no intake folder.")
    chosen = str(Path(pack).resolve()) if pack.endswith(".toml") else pack
    settings = _settings(portfolio, data_dir, chosen, cluster=cluster)
    terms = SimulationTerms(
        str(portfolio.resolve()),
        _loans(loans),
        _day(as_of),
        _days(horizon),
        seed,
        chosen,
        where=_where(settings),
    )
    rules = load_pack(settings)
    console = Console(stderr=as_json)
    # What lies there is personal data: for nobody but the one who runs this.
    os.umask(0o077)
    try:
        _settle(data_dir, terms, settings, say=silent if as_json else console.print)
        ran = _run(settings, rules, terms, console, quiet=as_json)
    except OtherSimulation as other:
        stop(str(other))
    except (Stuck, PortfolioRefused, EngineError, SchemaError) as wrong:
        stop(str(wrong), code=1)
    except KeyboardInterrupt:
        stop("Stopped. The same command goes on from there.", code=130)
    if as_json:
        print(json.dumps(ran.as_json(), ensure_ascii=False))
    else:
        _show(console, ran)
    if ran.tally.mismatches:
        raise typer.Exit(1)


def _settle(data_dir: Path, terms: SimulationTerms, settings: Settings, *, say: Say) -> None:
    if settings.database_url and not has_begun(data_dir):
        must_be_empty(settings)
    if not settle_in(data_dir, terms):
        say("Going on with the simulation that is here.")


def _where(settings: Settings) -> str:
    """An address without its password: one and the same simulation is in one and the same place."""
    return f"{make_url(settings.database_url)!r} {settings.temporal_address}" if settings.database_url else ""


def _run(settings: Settings, pack: Pack, terms: SimulationTerms, console: Console, *, quiet: bool) -> Ran:
    columns = (TextColumn("{task.description:>10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    say = silent if quiet else console.print
    with Progress(*columns, console=console) as progress:
        return asyncio.run(run(settings, pack, terms, reporter=Bars(progress), say=say))


def _settings(portfolio: Path, data_dir: Path, pack: str, *, cluster: bool) -> Settings:
    """Whatever the environment says, a simulation touches no other database and no other Temporal, unless told to."""
    own = portfolio / "pack.toml"
    pack = pack or (str(own) if own.exists() else "")
    elsewhere = (
        {"temporal_namespace": NAMESPACE} if cluster else {"database_url": None, "temporal_address": None}
    )
    settings = load_settings(
        data_dir=data_dir,
        time_skipping=True,
        shift_seconds=0,
        letters_dir=None,
        **elsewhere,
        **({"pack": pack} if pack else {}),
    )
    if cluster and not (settings.database_url and settings.temporal_address):
        stop("--cluster needs ARREARS_DATABASE_URL and ARREARS_TEMPORAL_ADDRESS.")
    return settings


def _loans(said: str) -> int | None:
    if said == "all":
        return None
    if not said.isdecimal() or int(said) < 1:
        stop(f"--loans takes all or a number, not {said}.")
    return int(said)


def _day(said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError:
        stop(f"--as-of takes a day as in 2026-01-05, not {said}.")


def _days(said: str) -> int:
    number = said.removesuffix("d")
    if not number.isdecimal() or int(number) < 1:
        stop(f"--horizon takes days as in 150d, not {said}.")
    return int(number)


def _show(console: Console, ran: Ran) -> None:
    table = Table("", "")
    table.columns[1].justify = "right"
    for name, figure in ran.as_json().items():
        if name != "mismatches":
            table.add_row(name.replace("_", " "), f"{figure:,}")
    console.print(table)
    mismatches = ran.tally.mismatches
    for mismatch in mismatches[:_SHOWN_MISMATCHES]:
        console.print(mismatch, style="red", markup=False)
    if len(mismatches) > _SHOWN_MISMATCHES:
        console.print(f"… and {len(mismatches) - _SHOWN_MISMATCHES} more: --json names all.", style="red")
    console.print(
        f"{len(mismatches)} loans or sums ended otherwise than they must."
        if mismatches
        else "All as it must be."
    )
