"""`arrears audit`: seal the trail outside the database, and verify that no row was changed, taken out or cut off."""

import json
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from arrears import clock
from arrears.channels.seals import KeyUnfit, SealBook, SealBroken, in_pem, public_key, signing_key
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
    """Write where every chain of the trail ends now, signed; the public key lies beside the seals."""
    settings = load_settings()
    store = _opened(settings)
    try:
        key = signing_key(_key_file(settings))
        with store.reading() as connection:
            heads = audit.heads(connection)
        made = SealBook(to).add(heads, key, at=clock.machine_now())
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
    rows, chains, broken = 0, 0, list[Break]()
    counted = 0
    try:
        with store.reading() as connection:
            for stream in audit.streams(connection):
                broken += audit.verify(connection, stream)
                chains += 1
            rows = sum(n for n, _ in audit.heads(connection).values())
            if seals is not None:
                if not seals.is_dir():
                    stop(f"There is no folder {seals}.")
                found, ends = SealBook(seals).heads(_trusted(settings, trusted))
                counted = len(found)
                broken += audit.against(connection, ends)
    except (KeyUnfit, SealBroken) as wrong:
        stop(f"{wrong}.", code=1)
    finally:
        store.close()
    if as_json:
        told = [vars(one) for one in broken]
        typer.echo(json.dumps({"chains": chains, "rows": rows, "seals": counted, "broken": told}, indent=2))
    else:
        for one in broken:
            typer.echo(f"{one.stream} row {one.n}: {one.why}")
        sealed = f", {counted} seals" if seals is not None else ""
        typer.echo(f"{rows:,} rows in {chains:,} chains{sealed}: {len(broken)} broken.")
    raise typer.Exit(1 if broken else 0)


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
