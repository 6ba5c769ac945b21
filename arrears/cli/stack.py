"""Composes and runs the parts of one process: doors, relay, worker, and the engine when it is ours."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

import structlog
import uvicorn
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from temporalio.client import Client

from api.auth.entrance import open_entrance
from api.auth.keys import keyring
from api.auth.senders import senders
from api.desk.desk import Desk
from api.desk.time_machine import TimeMachine
from api.gateway import CaseGateway, connect
from api.relay import Relay, RelayTerms
from arrears.channels import bank
from arrears.channels.registry import channels
from arrears.cli.compose import WorkerTerms, build_of, envelope, make_worker
from arrears.cli.config import stop
from arrears.cli.telemetry import keep_to_the_log, told_to_monitors
from arrears.contracts import RulesInForce
from arrears.engine.embedded import Engine
from arrears.engine.namespace import prepare
from arrears.engine.ui import UiOptions
from arrears.settings import Settings
from arrears.store import schema
from arrears.store.bell import Bell
from arrears.store.in_force import PublishedRules
from arrears.store.packs import Pack
from arrears.store.session import Limits, Store, open_engine
from web.app import create_app

log = structlog.get_logger(__name__)
Say = Callable[[str], None]

_LOOK_SECONDS: Final = 2.0
_RETRY_SECONDS: Final = 2.0


class Stack:
    """What one process holds. Parts are added in order and taken down in reverse."""

    def __init__(self, settings: Settings, pack: Pack, *, say: Say) -> None:
        self.settings = settings
        self.pack = pack
        self.say = say
        self.stop = asyncio.Event()
        limits = Limits(statement=settings.statement_seconds, lock=settings.busy_seconds)
        self.store: Store = opened_store(settings, limits=limits)
        self.bell = Bell(self.store)
        self.rules: RulesInForce = PublishedRules(self.store, pack.rules)
        self.address = settings.temporal_address or ""
        self.ui_url = settings.temporal_ui_url
        self._client: Client | None = None

    @property
    def web_url(self) -> str:
        return f"http://{self.settings.host}:{self.settings.port}"

    # ---- the database ------------------------------------------------------------------------------------

    async def until_the_database_answers(self) -> None:
        """A server that comes up later than we do is waited for; a file is there, or is made."""
        while not self.store.is_sqlite and not await asyncio.to_thread(self._database_answers):
            self.say("The database does not answer yet; trying again. `arrears doctor` says why.")
            await asyncio.sleep(_RETRY_SECONDS)

    def _database_answers(self) -> bool:
        try:
            with self.store.reading() as connection:
                return connection.execute(select(1)).scalar() == 1
        except OperationalError:
            return False

    # ---- Temporal ----------------------------------------------------------------------------------------

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[None]:
        """Our own server and UI unless an address is set; it is started again when it dies."""
        settings = self.settings
        engine = Engine(
            data_dir=settings.data_dir,
            time_skipping=settings.time_skipping,
            say=self.say,
            address=settings.temporal_address,
            cache_dir=settings.cache_dir,
            ui_options=UiOptions(
                namespace=settings.temporal_namespace,
                port=settings.ui_port,
                codec_endpoint=f"{self.web_url}/codec" if settings.payload_key_file is not None else None,
            ),
        )
        await asyncio.to_thread(engine.start)
        watch = asyncio.create_task(self._keep_alive(engine))
        try:
            self.address = engine.address
            self.ui_url = self.ui_url or engine.ui_url
            await prepare(
                self.address,
                namespace=settings.temporal_namespace,
                retention_days=settings.temporal_retention_days,
            )
            yield
        finally:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch
            await asyncio.to_thread(engine.stop)

    async def _keep_alive(self, engine: Engine) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if not await asyncio.to_thread(engine.alive):
                self.say("Temporal ended unexpectedly; starting it again.")
                await asyncio.to_thread(engine.restart)

    async def client(self) -> Client:
        """Lazy: doors open without Temporal."""
        if self._client is None:
            namespace = self.settings.temporal_namespace
            self._client = await connect(self.address, namespace, codec=envelope(self.settings))
        return self._client

    async def _connected(self) -> Client:
        """For a worker: waits until Temporal answers."""
        shown = self.settings.worker_metrics
        runtime = None if shown is None else told_to_monitors(shown)
        while True:
            try:
                namespace = self.settings.temporal_namespace
                return await connect(
                    self.address, namespace, lazy=False, codec=envelope(self.settings), runtime=runtime
                )
            except RuntimeError:
                self.say(f"Temporal at {self.address} does not answer yet; trying again.")
                await asyncio.sleep(_RETRY_SECONDS)

    # ---- parts -------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def relay(self) -> AsyncIterator[Relay]:
        settings = self.settings
        relay = Relay(
            self.store,
            CaseGateway(await self.client()),
            self.rules,
            RelayTerms(
                in_flight=settings.relay_in_flight,
                resend_seconds=settings.relay_resend_seconds,
                max_attempts=settings.relay_max_attempts,
                run_events=settings.run_events,
                shift_seconds=settings.shift_seconds,
                case_url=self.web_url,
            ),
        )
        self.bell.on_ring(relay.wake)
        ended = asyncio.Event()
        running = asyncio.create_task(relay.run(ended))
        running.add_done_callback(self._must_not_end)
        try:
            yield relay
        finally:
            ended.set()
            await asyncio.wait([running], timeout=10)

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[None]:
        settings = self.settings
        client = await self._connected()
        # Harmless again: a worker on its own may be the first to come to a new server.
        await prepare(
            self.address,
            namespace=settings.temporal_namespace,
            retention_days=settings.temporal_retention_days,
        )
        built = channels([settings.notice_channel], letters=settings.letters, out=sys.stdout)
        worker = make_worker(
            client,
            self.store,
            self.rules,
            channel=built[settings.notice_channel],
            banks=bank.load(settings.bank_file),
            terms=WorkerTerms(
                may_shift=settings.time_skipping,
                unsandboxed=settings.unsandboxed,
                max_cached_workflows=settings.max_cached_workflows,
                deployment=settings.deployment,
                build_id=settings.build_id,
            ),
        )
        if settings.deployment is not None:
            build = build_of(settings.build_id)
            self.say(f"This is build {build}: `arrears deployment use {build}` gives it the cases.")
        async with worker:
            yield

    @asynccontextmanager
    async def web(self) -> AsyncIterator[None]:
        settings = self.settings
        # Keys first: with one that is unfit no door is opened at all.
        entrance = open_entrance(
            self.store,
            keyring(settings),
            secure_cookies=settings.secure_cookies,
            senders=senders(settings),
        )
        client = await self.client()
        listening = _listen(settings.host, settings.port)
        shift = timedelta(seconds=settings.shift_seconds)
        machine = (
            TimeMachine(self.store, CaseGateway(client), shift=shift) if settings.time_skipping else None
        )
        app = create_app(
            settings=settings.model_copy(update={"temporal_ui_url": self.ui_url}),
            store=self.store,
            desk=Desk(
                self.store,
                self.rules,
                time_machine=machine,
                asks_for_evidence=True,
                banks=bank.load(settings.bank_file),
                step_up=timedelta(minutes=settings.step_up_minutes),
            ),
            entrance=entrance,
            rules=self.rules,
            temporal_ready=CaseGateway(client).is_there,
            envelope=envelope(settings),
        )
        app.state.temporal_stuck = CaseGateway(client).stuck
        if settings.otlp_endpoint is not None:
            from arrears.cli import tracing

            tracing.watch(app)
        app.state.office.feed.listen_to(self.bell)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=3,
            server_header=False,
            forwarded_allow_ips=settings.proxies,
        )
        server = _QuietServer(config)
        running = asyncio.create_task(server.serve(sockets=[listening]))
        running.add_done_callback(self._must_not_end)
        try:
            yield
        finally:
            app.state.office.close()
            server.should_exit = True
            await asyncio.wait([running], timeout=10)

    def _must_not_end(self, task: asyncio.Task[None]) -> None:
        """A part that falls takes the process down: half a stack looks alive and does nothing."""
        if not task.cancelled() and task.exception() is not None:
            log.error("a part fell", exc_info=task.exception())
            self.stop.set()


class _QuietServer(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the stack's: it stops its parts in order."""
        yield


