"""Moves one case's clock to its next deadline, where the server skips time: demo, practice and tests only."""

import asyncio
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, select

from api.gateway import CaseGateway
from arrears.store.session import Store
from arrears.store.tables import cases, messages

_LIMIT_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 0.05


class CannotSkip(Exception):
    """The case does not come to rest, has no deadline, or did not act within the limit."""


class TimeMachine:
    def __init__(self, store: Store, gateway: CaseGateway, *, shift: timedelta = timedelta(0)) -> None:
        self._store = store
        self._gateway = gateway
        self._shift = shift

    async def to_next_deadline(self, case_id: str) -> datetime:
        """Settle, skip exactly to it, wait for its record. Returns the instant. Raises CannotSkip."""
        try:
            return await asyncio.wait_for(self._skip(case_id), _LIMIT_SECONDS)
        except TimeoutError:
            raise CannotSkip(case_id) from None

    async def _skip(self, case_id: str) -> datetime:
        case = await self._settled(case_id)
        due: datetime | None = case.next_deadline_at
        if due is None:
            raise CannotSkip(case_id)
        await self._gateway.skip_to(case_id, due, shift=self._shift)
        while (await self._row_of(case_id)).seq == case.seq:  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_SECONDS)
        return due

    async def _settled(self, case_id: str) -> Row[*tuple[Any, ...]]:
        # A signal sent before the skip is heard before it only when the case has settled first.
        while await asyncio.to_thread(self._waiting, case_id):  # noqa: ASYNC110  # another process writes
            await asyncio.sleep(_LOOK_SECONDS)
        return await self._row_of(case_id)

    def _waiting(self, case_id: str) -> bool:
        with self._store.reading() as connection:
            found = connection.execute(
                select(messages.c.message_id).where(
                    messages.c.case_id == case_id, messages.c.status.in_(("waiting", "sent"))
                )
            )
            return found.first() is not None

    async def _row_of(self, case_id: str) -> Row[*tuple[Any, ...]]:
        row = await asyncio.to_thread(self._row, case_id)
        if row is None:
            raise CannotSkip(case_id)
        return row

    def _row(self, case_id: str) -> Row[*tuple[Any, ...]] | None:
        with self._store.reading() as connection:
            return connection.execute(select(cases).where(cases.c.case_id == case_id)).first()
