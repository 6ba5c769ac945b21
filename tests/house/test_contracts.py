"""Each import contract and each lint ban holds, and breaks on a violation planted for it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("arrears", "workflows", "activities", "api", "web")
BIN = Path(sys.executable).parent


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / "lint-imports", "--no-logo", "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def test_imports_keep_the_contracts() -> None:
    done = _lint_imports(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=_not_python)
    return folder


def _not_python(at: str, names: list[str]) -> set[str]:
    return {name for name in names if not name.endswith(".py") and not (Path(at) / name).is_dir()}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("arrears/policy", "import arrears.contracts", "Imports run one way"),
        ("arrears/store", "import activities", "Imports run one way"),
        ("arrears/feeds", "import arrears.channels", "Imports run one way"),
        ("activities", "import workflows", "Imports run one way"),
        ("workflows", "import api", "Imports run one way"),
        ("api", "import web", "Imports run one way"),
        ("web", "import arrears.cli", "Imports run one way"),
        ("arrears/policy", "import sqlmodel", "Policy, contracts and names are plain Python"),
        ("workflows", "import arrears.settings", "Workflows do no IO of their own"),
        ("workflows", "import sqlalchemy", "Workflows do no IO of their own"),
        ("api", "import arrears.store.writes", "Doors do not write case state"),
        ("web", "import arrears.store.writes", "Doors do not write case state"),
    ],
)
def test_a_planted_import_breaks_its_contract(copy: Path, module: str, line: str, contract: str) -> None:
    planted = copy / module / "planted.py"
    planted.write_text(f"{line}\n")
    try:
        done = _lint_imports(copy)
    finally:
        planted.unlink()
    assert done.returncode == 1, done.stdout
    assert f"{contract} BROKEN" in done.stdout


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("arrears/policy/planted.py", "from datetime import date\n\ntoday = date.today()"),
        ("workflows/planted.py", "from datetime import UTC, datetime\n\nnow = datetime.now(UTC)"),
        ("activities/planted.py", "from time import time\n\nnow = time()"),
        ("arrears/store/planted.py", "from uuid import uuid4\n\nmade = uuid4()"),
        ("arrears/feeds/planted.py", "import random\n\nmade = random.random()"),
        ("api/desk/planted.py", "from temporalio.client import Client\n\nused = Client"),
        ("web/planted.py", "from jose import jwt\n\nused = jwt"),
    ],
)
def test_a_planted_call_is_banned(path: str, line: str) -> None:
    done = subprocess.run(
        [BIN / "ruff", "check", "--no-cache", "--output-format=concise", "--stdin-filename", path, "-"],
        cwd=ROOT,
        input=f'"""Planted."""\n\n{line}\n',
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "TID251" in done.stdout
