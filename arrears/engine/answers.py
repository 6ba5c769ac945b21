"""Asks a starting server or UI, over its loopback HTTP port, whether it answers yet."""

import http.client
import json
import time
from collections.abc import Callable

_CALL_SECONDS = 2.0
_ASK_EVERY_SECONDS = 0.05


def server_answers(http_port: int) -> bool:
    """True once the frontend answers and the history service behind it owns its shard.

    A workflow that does not exist is asked for: only the history service can say so.
    """
    status, body = _get(http_port, "/api/v1/namespaces/temporal-system/workflows/none")
    if status != http.HTTPStatus.NOT_FOUND:
        return False
    try:
        return str(json.loads(body)["message"]).startswith("workflow not found")
    except (ValueError, KeyError, TypeError):
        return False


def ui_answers(port: int) -> bool:
    return _get(port, "/healthz")[0] == http.HTTPStatus.OK


def wait_until(answers: Callable[[], bool], *, alive: Callable[[], bool], patience: float) -> bool:
    """False as soon as the program has ended, or after `patience` seconds."""
    until = time.monotonic() + patience
    while alive() and time.monotonic() < until:
        if answers():
            return True
        time.sleep(_ASK_EVERY_SECONDS)
    return False


def _get(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_CALL_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()
