"""A running product as journeys see it: its people, loans, cases, and where it is to be had."""

import secrets
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select

from arrears import clock
from arrears.contracts import Rules
from arrears.policy.checklist import FILED_BY_HAND
from arrears.store import documents, exhibits, intents
from arrears.store.exhibits import Naming
from arrears.store.session import Store
from arrears.store.tables import borrowers, cases, contact_points, loans, messages, notices, tasks
from tests.journeys.collector import Collector


@dataclass
class RunningStack:
    base_url: str
    password: str
    store: Store
    rules: Rules
    ahead: timedelta  # of its clock before the machine's
    monitored: list[tuple[str, str]]  # where a monitor reads, with what token
    collector: Collector  # of the traces of all its parts
    data_dir: (
        Path  # letters, keys, what the processes said; database and Temporal where one process has them all
    )
    doors: tuple[str, ...] = ()  # of each web process by itself, where there are several
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

    def notice(self, case_id: str) -> str:
        """The id of the newest."""
        with self.store.reading() as connection:
            found = select(notices.c.notice_id).where(notices.c.case_id == case_id)
            return str(connection.execute(found.order_by(notices.c.notice_id.desc())).scalars().first())

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
