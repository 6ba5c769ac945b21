"""Bearer tokens: the only module that knows python-jose, and lets nothing but TokenRefused out of it."""

import base64
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NoReturn

from jose import jwk, jwt

from api import plain_json
from api.auth.keys import Key, Keyring
from api.auth.person import Person
from arrears import clock

ISSUER: Final = "arrears"
AUDIENCE: Final = "arrears-api"
LEEWAY: Final = timedelta(seconds=30)

_LONGEST: Final = 4096
_LONGEST_HEADER: Final = 512
_ALGORITHM: Final = "HS256"
_SEGMENT: Final = re.compile(r"[A-Za-z0-9_-]+")
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HEADER_KEYS: Final = frozenset({"alg", "typ", "kid"})
_CLAIMS: Final = frozenset({"iss", "aud", "sub", "jti", "iat", "nbf", "exp"})
_FAR: Final = 2**40  # seconds; beyond it no date exists

# jose checks the signature, issuer and audience. Times are checked below, by our own clock and as strict integers: jose
# asks the machine, takes numbers written as text and lets a token from the future pass. `_claims` wants them all.
_JOSE: Final = {
    "require_iss": True,
    "require_aud": True,
    "require_sub": True,
    "require_jti": True,
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}


class Kind(StrEnum):
    """The `typ` of a token."""

    ACCESS = "at+jwt"  # from a password, for minutes
    PERSONAL = "pat+jwt"  # from the command line, for a program that acts for a person


LONGEST_LIFE: Final = {Kind.ACCESS: timedelta(minutes=10), Kind.PERSONAL: timedelta(days=90)}


class TokenRefused(Exception):
    """`why` is for counters, never for the answer."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Claims:
    staff_id: str
    token_id: str
    kind: Kind
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Issued:
    """`token` is told once."""

    token: str
    token_id: str
    life: timedelta
    expires_at: datetime


class Tokens:
    def __init__(self, keys: Keyring, *, now: Callable[[], datetime] = clock.machine_now) -> None:
        # The pure-Python backends compare and sign in variable time.
        if "cryptography" not in jwk.get_key(_ALGORITHM).__module__:
            raise RuntimeError("python-jose must use the cryptography backend")
        self._keys = keys
        self._now = now

    def issue(self, person: Person, *, kind: Kind = Kind.ACCESS, life: timedelta | None = None) -> Issued:
        """Roles are not in it: they are looked up at each request, so a change counts at once."""
        lives = min(life or LONGEST_LIFE[kind], LONGEST_LIFE[kind])
        now = self._now().replace(microsecond=0)
        token_id = secrets.token_urlsafe(16)
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": person.staff_id,
            "jti": token_id,
            "iat": _seconds(now),
            "nbf": _seconds(now),
            "exp": _seconds(now + lives),
        }
        key = self._keys.signing
        headers = {"typ": kind.value, "kid": key.kid}
        token: str = jwt.encode(claims, key.secret, algorithm=_ALGORITHM, headers=headers)
        return Issued(token, token_id, lives, now + lives)

    def verify(self, token: object) -> Claims:
        """Raises TokenRefused, whatever was handed in."""
        try:
            return self._verified(token)
        except TokenRefused:
            raise
        except Exception:  # noqa: BLE001  what must hold is that nothing else gets out
            # jose also raises Overflow-, Recursion-, Attribute- and JWKError; none of their texts may reach a log.
            raise TokenRefused("unreadable") from None

    def _verified(self, token: object) -> Claims:
        text, segments = _split(token)
        kind, key = self._of_header(segments[0])
        jwt.decode(text, key.secret, algorithms=[_ALGORITHM], options=_JOSE, audience=AUDIENCE, issuer=ISSUER)
        return _claims(_json_object(_decoded(segments[1])), kind, self._now())

    def _of_header(self, segment: str) -> tuple[Kind, Key]:
        """The key is chosen by our registry; nothing in the token can bring one along."""
        if len(segment) > _LONGEST_HEADER:
            _refuse("header too long")
        header = _json_object(_decoded(segment))
        if set(header) != _HEADER_KEYS:
            _refuse("header keys")
        if header["alg"] != _ALGORITHM:
            _refuse("algorithm")
        if header["typ"] not in {kind.value for kind in Kind}:
            _refuse("typ")
        kid = header["kid"]
        key = self._keys.find(kid) if isinstance(kid, str) else None
        if key is None:
            _refuse("kid")
        return Kind(header["typ"]), key


def _split(token: object) -> tuple[str, list[str]]:
    if not isinstance(token, str):
        _refuse("type")
    if len(token) > _LONGEST:
        _refuse("too long")
    segments = token.split(".")
    if len(segments) != 3 or not all(_SEGMENT.fullmatch(segment) for segment in segments):
        _refuse("segments")
    if _encoded(_decoded(segments[2])) != segments[2]:
        _refuse("signature has loose bits")
    return token, segments


def _claims(claims: Mapping[str, Any], kind: Kind, now: datetime) -> Claims:
    if set(claims) != _CLAIMS:
        _refuse("claims")
    if claims["iss"] != ISSUER or claims["aud"] != AUDIENCE:
        _refuse("issuer or audience")
    for name in ("sub", "jti"):
        if not isinstance(claims[name], str) or not _NAME.fullmatch(claims[name]):
            _refuse(name)
    issued, begins, ends = (_instant(claims[name]) for name in ("iat", "nbf", "exp"))
    if not issued <= begins < ends or ends - issued > LONGEST_LIFE[kind]:
        _refuse("life")
    if issued > now + LEEWAY or begins > now + LEEWAY:
        _refuse("not yet")
    if now >= ends + LEEWAY:
        _refuse("expired")
    return Claims(claims["sub"], claims["jti"], kind, issued, ends)


def _instant(value: object) -> datetime:
    if type(value) is not int or not 0 <= value < _FAR:
        _refuse("time")
    return datetime.fromtimestamp(value, UTC)


def _json_object(raw: bytes) -> dict[str, Any]:
    """Strict, and without fractions: everything in a token is text or a whole number."""
    found = plain_json.read(raw, fractions=plain_json.no_number)
    if not isinstance(found, dict):
        _refuse("no object")
    return found


def _decoded(segment: str) -> bytes:
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())


def _refuse(why: str) -> NoReturn:
    raise TokenRefused(why)
