"""What a case lived through, in the order in which it was written."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Connection, select

from arrears.store.queries.paging import PAGE
from arrears.store.tables import audit_rows, records, remarks, staff, tasks
from arrears.store.views import Act, Step, Timeline


def timeline(connection: Connection, case_id: str, *, before: int | None = None) -> Timeline:
    """A page of the case's trail, steps and acts in the order in which they were written.

    `before` is the trail's number of the oldest entry shown so far.
    """
    trail = audit_rows.c
    wanted = select(trail.n, trail.at, trail.actor, trail.what, trail.detail).where(trail.stream == case_id)
    if before is not None:
        wanted = wanted.where(trail.n < before)
    rows = connection.execute(wanted.order_by(trail.n.desc()).limit(PAGE + 1)).all()
    shown = rows[:PAGE]
    steps = _steps(connection, case_id, [row.detail["seq"] for row in shown if "seq" in row.detail])
    entries = tuple(
        steps.get(row.detail.get("seq")) or Act(row.at, row.actor, row.what, row.detail) for row in shown
    )
    return _timeline(connection, case_id, entries, shown[-1].n if len(rows) > PAGE else None)


def latest_steps(connection: Connection, case_id: str, *, limit: int) -> Timeline:
    """What the case heard last, and what followed."""
    newest = connection.execute(
        select(records.c.seq).where(records.c.case_id == case_id).order_by(records.c.seq.desc()).limit(limit)
    ).scalars()
    steps = _steps(connection, case_id, list(newest))
    return _timeline(connection, case_id, tuple(steps[seq] for seq in sorted(steps, reverse=True)), None)


def names(connection: Connection, staff_ids: Collection[str]) -> dict[str, str]:
    """What these people are called; whoever is no member of staff is left out."""
    if not staff_ids:
        return {}
    rows = connection.execute(
        select(staff.c.staff_id, staff.c.name).where(staff.c.staff_id.in_(sorted(staff_ids)))
    )
    return {row.staff_id: row.name for row in rows}


def _steps(connection: Connection, case_id: str, seqs: Collection[int]) -> dict[Any, Step]:
    rows = connection.execute(
        select(records.c.seq, records.c.at, records.c.event, records.c.effects).where(
            records.c.case_id == case_id, records.c.seq.in_(seqs)
        )
    )
    return {row.seq: Step(row.seq, row.at, row.event, tuple(row.effects)) for row in rows}


def _timeline(
    connection: Connection, case_id: str, entries: tuple[Step | Act, ...], earlier: int | None
) -> Timeline:
    steps = [entry for entry in entries if isinstance(entry, Step)]
    acts = [entry for entry in entries if isinstance(entry, Act)]
    people = _people_in(steps) | {act.actor for act in acts}
    people |= {str(act.detail["to"]) for act in acts if "to" in act.detail}
    kinds = connection.execute(
        select(tasks.c.task_id, tasks.c.kind, tasks.c.facts_no, tasks.c.facts).where(
            tasks.c.case_id == case_id
        )
    ).all()
    return Timeline(
        entries,
        earlier,
        {row.task_id: row.kind for row in kinds},
        names(connection, people),
        _words_in(connection, steps),
        {row.task_id: (row.facts_no, row.facts) for row in kinds},
    )


def _people_in(steps: Iterable[Step]) -> set[str]:
    said = {str(step.event["actor"]) for step in steps if "actor" in step.event}
    return said | {str(effect["by"]) for step in steps for effect in step.effects if "by" in effect}


def _words_in(connection: Connection, steps: Iterable[Step]) -> dict[str, str]:
    ids = {str((step.event.get("content") or {}).get("remark_id") or "") for step in steps} - {""}
    if not ids:
        return {}
    rows = connection.execute(
        select(remarks.c.remark_id, remarks.c.words).where(remarks.c.remark_id.in_(sorted(ids)))
    )
    return {row.remark_id: row.words for row in rows}
