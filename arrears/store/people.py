"""Writes of staff, browser sessions, sign-in throttle and token revocations, with the reads they need."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, delete, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from arrears.policy.tasks import Role
from arrears.store.tables import browser_sessions, keepsakes, login_attempts, staff

_REVOKED: Final = "token-revoked:"
_VOID_BEFORE: Final = "tokens-void-before:"


class LoginTaken(Exception):
    """Somebody has this log-in already."""


@dataclass(frozen=True)
class NewStaff:
    """`roles` as the bank names them; without a password hash nobody can sign in with it."""

    login: str
    name: str
    roles: frozenset[Role]
    password_hash: str | None
    language: str
    staff_id: str | None = None
    active: bool = True


@dataclass(frozen=True)
class StaffRow:
    staff_id: str
    login: str
    name: str
    roles: list[str]
    password_hash: str | None
    language: str
    active: bool
    created_at: datetime


@dataclass(frozen=True)
class SessionRow:
    sid_hash: str
    staff_id: str
    csrf: str
    created_at: datetime
    seen_at: datetime
    ends_at: datetime
    browser: str | None = None
    proved_at: datetime | None = None


def plain_login(login: str) -> str:
    """How a log-in is kept and looked up: case and blanks around it do not count."""
    return login.strip().casefold()


# ---- staff -------------------------------------------------------------------------------------------------


def add_staff(connection: Connection, new: NewStaff, *, at: datetime) -> str:
    """Returns the staff id, drawn unless given: it goes where a name must not. Raises LoginTaken."""
    staff_id = new.staff_id or f"s-{secrets.token_hex(4)}"
    row = {
        "staff_id": staff_id,
        "login": plain_login(new.login),
        "name": new.name,
        "roles": sorted(role.value for role in new.roles),
        "password_hash": new.password_hash,
        "language": new.language,
        "active": new.active,
        "created_at": at,
    }
    try:
        with connection.begin_nested():
            connection.execute(insert(staff).values(row))
    except IntegrityError as clash:
        raise LoginTaken from clash
    return staff_id


def staff_by_login(connection: Connection, login: str) -> StaffRow | None:
    """Active or not."""
    return _one_of_staff(connection, staff.c.login == plain_login(login))


def staff_by_id(connection: Connection, staff_id: str) -> StaffRow | None:
    """Active or not."""
    return _one_of_staff(connection, staff.c.staff_id == staff_id)


def all_staff(connection: Connection) -> list[StaffRow]:
    everyone = connection.execute(select(staff).order_by(staff.c.login)).mappings()
    return [StaffRow(**row) for row in everyone]


def set_password_hash(connection: Connection, staff_id: str, password_hash: str) -> None:
    """The same password under newer parameters: sessions stay."""
    connection.execute(update(staff).where(staff.c.staff_id == staff_id).values(password_hash=password_hash))


def set_language(connection: Connection, staff_id: str, language: str) -> None:
    """A taste and not a right: sessions stay."""
    connection.execute(update(staff).where(staff.c.staff_id == staff_id).values(language=language))


def change_staff(
    connection: Connection,
    staff_id: str,
    *,
    at: datetime,
    roles: frozenset[Role] | None = None,
    active: bool | None = None,
    password_hash: str | None = None,
) -> None:
    """Whatever changes here signs the person out everywhere and voids the tokens, in the same transaction."""
    changes: dict[str, Any] = {}
    if roles is not None:
        changes["roles"] = sorted(role.value for role in roles)
    if active is not None:
        changes["active"] = active
    if password_hash is not None:
        changes["password_hash"] = password_hash
    if changes:
        connection.execute(update(staff).where(staff.c.staff_id == staff_id).values(changes))
        end_sessions(connection, staff_id)
        void_tokens_before(connection, staff_id, at)


def remove_staff(connection: Connection, staff_id: str) -> None:
    """Only somebody who was invited and never came: of all others acts are kept that name them."""
    connection.execute(delete(staff).where(staff.c.staff_id == staff_id, staff.c.password_hash.is_(None)))


def _one_of_staff(connection: Connection, wanted: ColumnElement[bool]) -> StaffRow | None:
    row = connection.execute(select(staff).where(wanted)).mappings().first()
    return None if row is None else StaffRow(**row)


# ---- browser sessions --------------------------------------------------------------------------------------


def put_session(connection: Connection, session: SessionRow) -> None:
    connection.execute(
        insert(browser_sessions).values(
            sid_hash=session.sid_hash,
            staff_id=session.staff_id,
            csrf=session.csrf,
            created_at=session.created_at,
            seen_at=session.seen_at,
            ends_at=session.ends_at,
            browser=session.browser,
            proved_at=session.proved_at,
        )
    )


def session_with_staff(connection: Connection, sid_hash: str) -> tuple[SessionRow, StaffRow] | None:
    """The session and its person in one look; only active people have one."""
    joined = (
        select(browser_sessions, *(column.label(f"staff_{column.name}") for column in staff.c))
        .join(staff, staff.c.staff_id == browser_sessions.c.staff_id)
        .where(browser_sessions.c.sid_hash == sid_hash)
    )
    row = connection.execute(joined).mappings().first()
    if row is None:
        return None
    session = SessionRow(**{column.name: row[column.name] for column in browser_sessions.c})
    person = StaffRow(**{column.name: row[f"staff_{column.name}"] for column in staff.c})
    return (session, person) if person.active else None


def touch_session(connection: Connection, sid_hash: str, *, at: datetime) -> None:
    connection.execute(
        update(browser_sessions).where(browser_sessions.c.sid_hash == sid_hash).values(seen_at=at)
    )


def prove_session(connection: Connection, sid_hash: str, fresh_hash: str, *, at: datetime) -> bool:
    """The session goes on under another hash, proved at this instant."""
    moved = connection.execute(
        update(browser_sessions)
        .where(browser_sessions.c.sid_hash == sid_hash)
        .values(sid_hash=fresh_hash, proved_at=at, seen_at=at)
    )
    return moved.rowcount == 1


def end_session(connection: Connection, sid_hash: str) -> bool:
    return (
        connection.execute(delete(browser_sessions).where(browser_sessions.c.sid_hash == sid_hash)).rowcount
        == 1
    )


def end_sessions(connection: Connection, staff_id: str, *, but: Collection[str] = ()) -> int:
    return connection.execute(
        delete(browser_sessions).where(
            browser_sessions.c.staff_id == staff_id, browser_sessions.c.sid_hash.not_in(but)
        )
    ).rowcount


def end_stale_sessions(connection: Connection, *, now: datetime, seen_before: datetime) -> None:
    stale = or_(browser_sessions.c.ends_at <= now, browser_sessions.c.seen_at <= seen_before)
    _delete_free(connection, browser_sessions.c.sid_hash, stale)


def sessions_of(connection: Connection, staff_id: str) -> list[SessionRow]:
    """Newest first."""
    newest = (
        select(browser_sessions)
        .where(browser_sessions.c.staff_id == staff_id)
        .order_by(browser_sessions.c.created_at.desc())
    )
    return [SessionRow(**row) for row in connection.execute(newest).mappings()]


# ---- sign-in throttle --------------------------------------------------------------------------------------


def attempts(
    connection: Connection, buckets: Collection[str], *, now: datetime
) -> dict[str, tuple[int, datetime]]:
    """Failures and the end of the wait by bucket, each bucket held until the end of the transaction."""
    put = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    # All take them in one order, so nobody waits in a ring.
    fresh = [{"bucket": bucket, "failures": 0, "until": now} for bucket in sorted(buckets)]
    connection.execute(put(login_attempts).values(fresh).on_conflict_do_nothing())
    held = (
        select(login_attempts)
        .where(login_attempts.c.bucket.in_(buckets))
        .order_by(login_attempts.c.bucket)
        .with_for_update()
    )
    return {row.bucket: (row.failures, row.until) for row in connection.execute(held)}


def put_attempts(connection: Connection, bucket: str, *, failures: int, until: datetime) -> None:
    """For a bucket that `attempts` holds."""
    connection.execute(
        update(login_attempts).where(login_attempts.c.bucket == bucket).values(failures=failures, until=until)
    )


def clear_attempts(connection: Connection, bucket: str) -> None:
    connection.execute(delete(login_attempts).where(login_attempts.c.bucket == bucket))


def forget_attempts(connection: Connection, *, older_than: datetime) -> None:
    _delete_free(connection, login_attempts.c.bucket, login_attempts.c.until <= older_than)


# ---- tokens ------------------------------------------------------------------------------------------------


def revoke_token(connection: Connection, token_id: str, *, at: datetime) -> None:
    _keep(connection, _REVOKED + token_id, at.isoformat())


def void_tokens_before(connection: Connection, staff_id: str, at: datetime) -> None:
    """Every token of the person issued until now is worth nothing."""
    _keep(connection, _VOID_BEFORE + staff_id, at.isoformat())


def is_token_void(connection: Connection, token_id: str, *, staff_id: str, issued_at: datetime) -> bool:
    names = (_REVOKED + token_id, _VOID_BEFORE + staff_id)
    rows = connection.execute(select(keepsakes.c.name, keepsakes.c.value).where(keepsakes.c.name.in_(names)))
    found = {row.name: row.value for row in rows}
    if _REVOKED + token_id in found:
        return True
    void_before = found.get(_VOID_BEFORE + staff_id)
    return void_before is not None and issued_at <= datetime.fromisoformat(void_before)


def _keep(connection: Connection, name: str, value: str) -> None:
    put = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    new = put(keepsakes).values(name=name, value=value)
    connection.execute(new.on_conflict_do_update(index_elements=["name"], set_={"value": new.excluded.value}))


def _delete_free(connection: Connection, key: Column[Any], stale: ColumnElement[bool]) -> None:
    """Leaves what somebody holds just now to the next one who tidies up."""
    free = select(key).where(stale).with_for_update(skip_locked=True)
    connection.execute(delete(key.table).where(key.in_(free)))
