"""What is served is ours or vendored at its hash; nothing is loaded from outside, nothing is inline."""

import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

from scripts import vendor_web

HOUSE = Path(__file__).parents[2]
STATIC = HOUSE / "web" / "static"
TEMPLATES = sorted((HOUSE / "web" / "templates").glob("*.html"))


def test_a_theme_sets_colours_and_nothing_else() -> None:
    """So that what axe says of one theme it says of both, but for the contrast."""
    sheet = (STATIC / "app.css").read_text(encoding="utf-8")
    worn = re.findall(r"\[data-theme[^{]*\{([^}]*)\}", sheet)
    assert worn
    names = {line.partition(":")[0].strip() for block in worn for line in block.split(";") if line.strip()}
    assert {name for name in names if not name.startswith("--")} == {"color-scheme"}
    of_size = {"--font", "--mono", "--bar", "--dock", "--control"}
    assert names.isdisjoint(of_size)


@pytest.mark.parametrize("folder", [STATIC / "vendor", HOUSE / "tests" / "vendor"])
def test_vendored_files_are_what_the_manifest_says(folder: Path) -> None:
    manifest = json.loads((folder / "MANIFEST.json").read_text(encoding="utf-8"))
    assert {one["file"] for one in manifest} == {path.name for path in folder.iterdir()} - {"MANIFEST.json"}
    for one in manifest:
        assert hashlib.sha256((folder / one["file"]).read_bytes()).hexdigest() == one["sha256"]
        assert one["version"] in ("4.0.1", "1.62.0", "4.14.1")


def test_nothing_is_loaded_from_outside() -> None:
    ours = [*TEMPLATES, *STATIC.glob("*.css"), *STATIC.glob("*.js"), *STATIC.glob("*.svg")]
    assert len(ours) > 10
    for file in ours:
        text = file.read_text(encoding="utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert not re.search(r"""https?:|["'(]//""", text), file.name


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_holds_script_or_style(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=|hx-on|javascript:|js:", text)
    assert not re.search(r'hx-trigger="[^"]*\[', text), "a filter in a trigger needs eval"
    assert "| safe" not in text
    assert not re.search(r"\|\s*safe", text)


def test_every_icon_a_page_names_is_in_the_sprite() -> None:
    sources = [*TEMPLATES, *(HOUSE / "web").glob("*.py"), *(HOUSE / "web" / "pages").glob("*.py")]
    sprite = next((STATIC / "vendor").glob("lucide-*.svg")).read_text(encoding="utf-8")
    drawn = set(re.findall(r'<symbol id="([a-z0-9-]+)"', sprite))
    assert drawn == set(vendor_web.ICONS)
    named = {
        name
        for file in sources
        for name in re.findall(r'icon\("([a-z0-9-]+)"', file.read_text(encoding="utf-8"))
    }
    assert len(named) > 10
    assert named <= drawn


def test_reads_never_count_rows_to_skip() -> None:
    for file in [*(HOUSE / "arrears" / "store").glob("*.py"), *(HOUSE / "web").rglob("*.py")]:
        assert not re.search(r"\boffset\b", file.read_text(encoding="utf-8"), re.IGNORECASE), file.name


def test_script_and_style_stay_light() -> None:
    """Bytes that travel, gzipped: a collector's page opens on a slow line too."""
    script = sum(len(gzip.compress(file.read_bytes())) for file in STATIC.rglob("*.js"))
    style = len(gzip.compress((STATIC / "app.css").read_bytes()))
    assert script < 25_000
    assert style < 8_000
