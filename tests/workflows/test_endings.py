"""Each way in which a case can end, on the real server, and that no way is without its story."""

import pytest

from tests.endings import ENDINGS, Story
from tests.world import World
from web import words

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.rule("4.5")
@pytest.mark.parametrize(("story", "reason"), ENDINGS.values(), ids=ENDINGS)
async def test_a_case_ends_as_its_story_tells(world: World, story: Story, reason: str) -> None:
    case = await story(world)
    assert await world.client.get_workflow_handle(case).result() == reason
    row = world.case(case)
    assert (row.status, row.closed_reason, row.next_deadline) == ("closed", reason, None)
    assert world.open_kinds(case) == set()
    assert {message.status for message in world.messages(case)} == {"applied"}
    assert await world.agrees(case)


async def test_each_closing_reason_has_its_story() -> None:
    assert {reason for _, reason in ENDINGS.values()} == set(words.CLOSINGS)
