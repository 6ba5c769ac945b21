"""Finds the `temporal` command line and asks which server it carries."""

import re
import shutil
import subprocess
from pathlib import Path

from arrears.engine import versions
from arrears.engine.programs import CliProgram

_PATIENCE_SECONDS = 20


def on_path() -> CliProgram | str:
    """The program, or one sentence why there is none that will do."""
    found = shutil.which("temporal")
    if found is None:
        return "no `temporal` command line on PATH"
    return examine(Path(found).resolve())


def examine(path: Path) -> CliProgram | str:
    """It says `temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)`."""
    try:
        said = subprocess.run(
            [str(path), "--version"], capture_output=True, text=True, timeout=_PATIENCE_SECONDS, check=False
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        return f"{path} could not be asked for its version ({error})"
    server = re.search(r"\bServer (\d[\w.+-]*)", said)
    if server is None:
        return f"{path} does not say which server it carries"
    if not versions.is_at_least(server[1], versions.OLDEST_SERVER):
        return f"{path} carries server {server[1]}, older than {versions.OLDEST_SERVER}"
    return CliProgram(path=path, version=server[1])
