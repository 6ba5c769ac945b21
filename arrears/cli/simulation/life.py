"""One case in the simulation: it settles, the next thing that happens is found, its clock is moved there, it happens."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from api.desk.deliveries import DeliveryIn
from api.desk.desk import Desk
from api.desk.errors import ContactRefused
from arrears import clock
from arrears.cli.simulation import robots
from arrears.cli.simulation.carrier import Carrier
from arrears.cli.simulation.looking import Look, look, opening
from arrears.cli.simulation.portfolio import Debt
from arrears.cli.simulation.skipping import Skips
from arrears.cli.simulation.watching import WatchedStore
from arrears.contracts import Rules
from arrears.store.intents import PaymentIn

# A step takes real time, and the server takes a case to its next timer when the end of a skip passed by in the
# midst of one. So a skip to a deadline ends well behind it, and a short skip begins when the case is at rest.
_BEHIND: Final = timedelta(seconds=60)
# Between where a case was moved to and where it finds itself lie the seconds that its steps took.
_DRIFT: Final = timedelta(seconds=120)
_MOST_TRIES: Final = 3
_SILENCE_SECONDS: Final = 6.0


class Astray(Exception):
    """The case did what no case should; the simulation is not to be trusted from here on."""


@dataclass(frozen=True)
class Bank:
    """What all cases of the simulation share."""

    store: WatchedStore
    desk: Desk
    carrier: Carrier
    skips: Skips
    rules: Rules
    seed: int
    begins_at: int
    ends_at: int


@dataclass(frozen=True)
class Step:
    """What happens next, and when; `act` is None for the case's own deadline."""

    at: datetime
    rank: int  # of things at one instant: money, then what others report, then people, then clocks
    act: Callable[[], object] | None = None


