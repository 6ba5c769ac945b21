"""How the Temporal UI is run beside the server."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from arrears.engine.folder import EngineFolder
from arrears.engine.processes import Launch
from arrears.engine.server import bare_environment

PORT: Final = "UI_PORT"
_CONFIG_FOLDER: Final = "ui-config"


@dataclass(frozen=True)
class UiOptions:
    namespace: str = "arrears"
    port: int | None = None
    codec_endpoint: str | None = None
    """Where the browser has payloads decoded; it sends its cookies along, so log-in decides who may read."""


def url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def ui_launch(program: Path, folder: EngineFolder, *, port: int, address: str, options: UiOptions) -> Launch:
    config = folder.root / _CONFIG_FOLDER
    config.mkdir(exist_ok=True)
    wanted = {
        "temporalGrpcAddress": address,
        "host": "127.0.0.1",
        "port": port,
        "enableUi": True,
        "defaultNamespace": options.namespace,
        # The pages must work on a machine without a network, and loopback has no certificate.
        "disableNewsFetch": True,
        "cors": {"allowOrigins": [url(port)], "cookieInsecure": True},
        "codec": {
            "endpoint": options.codec_endpoint or "",
            "includeCredentials": options.codec_endpoint is not None,
        },
    }
    # JSON is YAML, and needs no package of ours to be written.
    (config / "development.yaml").write_text(json.dumps(wanted, indent=1) + "\n", encoding="utf-8")
    command = [
        str(program),
        "--root",
        str(folder.root),
        "--config",
        _CONFIG_FOLDER,
        "--env",
        "development",
        "start",
    ]
    return Launch(
        command=command,
        env=bare_environment(),
        folder=folder.root,
        log=folder.ui_log,
        record=folder.ui_record,
    )
