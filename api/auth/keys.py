"""The secrets that sign tokens: read from the settings or from a file that only its owner can read."""

import hashlib
import os
import re
import secrets
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from arrears.settings import Settings

SIZE: Final = 32
_LINE: Final = re.compile(r"[0-9a-fA-F]{64}")
FEWEST_BYTES: Final = 12  # different ones; 32 drawn bytes have fewer once in 10**20 files


class KeyUnfit(Exception):
    """The key cannot be used; the sentence says why and never shows it."""


@dataclass(frozen=True, repr=False)
class Key:
    kid: str
    secret: bytes


class Keyring:
    """The first key signs; the others still open what they signed before."""

    def __init__(self, keys: list[Key]) -> None:
        self.signing = keys[0]
        self._by_kid = {key.kid: key for key in keys}

    def find(self, kid: str) -> Key | None:
        return self._by_kid.get(kid)

    @property
    def by_name(self) -> dict[str, bytes]:
        """The first one signs, or seals."""
        return {kid: key.secret for kid, key in self._by_kid.items()}


def keyring(settings: Settings) -> Keyring:
    """From `ARREARS_TOKEN_KEY`, else from the key file, which is made when it is not there."""
    if settings.token_key is not None:
        return _ring([settings.token_key.get_secret_value()], "ARREARS_TOKEN_KEY")
    return keyring_from(settings.token_key_file or settings.data_dir / "token.key")


def keyring_from(path: Path) -> Keyring:
    """One key a line, as 64 hex digits; the first line signs. Raises KeyUnfit."""
    _make(path)
    return _ring(read_private(path).split(), str(path))


def read_private(path: Path) -> str:
    """The text of a file that its owner alone can read. Raises KeyUnfit."""
    try:
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise KeyUnfit(f"{path} can be read by others: chmod 600 it")
        return path.read_text("utf-8")
    except OSError as wrong:
        raise KeyUnfit(f"{path} cannot be read: {wrong.strerror}") from wrong
    except UnicodeDecodeError as wrong:
        raise KeyUnfit(f"{path} holds no text") from wrong


def _make(path: Path) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)  # for its owner only
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(SIZE) + "\n")
        # A link takes the name only when it is free: of two processes that start at once, one key wins.
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        Path(draft).unlink()


def _ring(lines: list[str], where: str) -> Keyring:
    if not lines:
        raise KeyUnfit(f"{where} holds no key")
    keys = []
    for line in lines:
        if not _LINE.fullmatch(line):
            raise KeyUnfit(f"{where}: a key is {SIZE} bytes as {2 * SIZE} hex digits")
        secret = bytes.fromhex(line)
        if len(set(secret)) < FEWEST_BYTES:
            raise KeyUnfit(f"{where}: this key was typed, not drawn")
        keys.append(Key("k" + hashlib.sha256(b"arrears key id\0" + secret).hexdigest()[:12], secret))
    if len({key.kid for key in keys}) != len(keys):
        raise KeyUnfit(f"{where} holds a key twice")
    return Keyring(keys)
