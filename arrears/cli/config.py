"""Reads the settings once and turns every mistake in them into one plain sentence."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any, Final, NoReturn

import typer
from dotenv import dotenv_values
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
    for name in dotenv_values(".env"):  # which may hold what others read, `docker compose` above all
        _must_be_known(name.upper(), " in .env")
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
