"""The three things that can serve as Temporal, and the voice that tells what is being done about them."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

Say = Callable[[str], None]


def silent(_: str) -> None:
    """For callers who want no progress."""


class Form(StrEnum):
    """How a data folder is written: the two keep different files, so a folder stays with the form it began with."""

    SERVER = "server"
    CLI = "cli"


@dataclass(frozen=True)
class Address:
    """A server that somebody else runs."""

    target: str


@dataclass(frozen=True)
class ServerProgram:
    path: Path
    version: str
    form = Form.SERVER


@dataclass(frozen=True)
class CliProgram:
    """The `temporal` command line, which carries a development server and the UI."""

    path: Path
    version: str
    """Of the server inside, not of the command line."""
    form = Form.CLI


Program = ServerProgram | CliProgram
Temporal = Address | Program
