"""What each kind of hold blocks, and which clocks it stops (rule book 4.2)."""

from enum import StrEnum
from typing import Final

from arrears.policy.state import Clock, Hold, HoldKind, Scope
from arrears.policy.tasks import TaskKind
from arrears.policy.terms import Terms


class Act(StrEnum):
    """What a hold may forbid the bank."""

    CONTACT = "contact"
    ESCALATION = "escalation"
    FILING = "filing"
    PENALTY = "penalty"


# Any hold stops these. Clocks of courts and of service levels go on, and so does the long stop.
STAGE_CLOCKS: Final = frozenset(
    {Clock.ESCALATE, Clock.STEP_BACK, Clock.CURE, Clock.LEGAL_REVIEW, Clock.ENTER_LEGAL, Clock.FILING}
)
# These stop while nobody may be contacted.
CONTACT_CLOCKS: Final = frozenset({Clock.FOLLOW_UP, Clock.PROMISE, Clock.NOTICE, Clock.SEND, Clock.SILENCE})
# What rings soon after a hold would press on the debtor: there are some bank days first.
PRESSING: Final = (STAGE_CLOCKS | {Clock.NOTICE, Clock.PROMISE}) - {Clock.STEP_BACK}

NEEDS: Final[dict[TaskKind, Act]] = {
    TaskKind.FIRST_CONTACT: Act.CONTACT,
    TaskKind.FOLLOW_UP: Act.CONTACT,
    TaskKind.NOTICE_RELEASE: Act.CONTACT,
    TaskKind.ESCALATION: Act.ESCALATION,
    TaskKind.LEGAL_REVIEW: Act.ESCALATION,
    TaskKind.SECOND_APPROVAL: Act.ESCALATION,
    TaskKind.FILING: Act.FILING,
}
# The clock that asks again for work that was put aside.
COMES_BACK: Final[dict[TaskKind, Clock]] = {
    TaskKind.FIRST_CONTACT: Clock.FOLLOW_UP,
    TaskKind.FOLLOW_UP: Clock.FOLLOW_UP,
    TaskKind.NOTICE_RELEASE: Clock.NOTICE,
    TaskKind.ESCALATION: Clock.ESCALATE,
    TaskKind.LEGAL_REVIEW: Clock.LEGAL_REVIEW,
    TaskKind.SECOND_APPROVAL: Clock.LEGAL_REVIEW,
    TaskKind.FILING: Clock.FILING,
}
# How far each kind reaches; the first one when nothing is said.
SCOPES: Final[dict[HoldKind, tuple[Scope, ...]]] = {
    HoldKind.DISPUTE: (Scope.LOAN, Scope.PART),
    HoldKind.COMPLAINT: (Scope.PERSON,),
    HoldKind.HARDSHIP_REVIEW: (Scope.PERSON, Scope.LOAN),
    HoldKind.PAID_CLAIM: (Scope.LOAN,),
    HoldKind.PLAN_ACTIVE: (Scope.LOAN,),
    HoldKind.MORATORIUM: (Scope.PERSON, Scope.LOAN),
    HoldKind.INSOLVENCY: (Scope.PERSON,),
    HoldKind.DECEASED: (Scope.PERSON,),
    HoldKind.INCAPACITY: (Scope.PERSON,),
    HoldKind.FRAUD_CLAIM: (Scope.LOAN,),
    HoldKind.SYSTEM_FREEZE: (Scope.BANK,),
}
# Who is asked about a hold of this kind, besides its end by the clock of somebody who looks again.
ASKS: Final[dict[HoldKind, TaskKind]] = {
    HoldKind.DISPUTE: TaskKind.DISPUTE_REVIEW,
    HoldKind.COMPLAINT: TaskKind.COMPLAINT_REPLY,
    HoldKind.HARDSHIP_REVIEW: TaskKind.HARDSHIP_DECISION,
    HoldKind.PAID_CLAIM: TaskKind.PAID_CLAIM_CHECK,
    HoldKind.INSOLVENCY: TaskKind.INSOLVENCY_VERIFY,
    HoldKind.DECEASED: TaskKind.DEATH_VERIFY,
    HoldKind.INCAPACITY: TaskKind.CAPACITY_VERIFY,
    HoldKind.FRAUD_CLAIM: TaskKind.FRAUD_VERIFY,
}
INQUIRIES: Final = frozenset(
    {*ASKS.values(), TaskKind.COMPLAINT_EXTENSION, TaskKind.DECLARE_CLAIM, TaskKind.HOLD_REVIEW}
)
# The longest time of these is given in bank days, of all others in calendar days.
IN_BANK_DAYS: Final = (HoldKind.HARDSHIP_REVIEW, HoldKind.PAID_CLAIM)


def blocked(holds: tuple[Hold, ...], act: Act, terms: Terms) -> HoldKind | None:
    """The first hold that forbids the act; `terms` are those in force at the act, not the pinned ones."""
    return next((hold.kind for hold in holds if act in blocks(hold.kind, hold.scope, terms)), None)


def blocks(kind: HoldKind, scope: Scope, terms: Terms) -> frozenset[Act]:
    """A pack that does not know the kind blocks everything."""
    named = terms.hold_blocks.get(kind)
    acts = frozenset(Act) if named is None else frozenset(map(Act, named))
    # Who disputes a part may be spoken to about the rest.
    return acts - {Act.CONTACT} if scope is Scope.PART else acts


def stops(holds: tuple[Hold, ...], clock: Clock, terms: Terms) -> bool:
    if not holds:
        return False
    return clock in STAGE_CLOCKS or (
        clock in CONTACT_CLOCKS and blocked(holds, Act.CONTACT, terms) is not None
    )


def due(holds: tuple[Hold, ...]) -> Hold | None:
    """The hold about which a person is asked because its day has come."""
    return next((hold for hold in holds if hold.asked == "review"), None)


def disputed(holds: tuple[Hold, ...]) -> int:
    """Minor units that nobody may claim while they are disputed."""
    return sum(hold.part for hold in holds if hold.scope is Scope.PART)
