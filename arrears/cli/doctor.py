"""`arrears doctor`: what this machine has, what it lacks, and what a start would do about it."""

import asyncio
import importlib.util
import json
import platform
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from api.auth.keys import KeyUnfit, keyring, keyring_from
from api.auth.senders import senders
from arrears import clock
from arrears.cli.config import load_settings, stop
from arrears.engine import versions
from arrears.engine.errors import EngineError
from arrears.engine.folder import EngineFolder
from arrears.engine.namespace import server_version
from arrears.engine.programs import Address, CliProgram, ServerProgram
from arrears.engine.resolve import CHOICES, Survey, survey
from arrears.engine.server import GRPC
from arrears.engine.ui import PORT as UI_PORT
from arrears.engine.ui import url
from arrears.settings import Settings
from arrears.store import packs, roles, schema
from arrears.store.session import Store, open_engine

PACKAGES: Final = ("arrears", "workflows", "activities", "api", "web")
_LOOK_AHEAD: Final = timedelta(days=60)
_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
_LESS: Final = f"Run `arrears db roles`, and let web, relay and worker come in as {roles.APP}."
_DEBIAN_POSTGRES: Final = Path("/usr/lib/postgresql")


class State(StrEnum):
    GOOD = "good"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    subject: str
    state: State
    says: str
    advice: str = ""


def report(settings: Settings) -> list[Finding]:
    """Looks, and changes nothing: starts, downloads and builds nothing, makes no file."""
    folder = EngineFolder.below(settings.data_dir)
    here = survey(address=settings.temporal_address, cache_dir=settings.cache_dir, form=folder.recall().form)
    return [
        _python(),
        one_house(),
        _data_folder(settings.data_dir, folder),
        _temporal(here),
        _ui(settings, here),
        _database(settings),
        _pack(settings),
        _secrets(settings),
        _for_tests("Chromium", _browser(), "apt-get install chromium"),
        _for_tests("PostgreSQL", _postgres(), "apt-get install postgresql"),
    ]


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Say what was found on this machine and what a start would do; ends with 1 when something is wrong."""
    findings = report(load_settings())
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
    else:
        _show(findings)
    if any(finding.state is State.BAD for finding in findings):
        raise typer.Exit(1)


def must_be_one_house() -> None:
    """For `serve` and `worker`: stops when a package of ours comes from somewhere else."""
    finding = one_house()
    if finding.state is State.BAD:
        stop(f"{finding.says} {finding.advice}")


def one_house() -> Finding:
    """Our package names are common words, and another distribution may have brought its own."""
    places = {name: _place(name) for name in PACKAGES}
    missing = [name for name, place in places.items() if place is None]
    if missing:
        return Finding(
            "packages", State.BAD, f"Missing: {', '.join(missing)}.", "Install the product again, by itself."
        )
    home = places["arrears"]
    strangers = [f"{name} comes from {place}" for name, place in places.items() if place != home]
    if strangers:
        return Finding(
            "packages",
            State.BAD,
            f"The packages must lie beside arrears in {home}, but {', '.join(strangers)}.",
            "Install the product in an environment of its own, and start it by its `arrears` command.",
        )
    return Finding("packages", State.GOOD, f"all {len(PACKAGES)} in {home}")


def _place(package: str) -> Path | None:
    """Found, not imported: a look must not run a stranger's code."""
    spec = importlib.util.find_spec(package)
    return None if spec is None or spec.origin is None else Path(spec.origin).resolve().parent.parent


def _python() -> Finding:
    return Finding("Python", State.GOOD, f"{platform.python_version()} ({sys.executable})")


def _data_folder(data_dir: Path, folder: EngineFolder) -> Finding:
    holder = folder.holder()
    if holder is None:
        exists = "is there" if data_dir.exists() else "will be made"
        return Finding("data folder", State.GOOD, f"{data_dir.resolve()} {exists}; nothing runs in it now")
    ports = folder.recall().ports
    running = f"Temporal at 127.0.0.1:{ports[GRPC]}" if GRPC in ports else "Temporal"
    shown = f", its UI at {url(ports[UI_PORT])}" if UI_PORT in ports else ""
    return Finding(
        "data folder", State.GOOD, f"{data_dir.resolve()}; process {holder} runs {running} in it{shown}"
    )


def _temporal(here: Survey) -> Finding:
    match here.found:
        case Address(target):
            return _temporal_elsewhere(target)
        case ServerProgram(path, version):
            return Finding("Temporal", State.GOOD, f"server {version} ({path})")
        case CliProgram(path, version):
            return Finding("Temporal", State.GOOD, f"command line with server {version} ({path})")
        case None:
            tried = "; ".join(here.reasons)
            would = "the first start would try to download the `temporal` command line through the SDK"
            if here.go is None:
                return Finding(
                    "Temporal",
                    State.NOTE,
                    f"{tried}; {would}",
                    f"Without a network: {'; or '.join(CHOICES)}.",
                )
            build = f"or else build server {versions.SERVER} with Go {here.go.version} ({here.go.path})"
            return Finding("Temporal", State.NOTE, f"{tried}; {would}, {build}")


