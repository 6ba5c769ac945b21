"""Who may send signed events: their secrets, and what a signature must be. The standard's own library stands for the bank."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook
from starlette.datastructures import Headers

from api.auth.keys import KeyUnfit
from api.auth.senders import Senders, WebhookRefused, senders, senders_from
from arrears.settings import Settings

OLD, NEW = bytes(range(50, 82)), bytes(range(90, 122))
NOW = datetime(2026, 11, 2, 9, 0, 0, 250_000, tzinfo=UTC)
BANK = Senders({"corebank": (OLD, NEW)}, now=lambda: NOW)
BODY = json.dumps({"type": "payment.posted", "data": {"note": "张"}}, ensure_ascii=False)


def secret(raw: bytes) -> str:
    return "whsec_" + base64.b64encode(raw).decode()


def signed(body: str = BODY, *, by: bytes = OLD, at: datetime = NOW, webhook_id: str = "msg_1") -> Headers:
    """As the standard's own library does it."""
    return Headers(
        {
            "webhook-id": webhook_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret(by)).sign(webhook_id, at, body),
        }
    )


def changed(headers: Headers, **values: str) -> Headers:
    return Headers(dict(headers) | {name.replace("_", "-"): value for name, value in values.items()})


@pytest.mark.parametrize("by", [OLD, NEW], ids=["the secret in use", "the one it is changed for"])
def test_what_the_standards_library_signs_is_let_in(by: bytes) -> None:
    assert BANK.verify("corebank", signed(by=by), BODY.encode()) == "msg_1"


def test_what_we_let_in_the_standards_library_lets_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its clock is the machine's, so the event is of this minute."""
    at = datetime.now(UTC)
    headers = signed(at=at)
    assert Senders(BANK.secrets).verify("corebank", headers, BODY.encode()) == "msg_1"
    assert Webhook(secret(OLD)).verify(BODY, dict(headers)) == json.loads(BODY)


def test_of_two_signatures_one_good_one_is_enough() -> None:
    """A sender that changes its secret signs with both."""
    other = signed(by=bytes(range(200, 232)))["webhook-signature"]
    for pair in (f"{other} {signed()['webhook-signature']}", f"v1a,x {signed()['webhook-signature']}"):
        headers = changed(signed(), webhook_signature=pair)
        assert BANK.verify("corebank", headers, BODY.encode()) == "msg_1"


REFUSED = {
    "no id": changed(signed(), webhook_id=""),
    "no signature": changed(signed(), webhook_signature=""),
    "no time": changed(signed(), webhook_timestamp=""),
    "nothing at all": Headers({}),
    "another secret": signed(by=bytes(range(32))),
    "another id": changed(signed(), webhook_id="msg_2"),
    "another time": changed(signed(), webhook_timestamp=str(int(NOW.timestamp()) + 1)),
    "an id with a dot": signed(webhook_id="msg.1"),
    "an id of 129 signs": signed(webhook_id="m" * 129),
    "an id with a blank": signed(webhook_id="msg 1"),
    "a time with a point": changed(signed(), webhook_timestamp=f"{int(NOW.timestamp())}.0"),
    "a time with an exponent": changed(signed(), webhook_timestamp="1.7e9"),
    "a time that is none": changed(signed(), webhook_timestamp="nan"),
    "a time in other digits": changed(signed(), webhook_timestamp="176²"),
    "a negative time": changed(signed(), webhook_timestamp="-1"),
    "too old": signed(at=NOW - timedelta(seconds=302)),
    "from the future": signed(at=NOW + timedelta(seconds=302)),
    "an unknown version": changed(
        signed(), webhook_signature=signed()["webhook-signature"].replace("v1,", "v2,")
    ),
    "no version": changed(signed(), webhook_signature=signed()["webhook-signature"].removeprefix("v1,")),
    "no base64": changed(signed(), webhook_signature="v1,!!!"),
    "other letters": changed(signed(), webhook_signature="v1,é"),
    "a part of it": changed(signed(), webhook_signature=signed()["webhook-signature"][:-8]),
    "as hex": changed(
        signed(),
        webhook_signature="v1," + base64.b64decode(signed()["webhook-signature"][3:]).hex(),
    ),
    "nine signatures": changed(
        signed(), webhook_signature=" ".join(["v1,AAAA"] * 8 + [signed()["webhook-signature"]])
    ),
    "two ids": Headers(raw=[*signed().raw, (b"webhook-id", b"msg_1")]),
    "two times": Headers(raw=[*signed().raw, signed().raw[1]]),
}


