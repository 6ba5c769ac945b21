"""A front before several web servers, as banks have one: each request goes to the next of them in turn."""

import re
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import cycle
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Final

_KEPT_OPEN: Final = re.compile(rb"^connection:[^\n]*\n", re.IGNORECASE | re.MULTILINE)
_LENGTH: Final = re.compile(rb"^content-length: *(\d+)", re.IGNORECASE | re.MULTILINE)


class Front(ThreadingTCPServer):
    """`given` counts how many requests each door had."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False  # somebody may still be listening to a page's news

    def __init__(self, port: int, doors: Sequence[int]) -> None:
        super().__init__(("127.0.0.1", port), _OneRequest)
        self.given = dict.fromkeys(doors, 0)
        self._turn, self._doors = threading.Lock(), cycle(doors)

    def next_door(self) -> int:
        with self._turn:
            door = next(self._doors)
            self.given[door] += 1
        return door


class _OneRequest(StreamRequestHandler):
    """Then the line is closed, so that the next request comes in anew, and goes to another door."""

    server: Front

    def handle(self) -> None:
        with suppress(ConnectionError):
            head = b""
            while (line := self.rfile.readline()) not in (b"\r\n", b""):
                head += line
            if not head:  # a browser opens lines it may never use
                return
            length = _LENGTH.search(head)
            body = self.rfile.read(int(length[1])) if length else b""
            with socket.create_connection(("127.0.0.1", self.server.next_door())) as there:
                there.sendall(_KEPT_OPEN.sub(b"", head) + b"Connection: close\r\n\r\n" + body)
                while some := there.recv(65536):
                    self.wfile.write(some)


@contextmanager
def a_front(port: int, doors: Sequence[int]) -> Iterator[Front]:
    """In threads of its own for the length of the block."""
    with Front(port, doors) as front:
        thread = threading.Thread(target=front.serve_forever, name="front")
        thread.start()
        try:
            yield front
        finally:
            front.shutdown()
            thread.join()
