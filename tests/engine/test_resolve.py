import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from arrears.engine import sdk_download, versions
from arrears.engine.cache import Cache, cache_folder
from arrears.engine.errors import DownloadGaveUp, TemporalNotFound
from arrears.engine.programs import Address, CliProgram, Form, ServerProgram
from arrears.engine.resolve import CHOICES, resolve, resolve_ui, survey
from tests.engine import programs

BUILDS = 'echo "one" >> "$LEDGER"; sleep 0.5; echo "#!/bin/sh" > "$GOBIN/server"'


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH besides the system's own small tools."""
    folder = tmp_path / "bin"
    folder.mkdir()
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("sh", "sleep", "echo"):
        (tools / tool).symlink_to(f"/bin/{tool}")
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{tools}")
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def test_the_cached_server_comes_first(cache: Cache, path: Path) -> None:
    programs.script(cache.server, "")
    programs.command_line(path / "temporal", server="1.40.0")
    assert resolve(cache_dir=cache.folder, download=None) == ServerProgram(cache.server, versions.SERVER)


def test_an_address_in_the_settings_comes_before_all(cache: Cache) -> None:
    programs.script(cache.server, "")
    assert survey(address="temporal.bank:7233", cache_dir=cache.folder).found == Address("temporal.bank:7233")


def test_the_newest_cached_command_line_that_is_young_enough_is_taken(cache: Cache, path: Path) -> None:
    for version in ("1.29.1", "1.33.0", "1.40.2", "1.9.0"):
        programs.command_line(cache.cli(version), server=version)
    found = resolve(cache_dir=cache.folder, download=None)
    assert found == CliProgram(cache.cli("1.40.2"), "1.40.2")


def test_a_command_line_on_path_is_asked_which_server_it_carries(cache: Cache, path: Path) -> None:
    program = programs.command_line(path / "temporal", server="1.32.0")
    assert resolve(cache_dir=cache.folder, download=None) == CliProgram(program, "1.32.0")


def test_a_data_folder_stays_with_the_form_it_began_with(cache: Cache, path: Path) -> None:
    programs.script(cache.server, "")
    command = programs.command_line(path / "temporal", server="1.32.0")
    assert resolve(cache_dir=cache.folder, form=Form.CLI, download=None) == CliProgram(command, "1.32.0")
    cache.server.unlink()
    with pytest.raises(TemporalNotFound):
        resolve(cache_dir=cache.folder, form=Form.SERVER, download=None)


def test_nothing_at_all_lists_what_was_tried_and_every_choice(cache: Cache, path: Path) -> None:
    with pytest.raises(TemporalNotFound) as failure:
        resolve(cache_dir=cache.folder, download=_no_network)
    said = str(failure.value)
    assert f"nothing cached in {cache.folder}" in said
    assert "no `temporal` command line on PATH" in said
    assert "no network here" in said
    assert "no `go` on PATH" in said
    assert all(choice in said for choice in CHOICES)


def test_too_old_programs_are_named_with_their_versions(cache: Cache, path: Path) -> None:
    programs.command_line(path / "temporal", server="1.29.1")
    programs.go(path / "go", version="1.24.4")
    with pytest.raises(TemporalNotFound) as failure:
        resolve(cache_dir=cache.folder, download=None)
    said = str(failure.value)
    assert "carries server 1.29.1, older than 1.32.0" in said
    assert f"Go 1.24.4 is too old ({path / 'go'}); 1.26.8 or newer is needed" in said


def test_what_the_sdk_downloads_is_kept_and_found_again(cache: Cache, path: Path) -> None:
    def download(folder: Path) -> Path:
        return programs.command_line(folder / "temporal-sdk", server="1.33.1")

    assert resolve(cache_dir=cache.folder, download=download) == CliProgram(cache.cli("1.33.1"), "1.33.1")
    assert resolve(cache_dir=cache.folder, download=None) == CliProgram(cache.cli("1.33.1"), "1.33.1")
    assert not list(cache.folder.glob("fetching-*"))


