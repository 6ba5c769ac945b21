"""Lets the Temporal SDK download its command line, and gives up soon when nothing arrives."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from temporalio.testing import WorkflowEnvironment

from arrears.engine.errors import DownloadGaveUp

Fetch = Callable[[Path], Awaitable[None]]

_PATIENCE_SECONDS = 6.0
_LOOK_EVERY_SECONDS = 0.5


def download(folder: Path, *, patience: float = _PATIENCE_SECONDS, fetch: Fetch | None = None) -> Path:
    """The path of the command line, somewhere below `folder`."""
    work = fetch or _fetch
    # A thread of its own: the caller may already be inside an event loop.
    with ThreadPoolExecutor(max_workers=1) as apart:
        apart.submit(asyncio.run, _watched(work, folder, patience)).result()
    files = [path for path in folder.rglob("*") if path.is_file()]
    if not files:
        raise DownloadGaveUp("the SDK's download left no program behind")
    return max(files, key=_size)


async def _watched(fetch: Fetch, folder: Path, patience: float) -> None:
    """A slow line may take minutes; a line on which nothing moves for `patience` seconds is dead."""
    task = asyncio.ensure_future(fetch(folder))
    seen, still = 0, 0.0
    while not task.done():
        await asyncio.wait([task], timeout=_LOOK_EVERY_SECONDS)
        size = _arrived(folder)
        still = 0.0 if size > seen else still + _LOOK_EVERY_SECONDS
        seen = size
        if still >= patience and not task.done():
            task.cancel()
            raise DownloadGaveUp(
                f"the SDK's download of the `temporal` command line stood still for {patience:g} s"
            )
    if error := task.exception():
        raise DownloadGaveUp(f"the SDK could not download the `temporal` command line ({_short(error)})")


async def _fetch(folder: Path) -> None:
    """The SDK offers the download only together with a start, so it is started and ended at once."""
    started = await WorkflowEnvironment.start_local(
        download_dest_dir=str(folder), dev_server_log_level="error"
    )
    await started.shutdown()


def _arrived(folder: Path) -> int:
    return sum(_size(path) for path in folder.rglob("*"))


def _size(path: Path) -> int:
    """Nothing for what was renamed or removed between the listing and the look."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _short(error: BaseException) -> str:
    """The SDK's text without the address it tried: what matters is that it failed, and on what."""
    return str(error).split(" for url ")[0].removeprefix("Failed starting Temporal dev server: ")
