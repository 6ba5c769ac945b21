"""How the Temporal server is run on one machine, in each of its two forms."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from arrears.engine.folder import EngineFolder
from arrears.engine.processes import Launch
from arrears.engine.programs import CliProgram, Form, ServerProgram

GRPC: Final = "FRONTEND_GRPC_PORT"
HTTP: Final = "FRONTEND_HTTP_PORT"
_SERVER_PORTS: Final = (
    GRPC,
    HTTP,
    "FRONTEND_MEMBERSHIP_PORT",
    "HISTORY_GRPC_PORT",
    "HISTORY_MEMBERSHIP_PORT",
    "MATCHING_GRPC_PORT",
    "MATCHING_MEMBERSHIP_PORT",
    "WORKER_GRPC_PORT",
    "WORKER_MEMBERSHIP_PORT",
)
_KEPT_FROM_OUR_ENVIRONMENT: Final = ("PATH", "HOME", "TMPDIR", "TZ", "LANG", "SystemRoot")

_ALWAYS: Final[Mapping[str, object]] = {
    # A new search attribute is good at once instead of within a minute; the reads this costs need room.
    "system.forceSearchAttributesCacheRefreshOnRead": True,
    "frontend.persistenceMaxQPS": 10_000,
    "history.persistenceMaxQPS": 45_000,
}
_TIME_SKIPPING: Final[Mapping[str, object]] = {
    "frontend.WorkflowTimeSkippingEnabled": True,
    # Without it each skipped timer costs a second.
    "history.timerProcessorMaxTimeShift": "10ms",
}


def port_names(form: Form) -> tuple[str, ...]:
    return _SERVER_PORTS if form is Form.SERVER else (GRPC, HTTP)


def server_launch(
    program: ServerProgram,
    folder: EngineFolder,
    *,
    ports: Mapping[str, int],
    time_skipping: bool,
    keeps: Mapping[str, str] | None = None,
) -> Launch:
    """Configured by environment alone. `keeps` says where histories lie; else in two SQLite files, whose schema makes itself."""
    _write_dynamic_config(folder.dynamic_config, time_skipping=time_skipping)
    env = {
        **bare_environment(),
        **(keeps or _in_sqlite(folder)),
        "BIND_ON_IP": "127.0.0.1",
        "TEMPORAL_BROADCAST_ADDRESS": "127.0.0.1",
        "LOG_LEVEL": "error",
        "DYNAMIC_CONFIG_FILE_PATH": str(folder.dynamic_config),
        **{name: str(ports[name]) for name in _SERVER_PORTS},
    }
    return Launch(
        command=[str(program.path), "--allow-no-auth", "start"],
        env=env,
        folder=folder.root,
        log=folder.server_log,
        record=folder.server_record,
    )


def _in_sqlite(folder: EngineFolder) -> dict[str, str]:
    return {
        "DB": "sqlite",
        "DBNAME": str(folder.histories),
        "VISIBILITY_DBNAME": str(folder.visibility),
        "NUM_HISTORY_SHARDS": "1",
    }


def cli_launch(
    program: CliProgram,
    folder: EngineFolder,
    *,
    ports: Mapping[str, int],
    time_skipping: bool,
    ui_port: int | None,
    codec_endpoint: str | None,
) -> Launch:
    """The development server in the command line; it shows the UI itself when given a port for it."""
    command = [str(program.path), "server", "start-dev", "--ip", "127.0.0.1", "--log-level", "error"]
    command += ["--port", str(ports[GRPC]), "--http-port", str(ports[HTTP])]
    command += ["--db-filename", str(folder.cli_database)]
    command += ["--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=2"]
    command += ["--headless"] if ui_port is None else ["--ui-ip", "127.0.0.1", "--ui-port", str(ui_port)]
    if ui_port is not None and codec_endpoint is not None:
        command += ["--ui-codec-endpoint", codec_endpoint]
    for key, value in _dynamic_values(time_skipping=time_skipping).items():
        command += ["--dynamic-config-value", f"{key}={json.dumps(value)}"]
    return Launch(
        command=command,
        env=bare_environment(),
        folder=folder.root,
        log=folder.server_log,
        record=folder.server_record,
    )


def bare_environment() -> dict[str, str]:
    """What a program needs from ours: the server reads a hundred variables, and a stray one would bend it."""
    return {name: os.environ[name] for name in _KEPT_FROM_OUR_ENVIRONMENT if name in os.environ}


def _dynamic_values(*, time_skipping: bool) -> dict[str, object]:
    return {**_ALWAYS, **(_TIME_SKIPPING if time_skipping else {})}


def _write_dynamic_config(place: Path, *, time_skipping: bool) -> None:
    # JSON is YAML, and needs no package of ours to be written.
    values = {key: [{"value": value}] for key, value in _dynamic_values(time_skipping=time_skipping).items()}
    place.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
