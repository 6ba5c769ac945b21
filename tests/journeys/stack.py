"""The whole product in a process of its own, as `arrears up` runs it, for browsers and API clients to talk to."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select

from api.auth.passwords import Passwords
from arrears import clock
from arrears.cli.office_hours import seconds_until_open
from arrears.contracts import Rules
from arrears.policy.checklist import FILED_BY_HAND
from arrears.policy.tasks import Role
from arrears.store import documents, exhibits, intents, packs, people, schema
from arrears.store.exhibits import Naming
from arrears.store.people import NewStaff
from arrears.store.session import Store, open_engine
from arrears.store.tables import borrowers, cases, contact_points, loans, messages, notices, tasks
from tests.certified import certified

_PEOPLE = (
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


@dataclass
class RunningStack:
    base_url: str
    password: str
    store: Store
    rules: Rules
    process: subprocess.Popen[bytes]
    ahead: timedelta  # of its clock before the machine's
    data_dir: Path  # database, Temporal, letters, and `up.log` with all it said
    _loans: int = 0

    @property
    def now(self) -> datetime:
        return clock.machine_now() + self.ahead

    def login(self, role: str) -> str:
        """The log-in of the first person with the role; also `colleague` and `second_advisor`."""
        return role

    def a_case(
        self,
        *,
        days_past_due: int = 5,
        overdue: int = 100_000,
        balance: int = 500_000,
        name: str = "刘明辉",
        language: str = "zh-CN",
        address: str = "样本市演示路9号",
        id_number: str | None = None,
        phone: str | None = None,
    ) -> str:
        """A loan whose case has opened; minor units. Returns the case id."""
        self._loans += 1
        loan_id = f"J{self._loans:04d}-{secrets.token_hex(2)}"
        now = self.now
        today = self.rules.calendar.day_of(int(now.timestamp()))
        loan: dict[str, Any] = {
            "loan_id": loan_id,
            "borrower_id": f"B{loan_id}",
            "product": "term_loan",
            "currency": self.rules.terms.currency,
            "as_of_date": today - timedelta(days=1),
            "balance_minor": balance,
            "overdue_minor": overdue,
            "first_overdue_on": today - timedelta(days=days_past_due),
            "status": "open",
            "content_hash": "-",
        }
        person = {
            "borrower_id": loan["borrower_id"],
            "kind": "person",
            "name": name,
            "language": language,
            "address": address,
            "id_kind": "cn_id" if id_number else None,
            "id_number": id_number,
            "service_address_agreed": True,
        }
        with self.store.transaction() as connection:
            connection.execute(insert(borrowers), person)
            if phone is not None:
                connection.execute(insert(contact_points), _phone(person["borrower_id"], phone))
            connection.execute(insert(loans), loan)
            row = connection.execute(select(loans).where(loans.c.loan_id == loan_id)).mappings().one()
            case = intents.open_case(connection, dict(row), episode=1, at=now, pack=self.rules.terms.pack)
        self.settle(case)
        return case

    def loan_of(self, case_id: str) -> str:
        return case_id.rsplit("-", 1)[0].removeprefix("case-")

    def case(self, case_id: str) -> Any:
        with self.store.reading() as connection:
            return connection.execute(select(cases).where(cases.c.case_id == case_id)).first()

    def task(self, case_id: str, kind: str) -> str:
        """The id of the open task of this kind."""
        with self.store.reading() as connection:
            found = connection.execute(
                select(tasks.c.task_id).where(
                    tasks.c.case_id == case_id, tasks.c.kind == kind, tasks.c.status == "open"
                )
            )
            return str(found.scalar_one())

    def open_kinds(self, case_id: str) -> set[str]:
        with self.store.reading() as connection:
            found = select(tasks.c.kind).where(tasks.c.case_id == case_id, tasks.c.status == "open")
            return set(connection.execute(found).scalars())

    def today_of(self, case_id: str) -> date:
        """The bank's day in this case, whose clock may have been moved."""
        return self.rules.calendar.day_of(int(max(self.now, self.case(case_id).decided_at).timestamp()))

    def sent_at(self, case_id: str) -> datetime | None:
        """When the newest notice went out, by the clock on the bank's wall."""
        with self.store.reading() as connection:
            found = select(notices.c.sent_at).where(notices.c.case_id == case_id)
            sent = connection.execute(found.order_by(notices.c.notice_id.desc())).scalars().first()
        return None if sent is None else sent.astimezone(ZoneInfo(self.rules.calendar.zone))

    def prove(self, case_id: str) -> None:
        """The documents that somebody brings are on file."""
        with self.store.transaction() as connection:
            for n, item in enumerate(FILED_BY_HAND):
                documents.keep(connection, f"{n:064x}", "application/pdf", 1, by="s-1", at=self.now)
                naming = Naming(case_id, item, f"{n:064x}", self.today_of(case_id))
                exhibits.name(connection, naming, by="s-1", at=self.now)

    def settle(self, case_id: str | None = None, *, seconds: float = 60) -> None:
        """Until nothing that was said (to this case, or to any) waits for its answer."""
        which = select(messages.c.message_id).where(messages.c.status.in_(("waiting", "sent")))
        if case_id is not None:
            which = which.where(messages.c.case_id == case_id)
        for _ in range(int(seconds / 0.05)):
            with self.store.reading() as connection:
                if connection.execute(which.limit(1)).first() is None:
                    return
            time.sleep(0.05)
        raise TimeoutError(f"nothing settles for {case_id or 'the portfolio'}")


