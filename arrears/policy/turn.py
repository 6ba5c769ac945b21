"""One step of a case in the making: the state as it becomes, and the effects gathered on the way."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from arrears.policy import matrix
from arrears.policy.calendar import Calendar
from arrears.policy.effects import CancelTask, Effect, FinishTask, OpenTask, RefreshTask
from arrears.policy.matrix import Act
from arrears.policy.state import CaseState, Clock, HoldKind
from arrears.policy.state import OpenTask as Open
from arrears.policy.tasks import WORK, Role, TaskKind
from arrears.policy.terms import Terms


@dataclass(frozen=True)
class Moment:
    """Now (UTC seconds) and the pack in force now; a stage pins the terms it was entered under."""

    at: int
    terms: Terms
    calendar: Calendar

    @cached_property
    def today(self) -> date:
        return self.calendar.day_of(self.at)


class Turn:
    """Clocks and tasks of its state are dicts of its own, from the first moment on, and written in place: a case that was
    put to the rules stays as it was. Everything else of the state is replaced (`change`)."""

    def __init__(self, state: CaseState, now: Moment) -> None:
        # The clock of a case is never turned back, whatever the machine's says.
        self.now = now if now.at >= state.at else replace(now, at=state.at)
        own = {
            "deadlines": state.deadlines.copy(),
            "stopped": state.stopped.copy(),
            "tasks": state.tasks.copy(),
        }
        self.state = state.but({"at": self.now.at, **own})
        self.effects: list[Effect] = []

    def tell(self, *effects: Effect) -> None:
        self.effects.extend(effects)

    def change(self, **fields: Any) -> None:
        self.state = self.state.but(fields)

    # ---- clocks

    def arm(self, clock: Clock, at: int) -> None:
        """A clock set in the past is due now; one set under a hold keeps its full length until the hold ends."""
        if matrix.stops(self.state.holds, clock, self.now.terms):
            self.state.stopped[clock.value] = max(0, at - self.now.at)
        else:
            self.state.deadlines[clock.value] = max(at, self.now.at)

    def disarm(self, *clocks: Clock) -> None:
        for clock in clocks:
            self.state.deadlines.pop(clock, None)
            self.state.stopped.pop(clock, None)

    # ---- holds

    def blocked(self, act: Act) -> HoldKind | None:
        """The hold that forbids it; None when none does."""
        return matrix.blocked(self.state.holds, act, self.now.terms)

    def put_aside(self, kind: TaskKind, *, why: str) -> None:
        """Work that a hold blocks: cancelled, and asked for again when the hold is over."""
        self.cancel(kind, why=why)
        back = matrix.COMES_BACK[kind]
        if not self.state.waits_for(back):
            self.arm(back, self.now.at)

    def in_days(self, days: int) -> int:
        """00:00 of the bank's civil day `days` from today."""
        return self.now.calendar.start_of(self.now.today + timedelta(days=days))

    def morning_in(self, days: int) -> int:
        """09:00 of that day: when collectors begin."""
        return self.now.calendar.instant(self.now.today + timedelta(days=days), hour=9)

    def reaches(self, days_past_due: int) -> int:
        """The instant at which the oldest unpaid instalment is so many days past due."""
        first = date.fromisoformat(self.state.first_overdue_on or self.now.today.isoformat())
        return self.now.calendar.start_of(first + timedelta(days=days_past_due))

    @property
    def days_past_due(self) -> int:
        if self.state.first_overdue_on is None:
            return 0
        return max(0, (self.now.today - date.fromisoformat(self.state.first_overdue_on)).days)

    def work(self, staff_id: str) -> None:
        """Who worked the case may not approve its litigation (rule book 4.4)."""
        if staff_id not in self.state.hands:
            self.change(hands=(*self.state.hands, staff_id))

    # ---- tasks

    def open(
        self,
        kind: TaskKind,
        *,
        why: str,
        role: Role | None = None,
        barred: tuple[str, ...] = (),
        more: Mapping[str, int] | None = None,
        due_at: int = 0,
    ) -> None:
        """Open a task of this kind unless one is open; `more` stands beside the facts.

        `due_at` (UTC seconds) where its time is not a number of bank days of its own.
        """
        if kind in self.state.tasks:
            return
        act = matrix.NEEDS.get(kind)
        held = None if act is None else self.blocked(act)
        if held is not None:
            self.put_aside(kind, why=f"held_{held}")
            return
        barred = (*barred, *(who for who in self.state.kept_off if who not in barred))
        no = self.state.facts_no
        days = 0 if due_at else self._bank_days(kind)
        due = due_at or self.now.calendar.close_after(self.now.at, days)
        opened = Open("", self.now.at, no, barred, due, bank_days=days, why=why)
        self.state.tasks[kind.value] = opened
        facts = self.facts() | dict(more or {})
        self.tell(OpenTask(kind, role or WORK[kind].role, due, no, facts, why, barred))

    def _bank_days(self, kind: TaskKind) -> int:
        """A pack of before holds asked people does not know the time of that work: then a week of bank days."""
        days = self.now.terms.sla_bank_days
        return days.get(kind, 5) if kind in matrix.INQUIRIES else days[kind]

    def finish(self, kind: TaskKind, *, outcome: str, by: str) -> None:
        self.tell(FinishTask(self._take(kind).task_id, outcome, by))

    def cancel(self, *kinds: TaskKind, why: str) -> None:
        for kind in kinds:
            if kind in self.state.tasks:
                self.tell(CancelTask(self._take(kind).task_id, why))

    def refresh_tasks(self, beside: Mapping[str, Mapping[str, int]]) -> None:
        """Put the new facts under every task that is still open; `beside` them what a kind of task has more."""
        if not self.state.tasks:
            return
        no, facts = self.state.facts_no, self.facts()
        # In one order, whatever way the state came: a dict that crossed Temporal has its keys sorted.
        for kind, task in sorted(self.state.tasks.items()):
            if task.task_id:
                self.tell(RefreshTask(task.task_id, no, facts | dict(beside.get(kind, {}))))
            self.state.tasks[kind] = replace(task, facts_no=no)

    def _take(self, kind: TaskKind) -> Open:
        return self.state.tasks.pop(kind)

    def facts(self) -> dict[str, Any]:
        """What a decision is taken on; it lies beside the task and the decision."""
        state, facts = self.state, dict[str, Any]()
        if state.holds:
            facts["holds"] = [hold.kind.value for hold in state.holds]
            if disputed := matrix.disputed(state.holds):
                facts["disputed_minor"] = disputed
        if state.parties_no:
            facts["parties_no"] = state.parties_no
        if state.address_no:
            facts["address_no"] = state.address_no
        facts |= {
            "stage": state.stage.value,
            "currency": state.currency,
            "balance_minor": state.balance,
            "costs_minor": state.owed.costs,
            "interest_minor": state.owed.interest,
            "principal_minor": state.owed.principal,
            "overdue_minor": state.overdue,
            "first_overdue_on": state.first_overdue_on,
            "days_past_due": self.days_past_due,
            "as_of": self.now.at,
            "pack": self.now.terms.pack,
        }
        return facts
