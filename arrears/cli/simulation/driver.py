"""Drives every debtor of a portfolio through the simulation, so many at once."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from sqlalchemy import select

from api.desk.errors import DeskError
from arrears.cli.simulation.life import Astray, Bank, Life, Step
from arrears.cli.simulation.portfolio import Debt
from arrears.store.tables import cases, messages, payments

AT_ONCE: Final = 24
_LIMIT_SECONDS: Final = 30.0


class Stuck(Exception):
    """A case did not get on; the text names it."""


async def drive(bank: Bank, debts: Sequence[Debt], *, advance: Callable[[int], None]) -> int:
    """All of them to their end; `advance` is told of cases that came to it. Raises Stuck at the first that does not.

    Returns how many had anything left to live.
    """
    room, posted = asyncio.Semaphore(AT_ONCE), await asyncio.to_thread(_posted, bank, debts)
    by_debtor = groupby(sorted(debts, key=lambda debt: debt.borrower_id), key=lambda debt: debt.borrower_id)

    async def debtor(owed: Sequence[Debt]) -> int:
        async with room:
            lives = [Life(bank, debt, posted.get(debt.loan_id, ())) for debt in owed]
            await _drive_debtor(lives)
        advance(len(owed))
        return sum(life.has_moved for life in lives)

    try:
        async with asyncio.TaskGroup() as everybody:
            moved = [everybody.create_task(debtor(list(owed))) for _, owed in by_debtor]
    except BaseExceptionGroup as failures:
        raise _first(failures) from failures
    return sum(one.result() for one in moved)


async def clear_the_server(bank: Bank) -> None:
    """Before anybody works there: what an interrupted run left would go on, on a clock that ran meanwhile."""
    room = asyncio.Semaphore(AT_ONCE)

    async def end(case_id: str) -> None:
        async with room:
            await bank.carrier.end(case_id)

    await asyncio.gather(*map(end, await asyncio.to_thread(_left_over, bank)))


async def _drive_debtor(lives: Sequence[Life]) -> None:
    """The cases of one debtor share the ledger of contacts, so their steps come in the order of time."""
    for life in lives:
        await _limited(life, life.begin())
    steps = {life: _next_step(life) for life in lives}
    while moving := {life: step for life, step in steps.items() if step is not None}:
        life, step = min(moving.items(), key=lambda one: (one[1].at, one[1].rank))
        await _limited(life, life.take(step))
        steps[life] = _next_step(life)
    for life in lives:
        await _limited(life, life.end())


def _next_step(life: Life) -> Step | None:
    try:
        return life.next_step()
    except Exception as failure:
        raise Stuck(f"{life.case_id}: {_told(failure)}") from failure


async def _limited(life: Life, doing: Coroutine[Any, Any, None]) -> None:
    try:
        await asyncio.wait_for(doing, _LIMIT_SECONDS)
    except TimeoutError:
        why = f"waited {_LIMIT_SECONDS:.0f} s for {life.waits_for}"
        raise Stuck(f"{life.case_id}: {why}") from None
    except Exception as failure:
        raise Stuck(f"{life.case_id}: {_told(failure)}") from failure


def _told(failure: Exception) -> str:
    return str(failure) if isinstance(failure, Astray | DeskError) else f"{type(failure).__name__}: {failure}"


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    found, rest = failures.split(Stuck)
    group: BaseExceptionGroup[BaseException] = found or rest or failures
    first = group.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


def _posted(bank: Bank, debts: Sequence[Debt]) -> Mapping[str, list[str]]:
    """By loan, the payments that an earlier run of this simulation has posted."""
    known = {payment.payment_id for debt in debts for payment in debt.payments}
    with bank.store.reading() as connection:
        found: dict[str, list[str]] = {}
        for row in connection.execute(select(payments.c.payment_id, payments.c.loan_id)):
            if row.payment_id in known:
                found.setdefault(row.loan_id, []).append(row.payment_id)
        return found


def _left_over(bank: Bank) -> list[str]:
    begun = select(messages.c.case_id).where(messages.c.signal == "open", messages.c.status == "sent")
    with bank.store.reading() as connection:
        still_open = connection.execute(select(cases.c.case_id).where(cases.c.status == "open")).scalars()
        return sorted({*still_open, *connection.execute(begun).scalars()})
