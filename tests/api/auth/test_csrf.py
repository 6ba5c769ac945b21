import pytest

from api.auth import csrf

HOST = "127.0.0.1:8400"
TOKEN = "t0ken"


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "Same-Origin"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": ""}, False),
        ({"sec-fetch-site": "anything"}, False),
        ({"sec-fetch-site": "cross-site", "origin": f"http://{HOST}"}, False),
        ({"sec-fetch-site": "same-origin", "origin": "https://evil.example"}, True),
        ({"origin": f"http://{HOST}"}, True),
        ({"origin": f"https://{HOST.upper()}"}, True),
        ({"origin": "http://127.0.0.1"}, False),
        ({"origin": "http://127.0.0.1:8401"}, False),
        ({"origin": f"http://evil.example/{HOST}"}, False),
        ({"origin": f"http://{HOST}.evil.example"}, False),
        ({"origin": f"http://{HOST}@evil.example"}, False),
        ({"origin": f"http://user@{HOST}"}, False),
        ({"origin": f"ftp://{HOST}"}, False),
        ({"origin": "null"}, False),
        ({"origin": ""}, False),
        ({"origin": "http://[::1"}, False),
        ({"referer": f"http://{HOST}/inbox"}, False),
        ({}, False),
    ],
)
def test_only_our_own_pages_pass(headers: dict[str, str], passes: bool) -> None:
    assert csrf.is_from_here(headers, host=HOST) is passes


@pytest.mark.parametrize("sent", [None, "", "t0kem", "t0ken ", "T0KEN", "\ud800", "张", "t0ken" * 1000])
def test_only_the_token_of_the_session_fits(sent: str | None) -> None:
    assert not csrf.is_token(sent, TOKEN)
    assert csrf.is_token(TOKEN, TOKEN)


def test_a_session_without_a_token_lets_nothing_pass() -> None:
    assert not csrf.is_token("", "")
    assert not csrf.is_token(None, "")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "post", "PROPFIND"])
def test_what_changes_something_needs_both(method: str) -> None:
    ours, theirs = {"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "cross-site"}
    assert csrf.may_pass(method, ours, host=HOST, sent=TOKEN, bound=TOKEN)
    assert not csrf.may_pass(method, ours, host=HOST, sent=None, bound=TOKEN)
    assert not csrf.may_pass(method, theirs, host=HOST, sent=TOKEN, bound=TOKEN)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "get"])
def test_looking_needs_neither(method: str) -> None:
    assert csrf.may_pass(method, {"sec-fetch-site": "cross-site"}, host=HOST, sent=None, bound=TOKEN)
