"""`arrears case show`: why a case is where it is, as the database holds it, beside what its workflow says."""

import asyncio
import json
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import Row, or_, select
from temporalio.service import RPCError

from api.gateway import CaseGateway, connect
from arrears import clock
from arrears.cli import dossier
from arrears.cli.compose import envelope
from arrears.cli.config import fit_keys, load_pack, load_settings, stop
from arrears.cli.stack import must_be_current, opened_store
from arrears.settings import Settings
from arrears.store.session import Store
from arrears.store.states import state_from_json
from arrears.store.tables import cases, deadlines, messages, records, tasks
from web.explanation import Part, explained
from web.language import LANGUAGES, speaking

app = typer.Typer(
    no_args_is_help=True, help="One case: look at it, carry all of it away, verify what was carried."
)
app.command("export")(dossier.export)
app.command("verify")(dossier.verify)


_EXPLAINED: Final = ("explanation", "clocks")  # told in sentences above the tables


@app.command("show")
def show(
    which: Annotated[str, typer.Argument(help="A case id or a loan id (its latest case).")],
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    language: Annotated[str, typer.Option("--language", help="Of the explanation: en or zh-CN.")] = "en",
) -> None:
    """Why a case is where it is, its row, tasks and messages, and whether the workflow agrees."""
    if language not in LANGUAGES:
        stop(f"There is no language {language}; there are {', '.join(sorted(LANGUAGES))}.")
    settings = load_settings()
    calendar = load_pack(settings).rules.calendar
    store = opened_store(settings)
    must_be_current(store)
    found = _find(store, which)
    if found is None:
        stop(f"There is no case {which}.", code=1)
    with fit_keys():
        told = asyncio.run(_ask(settings, found.case_id)) if settings.temporal_address else None
    with speaking(language):
        parts = explained(
            state_from_json(found.state), int(clock.case_now(found.decided_at).timestamp()), calendar
        )
    picture = _picture(store, found, told, parts)
    store.close()
    if as_json:
        print(json.dumps(picture, ensure_ascii=False, indent=2, default=str))
        return
    _print(picture, parts, zone=calendar.zone)


def _find(store: Store, which: str) -> Row[*tuple[Any, ...]] | None:
    with store.reading() as connection:
        return connection.execute(
            select(cases)
            .where(or_(cases.c.case_id == which, cases.c.loan_id == which))
            .order_by(cases.c.episode.desc())
            .limit(1)
        ).first()


async def _ask(settings: Settings, case_id: str) -> dict[str, Any] | None:
    address, codec = str(settings.temporal_address), envelope(settings)
    client = await connect(address, settings.temporal_namespace, codec=codec)
    try:
        return await asyncio.wait_for(CaseGateway(client).look(case_id), 10)
    except (RPCError, RuntimeError, TimeoutError):
        return None


def _picture(
    store: Store, case: Row[*tuple[Any, ...]], told: dict[str, Any] | None, parts: tuple[Part, ...]
) -> dict[str, Any]:
    def rows(table: Any, *columns: str, order: str) -> list[dict[str, Any]]:
        picked = [table.c[name] for name in columns]
        with store.reading() as connection:
            found = connection.execute(
                select(*picked).where(table.c.case_id == case.case_id).order_by(table.c[order])
            )
            return [dict(row._mapping) for row in found]

    return {
        "explanation": {
            part.name: [{"key": line.key, "words": line.words} for line in part.lines] for part in parts
        },
        "case": {
            name: value for name, value in case._mapping.items() if name not in ("state", "borrower_id")
        },
        "workflow": "not asked or away"
        if told is None
        else {"seq": told["seq"], "agrees": told["digest"] == case.digest},
        "tasks": rows(tasks, "task_id", "kind", "role", "status", "due_at", "outcome", order="opened_seq"),
        "clocks": rows(deadlines, "name", "due_at", order="due_at"),
        "messages": rows(messages, "message_id", "signal", "status", "reason", order="arrival"),
        "steps": rows(records, "seq", "at", "event", order="seq"),
    }


def _print(picture: dict[str, Any], parts: tuple[Part, ...], *, zone: str) -> None:
    console = Console()
    for part in parts:
        console.print(part.heading, style="bold")
        for line in part.lines:
            console.print(f"- {line.words}", highlight=False, markup=False, soft_wrap=True)
        console.print()
    console.print(f"({zone})", highlight=False)
    for name, value in picture.items():
        if name in _EXPLAINED:
            continue
        if isinstance(value, list):
            _print_rows(console, name, value)
        elif isinstance(value, dict):
            _print_rows(console, name, [{"what": key, "is": content} for key, content in value.items()])
        else:
            console.print(f"{name}: {value}")


def _print_rows(console: Console, title: str, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    table = Table(*rows[0], title=title, title_justify="left")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    console.print(table)
