"""Two relays at one database: each word is told by one of them, and a case has one under way, whoever took it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, func, select, update

from api.gateway import CaseGateway
from api.relay import MessageRow, Relay
from arrears.contracts import Unchanging
from arrears.store import intents, packs
from arrears.store.intents import Said
from arrears.store.session import Store, open_engine
from arrears.store.tables import messages

pytestmark = pytest.mark.postgres

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
RULES = Unchanging(packs.load("cn-bank-2026").rules)


class Nobody(CaseGateway):
    """Nothing is sent here."""

    def __init__(self) -> None: ...


class Slow(Relay):
    """Something happens while it is taking what it found."""

    meanwhile: Callable[[], None] = staticmethod(lambda: None)

    def _mark(self, connection: Connection, row: MessageRow, now: datetime) -> bool:
        self.meanwhile()
        return super()._mark(connection, row, now)


@pytest.fixture
def two_stores(postgres_store: Store) -> Iterator[list[Store]]:
    """As two processes have them."""
    stores = [Store(open_engine(str(postgres_store.engine.url))) for _ in range(2)]
    yield stores
    for store in stores:
        store.close()


def _say(store: Store, case_id: str, name: str, signal: str) -> None:
    with store.transaction() as connection:
        intents.say(connection, Said(case_id, name, signal, "s-1", AT, {}))


def _under_way(store: Store) -> list[str]:
    with store.reading() as connection:
        sent = select(messages.c.message_id).where(messages.c.status == "sent")
        return sorted(connection.execute(sent).scalars())


def test_money_that_comes_while_a_word_is_taken_waits_for_its_turn(
    postgres_store: Store, two_stores: list[Store]
) -> None:
    one, other = Slow(two_stores[0], Nobody(), RULES), Relay(two_stores[1], Nobody(), RULES)
    _say(postgres_store, "case-L1-1", "word", "hold_placed")
    taken: list[MessageRow] = []

    def meanwhile() -> None:
        _say(postgres_store, "case-L1-1", "money", "payment_posted")
        _say(postgres_store, "case-L2-1", "another", "hold_placed")
        taken.extend(other._claim())

    one.meanwhile = meanwhile
    assert [row.message_id for row in one._claim()] == ["word"]
    assert [row.message_id for row in taken] == ["another"]  # the case that is being told is passed over
    assert other._claim() == []
    assert _under_way(postgres_store) == ["another", "word"]


def test_two_relays_share_the_work_and_nothing_is_told_twice(
    postgres_store: Store, two_stores: list[Store]
) -> None:
    relays = [Relay(store, Nobody(), RULES) for store in two_stores]
    for n in range(40):
        _say(postgres_store, f"case-L{n % 20}-1", f"m{n:02}", "hold_placed")
    told: list[str] = []
    while rows := [row for relay in relays for row in relay._claim()]:
        told += [row.message_id for row in rows]
        with postgres_store.transaction() as connection:
            per_case = select(func.count()).where(messages.c.status == "sent").group_by(messages.c.case_id)
            assert set(connection.execute(per_case).scalars()) == {1}
            connection.execute(update(messages).where(messages.c.status == "sent").values(status="applied"))
    assert sorted(told) == [f"m{n:02}" for n in range(40)]
