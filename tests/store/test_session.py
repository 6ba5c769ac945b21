import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from arrears import clock
from arrears.store.session import Limits, Store, open_engine


def _set(store: Store, name: str, value: str) -> None:
    with store.transaction() as connection:
        connection.execute(text("INSERT INTO keepsakes VALUES (:n, :v)"), {"n": name, "v": value})


def _names(store: Store) -> list[str]:
    with store.reading() as connection:
        return list(connection.execute(text("SELECT name FROM keepsakes ORDER BY name")).scalars())


def _fail_after_writing(store: Store) -> None:
    with store.transaction() as connection:
        connection.execute(text("INSERT INTO keepsakes VALUES ('a', '1')"))
        raise RuntimeError("in the middle")


def test_what_was_written_before_an_error_is_gone(store: Store) -> None:
    with pytest.raises(RuntimeError, match="in the middle"):
        _fail_after_writing(store)
    assert _names(store) == []


def test_listeners_hear_of_a_commit_when_it_can_be_read_and_never_of_a_rollback(store: Store) -> None:
    heard: list[list[str]] = []
    store.on_commit(lambda: heard.append(_names(store)))
    with pytest.raises(RuntimeError, match="in the middle"):
        _fail_after_writing(store)
    assert heard == []
    _set(store, "b", "2")
    assert heard == [["b"]]


def test_nothing_written_while_reading_is_kept(store: Store) -> None:
    with store.reading() as connection:
        connection.execute(text("INSERT INTO keepsakes VALUES ('a', '1')"))
    assert _names(store) == []


def test_one_look_sees_one_moment(store: Store) -> None:
    count = text("SELECT count(*) FROM keepsakes")
    with store.reading() as connection:
        assert connection.execute(count).scalar_one() == 0
        _set(store, "a", "1")
        assert connection.execute(count).scalar_one() == 0
    assert _names(store) == ["a"]


def test_reading_does_not_wait_for_a_writer(store: Store) -> None:
    with store.transaction() as connection:
        connection.execute(text("INSERT INTO keepsakes VALUES ('a', '1')"))
        assert _names(store) == []
    assert _names(store) == ["a"]


