import json
from datetime import UTC, datetime, timedelta

import pytest

from api.auth.keys import Key, Keyring
from api.auth.person import Person
from api.auth.tokens import LONGEST_LIFE, Kind, TokenRefused, Tokens
from arrears.policy.tasks import Role
from tests.api import rows
from tests.api.auth.forge import Forge, forgeries
from tests.api.conftest import SECRET, Machine, Server

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
KEY = Key("k0000001", SECRET)
FORGE = Forge(KEY, NOW)
CORPUS = forgeries(FORGE)
LI = Person("s-1", "li", "Li", frozenset({Role.OPS}), "en")


@pytest.fixture
def at_nine() -> Machine:
    return Machine(NOW)


@pytest.fixture
def tokens(at_nine: Machine) -> Tokens:
    return Tokens(Keyring([KEY]), now=at_nine)


def test_the_forge_can_make_a_good_token(tokens: Tokens) -> None:
    """Else every refusal below would prove nothing."""
    assert tokens.verify(FORGE.good()).staff_id == "s-1"


def test_the_corpus_is_not_small() -> None:
    assert len(CORPUS) >= 150


@pytest.mark.parametrize("name", CORPUS)
def test_a_forged_token_is_refused_and_nothing_else_gets_out(tokens: Tokens, name: str) -> None:
    with pytest.raises(TokenRefused) as refused:
        tokens.verify(CORPUS[name])
    assert refused.value.__cause__ is None


def test_every_forged_token_gets_the_same_answer(quick_server: Server) -> None:
    quick_server.machine.now = NOW
    rows.a_person(quick_server.store, Role.COLLECTOR, login="1")
    client = quick_server.anyone()
    good = client.get("/api/v1/cases", headers={"Authorization": f"Bearer {FORGE.good()}"})
    assert good.status_code == 200
    answers = set()
    for name, token in CORPUS.items():
        # As it is, where a header can carry it; blanks around it are taken off on the way.
        if isinstance(token, str) and token.isascii() and token.strip().isprintable():
            sent = token if token.strip() != FORGE.good() else f"{token}x"
            answer = client.get("/api/v1/cases", headers={"Authorization": f"Bearer {sent}"})
            assert answer.status_code == 401, name
            told = answer.json()
            assert told.pop("request_id") == answer.headers["x-request-id"]
            answers.add((json.dumps(told), answer.headers["www-authenticate"]))
    [(text, _)] = answers
    assert "token_refused" in text


def test_an_issued_token_names_the_person_and_its_end(tokens: Tokens) -> None:
    issued = tokens.issue(LI)
    claims = tokens.verify(issued.token)
    assert (claims.staff_id, claims.token_id, claims.kind) == ("s-1", issued.token_id, Kind.ACCESS)
    assert claims.expires_at == issued.expires_at == NOW + timedelta(minutes=10)
    assert issued.life == timedelta(minutes=10)


@pytest.mark.parametrize("kind", Kind)
def test_a_token_ends_with_its_life_and_the_leeway(tokens: Tokens, at_nine: Machine, kind: Kind) -> None:
    issued = tokens.issue(LI, kind=kind)
    at_nine.now = issued.expires_at + timedelta(seconds=29, microseconds=999_999)
    assert tokens.verify(issued.token).kind is kind
    at_nine.pass_(microseconds=1)
    with pytest.raises(TokenRefused, match="expired"):
        tokens.verify(issued.token)


def test_a_clock_that_is_a_little_behind_is_forgiven(tokens: Tokens, at_nine: Machine) -> None:
    issued = tokens.issue(LI)
    at_nine.pass_(seconds=-30)
    tokens.verify(issued.token)
    at_nine.pass_(seconds=-1)
    with pytest.raises(TokenRefused, match="not yet"):
        tokens.verify(issued.token)


def test_nobody_gets_a_longer_life_than_the_kind_has(tokens: Tokens) -> None:
    for kind in Kind:
        assert tokens.issue(LI, kind=kind, life=timedelta(days=4000)).life == LONGEST_LIFE[kind]


def test_an_older_key_opens_and_the_first_one_signs(at_nine: Machine) -> None:
    older, newer = KEY, Key("k2", bytes(range(40, 72)))
    before = Tokens(Keyring([older]), now=at_nine).issue(LI).token
    both = Tokens(Keyring([newer, older]), now=at_nine)
    assert both.verify(before).staff_id == "s-1"
    after = both.issue(LI).token
    with pytest.raises(TokenRefused, match="kid"):
        Tokens(Keyring([older]), now=at_nine).verify(after)


def test_two_tokens_never_share_an_id(tokens: Tokens) -> None:
    assert len({tokens.issue(LI).token_id for _ in range(50)}) == 50
