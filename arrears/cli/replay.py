"""`arrears replay`: whether stored cases, or all that are open, would go on under this version."""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from google.protobuf.json_format import ParseError
from temporalio.client import Client, WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode

from api.gateway import connect
from arrears.cli.compose import envelope
from arrears.cli.config import fit_keys, load_settings, stop
from arrears.cli.replaying import Outcome, Stored, Verdict, judged
from arrears.names import WORKFLOW_TYPE

_PAGE: Final = 200
_NOT_A_HISTORY: Final = (ParseError, ValueError, TypeError, KeyError, AttributeError, RecursionError, OSError)
_SAID: Final = {Outcome.NOT_BEGUN: "not begun", Outcome.UNREADABLE: "unreadable"}


def replay(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Histories as JSON, or folders of them.", show_default=False),
    ] = None,
    running: Annotated[bool, typer.Option("--open", help="All cases open in Temporal.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Replay histories through this version; ends with 1 when one would break.

    A file is what `temporal workflow show --output json` prints. Nothing is changed anywhere, and nothing but ids
    and the kind of step is said.
    """
    if bool(paths) == running:
        stop("Name files or folders of histories, or say --open.")
    # The SDK tells each failure again, with its trace; the verdict says it once.
    logging.getLogger("temporalio").setLevel(logging.CRITICAL)
    tally = Tally(say=_nothing if as_json else _say)
    with fit_keys():
        asyncio.run(_replay(paths or [], tally))
    typer.echo(json.dumps(tally.as_json(), ensure_ascii=False, indent=2) if as_json else tally.sentence)
    raise typer.Exit(0 if tally.is_well else 1)


@dataclass
class Tally:
    """What came of each history; `say` is told what is wrong as soon as it is known."""

    say: Callable[[Verdict], None]
    counted: Counter[Outcome] = field(default_factory=Counter)
    wrong: list[Verdict] = field(default_factory=list)

    def add(self, verdict: Verdict) -> None:
        self.counted[verdict.outcome] += 1
        if verdict.outcome in (Outcome.BROKEN, Outcome.UNREADABLE):
            self.wrong.append(verdict)
            self.say(verdict)

    @property
    def is_well(self) -> bool:
        return not self.wrong

    @property
    def sentence(self) -> str:
        parts = [f"{self.counted[outcome]:,} {outcome}" for outcome in (Outcome.SAME, Outcome.BROKEN)]
        parts += [
            f"{self.counted[outcome]:,} {said}" for outcome, said in _SAID.items() if self.counted[outcome]
        ]
        return ", ".join(parts)

    def as_json(self) -> dict[str, Any]:
        counted: dict[str, Any] = {outcome.value: self.counted[outcome] for outcome in Outcome}
        wrong = [
            {
                "outcome": one.outcome,
                "case": one.case_id,
                "run": one.run_id,
                "source": one.source,
                "why": one.why,
            }
            for one in self.wrong
        ]
        return counted | {"wrong": wrong}


def _say(verdict: Verdict) -> None:
    where = "" if verdict.source == "temporal" else f" ({verdict.source})"
    typer.echo(f"{verdict.outcome}: {verdict.case_id}{where}: {verdict.why}")


def _nothing(verdict: Verdict) -> None:
    pass


async def _replay(paths: list[Path], tally: Tally) -> None:
    codec = envelope(load_settings())
    if not paths:
        async for verdict in judged(open_cases(await _temporal()), codec=codec):
            tally.add(verdict)
        return
    async for verdict in judged(_read(_files(paths), tally), codec=codec):
        tally.add(verdict)


# ---- files -----------------------------------------------------------------------------------------------


def _files(paths: list[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            stop(f"There is no {path}.")
        inside = sorted(path.rglob("*.json")) if path.is_dir() else [path]
        if not inside:
            stop(f"In {path} is no history: no file ends in .json.")
        found += inside
    return found


async def _read(files: list[Path], tally: Tally) -> AsyncIterator[Stored]:
    for file in files:
        try:
            history = WorkflowHistory.from_json(file.stem, file.read_text(encoding="utf-8"))
        except _NOT_A_HISTORY as error:
            why = error.strerror if isinstance(error, OSError) else "it is no history in JSON"
            tally.add(Verdict(Outcome.UNREADABLE, file.stem, "", str(file), why or "it cannot be read"))
        else:
            yield Stored(history, str(file))


# ---- Temporal --------------------------------------------------------------------------------------------


async def _temporal() -> Client:
    settings = load_settings()
    if settings.temporal_address is None:
        stop("Set ARREARS_TEMPORAL_ADDRESS to the Temporal server whose open cases shall be replayed.")
    try:
        address, codec = settings.temporal_address, envelope(settings)
        return await connect(address, settings.temporal_namespace, lazy=False, codec=codec)
    except (RPCError, RuntimeError):
        stop(f"Temporal at {settings.temporal_address} does not answer.", code=1)


async def open_cases(client: Client, *, page: int = _PAGE) -> AsyncIterator[Stored]:
    """Page by page; a case that ends meanwhile is replayed to its end."""
    which = f"WorkflowType = '{WORKFLOW_TYPE}' AND ExecutionStatus = 'Running'"
    try:
        async for case in client.list_workflows(which, page_size=page):
            history = await _fetched(client, case.id, case.run_id)
            if history is not None:
                yield Stored(history, "temporal")
    except RPCError as error:
        stop(f"Temporal stopped answering ({error.status.name}): the verdict is not whole.", code=1)


async def _fetched(client: Client, case_id: str, run_id: str) -> WorkflowHistory | None:
    """None where it was deleted since it was listed."""
    try:
        return await client.get_workflow_handle(case_id, run_id=run_id).fetch_history()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise
