"""T16: a task's owner is reminded, the task freed, a manager told; and a machine decides nothing."""

import pytest

from arrears.policy.effects import FinishTask, RaiseIncident, TaskLate
from arrears.policy.events import Due
from arrears.policy.state import Clock
from arrears.policy.tasks import Outcome, TaskKind
from tests.policy.builders import Case, a_case, at, full_terms


def watched() -> Case:
    return a_case(terms=full_terms())


@pytest.mark.rule("T16")
def test_half_of_the_time_all_of_it_and_half_as_much_again() -> None:
    case = watched()
    task = case.task(TaskKind.FIRST_CONTACT)
    opened, due = at("2026-03-02", 10), at("2026-03-03", 18)
    heard = []
    while TaskKind.FIRST_CONTACT in case.state.tasks and Clock.SLA.value in case.state.deadlines:
        assert case.ring() is Clock.SLA
        heard.append((case.now, [late.rung for late in case.saw(TaskLate)]))
        assert not case.saw(FinishTask)
    assert heard == [
        (opened + (due - opened) // 2, ["reminded"]),
        (due, ["freed"]),
        (due + (due - opened) // 2, ["reported"]),
    ]
    assert case.saw(RaiseIncident) == [RaiseIncident("task_overdue", task, {"task": "first_contact"})]
    assert case.task(TaskKind.FIRST_CONTACT) == task


@pytest.mark.rule("T16")
def test_an_answer_in_time_is_reminded_of_nothing() -> None:
    case = watched().talk(Outcome.NO_ANSWER)
    assert case.deadline(Clock.SLA) is None
    assert not case.ever(TaskLate)


def test_each_task_has_its_own_rungs_and_one_clock_serves_all() -> None:
    case = watched().ask_lead()
    for task in case.state.tasks.values():
        assert case.deadline(Clock.SLA) is not None
        assert case.deadline(Clock.SLA) <= task.opened_at + (task.due_at - task.opened_at) * 3 // 2  # type: ignore[operator]


def test_a_worker_that_was_away_climbs_one_rung_at_a_time() -> None:
    case = watched().later(days=30)
    rungs = []
    for _ in range(3):
        case.hear(Due(Clock.SLA))
        rungs += [late.rung for late in case.saw(TaskLate)]
    assert rungs == ["reminded", "freed", "reported"]
    assert case.deadline(Clock.SLA) is None


def test_nothing_reminds_of_the_tasks_of_older_terms() -> None:
    assert a_case().deadline(Clock.SLA) is None
