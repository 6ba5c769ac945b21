"""How a case can end: one story for each way, told to its last word."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from api.auth.person import Person
from api.desk.plans import PlanIn
from arrears import clock
from arrears.policy.agreements import Acceptance, Charges, Clause, Offer
from arrears.policy.schedules import Method
from arrears.policy.tasks import Role
from tests import stories
from tests.stories import BALANCE, OVERDUE
from tests.world import ADVISOR, COLLECTOR, World

PLANNER: Final = Person("s-planner", "wu", "Wu Planner", frozenset({Role.PLAN_OFFICER}), "zh-CN")
DESK: Final = Person("s-desk", "zheng", "Zheng Desk", frozenset({Role.CASE_DESK}), "zh-CN")

Story = Callable[[World], Awaitable[str]]


async def cured_in_initial(world: World) -> str:
    """The debtor promises, and pays what was promised."""
    case = await stories.to_initial(world)
    friday = world.rules.calendar.day_of(int(world.now_of(case).timestamp())) + timedelta(days=4)
    await world.decide(case, COLLECTOR, "first_contact", "ptp", amount_minor=OVERDUE, on=friday)
    await world.pay(case, OVERDUE)
    return case


async def cured_in_formal(world: World) -> str:
    """In two parts, the second after an advisor was asked."""
    case = await stories.to_review(world)
    await world.pay(case, 30_000)
    await world.pay(case, OVERDUE - 30_000)
    return case


async def cured_in_legal(world: World) -> str:
    """Approved by two, and paid before an advisor has filed."""
    case = await stories.to_legal(world)
    await world.pay(case, OVERDUE)
    return case


async def cured_before_the_court(world: World) -> str:
    """Paid after filing: the case waits until an advisor has withdrawn the claim."""
    case = await stories.to_filed(world)
    await world.pay(case, OVERDUE)
    await world.decide(case, ADVISOR, "court_end", "withdraw")
    return case


async def cured_but_for_cents(world: World) -> str:
    """0.37 is missing: nobody is chased for it."""
    case = await stories.to_initial(world)
    await world.pay(case, OVERDUE - 37)
    return case


async def paid_off(world: World) -> str:
    """All that is owed, due or not, while a notice is on its way."""
    case = await stories.to_notice_released(world)
    await world.pay(case, BALANCE)
    return case


async def never_owed(world: World) -> str:
    """The core bank says that the loan is closed, though something seemed owed."""
    case = await stories.to_third_contact(world)
    loan = {
        "loan_id": world.case(case).loan_id,
        "currency": world.rules.terms.currency,
        "balance_minor": BALANCE,
        "overdue_minor": 0,
        "first_overdue_on": None,
        "status": "closed",
    }
    world.say(case, "loan_restated", loan)
    await world.settled(case)
    return case


async def cured_again_after_a_bounce(world: World) -> str:
    """Paid, taken back within the days of grace, and paid: the same case ends twice."""
    case = await stories.to_notice_arrived(world)
    paid = f"P-{case}"
    await world.pay(case, OVERDUE, payment_id=paid)
    await world.pay(case, OVERDUE, payment_id=f"R-{case}", kind="reversal", reverses_payment_id=paid)
    await world.decide(case, COLLECTOR, "follow_up", "na")
    await world.pay(case, OVERDUE)
    return case


async def paid_by_plan(world: World) -> str:
    """Two instalments of what is overdue, paid at once; the loan goes on."""
    case = await stories.to_initial(world)
    first = world.rules.calendar.day_of(int(world.now_of(case).timestamp())) + timedelta(days=30)
    offer = Offer(
        Method.EQUAL_PARTS,
        OVERDUE,
        0,
        2,
        first.isoformat(),
        Charges.STOP,
        Acceptance.SIGNED,
        "DOC-1",
        tuple(Clause),
    )
    with clock.door_time(world.now_of(case)):
        world.desk.sign_plan(PLANNER, PlanIn(case, offer, world.case(case).state["facts_no"]))
    await world.settled(case)
    await world.pay(case, OVERDUE)
    return case


async def not_this_persons_debt(world: World) -> str:
    """Somebody else made the debt in the person's name."""
    case = await stories.to_initial(world)
    await world.decide(case, COLLECTOR, "first_contact", "fraud", reason="称被冒名")
    await world.decide(case, DESK, "fraud_verify", "confirmed")
    return case


# By the closing reason and what came before it.
ENDINGS: Final[dict[str, tuple[Story, str]]] = {
    "cured-in-initial": (cured_in_initial, "CURED"),
    "cured-in-formal": (cured_in_formal, "CURED"),
    "cured-in-legal": (cured_in_legal, "CURED"),
    "cured-before-the-court": (cured_before_the_court, "CURED"),
    "cured-again-after-a-bounce": (cured_again_after_a_bounce, "CURED"),
    "cured-but-for-cents": (cured_but_for_cents, "CURED_TOLERANCE"),
    "paid-off": (paid_off, "PAID_OFF"),
    "never-owed": (never_owed, "DATA_ERROR"),
    "paid-by-plan": (paid_by_plan, "PLAN_COMPLETED"),
    "not-this-persons-debt": (not_this_persons_debt, "FRAUD_NOT_DEBTOR"),
}
