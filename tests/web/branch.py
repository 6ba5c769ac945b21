"""A whole web server over a room of cases: in this process for plain tests, on a port for a browser."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx
import uvicorn
from fastapi import FastAPI

from api.auth.entrance import Entrance, open_entrance
from api.auth.keys import Key, Keyring
from api.auth.passwords import Passwords
from api.auth.person import Person
from arrears.contracts import Unchanging
from arrears.settings import Settings
from arrears.store.session import Store
from tests.api.doorway import Doorway
from tests.builders import CaseRoom
from web.app import create_app

PASSWORD: Final = "correct horse battery"
HOST: Final = "http://127.0.0.1:8400"
PATIENCE: Final = 0.2  # what is never answered here is waited for all the same, only shorter
UI: Final = "http://127.0.0.1:8233"


@dataclass
class Branch:
    """The server, its people by log-in, and the cases behind it."""

    app: FastAPI
    room: CaseRoom
    people: dict[str, Person]
    entrance: Entrance
    settings: Settings
    _desks: dict[str, "Desk"] = field(default_factory=dict)

    def visitor(self) -> httpx.Client:
        """A browser nobody has signed in with."""
        client = httpx.Client(transport=Doorway(self.app), base_url=HOST)
        client.headers["Sec-Fetch-Site"] = "same-origin"
        return client

    def at(self, login: str) -> "Desk":
        """One and the same browser for the same person."""
        if login not in self._desks:
            self._desks[login] = Desk(self, self.people[login])
        return self._desks[login]


class Desk:
    """A signed-in browser: plain forms, no script."""

    def __init__(self, branch: Branch, person: Person) -> None:
        opened = branch.entrance.sessions.open(person.staff_id)
        self.person = person
        self.csrf = opened.csrf
        self.client = branch.visitor()
        self.client.cookies.set("sid", opened.cookie, domain="127.0.0.1")

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(path, headers=headers)

    def swap(self, path: str, target: str = "detail") -> httpx.Response:
        return self.get(path, **swap_headers(target))

    def post(self, path: str, *, swap: bool = False, **fields: str | list[str]) -> httpx.Response:
        headers = swap_headers() if swap else {}
        return self.client.post(path, data={"csrf": self.csrf, **fields}, headers=headers)

    def send_file(
        self, path: str, content: bytes, *, name: str = "scan.pdf", **fields: str
    ) -> httpx.Response:
        """As a browser sends a form with a file."""
        files = {"document": (name, content, "application/octet-stream")}
        return self.client.post(path, data={"csrf": self.csrf, **fields}, files=files)


def swap_headers(target: str = "detail") -> dict[str, str]:
    return {"HX-Request": "true", "HX-Target": f"section#{target}", "HX-Current-URL": f"{HOST}/inbox"}


def open_branch(
    store: Store,
    room: CaseRoom,
    *,
    letters: Path | None = None,
    port: int = 8400,
    language: str = "zh-CN",
    undo_seconds: int = 0,
) -> Branch:
    """Staff is made here; `room` may hold its cases already. Answers are heard at once unless `undo_seconds` is set."""
    passwords = Passwords(memory_kib=64, passes=1, lanes=1)
    staff = room.staff(password_hash=passwords.hash(PASSWORD), language=language)
    beside = None if letters is None else letters.parent / "documents"
    settings = Settings(
        _env_file=None,
        port=port,
        letters_dir=letters,
        documents_dir=beside,
        temporal_ui_url=UI,
        undo_seconds=undo_seconds,
    )
    entrance = open_entrance(
        store, Keyring([Key("k0000001", bytes(range(32)))]), secure_cookies=False, passwords=passwords
    )
    app = create_app(
        settings=settings,
        store=store,
        desk=room.desk,
        entrance=entrance,
        rules=Unchanging(room.rules),
        patience=PATIENCE,
    )
    return Branch(app, room, staff, entrance, settings)


@contextmanager
def listening(app: FastAPI) -> Iterator[str]:
    """The address of a real server for this app, on a free port, in a thread of its own."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        server = _InThread(
            uvicorn.Config(
                app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1
            )
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
        thread.start()
        try:
            assert server.ready.wait(10), "the server does not start"
            yield f"http://127.0.0.1:{taken.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


class _InThread(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to the test run."""
        yield
