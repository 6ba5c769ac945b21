"""Rows as the rest of the house would have written them, for the API to look at."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import insert

from api.auth.person import Person
from arrears.policy.tasks import Role
from arrears.store import intents, people
from arrears.store.intents import PaymentIn
from arrears.store.people import NewStaff
from arrears.store.session import Store
from arrears.store.tables import (
    borrowers,
    cases,
    contact_attempts,
    contact_points,
    deadlines,
    holds,
    incidents,
    loans,
    messages,
    notices,
    records,
    tasks,
)
from tests.certified import certified

AT: Final = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
NAME: Final = "欧阳清和"
PHONE: Final = "13812345678"
MAIL: Final = "qinghe.ouyang@example.cn"


def a_person(
    store: Store, *roles: Role, login: str | None = None, password_hash: str | None = None
) -> Person:
    """A member of staff with these roles; `staff_id` says which."""
    login = login or ("everybody" if len(roles) > 2 else "-".join(sorted(roles)))
    new = NewStaff(login, f"Name of {login}", frozenset(roles), password_hash, "en", f"s-{login}")
    with store.transaction() as connection:
        certified(connection, people.add_staff(connection, new, at=AT))
    return Person(f"s-{login}", login, new.name, new.roles, "en")


def a_loan(store: Store, loan_id: str) -> None:
    with store.transaction() as connection:
        connection.execute(
            insert(borrowers).values(
                borrower_id=f"B-{loan_id}",
                kind="person",
                name=NAME,
                id_kind="cn_id",
                id_number="310101199001011234",
                service_address_agreed=True,
            )
        )
        for channel, address in (("phone", PHONE), ("email", MAIL), ("post", "样本市演示路9号")):
            connection.execute(
                insert(contact_points).values(
                    contact_id=f"{loan_id}-{channel}",
                    borrower_id=f"B-{loan_id}",
                    channel=channel,
                    address=address,
                    preferred=channel == "phone",
                    do_not_contact=False,
                )
            )
        connection.execute(
            insert(loans).values(
                loan_id=loan_id,
                borrower_id=f"B-{loan_id}",
                product="term_loan",
                currency="CNY",
                as_of_date=date(2026, 10, 30),
                balance_minor=500_000,
                overdue_minor=100_000,
                first_overdue_on=date(2026, 10, 20),
                status="open",
                content_hash="-",
            )
        )


def a_case(store: Store, loan_id: str = "L1", *, stage: str = "initial", status: str = "open") -> str:
    """A loan with a case of one step, one clock and no task."""
    a_loan(store, loan_id)
    case_id = f"case-{loan_id}-1"
    with store.transaction() as connection:
        connection.execute(
            insert(cases).values(
                case_id=case_id,
                loan_id=loan_id,
                borrower_id=f"B-{loan_id}",
                episode=1,
                status=status,
                stage=stage,
                stage_since=AT,
                opened_at=AT,
                currency="CNY",
                balance_minor=500_000,
                overdue_minor=100_000,
                next_deadline="escalate",
                next_deadline_at=AT + timedelta(days=20),
                pack="cn-bank-2026.1",
                attention=False,
                seq=1,
                digest="-",
                state={},
                decided_at=AT,
                recorded_at=AT,
            )
        )
        connection.execute(
            insert(deadlines).values(case_id=case_id, name="escalate", due_at=AT + timedelta(days=20))
        )
    a_step(store, case_id, seq=1)
    return case_id


def a_provisional_payment(store: Store, loan_id: str) -> str:
    """History, so that no case is told."""
    day = date(2026, 10, 1)
    payment = PaymentIn(f"P-{loan_id}", loan_id, day, day, 100, "CNY", provisional=True)
    with store.transaction() as connection:
        intents.post_payment(connection, payment, at=AT, source="core-bank", reopen_days=7)
    return payment.payment_id


def a_step(store: Store, case_id: str, *, seq: int) -> None:
    with store.transaction() as connection:
        connection.execute(
            insert(records).values(
                case_id=case_id,
                seq=seq,
                print="-",
                base="-",
                event={"kind": "message", "message_id": f"m{seq}"},
                effects=[{"kind": "enter_stage", "stage": "initial"}],
                at=AT + timedelta(minutes=seq),
                recorded_at=AT,
            )
        )


def a_task(
    store: Store,
    case_id: str,
    n: int = 1,
    *,
    kind: str = "first_contact",
    role: Role = Role.COLLECTOR,
    assignee: str | None = None,
    barred: tuple[str, ...] = (),
    due_in_days: int = 1,
    status: str = "open",
) -> str:
    task_id = f"{case_id}-t1-{n}"
    loan_id = case_id.split("-")[1]
    with store.transaction() as connection:
        connection.execute(
            insert(tasks).values(
                task_id=task_id,
                case_id=case_id,
                loan_id=loan_id,
                borrower_id=f"B-{loan_id}",
                kind=kind,
                role=role.value,
                stage="initial",
                status=status,
                facts_no=1,
                facts={"stage": "initial", "overdue_minor": 100_000, "days_past_due": 5},
                barred=list(barred),
                opened_seq=1,
                opened_at=AT,
                due_at=AT + timedelta(days=due_in_days),
                assignee=assignee,
                claimed_at=AT if assignee else None,
            )
        )
    return task_id


def a_message(store: Store, case_id: str, *, actor: str, task_id: str | None = None, **values: Any) -> str:
    message_id = values.pop("message_id", f"{task_id or case_id}-a1")
    with store.transaction() as connection:
        connection.execute(
            insert(messages).values(
                {
                    "message_id": message_id,
                    "arrival": int(AT.timestamp() * 1_000_000) * 64,
                    "case_id": case_id,
                    "signal": "task_decided",
                    "rank": 2,
                    "actor": actor,
                    "task_id": task_id,
                    "content": {},
                    "content_hash": "-",
                    "status": "waiting",
                    "effective_at": AT,
                    "accepted_at": AT,
                    "attempts": 0,
                }
                | values
            )
        )
    return str(message_id)


def a_notice(
    store: Store, case_id: str, n: int = 1, *, status: str = "sent", sent_at: datetime | None = None
) -> str:
    """Released four days ago; sent three days ago unless it is only released."""
    notice_id = f"{case_id}-notice-{n}"
    sent_at = None if status in ("released", "withdrawn") else sent_at or AT - timedelta(days=3)
    with store.transaction() as connection:
        connection.execute(
            insert(notices).values(
                notice_id=notice_id,
                case_id=case_id,
                kind="demand",
                status=status,
                amount_minor=100_000,
                balance_minor=500_000,
                currency="CNY",
                as_of=AT - timedelta(days=4),
                released_by="s-lead",
                released_at=AT - timedelta(days=4),
                sent_at=sent_at,
            )
        )
    return notice_id


def an_attempt(store: Store, case_id: str, n: int = 1, *, actor: str, status: str = "reserved") -> str:
    """A call to the debtor that somebody has started."""
    attempt_id, loan_id = f"{actor}-{case_id}-{n}", case_id.split("-")[1]
    with store.transaction() as connection:
        connection.execute(
            insert(contact_attempts).values(
                attempt_id=attempt_id,
                borrower_id=f"B-{loan_id}",
                case_id=case_id,
                loan_id=loan_id,
                contact_id=f"{loan_id}-phone",
                number=PHONE,
                action="out_call",
                party="borrower",
                purpose="collection",
                actor=actor,
                staff=[],
                status=status,
                at=AT,
                reserved_at=AT,
            )
        )
    return attempt_id


def an_incident(store: Store, key: str = "k1", *, minutes: int = 0) -> str:
    incident_id = f"unknown_signal-{key}"
    with store.transaction() as connection:
        connection.execute(
            insert(incidents).values(
                incident_id=incident_id,
                kind="unknown_signal",
                detail={"signal": "x"},
                status="open",
                opened_at=AT + timedelta(minutes=minutes),
            )
        )
    return incident_id


def a_surplus(store: Store, key: str) -> str:
    """Left over of a transfer, to be given back the day before."""
    incident_id = f"transfer_surplus-{key}"
    with store.transaction() as connection:
        connection.execute(
            insert(incidents).values(
                incident_id=incident_id,
                kind="transfer_surplus",
                detail={"transfer_id": key, "surplus_minor": 500, "currency": "CNY"},
                status="open",
                opened_at=AT,
                due_at=AT - timedelta(days=1),
            )
        )
    return incident_id


def a_hold(
    store: Store, case_id: str, kind: str = "dispute", *, scope: str = "loan", against: str | None = None
) -> str:
    """One that stands over the case; with scope `bank` over all of them."""
    bank = scope == "bank"
    hold_id = "stop-1" if bank else f"{case_id}-{kind}"
    with store.transaction() as connection:
        connection.execute(
            insert(holds).values(
                hold_id=hold_id,
                case_id=None if bank else case_id,
                borrower_id=None if bank else f"B-{case_id.split('-')[1]}",
                kind=kind,
                scope=scope,
                reason="said",
                against=against,
                placed_by="s-x",
                placed_at=AT,
            )
        )
    return hold_id


def a_way(store: Store, case_id: str) -> str:
    """A chat, which the contract does not give."""
    loan_id = case_id.split("-")[1]
    with store.transaction() as connection:
        connection.execute(
            insert(contact_points).values(
                contact_id=f"{loan_id}-im",
                borrower_id=f"B-{loan_id}",
                channel="im",
                address="wx-1",
                preferred=False,
            )
        )
    return f"{loan_id}-im"
