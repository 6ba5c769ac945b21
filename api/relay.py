"""Carries messages from the database to their cases: one at a time for a case, again until it is settled.

Several relays share the work: what one is taking the others pass over.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    bindparam,
    func,
    select,
    update,
)
from sqlalchemy import case as when

from api.gateway import CaseGateway, CaseNotRunning, TemporalAway
from arrears import clock, traces
from arrears.contracts import CaseInput, Message, RulesInForce
from arrears.store import certificates, drafts, publishing, turns
from arrears.store.intents import raise_incident
from arrears.store.session import Store
from arrears.store.states import state_from_json
from arrears.store.tables import cases, messages
from arrears.store.types import among

log = structlog.get_logger(__name__)

MessageRow = Row[*tuple[Any, ...]]

_UNSETTLED: Final = ("waiting", "sent")
_HANDFUL: Final = 16
_LONGEST: Final = timedelta(hours=1)
_PAUSES: Final = [f"silent_since_{tries}" for tries in range(1, 11)]


def _is_unsettled(table: FromClause) -> ColumnElement[bool]:
    return among(table.c.status, _UNSETTLED)


def _is_silent(table: FromClause) -> ColumnElement[bool]:
    """Sent, and silent for longer than the pause that belongs to so many tries."""
    *growing, last = [bindparam(name, type_=messages.c.sent_at.type) for name in _PAUSES]
    before = when(*[(table.c.attempts <= n, at) for n, at in enumerate(growing, 1)], else_=last)
    return (table.c.status == "sent") & (table.c.sent_at <= before)


def _cases_with(which: ColumnElement[bool]) -> Select[Any]:
    """The cases that can be told something now, longest waiting first. Made once: it is asked at every wake.

    A case that still has to answer is left out here and not later, or a hundred silent ones would keep the
    others from being seen.
    """
    waiting = (messages.c.status == "waiting") & (messages.c.effective_at <= bindparam("door"))
    unanswered = select(messages.c.case_id).where(
        _is_unsettled(messages), messages.c.status == "sent", ~_is_silent(messages)
    )
    return (
        select(messages.c.case_id)
        .where(
            _is_unsettled(messages),
            which,
            waiting | _is_silent(messages),
            messages.c.case_id.not_in(unanswered),
        )
        .group_by(messages.c.case_id)
        .order_by(func.min(messages.c.arrival))
        .limit(bindparam("most"))
    )


_SAID: Final = _cases_with(messages.c.signal != "open")
_OPENS: Final = _cases_with(messages.c.signal == "open")
_UNSETTLED_OF: Final = (
    select(messages)
    .where(messages.c.case_id.in_(bindparam("names", expanding=True)), messages.c.status.in_(_UNSETTLED))
    .order_by(messages.c.rank, messages.c.arrival)
)
_STILL_SENT: Final = select(messages.c.message_id).where(
    messages.c.message_id.in_(bindparam("names", expanding=True)),
    messages.c.status == "sent",
    messages.c.sent_at > bindparam("since"),
)
_MARK: Final = (
    update(messages)
    .where(
        messages.c.message_id == bindparam("of_message"),
        messages.c.attempts == bindparam("seen"),
        messages.c.status.in_(_UNSETTLED),
    )
    .values(status="sent", sent_at=bindparam("now"), attempts=bindparam("tries"))
)


@dataclass(frozen=True)
class RelayTerms:
    """`in_flight` requests and `opening` cases at once (more floods the server); the first resend after
    `resend_seconds`, then later and later; after `max_attempts` that Temporal accepted a message is parked with
    an incident. Every `sweep_seconds` the relay looks
    round: the work of people whose certificate ended is freed, cases that waited for a pack are told, drafts of
    ended tasks are thrown away."""

    in_flight: int = 32
    opening: int = 64
    resend_seconds: float = 15.0
    max_attempts: int = 20
    sweep_seconds: float = 60.0
    poll_seconds: float = 0.25
    shift_seconds: int = 0
    run_events: int = 1500
    case_url: str = ""


class Relay:
    def __init__(
        self,
        store: Store,
        gateway: CaseGateway,
        rules: RulesInForce,
        terms: RelayTerms | None = None,
        *,
        door: Callable[[], datetime] = clock.door_now,
    ) -> None:
        self._store = store
        self._gateway = gateway
        self._rules = rules
        self._terms = terms or RelayTerms()
        self._door = door
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._opening: set[str] = set()
        self._bell = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._swept_at: datetime | None = None

    def wake(self) -> None:
        """From any thread: something was written."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._bell.set)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; what is under way is finished first."""
        self._loop = asyncio.get_running_loop()
        self._store.on_commit(self.wake)
        self._swept_at = None
        while not stop.is_set():
            self._bell.clear()
            try:
                rows = await asyncio.to_thread(self._claim)
            except Exception:  # the database is away: nothing is lost, it is asked again
                log.exception("relay cannot read")
                rows = []
                await self._rest(stop, 1.0)
            for row in rows:
                self._send(row)
            await self._sweep()
            if not self._may_be_more(rows):
                await self._rest(stop, self._terms.poll_seconds)
        await asyncio.gather(*self._busy.values(), return_exceptions=True)

    def _may_be_more(self, rows: Sequence[MessageRow]) -> bool:
        """As many as fit were taken, or a handful of cases to open."""
        return len(rows) >= self._terms.in_flight or any(row.signal == "open" for row in rows)

    async def _rest(self, stop: asyncio.Event, seconds: float) -> None:
        waits = [asyncio.create_task(self._bell.wait()), asyncio.create_task(stop.wait())]
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _sweep(self) -> None:
        now = clock.machine_now()
        pause = timedelta(seconds=self._terms.sweep_seconds)
        if self._swept_at is not None and now < self._swept_at + pause:
            return
        self._swept_at = now
        try:
            await asyncio.to_thread(self._look_round)
        except Exception:  # the database is away: a minute later it is asked again
            log.exception("relay cannot sweep")

    def _look_round(self) -> None:
        at = clock.door_now()
        days = self._rules.at(int(at.timestamp())).conduct.certificate_days
        with self._store.transaction() as connection:
            certificates.sweep(connection, at=at, days=days)
            publishing.tell(connection, at=at)
            drafts.sweep(connection, now=clock.machine_now())

    # ---- choosing ----------------------------------------------------------------------------------------

    def _claim(self) -> Sequence[MessageRow]:
        """Mark the next messages as sent, at most one for a case: money, then legal facts, then people."""
        room = self._terms.in_flight - len(self._busy)
        if room <= 0:
            return []
        now, door = clock.machine_now(), self._door()
        with self._store.reading() as connection:
            said = self._candidates(connection, _SAID, now=now, door=door, room=room)
            spare = self._spare(connection, now)
            opens = self._candidates(connection, _OPENS, now=now, door=door, room=min(room, spare))
        if not said and not opens:
            return []
        # What is taken concerns nobody else: neither pages nor other relays are woken by it.
        with self._store.transaction(told=False) as connection:
            mine = turns.take(connection, [*said, *opens])
            ready = self._ready(connection, mine.intersection(said), now=now, door=door)[:room]
            fresh = self._ready(connection, mine.intersection(opens).difference(said), now=now, door=door)
            fresh = fresh[: min(room - len(ready), spare)]
            self._opening |= {row.message_id for row in fresh}
            return [row for row in (*ready, *fresh) if self._mark(connection, row, now)]

    def _spare(self, connection: Connection, now: datetime) -> int:
        """Starting a portfolio must not keep a collector waiting, nor flood the workers: only so many cases are
        opening at once. They are taken by the handful, because each taking is a durable write. One that stays
        silent gives its place to others."""
        recent = {"names": list(self._opening), "since": now - self._pause(1)}
        self._opening &= set(connection.execute(_STILL_SENT, recent).scalars())
        most = self._terms.opening
        return 0 if len(self._opening) > most - min(_HANDFUL, most) else most - len(self._opening)

    def _candidates(
        self, connection: Connection, which: Select[Any], *, now: datetime, door: datetime, room: int
    ) -> list[str]:
        """Cases that can be told something now; another relay may be about to."""
        if room <= 0:
            return []
        silent = {name: now - self._pause(tries) for tries, name in enumerate(_PAUSES, 1)}
        most = room + len(self._busy) + 64
        found = connection.execute(which, {"door": door, "most": most, **silent}).scalars()
        return [case for case in found if case not in self._busy]

    def _ready(
        self, connection: Connection, names: Collection[str], *, now: datetime, door: datetime
    ) -> list[MessageRow]:
        if not names:
            return []
        rows = connection.execute(_UNSETTLED_OF, {"names": sorted(names)}).all()
        return self._first_of_each(rows, now=now, door=door)

    def _first_of_each(
        self, rows: Sequence[MessageRow], *, now: datetime, door: datetime
    ) -> list[MessageRow]:
        by_case: dict[str, list[MessageRow]] = {}
        for row in rows:
            by_case.setdefault(row.case_id, []).append(row)
        heads = []
        for unsettled in by_case.values():
            sent = [row for row in unsettled if row.status == "sent"]
            if sent:
                # One in flight: nothing else is said to this case until that one is settled.
                heads += [row for row in sent[:1] if self._is_stale(row, now)]
            else:
                heads += [row for row in unsettled if row.effective_at <= door][:1]
        return heads

    def _is_stale(self, row: MessageRow, now: datetime) -> bool:
        return bool(row.sent_at + self._pause(row.attempts) <= now)

    def _pause(self, tries: int) -> timedelta:
        """How long a case may be silent after so many tries before it is told again."""
        # The first two pauses are alike: a relay may have died twice without the case being any slower.
        doubled = 2 ** (min(max(tries, 2), len(_PAUSES)) - 2)
        return min(timedelta(seconds=self._terms.resend_seconds * doubled), _LONGEST)

    def _mark(self, connection: Connection, row: MessageRow, now: datetime) -> bool:
        """False when somebody else was quicker, or when the message had its last try."""
        mine = (messages.c.message_id == row.message_id) & (messages.c.attempts == row.attempts)
        if row.attempts >= self._terms.max_attempts:
            connection.execute(update(messages).where(mine).values(status="parked", reason="never_settled"))
            raise_incident(
                connection,
                kind="message_parked",
                key=row.message_id,
                at=clock.door_now(),
                case_id=row.case_id,
                detail={"signal": row.signal},
            )
            return False
        done = connection.execute(
            _MARK,
            {"of_message": row.message_id, "seen": row.attempts, "now": now, "tries": row.attempts + 1},
        )
        return bool(done.rowcount == 1)

    # ---- sending -----------------------------------------------------------------------------------------

    def _send(self, row: MessageRow) -> None:
        name = "open" if row.signal == "open" else "said"
        task = asyncio.create_task(self._deliver(row), name=name)
        self._busy[row.case_id] = task
        task.add_done_callback(lambda _: self._done(row.case_id))

    def _done(self, case_id: str) -> None:
        was_full = len(self._busy) >= self._terms.in_flight
        self._busy.pop(case_id, None)
        if was_full:
            self._bell.set()

    async def _deliver(self, row: MessageRow) -> None:
        try:
            await self._tell(row)
        except Exception:  # it stays sent and is told again; the others go on
            log.exception("relay cannot tell", case_id=row.case_id)

    async def _tell(self, row: MessageRow) -> None:
        message = Message(row.message_id, row.signal, row.actor, row.content, row.task_id)
        told = {"case_id": row.case_id, "message_id": row.message_id, "signal": row.signal}
        try:
            with traces.going_on("relay", row.traceparent, attempt=row.attempts + 1, **told):
                if row.signal == "open":
                    life = self._life(row.case_id, row.content["loan_id"], opening=message)
                    await self._gateway.start(life)
                else:
                    await self._say(row.case_id, message)
        except TemporalAway as away:
            log.warning("temporal is away", status=str(away), case_id=row.case_id)
            await asyncio.to_thread(self._unsend, row)
            await asyncio.sleep(1.0)

    async def _say(self, case_id: str, message: Message) -> None:
        try:
            await self._gateway.signal(case_id, message)
        except CaseNotRunning:
            snapshot = await asyncio.to_thread(self._snapshot, case_id)
            if snapshot is not None and snapshot.status == "closed":
                life = self._life(case_id, snapshot.loan_id, snapshot=snapshot)
                await self._gateway.reopen(life, message)
            elif snapshot is not None:
                await asyncio.to_thread(self._missing, case_id)

    def _life(
        self,
        case_id: str,
        loan_id: str,
        *,
        opening: Message | None = None,
        snapshot: MessageRow | None = None,
    ) -> CaseInput:
        terms = self._terms
        return CaseInput(
            case_id=case_id,
            loan_id=loan_id,
            rules=self._rules.at(int(clock.machine_now().timestamp()) + terms.shift_seconds),
            opening=opening,
            state=None if snapshot is None else state_from_json(snapshot.state),
            seq=0 if snapshot is None else snapshot.seq,
            shift_seconds=terms.shift_seconds,
            run_events=terms.run_events,
            case_url=f"{terms.case_url}/cases/{case_id}" if terms.case_url else "",
        )

    def _snapshot(self, case_id: str) -> MessageRow | None:
        with self._store.reading() as connection:
            return connection.execute(
                select(cases.c.status, cases.c.loan_id, cases.c.seq, cases.c.state).where(
                    cases.c.case_id == case_id
                )
            ).first()

    def _missing(self, case_id: str) -> None:
        """An open case without a workflow: somebody terminated it, or Temporal lost it. Told, not dropped (4.8)."""
        with self._store.transaction() as connection:
            raise_incident(
                connection, kind="workflow_missing", key=case_id, at=clock.door_now(), case_id=case_id
            )

    def _unsend(self, row: MessageRow) -> None:
        """Temporal never had it: the try does not count."""
        with suppress(Exception), self._store.transaction() as connection:
            connection.execute(
                update(messages)
                .where(
                    messages.c.message_id == row.message_id,
                    messages.c.status == "sent",
                    messages.c.attempts == row.attempts + 1,
                )
                .values(status="waiting", attempts=row.attempts)
            )
