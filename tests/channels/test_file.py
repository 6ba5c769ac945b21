"""The folder of the print room: each letter once, whole, whatever dies on the way."""

import hashlib
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from arrears.channels.file import FileChannel
from arrears.channels.port import Address, ChannelDown, ChannelRefused, Letter

KEY = "case-1-notice-1"
LETTER = Letter(f"Formal demand {KEY}", b"%PDF-1.7 one")
HOME = Address("post", "Flat 404, 12 Sample Road")

# Kills itself for real, at the n-th rename: sys.argv are the folder and n.
DYING = f"""
import os, signal, sys
from pathlib import Path
from arrears.channels.file import FileChannel
from arrears.channels.port import Address, Letter

left = int(sys.argv[2])
def at_rename(event, _):
    global left
    if event == "os.rename":
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(at_rename)
FileChannel(Path(sys.argv[1])).send({KEY!r}, Letter({LETTER.subject!r}, {LETTER.body!r}), Address("post", "x"))
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_letter_and_its_facts_lie_side_by_side(tmp_path: Path) -> None:
    sent = FileChannel(tmp_path / "letters").send(KEY, LETTER, HOME)
    assert names(tmp_path / "letters") == [f"{KEY}.json", f"{KEY}.pdf"]
    assert (tmp_path / "letters" / f"{KEY}.pdf").read_bytes() == LETTER.body
    facts = (tmp_path / "letters" / f"{KEY}.json").read_text("utf-8")
    assert json.loads(facts) == {
        "key": KEY,
        "reference": sent.reference,
        "subject": LETTER.subject,
        "kind": "post",
        "media_type": "application/pdf",
        "bytes": len(LETTER.body),
        "sha256": hashlib.sha256(LETTER.body).hexdigest(),
    }


def test_only_the_owner_may_read_a_letter(tmp_path: Path) -> None:
    folder = tmp_path / "letters"
    FileChannel(folder).send(KEY, LETTER, HOME)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_the_same_letter_again_is_the_same_sending(tmp_path: Path) -> None:
    channel = FileChannel(tmp_path)
    first = channel.send(KEY, LETTER, HOME)
    before = [(path.name, path.stat().st_ino) for path in sorted(tmp_path.iterdir())]
    assert channel.send(KEY, LETTER, HOME) == first
    assert FileChannel(tmp_path).send(KEY, LETTER, HOME) == first
    assert [(path.name, path.stat().st_ino) for path in sorted(tmp_path.iterdir())] == before


def test_another_letter_under_the_same_key_is_refused(tmp_path: Path) -> None:
    channel = FileChannel(tmp_path)
    channel.send(KEY, LETTER, HOME)
    with pytest.raises(ChannelRefused, match=KEY):
        channel.send(KEY, Letter(LETTER.subject, b"%PDF-1.7 two"), HOME)
    assert (tmp_path / f"{KEY}.pdf").read_bytes() == LETTER.body


def test_other_keys_are_other_letters(tmp_path: Path) -> None:
    channel = FileChannel(tmp_path)
    references = {channel.send(f"case-{n}-notice-1", LETTER, HOME).reference for n in range(3)}
    assert len(references) == 3


@pytest.mark.parametrize("renames", [1, 2])
def test_killed_before_the_letter_has_its_name_it_was_not_sent(tmp_path: Path, renames: int) -> None:
    died = subprocess.run([sys.executable, "-c", DYING, str(tmp_path), str(renames)], check=False)
    assert died.returncode == -signal.SIGKILL
    assert not (tmp_path / f"{KEY}.pdf").exists()
    assert (tmp_path / f"{KEY}.json").exists() == (renames == 2)
    assert any(name.endswith(".tmp") for name in names(tmp_path))

    FileChannel(tmp_path).send(KEY, LETTER, HOME)
    assert names(tmp_path) == [f"{KEY}.json", f"{KEY}.pdf"]
    assert (tmp_path / f"{KEY}.pdf").read_bytes() == LETTER.body


def test_a_send_that_fails_leaves_no_draft(tmp_path: Path) -> None:
    (tmp_path / f"{KEY}.json").mkdir()  # a file cannot take the name of a folder
    with pytest.raises(ChannelDown):
        FileChannel(tmp_path).send(KEY, LETTER, HOME)
    assert names(tmp_path) == [f"{KEY}.json"]


def test_drafts_of_other_letters_are_left_alone(tmp_path: Path) -> None:
    other = tmp_path / f".{KEY}0.abc.tmp"
    other.write_bytes(b"being written")
    FileChannel(tmp_path).send(KEY, LETTER, HOME)
    assert other.read_bytes() == b"being written"


def test_a_folder_that_cannot_be_used_may_be_tried_again(tmp_path: Path) -> None:
    (tmp_path / "letters").write_text("not a folder")
    with pytest.raises(ChannelDown, match="letters folder") as down:
        FileChannel(tmp_path / "letters").send(KEY, LETTER, HOME)
    assert HOME.text not in str(down.value)


@pytest.mark.parametrize("key", ["", "..", "../up", "a/b", "a.b", "/etc/x", "a\0b"])
def test_a_key_never_leaves_the_folder(tmp_path: Path, key: str) -> None:
    folder = tmp_path / "letters"
    with pytest.raises(ChannelRefused):
        FileChannel(folder).send(key, LETTER, HOME)
    assert names(tmp_path) == []


def test_only_pdf_goes_to_print(tmp_path: Path) -> None:
    with pytest.raises(ChannelRefused, match="PDF"):
        FileChannel(tmp_path).send(KEY, Letter("a text", b"hello", "text/plain"), HOME)
    assert names(tmp_path) == []


def test_it_promises_to_know_a_key_again(tmp_path: Path) -> None:
    assert FileChannel(tmp_path).dedupes_by_key
