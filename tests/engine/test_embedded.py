import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from arrears.engine.cache import Cache
from arrears.engine.embedded import Engine
from arrears.engine.errors import DidNotStart, FolderInUse, NoAnswer, PortTaken
from arrears.engine.folder import EngineFolder
from arrears.engine.namespace import prepare
from arrears.engine.programs import Program, ServerProgram
from arrears.engine.ui import UiOptions
from tests.engine import lone_parent, programs
from tests.engine.watching import eventually, runs

pytestmark = pytest.mark.server


async def test_a_started_workflow_outlives_a_killed_server(program: Program, tmp_path: Path) -> None:
    with Engine(data_dir=tmp_path, ui=False) as engine:
        await prepare(engine.address, namespace="bank", retention_days=1)
        client = await Client.connect(engine.address, namespace="bank")
        started = await client.start_workflow("CollectionCase", id="case-1", task_queue="nobody")
        address, pid = engine.address, engine.server_pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: not engine.alive())
        engine.restart()
        assert engine.alive()
        assert engine.address == address
        assert engine.server_pid != pid
        again = await Client.connect(address, namespace="bank")
        described = await again.get_workflow_handle("case-1").describe()
        assert described.run_id == started.result_run_id
        assert described.status is WorkflowExecutionStatus.RUNNING


def test_stopped_and_started_again_it_keeps_its_addresses(program: Program, tmp_path: Path) -> None:
    engine = Engine(data_dir=tmp_path)
    engine.start()
    first = (engine.address, engine.ui_url)
    pids = (engine.server_pid, engine.ui_pid)
    engine.stop()
    assert not engine.alive()
    assert not any(runs(pid) for pid in pids if pid is not None)
    with engine.start():
        assert (engine.address, engine.ui_url) == first
        if engine.ui_url is not None:
            # The UI passes this on to the server it stands beside.
            with urllib.request.urlopen(f"{engine.ui_url}/api/v1/system-info") as answer:
                assert json.loads(answer.read())["serverVersion"] == program.version
    engine.stop()


def test_nothing_lingers_when_the_parent_is_killed(program: Program, tmp_path: Path) -> None:
    with _lone_parent(tmp_path) as (parent, pid):
        parent.kill()
        parent.wait()
        eventually(lambda: not runs(pid))
    # What the dead parent held is free again.
    with EngineFolder.below(tmp_path).claimed():
        pass


def test_ctrl_c_at_the_terminal_is_heard_by_the_parent_alone(program: Program, tmp_path: Path) -> None:
    with _lone_parent(tmp_path) as (parent, pid):
        assert os.getpgid(pid) != os.getpgid(parent.pid)
        parent.send_signal(signal.SIGINT)
        parent.wait()
        # It ended the server itself, in good order, before it went.
        assert not runs(pid)
        assert "All services are stopped" in (tmp_path / "temporal" / "server.log").read_text()


def test_engines_run_side_by_side_also_when_the_thread_that_started_one_has_ended(
    engine: Engine, tmp_path: Path
) -> None:
    another = Engine(data_dir=tmp_path, ui=False)
    thread = threading.Thread(target=another.start)
    thread.start()
    thread.join()
    assert another.address != engine.address
    assert _answers(another.address)
    assert engine.alive()
    another.stop()
    assert engine.alive()


def test_a_folder_serves_one_engine_at_a_time(engine: Engine, engine_folder: Path) -> None:
    with pytest.raises(FolderInUse, match=f"in use by process {os.getpid()}"):
        Engine(data_dir=engine_folder, ui=False).start()
    assert EngineFolder.below(engine_folder).holder() == str(os.getpid())
    assert engine.alive()


def test_a_wished_ui_port_that_is_taken_is_named(program: Program, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        port = somebody.getsockname()[1]
        engine = Engine(data_dir=tmp_path, ui_options=UiOptions(port=port))
        with pytest.raises(PortTaken, match=rf"Port {port} for the Temporal UI is taken .* ARREARS_UI_PORT"):
            engine.start()
    assert not engine.alive()


def test_a_server_that_ends_at_once_is_told_with_its_last_words(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    programs.script(cache.server, "echo 'unable to read the database' >&2; exit 3")
    engine = Engine(data_dir=tmp_path / "data", ui=False, cache_dir=cache.folder)
    with pytest.raises(DidNotStart, match="it ended with code 3") as failure:
        engine.start()
    assert failure.value.last_lines == ("unable to read the database",)
    # The folder is free again for a better try.
    with pytest.raises(DidNotStart):
        engine.start()


def test_a_ui_that_does_not_come_up_is_told_and_missed(program: Program, tmp_path: Path) -> None:
    if not isinstance(program, ServerProgram):
        pytest.skip("the command line brings its own UI")
    cache = Cache(tmp_path / "cache")
    cache.server.parent.mkdir(parents=True)
    cache.server.symlink_to(program.path)
    programs.script(cache.ui, "echo 'no pages today'; exit 4")
    said: list[str] = []
    with Engine(data_dir=tmp_path / "data", cache_dir=cache.folder, say=said.append) as engine:
        assert engine.alive()
        assert engine.ui_url is None
    assert any("going on without the Temporal UI" in line and "no pages today" in line for line in said)


def test_somebody_elses_server_is_used_and_left_running(engine: Engine, tmp_path: Path) -> None:
    with Engine(data_dir=tmp_path, address=engine.address) as guest:
        assert guest.address == engine.address
        assert guest.alive()
    assert engine.alive()
    assert list(tmp_path.iterdir()) == []


def test_somebody_elses_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        port = somebody.getsockname()[1]
    with pytest.raises(NoAnswer, match=f"127.0.0.1:{port} does not answer"):
        Engine(data_dir=tmp_path, address=f"127.0.0.1:{port}").start()


@contextmanager
def _lone_parent(folder: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A process of its own that runs an engine; gives it and the server's process id."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, lone_parent.__file__, str(folder)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as parent:
        assert parent.stdout is not None
        try:
            yield parent, int(parent.stdout.readline().split()[0])
        finally:
            parent.kill()


def _answers(address: str) -> bool:
    host, _, port = address.partition(":")
    with socket.create_connection((host, int(port)), timeout=5):
        return True
