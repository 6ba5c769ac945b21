"""Finds Temporal, or fetches it, in a fixed order; the first that will do is taken."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from arrears.engine import command_line, go_build, sdk_download, versions
from arrears.engine.cache import Cache, cache_folder
from arrears.engine.errors import BuildFailed, DownloadGaveUp, TemporalNotFound
from arrears.engine.go_build import Go
from arrears.engine.programs import Address, CliProgram, Form, Program, Say, ServerProgram, Temporal, silent

Download = Callable[[Path], Path]

CHOICES: Final = (
    "set ARREARS_TEMPORAL_ADDRESS to a running Temporal server",
    f"put a `temporal` command line whose server is {versions.OLDEST_SERVER} or newer on PATH",
    "give this machine a network, so that the SDK can download that command line",
    f"put Go {versions.OLDEST_GO} or newer on PATH, with its module proxy within reach",
)


@dataclass(frozen=True)
class Survey:
    """What is here now, found without fetching or starting anything."""

    cache: Cache
    found: Temporal | None
    reasons: tuple[str, ...]
    go: Go | None


def survey(*, address: str | None = None, cache_dir: Path | None = None, form: Form | None = None) -> Survey:
    """`form` is what the data folder was begun with; only programs of that form can go on with it."""
    cache = Cache(cache_folder(cache_dir))
    if address:
        return Survey(cache, Address(address), (), None)
    if cached := _cached(cache, form):
        return Survey(cache, cached, (), None)
    reasons = [f"nothing cached in {cache.folder}"]
    if form is not Form.SERVER:
        command = command_line.on_path()
        if isinstance(command, CliProgram):
            return Survey(cache, command, tuple(reasons), None)
        reasons.append(command)
    if form is Form.CLI:
        reasons.append("this data folder was begun by the command line's server, which alone can read it")
        return Survey(cache, None, tuple(reasons), None)
    go = go_build.go_on_path()
    return Survey(
        cache,
        None,
        tuple(reasons) if isinstance(go, Go) else (*reasons, go),
        go if isinstance(go, Go) else None,
    )


def resolve(
    *,
    cache_dir: Path | None = None,
    form: Form | None = None,
    say: Say = silent,
    download: Download | None = sdk_download.download,
) -> Program:
    """Takes what is here, else downloads, else builds; None for `download` skips the download."""
    here = survey(cache_dir=cache_dir, form=form)
    if here.found is not None and not isinstance(here.found, Address):
        return here.found
    with here.cache.fetching(say):
        # Another process may have fetched it while this one waited for the lock.
        if cached := _cached(here.cache, form):
            return cached
        return _fetch(here, form=form, say=say, download=download)


def resolve_ui(program: Program, *, cache_dir: Path | None = None, say: Say = silent) -> Path | None:
    """None where there is none to start: the command line brings its own, and a missing one is no reason to stop."""
    if isinstance(program, CliProgram):
        return None
    cache = Cache(cache_folder(cache_dir))
    if cache.ui.exists():
        return cache.ui
    go = go_build.go_on_path()
    if isinstance(go, str):
        say(f"going on without the Temporal UI: it is not in {cache.folder}, and {go}")
        return None
    with cache.fetching(say):
        if cache.ui.exists():
            return cache.ui
        try:
            return go_build.build(
                go,
                versions.UI_MODULE,
                place=cache.ui,
                cache=cache,
                what=f"Temporal UI {versions.UI}",
                say=say,
            )
        except BuildFailed as failure:
            say(f"going on without the Temporal UI: {failure}")
            return None


def _cached(cache: Cache, form: Form | None) -> Program | None:
    if form is not Form.CLI and cache.server.exists():
        return ServerProgram(path=cache.server, version=versions.SERVER)
    if form is not Form.SERVER and (kept := cache.newest_cli()):
        path, version = kept
        return CliProgram(path=path, version=version)
    return None


def _fetch(here: Survey, *, form: Form | None, say: Say, download: Download | None) -> Program:
    reasons = list(here.reasons)
    if download is not None and form is not Form.SERVER:
        downloaded = _download(here.cache, download, say)
        if isinstance(downloaded, CliProgram):
            return downloaded
        say(downloaded)
        reasons.append(downloaded)
    if here.go is not None:
        try:
            return _build(here.cache, here.go, say)
        except BuildFailed as failure:
            reasons.append(str(failure))
    raise TemporalNotFound(reasons, CHOICES)


def _download(cache: Cache, download: Download, say: Say) -> CliProgram | str:
    say("downloading the `temporal` command line through the SDK")
    with cache.staging() as staging:
        try:
            program = download(staging)
        except DownloadGaveUp as failure:
            return str(failure)
        program.chmod(0o755)
        examined = command_line.examine(program)
        if isinstance(examined, str):
            return f"the SDK's download will not do: {examined}"
        return CliProgram(path=cache.keep(program, cache.cli(examined.version)), version=examined.version)


def _build(cache: Cache, go: Go, say: Say) -> ServerProgram:
    what = f"Temporal server {versions.SERVER}"
    say(f"the {what} takes about four minutes on two cores")
    path = go_build.build(go, versions.SERVER_MODULE, place=cache.server, cache=cache, what=what, say=say)
    return ServerProgram(path=path, version=versions.SERVER)