def test_a_read_that_goes_on_to_write_waits_for_its_turn_and_sees_what_came_before(store: Store) -> None:
    """Two who add one to the same number end at two; on PostgreSQL the row is locked by hand."""
    _set(store, "number", "0")
    lock = "" if store.is_sqlite else " FOR UPDATE"

    def add_one() -> None:
        with store.transaction() as connection:
            number = int(connection.execute(text(f"SELECT value FROM keepsakes{lock}")).scalar_one())
            connection.execute(text("UPDATE keepsakes SET value = :v"), {"v": str(number + 1)})

    threads = [Thread(target=add_one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.reading() as connection:
        assert connection.execute(text("SELECT value FROM keepsakes")).scalar_one() == "8"


HOLDER = """
import sys
from arrears import clock
from arrears.store.session import Limits, Store, open_engine
from sqlalchemy import text
with Store(open_engine(sys.argv[1])).transaction() as connection:
    connection.execute(text("INSERT INTO keepsakes VALUES ('theirs', '1')"))
    print("held", flush=True)
    sys.stdin.readline()
"""


def _hold(path: Path) -> subprocess.Popen[str]:
    """Another process in the middle of a write; it commits when it is told to go on."""
    command = [sys.executable, "-c", HOLDER, f"sqlite:///{path}"]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_a_writer_waits_for_another_process(sqlite_store: Store, tmp_path: Path) -> None:
    started = Event()

    def write() -> None:
        started.set()
        _set(sqlite_store, "ours", "1")

    with _hold(tmp_path / "arrears.db") as holder:
        writer = Thread(target=write)
        writer.start()
        started.wait()
        assert _names(sqlite_store) == []
        holder.communicate("\n")
        writer.join()
    assert _names(sqlite_store) == ["ours", "theirs"]


def test_a_writer_gives_up_when_the_other_process_never_ends(sqlite_store: Store, tmp_path: Path) -> None:
    path = tmp_path / "arrears.db"
    impatient = Store(open_engine(f"sqlite:///{path}", busy_seconds=0.05))
    with _hold(path) as holder:
        with pytest.raises(OperationalError, match="locked"):
            _set(impatient, "ours", "1")
        assert _names(impatient) == []
        holder.communicate("\n")
    _set(impatient, "ours", "1")
    assert _names(impatient) == ["ours", "theirs"]
    impatient.close()


def test_a_write_outlives_a_process_killed_right_after_it(sqlite_store: Store, tmp_path: Path) -> None:
    path = tmp_path / "arrears.db"
    command = [sys.executable, "-c", KILLED, f"sqlite:///{path}"]
    ended = subprocess.run(command, check=False)
    assert ended.returncode == -9
    assert _names(sqlite_store) == ["committed"]


KILLED = """
import os, signal, sys
from arrears import clock
from arrears.store.session import Limits, Store, open_engine
from sqlalchemy import text
store = Store(open_engine(sys.argv[1]))
with store.transaction() as connection:
    connection.execute(text("INSERT INTO keepsakes VALUES ('committed', '1')"))
with store.transaction() as connection:
    connection.execute(text("INSERT INTO keepsakes VALUES ('not committed', '1')"))
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_an_error_names_no_values(store: Store) -> None:
    """They would be names and numbers of people, in a log."""
    _set(store, "a", "1")
    with pytest.raises(Exception, match=r"(?i)unique") as caught:
        _set(store, "a", "13912345678")
    assert "13912345678" not in str(caught.value)


@pytest.mark.postgres
def test_a_connection_that_died_while_it_lay_idle_is_replaced(
    postgres_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a night in which the database was started anew."""
    _set(postgres_store, "before", "1")
    with postgres_store.reading() as connection:
        process = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    _end(postgres_store, process)
    later = clock.machine_now() + timedelta(hours=8)
    monkeypatch.setattr(clock, "machine_now", lambda: later)
    _set(postgres_store, "later", "2")
    assert _names(postgres_store) == ["before", "later"]


def _end(store: Store, process: int) -> None:
    other = open_engine(store.engine.url.render_as_string(hide_password=False))
    with other.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:process)"), {"process": process})
    other.dispose()


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("statement", "ended"),
    [
        ("SELECT pg_sleep(30)", "statement timeout"),
        ("INSERT INTO keepsakes VALUES ('held', '2')", "lock timeout"),
    ],
)
def test_what_takes_too_long_is_ended_by_the_database(
    postgres_store: Store, statement: str, ended: str
) -> None:
    limits = Limits(statement=2.0 if "sleep" in statement else 30.0, lock=0.2)
    limited = Store(open_engine(str(postgres_store.engine.url), limits=limits))
    with postgres_store.transaction() as held:
        held.execute(text("INSERT INTO keepsakes (name, value) VALUES ('held', '1')"))
        with pytest.raises(OperationalError, match=ended), limited.transaction() as connection:
            connection.execute(text(statement))
    _set(limited, "later", "2")  # and the next one goes on
    limited.close()


@pytest.mark.postgres
def test_who_leaves_a_transaction_open_loses_it_and_not_the_others(postgres_store: Store) -> None:
    limited = Store(
        open_engine(str(postgres_store.engine.url), limits=Limits(statement=30.0, lock=30.0, idle=0.2))
    )

    def leave_open() -> None:
        with limited.transaction() as connection:
            connection.execute(text("INSERT INTO keepsakes (name, value) VALUES ('one', '1')"))
            _set(postgres_store, "one", "2")  # waits for the other, which ends
            connection.execute(text("SELECT 1"))

    with pytest.raises(DBAPIError, match="idle-in-transaction"):
        leave_open()
    assert _names(postgres_store) == ["one"]
    limited.close()
