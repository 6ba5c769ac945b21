"""Robot staff: the same seed says the same, on any machine, and nobody comes near the edges of the day."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pytest

from arrears.cli.simulation import robots
from arrears.cli.simulation.robots import OpenTask
from arrears.policy.tasks import WORK, Outcome, Role, TaskKind, lacks, may_answer
from arrears.store import packs

CALENDAR: Final = packs.load("cn-bank-2026").calendar
SAID_BY_ROBOTS: Final = {"na", "busy", "hung", "ptp", "part", "rtp"}
MARGIN: Final = timedelta(minutes=5)


def instant(day: date, hour: int = 0, minute: int = 0) -> int:
    return CALENDAR.instant(day, hour=hour, minute=minute)


def a_task(kind: TaskKind = TaskKind.FIRST_CONTACT, number: int = 1, **changes: Any) -> OpenTask:
    task = OpenTask(
        task_id=f"case-L{number}-1-t1-1",
        kind=kind.value,
        role=WORK[kind].role.value,
        opened_at=instant(date(2026, 1, 5), 9),
        facts_no=3,
        facts={"overdue_minor": 100_001},
    )
    return replace(task, **changes)


def reply(task: OpenTask, *, seed: int = 1, now: int = 0) -> robots.Reply:
    return robots.reply(seed, task, CALENDAR, now=now)


@pytest.mark.parametrize("kind", TaskKind)
def test_every_kind_of_task_is_answered_with_what_it_offers(kind: TaskKind) -> None:
    for number in range(60):
        said = reply(a_task(kind, number))
        assert may_answer(kind, said.answer.outcome)
        on = None if said.answer.on is None else said.answer.on.isoformat()
        wanted = lacks(
            Outcome(said.answer.outcome),
            reason=said.answer.reason,
            amount_minor=said.answer.amount_minor,
            on=on,
        )
        assert wanted == []
        assert said.answer.facts_no == 3
        assert WORK[kind].role in said.who.roles


def test_a_kind_nobody_taught_is_named() -> None:
    with pytest.raises(robots.NoHabit, match="juggling"):
        reply(replace(a_task(), kind="juggling"))


def test_the_same_seed_says_the_same_and_another_seed_something_else() -> None:
    tasks = [a_task(number=number) for number in range(50)]
    assert [reply(task) for task in tasks] == [reply(task) for task in tasks]
    assert [reply(task).at for task in tasks] != [reply(task, seed=2).at for task in tasks]


def test_calls_end_in_the_six_results_robots_know_and_each_of_them_occurs() -> None:
    heard = {reply(a_task(number=number)).answer.outcome for number in range(400)}
    offered = {outcome.value for outcome in WORK[TaskKind.FIRST_CONTACT].outcomes}
    assert heard == SAID_BY_ROBOTS & offered


def test_a_promise_lies_a_few_days_ahead() -> None:
    for number in range(200):
        said = reply(a_task(number=number))
        if said.answer.on is not None:
            assert 3 <= (said.answer.on - CALENDAR.day_of(said.at)).days <= 7


def test_about_a_tenth_of_the_legal_reviews_is_returned_with_a_reason() -> None:
    said = [reply(a_task(TaskKind.LEGAL_REVIEW, number)).answer for number in range(2000)]
    returned = [answer for answer in said if answer.outcome == "return"]
    assert 150 <= len(returned) <= 250
    assert all(answer.reason for answer in returned)


def test_the_second_advisor_is_another_one() -> None:
    for number in range(100):
        first = reply(a_task(TaskKind.LEGAL_REVIEW, number)).who.staff_id
        second = reply(a_task(TaskKind.SECOND_APPROVAL, number, barred=(first,))).who.staff_id
        assert first != second


def test_a_managers_approval_is_given_by_a_manager() -> None:
    assert Role.MANAGER in reply(a_task(TaskKind.SECOND_APPROVAL, role="manager")).who.roles


def test_whoever_holds_the_task_answers_it() -> None:
    collectors = [robot.staff_id for robot in robots.STAFF if Role.COLLECTOR in robot.roles]
    assert [reply(a_task(assignee=name)).who.staff_id for name in collectors] == collectors


def test_a_task_nobody_may_answer_is_named() -> None:
    advisors = tuple(robot.staff_id for robot in robots.STAFF if Role.LEGAL_ADVISOR in robot.roles)
    with pytest.raises(robots.NobodyLeft, match="case-L1-1-t1-1"):
        reply(a_task(TaskKind.LEGAL_REVIEW, barred=advisors))
    with pytest.raises(robots.NobodyLeft):
        reply(a_task(TaskKind.LEGAL_REVIEW, assignee="s-somebody-else"))


def _local(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC).astimezone(UTC) + timedelta(hours=8)  # Shanghai has one offset


def _is_well_inside(at: int, begins: int, ends: int) -> bool:
    local = _local(at)
    midnight = datetime(local.year, local.month, local.day, tzinfo=UTC)
    return midnight + timedelta(hours=begins) + MARGIN <= local <= midnight + timedelta(hours=ends) - MARGIN


@pytest.mark.parametrize("kind", [TaskKind.FIRST_CONTACT, TaskKind.ESCALATION, TaskKind.LEGAL_REVIEW])
@pytest.mark.parametrize("late", [0, 3 * 86_400])
def test_people_answer_minutes_away_from_every_edge_whenever_the_task_came(kind: TaskKind, late: int) -> None:
    first = instant(date(2026, 2, 12))  # the Spring Festival follows
    for number in range(600):
        opened = first + number * 1801
        at = reply(a_task(kind, number, opened_at=opened), now=opened + late).at
        assert at >= opened + late
        assert _is_well_inside(at, 9, 18)
        if kind is not TaskKind.FIRST_CONTACT:
            assert CALENDAR.is_bank_day(CALENDAR.day_of(at))


def test_an_answer_does_not_move_with_the_moment_it_is_planned() -> None:
    for number in range(100):
        task = a_task(number=number)
        planned = reply(task, now=task.opened_at).at
        assert reply(task, now=task.opened_at + 60).at == planned
        assert reply(task, now=planned).at == planned


def test_money_comes_on_its_day_and_letters_after_one_to_six_days() -> None:
    day = date(2026, 2, 28)
    for number in range(300):
        paid = robots.money_time(1, f"P{number}", day, CALENDAR)
        assert CALENDAR.day_of(paid) == day
        assert _is_well_inside(paid, 8, 22)
        arrived = robots.arrival_time(1, f"N{number}", instant(day, 10), CALENDAR)
        assert 1 <= (CALENDAR.day_of(arrived) - day).days <= 6
        assert _is_well_inside(arrived, 8, 22)


def test_an_ended_court_matter_closes_a_paid_case_the_same_day() -> None:
    """Money may come as late as robots let it; the answer that lets the case close still falls on that day."""
    for number in range(50):
        opened = robots.money_time(1, f"P{number}", date(2026, 2, 28), CALENDAR)
        task = OpenTask(f"t{number}", "court_end", "legal_advisor", opened, 1, {})
        at = reply(task).at
        assert CALENDAR.day_of(at) == date(2026, 2, 28)
        assert _is_well_inside(at, 8, 22)
