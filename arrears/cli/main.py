"""`arrears …`: the one console script, a verb for each thing a person at a terminal wants."""

import logging

import structlog
import typer

from arrears.cli import case, db, demo, doctor, intake, pay, run, staff

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Collections for banks: each delinquent loan is one long-lived workflow, decided by people.",
)
app.command("demo")(demo.demo)
app.command("up")(run.up)
app.command("serve")(run.serve)
app.command("worker")(run.worker)
app.command("relay")(run.relay)
app.command("import")(intake.import_)
app.command("pay")(pay.pay)
app.command("doctor")(doctor.doctor)
app.command("backup")(db.backup)
app.add_typer(case.app, name="case")
app.add_typer(staff.app, name="staff")
app.add_typer(db.app, name="db")


def main() -> None:
    _log_as_json()
    app()


def _log_as_json() -> None:
    """One JSON object a line on standard error, without personal data: ids and words only."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(),
    )
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
