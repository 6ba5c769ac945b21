"""Reads the settings once and turns every mistake in them into one plain sentence."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from io import StringIO
from pathlib import Path
from typing import Any, Final, NoReturn

import typer
from dotenv.parser import parse_stream
from pydantic import ValidationError

from api.auth.keys import KeyUnfit
from arrears import clock
from arrears.settings import Settings
from arrears.store import packs
from arrears.store.packs import Pack, PackInvalid

_PREFIX: Final = "ARREARS_"
_NOT_OURS: Final = ("ARREARS_TEST_", "ARREARS_BENCH_")


def stop(sentence: str, *, code: int = 2) -> NoReturn:
    """End the command with a sentence on standard error."""
    typer.secho(sentence, err=True, fg="red")
    raise typer.Exit(code)


def load_settings(**fixed: Any) -> Settings:
    """From the environment and `.env`; `fixed` wins over both. Ends the command when something is wrong."""
    for name in os.environ:
        _must_be_known(name, "")
    _must_be_plain(Path(".env"))
    try:
        settings = Settings(**fixed)
    except ValidationError as wrong:
        stop("\n".join(_sentence(error["loc"], error["msg"]) for error in wrong.errors()))
    clock.hang_ahead(settings.shift_seconds)
    return settings


@contextmanager
def fit_keys() -> Iterator[None]:
    """Around whatever reads files of keys: one that cannot be used ends the command with a sentence."""
    try:
        yield
    except KeyUnfit as unfit:
        stop(str(unfit))


def load_pack(settings: Settings) -> Pack:
    try:
        return packs.load(settings.pack)
    except (PackInvalid, FileNotFoundError) as wrong:
        stop(f"The policy pack cannot be used. {wrong}")


def _must_be_plain(file: Path) -> None:
    """It may hold what others read, `docker compose` above all; of ours each line is known, whole, and there once."""
    if not file.is_file():
        return
    try:
        lines = list(parse_stream(StringIO(file.read_text("utf-8"))))
    except (OSError, UnicodeDecodeError) as wrong:
        stop(f"{file} cannot be read: {wrong}.")
    seen: set[str] = set()
    for line in lines:
        name = (line.key or "").upper()
        if line.error and _PREFIX in line.original.string:
            stop(f"{file}, line {line.original.line} cannot be read.")
        _must_be_known(name, f" in {file}")
        if name.startswith(_PREFIX) and line.value is None:
            stop(f"The setting {name} in {file} has no value: write {name}=…")
        if name.startswith(_PREFIX) and name in seen:
            stop(f"The setting {name} stands in {file} twice.")
        seen.add(name)


def _must_be_known(name: str, where: str) -> None:
    if not name.startswith(_PREFIX) or name.startswith(_NOT_OURS):
        return
    if name.removeprefix(_PREFIX).lower() not in Settings.model_fields:
        stop(f"The setting {name}{where} is unknown.{_nearest(name.removeprefix(_PREFIX).lower())}")


def _sentence(where: tuple[int | str, ...], message: str) -> str:
    if not where:
        return message.removeprefix("Value error, ") + "."
    name = str(where[0])
    return f"The setting {_PREFIX}{name.upper()} is wrong: {message}."


def _nearest(name: str) -> str:
    near = get_close_matches(name, Settings.model_fields, n=1)
    return f" Did you mean {_PREFIX}{near[0].upper()}?" if near else ""
