"""Where handed-in documents lie: one file by the hash of its content, written whole and never changed."""

import hashlib
import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

LARGEST: Final = 10 * 1024 * 1024  # bytes of one document

_SHA256: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
# What a file is says its beginning, never its name.
_BEGINNINGS: Final = (
    (b"%PDF-", "application/pdf"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
)
ENDINGS: Final = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}


class DocumentUnfit(Exception):
    """`why` is a message id: document_required, document_too_large or document_kind."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class DocumentDamaged(Exception):
    """What lies there is not what was put there."""


def kind_of(content: bytes) -> str:
    """Its media type. Raises DocumentUnfit."""
    if not content:
        raise DocumentUnfit("document_required")
    if len(content) > LARGEST:
        raise DocumentUnfit("document_too_large")
    found = next((kind for begins, kind in _BEGINNINGS if content.startswith(begins)), None)
    if found is None:
        raise DocumentUnfit("document_kind")
    return found


class Cabinet:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, content: bytes) -> str:
        """Its sha256. The same content twice is one file; it is safe against a power cut when this returns."""
        sha256 = hashlib.sha256(content).hexdigest()
        place = self._place(sha256)
        if not place.is_file():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write(place, content)
        return sha256

    def get(self, sha256: str) -> bytes | None:
        """None when there is none. Raises DocumentDamaged."""
        if not _SHA256.fullmatch(sha256):
            return None
        try:
            content = self._place(sha256).read_bytes()
        except FileNotFoundError:
            return None
        if hashlib.sha256(content).hexdigest() != sha256:
            raise DocumentDamaged(sha256)
        return content

    def _place(self, sha256: str) -> Path:
        return self._folder / sha256

    def _write(self, place: Path, content: bytes) -> None:
        handle, path = tempfile.mkstemp(dir=self._folder, prefix=".", suffix=".tmp")
        draft = Path(path)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            draft.rename(place)
        except OSError:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
