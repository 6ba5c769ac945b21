"""Signed seals over the heads of all chains of the trail, in a folder that lies elsewhere than the database.

A chain that was cut at its end holds still; a seal says where it ended. Each seal has the heads that moved since the one before
it, the sum over all heads, and that one's hash; it is signed with a key (Ed25519) that never leaves the bank, and whoever has the
public half can check it.
"""

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from arrears.contracts import canonical, fingerprint

START: Final = "0" * 64
_NAME: Final = re.compile(r"seal-([0-9]{6})\.json")

# The number and the hash of the last row of each chain.
Heads = dict[str, tuple[int, str]]


class SealBroken(Exception):
    """A seal that is not what was written, or does not follow the one before it."""


class KeyUnfit(Exception):
    """What should be a key is none of ours."""


@dataclass(frozen=True)
class Seal:
    """`moved` are the heads that are others than in the seal before; `root` is over all of them."""

    number: int
    at: str
    previous: str
    rows: int
    root: str
    moved: Heads


# ---- keys ------------------------------------------------------------------------------------------------


def signing_key(path: Path) -> Ed25519PrivateKey:
    """Made when it is not there, for its owner alone. Raises KeyUnfit."""
    if not path.exists():
        key = Ed25519PrivateKey.generate()
        _write(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise KeyUnfit(f"{path} can be read by others: chmod 600 it")
    try:
        found = load_pem_private_key(path.read_bytes(), password=None)
    except ValueError as wrong:
        raise KeyUnfit(f"{path} holds no private key") from wrong
    if not isinstance(found, Ed25519PrivateKey):
        raise KeyUnfit(f"{path} holds a key of another kind")
    return found


def public_key(path: Path) -> Ed25519PublicKey:
    """Raises KeyUnfit."""
    try:
        found = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as wrong:
        raise KeyUnfit(f"{path} holds no public key") from wrong
    if not isinstance(found, Ed25519PublicKey):
        raise KeyUnfit(f"{path} holds a key of another kind")
    return found


def in_pem(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


# ---- seals -----------------------------------------------------------------------------------------------


class SealBook:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, heads: Heads, key: Ed25519PrivateKey, *, at: datetime) -> tuple[Seal, str]:
        """Behind the newest, which must hold; with the hash of its file. Raises SealBroken."""
        number, before, previous = 0, Heads(), START
        for path, seal in self._read(key.public_key()):
            number, previous = seal.number, _hash(path)
            before |= seal.moved
        moved = {stream: head for stream, head in heads.items() if before.get(stream) != head}
        made = Seal(
            number + 1,
            at.isoformat(timespec="seconds"),
            previous,
            sum(n for n, _ in heads.values()),
            _root(before | moved),
            moved,
        )
        told = _plain(made)
        signature = key.sign(canonical(told).encode()).hex()
        content = json.dumps({"seal": told, "signature": signature}, ensure_ascii=False, indent=1)
        path = self._folder / f"seal-{made.number:06d}.json"
        try:
            _write(path, content.encode())
        except FileExistsError as wrong:
            raise SealBroken(f"{path.name} was written by somebody else at this moment") from wrong
        return made, _hash(path)

    def read(self, key: Ed25519PublicKey) -> dict[str, Seal]:
        """Every seal by the hash of its file, the oldest first. Raises SealBroken."""
        return {_hash(path): seal for path, seal in self._read(key)}

    def _read(self, key: Ed25519PublicKey) -> Iterator[tuple[Path, Seal]]:
        heads, previous = Heads(), START
        for number, path in enumerate(self._files(), start=1):
            if path.name != f"seal-{number:06d}.json":
                raise SealBroken(f"seal {number} is missing: the next file is {path.name}")
            seal = _opened(path, key)
            heads |= seal.moved
            if (seal.number, seal.previous) != (number, previous):
                raise SealBroken(f"{path.name} does not follow the seal before it")
            if seal.root != _root(heads):
                raise SealBroken(f"{path.name}: its sum is not that of its heads")
            previous = _hash(path)
            yield path, seal

    def _files(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        return sorted(path for path in self._folder.iterdir() if _NAME.fullmatch(path.name))


def _opened(path: Path, key: Ed25519PublicKey) -> Seal:
    try:
        told = json.loads(path.read_bytes())
        seal, signature = told["seal"], bytes.fromhex(told["signature"])
        key.verify(signature, canonical(seal).encode())
        return Seal(
            **seal | {"moved": {stream: (n, sealed) for stream, (n, sealed) in seal["moved"].items()}}
        )
    except InvalidSignature as wrong:
        raise SealBroken(f"{path.name} was not signed with this key, or was changed") from wrong
    except (ValueError, TypeError, KeyError, AttributeError) as wrong:
        raise SealBroken(f"{path.name} is no seal") from wrong


def _plain(seal: Seal) -> dict[str, Any]:
    return vars(seal) | {"moved": {stream: list(head) for stream, head in seal.moved.items()}}


def _root(heads: Mapping[str, tuple[int, str]]) -> str:
    return fingerprint([[stream, *head] for stream, head in sorted(heads.items())])


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, for its owner alone, and never over another. Raises FileExistsError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(handle, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(draft, path)
    finally:
        Path(draft).unlink()
