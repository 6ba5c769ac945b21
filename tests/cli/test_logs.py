"""The log holds the fields that are listed and nothing of a person, whoever writes into it."""

import ast
import io
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from arrears import logs
from arrears.store.session import Store
from arrears.store.tables import borrowers

ROOT = Path(__file__).resolve().parents[2]
NAME = "鸑鷟麟"
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    out = io.StringIO()
    root, temporal = logging.getLogger(), logging.getLogger("temporalio")
    before, level, quiet = root.handlers[:], root.level, temporal.level
    temporal.setLevel(logging.NOTSET)  # `arrears replay` in the same process may have silenced it
    logs.begin(out)
    yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    root.handlers, root.level = before, level
    temporal.setLevel(quiet)
    structlog.reset_defaults()


def test_a_field_that_is_not_listed_is_dropped(lines: Lines) -> None:
    structlog.get_logger("x").warning("temporal is away", case_id="case-L1-1", name=NAME, phone="19987654329")
    [line] = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "temporal is away", "level": "warning", "case_id": "case-L1-1"}


def test_of_a_failure_its_kinds_and_the_way_to_it_are_told_and_not_its_words(lines: Lines) -> None:
    try:
        try:
            raise ValueError(f"{NAME} has no address")
        except ValueError as why:
            raise RuntimeError(f"no letter for {NAME}") from why
    except RuntimeError:
        structlog.get_logger("x").exception("relay cannot tell", case_id="case-L1-1")
    [line] = lines()
    assert line["error"] == "RuntimeError < ValueError"
    assert line["where"][-1].startswith(f"{__file__}:")
    assert NAME not in json.dumps(line, ensure_ascii=False)


def test_a_database_that_quotes_the_row_it_refused_is_not_quoted(store: Store, lines: Lines) -> None:
    """PostgreSQL tells the whole row with its failure, whatever the driver hides of the parameters."""
    with pytest.raises(IntegrityError) as refused, store.transaction() as connection:
        connection.execute(insert(borrowers).values(borrower_id="B1", name=NAME, address=NAME, language=None))
    if not store.is_sqlite:
        assert NAME in str(refused.value)
    logging.getLogger("uvicorn.error").error("Exception in ASGI application\n", exc_info=refused.value)
    [line] = lines()
    assert line["event"] == "Exception in ASGI application"
    assert line["error"].startswith("IntegrityError < ")
    assert NAME not in json.dumps(line, ensure_ascii=False)


def test_what_a_library_puts_into_its_words_is_left_out(lines: Lines) -> None:
    logging.getLogger("some.library").error("no answer from %s", NAME, extra={"name_of": NAME})
    logging.getLogger("asyncio").error(f"Task exception was never retrieved\nfuture: <Task {NAME}>")
    first, second = lines()
    assert (first["event"], first["logger"], first["level"]) == ("no answer from %s", "some.library", "error")
    assert second["event"] == "Task exception was never retrieved"
    assert NAME not in json.dumps([first, second], ensure_ascii=False)


def test_temporals_own_lines_name_the_case_and_the_run(lines: Lines) -> None:
    logging.getLogger("temporalio.workflow").error(
        "rules failed", extra={"temporal_workflow": {"workflow_id": "case-L1-1", "run_id": "r", "memo": NAME}}
    )
    core = SimpleNamespace(fields={"run_id": "r", "failure": f"Failure {{ message: {NAME} }}"})
    logging.getLogger("temporalio.core").warning("Failing workflow task", extra={"temporal_log": core})
    ours, cores = lines()
    assert (ours["event"], ours["case_id"], ours["run_id"]) == ("rules failed", "case-L1-1", "r")
    assert (cores["event"], cores["run_id"]) == ("Failing workflow task", "r")
    assert NAME not in json.dumps([ours, cores], ensure_ascii=False)


def test_a_value_is_short_and_of_one_line(lines: Lines) -> None:
    structlog.get_logger("x").warning("temporal is away", status="UNAVAILABLE\n" + NAME, case_id="c" * 999)
    [line] = lines()
    assert (line["status"], len(line["case_id"])) == ("UNAVAILABLE", 200)


def test_our_own_code_logs_no_field_that_would_be_dropped() -> None:
    said = [
        (f"{file.relative_to(ROOT)}:{call.lineno}", field.arg)
        for package in ("arrears", "api", "web", "workflows", "activities")
        for file in (ROOT / package).rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(call, ast.Call) and _is_log(call)
        for field in call.keywords
    ]
    assert len(said) > 5
    assert [one for one in said if one[1] not in logs.FIELDS | {"exc_info"}] == []


def _is_log(call: ast.Call) -> bool:
    said = call.func
    if not (isinstance(said, ast.Attribute) and isinstance(said.value, ast.Name)):
        return False
    return said.value.id == "log" and said.attr in ("info", "warning", "error", "exception")
