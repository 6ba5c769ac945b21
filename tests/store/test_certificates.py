"""A certificate holds from the test on, to its end or a year after it, whichever comes first."""

from datetime import UTC, datetime, timedelta

import pytest

from arrears.policy.tasks import Role
from arrears.store import certificates, people
from arrears.store.people import NewStaff
from arrears.store.session import Store

TESTED = datetime(2026, 3, 2, tzinfo=UTC)
SECOND = timedelta(seconds=1)
YEAR = 365


@pytest.fixture
def who(store: Store) -> str:
    new = NewStaff("li", "Li", frozenset({Role.COLLECTOR}), None, "en")
    with store.transaction() as connection:
        return people.add_staff(connection, new, at=TESTED)


def _granted(store: Store, who: str, days: int) -> None:
    with store.transaction() as connection:
        until = TESTED + timedelta(days=days)
        certificates.grant(connection, who, since=TESTED, until=until, by="s-admin", at=TESTED)


def _is_certified(store: Store, who: str, at: datetime, *, days: int = YEAR) -> bool:
    with store.reading() as connection:
        return certificates.uncertified(connection, [who], at=at, days=days) == []


@pytest.mark.rule("C19")
def test_it_holds_from_the_test_to_its_end(store: Store, who: str) -> None:
    assert not _is_certified(store, who, TESTED)
    _granted(store, who, 30)
    ends = TESTED + timedelta(days=30)
    held = [_is_certified(store, who, at) for at in (TESTED - SECOND, TESTED, ends - SECOND, ends)]
    assert held == [False, True, True, False]


@pytest.mark.rule("C19")
def test_it_never_holds_longer_than_the_pack_says_after_the_test(store: Store, who: str) -> None:
    _granted(store, who, 1000)
    ends = TESTED + timedelta(days=YEAR)
    assert [_is_certified(store, who, at) for at in (ends - SECOND, ends)] == [True, False]
    with store.reading() as connection:
        assert certificates.ends_at(connection, who, at=TESTED, days=YEAR) == ends
        assert certificates.ends_at(connection, who, at=TESTED, days=90) == TESTED + timedelta(days=90)
        assert certificates.ends_at(connection, who, at=ends, days=YEAR) is None


def test_a_pack_without_a_term_asks_nobody(store: Store, who: str) -> None:
    assert _is_certified(store, who, TESTED, days=0)


def test_of_two_certificates_the_longer_one_counts(store: Store, who: str) -> None:
    _granted(store, who, 300)
    _granted(store, who, 10)
    assert _is_certified(store, who, TESTED + timedelta(days=20))
