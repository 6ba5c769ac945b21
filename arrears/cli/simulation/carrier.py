"""Tells one case what was said to it, as the relay does: one message at a time, money first, marked before it goes."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Row, bindparam, select, update
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from api.gateway import CaseGateway, CaseNotRunning
from arrears import clock
from arrears.cli.simulation.patience import patiently
from arrears.contracts import CaseInput, Message, Rules
from arrears.store.session import Store
from arrears.store.states import state_from_json
from arrears.store.tables import cases, messages

MessageRow = Row[*tuple[Any, ...]]

_NEXT: Final = (
    select(messages)
    .where(messages.c.case_id == bindparam("case"), messages.c.status.in_(("waiting", "sent")))
    .order_by(messages.c.rank, messages.c.arrival)
    .limit(1)
)
_MARK: Final = (
    update(messages)
    .where(messages.c.message_id == bindparam("message"))
    .values(status="sent", sent_at=bindparam("now"), attempts=messages.c.attempts + 1)
)
_CASE: Final = select(cases.c.loan_id, cases.c.seq, cases.c.state).where(cases.c.case_id == bindparam("case"))


class Carrier:
    """Cases are started here and not by the relay, which would start all of them at once, each on its own clock."""

    def __init__(self, store: Store, client: Client, rules: Rules, *, run_events: int) -> None:
        self._store = store
        self._client = client
        self._gateway = CaseGateway(client)
        self._rules = rules
        self._run_events = run_events
        self.nudged = 0  # how often a case had to be woken

    async def open(self, case_id: str, *, shift: timedelta) -> None:
        """Start the case with the message that opens it, on a clock so far from the machine's."""
        row = await asyncio.to_thread(self._take, case_id)
        if row is None or row.signal != "open":
            raise LookupError(f"nothing opens {case_id}")
        life = self._life(case_id, row.content["loan_id"], shift=shift, opening=_message(row))
        await patiently(lambda: self._gateway.start(life))

    async def resume(self, case_id: str, *, shift: timedelta) -> None:
        """Start an open case again from the database."""
        life = await self._from_snapshot(case_id, shift)
        await patiently(lambda: self._gateway.start(life))

    async def carry(self, case_id: str, *, reopened: timedelta | None = None) -> None:
        """Tell the case what waits for it longest; one that has closed starts again, on a clock so shifted."""
        row = await asyncio.to_thread(self._take, case_id)
        if row is None:
            return
        if reopened is None:
            await patiently(lambda: self._gateway.signal(case_id, _message(row)))
        else:
            life = await self._from_snapshot(case_id, reopened)
            await patiently(lambda: self._gateway.reopen(life, _message(row)))

    async def nudge(self, case_id: str) -> None:
        """Have a case look whether something is due; nothing is written for the nudge itself.

        A server whose clocks are skipped may write a timer behind the place up to which it has read them: it is fired
        when the server starts again, and not before.
        """
        self.nudged += 1
        with suppress(CaseNotRunning):
            await patiently(lambda: self._gateway.nudge(case_id))

    async def end(self, case_id: str) -> None:
        """Take the case off the server: its clock would go on with the world's. What is in the database stays."""
        handle = self._client.get_workflow_handle(case_id)
        try:
            await patiently(lambda: handle.terminate("the simulation ends here"))
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    # ---- inside ------------------------------------------------------------------------------------------

    def _take(self, case_id: str) -> MessageRow | None:
        with self._store.transaction() as connection:
            row = connection.execute(_NEXT, {"case": case_id}).first()
            if row is not None:
                connection.execute(_MARK, {"message": row.message_id, "now": clock.machine_now()})
        return row

    def _case(self, case_id: str) -> Row[*tuple[Any, ...]]:
        with self._store.reading() as connection:
            return connection.execute(_CASE, {"case": case_id}).one()

    async def _from_snapshot(self, case_id: str, shift: timedelta) -> CaseInput:
        row = await asyncio.to_thread(self._case, case_id)
        state = state_from_json(row.state)
        return self._life(case_id, row.loan_id, shift=shift, state=state, seq=row.seq)

    def _life(self, case_id: str, loan_id: str, *, shift: timedelta, **known: Any) -> CaseInput:
        return CaseInput(
            case_id=case_id,
            loan_id=loan_id,
            rules=self._rules,
            shift_seconds=int(shift.total_seconds()),
            run_events=self._run_events,
            **known,
        )


def _message(row: MessageRow) -> Message:
    return Message(row.message_id, row.signal, row.actor, row.content, row.task_id)
