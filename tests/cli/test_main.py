"""The verbs: what `--help` says of one is what the verb says of itself."""

import inspect
from pathlib import Path

import pytest
from typer.testing import CliRunner

from arrears.cli import main


@pytest.mark.parametrize("verb", main.VERBS)
def test_each_verb_loads_and_says_the_same_of_itself(verb: str) -> None:
    said = main.load(verb).help or ""
    assert inspect.cleandoc(said).partition("\n")[0] == main.VERBS[verb][1]


def test_an_unknown_verb_is_named() -> None:
    answer = CliRunner().invoke(main.app, ["bogus"])
    assert answer.exit_code == 2
    assert "bogus" in answer.output


def test_an_unknown_setting_is_answered_with_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARREARS_PROT", "8400")
    answer = CliRunner().invoke(main.app, ["serve"])
    assert answer.exit_code == 2
    assert "ARREARS_PORT" in answer.output


def test_a_setting_of_the_wrong_kind_is_said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARREARS_PORT", "many")
    answer = CliRunner().invoke(main.app, ["serve"])
    assert answer.exit_code == 2
    assert "ARREARS_PORT is wrong" in answer.output


def test_a_clock_of_its_own_is_for_trials_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARREARS_SHIFT_SECONDS", "3600")
    answer = CliRunner().invoke(main.app, ["serve"])
    assert answer.exit_code == 2
    assert "ARREARS_SHIFT_SECONDS needs ARREARS_TIME_SKIPPING" in answer.output


def test_a_worker_without_temporal_is_told_what_to_set() -> None:
    answer = CliRunner().invoke(main.app, ["worker"])
    assert answer.exit_code == 2
    assert "ARREARS_TEMPORAL_ADDRESS" in answer.output


def test_a_misspelt_setting_in_the_file_is_answered_with_the_nearest_and_others_names_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("POSTGRES_PASSWORD=for-compose\nARREARS_PROT=8400\n")
    answer = CliRunner().invoke(main.app, ["serve"])
    assert answer.exit_code == 2
    assert "ARREARS_PROT in .env is unknown. Did you mean ARREARS_PORT?" in answer.output
