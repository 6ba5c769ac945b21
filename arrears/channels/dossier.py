"""A case as one file that proves itself: its rows, letters and documents, each by its hash, under one signature.

Whoever has the file, and nothing else, can say whether it is whole: every hash, the chain of the trail, each step in it, each
word as it was accepted, letters and documents against what the rows say of them.
"""

import hashlib
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from arrears.channels.seals import in_pem
from arrears.contracts import Message, message_hash
from arrears.store import audit

MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "signature.json"
_LARGEST: Final = 2**30  # bytes of all of it unpacked
_BESIDE: Final = frozenset({MANIFEST, SIGNATURE})

Files = Mapping[str, bytes]


class NotADossier(Exception):
    """The file is none, or is too large to be one; the sentence says which."""


def rows_as_bytes(rows: list[dict[str, Any]]) -> bytes:
    """One JSON object a line."""
    return "".join(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n" for row in rows).encode()


def write(path: Path, case_id: str, files: Files, key: Ed25519PrivateKey, *, at: str) -> str:
    """The sha256 of the manifest, which names every file by its own. Whole or not there at all. Raises OSError."""
    told = {
        "case": case_id,
        "made_at": at,
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())},
    }
    manifest = json.dumps(told, ensure_ascii=False, indent=1).encode()
    signed = {"key": in_pem(key.public_key()).decode(), "signature": key.sign(manifest).hex()}
    handle, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # for its owner only
    try:
        with os.fdopen(handle, "wb") as whole, zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as out:
            for name, content in sorted(files.items()):
                out.writestr(name, content)
            out.writestr(MANIFEST, manifest)
            out.writestr(SIGNATURE, json.dumps(signed, indent=1))
        os.link(draft, path)  # takes the name only when it is free
    finally:
        Path(draft).unlink()
    return hashlib.sha256(manifest).hexdigest()


def read(path: Path) -> dict[str, bytes]:
    """Raises NotADossier."""
    try:
        with zipfile.ZipFile(path) as packed:
            if sum(one.file_size for one in packed.infolist()) > _LARGEST:
                raise NotADossier("it is too large")
            names = [one.filename for one in packed.infolist()]
            if len(set(names)) != len(names):
                raise NotADossier("it holds two files of one name")
            files = {one.filename: packed.read(one) for one in packed.infolist() if not one.is_dir()}
    except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as wrong:
        raise NotADossier("it cannot be unpacked") from wrong
    if not files.keys() >= _BESIDE:
        raise NotADossier("it has no manifest, or no signature")
    return files


def faults(files: Files, key: Ed25519PublicKey | None) -> Iterator[str]:
    """What does not hold, each as a sentence. Without a key of the reader's own the one in the file is believed."""
    try:
        yield from _signature(files, key)
        yield from _hashes(files)
        yield from _trail(files)
        yield from _words(files)
        yield from _papers(files)
    except (ValueError, KeyError, TypeError, AttributeError, UnicodeDecodeError):
        yield "a file is not what it should be: it cannot be read"


def _signature(files: Files, key: Ed25519PublicKey | None) -> Iterator[str]:
    signed = json.loads(files[SIGNATURE])
    theirs = load_pem_public_key(signed["key"].encode())
    if not isinstance(theirs, Ed25519PublicKey):
        yield "the key in the file is of another kind"
        return
    if key is not None and in_pem(key) != in_pem(theirs):
        yield "it was signed with another key than the one you trust"
    try:
        (key or theirs).verify(bytes.fromhex(signed["signature"]), files[MANIFEST])
    except InvalidSignature:
        yield "its signature does not hold"


def _hashes(files: Files) -> Iterator[str]:
    named = json.loads(files[MANIFEST])["files"]
    for name in sorted(named.keys() | (files.keys() - _BESIDE)):
        if name not in files:
            yield f"{name} is missing"
        elif name not in named:
            yield f"{name} was put in afterwards"
        elif hashlib.sha256(files[name]).hexdigest() != named[name]:
            yield f"{name} was changed"


def _trail(files: Files) -> Iterator[str]:
    """Each row follows the one before it, and each step of the case is sealed in one."""
    previous, steps = audit.START, {row["seq"]: row["print"] for row in _rows(files, "steps")}
    for n, row in enumerate(_rows(files, "trail"), start=1):
        if (row["n"], row["prev_hash"]) != (n, previous) or row["hash"] != audit.sealed(row):
            yield f"the trail is broken at row {n}"
            return
        previous = row["hash"]
        if "print" in row["detail"] and steps.pop(row["detail"]["seq"], None) != row["detail"]["print"]:
            yield f"row {n} of the trail seals another step than the one that is here"
    if steps:
        yield f"{len(steps)} steps are in no row of the trail"


def _words(files: Files) -> Iterator[str]:
    """What people and banks said is what was accepted then."""
    for row in _rows(files, "messages"):
        said = Message(row["message_id"], row["signal"], row["actor"], row["content"], row["task_id"])
        if message_hash(row["case_id"], said) != row["content_hash"]:
            yield f"{row['message_id']} is not what was accepted"


def _papers(files: Files) -> Iterator[str]:
    for row in _rows(files, "notices"):
        letter = files.get(f"letters/{row['notice_id']}.pdf")
        if letter is None and row["document_hash"]:
            yield f"the letter {row['notice_id']} is not in it"
        elif letter is not None and row["document_hash"] not in (None, hashlib.sha256(letter).hexdigest()):
            yield f"the letter {row['notice_id']} is not the one that was sent"
    handed_in = {str(row["sha256"]) for name in ("exhibits", "attachments") for row in _rows(files, name)}
    there = {name.partition("/")[2].partition(".")[0] for name in files if name.startswith("documents/")}
    yield from (f"the document {sha256} is not in it" for sha256 in sorted(handed_in - there))
    for name, content in files.items():
        if name.startswith("documents/") and hashlib.sha256(content).hexdigest() not in name:
            yield f"{name} is not the document that was handed in"


def _rows(files: Files, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in files[f"rows/{name}.jsonl"].splitlines()]
