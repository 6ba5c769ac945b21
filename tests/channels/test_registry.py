"""Channels are built by the names that settings use."""

import io
from pathlib import Path

import pytest

from arrears.channels.port import Address, Letter
from arrears.channels.registry import UnknownChannel, channels

LETTER = Letter("Formal demand a", b"%PDF")
HOME = Address("post", "Flat 404, 12 Sample Road")


def test_each_channel_answers_to_its_name_and_sends(tmp_path: Path) -> None:
    out = io.StringIO()
    built = channels(("console", "file"), letters=tmp_path, out=out)
    assert [(name, channel.name) for name, channel in built.items()] == [
        ("console", "console"),
        ("file", "file"),
    ]
    assert all(channel.send("a", LETTER, HOME).reference for channel in built.values())
    assert out.getvalue().startswith("letter a by post")
    assert (tmp_path / "a.pdf").exists()


def test_only_what_was_named_is_built(tmp_path: Path) -> None:
    assert list(channels(("file",), letters=tmp_path, out=io.StringIO())) == ["file"]


def test_an_unknown_name_is_told_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(UnknownChannel, match="no channel 'smtp'; there are: console, file"):
        channels(("smtp",), letters=tmp_path, out=io.StringIO())