class Life:
    def __init__(self, bank: Bank, debt: Debt, posted: Sequence[str]) -> None:
        """`posted` are the payments that an earlier run has posted."""
        self._bank = bank
        self._case_id = debt.case_id
        self._to_come = [payment for payment in debt.payments if payment.payment_id not in posted]
        self._shift = timedelta(0)  # of the case before the server's clock for it, since it started
        self._ahead = timedelta(0)  # of the case's clock before the machine's
        self._seen: Look | None = None
        self._tries: Counter[str] = Counter()
        self._not_before: dict[str, int] = {}  # by task: when the guard lets the debtor be contacted again
        self._is_running = False
        self._waits_for = "its opening"

    @property
    def waits_for(self) -> str:
        """What it does now, for whoever asks why it does not get on."""
        return self._waits_for

    @property
    def case_id(self) -> str:
        return self._case_id

    @property
    def has_moved(self) -> bool:
        """Whether it had anything left to live."""
        return self._is_running

    async def begin(self) -> None:
        """Open the case, or go on with it where an earlier run was interrupted."""
        seen = await self._look()
        if seen is None:
            self._start_at(instant(self._bank.begins_at))
            await self._bank.carrier.open(self._case_id, shift=self._shift)
        else:
            # What was said already must not be heard at an earlier instant.
            self._seen = seen
            self._start_at(max(seen.at, seen.unsettled or seen.at))
            if self._has_ended(seen):
                return
            if not seen.closed:
                await self._bank.carrier.resume(self._case_id, shift=self._shift)
            if seen.unsettled is not None:
                await self._carry(seen)
        self._is_running = True
        await self._settle()

    def _has_ended(self, seen: Look) -> bool:
        return seen.unsettled is None and (seen.closed or self.next_step() is None)

    def next_step(self) -> Step | None:
        """None when nothing more happens to the case before the simulation ends."""
        bank, seen = self._bank, self._known
        steps = [self._payment(payment) for payment in self._to_come[:1]]
        if not seen.closed:
            steps += [self._reply(task) for task in seen.tasks]
            steps += [self._arrival(notice_id, sent_at) for notice_id, sent_at in seen.letters]
            if seen.due is not None:
                steps.append(Step(seen.due, 3))
        first = min(steps, key=lambda step: (step.at, step.rank), default=None)
        return first if first is not None and first.at < instant(bank.ends_at) else None

    async def take(self, step: Step) -> None:
        """Move the case's clock to the step and let it happen."""
        seen, self._is_running = self._known, True
        if seen.closed:
            self._start_at(step.at)
        else:
            await self._move_to(step.at + (_BEHIND if step.act is None else timedelta(0)))
        if step.act is None:
            await self._settle(after=seen.seq)
            return
        with clock.door_time(self._now()):
            await asyncio.to_thread(step.act)
        await self._carry(seen)
        await self._settle()

    async def _move_to(self, at: datetime) -> None:
        if at - self._now() < _BEHIND:
            self._waits_for = "the server's end of its last step"
            self._must_be_near(await self._bank.skips.rest(self._case_id) + self._shift)
        by = at - self._now()
        if by > timedelta(0):
            self._waits_for = f"a skip of its clock by {by}"
            await self._bank.skips.skip(self._case_id, by, until=at - self._shift)
            self._stand_at(at)

    def _must_be_near(self, at: datetime) -> None:
        """Its clock is there or later, as the case itself says; never far from where it was moved."""
        beyond = at - self._now()
        if beyond > _DRIFT:
            raise Astray(f"its clock stands at {at}, {beyond} beyond where it was moved")
        if beyond > timedelta(0):
            self._stand_at(at)

    async def end(self) -> None:
        """At the end of the simulation."""
        if self._is_running and not self._known.closed:
            self._waits_for = "its last step"
            await self._bank.skips.rest(self._case_id)
            await self._bank.carrier.end(self._case_id)
        self._bank.store.forget(self._case_id)

    # ---- what may happen ---------------------------------------------------------------------------------

    def _payment(self, payment: PaymentIn) -> Step:
        bank = self._bank
        at = robots.money_time(bank.seed, payment.payment_id, payment.booked_on, bank.rules.calendar)

        def act() -> None:
            bank.desk.money.post_payment(robots.OPS, payment)
            self._to_come.remove(payment)

        return Step(instant(at), 0, act)

    def _arrival(self, notice_id: str, sent_at: int) -> Step:
        bank = self._bank
        at = robots.arrival_time(bank.seed, notice_id, sent_at, bank.rules.calendar)

        def act() -> None:
            bank.desk.report_delivery(robots.OPS, DeliveryIn(notice_id, "arrived", clock.door_now()))

        return Step(instant(at), 1, act)

    def _reply(self, task: robots.OpenTask) -> Step:
        bank = self._bank
        now = max(int(self._now().timestamp()), self._not_before.get(task.task_id, 0))
        reply = robots.reply(bank.seed, task, bank.rules.calendar, now=now)
        if self._tries[task.task_id] >= _MOST_TRIES:
            raise Astray(f"{task.task_id} ({task.kind}) is still open after {_MOST_TRIES} answers")

        def act() -> None:
            try:
                bank.desk.decide(reply.who, task.task_id, reply.answer)
            except ContactRefused as refused:
                # The debtor has been called enough: the robot calls again when the guard says so.
                if refused.at is None:
                    raise
                self._not_before[task.task_id] = int(refused.at.timestamp())
            else:
                self._tries[task.task_id] += 1

        return Step(instant(reply.at), 2, act)

    # ---- settling ----------------------------------------------------------------------------------------

    @property
    def _known(self) -> Look:
        assert self._seen is not None
        return self._seen

    async def _carry(self, seen: Look) -> None:
        reopened = self._shift if seen.closed else None
        await self._bank.carrier.carry(self._case_id, reopened=reopened)

    async def _settle(self, *, after: int = 0) -> None:
        """Until the case took a step after `after`, nothing said to it waits and no deadline of it is due."""
        written = self._bank.store.written(self._case_id)
        self._waits_for = f"a step after {after}" if after else "what was said to be heard"
        while True:
            written.clear()
            seen = await self._look()
            if seen is None:
                if await self._has_opened():  # just now, between the two looks
                    continue
            elif self._is_settled(seen, after):
                self._seen = seen
                self._must_be_near(seen.at)
                return
            await self.heard_or_nudged(written)
            failure = self._bank.store.failure(self._case_id)
            if failure is not None:
                raise Astray(f"a step could not be written ({type(failure).__name__})") from failure

    async def heard_or_nudged(self, written: asyncio.Event) -> None:
        """Waits until a step was written; a case of which nothing is heard for a while is told to look at its clock."""
        try:
            await asyncio.wait_for(written.wait(), _SILENCE_SECONDS)
        except TimeoutError:
            await self._bank.carrier.nudge(self._case_id)

    def _is_settled(self, seen: Look, after: int) -> bool:
        if seen.seq <= after or seen.unsettled is not None:
            return False
        return seen.closed or seen.due is None or seen.due > self._now()

    async def _has_opened(self) -> bool:
        status, why = await asyncio.to_thread(opening, self._bank.store, self._case_id)
        if status not in ("waiting", "sent", "applied"):
            raise Astray(f"the case did not open: its opening is {status} ({why})")
        return status == "applied"

    async def _look(self) -> Look | None:
        return await asyncio.to_thread(partial(look, self._bank.store, self._case_id))

    # ---- the case's clock --------------------------------------------------------------------------------

    def _now(self) -> datetime:
        """The case's own clock, or a moment before it."""
        return clock.machine_now() + self._ahead

    def _stand_at(self, at: datetime) -> None:
        self._ahead = at - clock.machine_now()

    def _start_at(self, at: datetime) -> None:
        """Cases carry whole seconds: rounded up, so that it is never before."""
        self._shift = timedelta(seconds=int((at - clock.machine_now()).total_seconds()) + 1)
        self._ahead = self._shift


def instant(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
