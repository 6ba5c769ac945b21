"""Commands nobody meant, terminals that are odd, disks that are full: a sentence, a number, and nothing half done."""

import errno
import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from arrears.channels import dossier, seals
from arrears.cli import main


def _commands(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from _commands(inner, (*path, name))


EVERY = [pair for verb in main.VERBS for pair in _commands(main.load(verb), (verb,))]


def test_without_a_verb_it_says_what_there_is() -> None:
    answer = CliRunner().invoke(main.app, [])
    assert answer.exit_code == 2
    assert "import" in answer.output


@pytest.mark.parametrize("path", [path for path, command in EVERY if getattr(command, "commands", None)])
def test_half_a_verb_says_what_there_is(path: tuple[str, ...]) -> None:
    answer = CliRunner().invoke(main.app, list(path))
    assert (answer.exit_code, "Commands" in answer.output) == (2, True)


@pytest.mark.parametrize("path", [path for path, _ in EVERY], ids=" ".join)
def test_an_option_that_is_not_there_is_named(path: tuple[str, ...]) -> None:
    answer = CliRunner().invoke(main.app, [*path, "--bogus"])
    assert (answer.exit_code, "--bogus" in answer.output) == (2, True)
    assert "Traceback" not in answer.output


def test_no_secret_is_ever_typed_into_a_command_line() -> None:
    """Everybody on the machine reads it there. A file, or standard input, has room for it."""
    for path, command in EVERY:
        for given in command.params:
            takes_text = not getattr(given, "is_flag", False) and "Path" not in str(given.bare_type)
            secret = {"password", "secret", "token"} & set(str(given.name).split("_"))
            assert not (takes_text and secret), (path, given.name)


@pytest.mark.parametrize(
    "call",
    [
        ["case", "show", "CASE-404"],
        ["case", "show", "张三"],
        ["case", "show", "'; drop table cases; --"],
        ["case", "export", "CASE-404", "case.zip"],
    ],
    ids=" ".join,
)
def test_a_case_nobody_knows_is_said_and_the_end_is_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARREARS_DATA_DIR", str(tmp_path))
    assert CliRunner().invoke(main.app, ["db", "upgrade"]).exit_code == 0
    answer = CliRunner().invoke(main.app, call)
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert f"There is no case {call[2]}" in answer.stderr
    assert not (tmp_path / "case.zip").exists()


# ---- terminals -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("alphabet", ["ascii", "latin-1", "cp1252"])
def test_a_terminal_without_the_signs_of_a_name_gets_escapes(
    monkeypatch: pytest.MonkeyPatch, alphabet: str
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=alphabet))
    main._write_what_the_terminal_can()
    sys.stdout.write("王敏 ✓\n")
    sys.stdout.flush()
    assert raw.getvalue() == b"\\u738b\\u654f \\u2713\n"


@pytest.mark.slow
def test_a_reader_that_leaves_early_gets_no_trace_and_no_alphabet_is_needed() -> None:
    """`arrears --help | head -0`, on a terminal of the plainest kind."""
    reading, writing = os.pipe()
    os.close(reading)
    plain = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    call = [sys.executable, "-c", "from arrears.cli.main import main; main()", "--help"]
    with os.fdopen(writing, "wb") as closed:
        said = subprocess.run(call, stdout=closed, stderr=subprocess.PIPE, env=plain, check=False)
    assert said.stderr == b""
    shown = subprocess.run(call, capture_output=True, env=plain, check=True)
    assert b"Usage" in shown.stdout


# ---- full disks ------------------------------------------------------------------------------------------


def test_an_export_that_finds_no_room_leaves_no_half_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = seals.signing_key(tmp_path / "audit.key")
    written = zipfile.ZipFile.writestr

    def full(self: Any, name: str, data: bytes) -> None:
        if name == dossier.MANIFEST:
            raise OSError(errno.ENOSPC, "No space left on device")
        written(self, name, data)

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    with pytest.raises(OSError, match="No space"):
        dossier.write(tmp_path / "case.zip", "C-1", {"a": b"x"}, key, at="2026-11-02T01:00:00+00:00")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["audit.key"]


def test_an_export_never_takes_the_place_of_another(tmp_path: Path) -> None:
    key = seals.signing_key(tmp_path / "audit.key")
    target = tmp_path / "case.zip"
    target.write_bytes(b"the first")
    with pytest.raises(FileExistsError):
        dossier.write(target, "C-1", {"a": b"x"}, key, at="2026-11-02T01:00:00+00:00")
    assert target.read_bytes() == b"the first"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["audit.key", "case.zip"]