def _phone(borrower_id: str, number: str) -> dict[str, Any]:
    return {
        "contact_id": f"C-{borrower_id}",
        "borrower_id": borrower_id,
        "channel": "phone",
        "address": number,
        "preferred": True,
        "do_not_contact": False,
    }


@contextmanager
def running_stack(data_dir: Path) -> Iterator[RunningStack]:
    """`arrears up` on a free port with its own engine, a person for every role and no loan yet."""
    port = _free_port()
    rules = packs.load("cn-bank-2026").rules
    # Whatever the hour is here: nobody is called at night.
    ahead = seconds_until_open(int(clock.machine_now().timestamp()), rules.calendar)
    settings = {
        "ARREARS_SHIFT_SECONDS": str(ahead),
        "ARREARS_DATA_DIR": str(data_dir),
        "ARREARS_PORT": str(port),
        "ARREARS_TIME_SKIPPING": "true",
        "ARREARS_UNDO_SECONDS": "0",  # a walk waits for what follows, not for a change of mind
        "ARREARS_STEP_UP_MINUTES": "600",  # a slow machine is no reason to be asked again
        "ARREARS_UNSANDBOXED": "false",
    }
    data_dir.mkdir(parents=True, exist_ok=True)
    store = Store(open_engine(f"sqlite:///{(data_dir / 'arrears.db').as_posix()}"))
    schema.upgrade(store)
    password = f"journey-{secrets.token_hex(6)}"
    _hire(store, password)
    log = data_dir / "up.log"
    arrears = Path(sys.executable).with_name("arrears")
    with log.open("wb") as out:
        process = subprocess.Popen(
            [arrears, "up"], stdout=out, stderr=out, env=os.environ | settings, cwd=data_dir
        )
        stack = RunningStack(
            f"http://127.0.0.1:{port}",
            password,
            store,
            rules,
            process,
            timedelta(seconds=ahead),
            data_dir,
        )
        try:
            _wait_until_ready(stack, log)
            yield stack
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)
            store.close()


def _hire(store: Store, password: str) -> None:
    hashed = Passwords().hash(password)
    with store.transaction() as connection:
        for login, name, role in _PEOPLE:
            new = NewStaff(login, name, frozenset({role}), hashed, "zh-CN")
            certified(connection, people.add_staff(connection, new, at=clock.machine_now()))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(stack: RunningStack, log: Path) -> None:
    """Web, database and Temporal: a start that fails says why."""
    for _ in range(600):
        if stack.process.poll() is not None:
            raise RuntimeError(f"arrears up ended: {log.read_text('utf-8')[-2000:]}")
        try:
            with urllib.request.urlopen(f"{stack.base_url}/health/ready", timeout=2) as answer:
                if answer.status == 200 and json.load(answer).get("status") in ("ready", "ok"):
                    return
        except OSError:
            pass
        time.sleep(0.2)
    raise TimeoutError(f"arrears up is not ready: {log.read_text('utf-8')[-2000:]}")
