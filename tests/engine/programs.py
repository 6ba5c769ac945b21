"""Small shell programs that stand in for the ones a machine may or may not have."""

from pathlib import Path


def script(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def command_line(path: Path, *, server: str) -> Path:
    return script(path, f'echo "temporal version 1.9.9 (Server {server}, UI 2.54.1)"')


def go(path: Path, *, version: str, install: str = "exit 1") -> Path:
    """Answers `go env GOVERSION`; `go install` does what `install` says."""
    return script(path, f'if [ "$1" = env ]; then echo go{version}; exit 0; fi\n{install}')
