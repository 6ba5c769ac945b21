"""Which versions are pinned, and which are the oldest that will do."""

import re
from typing import Final

SERVER: Final = "1.32.0"
UI: Final = "2.54.1"
SERVER_MODULE: Final = f"go.temporal.io/server/cmd/server@v{SERVER}"
SCHEMA_TOOL_MODULE: Final = f"go.temporal.io/server/cmd/tools/sql@v{SERVER}"
UI_MODULE: Final = f"github.com/temporalio/ui-server/v2/cmd/server@v{UI}"

OLDEST_SERVER: Final = "1.32.0"  # the first that skips time per workflow
OLDEST_GO: Final = "1.26.8"


def is_at_least(version: str, oldest: str) -> bool:
    return numbers(version) >= numbers(oldest)


def numbers(version: str) -> tuple[int, ...]:
    """Empty for a text without a version, which is then older than anything."""
    found = re.search(r"\d+(?:\.\d+)*", version)
    return tuple(int(part) for part in found.group().split(".")) if found else ()
