"""What must hold of a bank at any moment, looked up in its rows: nothing here trusts what a step answered."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from arrears.contracts import digest
from arrears.policy.state import CaseState
from arrears.store import audit
from arrears.store.states import state_from_json
from arrears.store.tables import cases, contact_attempts, holds, messages, records, tasks
from tests.conduct.bank import Bank

SHANGHAI = ZoneInfo("Asia/Shanghai")
LIVE = ("waiting", "sent", "applied")


def all_is_well(bank: Bank) -> list[str]:
    """Raises where it is not; answers what the cases have come to."""
    with bank.store.reading() as connection:
        for case_id in bank.accounts:
            _case_is_sound(connection, bank, case_id)
        people = select(cases.c.borrower_id).where(cases.c.case_id.in_(bank.accounts)).distinct()
        for person in connection.execute(people).scalars().all():
            nobody_was_called_too_often(connection, bank, person)
    states = [bank.state(case_id) for case_id in bank.accounts]
    promised = [state.promise.status for state in states if state.promise is not None]
    held = ["held"] if any(state.holds for state in states) else []
    return [*(state.closed or state.stage for state in states), *promised, *held]


def nothing_was_changed_afterwards(bank: Bank) -> None:
    """A broken chain stays broken, so it is read once, at the end."""
    with bank.store.reading() as connection:
        for stream in (*bank.accounts, audit.HOUSE):
            assert audit.verify(connection, stream) == []


def _case_is_sound(connection: Connection, bank: Bank, case_id: str) -> None:
    row = connection.execute(select(cases).where(cases.c.case_id == case_id)).one()
    state = state_from_json(row.state)
    assert row.digest == digest(state)
    _steps_follow_each_other(connection, case_id, row.seq)
    _one_live_answer_each(connection, case_id)
    _tasks_are_those_of_the_state(connection, case_id, state)
    if not bank.away:
        _nothing_waits_for_ever(connection, bank, case_id, state)
        _money_is_all_there(bank, case_id, state)


def _steps_follow_each_other(connection: Connection, case_id: str, seq: int) -> None:
    found = connection.execute(select(records.c.seq).where(records.c.case_id == case_id)).scalars().all()
    assert sorted(found) == list(range(1, seq + 1))


def _one_live_answer_each(connection: Connection, case_id: str) -> None:
    twice = (
        select(messages.c.task_id)
        .where(messages.c.case_id == case_id, messages.c.task_id.is_not(None), messages.c.status.in_(LIVE))
        .group_by(messages.c.task_id)
        .having(func.count() > 1)
    )
    assert connection.execute(twice).scalars().all() == []


def _tasks_are_those_of_the_state(connection: Connection, case_id: str, state: CaseState) -> None:
    found = select(tasks.c.task_id).where(tasks.c.case_id == case_id, tasks.c.status == "open")
    assert set(connection.execute(found).scalars()) == {task.task_id for task in state.tasks.values()}
    if state.closed:
        assert (state.tasks, state.deadlines, state.stopped, state.holds) == ({}, {}, {}, ())
        standing = select(holds.c.hold_id).where(
            holds.c.case_id == case_id, holds.c.ended_at.is_(None), holds.c.scope.in_(("loan", "part"))
        )
        assert connection.execute(standing).scalars().all() == []


def _nothing_waits_for_ever(connection: Connection, bank: Bank, case_id: str, state: CaseState) -> None:
    unheard = select(messages.c.message_id).where(
        messages.c.case_id == case_id, messages.c.status.in_(("waiting", "sent"))
    )
    assert connection.execute(unheard).scalars().all() == []
    if state.closed:
        return
    assert state.holds or not state.stopped, "a clock that nothing stops any more"
    latest = bank.now + timedelta(days=state.terms.idle_days + 1)
    assert min(state.deadlines.values()) <= int(latest.timestamp())


def _money_is_all_there(bank: Bank, case_id: str, state: CaseState) -> None:
    # What a dispute took off is not owed; the core bank books it later.
    assert state.balance + state.corrected - state.surplus == bank.accounts[case_id].balance
    assert 0 <= state.overdue <= state.balance


def nobody_was_called_too_often(connection: Connection, bank: Bank, person: str) -> None:
    """Over all loans of the person: C01, C02 by the pack of the hour, C03; counted from the rows."""
    made = connection.execute(
        select(contact_attempts)
        .where(contact_attempts.c.borrower_id == person, contact_attempts.c.action == "out_call")
        .where(contact_attempts.c.status.in_(("reserved", "made", "uncertain")))
        .order_by(contact_attempts.c.at)
    ).all()
    answered: dict[str, int] = {}
    tried: dict[str, int] = {}
    for row in made:
        local = row.at.astimezone(SHANGHAI)
        assert (8, 0) <= (local.hour, local.minute) < (21, 55), "C01"
        day, at = str(local.date()), int(row.at.astimezone(UTC).timestamp())
        tried[day] = tried.get(day, 0) + 1
        assert tried[day] <= 6, "C03: all on one number"
        if row.status != "made" or row.effective:
            answered[day] = answered.get(day, 0) + 1
            assert answered[day] <= bank.packs.most_calls(at), "C02"


def is_day(now: datetime) -> bool:
    """Whether somebody may be called."""
    local = now.astimezone(SHANGHAI)
    return (8, 0) <= (local.hour, local.minute) < (21, 55)
