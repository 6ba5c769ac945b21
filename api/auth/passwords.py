"""Hashing and checking of passwords, few at a time."""

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError
from pwdlib.hashers.argon2 import Argon2Hasher

SHORTEST: Final = 12
LONGEST: Final = 256
AT_ONCE: Final = 2
_FEWEST_SIGNS: Final = 5  # different ones; "aaaaaaaaaaaa" is long and no secret


class PasswordUnfit(Exception):
    """A new password that is too short, too long or not text."""


class TooBusy(Exception):
    """More sign-ins at once than this machine checks; the client comes back."""


@dataclass(frozen=True)
class Checked:
    fits: bool
    rehashed: str | None = None  # set when the stored hash has older parameters


class Passwords:
    """argon2id; each check takes `memory_kib`, so no more than two run at once."""

    def __init__(
        self, *, memory_kib: int = 65_536, passes: int = 3, lanes: int = 4, patience: float = 5.0
    ) -> None:
        self._hasher = PasswordHash((Argon2Hasher(passes, memory_kib, lanes),))
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._patience = patience

    def hash(self, password: str) -> str:
        """Raises PasswordUnfit and TooBusy."""
        prepared = _prepared(password)
        with self.turn():
            return self._hasher.hash(prepared)

    def check(self, password: str, stored: str | None) -> Checked:
        """`stored` is None for somebody unknown: as much work, and never a fit."""
        try:
            prepared = _prepared(password)
        except PasswordUnfit:
            prepared, stored = "no password is this short", None
        fits, rehashed = self._verify(prepared, stored)
        return Checked(fits, rehashed) if stored else Checked(fits=False)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """One of the few places where the memory is; raises TooBusy when none becomes free in time."""
        if not self._turns.acquire(timeout=self._patience):
            raise TooBusy
        try:
            yield
        finally:
            self._turns.release()

    def _verify(self, prepared: str, stored: str | None) -> tuple[bool, str | None]:
        with self.turn():
            try:
                return self._hasher.verify_and_update(prepared, stored or self._nobody)
            except PwdlibError:
                return False, None  # a stored hash this version cannot read lets nobody in

    @cached_property
    def _nobody(self) -> str:
        return self._hasher.hash("nobody has this password")


def fault_of(password: str, *, login: str) -> str | None:
    """Why this must not become the password of `login`; None when nothing speaks against it."""
    try:
        prepared = _prepared(password)
    except PasswordUnfit:
        return "password_length"
    if login.strip() and login.strip().casefold() in prepared.casefold():
        return "password_holds_login"
    return "password_too_plain" if len(set(prepared)) < _FEWEST_SIGNS else None


def _prepared(password: str) -> str:
    # One letter may be typed as one or as two code points; both are the same password.
    composed = unicodedata.normalize("NFC", password)
    if not SHORTEST <= len(composed) <= LONGEST:
        raise PasswordUnfit
    try:
        composed.encode()
    except UnicodeEncodeError as broken:
        raise PasswordUnfit from broken
    return composed
