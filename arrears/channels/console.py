"""The channel that sends nothing: one line on the screen, without anything personal."""

from typing import Final, TextIO

from arrears.channels.port import Address, ChannelDown, Letter, Sent, check_key


class ConsoleChannel:
    name: Final = "console"
    # A line once printed cannot be found again, so a second send would print a second one.
    dedupes_by_key: Final = False

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def send(self, key: str, letter: Letter, to: Address) -> Sent:
        check_key(key)
        try:
            print(f"letter {key} by {to.kind} sha256 {letter.sha256[:12]}", file=self._out, flush=True)
        except OSError as error:
            raise ChannelDown(f"the console cannot be written: {error.strerror}") from error
        return Sent(f"console:{key}")
