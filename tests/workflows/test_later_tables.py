"""The last version goes on while the next one's tables are there already: a case from first call to court on them."""

from pathlib import Path

import pytest
from temporalio.client import Client

from arrears import clock
from arrears.contracts import Unchanging
from arrears.store import schema
from arrears.store.invariants.asking import check
from arrears.store.invariants.register import ALL
from arrears.store.session import Store
from tests.replay.record import from_first_call_to_court
from tests.store.expanding import expand
from tests.tampering import as_owner
from tests.world import a_world

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]


async def test_a_program_works_on_tables_that_a_later_one_added_to(
    store: Store, client: Client, tmp_path: Path
) -> None:
    if schema.current(store) != "later":  # all stores may be such (`--later-tables`)
        with as_owner(store) as connection:
            expand(connection)
    schema.require_current(store)
    async with a_world(store, client, tmp_path) as world:
        case = await from_first_call_to_court(world)
        assert world.case(case).status == "closed"
        assert world.incidents() == []
        # People have no rows of their own here, and what was paid by hand has no delivery.
        asked = [one for one in ALL if one.number not in (1, 17)]
        found = check(store, Unchanging(world.rules), asked, now=clock.machine_now(), at_rest=True)
    assert found == []
