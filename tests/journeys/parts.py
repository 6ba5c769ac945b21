"""Starts the product in processes of its own, and says why when it does not come up."""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from api.auth.passwords import Passwords
from arrears import clock
from arrears.cli.office_hours import seconds_until_open
from arrears.contracts import Rules
from arrears.engine.ports import choose
from arrears.policy.tasks import Role
from arrears.store import packs, people, schema
from arrears.store.people import NewStaff
from arrears.store.session import Store, open_engine
from tests.certified import certified
from tests.journeys.collector import Collector, collecting
from tests.journeys.stack import RunningStack

MONITOR: Final = f"monitor-{secrets.token_hex(16)}"
_PEOPLE: Final = (
    ("collector", "陈静", Role.COLLECTOR),
    ("colleague", "李敏", Role.COLLECTOR),
    ("team_lead", "周凯", Role.TEAM_LEAD),
    ("legal_advisor", "赵静", Role.LEGAL_ADVISOR),
    ("second_advisor", "钱伟", Role.LEGAL_ADVISOR),
    ("ops", "孙丽", Role.OPS),
    ("ops2", "许宁", Role.OPS),
    ("plan_officer", "吴芳", Role.PLAN_OFFICER),
    ("case_desk", "郑洁", Role.CASE_DESK),
    ("manager", "冯涛", Role.MANAGER),
    ("compliance", "陈晨", Role.COMPLIANCE),
    ("operator", "周杰", Role.OPERATOR),
    ("admin", "何平", Role.ADMIN),
)


def rules_of_the_bank() -> Rules:
    return packs.load("cn-bank-2026").rules


def until_open(rules: Rules) -> timedelta:
    """Whatever the hour is here: nobody is called at night."""
    return timedelta(seconds=seconds_until_open(int(clock.machine_now().timestamp()), rules.calendar))


def settings_of_a_trial(data_dir: Path, ahead: timedelta, collector: Collector) -> dict[str, str]:
    return {
        "ARREARS_SHIFT_SECONDS": str(int(ahead.total_seconds())),
        "ARREARS_DATA_DIR": str(data_dir),
        "ARREARS_TIME_SKIPPING": "true",
        "ARREARS_UNDO_SECONDS": "0",  # a walk waits for what follows, not for a change of mind
        "ARREARS_STEP_UP_MINUTES": "600",  # a slow machine is no reason to be asked again
        "ARREARS_METRICS_TOKEN": MONITOR,
        "ARREARS_OTLP_ENDPOINT": collector.endpoint,
        "OTEL_BSP_SCHEDULE_DELAY": "200",  # milliseconds until a part sends what it saw
    }


def hire(store: Store) -> str:
    """A person for every role; returns the password of all of them."""
    password = f"journey-{secrets.token_hex(6)}"
    hashed = Passwords().hash(password)
    with store.transaction() as connection:
        for login, name, role in _PEOPLE:
            new = NewStaff(login, name, frozenset({role}), hashed, "zh-CN")
            certified(connection, people.add_staff(connection, new, at=clock.machine_now()))
    return password


@contextmanager
def running(verb: str, settings: Mapping[str, str], *, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`arrears <verb>` for the length of the block; interrupted at its end, as by Ctrl-C."""
    arrears = Path(sys.executable).with_name("arrears")
    with log.open("wb") as out:
        process = subprocess.Popen(
            [arrears, verb], stdout=out, stderr=out, env=os.environ | settings, cwd=log.parent
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)


def wait_until_ready(base_url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Web, database and Temporal: a start that fails says why."""
    for _ in range(1500):
        if process.poll() is not None:
            raise RuntimeError(f"it ended: {log.read_text('utf-8')[-2000:]}")
        try:
            with urllib.request.urlopen(f"{base_url}/health/ready", timeout=2) as answer:
                if answer.status == 200 and json.load(answer).get("status") in ("ready", "ok"):
                    return
        except OSError:
            pass
        time.sleep(0.2)
    raise TimeoutError(f"it is not ready: {log.read_text('utf-8')[-2000:]}")


@contextmanager
def running_stack(data_dir: Path) -> Iterator[RunningStack]:
    """`arrears up` on a free port with its own engine, a person for every role and no loan yet."""
    with collecting() as collector, _up(data_dir, collector) as stack:
        yield stack


@contextmanager
def _up(data_dir: Path, collector: Collector) -> Iterator[RunningStack]:
    data_dir.mkdir(parents=True, exist_ok=True)
    rules, ports = rules_of_the_bank(), choose(["web", "worker"], kept={})
    ahead, port, watched = until_open(rules), ports["web"], f"127.0.0.1:{ports['worker']}"
    settings = settings_of_a_trial(data_dir, ahead, collector) | {
        "ARREARS_PORT": str(port),
        "ARREARS_WORKER_METRICS": watched,
        "ARREARS_UNSANDBOXED": "false",
    }
    store = Store(open_engine(f"sqlite:///{(data_dir / 'arrears.db').as_posix()}"))
    schema.upgrade(store)
    address = f"http://127.0.0.1:{port}"
    monitored = [(f"{address}/metrics", MONITOR), (f"http://{watched}/metrics", "")]
    stack = RunningStack(address, hire(store), store, rules, ahead, monitored, collector, data_dir)
    log = data_dir / "up.log"
    try:
        with running("up", settings, log=log) as process:
            wait_until_ready(stack.base_url, process, log)
            yield stack
    finally:
        store.close()
