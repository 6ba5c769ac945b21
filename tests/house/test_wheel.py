"""The wheel as a stranger installs it: whole, nothing else, and not led astray by folders of the same name."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.tools import lacking

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {"arrears", "workflows", "activities", "api", "web"}
DECOY = "raise SystemExit('a stranger was imported')\n"


@pytest.fixture(scope="module")
def uv() -> str:
    found = shutil.which("uv") or shutil.which("uv", path=str(ROOT / ".tools" / "uv" / "bin"))
    if found is None:
        lacking("uv")
    return found


@pytest.fixture(scope="module")
def wheel(uv: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the source distribution, so that this one is tried as well."""
    folder = tmp_path_factory.mktemp("dist")
    _run([uv, "build", "--quiet", "--python", sys.executable, "--out-dir", str(folder)], cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(uv: str, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `arrears` command of a fresh environment that has the wheel and what the lock names."""
    folder = tmp_path_factory.mktemp("fresh")
    listed = folder / "locked.txt"
    export = ["export", "--quiet", "--frozen", "--no-dev", "--no-emit-project", "--no-hashes"]
    _run([uv, *export, "--output-file", str(listed)], cwd=ROOT)
    _run([uv, "venv", "--quiet", "--python", sys.executable, str(folder / "venv")], cwd=folder)
    python = folder / "venv" / "bin" / "python"
    _run(
        [uv, "pip", "install", "--quiet", "--python", str(python), "-r", str(listed), str(wheel)], cwd=folder
    )
    return folder / "venv" / "bin" / "arrears"


@pytest.fixture
def decoys(tmp_path: Path) -> Path:
    for name in PACKAGES:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(DECOY)
    return tmp_path


def _run(command: list[str], *, cwd: Path) -> str:
    environment = {
        name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")
    }
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_holds_the_five_packages_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == PACKAGES


def test_every_file_of_the_packages_is_in_the_wheel(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    listed = _run(["git", "ls-files", "-z", *sorted(PACKAGES)], cwd=ROOT).split("\0")
    assert {name for name in listed if name and (ROOT / name).exists()} - packed == set()


def test_every_catalogue_is_in_the_wheel_compiled(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    sources = {path.relative_to(ROOT) for path in (ROOT / "web" / "locales").rglob("*.po")}
    assert {source.with_suffix(".mo").as_posix() for source in sources} - packed == set()


def test_the_command_finds_its_own_packages_among_strangers_of_the_same_name(
    installed: Path, decoys: Path
) -> None:
    assert "Usage" in _run([str(installed), "--help"], cwd=decoys)


def test_the_installed_command_makes_a_database(installed: Path, decoys: Path) -> None:
    said = _run([str(installed), "db", "upgrade"], cwd=decoys)
    assert "The database is at revision" in said
    assert (decoys / ".arrears" / "arrears.db").exists()
