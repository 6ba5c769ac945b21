"""`arrears demo`: a whole small bank on this machine, with the sample portfolio and one log-in a role."""

import asyncio
import json
import secrets
import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

import arrears
from api.auth.passwords import Passwords
from arrears import clock
from arrears.cli.config import fit_keys, load_pack, load_settings, stop
from arrears.cli.intake import load_delivery
from arrears.cli.office_hours import ahead_of
from arrears.cli.stack import Stack, run
from arrears.engine.errors import EngineError
from arrears.policy.tasks import Role
from arrears.store import certificates, people, schema
from arrears.store.people import NewStaff
from arrears.store.session import Store

SAMPLE: Final = Path(arrears.__file__).parent.parent / "samples" / "uci"
LOANS: Final = 500
_LOGINS: Final = "demo-logins.json"

# Two legal advisors: nobody approves litigation alone. Two of operations: who typed money in does not send it out.
_PEOPLE: Final = (
    ("collector", "王敏", Role.COLLECTOR),
    ("lead", "李强", Role.TEAM_LEAD),
    ("advisor1", "赵静", Role.LEGAL_ADVISOR),
    ("advisor2", "钱伟", Role.LEGAL_ADVISOR),
    ("ops", "孙丽", Role.OPS),
    ("ops2", "许宁", Role.OPS),
    ("planner", "吴芳", Role.PLAN_OFFICER),
    ("desk", "郑洁", Role.CASE_DESK),
    ("manager", "冯涛", Role.MANAGER),
    ("compliance", "陈晨", Role.COMPLIANCE),
    ("operator", "周杰", Role.OPERATOR),
    ("admin", "何平", Role.ADMIN),
)


@dataclass(frozen=True)
class Logins:
    password: str
    people: list[tuple[str, str]]  # log-in, role


def demo(
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Throw the earlier demo away and start over.")
    ] = False,
    data_dir: Annotated[Path, typer.Option(help="Where the demo keeps its data.")] = Path(".arrears-demo"),
    loans: Annotated[int, typer.Option(min=1, help="How many loans of the sample.")] = LOANS,
) -> None:
    """Start everything embedded, import the sample portfolio, print the addresses and the log-ins."""
    if not SAMPLE.exists():
        stop(f"The sample portfolio is not here ({SAMPLE}): run the demo from a clone of the project.")
    if fresh:
        _throw_away(data_dir)
    # Whatever the environment says, a demo touches no other database and no other Temporal.
    settings = load_settings(
        data_dir=data_dir,
        database_url=None,
        temporal_address=None,
        time_skipping=True,
        shift_seconds=0,
        pack=str(SAMPLE / "pack.toml"),
    )
    pack = load_pack(settings)
    ahead = ahead_of(data_dir, pack.calendar, is_new=not (data_dir / _LOGINS).exists())
    settings = settings.model_copy(update={"shift_seconds": ahead})
    clock.hang_ahead(ahead)
    console = Console()

    async def life() -> None:
        stack = Stack(settings, pack, say=console.print)
        schema.upgrade(stack.store)
        logins = _staff(stack.store, settings.data_dir)

        def ready() -> None:
            # The bank's files are those of last night: money that comes today is news.
            with clock.door_time(clock.door_now() - timedelta(days=1)):
                load_delivery(
                    stack.store,
                    pack,
                    [SAMPLE / "intake"],
                    rejects_to=settings.data_dir / "rejects.csv",
                    rebase=True,
                    loans=loans,
                    console=console,
                    stopped=stack.stop.is_set,
                )
            if not stack.stop.is_set():
                _print(console, stack, logins)

        await run(stack, "engine", "relay", "worker", "web", ready=ready)

    try:
        with fit_keys():
            asyncio.run(life())
    except (EngineError, schema.SchemaError) as wrong:
        stop(str(wrong), code=1)


def _throw_away(data_dir: Path) -> None:
    """Only what a demo made: the folder must hold a demo's log-ins, or nothing is touched."""
    if not data_dir.exists():
        return
    if not (data_dir / _LOGINS).exists():
        stop(f"{data_dir} holds no demo, so nothing there is thrown away.")
    shutil.rmtree(data_dir)


def _staff(store: Store, data_dir: Path) -> Logins:
    """One person a role, with a password drawn for this demo alone."""
    kept = data_dir / _LOGINS
    if kept.exists():
        known = json.loads(kept.read_text("utf-8"))
        return Logins(known["password"], [(login, role) for login, role in known["people"]])
    password = f"demo-{secrets.token_hex(5)}"
    hashed = Passwords().hash(password)
    with store.transaction() as connection:
        for login, name, role in _PEOPLE:
            if people.staff_by_login(connection, login) is None:
                # No language of their own yet: pages follow the browser until somebody switches.
                new = NewStaff(login, name, frozenset({role}), hashed, language="")
                now = clock.door_now()
                staff_id = people.add_staff(connection, new, at=now)
                if role is Role.COLLECTOR:
                    ends = now + timedelta(days=365)
                    certificates.grant(connection, staff_id, since=now, until=ends, by="demo", at=now)
    logins = Logins(password, [(login, role.value) for login, _, role in _PEOPLE])
    draft = kept.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps({"password": logins.password, "people": logins.people}), "utf-8")
    draft.rename(kept)
    return logins


def _print(console: Console, stack: Stack, logins: Logins) -> None:
    table = Table("log-in", "role")
    for login, role in logins.people:
        table.add_row(login, role.replace("_", " "))
    console.print(table)
    console.print(f"One password for all: {logins.password}")
    console.print(f"Arrears      {stack.web_url}")
    if stack.ui_url:
        console.print(f"Temporal UI  {stack.ui_url}")
    console.print(
        "Other verbs on this demo: "
        f"ARREARS_DATA_DIR={stack.settings.data_dir.resolve()} ARREARS_PACK={stack.settings.pack} "
        f"ARREARS_TIME_SKIPPING=true ARREARS_SHIFT_SECONDS={stack.settings.shift_seconds} "
        f"ARREARS_TEMPORAL_ADDRESS={stack.address} .venv/bin/arrears …",
        soft_wrap=True,
    )
    if stack.settings.shift_seconds:
        wall = clock.door_now().astimezone(ZoneInfo(stack.pack.calendar.zone))
        console.print(
            f"The bank is closed at this hour: the clock of this demo stands at {wall:%A %H:%M, %d %B}."
        )
    console.print("Ctrl-C stops everything; run it again and it goes on.")
