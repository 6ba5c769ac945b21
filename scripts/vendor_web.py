"""Fetches the few files of others that our pages and browser tests use, at pinned versions, checked by hash.

The only place that needs npm. Run it after changing a pin: `python scripts/vendor_web.py`.
"""

import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

HOUSE: Final = Path(__file__).resolve().parent.parent
STATIC: Final = HOUSE / "web" / "static"
VENDOR: Final = STATIC / "vendor"
TEST_VENDOR: Final = HOUSE / "tests" / "vendor"


@dataclass(frozen=True)
class Package:
    """`tarball` is the sha256 of what `npm pack` delivers: another one is refused."""

    name: str
    version: str
    licence: str
    tarball: str


HTMX: Final = Package(
    "htmx.org", "4.0.1", "0BSD", "5fba65616ca148a86d377e9771bcada7f35faee3558651feb929eea425e13b3c"
)
LUCIDE: Final = Package(
    "lucide-static", "1.62.0", "ISC", "386f9080c440d6f5049cefe3456ae8357f7a0c7f76e59670cd1cb83bc7050a44"
)
AXE: Final = Package(
    "axe-core", "4.14.1", "MPL-2.0", "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745"
)

# Symbols of the sprite; a page that names another one fails its test.
ICONS: Final = (
    "arrow-right",
    "ban",
    "banknote",
    "calendar-check",
    "calendar-clock",
    "check",
    "chevron-left",
    "circle-alert",
    "circle-check",
    "circle-dot",
    "clock",
    "command",
    "external-link",
    "fast-forward",
    "file-text",
    "folder-open",
    "gavel",
    "history",
    "hourglass",
    "inbox",
    "info",
    "keyboard",
    "languages",
    "lock",
    "log-out",
    "message-square",
    "moon",
    "paperclip",
    "phone",
    "refresh-cw",
    "scale",
    "search",
    "shield-check",
    "siren",
    "sun",
    "triangle-alert",
    "undo-2",
    "user-round-check",
    "users-round",
)


@dataclass(frozen=True)
class Vendored:
    """One line of a MANIFEST: where a file came from and what it must be."""

    file: str
    package: str
    version: str
    source: str
    licence: str
    sha256: str


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        htmx, lucide, axe = (_fetch(package, Path(scratch)) for package in (HTMX, LUCIDE, AXE))
        _write_manifest(
            VENDOR,
            [
                _copy(HTMX, htmx / "dist/htmx.min.js", VENDOR / f"htmx-{HTMX.version}.min.js"),
                _copy(HTMX, htmx / "dist/ext/hx-sse.min.js", VENDOR / f"hx-sse-{HTMX.version}.min.js"),
                _copy(HTMX, htmx / "LICENSE", VENDOR / "htmx-LICENSE"),
                _sprite(LUCIDE, lucide, VENDOR / f"lucide-{LUCIDE.version}.svg"),
                _copy(LUCIDE, lucide / "LICENSE", VENDOR / "lucide-LICENSE"),
            ],
        )
        _write_manifest(
            TEST_VENDOR,
            [
                _copy(AXE, axe / "axe.min.js", TEST_VENDOR / f"axe-{AXE.version}.min.js"),
                _copy(AXE, axe / "LICENSE", TEST_VENDOR / "axe-LICENSE"),
            ],
        )


def _fetch(package: Package, scratch: Path) -> Path:
    """Unpacks the package at its pin and returns its folder."""
    place = scratch / package.name
    place.mkdir()
    # An exact version and never a tag: `latest` moves.
    subprocess.run(
        ["npm", "pack", f"{package.name}@{package.version}", "--silent"],  # noqa: S607
        cwd=place,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    (tarball,) = place.glob("*.tgz")
    found = _sha256(tarball)
    if found != package.tarball:
        raise SystemExit(f"{package.name} {package.version}: expected {package.tarball}, got {found}")
    with tarfile.open(tarball) as packed:
        packed.extractall(place, filter="data")
    return place / "package"


def _copy(package: Package, source: Path, target: Path) -> Vendored:
    target.parent.mkdir(parents=True, exist_ok=True)
    # The file is sent without its map, so the line that names one would only cause a 404.
    text = re.sub(r"\n?//# sourceMappingURL=.*\s*$", "\n", source.read_text(encoding="utf-8"))
    target.write_text(text, encoding="utf-8")
    return _entry(package, target, source.name)


def _sprite(package: Package, folder: Path, target: Path) -> Vendored:
    """One file of symbols: `<use href="…#name">` needs no inline picture and one request."""
    symbols = "\n".join(_symbol(folder / "icons" / f"{name}.svg") for name in ICONS)
    target.write_text(f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n', encoding="utf-8")
    return _entry(package, target, "icons/*.svg")


def _symbol(icon: Path) -> str:
    drawing = re.search(r"<svg[^>]*>(.*)</svg>", icon.read_text(encoding="utf-8"), re.DOTALL)
    if drawing is None:
        raise SystemExit(f"{icon.name} holds no drawing")
    body = re.sub(r"\s*\n\s*", "", drawing.group(1))
    return f'<symbol id="{icon.stem}" viewBox="0 0 24 24">{body}</symbol>'


def _entry(package: Package, target: Path, source: str) -> Vendored:
    return Vendored(target.name, package.name, package.version, source, package.licence, _sha256(target))


def _write_manifest(folder: Path, entries: list[Vendored]) -> None:
    text = json.dumps([asdict(entry) for entry in entries], indent=2)
    (folder / "MANIFEST.json").write_text(text + "\n", encoding="utf-8")


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
