"""`arrears staff`: who works here, what they may do, and tokens for programs that act for them."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from api.auth.keys import KeyUnfit, keyring
from api.auth.passwords import LONGEST, SHORTEST, Passwords, PasswordUnfit
from api.auth.person import Person, person_of
from api.auth.sessions import Sessions, SessionView
from api.auth.tokens import Kind, Tokens
from api.desk import staffing
from api.desk.absences import AbsenceDesk, AbsenceIn
from api.desk.errors import Invalid, NotFound
from api.desk.leaving import Came, LeavingDesk
from arrears import clock
from arrears.cli.config import load_pack, load_settings
from arrears.policy.calendar import Calendar
from arrears.policy.tasks import Role
from arrears.settings import Settings
from arrears.store import audit, certificates, people, schema
from arrears.store.in_force import PublishedRules
from arrears.store.people import LoginTaken, NewStaff, StaffRow
from arrears.store.session import Store, open_engine

app = typer.Typer(
    no_args_is_help=True, help="People of the bank: add, list, change, and tokens for programs."
)

ACTOR = "command-line"
# Whoever has the database has every right; the trail says that it was done from here.
_TERMINAL: Final = Person(ACTOR, ACTOR, ACTOR, frozenset({Role.ADMIN}), "en")
_YEAR: Final = timedelta(days=365)
_say = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)

Login = Annotated[str, typer.Argument(help="What the person types to sign in; case does not count.")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


@app.command("add")
def add(
    login: Login,
    role: Annotated[list[Role], typer.Option(help="May be given more than once.")],
    name: Annotated[str, typer.Option(help="As colleagues see it; the log-in when left out.")] = "",
    language: Annotated[str, typer.Option(help="zh-CN or en.")] = "zh-CN",
    password_stdin: FromStdin = False,
) -> None:
    """Add a person with one or more roles; asks for the password."""
    hashed = _hashed(_password(from_stdin=password_stdin))
    new = NewStaff(login, name or login, frozenset(role), hashed, language)
    with _store() as store:
        try:
            with store.transaction() as connection:
                at = clock.machine_now()
                staff_id = people.add_staff(connection, new, at=at)
                detail = {"staff_id": staff_id, "roles": sorted(new.roles)}
                audit.append(
                    connection, stream=audit.HOUSE, at=at, actor=ACTOR, what="staff_added", detail=detail
                )
        except LoginTaken:
            _stop(f"Somebody has the log-in {login} already: choose another, or use `arrears staff change`.")
    _say.print(f"Added {login} ({staff_id}): {', '.join(sorted(new.roles))}")


@app.command("invite")
def invite(
    login: Login,
    role: Annotated[
        list[Role] | None, typer.Option(help="Of somebody new; may be given more than once.")
    ] = None,
    name: Annotated[str, typer.Option(help="Of somebody new, as colleagues see it.")] = "",
    language: Annotated[str, typer.Option(help="zh-CN or en.")] = "zh-CN",
) -> None:
    """Print a link with which somebody new, or who forgot it, sets the password; it is shown once."""
    settings = load_settings()
    with _store(settings) as store, store.transaction() as connection:
        known = people.staff_by_login(connection, login)
        try:
            if known is None:
                link = staffing.invite(
                    connection,
                    staffing.NewPerson(login, name or login, frozenset(role or ()), language),
                    by=ACTOR,
                )
            elif role or name:
                _stop(f"Somebody has the log-in {login} already: leave out --role and --name for a new link.")
            elif not known.active and known.password_hash is not None:
                _stop(f"{login} has left: `arrears staff change {login} --on` first.")
            else:
                link = staffing.make_link(connection, known.staff_id, by=ACTOR)
        except Invalid as invalid:
            _stop("Not taken: " + ", ".join(f"{one.field}: {one.why}" for one in invalid.missing))
    scheme = "https" if settings.secure_cookies else "http"
    print(f"{scheme}://{settings.host}:{settings.port}/invitation/{link.token}")
    _say.print(f"For {login}, once, until {link.ends_at:%Y-%m-%d %H:%M} UTC. It is not shown again.")


@app.command("leave")
def leave(
    login: Login,
    to: Annotated[str, typer.Option(help="Log-in of whoever takes over; the queue when left out.")] = "",
) -> None:
    """Let a person in no more, and hand over the open tasks; says where each went."""
    pack = load_pack(load_settings())
    with _store() as store:
        with store.reading() as connection:
            staff = _found(people.staff_by_login(connection, login), login)
            taker = _found(people.staff_by_login(connection, to), to).staff_id if to else ""
        desk = LeavingDesk(store, PublishedRules(store, pack.rules))
        handed = desk.let_go(_TERMINAL, staff.staff_id, to=taker)
    for one in handed:
        print(f"{one.task.task_id}\t{one.came}\t{to if one.came is Came.HANDED else 'queue'}")
    _say.print(f"{login} is let in no more; {len(handed)} open tasks went on.")


@app.command("absent")
def absent(
    login: Login,
    substitute: Annotated[str, typer.Option(help="Log-in of whoever stands in.")],
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day away.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day away.")],
) -> None:
    """Say that somebody is away for some days, and who stands in; it ends by itself."""
    pack = load_pack(load_settings())
    with _store() as store:
        with store.reading() as connection:
            staff = _found(people.staff_by_login(connection, login), login)
            other = _found(people.staff_by_login(connection, substitute), substitute)
        said = AbsenceIn(first.date(), last.date(), other.staff_id)
        try:
            AbsenceDesk(store, PublishedRules(store, pack.rules)).enter(_TERMINAL, staff.staff_id, said)
        except NotFound:
            _stop(f"{login} has left.")
        except Invalid as invalid:
            _stop("Not taken: " + ", ".join(f"{one.field}: {one.why}" for one in invalid.missing))
    _say.print(f"{login} is away from {said.from_day} to {said.to_day}; {substitute} stands in.")


@app.command("list")
def list_staff(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Who works here, with which roles."""
    with _store() as store, store.reading() as connection:
        everyone = people.all_staff(connection)
    if as_json:
        print(json.dumps([_line(row) for row in everyone], ensure_ascii=False, indent=2))
        return
    table = Table("log-in", "name", "roles", "active", "id")
    for row in everyone:
        table.add_row(row.login, row.name, ", ".join(row.roles), "yes" if row.active else "no", row.staff_id)
    Console().print(table)


