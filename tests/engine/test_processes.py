import json
import subprocess
import sys
from pathlib import Path

from arrears.engine.processes import Child, Launch, end_leftover
from tests.engine import programs
from tests.engine.watching import eventually, runs


def test_a_child_is_asked_to_end_before_it_is_killed(tmp_path: Path) -> None:
    program = programs.script(
        tmp_path / "polite", "trap 'echo goodbye; exit 0' TERM; echo ready; while :; do sleep 0.1; done"
    )
    launch = _launch(tmp_path, program)
    child = Child(launch)
    eventually(lambda: "ready" in launch.log.read_text())
    child.stop()
    assert (child.is_alive(), child.returncode) == (False, 0)
    assert "goodbye" in launch.log.read_text()
    assert not launch.record.exists()


def test_a_child_that_will_not_listen_is_killed(tmp_path: Path) -> None:
    program = programs.script(tmp_path / "deaf", "trap '' TERM; echo ready; while :; do sleep 0.1; done")
    launch = _launch(tmp_path, program)
    child = Child(launch)
    eventually(lambda: "ready" in launch.log.read_text())
    child.stop(grace=0.3)
    assert (child.is_alive(), child.returncode) == (False, -9)


def test_a_program_that_cannot_run_says_so_in_the_log(tmp_path: Path) -> None:
    launch = _launch(tmp_path, tmp_path / "absent")
    child = Child(launch)
    eventually(lambda: not child.is_alive())
    assert f"{tmp_path / 'absent'} cannot be run" in launch.log.read_text()


def test_a_leftover_of_a_dead_parent_is_ended(tmp_path: Path) -> None:
    record = tmp_path / "server.process"
    # It starts a program and leaves without a word, as a parent does that was killed where no tie holds.
    code = (
        "import os, subprocess, sys; from pathlib import Path; from arrears.engine import processes;"
        "left = subprocess.Popen(['sleep', '600'], stdout=subprocess.DEVNULL, start_new_session=True);"
        "processes._write_record(Path(sys.argv[1]), left.pid); print(left.pid, flush=True); os._exit(0)"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, str(record)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path), "PATH": "/usr/bin:/bin"},
    ).stdout
    assert runs(int(said))
    assert end_leftover(record)
    assert not runs(int(said))
    assert not end_leftover(record)


def test_a_process_that_only_has_the_same_number_is_left_alone(tmp_path: Path) -> None:
    record = tmp_path / "server.process"
    with subprocess.Popen(["/bin/sleep", "600"]) as stranger:
        record.write_text(json.dumps({"pid": stranger.pid, "birth": "another boot/1"}))
        assert not end_leftover(record)
        assert stranger.poll() is None
        stranger.kill()


def test_a_record_that_cannot_be_read_is_forgotten(tmp_path: Path) -> None:
    record = tmp_path / "server.process"
    record.write_text("{half")
    assert not end_leftover(record)
    assert not record.exists()


def _launch(folder: Path, program: Path) -> Launch:
    return Launch(
        command=[str(program)],
        env={"PATH": "/usr/bin:/bin"},
        folder=folder,
        log=folder / "program.log",
        record=folder / "program.process",
    )
