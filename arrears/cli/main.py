"""`arrears …`: the one console script, a verb for each thing a person at a terminal wants."""

import sys
from importlib import import_module
from io import TextIOWrapper
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group

from arrears import logs

# Verb, where it is, and what it does in a line. A verb's module is imported when the verb is called: the
# worker need not carry the feeds, and `--help` need not carry anything.
VERBS: Final[dict[str, tuple[str, str]]] = {
    "demo": (
        "arrears.cli.demo:demo",
        "Start everything embedded, import the sample portfolio, print the addresses and the log-ins.",
    ),
    "up": (
        "arrears.cli.run:up",
        "Everything in one process: database, Temporal with its UI, worker, relay and web.",
    ),
    "serve": ("arrears.cli.run:serve", "The web pages and the JSON API; Temporal may be away."),
    "worker": ("arrears.cli.run:worker", "Runs the cases; as many processes as there are cores."),
    "relay": ("arrears.cli.run:relay", "Carries what people and banks said to the cases."),
    "import": (
        "arrears.cli.intake:import_",
        "Load a delivery; loans that are overdue become cases. The same delivery again changes nothing.",
    ),
    "pay": ("arrears.cli.pay:pay", "Post a payment by hand; the case decides what follows."),
    "eod": (
        "arrears.cli.eod:eod",
        "Say that all money of a business day is here; cases that waited for it go on.",
    ),
    "simulate": (
        "arrears.cli.simulate:simulate",
        "Let robots work a portfolio with known payments to its end, in skipped time; a wrong end is named.",
    ),
    "case": ("arrears.cli.case:app", "One case: look at it, carry all of it away, verify what was carried."),
    "check": (
        "arrears.cli.check:check",
        "Ask every invariant; ends with 1 when one is broken. Nothing is changed, and only ids are said.",
    ),
    "audit": ("arrears.cli.audit:app", "The trail: seal it outside the database, and verify it."),
    "deployment": (
        "arrears.cli.deployment:app",
        "Builds of workers: which there are, and which of them takes the cases.",
    ),
    "replay": (
        "arrears.cli.replay:replay",
        "Replay histories through this version; ends with 1 when one would break.",
    ),
    "staff": (
        "arrears.cli.staff:app",
        "People of the bank: add, list, change, and tokens for programs.",
    ),
    "pack": (
        "arrears.cli.pack:app",
        "Policy packs: list, check, try on the open cases, propose, and approve with a second key.",
    ),
    "doctor": (
        "arrears.cli.doctor:doctor",
        "Say what was found on this machine and what a start would do; ends with 1 when something is wrong.",
    ),
    "db": ("arrears.cli.db:app", "The database: its tables of this version, and who may do what there."),
    "backup": (
        "arrears.cli.db:backup",
        "Copy the database while it is in use, into one file that only its owner can read.",
    ),
}


class Verbs(TyperGroup):
    """Knows every verb by name and line, and loads the one that is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in VERBS:
            return None
        return TyperCommand(cmd_name, help=VERBS[cmd_name][1])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, listed, rest = super().resolve_command(ctx, args)
        return name, listed if name is None else load(name), rest


def load(verb: str) -> Any:
    """The real command behind a verb's name."""
    module, _, attribute = VERBS[verb][0].partition(":")
    found = getattr(import_module(module), attribute)
    if isinstance(found, typer.Typer):
        return get_group(found)
    alone = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    alone.command(verb)(found)
    return get_command(alone)


app = typer.Typer(
    cls=Verbs,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Collections for banks: each delinquent loan is one long-lived workflow, decided by people.",
)


@app.callback()
def _verbs() -> None:
    """So that the group stands before any verb is loaded."""


def main() -> None:
    _write_what_the_terminal_can()
    logs.begin()
    app()


def _write_what_the_terminal_can() -> None:
    """A name that its alphabet lacks is written in escapes, and does not end the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
