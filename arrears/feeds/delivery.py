"""What was delivered: which files, of which kind, and whether they are what the sender's manifest says."""

import gzip
import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from arrears.contracts import fingerprint
from arrears.feeds.kinds import KINDS

MANIFEST: Final = "manifest.json"
ENDINGS: Final = (".csv", ".csv.gz", ".parquet")
MOST_BYTES: Final = 2**31
_MANIFEST_KEYS: Final = ("sender", "sequence", "as_of_date", "eod", "files")
_ENTRY_KEYS: Final = ("name", "sha256", "rows", "totals")


@dataclass(frozen=True)
class Fault:
    """Why a delivery as a whole cannot be loaded; `text` is the sentence for people."""

    rule: str
    text: str
    file: str = ""
    column: str = ""


class DeliveryRefused(Exception):
    """Nothing of the delivery can be loaded."""

    def __init__(self, *faults: Fault) -> None:
        self.faults = faults
        super().__init__("; ".join(fault.text for fault in faults))


@dataclass(frozen=True)
class File:
    """One file of rows. `data` is unpacked; the hash of the manifest is over the file as it lies there."""

    path: Path
    kind: str

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def is_parquet(self) -> bool:
        return self.name.endswith(".parquet")

    @cached_property
    def sha256(self) -> str:
        with self.path.open("rb") as data:
            return hashlib.file_digest(data, "sha256").hexdigest()

    def data(self) -> bytes:
        if not self.name.endswith(".gz"):
            return self.path.read_bytes()
        try:
            with gzip.open(self.path) as packed:
                data = packed.read(MOST_BYTES + 1)
        except (EOFError, zlib.error, gzip.BadGzipFile) as broken:
            raise self.refused(f"cannot be unpacked ({broken})") from broken
        if len(data) > MOST_BYTES:
            raise self.refused(f"is larger than {MOST_BYTES} bytes unpacked: split it")
        return data

    def refused(self, why: str) -> DeliveryRefused:
        return DeliveryRefused(Fault("file", f"{self.name}: {why}", self.name))


@dataclass(frozen=True)
class Entry:
    """What the manifest says of one file; totals are minor units by currency."""

    name: str
    sha256: str
    rows: int
    totals: Mapping[str, int] | None = None


@dataclass(frozen=True)
class Manifest:
    sender: str
    sequence: int
    as_of_date: date
    eod: bool
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Delivery:
    files: tuple[File, ...]
    manifest: Manifest | None = None
    notes: list[str] = field(default_factory=list)


def find(paths: Iterable[Path]) -> Delivery:
    """The files of a folder, or the ones named one by one, with their manifest if there is one."""
    faults: list[Fault] = []
    notes: list[str] = []
    files: list[File] = []
    manifest: Manifest | None = None
    for path in _spread(paths, faults):
        kind = path.name.partition(".")[0].partition("-")[0]
        if path.name == MANIFEST:
            manifest = _manifest(path, faults)
        elif not path.name.endswith(ENDINGS):
            notes.append(f"{path.name} is no CSV, CSV.gz or Parquet file and was left alone")
        elif kind in KINDS:
            files.append(File(path, kind))
        else:
            near = get_close_matches(kind, KINDS, n=1)
            hint = f", did you mean {near[0]}?" if near else f": it must be one of {', '.join(KINDS)}"
            faults.append(Fault("file", f"{path.name}: unknown kind of file {kind}{hint}", path.name))
    if not files and not faults:
        faults.append(Fault("file", "there is no file to import"))
    if faults:
        raise DeliveryRefused(*faults)
    return Delivery(tuple(files), manifest, notes)


