"""Forged bearer tokens: each is one thing wrong with a token that would otherwise be good."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.auth.keys import Key


@dataclass
class Forge:
    """Signs whatever it is given, as an attacker with a keyboard would, or with the true key."""

    key: Key
    now: datetime
    _rsa: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    def claims(self, **changed: Any) -> dict[str, Any]:
        at = int(self.now.timestamp())
        good = {
            "iss": "arrears",
            "aud": "arrears-api",
            "sub": "s-1",
            "jti": "j1",
            "iat": at,
            "nbf": at,
            "exp": at + 300,
        }
        return {name: value for name, value in (good | changed).items() if value is not ...}

    def header(self, **changed: Any) -> dict[str, Any]:
        good = {"alg": "HS256", "typ": "at+jwt", "kid": self.key.kid}
        return {name: value for name, value in (good | changed).items() if value is not ...}

    def signed(
        self, header: object, claims: object, *, secret: bytes | None = None, digest: str = "sha256"
    ) -> str:
        return self.raw(_text(header), _text(claims), secret=secret, digest=digest)

    def raw(self, header: str, claims: str, *, secret: bytes | None = None, digest: str = "sha256") -> str:
        signing = f"{b64(header.encode())}.{b64(claims.encode())}"
        mac = hmac.new(self.key.secret if secret is None else secret, signing.encode(), digest)
        return f"{signing}.{b64(mac.digest())}"

    def good(self) -> str:
        return self.signed(self.header(), self.claims())

    def with_header(self, **changed: Any) -> str:
        return self.signed(self.header(**changed), self.claims())

    def with_claims(self, **changed: Any) -> str:
        return self.signed(self.header(), self.claims(**changed))

    def rsa_public(self, encoding: Encoding) -> bytes:
        return self._rsa.public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)


def forgeries(forge: Forge) -> dict[str, object]:
    """All of them by name; not one may be let in."""
    found: dict[str, object] = {}
    for part in (_not_text, _cut_up, _algorithms, _keys, _headers, _names, _times, _json):
        for name, token in part(forge):
            assert name not in found, name
            found[name] = token
    return found


Named = Iterator[tuple[str, object]]


def _not_text(forge: Forge) -> Named:
    yield "none", None
    yield "a number", 7
    yield "bytes", forge.good().encode()
    yield "a list", [forge.good()]
    yield "an object", {"token": forge.good()}


def _cut_up(forge: Forge) -> Named:
    good = forge.good()
    head, body, mac = good.split(".")
    yield "empty", ""
    yield "dots", ".."
    yield "a dot", "."
    yield "two segments", f"{head}.{body}"
    yield "no signature", f"{head}.{body}."
    yield "four segments", f"{good}.{mac}"
    yield "extra dots", f"{head}..{body}.{mac}"
    yield "five segments as JWE has", f"{head}.{body}.{mac}.{mac}.{mac}"
    yield "blank in front", f" {good}"
    yield "line end behind", f"{good}\n"
    yield "line end inside", f"{head}\n.{body}.{mac}"
    yield "padding", f"{head}=.{body}.{mac}"
    yield "bad base64", f"{head}.{body}.!!!!"
    yield "plain base64", f"{head}.{body}.{mac[:-2]}+/"
    yield "header of one letter", f"A.{body}.{mac}"
    yield "null sign", f"{head}.{body}.{mac}\x00"
    yield "lone surrogate", f"{head}.{body}.\ud800"
    yield "full-width signs", good.translate({ord(sign): ord(sign) + 0xFEE0 for sign in "abc"})
    yield "signature cut", good[:-4]
    yield "signature turned", f"{head}.{body}.{mac[::-1]}"
    yield "signature with loose bits", f"{head}.{body}.{_loosened(mac)}"
    yield "body of another", f"{head}.{b64(_text(forge.claims(sub='s-2')).encode())}.{mac}"
    yield "200 kB", f"{head}.{body}{'A' * 200_000}.{mac}"
    yield "just too long", forge.with_claims(pad="x" * 4000)
    yield "many dots", "." * 4000
    yield "a word", "Bearer"


def _algorithms(forge: Forge) -> Named:
    head = b64(_text(forge.header(alg="none")).encode())
    body = b64(_text(forge.claims()).encode())
    yield "alg none without signature", f"{head}.{body}."
    for alg in ("none", "None", "NoNe", "nOnE", "NONE", ""):
        yield f"alg {alg!r}, signed", forge.with_header(alg=alg)
    yield "alg missing", forge.with_header(alg=...)
    yield "alg null", forge.with_header(alg=None)
    yield "alg list", forge.with_header(alg=["HS256"])
    yield "alg number", forge.with_header(alg=256)
    yield "alg lower case", forge.with_header(alg="hs256")
    yield "alg with a blank", forge.with_header(alg="HS256 ")
    yield "alg inside a word", forge.with_header(alg="XHS256Y")
    yield "HS384", forge.signed(forge.header(alg="HS384"), forge.claims(), digest="sha384")
    yield "HS512", forge.signed(forge.header(alg="HS512"), forge.claims(), digest="sha512")
    for alg in ("RS256", "ES256", "PS256", "EdDSA", "dir", "A256KW"):
        yield f"alg {alg}", forge.with_header(alg=alg)


def _keys(forge: Forge) -> Named:
    head, claims = forge.header(), forge.claims()
    yield "empty secret", forge.signed(head, claims, secret=b"")
    yield "secret of one letter", forge.signed(head, claims, secret=b"a")
    yield "secret as hex text", forge.signed(head, claims, secret=forge.key.secret.hex().encode())
    yield "kid as secret", forge.signed(head, claims, secret=forge.key.kid.encode())
    yield "another drawn key", forge.signed(head, claims, secret=hashlib.sha256(b"x").digest())
    yield "public key, DER", forge.signed(head, claims, secret=forge.rsa_public(Encoding.DER))
    yield "public key, PEM", forge.signed(head, claims, secret=forge.rsa_public(Encoding.PEM))
    elliptic = ec.generate_private_key(ec.SECP256R1()).public_key()
    der = elliptic.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    yield "elliptic public key, DER", forge.signed(head, claims, secret=der)


def _headers(forge: Forge) -> Named:
    own = {"kty": "oct", "k": b64(b"a" * 32)}
    yield "jwk inside", forge.signed(forge.header(jwk=own), forge.claims(), secret=b"a" * 32)
    for name, value in {
        "jku": "https://keys.example/jwks",
        "x5u": "https://keys.example/cert",
        "x5c": ["MIIB"],
        "crit": ["exp"],
        "b64": False,
        "cty": "JWT",
        "zip": "DEF",
        "enc": "A256GCM",
        "p2c": 2**31,
    }.items():
        yield f"header {name}", forge.with_header(**{name: value})
    for kid in ("unknown", "", "../../dev/null", "/etc/hostname", "k' OR '1'='1", "k\x00", "*", "x" * 400):
        yield f"kid {kid[:20]!r}", forge.with_header(kid=kid)
    yield "kid missing", forge.with_header(kid=...)
    yield "kid null", forge.with_header(kid=None)
    yield "kid number", forge.with_header(kid=0)
    yield "kid list", forge.with_header(kid=[forge.key.kid])
    yield "kid object", forge.with_header(kid={"kid": forge.key.kid})
    for typ in ("JWT", "jwt", "AT+JWT", "at+jwt ", "svc+jwt", "application/at+jwt", "", None, 1, ["at+jwt"]):
        yield f"typ {typ!r}", forge.with_header(typ=typ)
    yield "typ missing", forge.with_header(typ=...)
    yield "header a list", forge.signed(["HS256"], forge.claims())
    yield "header a word", forge.signed("HS256", forge.claims())
    yield "header null", forge.signed(None, forge.claims())
    yield "header empty", forge.signed({}, forge.claims())
    yield "header nested", forge.with_header(alg={"alg": "HS256"})
    yield (
        "header with alg twice",
        forge.raw(
            f'{{"alg":"none","alg":"HS256","typ":"at+jwt","kid":"{forge.key.kid}"}}', _text(forge.claims())
        ),
    )
    yield "header deep", forge.raw("[" * 380, _text(forge.claims()))


def _names(forge: Forge) -> Named:
    for claim in ("iss", "aud", "sub", "jti", "iat", "nbf", "exp"):
        yield f"{claim} missing", forge.with_claims(**{claim: ...})
        yield f"{claim} null", forge.with_claims(**{claim: None})
    for issuer in ("", "Arrears", "arrears ", "https://arrears", ["arrears"], 1):
        yield f"iss {issuer!r}", forge.with_claims(iss=issuer)
    audiences: tuple[object, ...] = (
        "",
        "arrears",
        "arrears-api-2",
        ["arrears-api"],
        ["arrears-api", "x"],
        1,
        {},
    )
    for audience in audiences:
        yield f"aud {audience!r}", forge.with_claims(aud=audience)
    for subject in ("", 1, True, ["s-1"], {"sub": "s-1"}, "s 1", "s-1\n", "s-1\x00", "张三", "x" * 65):
        yield f"sub {subject!r}", forge.with_claims(sub=subject)
    for token_id in ("", 1, ["j"], "j j", "'; drop table staff; --"):
        yield f"jti {token_id!r}", forge.with_claims(jti=token_id)
    yield "claim more", forge.with_claims(roles=["admin"])
    yield "scope added", forge.with_claims(scope="*")
    yield "at_hash added", forge.with_claims(at_hash="x")


def _times(forge: Forge) -> Named:
    now = int(forge.now.timestamp())
    day = 86_400
    yield "expired", forge.with_claims(iat=now - 700, nbf=now - 700, exp=now - 100)
    yield "expired a second beyond the leeway", forge.with_claims(iat=now - 300, nbf=now - 300, exp=now - 31)
    yield "issued in the future", forge.with_claims(iat=now + 60, nbf=now + 60, exp=now + 360)
    yield "begins in the future", forge.with_claims(nbf=now + 60)
    yield "lives too long", forge.with_claims(exp=now + 601)
    yield "lives a year", forge.with_claims(exp=now + 365 * day)
    yield (
        "personal, lives too long",
        forge.signed(forge.header(typ="pat+jwt"), forge.claims(exp=now + 91 * day)),
    )
    yield "ends before it begins", forge.with_claims(exp=now - 1)
    yield "begins before it is issued", forge.with_claims(nbf=now - 1)
    yield "issued never", forge.with_claims(iat=0)
    for claim in ("iat", "nbf", "exp"):
        at = now + 300 if claim == "exp" else now
        for wrong in (str(at), float(at), True, [at], {"at": at}, -at, 2**63, 10**300):
            yield (
                f"{claim} as {str(wrong)[:30]!r} {type(wrong).__name__}",
                forge.with_claims(**{claim: wrong}),
            )


def _json(forge: Forge) -> Named:
    head, body = _text(forge.header()), _text(forge.claims())
    opened = body[:-1]
    yield "exp not a number", forge.raw(head, body.replace(str(forge.claims()["exp"]), "NaN"))
    yield "exp infinite", forge.raw(head, body.replace(str(forge.claims()["exp"]), "Infinity"))
    yield "exp 1e400", forge.raw(head, body.replace(str(forge.claims()["exp"]), "1e400"))
    yield "exp with an exponent", forge.raw(head, body.replace(str(forge.claims()["exp"]), "2e9"))
    yield "exp of a thousand digits", forge.raw(head, body.replace(str(forge.claims()["exp"]), "9" * 1000))
    yield "sub twice", forge.raw(head, f'{opened},"sub":"s-2"}}')
    yield "exp twice", forge.raw(head, f'{opened},"exp":99999999999}}')
    yield "body a list", forge.signed(forge.header(), [forge.claims()])
    yield "body a word", forge.signed(forge.header(), "claims")
    yield "body null", forge.signed(forge.header(), None)
    yield "body empty", forge.raw(head, "")
    yield "body deep", forge.raw(head, "[" * 2500)
    yield "body deep inside", forge.raw(head, f'{opened},"x":{"[" * 1200}{"]" * 1200}}}')
    yield "body not JSON", forge.raw(head, "{'sub': 's-1'}")
    yield "body with a tail", forge.raw(head, f"{body} x")
    yield "body UTF-16", _bytes(forge, head.encode(), body.encode("utf-16"))
    yield "body not UTF-8", _bytes(forge, head.encode(), body.encode().replace(b"s-1", b"s\xff1"))
    yield "header not UTF-8", _bytes(forge, b"\xff" + head.encode(), body.encode())
    yield "body with a byte order mark", _bytes(forge, head.encode(), b"\xef\xbb\xbf" + body.encode())
    yield "surrogate in sub", forge.raw(head, body.replace("s-1", "\\ud800"))
    nested = forge.good()
    yield "a token in a token", forge.signed(forge.header(), nested)


def _bytes(forge: Forge, header: bytes, claims: bytes) -> str:
    signing = f"{b64(header)}.{b64(claims)}"
    return f"{signing}.{b64(hmac.new(forge.key.secret, signing.encode(), 'sha256').digest())}"


def _loosened(segment: str) -> str:
    """Other letters, same bytes: the last letter of 32 bytes carries two bits nobody reads."""
    alphabet: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    at = alphabet.index(segment[-1])
    return segment[:-1] + alphabet[at ^ 1]


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
