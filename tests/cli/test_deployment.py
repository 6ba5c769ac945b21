"""`arrears deployment` without a server: what it asks for before it calls one."""

import pytest
from typer.testing import CliRunner

from arrears.cli import main


def _say(*words: str) -> tuple[int, str]:
    answer = CliRunner().invoke(main.app, [*words])
    return answer.exit_code, " ".join(answer.output.split())


@pytest.mark.parametrize("words", [[], ["one", "--none"], ["--percent", "5"], ["--none", "--percent", "5"]])
def test_one_build_is_named_or_none(words: list[str]) -> None:
    code, said = _say("deployment", "use", *words)
    assert code == 2
    assert "Name a build" in said


def test_without_a_deployment_there_are_no_builds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARREARS_TEMPORAL_ADDRESS", "127.0.0.1:1")
    assert _say("deployment", "show") == (2, "Set ARREARS_DEPLOYMENT, as for the workers.")


def test_a_server_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARREARS_DEPLOYMENT", "collections")
    monkeypatch.setenv("ARREARS_TEMPORAL_ADDRESS", "127.0.0.1:1")
    assert _say("deployment", "show") == (1, "Temporal at 127.0.0.1:1 does not answer.")


def test_a_name_that_temporal_would_not_take_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARREARS_DEPLOYMENT", "bank.collections")
    code, said = _say("deployment", "show")
    assert code == 2
    assert "ARREARS_DEPLOYMENT" in said


def test_all_in_one_process_is_of_one_build(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARREARS_DEPLOYMENT", "collections")
    code, said = _say("up")
    assert code == 2
    assert "ARREARS_DEPLOYMENT is for workers of their own" in said
