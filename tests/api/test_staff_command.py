import json
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from api.auth.keys import keyring
from api.auth.passwords import Passwords
from api.auth.sessions import Sessions
from api.auth.sign_in import InvitationOver, SignIn
from api.auth.throttle import Throttle
from api.auth.tokens import Kind, Tokens
from arrears import clock
from arrears.cli.staff import app
from arrears.policy.tasks import Role
from arrears.settings import Settings
from arrears.store import audit, people
from arrears.store.people import StaffRow
from arrears.store.session import Store
from arrears.store.tables import audit_rows, tasks
from tests.api import rows

PASSWORD = "correct horse battery"


@pytest.fixture
def command(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    url = store.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("ARREARS_DATABASE_URL", url)
    monkeypatch.setenv("ARREARS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return CliRunner()


def _staff(store: Store, login: str) -> StaffRow:
    with store.reading() as connection:
        found = people.staff_by_login(connection, login)
    assert found is not None
    return found


def _whats(store: Store) -> list[str]:
    with store.reading() as connection:
        assert audit.verify(connection, audit.HOUSE) == []
        return list(connection.execute(select(audit_rows.c.what).order_by(audit_rows.c.n)).scalars())


def test_a_person_is_added_with_roles_and_can_sign_in(command: CliRunner, store: Store) -> None:
    words = ["add", "Li", "--role", "collector", "--role", "team_lead", "--name", "李", "--password-stdin"]
    done = command.invoke(app, words, input=PASSWORD + "\n")
    assert done.exit_code == 0, done.output
    staff = _staff(store, "li")
    assert (staff.name, staff.roles, staff.active) == ("李", ["collector", "team_lead"], True)
    assert Passwords().check(PASSWORD, staff.password_hash).fits
    assert PASSWORD not in done.output
    assert _whats(store) == ["staff_added"]


def test_the_password_is_asked_for_twice(command: CliRunner, store: Store) -> None:
    typed = f"{PASSWORD}\n{PASSWORD}x\n{PASSWORD}\n{PASSWORD}\n"
    done = command.invoke(app, ["add", "li", "--role", "ops"], input=typed)
    assert done.exit_code == 0, done.output
    assert PASSWORD not in done.output
    assert Passwords().check(PASSWORD, _staff(store, "li").password_hash).fits


MISTAKES = [
    (["add", "li", "--role", "colector"], PASSWORD, "collector"),
    (["add", "li"], PASSWORD, "--role"),
    (["add", "li", "--role", "ops"], "short", "12 to 256"),
    (["add", "taken", "--role", "ops"], PASSWORD, "already"),
    (["add", "TAKEN", "--role", "ops"], PASSWORD, "already"),
    (["token", "nobody"], "", "arrears staff list"),
    (["token", "taken", "--days", "91"], "", "90"),
    (["change", "nobody", "--off"], "", "arrears staff list"),
    (["change", "taken"], "", "Nothing to change"),
]


def test_what_cannot_be_is_said_and_nothing_is_written(command: CliRunner, store: Store) -> None:
    rows.a_person(store, Role.OPS, login="taken")
    for words, password, says in MISTAKES:
        stdin = ["--password-stdin"] if words[0] == "add" else []
        done = command.invoke(app, words + stdin, input=password + "\n")
        assert done.exit_code in (1, 2), words
        assert says in done.output
        assert "Traceback" not in done.output
    assert _whats(store) == []
    with store.reading() as connection:
        assert [row.login for row in people.all_staff(connection)] == ["taken"]


def test_the_list_shows_who_is_here_and_no_hash(command: CliRunner, store: Store) -> None:
    rows.a_person(store, Role.OPS, login="ops", password_hash="$argon2id$x")
    rows.a_person(store, Role.ADMIN, login="admin")
    done = command.invoke(app, ["list", "--json"])
    assert [line["login"] for line in json.loads(done.stdout)] == ["admin", "ops"]
    shown = command.invoke(app, ["list"])
    assert "ops" in shown.stdout
    assert "argon2" not in done.output + shown.output


def test_a_token_is_printed_alone_and_opens_the_api_until_it_is_revoked(
    command: CliRunner, store: Store, tmp_path: Path
) -> None:
    person = rows.a_person(store, Role.OPS, login="core-bank")
    done = command.invoke(app, ["token", "core-bank", "--days", "5"])
    assert done.exit_code == 0, done.output
    tokens = Tokens(keyring(Settings(data_dir=tmp_path / "data")))
    claims = tokens.verify(done.stdout.strip())
    assert (claims.staff_id, claims.kind) == (person.staff_id, Kind.PERSONAL)
    assert (claims.expires_at - claims.issued_at).days == 5

    def is_void() -> bool:
        with store.reading() as connection:
            return people.is_token_void(
                connection, claims.token_id, staff_id=claims.staff_id, issued_at=claims.issued_at
            )

    assert not is_void()
    revoked = command.invoke(app, ["token", "core-bank", "--revoke"])
    assert (revoked.exit_code, revoked.stdout) == (0, "")
    assert is_void()
    assert _whats(store) == ["token_issued", "tokens_voided"]
    with store.reading() as connection:
        trail = str(connection.execute(select(audit_rows)).all())
    assert done.stdout.strip() not in trail


def test_who_leaves_gets_no_token_and_loses_the_old_ones(command: CliRunner, store: Store) -> None:
    person = rows.a_person(store, Role.OPS, login="li")
    before = clock.machine_now()
    assert command.invoke(app, ["change", "li", "--off"]).exit_code == 0
    refused = command.invoke(app, ["token", "li"])
    assert refused.exit_code == 1
    assert refused.stdout == ""
    assert "not active" in refused.output
    with store.reading() as connection:
        assert people.is_token_void(connection, "any", staff_id=person.staff_id, issued_at=before)


def test_roles_and_password_can_be_changed(command: CliRunner, store: Store) -> None:
    rows.a_person(store, Role.OPS, login="li")
    words = ["change", "li", "--role", "operator", "--off", "--password-stdin"]
    assert command.invoke(app, words, input=PASSWORD + "\n").exit_code == 0
    staff = _staff(store, "li")
    assert (staff.roles, staff.active) == (["operator"], False)
    assert Passwords().check(PASSWORD, staff.password_hash).fits


def test_a_database_without_tables_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARREARS_DATABASE_URL", f"sqlite:///{tmp_path}/empty.db")
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["list"])
    assert done.exit_code == 1
    assert "arrears db upgrade" in done.output


def test_sessions_are_shown_and_ended(command: CliRunner, store: Store) -> None:
    li = rows.a_person(store, Role.OPS, login="li")
    known = Sessions(store)
    cookie = known.open(li.staff_id, browser="firefox").cookie
    shown = command.invoke(app, ["sessions", "li", "--json"])
    assert shown.exit_code == 0, shown.output
    (line,) = json.loads(shown.stdout)
    assert line["browser"] == "firefox"
    assert cookie not in shown.output
    assert command.invoke(app, ["sessions", "nobody"]).exit_code == 1
    assert known.find(cookie) is not None
    done = command.invoke(app, ["sessions", "LI", "--end"])
    assert done.exit_code == 0, done.output
    assert known.find(cookie) is None
    assert _whats(store) == ["sessions_ended"]


def test_a_link_is_printed_once_for_somebody_new_and_for_who_forgot(command: CliRunner, store: Store) -> None:
    asked = ["invite", "Wang", "--role", "ops", "--name", "王"]
    first, again = command.invoke(app, asked), command.invoke(app, ["invite", "wang"])
    assert (first.exit_code, again.exit_code) == (0, 0), first.output + again.output
    tokens = [done.stdout.strip().rsplit("/", 1)[1] for done in (first, again)]
    door = SignIn(store, Passwords(memory_kib=64, passes=1, lanes=1), Throttle(store))
    with pytest.raises(InvitationOver):
        door.accept(tokens[0], PASSWORD)
    assert door.accept(tokens[1], PASSWORD).roles == frozenset({Role.OPS})
    assert _staff(store, "wang").active
    assert _whats(store) == ["staff_invited", "link_made", "link_made", "invitation_accepted"]
    assert command.invoke(app, ["invite", "nobody"]).exit_code == 1
    assert command.invoke(app, ["invite", "wang", "--role", "admin"]).exit_code == 1
    assert _staff(store, "wang").roles == ["ops"]


def test_whoever_leaves_by_the_command_hands_over(command: CliRunner, store: Store) -> None:
    li, wang = rows.a_person(store, Role.OPS, login="li"), rows.a_person(store, Role.OPS, login="wang")
    case_id = rows.a_case(store, "L1")
    task = rows.a_task(store, case_id, role=Role.OPS, assignee=li.staff_id)
    assert command.invoke(app, ["leave", "li", "--to", "nobody"]).exit_code == 1
    assert _staff(store, "li").active
    done = command.invoke(app, ["leave", "li", "--to", "wang"])
    assert (done.exit_code, done.stdout) == (0, f"{task}\thanded\twang\n"), done.output
    assert not _staff(store, "li").active
    with store.reading() as connection:
        assert connection.execute(select(tasks.c.assignee)).scalar() == wang.staff_id
        assert audit.verify(connection, case_id) == []
