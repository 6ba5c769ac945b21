"""A notice goes out once or is doubted; a channel that is down leaves the case able to hear."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from temporalio.client import Client

from arrears.channels.file import FileChannel
from arrears.channels.port import Address, ChannelDown, Letter, Sent
from arrears.store.session import Store
from arrears.store.tables import contact_attempts, notices
from tests import stories
from tests.world import LEAD, World, a_world

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]


class Moody:
    """A print room that is down, or that breaks off after it sent, as long as a test says so."""

    name = "moody"
    dedupes_by_key = True

    def __init__(self, folder: Path) -> None:
        self._inner = FileChannel(folder)
        self.down = False
        self.breaks_off = False
        self.asked = 0

    def send(self, key: str, letter: Letter, to: Address) -> Sent:
        self.asked += 1
        if self.down:
            raise ChannelDown("not now")
        sent = self._inner.send(key, letter, to)
        if self.breaks_off:
            raise OSError("gone in the middle of it")
        return sent


def _attempts(world: World, case: str) -> list[str]:
    with world.store.reading() as connection:
        found = select(contact_attempts.c.status).where(
            contact_attempts.c.case_id == case, contact_attempts.c.purpose == "notice"
        )
        return list(connection.execute(found).scalars())


@pytest.mark.rule("4.6-4")
async def test_a_channel_that_is_down_is_asked_again_later_and_the_letter_goes_out_once(
    sqlite_store: Store, client: Client, tmp_path: Path
) -> None:
    channel = Moody(tmp_path / "out")
    channel.down = True
    async with a_world(sqlite_store, client, tmp_path, channel=channel) as world:
        case = await stories.to_notice_released(world)
        assert (world.notice(case).status, world.case(case).next_deadline) == ("released", "send")
        assert _attempts(world, case) == ["released"], "the slot is given back"
        channel.down = False
        await world.skip(case, timedelta(minutes=16))
        await world.until(lambda: world.notice(case).status == "sent")
        assert (channel.asked, _attempts(world, case)) == (2, ["made"])
        assert world.incidents() == []


async def test_a_letter_that_goes_out_takes_one_try(world: World) -> None:
    """A try that fails after its commit would be mended by the next one, and nobody would see it."""
    case = await stories.to_notice_released(world)
    await world.until(lambda: world.notice(case).status == "sent")
    history = await world.legal_history(case)
    tries = [
        event.activity_task_started_event_attributes
        for event in history
        if event.HasField("activity_task_started_event_attributes")
    ]
    assert [(one.attempt, one.last_failure.message) for one in tries] == [(1, "")]


async def test_while_a_channel_is_down_the_case_hears_money(
    sqlite_store: Store, client: Client, tmp_path: Path
) -> None:
    channel = Moody(tmp_path / "out")
    channel.down = True
    async with a_world(sqlite_store, client, tmp_path, channel=channel) as world:
        case = await stories.to_notice_released(world)
        await world.pay(case, stories.OVERDUE)
        assert (world.case(case).closed_reason, world.notice(case).status) == ("CURED", "withdrawn")


async def test_a_letter_that_may_have_gone_is_doubted_when_money_forbids_to_ask_the_channel_again(
    sqlite_store: Store, client: Client, tmp_path: Path
) -> None:
    """It was sent, the answer was lost, and money came before the second try: withdrawn would be a lie."""
    channel = Moody(tmp_path / "out")
    channel.breaks_off = True
    async with a_world(sqlite_store, client, tmp_path, channel=channel, relaying=False) as world:
        async with world.relaying():
            case = await stories.to_formal(world)
            world.say_decision(case, LEAD, "notice_release", "release")
            await world.until(lambda: channel.asked == 1)
        world.say_payment(world.case(case).loan_id, 10_000, case_id=case)
        await world.until(lambda: _attempts(world, case) == ["uncertain"])
        async with world.relaying():
            await world.settled(case)
        assert world.notice(case).status == "uncertain"
        assert [row.kind for row in world.incidents()] == ["notice_uncertain"]
        assert world.open_kinds(case) == {"notice_release"}
        assert world.case(case).overdue_minor == stories.OVERDUE - 10_000


@pytest.mark.rule("1.2", "4.6-4")
async def test_a_notice_that_is_no_longer_released_does_not_go_out(world: World) -> None:
    """Whatever asks for it late: the guard looks at the row of the moment."""
    case = await stories.to_notice_waiting(world)
    with world.store.transaction() as connection:
        connection.execute(update(notices).where(notices.c.case_id == case).values(status="withdrawn"))
    await world.skip_to_clock(case, "send")
    await world.until(lambda: world.open_kinds(case) == {"notice_release"})
    assert _attempts(world, case) == []
    assert not list(world.letters.glob("*.pdf"))
