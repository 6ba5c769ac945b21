import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr

from api.auth.keys import KeyUnfit, keyring, keyring_from
from arrears.settings import Settings

DRAWN = bytes(range(32)).hex()


def _written(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "token.key"
    first = keyring_from(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert keyring_from(path).signing.secret == first.signing.secret
    assert len(first.signing.secret) == 32
    assert [file.name for file in path.parent.iterdir()] == ["token.key"]


def test_all_who_start_at_once_get_the_same_key(tmp_path: Path) -> None:
    path = tmp_path / "token.key"
    with ThreadPoolExecutor(8) as many:
        secrets = {ring.signing.secret for ring in many.map(keyring_from, [path] * 8)}
    assert len(secrets) == 1


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o666, 0o620])
def test_a_key_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(KeyUnfit, match="chmod 600"):
        keyring_from(_written(tmp_path / "token.key", DRAWN, mode))


@pytest.mark.parametrize(
    "text",
    ["", "\n", "secret", DRAWN[:-2], DRAWN + "00", "00" * 32, "ab" * 32, f"{DRAWN}\n{DRAWN}", "zz" * 32],
)
def test_a_key_that_was_not_drawn_is_refused_and_not_shown(tmp_path: Path, text: str) -> None:
    with pytest.raises(KeyUnfit) as unfit:
        keyring_from(_written(tmp_path / "token.key", text))
    assert not text.strip() or text.strip() not in str(unfit.value)


def test_more_lines_are_older_keys(tmp_path: Path) -> None:
    older = bytes(range(100, 132)).hex()
    ring = keyring_from(_written(tmp_path / "token.key", f"{DRAWN}\n{older}\n"))
    assert ring.signing.secret.hex() == DRAWN
    [kid] = [key.kid for key in (keyring_from(_written(tmp_path / "other.key", older)).signing,)]
    found = ring.find(kid)
    assert found is not None
    assert found.secret.hex() == older


def test_the_settings_choose_the_key(tmp_path: Path) -> None:
    typed = Settings(data_dir=tmp_path, token_key=SecretStr(DRAWN))
    assert keyring(typed).signing.secret.hex() == DRAWN
    assert not (tmp_path / "token.key").exists()
    keyring(Settings(data_dir=tmp_path))
    assert (tmp_path / "token.key").exists()
    keyring(Settings(data_dir=tmp_path, token_key_file=tmp_path / "elsewhere.key"))
    assert (tmp_path / "elsewhere.key").exists()


def test_a_key_does_not_show_its_secret(tmp_path: Path) -> None:
    key = keyring_from(tmp_path / "token.key").signing
    assert key.secret.hex() not in f"{key!r} {key}"
