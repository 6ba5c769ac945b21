"""Builds .venv from uv.lock with any Python 3.11 or newer and nothing else; does nothing when nothing changed."""

from __future__ import annotations  # an older Python shall read as far as the sentence for it

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "arrears-setup"
OWN_UV = ROOT / ".tools" / "uv"
UV_FLOOR = (0, 11)
LOCALES, DOMAIN = "web/locales", "messages"


def main() -> int:
    if sys.version_info < (3, 11):  # noqa: UP036  # it is this file that finds out
        return _give_up(
            f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}: make setup PYTHON=…"
        )
    wanted = _fingerprint()
    if not (_is_installed() and STAMP.exists() and STAMP.read_text() == wanted):
        uv = find_uv()
        if uv is None:
            return _give_up("uv is not here and could not be installed: install it by hand, then again")
        if not _sync(uv):
            return _give_up("uv could not install the locked packages (its own words are above)")
        STAMP.write_text(wanted)
    _compile_catalogues()
    return 0


def _is_installed() -> bool:
    return (VENV / "bin" / "python").exists() and (VENV / "bin" / "arrears").exists()


def _fingerprint() -> str:
    """Changes with the lock, the project file and this Python."""
    said = hashlib.sha256(sys.version.encode())
    for name in ("uv.lock", "pyproject.toml"):
        said.update((ROOT / name).read_bytes())
    return said.hexdigest()


def _sync(uv: str) -> bool:
    print("Installing what uv.lock names into .venv …", flush=True)
    quiet = [] if sys.stdout.isatty() else ["--no-progress"]
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "UV_PROJECT_ENVIRONMENT": str(VENV)}
    environment.pop("VIRTUAL_ENV", None)
    command = [uv, "sync", "--locked", "--python", sys.executable, *quiet]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0


def find_uv() -> str | None:
    """The machine's uv when it is new enough, else one of our own beside the project."""
    for found in (shutil.which("uv"), str(OWN_UV / "bin" / "uv")):
        if found and _version(found) >= UV_FLOOR:
            return found
    print("Installing uv into .tools …", flush=True)
    built = subprocess.run([sys.executable, "-m", "venv", "--clear", str(OWN_UV)], check=False)
    if built.returncode != 0 and not _install_venv_module():
        return None
    install = [str(OWN_UV / "bin" / "python"), "-m", "pip", "install", "--quiet", "uv>=0.11"]
    installed = subprocess.run(install, check=False)
    return str(OWN_UV / "bin" / "uv") if installed.returncode == 0 else None


def _version(uv: str) -> tuple[int, ...]:
    try:
        said = subprocess.run([uv, "--version"], capture_output=True, text=True, check=True).stdout
        return tuple(int(part) for part in said.split()[1].split(".")[:2])
    except (OSError, subprocess.CalledProcessError, IndexError, ValueError):
        return (0,)


def _install_venv_module() -> bool:
    """Debian keeps `venv` in a package of its own."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        print("This Python has no venv module (Debian: apt-get install python3-venv).", file=sys.stderr)
        return False
    print("Installing Debian's python3-venv …", flush=True)
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", package]):
        if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode != 0:
            return False
    return subprocess.run([sys.executable, "-m", "venv", "--clear", str(OWN_UV)], check=False).returncode == 0


def _compile_catalogues() -> None:
    sources = (ROOT / LOCALES).rglob(f"{DOMAIN}.po")
    compiled = [(source, source.with_suffix(".mo")) for source in sources]
    if all(mo.exists() and mo.stat().st_mtime >= po.stat().st_mtime for po, mo in compiled):
        return
    pybabel = [
        str(VENV / "bin" / "pybabel"),
        "--quiet",
        "compile",
        "--directory",
        LOCALES,
        "--domain",
        DOMAIN,
    ]
    subprocess.run(pybabel, cwd=ROOT, check=True)


def _give_up(why: str) -> int:
    print(f"setup: {why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
