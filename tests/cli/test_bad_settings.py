"""Settings that cannot be meant: each is refused with a sentence before anything starts, and no secret is shown."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from arrears.cli import doctor, main
from arrears.cli.doctor import State
from arrears.settings import Settings
from arrears.store import schema
from arrears.store.session import Store, open_engine

DRAWN = bytes(range(32)).hex()
SECRET = "whsec_" + "MjM0NTY3ODk6Ozw9Pj9AQUJDREVGR0hJSktMTU5PUFE="


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own with a database of this version, and no Temporal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARREARS_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ARREARS_TEMPORAL_ADDRESS", "127.0.0.1:1")
    store = Store(open_engine(f"sqlite:///{tmp_path / 'arrears.db'}"))
    schema.upgrade(store)
    store.close()
    return tmp_path


def _private(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("ARREARS_PORT", "0", "greater than or equal to 1"),
        ("ARREARS_PORT", "65536", "less than or equal to 65535"),
        ("ARREARS_PORT", "8400.5", "valid integer"),
        ("ARREARS_SECURE_COOKIES", "maybe", "valid boolean"),
        ("ARREARS_TIME_SKIPPING", "2", "valid boolean"),
        ("ARREARS_RELAY_IN_FLIGHT", "0", "greater than or equal to 1"),
        ("ARREARS_RELAY_IN_FLIGHT", "-1", "greater than or equal to 1"),
        ("ARREARS_RELAY_RESEND_SECONDS", "nan", "greater than 0"),
        ("ARREARS_BUSY_SECONDS", "inf", "less than or equal to 8"),
        ("ARREARS_TEMPORAL_RETENTION_DAYS", "0", "greater than or equal to 1"),
        ("ARREARS_UNDO_SECONDS", "61", "less than or equal to 60"),
        ("ARREARS_REQUESTS_PER_SECOND", "0", "greater than or equal to 1"),
        ("ARREARS_METRICS_TOKEN", "geheim", "at least 16"),
        ("ARREARS_PROXIES", "0.0.0.0/0", "everybody would be believed"),
        ("ARREARS_PROXIES", "::/0", "everybody would be believed"),
        ("ARREARS_PROXIES", "*", "does not appear to be an IPv4 or IPv6"),
        ("ARREARS_PROXIES", "proxy.example", "does not appear to be an IPv4 or IPv6"),
        ("ARREARS_HOST", "0.0.0.0", "ARREARS_SECURE_COOKIES=true"),
        ("ARREARS_SHIFT_SECONDS", "3600", "ARREARS_TIME_SKIPPING"),
        ("ARREARS_TOKEN_KEY", "geheim", "64 hex digits"),
        ("ARREARS_TOKEN_KEY", "00" * 32, "typed, not drawn"),
        ("ARREARS_TOKEN_KEY", "", "holds no key|64 hex digits"),
        ("ARREARS_WEBHOOK_SECRETS", "corebank:geheim", "whsec_"),
        ("ARREARS_WEBHOOK_SECRETS", "corebank:whsec_Z2VoZWlt", "at least 24 bytes"),
        ("ARREARS_WEBHOOK_SECRETS_FILE", "none-there", "cannot be read"),
        ("ARREARS_TOKEN_KEY_FILE", ".", "cannot be read"),
        ("ARREARS_PACK", "cn-bank-2062", "did you mean cn-bank-2026"),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_stops_the_start_with_a_sentence(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(name, value)
    answer = CliRunner().invoke(main.app, ["serve"])
    assert answer.exit_code == 2, answer.output
    assert any(part in " ".join(answer.output.split()) for part in says.split("|")), answer.output
    assert "Traceback" not in answer.output
    assert "geheim" not in answer.output
    assert "Z2VoZWlt" not in answer.output


@pytest.mark.parametrize("word", ["yes", "no", "on", "off", "true", "False", "1", "0"])
def test_yes_and_no_are_read_as_people_write_them(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setenv("ARREARS_SECURE_COOKIES", word)
    assert Settings(_env_file=None).secure_cookies is (word.lower() in ("yes", "on", "true", "1"))


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("ARREARS_PORT=8400\nARREARS_PORT=8500\n", "stands in .env twice"),
        ("ARREARS_PORT=8400\narrears_port=8400\n", "stands in .env twice"),
        ("ARREARS_PORT\n", "has no value"),
        ("ARREARS_PROT=1\n", "Did you mean ARREARS_PORT?"),
        ("ARREARS_PORT='8400\nARREARS_HOST=x\n", "line 1 cannot be read"),
        ("ARREARS_PORT=many\n", "ARREARS_PORT is wrong"),
    ],
)
def test_a_line_of_the_file_that_cannot_be_meant_is_named(home: Path, lines: str, says: str) -> None:
    (home / ".env").write_text(lines)
    answer = CliRunner().invoke(main.app, ["serve"])
    assert (answer.exit_code, says in " ".join(answer.output.split())) == (2, True), answer.output


def test_lines_of_others_in_the_file_are_theirs(home: Path) -> None:
    (home / ".env").write_text(
        "# twice\nPOSTGRES_PASSWORD=a\nPOSTGRES_PASSWORD=b\nOTHER\n\nexport THIRD='x'\n"
    )
    answer = CliRunner().invoke(main.app, ["case", "show", "L1"])
    assert (answer.exit_code, "There is no case L1" in answer.output) == (1, True)


def test_a_file_that_is_no_text_is_said(home: Path) -> None:
    (home / ".env").write_bytes(b"ARREARS_PORT=\xff\xfe\n")
    answer = CliRunner().invoke(main.app, ["serve"])
    assert (answer.exit_code, ".env cannot be read" in answer.output) == (2, True)


@pytest.mark.parametrize(
    ("setting", "verb"),
    [
        ("ARREARS_TOKEN_KEY_FILE", ["serve"]),
        ("ARREARS_PAYLOAD_KEY_FILE", ["serve"]),
        ("ARREARS_PAYLOAD_KEY_FILE", ["relay"]),
        ("ARREARS_PAYLOAD_KEY_FILE", ["worker"]),
        ("ARREARS_PAYLOAD_KEY_FILE", ["replay", "--open"]),
        ("ARREARS_WEBHOOK_SECRETS_FILE", ["serve"]),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_a_key_others_can_read_stops_every_verb_that_needs_it(
    home: Path, monkeypatch: pytest.MonkeyPatch, setting: str, verb: list[str]
) -> None:
    text = f"corebank:{SECRET}" if "WEBHOOK" in setting else DRAWN
    monkeypatch.setenv(setting, str(_private(home / "some.key", text, 0o644)))
    answer = CliRunner().invoke(main.app, verb)
    assert (answer.exit_code, "chmod 600" in answer.output) == (2, True), answer.output
    assert DRAWN not in answer.output


def test_doctor_tells_of_keys_and_of_the_calendar_and_shows_no_secret(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARREARS_WEBHOOK_SECRETS", f"corebank:{SECRET}")
    before = sorted(home.iterdir())
    keys = _about("keys")
    assert (keys.state, keys.says) == (State.GOOD, "fit; signed events from corebank")
    assert sorted(home.iterdir()) == before, "none was made"
    _private(home / "token.key", "11" * 32)
    assert (_about("keys").state, "typed, not drawn" in _about("keys").says) == (State.BAD, True)
    assert "11" * 32 not in str(doctor.report(Settings()))
    assert _about("policy pack").says.startswith("cn-bank-2026.1")
    monkeypatch.setenv("ARREARS_PACK", "nowhere.toml")
    assert _about("policy pack").state is State.BAD


def test_a_year_whose_bank_days_are_not_known_is_told_sixty_days_before(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for now, state in (((2026, 10, 31), State.GOOD), ((2026, 11, 2), State.NOTE)):
        at = datetime(*now, 12, tzinfo=UTC)
        monkeypatch.setattr("arrears.clock.machine_now", lambda at=at: at)
        assert _about("policy pack").state is state
    assert "2027" in _about("policy pack").says


def test_only_loopback_is_served_in_the_clear() -> None:
    for host in ("127.0.0.1", "::1", "localhost"):
        assert Settings(_env_file=None, host=host).host == host
    assert Settings(_env_file=None, host="10.0.0.5", secure_cookies=True).host == "10.0.0.5"
    with pytest.raises(ValidationError):
        Settings(_env_file=None, host="10.0.0.5")


def _about(subject: str) -> doctor.Finding:
    [found] = [one for one in doctor.report(Settings()) if one.subject == subject]
    return found
