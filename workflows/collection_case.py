"""CollectionCase: one delinquent loan from its first overdue day to its close; people decide, timers only ask."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import FailureError

from activities.deliver import DeliverActivities
from activities.record import RecordActivities
from arrears.contracts import BOOKS_OPEN, Batch, CaseInput, Heard, Message, Receipt, Sending, digest
from arrears.policy.effects import Effect, RaiseIncident, Refuse
from arrears.policy.events import Due, Event, SendAnswered, Unreadable
from arrears.policy.events import read as read_event
from arrears.policy.react import react
from arrears.policy.state import CaseState, Clock
from arrears.policy.turn import Moment
from workflows import naming, telling
from workflows.hearing import read
from workflows.options import AT_ONCE, DELIVER, FOR_EVER, MAX_CARRIED, ONCE, PATIENCE_SECONDS, RECORD


@workflow.defn(name="CollectionCase")
class CollectionCase:
    @workflow.init
    def __init__(self, life: CaseInput) -> None:
        self._life = life
        self._rules = life.rules
        self._state = life.state
        self._seq = life.seq
        self._digest = digest(life.state)
        self._inbox: list[tuple[str, object] | Heard] = list(life.inbox)
        if life.opening is not None and life.state is None:
            self._inbox.insert(0, Heard("open", asdict(life.opening)))
        self._patient = False
        self._held: frozenset[str] = frozenset()  # clocks that wait for the end of the bank's day
        self._woke = False
        self._timer: asyncio.Task[None] | None = None
        self._armed: int | None = None
        self._shown: dict[str, Any] = {}
        self._last = "opened" if life.state is None else "goes on with a fresh history"

    @workflow.run
    async def run(self, life: CaseInput) -> str:
        self._tell()
        # A reversal may re-open a closed case, so whatever was said is heard before the end.
        while self._inbox or self._state is None or not self._state.closed:
            if self._state is None and not self._inbox:
                return "NEVER_OPENED"  # started by somebody who is not the relay, or on an old pack
            await self._commit(await self._next_event())
            self._recycle_if_long()
        self._disarm()
        return self._state.closed

    # ---- what people, banks and courts say -------------------------------------------------------------

    @workflow.signal(description="A person finished an inbox task")
    def task_decided(self, said: RawValue) -> None:
        self._hear("task_decided", said)

    @workflow.signal(description="Money was booked on the loan")
    def payment_posted(self, said: RawValue) -> None:
        self._hear("payment_posted", said)

    @workflow.signal(description="Money that was booked was taken back")
    def payment_reversed(self, said: RawValue) -> None:
        self._hear("payment_reversed", said)

    @workflow.signal(description="Money that might have bounced is final")
    def payment_finalized(self, said: RawValue) -> None:
        self._hear("payment_finalized", said)

    @workflow.signal(description="The core bank sent a newer state of the loan")
    def loan_restated(self, said: RawValue) -> None:
        self._hear("loan_restated", said)

    @workflow.signal(description="A notice arrived or came back")
    def delivery_reported(self, said: RawValue) -> None:
        self._hear("delivery_reported", said)

    @workflow.signal(
        description="The bank keeps still: dispute, complaint, hardship, death, a stop of all work"
    )
    def hold_placed(self, said: RawValue) -> None:
        self._hear("hold_placed", said)

    @workflow.signal(description="What kept the bank still is over")
    def hold_released(self, said: RawValue) -> None:
        self._hear("hold_released", said)

    @workflow.signal(description="The debtor agreed to a repayment plan: nobody collects while it is kept")
    def plan_signed(self, said: RawValue) -> None:
        self._hear("plan_signed", said)

    @workflow.signal(description="The debtor came to the bank, or was contacted without a task")
    def contact_reported(self, said: RawValue) -> None:
        self._hear("contact_reported", said)

    @workflow.signal(description="A policy pack took effect on which a date of this case waited")
    def policy_published(self, said: RawValue) -> None:
        self._hear("policy_published", said)

    @workflow.signal(description="The core bank changed who stands behind the debt, or an address")
    def people_changed(self, said: RawValue) -> None:
        self._hear("people_changed", said)

    @workflow.signal(description="The core bank closed a day: all its money is here")
    def ledger_closed(self, said: RawValue) -> None:
        self._hear("ledger_closed", said)

    @workflow.signal(description="After a reset: compare with the database; changes nothing else")
    def nudge(self, said: RawValue) -> None:
        self._inbox.append(Heard("nudge", {}))

    @workflow.signal(dynamic=True, description="Anything else is kept as an incident")
    def unknown(self, name: str, args: Sequence[RawValue]) -> None:
        self._inbox.append(Heard(name[:80], junk=f"unknown signal with {len(args)} argument(s)"))

    def _hear(self, signal: str, said: object) -> None:
        self._inbox.append((signal, said))

    # ---- what operators ask ----------------------------------------------------------------------------

    @workflow.query(description="The case as it stands: seq, digest and the whole state")
    def state(self) -> dict[str, Any]:
        return {
            "seq": self._seq,
            "digest": self._digest,
            "state": None if self._state is None else asdict(self._state),
            "runs": self._life.runs,
            "waiting": len(self._inbox),
        }

    @workflow.query(description="Why the case is where it is, and what comes next")
    def explain(self) -> list[str]:
        if self._state is None:
            return ["Not opened yet."]
        told = telling.explained(self._state, self._now(), self._rules.calendar)
        return [line for lines in told.values() for line in lines]

    # ---- the loop --------------------------------------------------------------------------------------

    async def _next_event(self) -> Heard | Due | SendAnswered:
        while True:
            if self._inbox:
                self._patient, self._held = False, frozenset()
                return _as_heard(self._inbox.pop(0))
            due = self._earliest()
            if due is not None and due[0] <= self._now() and not self._patient:
                clock = Clock(due[1])
                if clock is Clock.SEND and self._state is not None and self._state.notice is not None:
                    return await self._deliver(self._state)
                return Due(clock)
            self._arm(due)
            await workflow.wait_condition(lambda: bool(self._inbox) or self._woke)
            if self._woke:
                self._woke, self._timer, self._armed, self._patient = False, None, None, False
                self._held = frozenset()

    async def _commit(self, event: Heard | Due | SendAnswered) -> None:
        record, new, effects = self._decide(event)
        seq = self._seq + 1
        new, effects = naming.name_tasks(new, effects, seq=seq)
        batch = Batch(
            self._life.case_id,
            seq,
            base=self._digest,
            event=record,
            at=self._now(),
            pack=self._rules.terms.pack,
            state=new,
            effects=[naming.wire(effect) for effect in effects],
            shift_seconds=self._life.shift_seconds,
        )
        self._last = naming.summary(record, effects)
        receipt = await self._record(batch)
        if receipt.rules is not None:
            self._rules = receipt.rules
        match receipt.verdict:
            case "committed":
                self._adopt(receipt.state or new, seq)
            case "overtaken":
                self._adopt(receipt.state, receipt.seq)
                if isinstance(event, Heard):
                    self._inbox.insert(0, event)
            case "wait" if receipt.why == BOOKS_OPEN and isinstance(event, Due):
                self._held |= {event.clock.value}
            case "wait":
                self._patient = True
            case _:
                # No such thing was said to this case; an incident is kept where it helps. A deadline is never
                # refused but by a fault of ours: then it must not come again at once.
                self._patient = not isinstance(event, Heard)
        self._tell()

    def _adopt(self, state: CaseState | None, seq: int) -> None:
        self._state, self._seq, self._digest = state, seq, digest(state)

    def _decide(
        self, event: Heard | Due | SendAnswered
    ) -> tuple[dict[str, Any], CaseState | None, list[Effect]]:
        """The event as it will be recorded, the state after it, and what follows."""
        if not isinstance(event, Heard):
            record = naming.event_record(event)
            return record, *self._react(event)
        record = naming.heard_record(event)
        if record["kind"] != "message":
            return record, self._state, []
        message = Message(**event.body) if event.body else Message("", "", "")
        try:
            said = read_event(
                self._life.case_id,
                message.signal,
                actor=message.actor,
                task_id=message.task_id,
                content=message.content,
            )
        except Unreadable as unreadable:
            return record, self._state, [Refuse(f"unreadable: {unreadable}")]
        return record, *self._react(said)

    def _react(self, event: Event) -> tuple[CaseState | None, list[Effect]]:
        now = Moment(self._now(), self._rules.terms, self._rules.calendar)
        try:
            return react(self._state, event, now)
        except Exception as bug:  # noqa: BLE001
            # A bug in the rules must not wedge the case: the message is refused and operators are told.
            workflow.logger.exception("rules failed", extra={"case_id": self._life.case_id})
            effects: list[Effect] = [
                Refuse("rules_failed"),
                RaiseIncident(
                    "rules_failed", f"{self._life.case_id}-{self._seq + 1}", {"error": type(bug).__name__}
                ),
            ]
            return self._shaken(event), effects

    def _shaken(self, event: Event) -> CaseState | None:
        if self._state is None:
            return None
        deadlines = dict(self._state.deadlines)
        if isinstance(event, Due):
            deadlines[event.clock.value] = self._now() + 86_400
        if isinstance(event, SendAnswered):
            deadlines[Clock.SEND.value] = self._now() + 86_400
        return replace(self._state, attention=True, deadlines=deadlines)

    async def _record(self, batch: Batch) -> Receipt:
        try:
            return await workflow.execute_local_activity_method(
                RecordActivities.record,
                batch,
                summary=self._last,
                start_to_close_timeout=AT_ONCE,
                schedule_to_close_timeout=AT_ONCE,
                retry_policy=ONCE,
            )
        except FailureError:  # a failed local activity raises the application error itself
            return await workflow.execute_activity_method(
                RecordActivities.record,
                batch,
                summary=f"database away: {self._last}",
                start_to_close_timeout=RECORD,
                retry_policy=FOR_EVER,
            )

    async def _deliver(self, state: CaseState) -> SendAnswered:
        assert state.notice is not None
        sending = Sending(
            state.case_id, state.notice.notice_id, self._rules.terms.pack, self._life.shift_seconds
        )
        answer = await workflow.execute_activity_method(
            DeliverActivities.deliver,
            sending,
            summary=f"send {sending.notice_id}",
            start_to_close_timeout=DELIVER,
            retry_policy=FOR_EVER,
        )
        return SendAnswered(answer.notice_id, answer.answer, answer.at, answer.not_before, answer.rule)

    # ---- time ------------------------------------------------------------------------------------------

    def _now(self) -> int:
        """The case's clock in UTC seconds; a reset never turns it back."""
        now = int(workflow.now().timestamp()) + self._life.shift_seconds
        return now if self._state is None else max(now, self._state.at)

    def _earliest(self) -> tuple[int, str] | None:
        if self._state is None or not self._state.deadlines:
            return None
        running = ((at, clock) for clock, at in self._state.deadlines.items() if clock not in self._held)
        return min(running, default=None)

    def _arm(self, due: tuple[int, str] | None) -> None:
        at = None if due is None else due[0]
        if self._patient:
            at = self._now() + PATIENCE_SECONDS
        elif self._held:
            # The word that the day is closed comes as a message; should it be lost, the case looks by itself.
            again = self._now() + PATIENCE_SECONDS
            at = again if at is None else min(at, again)
        if at == self._armed:
            return
        self._disarm()
        self._armed = at
        if at is not None and self._state is not None:
            delay = timedelta(seconds=max(1, at - self._now()))
            self._timer = asyncio.create_task(self._nap(delay, telling.next_clock(self._state)))

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        # What an older timer still has to say is not news: the earliest deadline was looked at since.
        self._timer, self._armed, self._woke = None, None, False

    async def _nap(self, delay: timedelta, what: str) -> None:
        await workflow.sleep(delay, summary=what)
        self._woke = True

    # ---- operators' view, and a fresh history ----------------------------------------------------------

    def _tell(self) -> None:
        if self._state is None:
            return
        shown = telling.attributes(self._state)
        changes = telling.updates(self._shown, shown)
        if changes:
            workflow.upsert_search_attributes(changes)
        self._shown = shown
        workflow.set_current_details(
            telling.details(
                self._state,
                now=self._now(),
                calendar=self._rules.calendar,
                seq=self._seq,
                case_url=self._life.case_url,
                last=self._last,
            )
        )

    def _recycle_if_long(self) -> None:
        """Nothing awaits between the last drain and continue-as-new, so no signal is lost."""
        info = workflow.info()
        if self._state is not None and self._state.closed and not self._inbox:
            return
        if (
            info.get_current_history_length() < self._life.run_events
            and not info.is_continue_as_new_suggested()
        ):
            return
        if sum(map(_weight, self._inbox)) > MAX_CARRIED:
            return  # more than one payload may hold: some of it is heard first
        self._disarm()
        workflow.continue_as_new(
            replace(
                self._life,
                rules=self._rules,
                opening=None,  # heard already, or still in the inbox
                state=self._state,
                seq=self._seq,
                inbox=[_as_heard(said) for said in self._inbox],
                runs=self._life.runs + 1,
            )
        )


def _as_heard(said: tuple[str, object] | Heard) -> Heard:
    return said if isinstance(said, Heard) else read(*said)


def _weight(said: tuple[str, object] | Heard) -> int:
    """About how long it will be in the input of the next run; measured without reading it."""
    if isinstance(said, Heard):
        return len(repr(said.body))
    return len(said[1].payload.data) if isinstance(said[1], RawValue) else 0
