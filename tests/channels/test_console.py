"""The console names the letter and nothing of the person."""

import io

import pytest

from arrears.channels.console import ConsoleChannel
from arrears.channels.port import Address, ChannelDown, ChannelRefused, Letter

LETTER = Letter("Formal demand case-1-notice-1", b"%PDF Zhang Example")
HOME = Address("post", "Flat 404, 12 Sample Road")


class Closed(io.StringIO):
    def write(self, text: str, /) -> int:
        raise BrokenPipeError(32, "Broken pipe")


def test_it_prints_one_line_without_personal_data() -> None:
    out = io.StringIO()
    sent = ConsoleChannel(out).send("case-1-notice-1", LETTER, HOME)
    assert out.getvalue() == f"letter case-1-notice-1 by post sha256 {LETTER.sha256[:12]}\n"
    assert sent.reference == "console:case-1-notice-1"


def test_it_does_not_promise_to_know_a_key_again() -> None:
    out = io.StringIO()
    channel = ConsoleChannel(out)
    channel.send("case-1-notice-1", LETTER, HOME)
    channel.send("case-1-notice-1", LETTER, HOME)
    assert len(out.getvalue().splitlines()) == 2
    assert not channel.dedupes_by_key


@pytest.mark.parametrize("key", ["", "a\nletter b by post", "../a", "a" * 129, "编号"])
def test_a_key_that_is_no_id_is_refused(key: str) -> None:
    out = io.StringIO()
    with pytest.raises(ChannelRefused):
        ConsoleChannel(out).send(key, LETTER, HOME)
    assert out.getvalue() == ""


def test_a_closed_screen_may_be_tried_again() -> None:
    with pytest.raises(ChannelDown, match="Broken pipe"):
        ConsoleChannel(Closed()).send("case-1-notice-1", LETTER, HOME)


def test_neither_letter_nor_address_shows_what_is_personal() -> None:
    assert "Zhang" not in repr(LETTER)
    assert "Sample Road" not in repr(HOME)
