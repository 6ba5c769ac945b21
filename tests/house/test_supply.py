"""What we are made of: nothing below the floors of security, everything locked by hash, all of it in the bill of a release."""

import json
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, Final

import pysqlite3
import pytest
from jose import backends
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.tools import lacking

ROOT: Final = Path(__file__).resolve().parents[2]


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / name).read_text("utf-8"))


SAFE: Final = _toml("security-floors.toml")
LOCK: Final[list[dict[str, Any]]] = _toml("uv.lock")["package"]
LOCKED: Final = {one["name"]: one["version"] for one in LOCK}
INSTALLED: Final = {canonicalize_name(one.name): one.version for one in distributions()}
OURS: Final = [Requirement(one) for one in _toml("pyproject.toml")["project"]["dependencies"]]


def _below(have: Mapping[str, str]) -> list[str]:
    """Those of `have` that are older than their floor."""
    floors = {name: Version(floor["version"]) for name, floor in SAFE["floors"].items()}
    return [f"{name} {have[name]}" for name in floors if name in have and Version(have[name]) < floors[name]]


def test_a_version_below_its_floor_is_named() -> None:
    assert _below({"starlette": "1.3.0", "jinja2": "3.1.10", "unheard": "0.1"}) == ["starlette 1.3.0"]


@pytest.mark.parametrize("have", [LOCKED, INSTALLED], ids=["locked", "installed"])
def test_nothing_is_below_its_floor(have: Mapping[str, str]) -> None:
    assert {"starlette", "python-jose", "h11"} <= set(have)
    assert _below(have) == []


def test_what_we_ask_for_ourselves_may_not_be_below_its_floor_either() -> None:
    """Somebody may install the wheel without the lock."""
    bounds = {
        str(canonicalize_name(one.name)): bound.version
        for one in OURS
        for bound in one.specifier
        if bound.operator == ">="
    }
    assert set(bounds) == {canonicalize_name(one.name) for one in OURS}
    assert _below(bounds) == []


def test_the_sqlite_inside_is_not_below_its_floor() -> None:
    assert Version(pysqlite3.sqlite_version) >= Version(SAFE["libraries"]["sqlite"]["version"])


def test_what_is_borne_does_not_reach_us() -> None:
    assert set(SAFE["borne"]) == {"ecdsa"}
    for key in (backends.ECKey, backends.RSAKey, backends.HMACKey):
        assert key.__module__ == "jose.backends.cryptography_backend"


def test_every_package_is_locked_by_its_hash() -> None:
    files = {
        one["name"]: [*one.get("wheels", []), *filter(None, [one.get("sdist")])]
        for one in LOCK
        if "registry" in one["source"]
    }
    assert len(files) == len(LOCK) - 1, "only we ourselves come from elsewhere"
    assert [name for name, kept in files.items() if not kept] == []
    assert [
        one["url"] for kept in files.values() for one in kept if not one["hash"].startswith("sha256:")
    ] == []


@pytest.fixture(scope="module")
def bill(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    file = tmp_path_factory.mktemp("bill") / "arrears.cdx.json"
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "write_sbom.py", file],
        capture_output=True,
        text=True,
        check=False,
    )
    if "uv is not here" in done.stderr:
        lacking("uv")
    assert done.returncode == 0, done.stderr
    told = json.loads(file.read_text("utf-8"))
    assert (told["bomFormat"], told["metadata"]["component"]["name"]) == ("CycloneDX", "arrears")
    components: list[dict[str, Any]] = told["components"]
    return components


def _runtime() -> dict[str, str]:
    """What the lock says we need, on any system, walked from our own entry."""
    by_name = {one["name"]: one for one in LOCK}
    found: set[str] = set()
    waiting = [(need["name"], tuple(need.get("extra", ()))) for need in by_name["arrears"]["dependencies"]]
    seen = set(waiting)
    while waiting:
        name, extras = waiting.pop()
        found.add(name)
        one = by_name[name]
        needs = [
            *one.get("dependencies", []),
            *(n for x in extras for n in one["optional-dependencies"].get(x, [])),
        ]
        further = {(need["name"], tuple(need.get("extra", ()))) for need in needs} - seen
        seen |= further
        waiting += sorted(further)
    return {name: by_name[name]["version"] for name in found}


def test_the_bill_of_a_release_names_every_locked_package_that_runs(bill: list[dict[str, Any]]) -> None:
    packages = {one["name"]: one["version"] for one in bill if one["purl"].startswith("pkg:pypi/")}
    needed = _runtime()
    assert {"temporalio", "argon2-cffi", "psycopg-binary", "cryptography"} <= set(needed)
    assert packages == needed
    assert not {"pytest", "ruff"} & set(packages)


def test_each_of_them_comes_with_its_hash_and_what_pages_carry_is_named_too(
    bill: list[dict[str, Any]],
) -> None:
    for one in bill:
        files = one.get("externalReferences") or one["components"]
        assert all(file["hashes"] for file in files), one["name"]
    assert {one["name"] for one in bill if one["purl"].startswith("pkg:npm/")} == {
        "htmx.org",
        "lucide-static",
    }
