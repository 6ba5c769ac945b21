"""Reads for pages, on both databases: whose tasks, in which order, on which index, and what a case shows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, insert, text, update

from arrears.policy.state import Clock
from arrears.store import intents, packs, queries
from arrears.store.queries.inbox import _inbox_of, _parts
from arrears.store.session import Store
from arrears.store.tables import holds, tasks
from arrears.store.views import Act, CaseKey, Either, IncidentKey, Narrowed, Reader, Step, TaskKey, View
from tests.builders import CaseRoom


@pytest.fixture
def room(store: Store) -> CaseRoom:
    made = CaseRoom(store, packs.load("cn-bank-2026").rules)
    made.staff()
    return made


@pytest.fixture
def reader(room: CaseRoom) -> Reader:
    return _reader(room)


def _reader(room: CaseRoom) -> Reader:
    start = datetime.fromtimestamp(room.rules.calendar.start_of(room.today), UTC)
    return Reader(
        "s-collector", ("collector",), room.now, (start, start + timedelta(days=1)), ("legal_advisor",)
    )


def _assign(room: CaseRoom, task_id: str, to: str) -> None:
    with room.store.transaction() as connection:
        connection.execute(update(tasks).where(tasks.c.task_id == task_id).values(assignee=to))


def _pages(room: CaseRoom, reader: Reader, view: View = View.ALL) -> list[list[str]]:
    pages: list[list[str]] = []
    after: TaskKey | None = None
    while True:
        with room.store.reading() as connection:
            page = queries.inbox(connection, reader, view=view, after=after)
        pages.append([row.task_id for row in page.rows])
        if page.more is None:
            return pages
        after = page.more


def test_pages_hold_everybody_once_earliest_first(room: CaseRoom, reader: Reader) -> None:
    opened = []
    for n in range(54):
        room.now += timedelta(days=n % 3 == 0)
        opened.append(room.task(room.a_case(), "first_contact"))
    pages = _pages(room, reader)
    assert [len(page) for page in pages] == [50, 4]
    by_due = sorted(opened, key=lambda task: (task.due_at, task.task_id))
    assert [name for page in pages for name in page] == [task.task_id for task in by_due]


def test_a_person_of_several_roles_sees_one_list(room: CaseRoom, reader: Reader) -> None:
    contact = room.task(room.a_case(), "first_contact").task_id
    asked = room.a_case(days_past_due=40)
    room.ask_lead(asked)
    both = replace(reader, roles=("collector", "team_lead"))
    (page,) = _pages(room, both)
    assert contact in page
    assert room.task(asked, "escalation").task_id in page
    assert _pages(room, replace(reader, roles=())) == [[]]


def test_splits_are_what_their_counts_say(room: CaseRoom) -> None:
    promised = room.a_case(days_past_due=3)
    room.say(promised, "first_contact", "ptp", by="s-collector", amount_minor=100_000, on=room.today)
    room.pass_until(promised, Clock.PROMISE)
    asked = room.a_case(days_past_due=60)
    room.ask_lead(asked)
    room.say(asked, "escalation", "escalate", by="s-lead")
    room.to_review(asked)
    room.now += timedelta(hours=1)
    mine, hers, free = (room.task(room.a_case(), "first_contact").task_id for _ in range(3))
    _assign(room, mine, "s-collector")
    _assign(room, hers, "s-colleague")
    promise = room.task(promised, "follow_up").task_id
    review = room.task(asked, "legal_review").task_id
    reader = _reader(room)
    put_off, back = (room.task(room.a_case(), "first_contact").task_id for _ in range(2))
    for task_id, until in ((put_off, reader.now + timedelta(hours=1)), (back, reader.now)):
        _assign(room, task_id, "s-collector")
        with room.store.transaction() as connection:
            later = update(tasks).where(tasks.c.task_id == task_id).values(snoozed_until=until)
            connection.execute(later)
    shown = {view: {name for page in _pages(room, reader, view) for name in page} for view in View}
    assert shown == {
        View.ALL: {mine, hers, free, promise, put_off, back},
        View.MINE: {mine, back},
        View.FREE: {free, promise},
        View.TODAY: set(),
        View.LATE: {promise},
        View.LATER: {put_off},
        View.PROMISED: {promise},
        View.LEGAL: {review},
    }
    with room.store.reading() as connection:
        assert queries.counts(connection, reader) == {view: len(names) for view, names in shown.items()}
        nothing = Narrowed(stage=Either(("legal",)))
        assert queries.counts(connection, reader, narrowed=nothing) == dict.fromkeys(View, 0)


def test_due_today_is_the_banks_civil_day(room: CaseRoom) -> None:
    task = room.task(room.a_case(), "first_contact")
    first = datetime.fromtimestamp(
        room.rules.calendar.start_of(room.rules.calendar.day_of(int(task.due_at.timestamp()))), UTC
    )
    last = first + timedelta(days=1)
    found = {}
    for name, day in {
        "before": (first - timedelta(days=1), first),
        "on": (first, last),
        "after": (last, last + timedelta(days=1)),
    }.items():
        found[name] = _pages(room, replace(_reader(room), today=day), View.TODAY)
    assert found == {"before": [[]], "on": [[task.task_id]], "after": [[]]}


def test_whom_a_debtor_complained_of_has_no_row_of_that_debtor(room: CaseRoom, reader: Reader) -> None:
    case_id, other = room.a_case(), room.a_case()
    tasks_of = [room.task(one, "first_contact").task_id for one in (case_id, other)]
    hold = {
        "hold_id": "h-1",
        "case_id": case_id,
        "borrower_id": room.case(case_id).borrower_id,
        "kind": "complaint",
    }
    hold |= {
        "scope": "person",
        "reason": "-",
        "against": "s-collector",
        "placed_by": "s-desk",
        "placed_at": room.now,
    }
    with room.store.transaction() as connection:
        connection.execute(insert(holds).values(hold))
    assert _pages(room, reader) == [[tasks_of[1]]]
    assert _pages(room, replace(reader, staff_id="s-colleague")) == [tasks_of]
    with room.store.reading() as connection:
        assert queries.counts(connection, reader)[View.ALL] == 1


def test_what_was_answered_is_neither_listed_nor_counted(room: CaseRoom, reader: Reader) -> None:
    case_id = room.a_case()
    task = room.task(case_id, "first_contact")
    said = intents.Said(case_id, "m-1", "task_decided", "s-collector", room.now, {}, task.task_id)
    with room.store.transaction() as connection:
        intents.say(connection, said)
    assert _pages(room, reader) == [[]]
    with room.store.reading() as connection:
        assert queries.counts(connection, reader)[View.ALL] == 0
        view = queries.task(connection, task.task_id)
    assert view is not None
    assert view.answer is not None
    assert (view.answer.status, view.answer.actor_name) == ("waiting", "陈静")


def test_a_task_that_ended_says_why_it_was_opened_and_why_it_ended(room: CaseRoom) -> None:
    case_id = room.a_case(overdue=100, balance=500)
    task_id = room.task(case_id, "first_contact").task_id
    room.pay(case_id, 100)
    with room.store.reading() as connection:
        view = queries.task(connection, task_id)
    assert view is not None
    assert (view.status, view.why, view.ended_why) == ("cancelled", "case_opened", "cured")


def test_the_facts_a_form_was_written_on_can_be_read_again(room: CaseRoom) -> None:
    case_id = room.a_case(overdue=50_000, balance=90_000)
    task = room.task(case_id, "first_contact")
    room.pay(case_id, 20_000)
    with room.store.reading() as connection:
        seen = queries.facts_seen(connection, task.task_id, task.facts_no)
        now = queries.facts_seen(connection, task.task_id, room.task(case_id, "first_contact").facts_no)
        assert queries.facts_seen(connection, task.task_id, 99) is None
        assert queries.facts_seen(connection, "no-such-task", 1) is None
    assert seen is not None
    assert now is not None
    assert (seen["overdue_minor"], now["overdue_minor"]) == (50_000, 30_000)


def test_a_case_shows_its_way_its_state_its_money_and_its_letters(room: CaseRoom) -> None:
    case_id = room.a_case(days_past_due=45, overdue=50_000, balance=90_000)
    room.to_formal(case_id)
    room.say(case_id, "notice_release", "release", by="s-lead")
    room.pass_until(case_id, Clock.SEND)
    room.pay(case_id, 20_000)
    with room.store.reading() as connection:
        case = queries.case(connection, case_id)
        stages = queries.stages_of(connection, case_id)
        (notice,) = queries.notices_of(connection, case_id)
        (payment,) = queries.ledger_of(connection, room.case(case_id).loan_id)
        told = queries.timeline(connection, case_id)
        listed = queries.tasks_of(connection, case_id)
        other = queries.notice(connection, "case-other-1", notice.notice_id)
    assert case is not None
    assert (case.stage, case.overdue_minor, case.owed["principal"]) == ("formal", 30_000, 70_000)
    assert [(entry.stage, entry.why) for entry in stages] == [("initial", "opened"), ("formal", "escalated")]
    assert (notice.status, notice.released_by_name, notice.amount_minor) == ("sent", "周凯", 50_000)
    assert other is None
    assert (payment.amount_minor, payment.allocated) == (20_000, {"principal": 20_000})
    assert case.state == room.state(case_id)
    seqs = [entry.seq for entry in told.entries if isinstance(entry, Step)]
    assert seqs == sorted(seqs, reverse=True)
    acts = [entry.what for entry in told.entries if isinstance(entry, Act)]
    assert acts == ["task_claimed"] * 5, "three calls, the escalation and the notice"
    assert told.names["s-lead"] == "周凯"
    assert {task.kind for task in listed} >= {"first_contact", "escalation", "notice_release"}


def test_open_cases_and_incidents_are_paged_without_a_gap(room: CaseRoom) -> None:
    for n in range(52):
        room.a_case(days_past_due=1 + n % 20)
    with room.store.transaction() as connection:
        for n in range(52):
            intents.raise_incident(
                connection, kind="surplus", key=f"{n:03d}", at=room.now + timedelta(seconds=n % 4)
            )
    after: CaseKey | None = None
    cases: list[str] = []
    behind: IncidentKey | None = None
    incidents: list[str] = []
    with room.store.reading() as connection:
        for _ in range(2):
            rows, after = queries.open_cases(connection, "s-lead", after=after)
            cases += [row.case_id for row in rows]
            views, behind = queries.incident_list(connection, after=behind)
            incidents += [view.incident_id for view in views]
        assert queries.open_incidents(connection) == 52
    assert len(set(cases)) == len(cases) == 52
    assert len(set(incidents)) == len(incidents) == 52


INDEXES = {
    View.ALL: "tasks_by_role ",
    View.MINE: "tasks_by_assignee ",
    View.FREE: "tasks_by_role_and_holder ",
    View.TODAY: "tasks_by_role ",
    View.LATE: "tasks_by_role ",
    View.LATER: "tasks_by_assignee ",
    View.PROMISED: "tasks_by_role_and_why ",
    View.LEGAL: "tasks_by_role ",
}


@pytest.mark.parametrize("view", View)
def test_the_list_is_read_from_its_index(sqlite_store: Store, view: View) -> None:
    """What a database plans, not how long it takes; PostgreSQL walks a table this small whatever its indexes."""
    room = CaseRoom(sqlite_store, packs.load("cn-bank-2026").rules)
    room.a_case()
    with sqlite_store.reading() as connection:
        plan = _plan(connection, _reader(room), view)
    assert any(INDEXES[view] in line for line in plan), plan
    assert not [line for line in plan if line.startswith("SCAN tasks")], plan


def _plan(connection: Connection, reader: Reader, view: View) -> list[str]:
    wanted = _inbox_of(reader, _parts(reader, view)[0], limit=51)
    compiled = wanted.compile(connection.engine, compile_kwargs={"literal_binds": True})
    return [row[-1] for row in connection.execute(text(f"EXPLAIN QUERY PLAN {compiled}".replace(":", r"\:")))]
