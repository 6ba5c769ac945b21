"""Figures of a worker have a place, or its start says why not."""

import socket

import pytest
import typer

from arrears.cli.telemetry import told_to_monitors


def test_a_port_that_is_taken_is_said_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = f"127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(typer.Exit):
            told_to_monitors(address)
    assert f"ARREARS_WORKER_METRICS={address} cannot be listened on" in capsys.readouterr().err
