"""What every way of reaching a person promises: a letter, a place to send it, and what came of it."""

import hashlib
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Protocol

_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")


class ChannelDown(Exception):
    """The channel could not take the letter now; the same key may be tried again."""


class ChannelRefused(Exception):
    """The channel will never take this letter; trying again changes nothing."""


@dataclass(frozen=True)
class Letter:
    """A finished document. The subject names the document, never the person."""

    subject: str
    body: bytes = field(repr=False)
    media_type: str = "application/pdf"

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True)
class Address:
    """Where to: `kind` as in the contacts (post, email, sms, phone); `text` is personal data, never logged."""

    kind: str
    text: str = field(repr=False)


@dataclass(frozen=True)
class Sent:
    """What the channel calls the sending, for the ledger."""

    reference: str


class Channel(Protocol):
    """`dedupes_by_key` promises that a second `send` with the same key reaches nobody a second time."""

    @property
    def name(self) -> str: ...

    @property
    def dedupes_by_key(self) -> bool: ...

    def send(self, key: str, letter: Letter, to: Address) -> Sent:
        """Raises ChannelDown or ChannelRefused; neither carries personal data."""
        ...


def check_key(key: str) -> None:
    """Keys become file names and log lines: only what ids are made of may pass."""
    if not _KEY.fullmatch(key):
        raise ChannelRefused("a key is 1 to 128 letters, digits, hyphens and underscores")
