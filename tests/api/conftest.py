"""A small server of the JSON API alone, on each database, with a clock that is moved by hand."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api import errors
from api.auth.entrance import Entrance, open_entrance
from api.auth.keys import Key, Keyring
from api.auth.passwords import Passwords
from api.auth.person import Person
from api.auth.senders import Senders
from api.desk.desk import Desk
from api.pacing import Pace
from api.routes import router
from api.traced import Traced
from arrears import clock
from arrears.contracts import Rules, Unchanging
from arrears.policy.tasks import Role
from arrears.store import packs
from arrears.store.session import Store
from tests.api import rows
from tests.api.doorway import Doorway

SECRET = bytes(range(7, 39))
# The core bank changes its secret: the first is in use, the second will be.
BANK_SECRETS = {"corebank": (bytes(range(50, 82)), bytes(range(90, 122))), "card": (bytes(range(130, 162)),)}


@dataclass
class Machine:
    """Machine time that stands still until it is moved."""

    now: datetime = datetime(2026, 11, 2, 9, 0, 0, 250_000, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **how_long: float) -> None:
        self.now += timedelta(**how_long)


@dataclass
class Server:
    """The app, its parts, and clients that speak for a person."""

    app: FastAPI
    store: Store
    entrance: Entrance
    machine: Machine
    _people: dict[tuple[Role, ...], Person] = field(default_factory=dict)

    def person(self, *roles: Role) -> Person:
        """One and the same person for the same roles."""
        key = tuple(sorted(roles))
        if key not in self._people:
            self._people[key] = rows.a_person(self.store, *key)
        return self._people[key]

    def anyone(self) -> httpx.Client:
        return httpx.Client(transport=Doorway(self.app), base_url="http://127.0.0.1:8400")

    def as_(self, *roles: Role) -> httpx.Client:
        return self.speaking_for(self.person(*roles))

    def speaking_for(self, person: Person) -> httpx.Client:
        client = self.anyone()
        client.headers["Authorization"] = f"Bearer {self.entrance.tokens.issue(person).token}"
        return client


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture(scope="session")
def passwords() -> Passwords:
    """Cheap on purpose; the real cost is tried once, where it matters."""
    return Passwords(memory_kib=64, passes=1, lanes=1)


@pytest.fixture(scope="session")
def rules() -> Rules:
    return packs.load("cn-bank-2026").rules


@pytest.fixture
def keys() -> Keyring:
    return Keyring([Key("k0000001", SECRET)])


Serve = Callable[[Store], Server]


@pytest.fixture
def serve(machine: Machine, passwords: Passwords, rules: Rules, keys: Keyring) -> Serve:
    def made(store: Store) -> Server:
        app = FastAPI(openapi_url=None)
        app.include_router(router)
        errors.install(app)
        app.add_middleware(Traced)
        app.state.store = store
        app.state.desk = Desk(store, Unchanging(rules))
        app.state.pace = Pace(1000, rush=10_000)
        app.state.entrance = open_entrance(
            store,
            keys,
            secure_cookies=False,
            passwords=passwords,
            senders=Senders(BANK_SECRETS, now=machine),
            now=machine,
        )
        return Server(app, store, app.state.entrance, machine)

    return made


@pytest.fixture
def server(serve: Serve, store: Store) -> Any:
    """On both databases, at the hour of the rows."""
    with clock.door_time(rows.AT):
        yield serve(store)


@pytest.fixture
def quick_server(serve: Serve, sqlite_store: Store) -> Any:
    """On SQLite only: for what has nothing to do with the database."""
    with clock.door_time(rows.AT):
        yield serve(sqlite_store)