def _spread(paths: Iterable[Path], faults: list[Fault]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(file for file in path.iterdir() if file.is_file() and file.name[0] != ".")
        elif path.is_file():
            found.append(path)
        else:
            faults.append(Fault("file", f"{path}: there is no such file or folder", path.name))
    faults += [
        Fault("file", f"{name}: comes {times} times", name)
        for name, times in Counter(file.name for file in found).items()
        if times > 1
    ]
    return found


# ---- the manifest ----------------------------------------------------------------------------------------


def _manifest(path: Path, faults: list[Fault]) -> Manifest | None:
    try:
        told = json.loads(path.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as broken:
        faults.append(Fault("manifest", f"{MANIFEST}: cannot be read ({broken})", MANIFEST))
        return None
    wrong = [Fault("manifest", f"{MANIFEST}: {fault}", MANIFEST) for fault in _shape(told)]
    faults += wrong
    if wrong:
        return None
    return Manifest(
        sender=told["sender"],
        sequence=told["sequence"],
        as_of_date=date.fromisoformat(told["as_of_date"]),
        eod=told.get("eod", False),
        entries=tuple(Entry(**entry) for entry in told["files"]),
    )


def _shape(told: Any) -> Iterable[str]:
    if not isinstance(told, dict):
        yield "must be an object"
        return
    yield from _unknown(told, _MANIFEST_KEYS)
    if not _is_word(told.get("sender")):
        yield "sender must be a word of letters, digits, _ or -"
    if not _is_count(told.get("sequence")):
        yield "sequence must be a whole number"
    if not _is_day(told.get("as_of_date")):
        yield "as_of_date must be a day, as YYYY-MM-DD"
    if not isinstance(told.get("eod", False), bool):
        yield "eod must be true or false"
    if not isinstance(told.get("files"), list):
        yield "files must be a list"
        return
    for number, entry in enumerate(told["files"], 1):
        yield from (f"file {number}: {fault}" for fault in _entry_shape(entry))


def _entry_shape(entry: Any) -> Iterable[str]:
    if not isinstance(entry, dict):
        yield "must be an object"
        return
    yield from _unknown(entry, _ENTRY_KEYS)
    if not isinstance(entry.get("name"), str):
        yield "name is missing"
    if not isinstance(entry.get("sha256"), str):
        yield "sha256 is missing"
    if not _is_count(entry.get("rows")):
        yield "rows must be a whole number"
    totals = entry.get("totals", {})
    if not isinstance(totals, dict) or not all(_is_count(total) for total in totals.values()):
        yield "totals must be whole minor units by currency"


def _unknown(told: Mapping[str, Any], known: tuple[str, ...]) -> Iterable[str]:
    for key in told:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            yield f"unknown key {key[:40]}" + (f", did you mean {near[0]}?" if near else "")


def _is_word(value: Any) -> bool:
    return (
        isinstance(value, str) and 0 < len(value) <= 48 and value.replace("-", "").replace("_", "").isalnum()
    )


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_day(value: Any) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


# ---- what ties them together -----------------------------------------------------------------------------


def faults_of_hashes(delivery: Delivery) -> list[Fault]:
    """Where the files are not the ones the manifest names."""
    if delivery.manifest is None:
        return []
    told = {entry.name: entry for entry in delivery.manifest.entries}
    found = {file.name: file for file in delivery.files}
    why = dict.fromkeys(told.keys() - found.keys(), "is in the manifest and not in the delivery")
    why |= dict.fromkeys(found.keys() - told.keys(), "is not in the manifest")
    why |= {
        name: "is not the file of the manifest, its sha256 differs"
        for name in told.keys() & found.keys()
        if told[name].sha256.lower() != found[name].sha256
    }
    return [Fault("manifest", f"{name}: {what}", name) for name, what in sorted(why.items())]


def faults_of_sums(
    manifest: Manifest, *, rows: Mapping[str, int], totals: Mapping[str, Mapping[str, int]]
) -> list[Fault]:
    """Where row counts and control totals, both by file name, are not what the manifest says."""
    why = []
    for entry in manifest.entries:
        if rows[entry.name] != entry.rows:
            why.append((entry.name, f"has {rows[entry.name]} rows, the manifest says {entry.rows}"))
        if entry.totals is None:
            continue
        there, told = totals[entry.name], entry.totals
        for currency in sorted({*there, *told}):
            if there.get(currency, 0) != told.get(currency, 0):
                sums = f"adds up to {there.get(currency, 0)} {currency}"
                why.append((entry.name, f"{sums}, the manifest says {told.get(currency, 0)}"))
    return [Fault("manifest", f"{name}: {what}", name) for name, what in why]


def content_id(parts: Iterable[tuple[str, str]], *, first_loans: int | None) -> str:
    """Names a delivery by what is in it (kind and hash of each file), so that other file names change nothing."""
    return fingerprint([sorted(parts), first_loans])
