"""Writes what a release is made of, as CycloneDX: `python scripts/write_sbom.py [FILE]`, `dist/arrears.cdx.json` when not said.

Packages come from the lock, by uv; the few files of others that our pages carry are added from their manifest.
"""

import json
import subprocess
import sys
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from setup import ROOT, find_uv

MANIFEST: Final = ROOT / "web" / "static" / "vendor" / "MANIFEST.json"
_EXPORT: Final = ("export", "--quiet", "--frozen", "--no-dev", "--format", "cyclonedx1.5")
_PREVIEW: Final = ("--preview-features", "sbom-export")


def main() -> int:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist" / "arrears.cdx.json"
    uv = find_uv()
    if uv is None:
        print("uv is not here: make setup first", file=sys.stderr)
        return 1
    told = subprocess.run([uv, *_EXPORT, *_PREVIEW], cwd=ROOT, check=True, capture_output=True)
    bill: dict[str, Any] = json.loads(told.stdout)
    bill["components"] += _vendored()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(bill, indent=2) + "\n", encoding="utf-8")
    print(f"{target}: {len(bill['components'])} components")
    return 0


def _vendored() -> list[dict[str, Any]]:
    files = sorted(json.loads(MANIFEST.read_text("utf-8")), key=itemgetter("package", "version"))
    return [
        {
            "type": "library",
            "bom-ref": f"npm-{name}@{version}",
            "name": name,
            "version": version,
            "purl": f"pkg:npm/{name}@{version}",
            "licenses": [{"license": {"id": licence}}],
            "components": [_file(one) for one in group],
        }
        for (name, version, licence), group in groupby(files, key=itemgetter("package", "version", "licence"))
    ]


def _file(one: dict[str, str]) -> dict[str, Any]:
    hashes = [{"alg": "SHA-256", "content": one["sha256"]}]
    return {"type": "file", "name": f"web/static/vendor/{one['file']}", "hashes": hashes}


if __name__ == "__main__":
    sys.exit(main())
