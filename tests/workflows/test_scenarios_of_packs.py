"""Scenarios of the rule book about packs and certificates, told through the real workflow in skipped time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from temporalio.client import Client, WorkflowHistory

from api.auth.person import Person
from api.desk import errors
from api.desk.answering import Answer
from api.desk.publishing import PackDesk
from arrears import clock
from arrears.cli.replaying import replayer
from arrears.contracts import Rules
from arrears.policy.codes import Action
from arrears.policy.guard import Never, NotBefore
from arrears.policy.tasks import Role
from arrears.store import certificates, contacts, packs, people
from arrears.store.contacts import Came, Slot
from arrears.store.in_force import PublishedRules
from arrears.store.known import Ask
from arrears.store.packs import Pack
from arrears.store.people import NewStaff
from arrears.store.session import Store
from arrears.store.tables import audit_rows
from tests import stories
from tests.world import COLLECTOR, LEAD, World, a_world

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
FOUNDING: Final = packs.load("cn-bank-2026")
DECEMBER: Final = datetime(2026, 12, 1, tzinfo=SHANGHAI)
TWO_CALLS: Final = FOUNDING.text.replace("cn-bank-2026.1", "cn-bank-2026.2").replace(
    "most = 3", "most = 2", 1
)


def _hired(store: Store, role: Role, at: datetime, *, login: str = "") -> Person:
    login = login or role.value
    new = NewStaff(login, login, frozenset({role}), None, "zh-CN", f"s-{login}")
    with store.transaction() as connection:
        people.add_staff(connection, new, at=at)
    return Person(f"s-{login}", login, login, frozenset({role}), "zh-CN")


def _published(store: Store, pack: Pack, *, at: datetime, since: datetime) -> None:
    desk = PackDesk(store)
    for number, role in enumerate((Role.TEAM_LEAD, Role.LEGAL_ADVISOR, Role.LEGAL_ADVISOR)):
        _hired(store, role, at, login=f"approver-{number}")
    with clock.door_time(at):
        desk.propose(_hired(store, Role.COMPLIANCE, at), pack, reason="as decided", effective_at=since)
        desk.approve(_hired(store, Role.MANAGER, at), pack.version)


def _call(
    world: World, case: str, rules: Rules, at: datetime, *, by: Person = COLLECTOR
) -> Slot | NotBefore | Never:
    """Reserved, made and answered; the number is another one each time."""
    second = int(at.timestamp())
    ask = Ask(
        f"call-{case}-{second}",
        world.case(case).borrower_id,
        Action.OUT_CALL,
        by.staff_id,
        case_id=case,
        number=f"139{second}",
    )
    with world.store.transaction() as connection:
        answer = contacts.reserve(connection, ask, None, rules, at=second)
        if isinstance(answer, Slot):
            contacts.confirm(connection, ask.attempt_id, Came("hung"), rules, at=second)
    return answer


def _seconds(at: datetime, hours: int) -> int:
    return int((at + timedelta(hours=hours)).timestamp())


@pytest.mark.rule("4.6-11", "C02")
async def test_s28_a_lowered_cap_holds_from_its_instant_for_every_case_and_the_stage_keeps_its_terms(
    sqlite_store: Store, client: Client, tmp_path: Path
) -> None:
    starts = datetime(2026, 11, 30, 10, 0, tzinfo=SHANGHAI)
    file = tmp_path / "two.toml"
    file.write_text(TWO_CALLS.replace("formal_dpd = 31", "formal_dpd = 45"), encoding="utf-8")
    _published(sqlite_store, packs.load(file), at=starts - timedelta(days=3), since=DECEMBER)
    rules = PublishedRules(sqlite_store, FOUNDING.rules)
    async with a_world(
        sqlite_store, client, tmp_path, start_at=starts.astimezone(UTC), in_force=rules
    ) as world:
        case = await stories.to_initial(world)
        others = [await world.a_case() for _ in range(2)]
        await world.decide(case, COLLECTOR, "first_contact", "na")
        for one in others:
            calls = [
                _call(world, one, rules.at(_seconds(starts, hour)), starts + timedelta(hours=hour))
                for hour in range(1, 5)
            ]
            assert [isinstance(call, Slot) for call in calls] == [True, True, True, False]
        for one in others:
            calls = [
                _call(world, one, rules.at(_seconds(DECEMBER, hour)), DECEMBER + timedelta(hours=hour))
                for hour in (9, 10, 11)
            ]
            assert [isinstance(call, Slot) for call in calls] == [True, True, False]
            assert calls[-1] == NotBefore(int((DECEMBER + timedelta(days=1, hours=8)).timestamp()), "C02")
        await world.skip_to_clock(case, "follow_up")
        assert world.zone_time(case) > DECEMBER
        await world.decide(case, COLLECTOR, "follow_up", "na")
        terms = world.case(case).state["terms"]
        assert (terms["pack"], terms["formal_dpd"]) == ("cn-bank-2026.1", 31)
        await world.skip_to_clock(case, "follow_up")
        await world.decide(case, COLLECTOR, "follow_up", "rtp", reason="拒绝还款")
        await world.decide(case, LEAD, "escalation", "escalate")
        terms = world.case(case).state["terms"]
        assert (terms["pack"], terms["formal_dpd"]) == ("cn-bank-2026.2", 45)
        assert await world.agrees(case)
        history = WorkflowHistory(case, await world.legal_history(case))
        await replayer().replay_workflow(history)


@pytest.mark.rule("4.6-11", "C02")
async def test_s28_a_pack_that_raises_a_cap_of_the_law_is_no_pack(tmp_path: Path) -> None:
    file = tmp_path / "four.toml"
    file.write_text(TWO_CALLS.replace("most = 2", "most = 4", 1), encoding="utf-8")
    with pytest.raises(packs.PackInvalid, match="C02 is 4, above the 3 that the law sets"):
        packs.load(file)


@pytest.fixture
def until() -> Callable[[Store, str, datetime], None]:
    def grant(store: Store, staff_id: str, ends: datetime) -> None:
        since = ends - timedelta(days=365)
        with store.transaction() as connection:
            certificates.grant(connection, staff_id, since=since, until=ends, by="s-admin", at=since)

    return grant


@pytest.mark.rule("C19")
async def test_s40_who_is_no_longer_certified_loses_the_open_tasks_and_gets_no_new_one(
    sqlite_store: Store, client: Client, tmp_path: Path, until: Callable[[Store, str, datetime], None]
) -> None:
    async with a_world(sqlite_store, client, tmp_path, relaying=False) as world:
        case = world.open(world.loan())
        async with world.relaying():
            await world.settled(case)
        now = world.now_of(case)
        who = _hired(sqlite_store, Role.COLLECTOR, now)
        until(sqlite_store, who.staff_id, now + timedelta(days=1))
        task = world.task(case, "first_contact")
        with clock.door_time(now):
            world.desk.claim(who, task.task_id)
        with clock.door_time(now + timedelta(days=2)):
            with pytest.raises(errors.NotCertified):
                world.desk.decide(who, task.task_id, Answer("na", task.facts_no))
            # Nobody looks at the task: the relay takes it back by itself.
            async with world.relaying():
                await world.until(lambda: world.task(case, "first_contact").assignee is None)
            with pytest.raises(errors.NotCertified):
                world.desk.claim(who, task.task_id)
        assert _call(world, case, FOUNDING.rules, now + timedelta(days=2), by=who) == Never("C19")
        with sqlite_store.reading() as connection:
            freed = connection.execute(
                select(audit_rows.c.actor, audit_rows.c.detail).where(
                    audit_rows.c.stream == case, audit_rows.c.what == "task_released"
                )
            ).all()
        told = {"task_id": task.task_id, "from": who.staff_id, "why": "certificate_ended"}
        assert [tuple(row) for row in freed] == [("clock", told)]
        # Trained and tested anew, the same person goes on.
        until(sqlite_store, who.staff_id, now + timedelta(days=300))
        with clock.door_time(now + timedelta(days=2)):
            world.desk.claim(who, task.task_id)


YEAR_2027: Final = """
[years.2027]
official = true
rest_days = ["2027-02-08", "2027-02-09", "2027-02-10", "2027-02-11", "2027-02-12"]
workdays = ["2027-02-13"]
"""


@pytest.mark.rule("D4")
async def test_s29_dates_of_an_unknown_year_are_marked_and_move_when_its_table_is_loaded(
    sqlite_store: Store, client: Client, tmp_path: Path
) -> None:
    """The days of 2027 are invented; the product has none until somebody publishes them."""
    shipped = (packs.SHIPPED / "calendar-cn.toml").read_text(encoding="utf-8")
    (tmp_path / "days.toml").write_text(shipped.partition("\n[years.2027]")[0] + YEAR_2027, encoding="utf-8")
    file = tmp_path / "known.toml"
    file.write_text('extends = "cn-bank-2026"\npack = "known.1"\ncalendar = "days.toml"\n', encoding="utf-8")
    starts = datetime(2027, 2, 5, 10, 0, tzinfo=SHANGHAI)
    rules = PublishedRules(sqlite_store, FOUNDING.rules, look_every=timedelta(0))
    async with a_world(
        sqlite_store, client, tmp_path, start_at=starts.astimezone(UTC), in_force=rules, relaying=False
    ) as world:
        case = world.open(world.loan())
        async with world.relaying():
            await world.settled(case)
        assert world.task(case, "first_contact").due_at == datetime(2027, 2, 8, 18, tzinfo=SHANGHAI)
        assert world.case(case).state["calendar_missing"] == 2027
        [alarm] = world.incidents("calendar_missing")
        assert (alarm.status, alarm.detail["year"]) == ("open", 2027)
        now = world.now_of(case)
        _published(sqlite_store, packs.load(file), at=now, since=now + timedelta(minutes=2))
        await world.skip(case, timedelta(minutes=5))
        with clock.door_time(world.now_of(case)):
            async with world.relaying():
                await world.until(lambda: world.case(case).state["calendar_missing"] == 0)
                await world.settled(case)
        assert world.task(case, "first_contact").due_at == datetime(2027, 2, 13, 18, tzinfo=SHANGHAI)
        [told] = [said for said in world.messages(case) if said.signal == "policy_published"]
        assert (told.status, told.actor) == ("applied", "clock")
        assert await world.agrees(case)
