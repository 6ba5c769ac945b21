"""Houses that may send us signed events, and whether an event is one of theirs (Standard Webhooks, HMAC-SHA256)."""

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NoReturn

from starlette.datastructures import Headers

from api.auth.keys import FEWEST_BYTES, KeyUnfit, read_private
from arrears import clock
from arrears.settings import Settings

WINDOW: Final = timedelta(minutes=5)
SHORTEST: Final = 24  # bytes, as the standard has it
_MOST_SECRETS: Final = 2  # the one in use, and the one it is changed for
_MOST_SIGNATURES: Final = 8
_PREFIX: Final = "whsec_"
_SOURCE: Final = re.compile(r"[a-z][a-z0-9-]{0,31}")
# No dot: what is signed is id.timestamp.body, and must be cut in one way only.
_ID: Final = re.compile(r"[\x21-\x2d\x2f-\x7e]{1,128}")
_SECONDS: Final = re.compile(r"[0-9]{1,12}")


class WebhookRefused(Exception):
    """`why` is for counters, never for the answer."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, repr=False)
class Senders:
    """Secrets by source; of two each is good, so that both sides can change to the second one in their own time."""

    secrets: Mapping[str, tuple[bytes, ...]] = field(default_factory=dict)
    now: Callable[[], datetime] = clock.machine_now

    def verify(self, source: str, headers: Headers, body: bytes) -> str:
        """The id of the event; `body` as it came. Raises WebhookRefused."""
        webhook_id = _only(headers, "webhook-id", _ID)
        stamp = _only(headers, "webhook-timestamp", _SECONDS)
        early = int(stamp) - int(self.now().timestamp())
        if abs(early) > WINDOW.total_seconds():
            _refuse("from the future" if early > 0 else "too old")
        signed = f"{webhook_id}.{stamp}.".encode() + body
        wanted = [hmac.digest(secret, signed, "sha256") for secret in self.secrets.get(source, ())]
        if not wanted:
            _refuse("source")
        found = [hmac.compare_digest(given, one) for given in _signatures(headers) for one in wanted]
        if not any(found):
            _refuse("signature")
        return webhook_id


def senders(settings: Settings) -> Senders:
    """From `ARREARS_WEBHOOK_SECRETS`, else from the file; nobody when neither is set. Raises KeyUnfit."""
    if settings.webhook_secrets is not None:
        return senders_from(settings.webhook_secrets.get_secret_value(), "ARREARS_WEBHOOK_SECRETS")
    if settings.webhook_secrets_file is not None:
        path = settings.webhook_secrets_file
        return senders_from(read_private(path), str(path))
    return Senders()


def senders_from(text: str, where: str) -> Senders:
    """`source:whsec_…`, one a line or separated by commas; a source may stand there twice. Raises KeyUnfit."""
    found: dict[str, tuple[bytes, ...]] = {}
    for entry in text.replace(",", " ").split():
        source, _, secret = entry.partition(":")
        if not _SOURCE.fullmatch(source):
            raise KeyUnfit(
                f"{where}: a line is source:{_PREFIX}…, and a source is of small letters, digits and dashes"
            )
        found[source] = (*found.get(source, ()), _secret(secret, f"{where}, {source}"))
    known = [secret for secrets in found.values() for secret in secrets]
    if len(set(known)) != len(known):
        raise KeyUnfit(f"{where} holds a secret twice")
    if any(len(secrets) > _MOST_SECRETS for secrets in found.values()):
        raise KeyUnfit(f"{where}: a source has two secrets at most; take out the oldest")
    return Senders(found)


def _secret(text: str, where: str) -> bytes:
    try:
        secret = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise KeyUnfit(f"{where}: a secret is {_PREFIX} and base64") from None
    if not text.startswith(_PREFIX) or len(secret) < SHORTEST:
        raise KeyUnfit(f"{where}: a secret is {_PREFIX} and at least {SHORTEST} bytes as base64")
    if len(set(secret)) < FEWEST_BYTES:
        raise KeyUnfit(f"{where}: this secret was typed, not drawn")
    return secret


def _only(headers: Headers, name: str, shape: re.Pattern[str]) -> str:
    given = headers.getlist(name)
    if len(given) != 1 or not shape.fullmatch(given[0]):
        _refuse(name)
    return given[0]


def _signatures(headers: Headers) -> list[bytes]:
    """Those of version 1; a sender that changes its secret sends two."""
    given = " ".join(headers.getlist("webhook-signature")).split(" ")
    if len(given) > _MOST_SIGNATURES:
        _refuse("webhook-signature")
    found = []
    for one in given:
        version, _, signature = one.partition(",")
        if version == "v1":
            found.append(_decoded(signature))
    return found


def _decoded(signature: str) -> bytes:
    try:
        return base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        _refuse("webhook-signature")


def _refuse(why: str) -> NoReturn:
    raise WebhookRefused(why)
