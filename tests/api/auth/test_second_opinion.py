"""Tokens judged twice: by our door and by a second library, and their verdicts held against each other."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey

from api.auth.keys import Key, Keyring
from api.auth.person import Person
from api.auth.tokens import AUDIENCE, ISSUER, LEEWAY, Kind, TokenRefused, Tokens
from arrears.policy.tasks import Role
from tests.api.auth.forge import Forge, b64, forgeries
from tests.api.conftest import SECRET, Machine

NOW: Final = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
KEY: Final = Key("k0000001", SECRET)
FORGE: Final = Forge(KEY, NOW)
CORPUS: Final = forgeries(FORGE)
OURS: Final = Tokens(Keyring([KEY]), now=Machine(NOW))
LI: Final = Person("s-1", "li", "Li", frozenset({Role.OPS}), "en")

_KEYS: Final = KeySet([OctKey.import_key(KEY.secret, {"kid": KEY.kid})])
# As strict as the other library can be told to be.
_WANTED: Final = jwt.JWTClaimsRegistry(
    now=int(NOW.timestamp()),
    leeway=int(LEEWAY.total_seconds()),
    iss={"essential": True, "value": ISSUER},
    aud={"essential": True, "value": AUDIENCE},
    sub={"essential": True},
    jti={"essential": True},
    iat={"essential": True},
    nbf={"essential": True},
    exp={"essential": True},
)

# What the other library lets in and we do not, and why we do not. Everything else both refuse.
STRICTER: Final[Mapping[str, tuple[str, ...]]] = {
    "a token is text": ("bytes",),
    "it is short": ("just too long", f"sub {'x' * 65!r}"),
    "its header names one key, one algorithm and one kind, each once": (
        "header jku",
        "header x5u",
        "header x5c",
        "header cty",
        "header with alg twice",
        "kid missing",
        "typ 'JWT'",
        "typ 'jwt'",
        "typ 'AT+JWT'",
        "typ 'at+jwt '",
        "typ 'svc+jwt'",
        "typ 'application/at+jwt'",
        "typ ''",
        "typ missing",
    ),
    "it is for us alone": ("aud ['arrears-api']", "aud ['arrears-api', 'x']"),
    "names are of plain letters": (
        "sub 's 1'",
        "sub 's-1\\n'",
        "sub 's-1\\x00'",
        "sub '张三'",
        "jti 'j j'",
        'jti "\'; drop table staff; --"',
        "surrogate in sub",
    ),
    "it claims what we claim, each once, and nothing more": (
        "claim more",
        "scope added",
        "at_hash added",
        "sub twice",
        "exp twice",
    ),
    "its life has an order and a bar": (
        "lives too long",
        "lives a year",
        "personal, lives too long",
        "ends before it begins",
        "begins before it is issued",
        "issued never",
    ),
    "instants are whole seconds in this world": (
        "iat as '1793610000.0' float",
        "iat as '-1793610000' int",
        "nbf as '1793610000.0' float",
        "nbf as '-1793610000' int",
        "exp as '1793610300.0' float",
        "exp as '9223372036854775808' int",
        "exp as '100000000000000000000000000000' int",
        "exp with an exponent",
        "exp of a thousand digits",
    ),
    "its text is plain UTF-8": ("body UTF-16", "body with a byte order mark"),
}


def test_of_the_forged_tokens_the_other_lets_in_those_alone_whose_fault_is_written_down() -> None:
    let_in = {name for name, token in CORPUS.items() if _theirs(token) is not None}
    assert let_in == {name for names in STRICTER.values() for name in names}


def test_neither_lets_a_forged_signature_in() -> None:
    """Whatever is signed with another key, cut or turned: the two agree, and so one of them may have a fault."""
    head, body, mac = FORGE.good().split(".")
    signed = [f"{head}.{body}.{b64(bytes(32))}", f"{head}.{body}.{mac[1:]}", f"{head}.{body}.{mac}{mac}"]
    secrets = (b"", b"a", KEY.secret[:-1], KEY.secret + b"\1", KEY.secret.hex().encode(), bytes(32))
    signed += [FORGE.signed(FORGE.header(), FORGE.claims(), secret=secret) for secret in secrets]
    for token in signed:
        assert _ours(token) is None, token
        assert _theirs(token) is None, token


@pytest.mark.parametrize("kind", Kind)
def test_the_other_reads_in_our_tokens_what_we_wrote(kind: Kind) -> None:
    issued = OURS.issue(LI, kind=kind)
    found = _theirs(issued.token)
    assert found is not None
    assert (found["sub"], found["jti"], found["exp"]) == (
        "s-1",
        issued.token_id,
        int(issued.expires_at.timestamp()),
    )


@pytest.mark.parametrize("kind", Kind)
def test_a_token_the_other_wrote_by_the_rules_is_let_in(kind: Kind) -> None:
    header = {"alg": "HS256", "typ": kind.value, "kid": KEY.kid}
    token = jwt.encode(header, FORGE.claims(), _KEYS, algorithms=["HS256"])
    claims = OURS.verify(token)
    assert (claims.staff_id, claims.token_id, claims.kind) == ("s-1", "j1", kind)


_NEAR: Final = st.integers(-700, 700).map(lambda seconds: int(NOW.timestamp()) + seconds)
_ODD: Final = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.lists(st.text(max_size=4))
)
_CLAIM: Final = st.one_of(_NEAR, _ODD, st.sampled_from([ISSUER, AUDIENCE, "s-1", ...]))
_CHANGES: Final = st.dictionaries(
    st.sampled_from(["iss", "aud", "sub", "jti", "iat", "nbf", "exp", "crit", "x"]), _CLAIM, max_size=3
)
_HEADERS: Final = st.dictionaries(
    st.sampled_from(["alg", "typ", "kid", "crit", "jwk", "b64"]),
    st.one_of(_ODD, st.sampled_from(["HS256", "none", "at+jwt", KEY.kid, ...])),
    max_size=2,
)


@given(header=_HEADERS, claims=_CHANGES)
def test_what_we_let_in_the_other_lets_in_and_reads_alike(
    header: dict[str, Any], claims: dict[str, Any]
) -> None:
    """Signed with the true key, so that nothing but header and claims decides."""
    token = FORGE.signed(FORGE.header(**header), FORGE.claims(**claims))
    ours, theirs = _ours(token), _theirs(token)
    assert ours is None or theirs is not None, "the other sees a fault we do not see"
    assert ours is None or ours.items() <= (theirs or {}).items()


@given(at=st.integers(0, len(FORGE.good()) - 1), sign=st.characters(max_codepoint=127))
def test_a_good_token_with_one_sign_changed_is_good_for_neither(at: int, sign: str) -> None:
    good = FORGE.good()
    token = good[:at] + sign + good[at + 1 :]
    assert token == good or _ours(token) is None
    # The last letter of a signature carries bits that nobody reads; the other lets them be anything.
    assert token == good or at == len(good) - 1 or _theirs(token) is None


def _ours(token: object) -> dict[str, Any] | None:
    """What we read of the token, in the other's words."""
    try:
        found = OURS.verify(token)
    except TokenRefused:
        return None
    times = {"iat": int(found.issued_at.timestamp()), "exp": int(found.expires_at.timestamp())}
    return {"iss": ISSUER, "aud": AUDIENCE, "sub": found.staff_id, "jti": found.token_id} | times


def _theirs(token: Any) -> dict[str, Any] | None:
    try:
        read = jwt.decode(token, _KEYS, algorithms=["HS256"])
        _WANTED.validate(read.claims)
    except (JoseError, TypeError, UnicodeError, RecursionError):
        return None
    return dict(read.claims)