@pytest.mark.parametrize("how", REFUSED)
def test_whatever_is_not_signed_so_is_refused_and_nothing_else_gets_out(how: str) -> None:
    with pytest.raises(WebhookRefused):
        BANK.verify("corebank", REFUSED[how], BODY.encode())


@pytest.mark.parametrize("source", ["", "card", "Corebank", "corebank/", "../corebank"])
def test_a_house_without_a_secret_sends_nothing(source: str) -> None:
    for headers in (signed(), signed(by=bytes(1))):
        with pytest.raises(WebhookRefused, match="source"):
            BANK.verify(source, headers, BODY.encode())


@pytest.mark.parametrize("seconds", [-300, 300])
def test_a_clock_that_is_five_minutes_off_is_forgiven(seconds: int) -> None:
    at = NOW.replace(microsecond=0) + timedelta(seconds=seconds)
    assert BANK.verify("corebank", signed(at=at), BODY.encode())


def test_a_body_that_was_written_anew_is_not_the_one_that_was_signed() -> None:
    again = json.dumps(json.loads(BODY), ensure_ascii=True)
    for body in (again.encode(), BODY.encode() + b"\n", b"", BODY.encode("gb18030")):
        with pytest.raises(WebhookRefused, match="signature"):
            BANK.verify("corebank", signed(), body)


# ---- secrets ---------------------------------------------------------------------------------------------


def test_secrets_are_read_from_the_settings_or_from_a_private_file(tmp_path: Path) -> None:
    path = tmp_path / "senders"
    path.write_text(f"corebank:{secret(OLD)}\ncorebank:{secret(NEW)}\n")
    path.chmod(0o600)
    typed = SecretStr(f"corebank:{secret(OLD)},corebank:{secret(NEW)}")
    for settings in (
        Settings(_env_file=None, webhook_secrets_file=path),
        Settings(_env_file=None, webhook_secrets=typed),
    ):
        assert senders(settings).secrets == {"corebank": (OLD, NEW)}
    assert senders(Settings(_env_file=None)).secrets == {}
    path.chmod(0o640)
    with pytest.raises(KeyUnfit, match="chmod 600"):
        senders(Settings(_env_file=None, webhook_secrets_file=path))
    with pytest.raises(KeyUnfit, match="cannot be read"):
        senders(Settings(_env_file=None, webhook_secrets_file=tmp_path / "none"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("corebank", "at least 24 bytes"),
        (f"corebank:{base64.b64encode(OLD).decode()}", "whsec_"),
        (f"corebank:{secret(OLD[:23])}", "at least 24 bytes"),
        ("corebank:whsec_", "at least 24 bytes"),
        ("corebank:whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw!", "base64"),
        (f"corebank:{secret(b'secret' * 8)}", "typed, not drawn"),
        (f"corebank:{secret(bytes(32))}", "typed, not drawn"),
        (f"Core Bank:{secret(OLD)}", "a source is"),
        (f":{secret(OLD)}", "a source is"),
        (f"corebank:{secret(OLD)} card:{secret(OLD)}", "twice"),
        (f"corebank:{secret(OLD)} corebank:{secret(NEW)} corebank:{secret(NEW[::-1])}", "two secrets"),
    ],
)
def test_a_secret_that_is_short_typed_or_shared_is_refused_and_not_shown(text: str, why: str) -> None:
    with pytest.raises(KeyUnfit, match=why) as unfit:
        senders_from(text, "the file")
    assert "whsec_M" not in str(unfit.value)
    assert base64.b64encode(OLD).decode() not in str(unfit.value)


def test_nothing_shows_a_secret() -> None:
    assert str(OLD) not in repr(BANK)
