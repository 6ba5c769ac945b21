"""`arrears replay` over files: what is the same, what would break, what is no history."""

import base64
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHistory
from typer.testing import CliRunner

from arrears.cli import main
from arrears.cli.replaying import Outcome, Stored, Verdict, judged
from tests.replay.hasty import HastyCase

HISTORIES = Path(__file__).parent / "histories"
STORED = sorted(HISTORIES.glob("*.json"))
LONG = HISTORIES / "2026-11-from-first-call-to-court.json"

History = dict[str, Any]
Change = Callable[[History], object]


def _run(*words: str | Path) -> tuple[int, str]:
    answer = CliRunner().invoke(main.app, ["replay", *map(str, words)])
    return answer.exit_code, answer.output


def _changed(folder: Path, change: Change, *, name: str = "changed.json") -> Path:
    history = json.loads(LONG.read_text(encoding="utf-8"))
    change(history)
    (folder / name).write_text(json.dumps(history), encoding="utf-8")
    return folder / name


def _answered_otherwise(history: History) -> None:
    """As if the first record had been refused: this code would then have ended the case."""
    marker = next(e for e in history["events"] if e["eventType"] == "EVENT_TYPE_MARKER_RECORDED")
    payload = marker["markerRecordedEventAttributes"]["details"]["result"]["payloads"][0]
    receipt = json.loads(base64.b64decode(payload["data"])) | {"verdict": "refused"}
    payload["data"] = base64.b64encode(json.dumps(receipt).encode()).decode()


def _only(history: History, count: int) -> None:
    history["events"] = history["events"][:count]


@pytest.mark.slow
def test_all_stored_histories_are_the_same() -> None:
    assert _run(HISTORIES) == (0, f"{len(STORED)} same, 0 broken\n")


def test_files_are_taken_one_by_one_too() -> None:
    assert _run(*STORED[:2]) == (0, "2 same, 0 broken\n")


async def _stored() -> AsyncIterator[Stored]:
    for file in STORED:
        yield Stored(WorkflowHistory.from_json(file.stem, file.read_text(encoding="utf-8")), str(file))


async def _with(workflow: type) -> list[Verdict]:
    return [verdict async for verdict in judged(_stored(), workflow=workflow)]


async def test_a_change_of_steps_breaks_every_case_and_each_is_named_with_its_reason() -> None:
    verdicts = await _with(HastyCase)
    assert [verdict.outcome for verdict in verdicts] == [Outcome.BROKEN] * len(STORED)
    assert all(verdict.case_id.startswith("case-") and verdict.run_id for verdict in verdicts)
    assert all(verdict.why.startswith("Nondeterminism error: ") for verdict in verdicts)


def test_a_case_that_would_break_is_named_and_ends_with_1(tmp_path: Path) -> None:
    _changed(tmp_path, _answered_otherwise)
    (tmp_path / "true.json").write_bytes(LONG.read_bytes())
    code, said = _run(tmp_path)
    broken, verdict = said.splitlines()
    assert code == 1
    assert broken.startswith(f"broken: case-L00002-1 ({tmp_path / 'changed.json'}): Nondeterminism error: ")
    assert verdict == "1 same, 1 broken"


def test_programs_get_the_same_as_json(tmp_path: Path) -> None:
    _changed(tmp_path, _answered_otherwise)
    code, said = _run(tmp_path, "--json")
    told = json.loads(said)
    assert code == 1
    assert {name: told[name] for name in ("same", "broken", "not_begun", "unreadable")} == {
        "same": 0,
        "broken": 1,
        "not_begun": 0,
        "unreadable": 0,
    }
    [wrong] = told["wrong"]
    assert (wrong["outcome"], wrong["case"]) == ("broken", "case-L00002-1")
    assert wrong["run"]


@pytest.mark.parametrize("events", [1, 2, 3])
def test_a_case_that_no_worker_took_up_can_go_on_under_any_code(tmp_path: Path, events: int) -> None:
    file = _changed(tmp_path, lambda history: _only(history, events))
    assert _run(file) == (0, "0 same, 0 broken, 1 not begun\n")


@pytest.mark.parametrize("events", [4, 5, 8, 9, 10])
def test_a_case_in_the_middle_of_a_step_is_replayed_so_far(tmp_path: Path, events: int) -> None:
    file = _changed(tmp_path, lambda history: _only(history, events))
    assert _run(file) == (0, "1 same, 0 broken\n")


def _started(history: History) -> dict[str, Any]:
    told: dict[str, Any] = history["events"][0]["workflowExecutionStartedEventAttributes"]
    return told


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda history: history.update(events=[]), "it has no events"),
        (lambda history: history["events"].pop(0), "its first event is not the start of a workflow"),
        (lambda history: history["events"].pop(8), "after event 8 comes event 10"),
        (lambda history: _started(history).pop("originalExecutionRunId"), "its start names no run"),
        (
            lambda history: _started(history)["workflowType"].update(name="Payroll"),
            "it is of a Payroll, not of a CollectionCase",
        ),
    ],
)
def test_what_cannot_be_replayed_is_said_and_ends_with_1(tmp_path: Path, change: Change, why: str) -> None:
    code, said = _run(_changed(tmp_path, change))
    assert code == 1
    assert said.splitlines()[0].endswith(f": {why}")
    assert said.splitlines()[1] == "0 same, 0 broken, 1 unreadable"


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "7", '{"events": 7}', '{"events": [{"eventId": "x"}]}', '{"weather": "rain"}', "\x00"],
)
def test_a_file_that_is_no_history_is_said_and_the_others_are_replayed(tmp_path: Path, text: str) -> None:
    (tmp_path / "odd.json").write_text(text, encoding="utf-8")
    (tmp_path / "true.json").write_bytes(LONG.read_bytes())
    code, said = _run(tmp_path)
    assert code == 1
    assert said.startswith(f"unreadable: odd ({tmp_path / 'odd.json'}): it ")
    assert said.splitlines()[-1] == "1 same, 0 broken, 1 unreadable"


def test_bytes_that_are_no_text_are_no_history(tmp_path: Path) -> None:
    (tmp_path / "odd.json").write_bytes(b"\xff\xfe\x00")
    code, said = _run(tmp_path)
    assert code == 1
    assert "it is no history in JSON" in said


def test_a_folder_without_histories_is_not_taken_for_a_good_sign(tmp_path: Path) -> None:
    code, said = _run(tmp_path)
    assert code == 2
    assert f"In {tmp_path} is no history" in said


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    code, said = _run(tmp_path / "nowhere")
    assert code == 2
    assert f"There is no {tmp_path / 'nowhere'}." in said


@pytest.mark.parametrize("words", [[], ["--json"], [str(HISTORIES), "--open"]])
def test_one_says_which_cases(words: list[str]) -> None:
    code, said = _run(*words)
    assert code == 2
    assert "Name files or folders of histories, or say --open." in said


def test_without_an_address_there_are_no_open_cases_to_ask_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ARREARS_TEMPORAL_ADDRESS", raising=False)
    code, said = _run("--open")
    assert code == 2
    assert "ARREARS_TEMPORAL_ADDRESS" in said


def test_a_server_that_does_not_answer_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARREARS_TEMPORAL_ADDRESS", "127.0.0.1:1")
    code, said = _run("--open")
    assert code == 1
    assert "Temporal at 127.0.0.1:1 does not answer." in said
