"""Ties a program's life to the life of its parent, then becomes that program (Linux; run as a file, not imported)."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    # The kernel keeps the tie across exec, so nothing has to stand watch.
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the parent died before its program could start")
    try:
        os.execv(command[0], command)  # noqa: S606 - becoming that program is the whole purpose
    except OSError as error:
        sys.exit(f"{command[0]} cannot be run: {error}")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
