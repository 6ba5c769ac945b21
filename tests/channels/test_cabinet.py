"""Documents lie under the hash of their content, whole, once, and are never taken on trust."""

import hashlib
from pathlib import Path

import pytest

from arrears.channels.cabinet import LARGEST, Cabinet, DocumentDamaged, DocumentUnfit, kind_of

PDF = b"%PDF-1.7\nsample"


def test_the_same_content_is_one_file(tmp_path: Path) -> None:
    cabinet = Cabinet(tmp_path / "documents")
    assert cabinet.put(PDF) == cabinet.put(PDF) == hashlib.sha256(PDF).hexdigest()
    assert [file.name for file in (tmp_path / "documents").iterdir()] == [hashlib.sha256(PDF).hexdigest()]
    assert cabinet.get(hashlib.sha256(PDF).hexdigest()) == PDF


def test_nothing_outside_is_reached(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"x")
    cabinet = Cabinet(tmp_path / "documents")
    for strange in ("../secret", "secret", "AB" * 32, "", "ab" * 32):
        assert cabinet.get(strange) is None


def test_what_was_changed_on_disk_is_not_given_out(tmp_path: Path) -> None:
    cabinet = Cabinet(tmp_path)
    sha256 = cabinet.put(PDF)
    (tmp_path / sha256).write_bytes(b"%PDF-1.7\nforged")
    with pytest.raises(DocumentDamaged):
        cabinet.get(sha256)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PDF, "application/pdf"),
        (b"\xff\xd8\xff\xe0rest", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\nrest", "image/png"),
    ],
)
def test_what_a_file_is_says_its_beginning(content: bytes, kind: str) -> None:
    assert kind_of(content) == kind


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "document_required"),
        (b"<html><script>alert(1)</script>", "document_kind"),
        (b"GIF89a", "document_kind"),
        (b"PK\x03\x04", "document_kind"),
        (b" %PDF-1.7", "document_kind"),
        (b"%PDF-" + b"0" * LARGEST, "document_too_large"),
    ],
)
def test_everything_else_is_turned_away_by_name(content: bytes, why: str) -> None:
    with pytest.raises(DocumentUnfit) as unfit:
        kind_of(content)
    assert unfit.value.why == why