@app.command("change")
def change(
    login: Login,
    role: Annotated[list[Role] | None, typer.Option(help="The new set of roles, all of them.")] = None,
    active: Annotated[bool | None, typer.Option("--on/--off", help="Let in, or no longer.")] = None,
    new_password: Annotated[bool, typer.Option("--new-password", help="Ask for a new password.")] = False,
    password_stdin: FromStdin = False,
) -> None:
    """Change roles, password or standing; signs the person out everywhere and voids the tokens."""
    asked = new_password or password_stdin
    hashed = _hashed(_password(from_stdin=password_stdin)) if asked else None
    roles = frozenset(role) if role else None
    if roles is None and active is None and hashed is None:
        _stop("Nothing to change: give --role, --on, --off or --new-password.")
    with _store() as store, store.transaction() as connection:
        staff, at = _found(people.staff_by_login(connection, login), login), clock.machine_now()
        people.change_staff(
            connection, staff.staff_id, at=at, roles=roles, active=active, password_hash=hashed
        )
        detail = {
            "staff_id": staff.staff_id,
            "roles": None if roles is None else sorted(roles),
            "active": active,
            "password": hashed is not None,
        }
        audit.append(connection, stream=audit.HOUSE, at=at, actor=ACTOR, what="staff_changed", detail=detail)
    _say.print(f"Changed {login}; signed out everywhere, earlier tokens are void.")