def _temporal_elsewhere(target: str) -> Finding:
    try:
        version = asyncio.run(server_version(target))
    except EngineError as error:
        return Finding(
            "Temporal",
            State.BAD,
            str(error),
            "Start it, or unset ARREARS_TEMPORAL_ADDRESS for one of our own.",
        )
    if not versions.is_at_least(version, versions.OLDEST_SERVER):
        advice = f"{versions.OLDEST_SERVER} or newer is needed."
        return Finding("Temporal", State.BAD, f"server {version} at {target}", advice)
    return Finding("Temporal", State.GOOD, f"server {version} at {target}")


def _ui(settings: Settings, here: Survey) -> Finding:
    if settings.temporal_ui_url is not None:
        return Finding("Temporal UI", State.GOOD, settings.temporal_ui_url)
    match here.found:
        case Address():
            return Finding("Temporal UI", State.NOTE, "unknown", "Links to it need ARREARS_TEMPORAL_UI_URL.")
        case CliProgram():
            return Finding("Temporal UI", State.GOOD, "comes with the command line")
        case _ if here.cache.ui.exists():
            return Finding("Temporal UI", State.GOOD, f"{versions.UI} ({here.cache.ui})")
        case _:
            says = (
                "not here; a start would fetch it along with the server, or build it with Go, or do without"
            )
            return Finding("Temporal UI", State.NOTE, says)


def _database(settings: Settings) -> Finding:
    where = make_url(settings.database)
    if where.get_backend_name() == "sqlite" and not _exists(where):
        return Finding(
            "database", State.NOTE, f"{where.database} is not there yet", "Run `arrears db upgrade`."
        )
    store = Store(open_engine(settings.database, busy_seconds=settings.busy_seconds))
    try:
        schema.require_current(store)
        # SQLAlchemy shows an address without its password.
        says = f"{where!r} at revision {schema.head()}"
        if not store.is_sqlite and _owns_the_tables(store):
            return Finding(
                "database", State.NOTE, f"{says}; this role owns the tables and could change the trail", _LESS
            )
        return Finding("database", State.GOOD, says)
    except schema.SchemaError as wrong:
        return Finding("database", State.BAD, str(wrong))
    except SQLAlchemyError as wrong:
        why = str(getattr(wrong, "orig", None) or type(wrong).__name__).strip()
        return Finding(
            "database",
            State.BAD,
            f"{where!r} does not answer: {why}",
            "Start it, or mend ARREARS_DATABASE_URL.",
        )
    finally:
        store.close()


def _owns_the_tables(store: Store) -> bool:
    with store.reading() as connection:
        return roles.owns_the_tables(connection)


def _pack(settings: Settings) -> Finding:
    try:
        pack = packs.load(settings.pack)
    except packs.PackInvalid as wrong:
        return Finding("policy pack", State.BAD, str(wrong), "Mend it, or set ARREARS_PACK to another.")
    ahead = pack.calendar.day_of(int((clock.machine_now() + _LOOK_AHEAD).timestamp()))
    if not pack.calendar.is_official(ahead):
        return Finding(
            "policy pack",
            State.NOTE,
            f"{pack.version}; the bank days of {ahead.year} are not in its calendar",
            "When they are published, propose a pack whose calendar has them.",
        )
    return Finding("policy pack", State.GOOD, pack.version)


def _secrets(settings: Settings) -> Finding:
    """Each that is there already is fit; none is made here, and none is shown."""
    token = settings.token_key_file or settings.data_dir / "token.key"
    try:
        if settings.token_key is not None or token.exists():
            keyring(settings)
        if settings.payload_key_file is not None and settings.payload_key_file.exists():
            keyring_from(settings.payload_key_file)
        houses = sorted(senders(settings).secrets)
    except KeyUnfit as unfit:
        return Finding("keys", State.BAD, str(unfit), "Draw another, or mend who can read the file.")
    return Finding("keys", State.GOOD, f"fit; signed events from {', '.join(houses) or 'nobody'}")


def _exists(where: URL) -> bool:
    return where.database is not None and Path(where.database).exists()


def _for_tests(what: str, found: str | None, command: str) -> Finding:
    if found is not None:
        return Finding(f"{what} (tests)", State.GOOD, found)
    return Finding(
        f"{what} (tests)", State.NOTE, "not here; the tests that need it are skipped", f"{command}"
    )


def _browser() -> str | None:
    return next((found for name in _BROWSERS if (found := shutil.which(name))), None)


def _postgres() -> str | None:
    debian = sorted(_DEBIAN_POSTGRES.glob("*/bin/initdb"))
    return str(debian[-1].parent) if debian else shutil.which("initdb")


_STYLE: Final = {State.GOOD: "green", State.NOTE: "yellow", State.BAD: "bold red"}


def _show(findings: Sequence[Finding]) -> None:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        # Text, not markup: a path may hold square brackets.
        says = Text(finding.says + (f"\n{finding.advice}" if finding.advice else ""))
        table.add_row(Text(finding.state.value, style=_STYLE[finding.state]), Text(finding.subject), says)
    Console(highlight=False).print(table)
