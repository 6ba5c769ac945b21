"""What is refused before anybody reads it: as raw bytes on a real server."""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from arrears.contracts import Rules
from arrears.store.session import Store, open_engine
from tests.builders import CaseRoom
from tests.web.branch import listening, open_branch
from web.threshold import LARGEST_HEAD, MOST_HEADERS

END = b"Connection: close\r\n"
POST = b"POST /api/v1/token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
GET = b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n" + END


@pytest.fixture(scope="module")
def address(
    sqlite_template: Path, rules: Rules, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, int]]:
    """One server for all of it: nothing here writes."""
    path = tmp_path_factory.mktemp("threshold") / "arrears.db"
    shutil.copyfile(sqlite_template, path)
    store = Store(open_engine(f"sqlite:///{path}"))
    with listening(open_branch(store, CaseRoom(store, rules)).app) as url:
        parts = urlsplit(url)
        yield parts.hostname or "", parts.port or 0
    store.close()


def heard(address: tuple[str, int], raw: bytes) -> bytes:
    """Everything that comes back until the server hangs up."""
    with socket.create_connection(address, timeout=20) as line:
        line.sendall(raw)
        answer = b""
        while part := line.recv(65_536):
            answer += part
    return answer


def said(address: tuple[str, int], raw: bytes) -> list[bytes]:
    """The status lines of it."""
    return [one for one in heard(address, raw).split(b"\r\n") if one.startswith(b"HTTP/1.1 ")]


def test_a_plain_request_passes(address: tuple[str, int]) -> None:
    assert said(address, GET + b"\r\n") == [b"HTTP/1.1 200 OK"]


@pytest.mark.parametrize(
    "headers",
    [
        b"".join(b"x-%d: 1\r\n" % n for n in range(MOST_HEADERS)),
        b"x: " + b"a" * LARGEST_HEAD + b"\r\n",
        b"cookie: sid=" + b"a" * 60_000 + b"\r\n",
        b"a:\r\n" * 10_000,
    ],
    ids=["101 headers", "one of 16 KiB", "one of 60 kB", "10,000 headers"],
)
def test_a_head_that_is_too_large_is_refused(address: tuple[str, int], headers: bytes) -> None:
    [status] = said(address, GET + headers + b"\r\n")
    assert status.startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
        b"Content-Length: -1\r\n\r\n",
        b"Content-Length: +5\r\n\r\nabcde",
        b"Content-Length: 5, 5, 6\r\n\r\nabcde",
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    ],
    ids=["both", "both, turned", "two lengths", "negative", "with a sign", "a list", "no chunk"],
)
def test_a_body_whose_end_two_servers_could_see_differently_is_refused_and_nothing_after_it_is_heard(
    address: tuple[str, int], framing: bytes
) -> None:
    smuggled = GET + b"\r\n"
    answers = said(address, POST + framing + smuggled)
    assert answers[0].startswith(b"HTTP/1.1 400 ")
    assert len(answers) == 1


def test_a_body_of_two_lengths_said_alike_is_of_one(address: tuple[str, int]) -> None:
    """As the standard allows, and every server before ours does the same."""
    [status] = said(address, POST + END + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}")
    assert status.startswith(b"HTTP/1.1 4")


@pytest.mark.parametrize(
    "head",
    [
        b"GET /health/live HTTP/1.1\r\n",
        b"GET /health/live HTTP/1.1\r\nHost: evil.example\r\n",
        b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n",
        b"GET http://evil.example/health/live HTTP/1.1\r\nHost: evil.example\r\n",
        b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1@evil.example\r\n",
        b"NONSENSE\r\n",
    ],
    ids=["no host", "another host", "two hosts", "a whole address", "a user's host", "no request"],
)
def test_a_request_for_somebody_else_is_refused(address: tuple[str, int], head: bytes) -> None:
    assert said(address, head + END + b"\r\n")[0].startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "path",
    [b"//", b"//evil.example/", b"/%2e%2e/", b"/static/%2e%2e/%2e%2e/app.py", b"/%00", b"/static/%00", b"/inbox%00",
     b"/static/..%2f..%2fapp.py", b"/static/..%5capp.py", b"/./inbox", b"/a/../inbox", b"/\xff"],
)  # fmt: skip
def test_a_path_that_is_no_page_is_not_there(address: tuple[str, int], path: bytes) -> None:
    [status] = said(address, b"GET " + path + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n" + END + b"\r\n")
    assert status.split()[1] in (b"404", b"400")


def test_a_flood_of_ranges_is_no_flood_of_answers(address: tuple[str, int]) -> None:
    ranges = b",".join(b"%d-%d" % (n, n) for n in range(0, 3000, 2))
    raw = b"GET /static/app.css HTTP/1.1\r\nHost: 127.0.0.1\r\n" + END + b"Range: bytes=" + ranges
    answer = heard(address, raw + b"\r\n\r\n")
    assert answer.split(b" ")[1] in (b"200", b"206", b"416", b"400")
    assert len(answer) < 400_000