def opened_store(settings: Settings, *, limits: Limits | None = None) -> Store:
    # What lies there is personal data: for nobody but the one who runs this.
    os.umask(0o077)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return Store(
        open_engine(
            settings.database,
            busy_seconds=settings.busy_seconds,
            pool_size=settings.database_pool,
            limits=limits,
        )
    )


def _listen(host: str, port: int) -> socket.socket:
    """Bound by us, so that a taken port is said in a sentence."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError:
        listening.close()
        stop(
            f"Port {port} on {host} is taken by another program: end it, or set ARREARS_PORT to another port."
        )
    listening.set_inheritable(False)
    return listening


async def run(stack: Stack, *parts: str, ready: Callable[[], object] | None = None) -> None:
    """Run the named parts (`engine relay worker web`) until Ctrl-C or SIGTERM."""
    keep_to_the_log()
    if stack.settings.otlp_endpoint is not None:
        from arrears.cli import tracing  # a hundred modules that nobody else needs

        tracing.begin(stack.settings.otlp_endpoint)
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stack.stop.set)
    async with AsyncExitStack() as running:
        for part in parts:
            await running.enter_async_context(getattr(stack, part)())
        await asyncio.to_thread(stack.bell.start)
        running.callback(stack.bell.stop)
        if ready is not None:
            await asyncio.to_thread(ready)
        await stack.stop.wait()
        stack.say("Stopping …")
    stack.store.close()


def must_be_current(store: Store) -> None:
    try:
        schema.require_current(store)
    except schema.SchemaError as wrong:
        stop(str(wrong))


def data_dir_of(settings: Settings) -> Path:
    return settings.data_dir.resolve()
