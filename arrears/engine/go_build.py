"""Builds the pinned Temporal programs with the machine's own Go."""

import os
import shutil
import subprocess
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from arrears.engine import versions
from arrears.engine.cache import Cache
from arrears.engine.errors import BuildFailed
from arrears.engine.programs import Say

_PATIENCE_SECONDS = 30
_SAY_EVERY_SECONDS = 10.0


@dataclass(frozen=True)
class Go:
    path: Path
    version: str


def go_on_path() -> Go | str:
    """The compiler, or one sentence why there is none that will do."""
    found = shutil.which("go")
    if found is None:
        return "no `go` on PATH"
    try:
        # Asked in the root folder: a go.mod nearby could make `go` answer for another toolchain.
        asked = subprocess.run(
            [found, "env", "GOVERSION"],
            capture_output=True,
            text=True,
            timeout=_PATIENCE_SECONDS,
            check=False,
            cwd=Path(found).anchor or "/",
        )
    except (OSError, subprocess.SubprocessError) as error:
        return f"{found} could not be asked for its version ({error})"
    version = asked.stdout.strip().removeprefix("go")
    if not versions.is_at_least(version, versions.OLDEST_GO):
        return f"Go {version or 'of unknown version'} is too old ({found}); {versions.OLDEST_GO} or newer is needed"
    return Go(path=Path(found), version=version)


def build(go: Go, module: str, *, place: Path, cache: Cache, what: str, say: Say) -> Path:
    """Two of the programs are called `server`, so each gets a GOBIN of its own. Raises BuildFailed."""
    with cache.staging() as staging:
        say(f"building the {what} with Go {go.version} (once per machine)")
        _run(
            [str(go.path), "install", "-v", "-ldflags=-s -w", module],
            env={**os.environ, "GOBIN": str(staging)},
            cwd=staging,
            what=what,
            say=say,
        )
        # Named after the last word of its module, before the version.
        return cache.keep(staging / module.partition("@")[0].rpartition("/")[2], place)


def _run(command: list[str], *, env: dict[str, str], cwd: Path, what: str, say: Say) -> None:
    last_lines: deque[str] = deque(maxlen=5)
    packages, said_at = 0, time.monotonic()
    with subprocess.Popen(
        command, env=env, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            last_lines.append(line.strip())
            packages += not line.startswith("go: ")
            if time.monotonic() - said_at >= _SAY_EVERY_SECONDS:
                said_at = time.monotonic()
                say(
                    f"building the {what}: {packages} packages compiled"
                    if packages
                    else f"fetching the {what}'s sources"
                )
    if process.returncode != 0:
        raise BuildFailed(what, list(last_lines))
