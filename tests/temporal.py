"""Temporal as production has it, its histories in PostgreSQL, started without containers."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Final

from arrears.engine import go_build, versions
from arrears.engine.answers import server_answers, wait_until
from arrears.engine.cache import Cache, cache_folder
from arrears.engine.errors import BuildFailed, TemporalNotFound
from arrears.engine.folder import EngineFolder, last_lines
from arrears.engine.ports import choose
from arrears.engine.processes import Child
from arrears.engine.programs import Form, ServerProgram
from arrears.engine.resolve import resolve
from arrears.engine.server import GRPC, HTTP, bare_environment, port_names, server_launch
from tests.postgres import Cluster
from tests.tools import lacking

_PATIENCE_SECONDS: Final = 90.0
_SCHEMAS: Final = {"DBNAME": "temporal", "VISIBILITY_DBNAME": "visibility"}
_number = count(1)


class Temporal:
    """One server. Killed and started again it has the same address, and all that was acknowledged."""

    def __init__(
        self,
        program: ServerProgram,
        cluster: Cluster,
        databases: dict[str, str],
        folder: Path,
        *,
        time_skipping: bool,
    ) -> None:
        self._folder = EngineFolder.below(folder)
        self._folder.root.mkdir(parents=True, exist_ok=True)
        self.databases = tuple(databases.values())
        self._ports = choose(port_names(Form.SERVER), kept={})
        self._launch = server_launch(
            program,
            self._folder,
            ports=self._ports,
            time_skipping=time_skipping,
            keeps=_in_postgres(cluster) | databases,
        )
        self._child: Child | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._ports[GRPC]}"

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    def start(self) -> None:
        """Returns when it answers; raises RuntimeError with the end of its log when it does not."""
        self._child = Child(self._launch)
        if not wait_until(
            lambda: server_answers(self._ports[HTTP]), alive=self._child.is_alive, patience=_PATIENCE_SECONDS
        ):
            self._child.kill()
            raise RuntimeError("\n".join(last_lines(self._folder.server_log, 20)))

    def kill(self) -> None:
        """As `kill -9` would."""
        if self._child is not None:
            self._child.kill()

    def stop(self) -> None:
        if self._child is not None:
            self._child.stop()


@contextmanager
def temporal_on(cluster: Cluster, folder: Path, *, time_skipping: bool = True) -> Iterator[Temporal]:
    """In databases of its own on `cluster`, which must have a port; skips where server or schema tool cannot be had."""
    program, tool = _server(), _schema_tool()
    number = next(_number)  # one after another may live on this cluster
    databases = {setting: f"{schema}_{number}" for setting, schema in _SCHEMAS.items()}
    for setting, schema in _SCHEMAS.items():
        cluster.create(databases[setting])
        _apply(tool, cluster, databases[setting], schema)
    made = Temporal(program, cluster, databases, folder, time_skipping=time_skipping)
    made.start()
    try:
        yield made
    finally:
        made.stop()


def _in_postgres(cluster: Cluster) -> dict[str, str]:
    return {
        "DB": "postgres12",
        "POSTGRES_SEEDS": "127.0.0.1",
        "DB_PORT": str(cluster.port),
        "POSTGRES_USER": "postgres",
        "POSTGRES_PWD": cluster.password,
        "NUM_HISTORY_SHARDS": "4",
    }


def _apply(tool: Path, cluster: Cluster, database: str, schema: str) -> None:
    where = ["--plugin", "postgres12", "--endpoint", "127.0.0.1", "--port", str(cluster.port)]
    where += ["--user", "postgres", "--database", database]
    for step in (
        ["setup-schema", "-v", "0.0"],
        ["update-schema", "--schema-name", f"postgresql/v12/{schema}"],
    ):
        done = subprocess.run(
            [tool, *where, *step],
            env=bare_environment() | {"SQL_PASSWORD": cluster.password},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{database}: {(done.stderr or done.stdout).strip()[-500:]}")


def _server() -> ServerProgram:
    try:
        program = resolve(form=Form.SERVER)
    except TemporalNotFound as reason:
        lacking(str(reason), marker="server")
    assert isinstance(program, ServerProgram)
    return program


def _schema_tool() -> Path:
    """Built once per machine, and kept where the server is kept."""
    cache = Cache(cache_folder())
    place = cache.folder / f"temporal-sql-tool-{versions.SERVER}" / "temporal-sql-tool"
    go = go_build.go_on_path()
    with cache.fetching(print):
        if place.exists():
            return place
        if isinstance(go, str):
            lacking(f"Temporal's schema tool for PostgreSQL: {go}", marker="server")
        try:
            return go_build.build(
                go,
                versions.SCHEMA_TOOL_MODULE,
                place=place,
                cache=cache,
                what="Temporal schema tool",
                say=print,
            )
        except BuildFailed as failure:
            lacking(str(failure), marker="server")
