"""Which work people get, who may do it, and what they may answer."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from arrears.policy.codes import CONTACT_RESULTS, PROMISES
from arrears.policy.codes import Outcome as Outcome  # noqa: PLC0414  # an answer to a task, found where tasks are


class Role(StrEnum):
    COLLECTOR = "collector"
    TEAM_LEAD = "team_lead"
    LEGAL_ADVISOR = "legal_advisor"
    PLAN_OFFICER = "plan_officer"
    CASE_DESK = "case_desk"
    OPS = "ops"
    MANAGER = "manager"
    COMPLIANCE = "compliance"
    OPERATOR = "operator"
    ADMIN = "admin"


class TaskKind(StrEnum):
    FIRST_CONTACT = "first_contact"
    FOLLOW_UP = "follow_up"
    ESCALATION = "escalation"
    NOTICE_RELEASE = "notice_release"
    LEGAL_REVIEW = "legal_review"
    SECOND_APPROVAL = "second_approval"
    FILING = "filing"
    COURT_END = "court_end"
    DELIVERY_CHECK = "delivery_check"
    NEW_ADDRESS = "new_address"
    IDLE_REVIEW = "idle_review"
    PLAN_APPROVAL = "plan_approval"
    PLAN_BREACH = "plan_breach"
    PAID_CLAIM_CHECK = "paid_claim_check"
    DISPUTE_REVIEW = "dispute_review"
    COMPLAINT_REPLY = "complaint_reply"
    COMPLAINT_EXTENSION = "complaint_extension"
    HARDSHIP_DECISION = "hardship_decision"
    DEATH_VERIFY = "death_verify"
    CAPACITY_VERIFY = "capacity_verify"
    INSOLVENCY_VERIFY = "insolvency_verify"
    FRAUD_VERIFY = "fraud_verify"
    DECLARE_CLAIM = "declare_claim"
    HOLD_REVIEW = "hold_review"


# The longest time of their hold is theirs; the last one has the day the court named.
TIMED_BY_HOLD: Final = frozenset(
    {
        TaskKind.PAID_CLAIM_CHECK,
        TaskKind.DISPUTE_REVIEW,
        TaskKind.COMPLAINT_REPLY,
        TaskKind.HARDSHIP_DECISION,
        TaskKind.DECLARE_CLAIM,
    }
)
# Answers that put a question off: the person may name the day on which it comes again.
PUT_OFF: Final = frozenset(
    {Outcome.KEEP, Outcome.CANCEL, Outcome.RETURN, Outcome.REFUSE, Outcome.NOT_FILED, Outcome.NOT_FOUND}
)
# An answer that goes against the proposal says why; one that agrees need not.
NEEDS_REASON: Final = PUT_OFF | {
    Outcome.CONTINUE,
    Outcome.REFUSES,
    Outcome.COURT_ENDED,
    Outcome.CURE_PERIOD,
    Outcome.RENEGOTIATE,
    Outcome.DECLINE,
    # What the debtor says of it is what somebody else has to look into.
    Outcome.DISPUTES,
    Outcome.COMPLAINS,
    Outcome.NOT_MINE,
    Outcome.SAYS_PAID,
    Outcome.NO_MONEY,
    Outcome.REJECTED,
    Outcome.WITHDRAWN,
    Outcome.EXTEND,
    Outcome.DENY,
    Outcome.NO_RELIEF,
    Outcome.REFUTED,
    Outcome.NOT_DECLARED,
    Outcome.GOES_ON,
    Outcome.HOLD_ENDS,
}
# Answers that name a day: on which a letter arrived, to which a court gave time, to which a hold goes on.
WITH_DAY: Final = frozenset({Outcome.ARRIVED, Outcome.INSOLVENT, Outcome.GOES_ON})
# Answers that may say which part of the debt they are about; with the second it must be said.
WITH_PART: Final = frozenset({Outcome.DISPUTES, Outcome.UPHELD_PART})
# Answers whose effect cannot be taken back are given on the facts of the moment: a stale one is refused.
ON_FACTS: Final = frozenset(
    {
        Outcome.ESCALATE,
        Outcome.RELEASE,
        Outcome.SUE,
        Outcome.APPROVE,
        Outcome.FILED,
        Outcome.WITHDRAW,
        Outcome.BROKEN,
        Outcome.AGREE,
    }
)


# Approvals: whoever gives one has just shown by the password that it is this person.
APPROVALS: Final = frozenset({Outcome.SUE, Outcome.APPROVE, Outcome.AGREE})


@dataclass(frozen=True)
class Work:
    """One kind of task: who does it and what may be answered."""

    role: Role
    outcomes: tuple[Outcome, ...]
    parts_people: bool = False  # neither the proposer nor anyone who worked the case may decide it


_VERIFIED: Final = (Outcome.CONFIRMED, Outcome.REFUTED, Outcome.NEED_PROOF)

WORK: Final[dict[TaskKind, Work]] = {
    TaskKind.FIRST_CONTACT: Work(Role.COLLECTOR, CONTACT_RESULTS),
    TaskKind.FOLLOW_UP: Work(Role.COLLECTOR, CONTACT_RESULTS),
    TaskKind.ESCALATION: Work(Role.TEAM_LEAD, (Outcome.ESCALATE, Outcome.KEEP)),
    TaskKind.NOTICE_RELEASE: Work(Role.TEAM_LEAD, (Outcome.RELEASE, Outcome.CANCEL)),
    TaskKind.LEGAL_REVIEW: Work(Role.LEGAL_ADVISOR, (Outcome.SUE, Outcome.RETURN), parts_people=True),
    TaskKind.SECOND_APPROVAL: Work(Role.LEGAL_ADVISOR, (Outcome.APPROVE, Outcome.REFUSE), parts_people=True),
    TaskKind.FILING: Work(Role.LEGAL_ADVISOR, (Outcome.FILED, Outcome.NOT_FILED)),
    TaskKind.COURT_END: Work(Role.LEGAL_ADVISOR, (Outcome.WITHDRAW, Outcome.SEEK_COSTS, Outcome.COURT_ENDED)),
    TaskKind.DELIVERY_CHECK: Work(Role.OPS, (Outcome.ARRIVED, Outcome.CAME_BACK, Outcome.NOT_KNOWN)),
    TaskKind.NEW_ADDRESS: Work(Role.OPS, (Outcome.FOUND, Outcome.NOT_FOUND)),
    TaskKind.IDLE_REVIEW: Work(Role.TEAM_LEAD, (Outcome.CONTINUE,)),
    TaskKind.PLAN_APPROVAL: Work(Role.MANAGER, (Outcome.AGREE, Outcome.DECLINE), parts_people=True),
    TaskKind.PLAN_BREACH: Work(Role.PLAN_OFFICER, (Outcome.BROKEN, Outcome.CURE_PERIOD, Outcome.RENEGOTIATE)),
    TaskKind.PAID_CLAIM_CHECK: Work(Role.OPS, (Outcome.MONEY_FOUND, Outcome.NO_MONEY)),
    TaskKind.DISPUTE_REVIEW: Work(Role.CASE_DESK, (Outcome.UPHELD, Outcome.UPHELD_PART, Outcome.REJECTED)),
    TaskKind.COMPLAINT_REPLY: Work(
        Role.CASE_DESK, (Outcome.UPHELD, Outcome.REJECTED, Outcome.WITHDRAWN, Outcome.EXTEND)
    ),
    TaskKind.COMPLAINT_EXTENSION: Work(Role.MANAGER, (Outcome.ALLOW, Outcome.DENY)),
    TaskKind.HARDSHIP_DECISION: Work(
        Role.PLAN_OFFICER, (Outcome.OFFER, Outcome.MORE_EVIDENCE, Outcome.NO_RELIEF)
    ),
    TaskKind.DEATH_VERIFY: Work(Role.CASE_DESK, _VERIFIED),
    TaskKind.CAPACITY_VERIFY: Work(Role.CASE_DESK, _VERIFIED),
    TaskKind.INSOLVENCY_VERIFY: Work(
        Role.CASE_DESK, (Outcome.INSOLVENT, Outcome.REFUTED, Outcome.NEED_PROOF)
    ),
    TaskKind.FRAUD_VERIFY: Work(Role.CASE_DESK, _VERIFIED),
    TaskKind.DECLARE_CLAIM: Work(Role.LEGAL_ADVISOR, (Outcome.DECLARED, Outcome.NOT_DECLARED)),
    TaskKind.HOLD_REVIEW: Work(Role.CASE_DESK, (Outcome.GOES_ON, Outcome.HOLD_ENDS)),
}

_WITH_AMOUNT: Final = PROMISES | {Outcome.UPHELD_PART}


def may_answer(kind: TaskKind, outcome: str) -> bool:
    return outcome in WORK[kind].outcomes


@dataclass(frozen=True)
class Missing:
    """What an answer still lacks: the field and a message id a door can translate."""

    field: str
    why: str


def lacks(outcome: Outcome, *, reason: str | None, amount_minor: int | None, on: str | None) -> list[Missing]:
    """What must still be said before this answer can be accepted; empty when nothing."""
    wanted: list[Missing] = []
    if outcome in NEEDS_REASON and not (reason or "").strip():
        wanted.append(Missing("reason", "reason_required"))
    if outcome in _WITH_AMOUNT and (not amount_minor or amount_minor <= 0):
        wanted.append(Missing("amount", "amount_required"))
    if outcome in PROMISES | WITH_DAY and not on:
        wanted.append(Missing("on", "day_required"))
    return wanted
