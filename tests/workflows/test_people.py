"""Of two people who finish one task one wins and the other is told who; nobody approves twice; nobody on old facts."""

import threading
from contextvars import copy_context
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import insert, select
from temporalio.client import Client

from api.auth.person import Person
from api.desk import errors
from api.desk.answering import Answer
from arrears import clock
from arrears.policy.tasks import Role
from arrears.store.session import Store
from arrears.store.tables import remarks, staff
from tests import stories
from tests.certified import certified
from tests.workflows.histories import rests, tally
from tests.world import ADVISOR, COLLECTOR, LEAD, SECOND, World, a_world

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]

OTHER = Person("s-other", "zhu", "Zhu Collector", frozenset({Role.COLLECTOR}), "zh-CN")


def _enrol(world: World, *people: Person) -> None:
    with world.store.transaction() as connection:
        connection.execute(
            insert(staff),
            [
                {
                    "staff_id": who.staff_id,
                    "login": who.login,
                    "name": who.name,
                    "roles": sorted(who.roles),
                    "language": "zh-CN",
                    "active": True,
                    "created_at": world.start_at,
                }
                for who in people
            ],
        )
        for who in people:
            certified(connection, who.staff_id)


def _at_once(world: World, task_id: str, answers: list[tuple[Person, Answer]]) -> list[object]:
    """Each in a thread of its own, let go together; what each was told, in order."""
    told: list[object] = [None] * len(answers)
    gate = threading.Barrier(len(answers))

    def answer(n: int, who: Person, what: Answer) -> None:
        gate.wait()
        try:
            told[n] = world.desk.decide(who, task_id, what)
        except errors.DeskError as no:
            told[n] = no

    with clock.door_time(world.start_at):
        # A thread knows the hour at the door only when it is told: else this fails in the evening.
        racers = [
            threading.Thread(target=copy_context().run, args=(answer, n, *each))
            for n, each in enumerate(answers)
        ]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join()
    return told


@pytest.mark.rule("4.6-3", "s11")
async def test_of_two_people_who_finish_one_task_at_once_one_wins_and_the_other_is_told_who(
    store: Store, client: Client, tmp_path: Path
) -> None:
    async with a_world(store, client, tmp_path) as world:
        _enrol(world, COLLECTOR, OTHER)
        for _ in range(5):
            case = await world.a_case()
            task = world.task(case, "first_contact")
            told = _at_once(world, task.task_id, [(COLLECTOR, Answer("na", 1)), (OTHER, Answer("busy", 1))])
            won = [n for n, each in enumerate(told) if isinstance(each, str)]
            assert len(won) == 1, told
            winner, lost = (COLLECTOR, OTHER)[won[0]], told[1 - won[0]]
            assert isinstance(lost, errors.TaskTaken | errors.AlreadyAnswered)
            assert lost.by == winner.name
            await world.settled(case)
            [done] = world.tasks(case, status="done")
            assert (done.decided_by, done.outcome) == (winner.staff_id, ("na", "busy")[won[0]])
            assert world.case(case).seq == 2


async def test_of_many_racers_with_one_task_in_their_hands_one_word_is_taken(
    store: Store, client: Client, tmp_path: Path
) -> None:
    """One person, many browser windows: the task is hers, the answers differ."""
    async with a_world(store, client, tmp_path) as world:
        _enrol(world, COLLECTOR)
        case = await world.a_case()
        task = world.task(case, "first_contact")
        world.desk.claim(COLLECTOR, task.task_id)
        answers = [(COLLECTOR, Answer("na" if n % 2 else "busy", 1)) for n in range(12)]
        told = _at_once(world, task.task_id, answers)
        assert sum(isinstance(each, str) for each in told) == 1, told
        assert all(isinstance(each, str | errors.AlreadyAnswered) for each in told)
        await world.settled(case)
        assert len([m for m in world.messages(case) if m.task_id]) == 1
        assert world.case(case).seq == 2


@pytest.mark.rule("4.4")
async def test_an_advisor_who_proposed_is_refused_a_second_approval_at_the_desk(world: World) -> None:
    case = await stories.to_second_approval(world)
    with pytest.raises(errors.SecondPersonNeeded):
        world.say_decision(case, ADVISOR, "second_approval", "approve")
    assert world.open_kinds(case) == {"second_approval"}


