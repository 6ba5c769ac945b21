"""Tasks are found by what somebody knows of a debtor, on both databases and by an index."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from arrears import clock
from arrears.store import packs, queries, searches
from arrears.store.queries.searching import _ways
from arrears.store.session import Store
from tests.builders import CaseRoom

ROLES = ("collector",)


@pytest.fixture
def room(store: Store) -> CaseRoom:
    return CaseRoom(store, packs.load("cn-bank-2026").rules)


@pytest.mark.parametrize(
    ("words", "hits"),
    [
        ("刘明", {0, 1}),
        ("刘明辉", {0}),
        ("明辉", set()),
        ("刘", {0, 1}),
        ("RL2024000002", {1}),
        ("rl2024000002", {1}),
        ("RL2024", {0, 1, 2}),
        ("ＲＬ２０２４000003", {2}),
        ("5678", {0, 2}),
        ("138 0000 5678", {0}),
        ("+86 13800005678", {0}),
        ("567", set()),
        ("9号", set()),
        ("王%", set()),
        ("", set()),
    ],
)
def test_what_is_known_of_a_debtor_finds_the_tasks(room: CaseRoom, words: str, hits: set[int]) -> None:
    known = (("刘明辉", "13800005678"), ("刘明", "13900001234"), ("王五", "13711115678"))
    made = [room.task(room.a_case(name=name, phone=phone), "first_contact").task_id for name, phone in known]
    with room.store.reading() as connection:
        found = queries.found(connection, words, roles=ROLES)
        assert queries.found(connection, words, roles=("team_lead",)).task_ids == frozenset()
    assert (found.task_ids, found.more) == (frozenset(made[n] for n in hits), False)


def test_a_search_names_no_more_than_its_bound_and_says_so(
    room: CaseRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arrears.store.queries.searching.MOST", 2)
    for _ in range(3):
        room.a_case(name="刘明辉")
    with room.store.reading() as connection:
        found = queries.found(connection, "刘", roles=ROLES)
    assert (len(found.task_ids), found.more) == (2, True)


def test_words_are_kept_for_who_asked_and_not_for_ever(store: Store) -> None:
    now = clock.machine_now()
    with store.transaction() as connection:
        first = searches.keep(connection, "s-1", "刘明辉", now=now)
        again = searches.keep(connection, "s-1", "刘明辉", now=now)
        other = searches.keep(connection, "s-2", "刘明辉", now=now)
    assert first == again != other
    with store.reading() as connection:
        assert searches.words_of(connection, "s-1", first, now=now) == "刘明辉"
        assert searches.words_of(connection, "s-2", first, now=now) is None
        assert searches.words_of(connection, "s-1", first, now=now + searches.KEPT) is None
    later = now + searches.KEPT + timedelta(seconds=1)
    with store.transaction() as connection:
        searches.keep(connection, "s-3", "王", now=later)
        left = connection.execute(text("SELECT words FROM searches")).scalars().all()
    assert left == ["王"]


INDEXES = {
    "刘明": ["borrowers_by_name", "cases_by_loan"],
    "138 0000 5678": ["cases_by_loan", "contact_points_by_end"],
}


@pytest.mark.parametrize("words", INDEXES)
def test_each_way_to_find_has_its_index(sqlite_store: Store, words: str) -> None:
    with sqlite_store.reading() as connection:
        ways = _ways(connection, words, ROLES)
        for way, index in zip(ways, INDEXES[words], strict=True):
            compiled = str(way.compile(connection.engine, compile_kwargs={"literal_binds": True}))
            plan = [
                row[-1]
                for row in connection.execute(text("EXPLAIN QUERY PLAN " + compiled.replace(":", r"\:")))
            ]
            assert index in plan[0], plan
            assert not [line for line in plan if line.startswith("SCAN")], plan
            assert "tasks_by_case" in plan[-1], plan
