"""A process of its own that imports a folder and, if asked to, dies by kill -9 after so many commits.

python -m tests.feeds.killed_import URL FOLDER REJECTS COMMITS
"""

import os
import signal
import sys
from itertools import count
from pathlib import Path

from arrears import clock
from arrears.feeds.importing import Order, import_delivery
from arrears.store.session import Store, open_engine
from tests.feeds.deliveries import NOON, PACK, Listener


def main(url: str, folder: str, rejects: str, commits: str) -> None:
    store = Store(open_engine(url))
    done = count(1)

    def die_after_some() -> None:
        if next(done) == int(commits):
            os.kill(os.getpid(), signal.SIGKILL)

    store.on_commit(die_after_some)
    order = Order([Path(folder)], rejects_to=Path(rejects), rebase_to_today=True, chunk=2)
    with clock.door_time(NOON):
        outcome = import_delivery(store, PACK, order, Listener())
    sys.stdout.write(outcome.verdict.value)


if __name__ == "__main__":
    main(*sys.argv[1:])
