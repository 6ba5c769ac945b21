"""`arrears pack`: which rules hold; a new pack is checked, tried on the open cases, proposed, and approved by another."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime, time
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from api.auth.passwords import Passwords, TooBusy
from api.auth.person import Person
from api.auth.sign_in import SignIn, SignInRefused
from api.auth.throttle import Throttle, TooManyTries
from api.desk import errors
from api.desk.publishing import PackDesk
from arrears import clock
from arrears.cli.config import load_pack, load_settings, stop
from arrears.cli.stack import must_be_current, opened_store
from arrears.store import packs, publishing, trying
from arrears.store.in_force import PublishedRules
from arrears.store.packs import Pack, PackInvalid
from arrears.store.publishing import Published
from arrears.store.session import Store
from arrears.store.trying import Changed, Difference

app = typer.Typer(
    no_args_is_help=True,
    help="Policy packs: list, check, try on the open cases, propose, and approve with a second key.",
)

_FAULTS: Final = {
    "reason_required": "Say why with --reason.",
    "pack_version_taken": "There is a pack of this version already: a changed pack is another version.",
    "pack_role_unmanned": "A team lead, two legal advisors and a manager must be there before a pack can hold.",
    "pack_day_passed": "That instant has passed or is less than a minute away: name a later one.",
}

File = Annotated[
    str, typer.Argument(help="A `.toml` file, or the name of a pack that ships with the product.")
]
Version = Annotated[str, typer.Argument(help="As the pack names itself.")]
As = Annotated[str, typer.Option("--as", help="The log-in of whoever turns the key; asks for the password.")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
Since = Annotated[
    str, typer.Option("--from", help="Day (00:00 at the bank) or instant; as soon as may be when left out.")
]


@app.command("list")
def list_packs(as_json: AsJson = False) -> None:
    """Every published or proposed pack, and which one holds now."""
    founding = load_pack(load_settings())
    with _opened() as store, store.reading() as connection:
        known = publishing.listed(connection)
        holding = publishing.in_force(connection, clock.door_now())
    held = founding.version if holding is None else holding.version
    if as_json:
        lines = [_line(row, held=row.version == held) for row in known]
        print(json.dumps({"in_force": held, "founding": founding.version, "packs": lines}, indent=2))
        return
    table = Table("version", "status", "from", "proposed by", "decided by", "why")
    for row in known:
        since = _shown(row.effective_at, founding.calendar.zone)
        table.add_row(row.version, row.status, since, row.proposed_by, row.decided_by or "", row.reason)
    Console().print(table)
    typer.echo(f"In force: {held}" + ("" if holding else " (the founding pack, from the settings)"))


@app.command("check")
def check(file: File) -> None:
    """Say every fault of a pack; ends with 1 when it has one."""
    pack = _read(file)
    typer.echo(f"{pack.version} can be used.")


@app.command("try")
def try_(file: File, since: Since = "", as_json: AsJson = False) -> None:
    """Say what a pack would change, number by number, and which open cases would go another way. Changes nothing."""
    founding, tried = load_pack(load_settings()), _read(file)
    at = clock.door_now()
    begins = _instant(since, tried) or at
    with _opened() as store:
        rules = PublishedRules(store, founding.rules)
        with store.reading() as connection:
            holding = publishing.in_force(connection, at)
            held_text = founding.text if holding is None else holding.text
            numbers = trying.differences(held_text, tried.text)
            changed = list(trying.changes(connection, rules, tried.rules, since=int(begins.timestamp())))
    if as_json:
        told = {"pack": tried.version, "numbers": [asdict(one) for one in numbers]}
        print(json.dumps(told | {"cases": [asdict(one) for one in changed]}, indent=2))
        return
    _print(numbers, changed)


@app.command("propose")
def propose(
    file: File,
    login: As,
    reason: Annotated[str, typer.Option(help="Why; it stays with the pack.")] = "",
    since: Since = "",
    password_stdin: FromStdin = False,
) -> None:
    """Turn the first key, as compliance or as a manager."""
    pack = _read(file)
    with _opened() as store, _told():
        who = _signed_in(store, login, from_stdin=password_stdin)
        PackDesk(store).propose(who, pack, reason=reason, effective_at=_instant(since, pack))
    typer.echo(f"{pack.version} is proposed; somebody of the other role approves it.")


@app.command("approve")
def approve(version: Version, login: As, password_stdin: FromStdin = False) -> None:
    """Turn the second key: another person, compliance where a manager proposed, a manager where compliance did."""
    with _opened() as store, _told():
        who = _signed_in(store, login, from_stdin=password_stdin)
        since = PackDesk(store).approve(who, version)
    typer.echo(f"{version} holds from {since:%Y-%m-%d %H:%M} UTC.")


@app.command("withdraw")
def withdraw(version: Version, login: As, password_stdin: FromStdin = False) -> None:
    """Take a proposal back before its second key."""
    with _opened() as store, _told():
        who = _signed_in(store, login, from_stdin=password_stdin)
        PackDesk(store).withdraw(who, version)
    typer.echo(f"{version} is withdrawn.")


# ---- inside ----------------------------------------------------------------------------------------------


@contextmanager
def _opened() -> Iterator[Store]:
    store = opened_store(load_settings())
    try:
        must_be_current(store)
        yield store
    finally:
        store.close()


@contextmanager
def _told() -> Iterator[None]:
    """What the desk refuses, as a sentence."""
    try:
        yield
    except errors.SecondPersonNeeded:
        stop("The second key is another person's, of the other role: compliance and a manager.", code=1)
    except errors.NotAllowed:
        stop("Only compliance and managers publish packs.", code=1)
    except errors.NotFound:
        stop("No such pack waits for its second key; `arrears pack list` shows them.", code=1)
    except errors.Invalid as invalid:
        stop("\n".join(_FAULTS.get(fault.why, fault.why) for fault in invalid.missing), code=1)
    except (SignInRefused, TooManyTries, TooBusy):
        stop("Log-in or password is not right, or was tried too often.", code=1)


def _signed_in(store: Store, login: str, *, from_stdin: bool) -> Person:
    typed = sys.stdin.readline().rstrip("\r\n") if from_stdin else typer.prompt("Password", hide_input=True)
    return SignIn(store, Passwords(), Throttle(store)).check(login, str(typed), network="command-line")


def _read(file: str) -> Pack:
    try:
        return packs.load(file)
    except PackInvalid as wrong:
        stop("\n".join(wrong.faults), code=1)


def _instant(since: str, pack: Pack) -> datetime | None:
    if not since:
        return None
    zone = ZoneInfo(pack.calendar.zone)
    try:
        if len(since) == len("2026-12-01"):
            return datetime.combine(date.fromisoformat(since), time(), zone)
        moment = datetime.fromisoformat(since)
    except ValueError:
        stop(f"{since} is no ISO day or instant.")
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)


def _shown(at: datetime | None, zone: str) -> str:
    return "once approved" if at is None else f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def _line(row: Published, *, held: bool) -> dict[str, object]:
    shown = {name: value for name, value in vars(row).items() if name not in ("text", "rules")}
    instants = {name: value.isoformat() for name, value in shown.items() if isinstance(value, datetime)}
    return shown | instants | {"in_force": held}


def _print(numbers: list[Difference], changed: list[Changed]) -> None:
    table = Table("number", "now", "then")
    for number in numbers:
        table.add_row(number.key, _word(number.before), _word(number.after))
    Console().print(table)
    for case in changed:
        typer.echo(f"{case.case_id}  {case.stage}, entered under {case.pinned}")
        for sign, milestones in (("-", case.before), ("+", case.after)):
            for one in milestones:
                typer.echo(f"  {sign} {one.on}  {one.what}" + (f", due {one.due_on}" if one.due_on else ""))
    typer.echo(f"{len(numbers)} numbers differ; {len(changed)} open cases would go another way.")


def _word(value: object) -> str:
    return "—" if value is None else str(value)
