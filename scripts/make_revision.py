"""Writes the migration from what the revisions give to what `arrears/store/tables.py` says.

`python scripts/make_revision.py "add the court dates"` adds one revision;
`python scripts/make_revision.py --first` writes 0001 anew, allowed while nothing has been released.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.script import Script

from arrears.store import schema
from arrears.store.session import Store, open_engine

VERSIONS = Path("arrears/store/migrations/versions")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("message", nargs="?", help="what the revision does, in a few words")
    parser.add_argument("--first", action="store_true", help="write the first revision anew")
    asked = parser.parse_args()
    kept = sorted(VERSIONS.glob("0*.py"))
    if asked.first:
        if len(kept) > 1:
            parser.error("there are later revisions: 0001 has been built upon and stays as it is")
        for old in kept:
            old.unlink()
    elif not asked.message:
        parser.error("say in a few words what the revision does")
    newest = 0 if asked.first else max((int(path.name[:4]) for path in kept), default=0)
    number = f"{newest + 1:04d}"
    path = _write(number, "the first tables" if asked.first else asked.message)
    print(path)
    return 0


def _write(number: str, message: str) -> Path:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(open_engine(f"sqlite:///{folder}/empty.db"))
        if int(number) > 1:
            schema.upgrade(store)
        with store.transaction() as connection:
            script = command.revision(
                schema.config(connection), message=message, autogenerate=True, rev_id=number
            )
        store.close()
    assert isinstance(script, Script)
    path = Path(script.path)
    path.write_text(re.sub(r"^ +# ### .*\n", "", path.read_text(), flags=re.MULTILINE))
    for tidy in (["check", "--fix", "--quiet", "--exit-zero"], ["format", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *tidy, str(path)], check=True)
    return path


if __name__ == "__main__":
    sys.exit(main())