@app.command("sessions")
def sessions(
    login: Login,
    end: Annotated[bool, typer.Option("--end", help="Sign the person out everywhere.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Where a person is signed in; tokens of programs are not among them."""
    with _store() as store:
        with store.reading() as connection:
            staff = _found(people.staff_by_login(connection, login), login)
        known = Sessions(store)
        if end:
            _end_sessions(store, known, staff.staff_id)
            _say.print(
                f"{login} is signed out everywhere; tokens go on: `arrears staff token {login} --revoke`."
            )
            return
        lines = [_session_line(one) for one in known.of(staff.staff_id)]
    if as_json:
        print(json.dumps(lines, indent=2))
        return
    table = Table("browser", "signed in", "last seen", "ends at the latest")
    for line in lines:
        table.add_row(*line.values())
    Console().print(table)


@app.command("certify")
def certify(
    login: Login,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day; a year when left out.")
    ] = None,
    tested: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day of the test; today when left out.")
    ] = None,
) -> None:
    """Say that somebody was trained and tested; without it nobody works with debtors."""
    calendar = load_pack(load_settings()).calendar
    at = clock.door_now()
    since = at if tested is None else _midnight(calendar, tested.date())
    ends = since + _YEAR if until is None else _midnight(calendar, until.date() + timedelta(days=1))
    if not since < ends:
        _stop("It would end before it begins: look at --tested and --until.")
    with _store() as store, store.transaction() as connection:
        staff = _found(people.staff_by_login(connection, login), login)
        certificates.grant(connection, staff.staff_id, since=since, until=ends, by=ACTOR, at=at)
    _say.print(f"{login} is certified until {min(ends, since + _YEAR):%Y-%m-%d %H:%M} UTC at the latest.")


@app.command("token")
def token(
    login: Login,
    days: Annotated[int, typer.Option(min=1, max=90, help="How long it is good for.")] = 30,
    revoke: Annotated[
        bool, typer.Option("--revoke", help="Make none; void every token issued until now.")
    ] = False,
) -> None:
    """Print a bearer token for a program that acts for this person; it is shown once."""
    settings = load_settings()
    with _store(settings) as store, store.transaction() as connection:
        staff, at = _found(people.staff_by_login(connection, login), login), clock.machine_now()
        if revoke:
            people.void_tokens_before(connection, staff.staff_id, at)
            what, detail = "tokens_voided", {"staff_id": staff.staff_id}
        elif not staff.active:
            _stop(f"{login} is not active: `arrears staff change {login} --on` first.")
        else:
            issued = _tokens(settings).issue(person_of(staff), kind=Kind.PERSONAL, life=timedelta(days=days))
            what = "token_issued"
            detail = {"staff_id": staff.staff_id, "token_id": issued.token_id, "days": str(days)}
        audit.append(connection, stream=audit.HOUSE, at=at, actor=ACTOR, what=what, detail=detail)
    if revoke:
        _say.print(f"Every token of {login} issued until now is void.")
        return
    print(issued.token)
    _say.print(f"For {login}, good until {issued.expires_at:%Y-%m-%d %H:%M} UTC. It is not shown again.")


def _end_sessions(store: Store, known: Sessions, staff_id: str) -> None:
    detail = {"staff_id": staff_id, "sessions": known.revoke_all(staff_id)}
    with store.transaction() as connection:
        at = clock.machine_now()
        audit.append(connection, stream=audit.HOUSE, at=at, actor=ACTOR, what="sessions_ended", detail=detail)


def _session_line(session: SessionView) -> dict[str, str]:
    """Instants in UTC."""
    return {
        "browser": session.browser,
        "signed_in": session.created_at.isoformat(timespec="minutes"),
        "last_seen": session.seen_at.isoformat(timespec="minutes"),
        "ends_at": session.ends_at.isoformat(timespec="minutes"),
    }


def _midnight(calendar: Calendar, day: date) -> datetime:
    return datetime.fromtimestamp(calendar.start_of(day), UTC)


@contextmanager
def _store(settings: Settings | None = None) -> Iterator[Store]:
    settings = settings or load_settings()
    store = Store(open_engine(settings.database, busy_seconds=settings.busy_seconds))
    try:
        schema.require_current(store)
        yield store
    except schema.SchemaError as wrong:
        _stop(str(wrong))
    finally:
        store.close()


def _tokens(settings: Settings) -> Tokens:
    try:
        return Tokens(keyring(settings))
    except KeyUnfit as unfit:
        _stop(str(unfit))


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return typed


def _hashed(password: str) -> str:
    try:
        return Passwords().hash(password)
    except PasswordUnfit:
        _stop(f"A password has {SHORTEST} to {LONGEST} characters.")


def _found(staff: StaffRow | None, login: str) -> StaffRow:
    if staff is None:
        _stop(f"Nobody has the log-in {login}: `arrears staff list` shows who is here.")
    return staff


def _line(row: StaffRow) -> dict[str, object]:
    return {
        "login": row.login,
        "name": row.name,
        "roles": row.roles,
        "active": row.active,
        "staff_id": row.staff_id,
        "created_at": row.created_at.isoformat(),
    }


def _stop(why: str) -> NoReturn:
    _say.print(why)
    raise typer.Exit(1)
