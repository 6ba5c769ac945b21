"""A bank whose parts are processes that may be killed."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from arrears.engine.embedded import Engine
from tests.chaos.actors import KILL_POINT, Part
from tests.workflows.conftest import NAMESPACE, client, engine
from tests.world import World

__all__ = ["client", "engine"]

ROOT: Final = Path(__file__).parents[2]


@dataclass
class Bank:
    """A world without hands of its own: worker and relay are started, killed and started again by a test."""

    world: World
    part: Part

    @contextmanager
    def acting(
        self, role: str, *, kill_at: str = "", console: bool = False
    ) -> Iterator[subprocess.Popen[bytes]]:
        """One process for the length of the block; ended by its own id."""
        part = replace(self.part, console=console)
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.actors", role, json.dumps(asdict(part))],
            cwd=ROOT,
            env={**os.environ, KILL_POINT: kill_at},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    @property
    def has_died(self) -> bool:
        return Path(self.part.died).exists()


def a_bank(world: World, engine: Engine, tmp_path: Path) -> Bank:
    part = Part(
        database=world.store.engine.url.render_as_string(hide_password=False),
        address=engine.address,
        namespace=NAMESPACE,
        queue=world.queue,
        shift_seconds=world.shift_seconds,
        died=str(tmp_path / "died"),
        letters=str(world.letters),
    )
    return Bank(world, part)
