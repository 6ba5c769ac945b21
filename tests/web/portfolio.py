"""A small portfolio in which every page has something to show, seen from a given hour."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert

from api.auth.person import Person
from api.desk.holding import HoldIn
from api.desk.plans import PlanIn
from arrears.policy.agreements import Acceptance, Charges, Clause, Offer
from arrears.policy.schedules import Method
from arrears.policy.state import Clock, HoldKind
from arrears.policy.tasks import Role
from arrears.store import intents
from arrears.store.intents import PaymentIn
from arrears.store.tables import borrowers, contact_points, parties
from tests.builders import CaseRoom, LoanFacts, standing_at

NAMES = (
    "胡国栋",
    "朱秀英",
    "陈振华",
    "黄春燕",
    "高雪梅",
    "孙思远",
    "张振华",
    "徐春燕",
    "马晓东",
    "杨雪梅",
    "吴婉婷",
    "何立新",
)


@dataclass(frozen=True)
class Portfolio:
    """Cases by what is to be seen in them."""

    first_contact: str
    promised: str
    escalation: str
    notice: str
    formal: str
    review: str
    second: str
    legal: str
    paid: str
    planned: str
    held: str
    longest: str


def fill(room: CaseRoom, now: datetime) -> Portfolio:
    """Each case lives its own past, which ends at `now`."""
    for n, name in enumerate(NAMES):
        room.now = now - timedelta(hours=7 * n)
        facts = LoanFacts(
            name, days_past_due=3 + 2 * n, overdue=1_165_923 * (n + 1), balance=9_876_543 * (n + 1)
        )
        room.a_case(facts, phone=f"139{n:04d}{n * 7:04d}")
    made = Portfolio(
        first_contact=_begun(room, now),
        promised=_promised(room, now),
        escalation=_up_to_escalation(room, now, "刘明辉"),
        notice=_up_to_notice(room, now, "杨建国"),
        formal=_notified(room, now, "王佳怡"),
        review=_up_to_review(room, now, "周海燕"),
        second=_up_to_second(room, now, "杨思远"),
        legal=_in_court(room, now),
        paid=_paid(room, now),
        planned=_planned(room, now),
        held=_held(room, now),
        longest=_longest(room, now),
    )
    room.now = now
    _strange_money(room)
    return made


def _begun(room: CaseRoom, now: datetime) -> str:
    """A guarantor and an heir stand around the loan."""
    room.now = now
    case_id = room.a_case(LoanFacts("李明辉", days_past_due=12, overdue=7_472_931, balance=31_086_412))
    loan_id = room.case(case_id).loan_id
    with room.store.transaction() as connection:
        for role, name in (("guarantor", "司徒远"), ("heir", "李思齐")):
            person = f"P-{role}"
            connection.execute(insert(borrowers).values(borrower_id=person, kind="person", name=name))
            kind = "joint" if role == "guarantor" else None
            connection.execute(
                insert(parties).values(loan_id=loan_id, borrower_id=person, role=role, guarantee_kind=kind)
            )
            connection.execute(
                insert(contact_points).values(
                    contact_id=f"{person}-phone", borrower_id=person, channel="phone", address="13912340000"
                )
            )
    return case_id


def _held(room: CaseRoom, now: datetime) -> str:
    """A part is disputed, and the debtor is in hardship."""
    room.now = now - timedelta(days=2)
    case_id = room.a_case(LoanFacts("沈佳琪", days_past_due=14, overdue=4_200_000, balance=9_000_000))
    room.say(
        case_id,
        "first_contact",
        "dispute",
        by="s-collector",
        reason="称利息计算有误，已保留对账单。",
        amount_minor=1_000_000,
    )
    with standing_at(room):
        officer = Person("s-planner", "planner", "planner", frozenset({Role.PLAN_OFFICER}), "zh-CN")
        room.desk.holds.place(
            officer, case_id, HoldIn(HoldKind.HARDSHIP_REVIEW, "本人来函称失业", evidence="LH-2026-18")
        )
    room.hear(case_id)
    return case_id


def _promised(room: CaseRoom, now: datetime) -> str:
    room.now = now - timedelta(days=6)
    case_id = room.a_case(LoanFacts("朱子涵", days_past_due=12, overdue=5_396_314, balance=20_000_000))
    room.say(case_id, "first_contact", "na", by="s-collector")
    room.pass_days(case_id, 4)
    room.say(
        case_id,
        "follow_up",
        "ptp",
        by="s-collector",
        reason="发工资后还款，请勿再拨打单位电话。",
        amount_minor=5_396_314,
        on=room.today + timedelta(days=9),
    )
    room.pay(case_id, 1_000_000)
    return case_id


def _up_to_escalation(room: CaseRoom, now: datetime, name: str) -> str:
    room.now = now - timedelta(days=12)
    case_id = room.a_case(LoanFacts(name, days_past_due=41, overdue=81_044_604, balance=92_000_000))
    room.say(case_id, "first_contact", "rtp", by="s-collector", reason="称与银行有争议，拒绝还款。")
    room.ask_lead(case_id)
    room.pass_days(case_id, (now - timedelta(days=2) - room.now).days)
    return case_id


def _up_to_notice(room: CaseRoom, now: datetime, name: str) -> str:
    case_id = _up_to_escalation(room, now, name)
    room.say(case_id, "escalation", "escalate", by="s-lead")
    return case_id


def _notified(room: CaseRoom, now: datetime, name: str) -> str:
    room.now = now - timedelta(days=20)
    case_id = room.a_case(LoanFacts(name, days_past_due=45, overdue=30_858_329, balance=33_000_000))
    room.ask_lead(case_id, collector="s-colleague")
    room.say(case_id, "escalation", "escalate", by="s-lead")
    room.say(case_id, "notice_release", "release", by="s-lead")
    room.pass_days(case_id, 2)
    return case_id


def _up_to_review(room: CaseRoom, now: datetime, name: str) -> str:
    room.now = now - timedelta(days=40)
    case_id = room.a_case(LoanFacts(name, days_past_due=60, overdue=28_605_188, balance=28_605_188))
    room.ask_lead(case_id, collector="s-colleague")
    room.say(case_id, "escalation", "escalate", by="s-lead")
    room.to_review(case_id)
    return case_id


def _up_to_second(room: CaseRoom, now: datetime, name: str) -> str:
    case_id = _up_to_review(room, now, name)
    room.say(case_id, "legal_review", "sue", by="s-advisor1", reason="催告函已送达，证据齐全。")
    return case_id


def _in_court(room: CaseRoom, now: datetime) -> str:
    room.now = now - timedelta(days=70)
    case_id = room.a_case(LoanFacts("陈建业", days_past_due=80, overdue=12_300_000, balance=12_300_000))
    room.to_formal(case_id)
    room.to_legal(case_id)
    return case_id


def _paid(room: CaseRoom, now: datetime) -> str:
    room.now = now - timedelta(days=3)
    case_id = room.a_case(LoanFacts("赵文博", days_past_due=9, overdue=1_481_010, balance=8_000_000))
    room.say(case_id, "first_contact", "cant", by="s-collector")
    room.pay(case_id, 1_481_010)
    return case_id


def _planned(room: CaseRoom, now: datetime) -> str:
    """A plan of the whole debt, its first instalment paid in part and long missing: an officer is asked."""
    room.now = now - timedelta(days=50)
    case_id = room.a_case(LoanFacts("郑晓彤", days_past_due=35, overdue=6_000_000, balance=6_000_000))
    offer = Offer(
        Method.EQUAL_TOTAL,
        6_000_000,
        1_200,
        12,
        (room.today + timedelta(days=20)).isoformat(),
        Charges.STOP,
        Acceptance.SIGNED,
        "HKFA-2026-0001",
        tuple(Clause),
    )
    officer = Person("s-planner", "planner", "吴磊", frozenset({Role.PLAN_OFFICER}), "zh-CN")
    with standing_at(room):
        room.desk.sign_plan(officer, PlanIn(case_id, offer, room.state(case_id).facts_no))
    room.hear(case_id)
    room.pay(case_id, 100_000)
    room.pass_until(case_id, Clock.PLAN)
    room.pass_until(case_id, Clock.PLAN)
    return case_id


def _longest(room: CaseRoom, now: datetime) -> str:
    """Everything as long as it may be: an enterprise, a loan number of 48 signs, a hundred thousand millions."""
    room.now = now - timedelta(days=6)
    name = "内蒙古自治区呼和浩特市赛罕区样本农牧业机械设备进出口贸易股份有限公司第三分公司"
    loan_id = "LN-2024-0012-" + "9" * 35
    facts = LoanFacts(name, 400, 9_999_999_999_99, 9_999_999_999_999, kind="enterprise", loan_id=loan_id)
    case_id = room.a_case(facts)
    room.say(case_id, "first_contact", "rtp", by="s-collector", reason="理由很长" * 60 + "x" * 200)
    room.ask_lead(case_id)
    room.pay(case_id, 1_234_567_890_12)
    return case_id


def _strange_money(room: CaseRoom) -> None:
    """Money for nobody, too much and not final, and a signal nobody sent: the operators' queue is not empty."""
    currency = room.rules.terms.currency
    with room.store.transaction() as connection:
        intents.post_payment(
            connection,
            PaymentIn("P-900001", "RL-UNKNOWN-7", room.today, room.today, 1_250_000, currency),
            at=room.now,
            source="core-bank",
            reopen_days=room.rules.terms.reopen_days,
        )
        intents.raise_incident(
            connection,
            kind="unknown_message",
            key="case-RL2024000001-1-0f3a",
            at=room.now - timedelta(hours=5),
            case_id="case-RL2024000001-1",
            detail={"signal": "task_decided"},
        )
        intents.raise_incident(
            connection,
            kind="transfer_surplus",
            key="T-900003",
            at=room.now - timedelta(days=9),
            detail={"transfer_id": "T-900003", "surplus_minor": 6_543_21, "currency": currency},
            due_at=room.now - timedelta(days=2),
        )
        long_ago = room.today - timedelta(days=300)
        waiting = PaymentIn(
            "P-900002", "RL2024000001", long_ago, long_ago, 880_000, currency, provisional=True
        )
        intents.post_payment(connection, waiting, at=room.now, source="core-bank", reopen_days=7)