@pytest.mark.rule("4.4")
@pytest.mark.parametrize("who", [ADVISOR, LEAD], ids=["who proposed", "who worked the case"])
async def test_a_second_approval_said_past_the_desk_is_refused_by_the_rules(
    world: World, who: Person
) -> None:
    case = await stories.to_second_approval(world)
    task = world.task(case, "second_approval")
    content = {
        "outcome": "approve",
        "facts_no": task.facts_no,
        "remark_id": None,
        "amount_minor": None,
        "on": None,
    }
    forged = world.say(case, "task_decided", content, actor=who.staff_id, task_id=task.task_id)
    await world.settled(case)
    assert (world.message(forged).status, world.message(forged).reason) == ("refused", "second_person_needed")
    assert (world.case(case).stage, world.open_kinds(case)) == ("formal", {"second_approval"})
    await world.decide(case, SECOND, "second_approval", "approve")
    assert world.case(case).stage == "legal"


@pytest.mark.rule("4.6-5", "s08")
async def test_an_approval_on_facts_that_changed_is_refused_at_the_desk_and_by_the_rules(
    world: World,
) -> None:
    case = await stories.to_review(world)
    seen = world.task(case, "legal_review")
    await world.pay(case, 10_000)
    fresh = world.task(case, "legal_review")
    assert fresh.facts["overdue_minor"] == stories.OVERDUE - 10_000
    with pytest.raises(errors.DeskError):
        world.say_decision(case, ADVISOR, "legal_review", "sue", facts_no=seen.facts_no)
    content = {
        "outcome": "sue",
        "facts_no": seen.facts_no,
        "remark_id": None,
        "amount_minor": None,
        "on": None,
    }
    late = world.say(case, "task_decided", content, actor=ADVISOR.staff_id, task_id=fresh.task_id)
    await world.settled(case)
    assert (world.message(late).status, world.message(late).reason) == ("refused", "facts_changed")
    await world.decide(case, ADVISOR, "legal_review", "sue")
    assert world.open_kinds(case) == {"second_approval"}


@pytest.mark.rule("4.6-5", "s08")
async def test_money_between_two_approvals_sends_the_question_back_to_the_first(world: World) -> None:
    case = await stories.to_second_approval(world)
    asked = world.task(case, "second_approval").task_id
    await world.pay(case, 10_000)
    assert world.open_kinds(case) == {"legal_review"}
    with pytest.raises(errors.TaskGone):
        world.desk.decide(SECOND, asked, Answer("approve", 1))


async def test_an_answer_to_a_task_that_ended_meanwhile_is_refused_kindly(world: World) -> None:
    case = await world.a_case()
    task = world.task(case, "first_contact")
    await world.pay(case, stories.OVERDUE)
    with pytest.raises(errors.TaskGone) as gone:
        world.desk.decide(COLLECTOR, task.task_id, Answer("na", 1))
    assert gone.value.why == "cured"


async def test_a_word_for_a_case_that_closes_is_refused_with_its_reason(
    sqlite_store: Store, client: Client, tmp_path: Path
) -> None:
    """Said before the money was heard, which goes first."""
    async with a_world(sqlite_store, client, tmp_path, relaying=False) as world:
        async with world.relaying():
            case = await world.a_case()
        word = world.say_decision(case, COLLECTOR, "first_contact", "rtp", reason="明天再说")
        world.say_payment(world.case(case).loan_id, stories.OVERDUE, case_id=case)
        async with world.relaying():
            await world.settled(case)
        assert (world.message(word).status, world.message(word).reason) == ("refused", "case_closed")
        with world.store.reading() as connection:
            kept = (
                connection.execute(select(remarks.c.words).where(remarks.c.case_id == case)).scalars().all()
            )
        assert list(kept) == ["明天再说"]


async def test_one_answer_costs_five_events_and_its_record_is_a_local_activity(world: World) -> None:
    """Signal, three of the workflow task, one marker; search attributes and the timer when they change."""

    case = await world.a_case(days_past_due=5)
    at_rest = partial(rests, world, case)
    await world.until(at_rest)
    start = len(await world.legal_history(case))
    await world.pay(case, 1_000)
    await world.until(at_rest)
    spent = tally((await world.legal_history(case))[start:])
    plain = {
        "workflow_execution_signaled": 1,
        "workflow_task_scheduled": 1,
        "workflow_task_started": 1,
        "workflow_task_completed": 1,
        "marker_recorded": 1,
    }
    assert dict(spent) == plain
    assert "activity_task_scheduled" not in tally(await world.legal_history(case))
    start = len(await world.legal_history(case))
    await world.decide(case, COLLECTOR, "first_contact", "na")
    await world.until(at_rest)
    spent = tally((await world.legal_history(case))[start:])
    moved = {"upsert_workflow_search_attributes": 1, "timer_canceled": 1, "timer_started": 1}
    assert dict(spent) == plain | moved
