"""Our static files: named by their content, so that a browser may keep them for ever."""

import hashlib
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER: Final = Path(__file__).parent / "static"
PREFIX: Final = "/static"

_KEEP: Final = "public, max-age=31536000, immutable"


class Assets(StaticFiles):
    """Serves the folder; an address with the right `v` is never asked for again."""

    def __init__(self, folder: Path = FOLDER) -> None:
        super().__init__(directory=folder)
        self.version = _fingerprint(folder)

    def url(self, path: str) -> str:
        return f"{PREFIX}/{path}?v={self.version}"

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("v")
        response.headers["Cache-Control"] = _KEEP if asked == [self.version] else "no-cache"
        return response


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(file.relative_to(folder).as_posix().encode() + b"\0")
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
