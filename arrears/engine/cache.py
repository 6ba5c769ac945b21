"""Where fetched programs are kept, by version, so that a machine fetches each of them once."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from arrears.engine import versions
from arrears.engine.programs import Say

if sys.platform != "win32":
    import fcntl

_STAGING = "fetching-"


def cache_folder(chosen: Path | None = None) -> Path:
    """The caller's choice, else ARREARS_CACHE_DIR, else the user's cache folder."""
    if chosen is not None:
        return chosen.expanduser().resolve()
    if named := os.environ.get("ARREARS_CACHE_DIR"):
        return Path(named).expanduser().resolve()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "arrears"


class Cache:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = folder / f"temporal-{versions.SERVER}" / "temporal-server"
        self.ui = folder / f"temporal-ui-{versions.UI}" / "temporal-ui-server"

    def cli(self, server_version: str) -> Path:
        return self.folder / f"temporal-cli-server-{server_version}" / "temporal"

    def newest_cli(self) -> tuple[Path, str] | None:
        """The kept command line whose server is young enough, with that server's version."""
        kept = {
            path.parent.name.rpartition("-")[2]: path
            for path in self.folder.glob("temporal-cli-server-*/temporal")
        }
        usable = [version for version in kept if versions.is_at_least(version, versions.OLDEST_SERVER)]
        if not usable:
            return None
        version = max(usable, key=versions.numbers)
        return kept[version], version

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """A folder on the same disk as the cache, gone afterwards, so that `keep` is one rename."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=_STAGING, dir=self.folder) as folder:
            yield Path(folder)

    def keep(self, program: Path, place: Path) -> Path:
        """Others see the whole program or none."""
        program.chmod(0o755)
        place.parent.mkdir(parents=True, exist_ok=True)
        program.replace(place)
        return place

    @contextmanager
    def fetching(self, say: Say) -> Iterator[None]:
        """One process fetches at a time; the others wait and then find what it kept."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "fetching.lock").open("a") as lock:
            if sys.platform != "win32":
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    say("another process is fetching Temporal just now; waiting for it")
                    fcntl.flock(lock, fcntl.LOCK_EX)
                self._sweep()
            yield

    def _sweep(self) -> None:
        """Whoever holds the lock knows that what lies half fetched belongs to a process that died."""
        for left in self.folder.glob(f"{_STAGING}*"):
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
