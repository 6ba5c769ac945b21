"""Run as a program: starts an engine in the folder it is given, says who runs, and waits to be killed."""

import sys
import threading
from pathlib import Path

from arrears.engine.embedded import Engine


def main() -> None:
    with Engine(data_dir=Path(sys.argv[1]), ui=False) as engine:
        sys.stdout.write(f"{engine.server_pid}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
