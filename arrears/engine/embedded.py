"""One Temporal server with its UI, run for us on this machine: the front of this package."""

import socket
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from arrears.engine import sdk_download
from arrears.engine.answers import server_answers, ui_answers, wait_until
from arrears.engine.errors import DidNotStart, NoAnswer, PortTaken
from arrears.engine.folder import EngineFolder, Memory, last_lines, make_room
from arrears.engine.ports import choose, is_free
from arrears.engine.processes import Child, Launch, end_leftover
from arrears.engine.programs import CliProgram, Program, Say, silent
from arrears.engine.resolve import Download, resolve, resolve_ui
from arrears.engine.server import GRPC, HTTP, cli_launch, port_names, server_launch
from arrears.engine.ui import PORT as UI_PORT
from arrears.engine.ui import UiOptions, ui_launch, url

_SERVER_PATIENCE_SECONDS: Final = 90.0
_UI_PATIENCE_SECONDS: Final = 20.0
_CONNECT_SECONDS: Final = 3.0
_PORT_TRIES: Final = 3
_NO_OPTIONS: Final = UiOptions()


class Engine:
    """`start` it, use `address`, `stop` it; or `with Engine(...) as engine`.

    Its calls block (inside an event loop: `asyncio.to_thread`) and are for one thread at a time.
    With `address` given the server is somebody else's: it is looked at, never started or stopped.
    """

    def __init__(
        self,
        *,
        data_dir: Path,
        time_skipping: bool = False,
        ui: bool = True,
        say: Say = silent,
        address: str | None = None,
        cache_dir: Path | None = None,
        ui_options: UiOptions = _NO_OPTIONS,
        download: Download | None = sdk_download.download,
    ) -> None:
        self._folder = EngineFolder.below(data_dir)
        self._time_skipping, self._wants_ui, self._say = time_skipping, ui, say
        self._given, self._cache_dir, self._download = address or None, cache_dir, download
        self._ui_options = ui_options
        self._claim = ExitStack()
        self._ports: dict[str, int] = {}
        self._program: Program | None = None
        self._ui_program: Path | None = None
        self._server: Child | None = None
        self._ui: Child | None = None

    @property
    def address(self) -> str:
        """Where a Temporal client connects to; known from the start on."""
        return self._given or f"127.0.0.1:{self._ports[GRPC]}"

    @property
    def ui_url(self) -> str | None:
        """None when no UI of ours is up."""
        if self._ui is not None and self._ui.is_alive():
            return url(self._ports[UI_PORT])
        return url(self._ports[UI_PORT]) if self._cli_shows_ui and self.alive() else None

    @property
    def server_pid(self) -> int | None:
        """For those who watch it, and for tests that kill it."""
        return None if self._server is None else self._server.pid

    @property
    def ui_pid(self) -> int | None:
        return None if self._ui is None else self._ui.pid

    def alive(self) -> bool:
        if self._given is not None:
            return _connects(self._given)
        return self._server is not None and self._server.is_alive()

    def start(self) -> Self:
        """Returns when the server answers. A second call while it runs does nothing."""
        if self._given is not None:
            if not _connects(self._given):
                raise NoAnswer(self._given, "no connection")
            self._say(f"Temporal is at {self._given}")
        elif self._server is None:
            with ExitStack() as undo:
                undo.enter_context(self._folder.claimed())
                undo.callback(self._end_processes)
                self._start_in_folder()
                self._claim = undo.pop_all()
        return self

    def stop(self) -> None:
        """Ends the UI, then the server, and lets go of the folder; nothing is lost. Again: nothing."""
        self._claim.close()

    def restart(self) -> None:
        """The same program, data and ports again, whatever has become of the server that was there."""
        if self._server is None:
            raise RuntimeError("an engine that was never started, or somebody else's, cannot be restarted")
        self._end_processes()
        self._start_server()
        self._start_ui()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start_in_folder(self) -> None:
        """Only for the holder of the folder."""
        for record in (self._folder.server_record, self._folder.ui_record):
            if end_leftover(record):
                self._say("ended what an earlier run had left behind")
        memory = self._folder.recall()
        self._program = resolve(
            cache_dir=self._cache_dir, form=memory.form, say=self._say, download=self._download
        )
        if self._wants_ui:
            self._ui_program = resolve_ui(self._program, cache_dir=self._cache_dir, say=self._say)
        for attempt in range(1, _PORT_TRIES + 1):
            self._choose_ports(self._program, kept=memory.ports)
            try:
                self._start_server()
                break
            except DidNotStart as failure:
                # Another program may have taken a port between the choice and the start.
                if attempt == _PORT_TRIES or "address already in use" not in str(failure):
                    raise
        self._start_ui()

    def _choose_ports(self, program: Program, *, kept: dict[str, int]) -> None:
        names, wished = list(port_names(program.form)), dict(kept)
        if self._wants_ui:
            names.append(UI_PORT)
            if (fixed := self._ui_options.port) is not None:
                if not is_free(fixed):
                    raise PortTaken(fixed, "Temporal UI", "ARREARS_UI_PORT")
                wished[UI_PORT] = fixed
        self._ports = choose(names, kept=wished)
        self._folder.remember(Memory(form=program.form, ports={**kept, **self._ports}))

    def _start_server(self) -> None:
        launch = self._server_launch()
        self._server = self._run(launch)
        if wait_until(
            lambda: server_answers(self._ports[HTTP]),
            alive=self._server.is_alive,
            patience=_SERVER_PATIENCE_SECONDS,
        ):
            self._say(f"Temporal server {self._version} is up at {self.address}")
            return
        raise self._gave_up("Temporal server", self._server, launch)

    def _start_ui(self) -> None:
        """A UI that will not come up is told, and missed; the work goes on without it."""
        if self._ui_program is not None:
            launch = ui_launch(
                self._ui_program,
                self._folder,
                port=self._ports[UI_PORT],
                address=self.address,
                options=self._ui_options,
            )
            self._ui = self._run(launch)
            if not wait_until(
                lambda: ui_answers(self._ports[UI_PORT]),
                alive=self._ui.is_alive,
                patience=_UI_PATIENCE_SECONDS,
            ):
                self._say(
                    f"going on without the Temporal UI: {self._gave_up('Temporal UI', self._ui, launch)}"
                )
                self._ui.stop()
                self._ui = None
        if self.ui_url is not None:
            self._say(f"Temporal UI is up at {self.ui_url}")

    def _server_launch(self) -> Launch:
        assert self._program is not None
        if isinstance(self._program, CliProgram):
            return cli_launch(
                self._program,
                self._folder,
                ports=self._ports,
                time_skipping=self._time_skipping,
                ui_port=self._ports.get(UI_PORT) if self._wants_ui else None,
                codec_endpoint=self._ui_options.codec_endpoint,
            )
        return server_launch(
            self._program, self._folder, ports=self._ports, time_skipping=self._time_skipping
        )

    def _run(self, launch: Launch) -> Child:
        make_room(launch.log)
        return Child(launch)

    def _gave_up(self, what: str, child: Child, launch: Launch) -> DidNotStart:
        why = "no answer in time" if child.is_alive() else f"it ended with code {child.returncode}"
        return DidNotStart(what, why, log=launch.log, last_lines=last_lines(launch.log))

    def _end_processes(self) -> None:
        """The UI first: without its server it only fills its log."""
        for child in (self._ui, self._server):
            if child is not None:
                child.ask_to_end()
        for child in (self._ui, self._server):
            if child is not None:
                child.stop()
        self._ui = self._server = None

    @property
    def _cli_shows_ui(self) -> bool:
        return self._wants_ui and isinstance(self._program, CliProgram)

    @property
    def _version(self) -> str:
        assert self._program is not None
        return self._program.version


def _connects(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_SECONDS):
            return True
    except (OSError, ValueError):
        return False
