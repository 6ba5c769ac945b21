"""What is logged: one JSON object a line, of the fields named here and no others.

A log is read by people who may see no debtor, so nothing of a person gets in: a field that is not listed is dropped, of a
failure only its kinds and the way to it are told, of what libraries say only the words of their code.
"""

import logging
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from traceback import extract_tb
from typing import Any, Final, TextIO

import structlog

FIELDS: Final = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "logger",
        "error",  # kinds of a failure, the cause last
        "where",  # the way to it, by file and line
        "request_id",  # as a page or an answer showed it
        "method",
        "route",  # as the code names it, without what was asked for
        "why",
        "case_id",
        "message_id",
        "run_id",
        "status",
        "bytes",
    }
)
_LONGEST: Final = 200
_STEPS: Final = 12

Event = MutableMapping[str, Any]


def begin(out: TextIO | None = None) -> None:
    """From here on our own lines and those of libraries go to `out`, standard error when not said."""
    target = out or sys.stderr
    last: list[Any] = [
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _failure,
        _only_what_is_listed,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.add_log_level, *last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=target),
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=[_foreign], processors=last))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def kinds(failure: BaseException) -> str:
    """`TemporalAway < RPCError`: never its text, which may hold the row it failed on."""
    return " < ".join(type(one).__name__ for one in _chain(failure))


def way(failure: BaseException) -> list[str]:
    """By file and line, the fault last: a full trace would show what the variables held."""
    return [f"{step.filename}:{step.lineno}" for step in extract_tb(failure.__traceback__)[-_STEPS:]]


def _chain(failure: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    one: BaseException | None = failure
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or one.__context__


def _failure(_logger: object, _method: str, event: Event) -> Event:
    failure = event.pop("exc_info", None)
    if failure is True:
        failure = sys.exc_info()
    if isinstance(failure, tuple):
        failure = failure[1]
    if isinstance(failure, BaseException):
        event["error"], event["where"] = kinds(failure), way(failure)
    return event


def _only_what_is_listed(_logger: object, _method: str, event: Event) -> Event:
    return {name: _short(value) for name, value in event.items() if name in FIELDS}


def _short(value: object) -> object:
    if isinstance(value, list):
        return [_short(one) for one in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    # A library's first line is its sentence; what follows shows values.
    return str(value).partition("\n")[0][:_LONGEST]


def _foreign(_logger: object, _method: str, event: Event) -> Event:
    """A library's record: its words without the values put into them, and those of its fields that are ours too."""
    record: logging.LogRecord = event["_record"]
    told: Event = {
        "event": str(record.msg),
        "level": record.levelname.lower(),
        "logger": record.name,
        "exc_info": record.exc_info,
    }
    return {**told, **_fields(vars(record))}


def _fields(given: Mapping[str, Any]) -> Event:
    """Also those that Temporal nests: the workflow's, and those of the SDK's core."""
    found = {name: given[name] for name in FIELDS - {"event", "level", "timestamp"} if name in given}
    workflow = given.get("temporal_workflow")
    if isinstance(workflow, Mapping):
        found |= {"case_id": workflow.get("workflow_id"), "run_id": workflow.get("run_id")}
    core = getattr(given.get("temporal_log"), "fields", None)
    if isinstance(core, Mapping):
        found |= {name: core[name] for name in ("run_id",) if name in core}
    return found
