"""A case is carried away as one file that proves itself; nothing in it can be changed without being found."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import insert
from typer.testing import CliRunner, Result

from arrears import clock
from arrears.channels.cabinet import Cabinet
from arrears.cli.main import app
from arrears.store import attachments, documents, packs
from arrears.store.session import Store, open_engine
from arrears.store.tables import remarks
from tests.builders import CaseRoom

PDF = b"%PDF-1.7 of a hospital"


@pytest.fixture
def case_id(sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    data = tmp_path / "data"
    data.mkdir()
    (data / "arrears.db").write_bytes(sqlite_template.read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARREARS_DATA_DIR", str(data))
    room = CaseRoom(Store(open_engine(f"sqlite:///{data}/arrears.db")), packs.load("cn-bank-2026").rules)
    room.staff()
    room.hears_at_once()
    case_id = room.a_case(days_past_due=12, overdue=100_000, balance=500_000, name="刘明辉")
    with clock.door_time(room.now):
        room.say(case_id, "first_contact", "rtp", by="s-collector", reason="不认可利息")
        room.pay(case_id, 40_000)
    _attach(room, case_id, Cabinet(data / "documents").put(PDF))
    room.store.close()
    return case_id


def _attach(room: CaseRoom, case_id: str, sha256: str) -> None:
    with room.store.transaction() as connection:
        remark = {"remark_id": "r1", "case_id": case_id, "author": "s-lead", "words": "", "kind": "comment"}
        connection.execute(insert(remarks), {**remark, "task_id": None, "written_at": room.now})
        documents.keep(connection, sha256, "application/pdf", len(PDF), by="s-lead", at=room.now)
        attachments.put(connection, "r1", case_id, sha256=sha256, name="证明.pdf")


def _run(*words: object) -> Result:
    return CliRunner().invoke(app, ["case", *map(str, words)])


def _exported(case_id: str, tmp_path: Path) -> Path:
    said = _run("export", case_id, tmp_path / "case.zip")
    assert said.exit_code == 0, said.output
    return tmp_path / "case.zip"


def _key(tmp_path: Path) -> Path:
    assert CliRunner().invoke(app, ["audit", "seal", str(tmp_path / "seals")]).exit_code == 0
    return tmp_path / "seals" / "audit-key.pub.pem"


def test_all_of_a_case_is_in_it_and_it_is_whole(case_id: str, tmp_path: Path) -> None:
    exported = _exported(case_id, tmp_path)
    said = _run("verify", exported, "--key", _key(tmp_path))
    assert (said.exit_code, said.stdout) == (0, "Whole: every hash, the trail and the signature hold.\n")
    with zipfile.ZipFile(exported) as packed:
        names = set(packed.namelist())
        chinese, english = (packed.read(f"story.{tag}.txt").decode() for tag in ("zh-CN", "en"))
        messages = [json.loads(line) for line in packed.read("rows/messages.jsonl").splitlines()]
        staff = packed.read("rows/staff.jsonl").decode()
        document = next(name for name in names if name.startswith("documents/"))
        assert packed.read(document) == PDF
    assert "首次联系：拒绝还款" in chinese
    assert "不认可利息" in chinese
    assert "First contact: Refuses to pay" in english
    assert [row["signal"] for row in messages] == ["open", "task_decided", "payment_posted"]
    assert "陈静" in staff
    assert "password" not in staff
    assert exported.stat().st_mode & 0o077 == 0


def test_that_it_was_made_stands_in_the_trail_and_in_the_next_one(case_id: str, tmp_path: Path) -> None:
    _exported(case_id, tmp_path)
    assert _run("export", case_id, tmp_path / "again.zip").exit_code == 0
    with zipfile.ZipFile(tmp_path / "again.zip") as packed:
        assert "case_exported" in packed.read("rows/trail.jsonl").decode()
    assert _run("verify", tmp_path / "again.zip").exit_code == 0


def test_without_a_key_it_says_so(case_id: str, tmp_path: Path) -> None:
    assert "No key was named" in _run("verify", _exported(case_id, tmp_path)).stdout


Harm = Callable[[dict[str, bytes]], object]


def _edit(name: str, old: str, new: str) -> Harm:
    def harm(files: dict[str, bytes]) -> None:
        assert old.encode() in files[name]
        files[name] = files[name].replace(old.encode(), new.encode(), 1)

    return harm


def _cut(files: dict[str, bytes]) -> None:
    files["rows/trail.jsonl"] = b"".join(files["rows/trail.jsonl"].splitlines(keepends=True)[1:])


def _document(files: dict[str, bytes]) -> str:
    return next(one for one in files if one.startswith("documents/"))


def _swap_document(files: dict[str, bytes]) -> None:
    files[_document(files)] = b"%PDF-1.7 of another"


HARMED: dict[str, tuple[str, Harm]] = {
    "a row is changed": ("was changed", _edit("rows/remarks.jsonl", "不认可利息", "认可利息")),
    "a file is missing": ("is missing", lambda files: files.__delitem__("rows/tasks.jsonl")),
    "a file is put in": ("was put in afterwards", lambda files: files.update({"more.txt": b""})),
    "the manifest is changed": ("signature does not hold", _edit("manifest.json", "made_at", "made_on")),
    "the trail is cut": ("the trail is broken at row 1", _cut),
    "the trail is changed": ("the trail is broken", _edit("rows/trail.jsonl", "s-collector", "s-colleague")),
    "a step is changed": (
        "another step than the one",
        _edit("rows/steps.jsonl", '"print": "', '"print": "x'),
    ),
    "a word is changed": ("is not what was accepted", _edit("rows/messages.jsonl", "40000", "90000")),
    "a document is another": ("is not the document that was handed in", _swap_document),
    "a document is left out": ("is not in it", lambda files: files.pop(_document(files))),
    "rows are junk": ("cannot be read", lambda files: files.update({"rows/steps.jsonl": b"\xff"})),
}


@pytest.mark.parametrize("what", HARMED)
def test_what_was_changed_is_found(case_id: str, tmp_path: Path, what: str) -> None:
    exported = _exported(case_id, tmp_path)
    with zipfile.ZipFile(exported) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    wanted, harm = HARMED[what]
    harm(files)
    with zipfile.ZipFile(tmp_path / "harmed.zip", "w") as out:
        for name, content in files.items():
            out.writestr(name, content)
    said = _run("verify", tmp_path / "harmed.zip")
    assert said.exit_code == 1
    assert wanted in said.stdout


def test_whoever_makes_a_new_signature_is_found_by_the_banks_key(case_id: str, tmp_path: Path) -> None:
    key = _key(tmp_path)
    (tmp_path / "data" / "audit.key").unlink()  # somebody else's key is made and signs
    said = _run("verify", _exported(case_id, tmp_path), "--key", key)
    assert said.exit_code == 1
    assert "signed with another key than the one you trust" in said.stdout


def test_what_is_no_export_is_said(case_id: str, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"nothing")
    with zipfile.ZipFile(tmp_path / "y.zip", "w") as out:
        out.writestr("a", "b")
    assert "cannot be unpacked" in _run("verify", tmp_path / "x.zip").stderr
    exported = _exported(case_id, tmp_path)
    content = bytearray(exported.read_bytes())
    content[len(content) // 2] ^= 0xFF
    (tmp_path / "damaged.zip").write_bytes(content)
    assert _run("verify", tmp_path / "damaged.zip").exit_code == 1
    with zipfile.ZipFile(exported, "a") as more, pytest.warns(UserWarning, match="Duplicate name"):
        more.writestr("rows/contacts.jsonl", "")
    assert "two files of one name" in _run("verify", exported).stderr
    exported.unlink()
    assert "no manifest" in _run("verify", tmp_path / "y.zip").stderr
    assert "There is no case" in _run("export", "case-no-1", tmp_path / "z.zip").stderr
    _exported(case_id, tmp_path)
    assert "is there already" in _run("export", case_id, tmp_path / "case.zip").stderr
