"""Chooses loopback ports, and keeps them over restarts so that links stay good."""

import secrets
import socket
from collections.abc import Iterable, Mapping
from typing import Final

# Below 32768: the server keeps its membership ports in 16 signed bits, and the system hands out
# higher ones to outgoing connections, which could take a port between two starts.
_LOWEST: Final = 20_000
_HIGHEST: Final = 32_767
_LOOPBACK: Final = "127.0.0.1"


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the servers do: a port in TIME_WAIT is free, a port that listens is not.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_LOOPBACK, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def choose(names: Iterable[str], *, kept: Mapping[str, int]) -> dict[str, int]:
    """One free port for each name: the kept one where it is free, else a new one."""
    chosen: dict[str, int] = {}
    for name in names:
        port = kept.get(name)
        if port is None or port in chosen.values() or not is_free(port):
            port = _any_free(set(chosen.values()) | set(kept.values()))
        chosen[name] = port
    return chosen


def _any_free(spoken_for: set[int]) -> int:
    # Drawn, not counted up: several engines may be choosing at the same moment.
    while True:
        port = _LOWEST + secrets.randbelow(_HIGHEST - _LOWEST + 1)
        if port not in spoken_for and is_free(port):
            return port
