"""The product as a bank runs it: two of each process, at PostgreSQL as its least role, Temporal at PostgreSQL."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from arrears.engine.folder import EngineFolder
from arrears.engine.ports import choose
from arrears.engine.processes import Child
from arrears.engine.resolve import resolve, resolve_ui
from arrears.engine.ui import UiOptions, ui_launch
from arrears.store import roles
from arrears.store.session import Store, open_engine
from tests.journeys.collector import collecting
from tests.journeys.front import a_front
from tests.journeys.parts import (
    MONITOR,
    hire,
    rules_of_the_bank,
    running,
    settings_of_a_trial,
    until_open,
    wait_until_ready,
)
from tests.journeys.stack import RunningStack
from tests.postgres import Cluster
from tests.temporal import temporal_on

_TWICE: Final = ("relay", "worker", "serve")
_DATABASE: Final = "arrears_cluster"


@contextmanager
def running_cluster(cluster: Cluster, template: str, data_dir: Path) -> Iterator[RunningStack]:
    """Behind one address that gives each request to the next web server; a person for every role and no loan yet."""
    data_dir.mkdir(parents=True, exist_ok=True)
    rules = rules_of_the_bank()
    ahead, ports = until_open(rules), choose(["front", "0", "1", "ui"], kept={})
    doors, address = [ports["0"], ports["1"]], f"http://127.0.0.1:{ports['front']}"
    cluster.create(_DATABASE, template=template)
    database = cluster.url(_DATABASE, role=roles.APP)
    store = Store(open_engine(database))
    with ExitStack() as parts:
        parts.callback(store.close)
        collector = parts.enter_context(collecting())
        temporal = parts.enter_context(temporal_on(cluster, data_dir))
        settings = settings_of_a_trial(data_dir, ahead, collector) | {
            "ARREARS_DATABASE_URL": database,
            "ARREARS_TEMPORAL_ADDRESS": temporal.address,
            "ARREARS_TEMPORAL_UI_URL": _ui(parts, data_dir, temporal.address, ports["ui"]),
            "ARREARS_PAYLOAD_KEY_FILE": str(data_dir / "payload.key"),
        }
        stack = RunningStack(
            address,
            hire(store),
            store,
            rules,
            ahead,
            [(f"http://127.0.0.1:{door}/metrics", MONITOR) for door in doors],
            collector,
            data_dir,
            doors=tuple(f"http://127.0.0.1:{door}" for door in doors),
        )
        started = {
            (verb, n): parts.enter_context(
                running(verb, settings | {"ARREARS_PORT": str(door)}, log=data_dir / f"{verb}-{n}.log")
            )
            for n, door in enumerate(doors)
            for verb in _TWICE
        }
        for n, door in enumerate(stack.doors):
            wait_until_ready(door, started["serve", n], data_dir / f"serve-{n}.log")
        front = parts.enter_context(a_front(ports["front"], doors))
        yield stack
        assert min(front.given.values()) > 0, "one of the web servers had nothing to do"


def _ui(parts: ExitStack, data_dir: Path, address: str, port: int) -> str:
    """The links of the pages lead somewhere."""
    program = resolve_ui(resolve())
    if program is not None:
        folder = EngineFolder.below(data_dir)
        ui = Child(ui_launch(program, folder, port=port, address=address, options=UiOptions()))
        parts.callback(ui.stop)
    return f"http://127.0.0.1:{port}"