def test_a_download_that_is_too_old_is_not_kept(cache: Cache, path: Path) -> None:
    def download(folder: Path) -> Path:
        return programs.command_line(folder / "temporal-sdk", server="1.29.1")

    with pytest.raises(TemporalNotFound, match=r"the SDK's download will not do: .* carries server 1\.29\.1"):
        resolve(cache_dir=cache.folder, download=download)


def test_a_download_on_which_nothing_moves_is_given_up(tmp_path: Path) -> None:
    async def dead_line(_: Path) -> None:
        await asyncio.Event().wait()

    with pytest.raises(DownloadGaveUp, match="stood still"):
        sdk_download.download(tmp_path, patience=0.5, fetch=dead_line)


@pytest.mark.slow
def test_a_slow_download_that_moves_is_waited_for(tmp_path: Path) -> None:
    async def slow_line(folder: Path) -> None:
        with (folder / "temporal-sdk").open("ab", buffering=0) as file:
            for _ in range(6):
                file.write(b"x")
                await asyncio.sleep(0.3)

    # The whole takes longer than the patience, no pause in it does.
    assert sdk_download.download(tmp_path, patience=1.5, fetch=slow_line).read_bytes() == b"xxxxxx"


@pytest.mark.slow
def test_go_builds_each_program_into_its_own_place(
    cache: Cache, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGER", str(tmp_path / "ledger"))
    programs.go(path / "go", version="1.26.8", install=BUILDS)
    said: list[str] = []
    server = resolve(cache_dir=cache.folder, say=said.append, download=None)
    assert server == ServerProgram(cache.server, versions.SERVER)
    assert resolve_ui(server, cache_dir=cache.folder) == cache.ui
    assert os.access(cache.server, os.X_OK)
    assert os.access(cache.ui, os.X_OK)
    assert any("building the Temporal server 1.32.0 with Go 1.26.8" in line for line in said)


def test_a_failed_build_says_what_go_said(cache: Cache, path: Path) -> None:
    programs.go(path / "go", version="1.27.0", install="echo 'dial tcp: lookup proxy' >&2; exit 1")
    with pytest.raises(TemporalNotFound, match="dial tcp: lookup proxy"):
        resolve(cache_dir=cache.folder, download=None)
    assert not list(cache.folder.glob("fetching-*"))


def test_a_missing_ui_is_told_and_is_no_reason_to_stop(cache: Cache, path: Path) -> None:
    said: list[str] = []
    assert resolve_ui(ServerProgram(cache.server, "1.32.0"), cache_dir=cache.folder, say=said.append) is None
    assert "going on without the Temporal UI" in said[0]


@pytest.mark.slow
def test_two_processes_at_once_build_once(cache: Cache, path: Path, tmp_path: Path) -> None:
    programs.go(path / "go", version="1.26.8", install=BUILDS)
    ledger = tmp_path / "ledger"
    code = "from arrears.engine.resolve import resolve; print(resolve(download=None).path)"
    environment = {
        **os.environ,
        "LEDGER": str(ledger),
        "ARREARS_CACHE_DIR": str(cache.folder),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    both = [
        subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    answers = [process.communicate(timeout=60)[0].strip() for process in both]
    assert answers == [str(cache.server)] * 2
    assert ledger.read_text(encoding="utf-8").splitlines() == ["one"]


def test_the_cache_follows_the_users_choice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.delenv("ARREARS_CACHE_DIR", raising=False)
    assert cache_folder() == tmp_path / "xdg" / "arrears"
    monkeypatch.setenv("ARREARS_CACHE_DIR", str(tmp_path / "named"))
    assert cache_folder() == tmp_path / "named"
    assert cache_folder(tmp_path / "given") == tmp_path / "given"


def _no_network(_: Path) -> NoReturn:
    raise DownloadGaveUp("no network here")
