"""`arrears case export` and `arrears case verify`: all of a case as one file, and whether such a file is whole."""

from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection

from arrears import clock
from arrears.channels import dossier as file_of
from arrears.channels.cabinet import ENDINGS, Cabinet, kind_of
from arrears.channels.dossier import NotADossier, rows_as_bytes
from arrears.channels.seals import KeyUnfit, public_key, signing_key
from arrears.cli.config import load_pack, load_settings, stop
from arrears.cli.stack import must_be_current, opened_store
from arrears.settings import Settings
from arrears.store import audit
from arrears.store import dossier as rows_of
from arrears.store.dossier import Rows
from web.formats import Formats
from web.language import LANGUAGES, pgettext, speaking
from web.story import Entry, whole_story

_ACTOR: Final = "command-line"
_READ_ME: Final = """\
{case}

This file holds what the bank keeps of one case: its rows (rows/*.jsonl, money in minor units, instants in UTC), the letters
that were sent, the documents that were handed in, and the story in Chinese and in English (story.*.txt), made by Arrears {version}.
It names the debtor and others in full: keep it as such a file must be kept.

Whether it is whole says `arrears case verify {name} --key audit-key.pub.pem`, with the bank's public key, which you got from the
bank and not from this file.

本文件为银行就一宗案件保存的全部内容：数据行（rows/*.jsonl，金额以最小货币单位计，时间为 UTC）、已发出的函件、已提交的材料，以及中英文办理经过
（story.*.txt）。文件含债务人及相关人员的完整信息，请妥善保管。用银行另行提供的公钥运行 `arrears case verify`，即可核验文件是否完整、未经改动。
"""


def export(
    case_id: Annotated[str, typer.Argument(help="The case.")],
    to: Annotated[
        Path, typer.Argument(help="The file to write, such as case.zip; it must not be there yet.")
    ],
) -> None:
    """Write all of a case into one signed file; that it was made is sealed in the trail of the case."""
    settings = load_settings()
    shapes = Formats(ZoneInfo(load_pack(settings).rules.calendar.zone))
    if to.exists():
        stop(f"{to} is there already.")
    store = opened_store(settings)
    try:
        must_be_current(store)
        key = signing_key(settings.audit_key_file or settings.data_dir / "audit.key")
        with store.reading() as connection:
            rows = rows_of.gather(connection, case_id)
            if not rows:
                stop(f"There is no case {case_id}.", code=1)
            files = dict(_files(connection, settings, rows, shapes, name=to.name))
        at = clock.machine_now()
        sha256 = _write(to, case_id, files, key, at)
        try:
            with store.transaction() as connection:
                detail = {"sha256": sha256, "files": len(files)}
                audit.append(
                    connection, stream=case_id, at=at, actor=_ACTOR, what="case_exported", detail=detail
                )
        except BaseException:
            to.unlink()  # no export that the trail does not know of
            raise
    except KeyUnfit as wrong:
        stop(f"{wrong}.", code=1)
    finally:
        store.close()
    for fault in file_of.faults(file_of.read(to), key.public_key()):
        typer.secho(fault, err=True, fg="yellow")
    typer.echo(f"{to}: {len(files)} files; manifest {sha256}")


def _write(to: Path, case_id: str, files: file_of.Files, key: Ed25519PrivateKey, at: datetime) -> str:
    try:
        return file_of.write(to, case_id, files, key, at=at.isoformat(timespec="seconds"))
    except OSError as wrong:
        stop(f"{to} was not written: {wrong.strerror}.", code=1)


def verify(
    path: Annotated[Path, typer.Argument(help="A file that `arrears case export` wrote.")],
    key: Annotated[Path | None, typer.Option("--key", help="The bank's public key, as PEM.")] = None,
) -> None:
    """Whether an export is whole, with nothing but the file; ends with 1 and says what does not hold."""
    try:
        trusted = public_key(key) if key is not None else None
        broken = list(file_of.faults(file_of.read(path), trusted))
    except NotADossier as wrong:
        stop(f"{path} is no export of a case: {wrong}.", code=1)
    except KeyUnfit as wrong:
        stop(f"{wrong}.")
    for fault in broken:
        typer.echo(fault)
    if trusted is None:
        typer.echo(
            "No key was named: the file was believed to be the bank's. Name its public key with --key."
        )
    typer.echo(f"{len(broken)} faults." if broken else "Whole: every hash, the trail and the signature hold.")
    raise typer.Exit(1 if broken else 0)


def _files(
    connection: Connection, settings: Settings, rows: dict[str, Rows], shapes: Formats, *, name: str
) -> Iterator[tuple[str, bytes]]:
    case = rows["case"][0]
    told = {"case": case["case_id"], "version": version("arrears"), "name": name}
    yield "README.txt", _READ_ME.format(**told).encode()
    for which, found in rows.items():
        yield f"rows/{which}.jsonl", rows_as_bytes(found)
    for language in LANGUAGES:
        with speaking(language):
            story = whole_story(connection, case["case_id"], case["currency"], shapes)
            yield f"story.{language}.txt", "".join(_line(one, shapes) for one in story).encode()
    for notice in rows["notices"]:
        letter = settings.letters / f"{notice['notice_id']}.pdf"
        if letter.is_file():
            yield f"letters/{letter.name}", letter.read_bytes()
    cabinet = Cabinet(settings.documents)
    for sha256 in sorted({str(row["sha256"]) for row in [*rows["exhibits"], *rows["attachments"]]}):
        content = cabinet.get(sha256)
        if content is not None:
            yield f"documents/{sha256}.{_ending(content)}", content


def _ending(content: bytes) -> str:
    return ENDINGS[kind_of(content)]


def _line(entry: Entry, shapes: Formats) -> str:
    said: list[Any] = [entry.headline, *entry.consequences, entry.words, entry.ground]
    told = pgettext("list", "; ").join(part for part in said if part)
    return f"{shapes.stamp(entry.at)}\t{entry.who}\t{' '.join(told.split())}\n"
