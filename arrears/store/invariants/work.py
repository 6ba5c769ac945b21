"""Whether tasks and cases agree with what was decided (7 to 11)."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import func, or_, select

from arrears.contracts import fingerprint
from arrears.policy.course import WAY
from arrears.store.invariants.asking import Invariant, Look
from arrears.store.states import state_from_json
from arrears.store.tables import cases, deadlines, promises, records, tasks
from arrears.store.writes import instant


def _ended_once(look: Look) -> Iterator[str]:
    half = select(tasks.c.task_id, tasks.c.status).where(
        or_(
            (tasks.c.status == "open") & tasks.c.closed_seq.is_not(None),
            (tasks.c.status != "open") & (tasks.c.closed_seq.is_(None) | tasks.c.closed_at.is_(None)),
            (tasks.c.status == "done") & (tasks.c.outcome.is_(None) | tasks.c.decided_by.is_(None)),
            tasks.c.status.not_in(("open", "done", "cancelled")),
        )
    )
    for row in look.connection.execute(half):
        yield f"{row.task_id}: is {row.status}, and half of its end is there"


def _closed_is_closed(look: Look) -> Iterator[str]:
    closed = select(cases.c.case_id).where(cases.c.status == "closed")
    for table, what in ((tasks, "task"), (promises, "promise")):
        left = select(table.c.case_id).where(table.c.status == "open", table.c.case_id.in_(closed))
        for case_id in look.connection.execute(left.distinct()).scalars():
            yield f"{case_id}: closed, with an open {what}"
    clocks = select(deadlines.c.case_id).where(deadlines.c.case_id.in_(closed)).distinct()
    yield from (f"{one}: closed, with a clock that runs" for one in look.connection.execute(clocks).scalars())


def _one_of_a_kind(look: Look) -> Iterator[str]:
    twice = (
        select(tasks.c.case_id, tasks.c.kind)
        .where(tasks.c.status == "open")
        .group_by(tasks.c.case_id, tasks.c.kind)
        .having(func.count() > 1)
    )
    for row in look.connection.execute(twice):
        yield f"{row.case_id}: {row.kind} is open twice"


def _along_the_way(look: Look) -> Iterator[str]:
    """Stages as the steps say: onward by one, or back by a decision; a case stands where its last step brought it."""
    stage: dict[str, str] = {}
    told = select(records.c.case_id, records.c.seq, records.c.effects).order_by(
        records.c.case_id, records.c.seq
    )
    for row in look.connection.execute(told):
        for effect in row.effects:
            if effect["kind"] != "enter_stage":
                continue
            before, after = stage.get(row.case_id), str(effect["stage"])
            if not _is_step(before, after, str(effect["why"])):
                yield f"{row.case_id} step {row.seq}: from {before} to {after}"
            stage[row.case_id] = after
    for case_id, stands in look.connection.execute(select(cases.c.case_id, cases.c.stage)):
        if stage.get(case_id) != stands:
            yield f"{case_id}: stands at {stands}, its steps lead to {stage.get(case_id)}"


def _is_step(before: str | None, after: str, why: str) -> bool:
    """Back to any earlier stage, onward to the next; a pack may leave out what lies between, but nobody goes from the
    first to the last. A loan that falls back soon after its cure begins where it was (T17)."""
    if before is None:
        return after == WAY[0] or (why == "overdue_again" and after != WAY[-1])
    return not (before == WAY[0] and after == WAY[-1])


def _row_is_the_state(look: Look) -> Iterator[str]:
    """The columns, the open tasks and the clocks are those of the state, and the state is what was sealed."""
    open_tasks = _grouped(look, select(tasks.c.case_id, tasks.c.task_id).where(tasks.c.status == "open"))
    clocks = _grouped(look, select(deadlines.c.case_id, deadlines.c.name, deadlines.c.due_at))
    for row in look.connection.execute(select(cases)):
        if row.digest != fingerprint(row.state):
            yield f"{row.case_id}: its state is not the one that was sealed"
            continue
        state = state_from_json(row.state)
        columns = (row.stage, row.balance_minor, row.overdue_minor, row.status == "closed", row.loan_id)
        if columns != (state.stage.value, state.balance, state.overdue, bool(state.closed), state.loan_id):
            yield f"{row.case_id}: its row says something else than its state"
        if {task.task_id for task in state.tasks.values()} != {
            one[0] for one in open_tasks.get(row.case_id, ())
        }:
            yield f"{row.case_id}: its open tasks are not those of its state"
        if {(name, instant(at)) for name, at in state.deadlines.items()} != set(clocks.get(row.case_id, ())):
            yield f"{row.case_id}: its clocks are not those of its state"


def _grouped(look: Look, question: Any) -> dict[str, list[tuple[Any, ...]]]:
    found: dict[str, list[tuple[Any, ...]]] = {}
    for case_id, *rest in look.connection.execute(question):
        found.setdefault(case_id, []).append(tuple(rest))
    return found


WORK: Final = (
    Invariant(7, "A task ends once, with who and what and in which step", _ended_once),
    Invariant(
        8, "A closed case has no open task, no open promise and no clock", _closed_is_closed, at_rest=True
    ),
    Invariant(9, "A case has one open task of a kind", _one_of_a_kind),
    Invariant(10, "A case stands at the stage to which its steps lead", _along_the_way),
    Invariant(
        11,
        "The row of a case, its open tasks and its clocks are those of its sealed state",
        _row_is_the_state,
    ),
)
