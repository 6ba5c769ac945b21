"""Which channels there are, built by name."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TextIO

from arrears.channels.console import ConsoleChannel
from arrears.channels.file import FileChannel
from arrears.channels.port import Channel


class UnknownChannel(Exception):
    """A setting names a channel that does not exist."""


def channels(names: Iterable[str], *, letters: Path, out: TextIO) -> dict[str, Channel]:
    """The named channels; `letters` is the folder of the file channel, `out` the screen of the console."""
    builders: dict[str, Callable[[], Channel]] = {
        ConsoleChannel.name: lambda: ConsoleChannel(out),
        FileChannel.name: lambda: FileChannel(letters),
    }
    built: dict[str, Channel] = {}
    for name in names:
        if name not in builders:
            raise UnknownChannel(f"there is no channel {name!r}; there are: {', '.join(sorted(builders))}")
        built[name] = builders[name]()
    return built
