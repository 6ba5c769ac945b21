"""`arrears audit`: seal the trail outside the database, and verify that no row was changed, taken out or cut off."""

import json
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection

from arrears import clock
from arrears.channels.seals import KeyUnfit, Seal, SealBook, SealBroken, in_pem, public_key, signing_key
from arrears.cli.config import load_settings, stop
from arrears.cli.stack import must_be_current, opened_store
from arrears.settings import Settings
from arrears.store import audit
from arrears.store.audit import Break
from arrears.store.session import Store

app = typer.Typer(no_args_is_help=True, help="The trail: seal it outside the database, and verify it.")

_PUBLIC = "audit-key.pub.pem"


@app.command("seal")
def seal(
    to: Annotated[Path, typer.Argument(help="A folder that lies elsewhere than the database.")],
) -> None:
    """Write where every chain of the trail ends now, signed; the public key lies beside the seals.

    A trail that is not what an earlier seal says is not sealed again.
    """
    settings = load_settings()
    store = _opened(settings)
    book = SealBook(to)
    try:
        key = signing_key(_key_file(settings))
        with store.reading() as connection:
            broken = _against(connection, book.read(key.public_key()))
            heads = audit.heads(connection)
        if broken:
            stop(
                f"Not sealed: {broken[0].stream} row {broken[0].n} {broken[0].why}. See `arrears audit verify`.",
                code=1,
            )
        made, sha256 = book.add(heads, key, at=clock.machine_now())
        with store.transaction() as connection:
            _note(connection, made, sha256)
    except (KeyUnfit, SealBroken) as wrong:
        stop(f"{wrong}.", code=1)
    finally:
        store.close()
    (to / _PUBLIC).write_bytes(in_pem(key.public_key()))
    typer.echo(f"Seal {made.number}: {len(heads):,} chains, {made.rows:,} rows, root {made.root}")


@app.command("verify")
def verify(
    seals: Annotated[
        Path | None, typer.Option("--seals", help="The folder of seals: what was cut off is found by them.")
    ] = None,
    trusted: Annotated[
        Path | None, typer.Option("--key", help="The public key, as PEM; else the half of our own key.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Read every chain anew, and hold it against the seals; ends with 1 when something is broken."""
    settings = load_settings()
    store = _opened(settings)
    found: dict[str, Seal] = {}
    try:
        if seals is not None:
            found = SealBook(seals).read(_trusted(settings, trusted))
            if not found:
                stop(f"{seals} holds no seal.", code=1)
        with store.reading() as connection:
            heads = audit.heads(connection)
            broken = [one for stream in heads for one in audit.verify(connection, stream)]
            if seals is not None:
                broken += _against(connection, found)
    except (KeyUnfit, SealBroken) as wrong:
        stop(f"{wrong}.", code=1)
    finally:
        store.close()
    rows = sum(n for n, _ in heads.values())
    if as_json:
        told = [vars(one) for one in broken]
        typer.echo(
            json.dumps({"chains": len(heads), "rows": rows, "seals": len(found), "broken": told}, indent=2)
        )
    else:
        for one in broken:
            typer.echo(f"{one.stream} row {one.n}: {one.why}")
        sealed = f", {len(found)} seals" if seals is not None else ""
        typer.echo(f"{rows:,} rows in {len(heads):,} chains{sealed}: {len(broken)} broken.")
    raise typer.Exit(1 if broken else 0)


def _against(connection: Connection, found: dict[str, Seal]) -> list[Break]:
    """Every end that any seal has must stand still, and every seal of which the trail tells must be there."""
    ends = (
        (stream, n, row_hash, one.number)
        for one in found.values()
        for stream, (n, row_hash) in one.moved.items()
    )
    broken = audit.against(connection, ends)
    for number, sha256 in sorted(audit.sealings(connection).items()):
        if sha256 not in found:
            broken.append(
                Break(audit.HOUSE, 0, f"seal {number}, of which the trail tells, is not in the folder")
            )
    return broken


def _note(connection: Connection, made: Seal, sha256: str) -> None:
    detail = {"number": made.number, "sha256": sha256}
    at = clock.machine_now()
    audit.append(
        connection, stream=audit.HOUSE, at=at, actor="command-line", what=audit.SEALED, detail=detail
    )


def _opened(settings: Settings) -> Store:
    store = opened_store(settings)
    must_be_current(store)
    return store


def _key_file(settings: Settings) -> Path:
    return settings.audit_key_file or settings.data_dir / "audit.key"


def _trusted(settings: Settings, given: Path | None) -> Ed25519PublicKey:
    if given is not None:
        return public_key(given)
    ours = _key_file(settings)
    if not ours.exists():
        stop("Name the public key with --key: there is none of our own here.")
    return signing_key(ours).public_key()
