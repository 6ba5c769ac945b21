from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from api.auth.throttle import ACCOUNT, NETWORK, Throttle, TooManyTries, network_of
from arrears.store.session import Store
from arrears.store.tables import login_attempts
from tests.api.conftest import Machine


@pytest.fixture
def throttle(store: Store, machine: Machine) -> Throttle:
    return Throttle(store, now=machine)


def _fails(throttle: Throttle, login: str = "li", network: str = "n") -> int:
    """Seconds to wait, 0 when the try was let through (and counted)."""
    try:
        throttle.begin(login, network=network)
    except TooManyTries as wait:
        return wait.seconds
    return 0


def test_the_first_tries_are_free_then_the_wait_doubles_up_to_a_minute(
    throttle: Throttle, machine: Machine
) -> None:
    waits: list[int] = []
    for _ in range(12):
        assert _fails(throttle) == 0
        wait = _fails(throttle) if len(waits) >= ACCOUNT.free else 0
        waits.append(wait)
        machine.pass_(seconds=wait)
    assert waits == [0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_waiting_is_not_counted_so_it_ends_under_attack(throttle: Throttle, machine: Machine) -> None:
    while _fails(throttle) == 0:
        pass
    for _ in range(50):
        assert _fails(throttle) > 0
    machine.pass_(seconds=60)
    assert _fails(throttle) == 0


def test_nobody_is_locked_out_for_longer_than_a_minute(throttle: Throttle, machine: Machine) -> None:
    for number in range(15):
        _fails(throttle, network=f"attacker {number}")
        assert _fails(throttle, network="own desk") <= ACCOUNT.longest.total_seconds()
        machine.pass_(seconds=61)
        throttle.begin("li", network="own desk")
        throttle.succeeded("li", network="own desk")


def test_a_success_makes_the_account_new(throttle: Throttle, machine: Machine) -> None:
    for _ in range(ACCOUNT.free + 2):
        machine.pass_(seconds=60)
        assert _fails(throttle) == 0
    machine.pass_(seconds=60)
    throttle.begin("li", network="n")
    throttle.succeeded("li", network="n")
    assert [_fails(throttle) for _ in range(ACCOUNT.free)] == [0] * ACCOUNT.free


def test_old_failures_fade(throttle: Throttle, machine: Machine) -> None:
    for _ in range(ACCOUNT.free + 1):
        assert _fails(throttle) == 0
    assert _fails(throttle) == 1
    machine.now += ACCOUNT.fades * (ACCOUNT.free + 2)
    assert [_fails(throttle) for _ in range(ACCOUNT.free)] == [0] * ACCOUNT.free


def test_accounts_do_not_hurt_each_other_but_a_network_that_tries_them_all_waits(
    throttle: Throttle, machine: Machine
) -> None:
    for number in range(NETWORK.free + 1):
        assert _fails(throttle, f"login {number}") == 0
    assert _fails(throttle, "another login") == 1
    assert _fails(throttle, "another login", network="elsewhere") == 0


def test_people_who_get_in_cost_their_network_nothing(throttle: Throttle) -> None:
    for number in range(NETWORK.free + 5):
        throttle.begin(f"colleague {number}", network="branch")
        throttle.succeeded(f"colleague {number}", network="branch")
    assert _fails(throttle, "one more", network="branch") == 0


def test_known_and_unknown_are_counted_alike_whatever_the_case(throttle: Throttle) -> None:
    for login in ("li", "LI", " Li ", "lI"):
        assert _fails(throttle, login) == 0
    assert _fails(throttle, "li") == 1


def test_many_at_once_get_no_more_tries_than_one_after_the_other(throttle: Throttle) -> None:
    with ThreadPoolExecutor(8) as many:
        waits = list(many.map(lambda _: _fails(throttle), range(24)))
    assert waits.count(0) == ACCOUNT.free + 1


def test_nothing_typed_is_kept_readable_and_nothing_is_kept_for_ever(
    throttle: Throttle, store: Store, machine: Machine
) -> None:
    _fails(throttle, "my password by mistake", network="10.0.0.0/24")
    with store.reading() as connection:
        kept = [row.bucket for row in connection.execute(select(login_attempts))]
    assert len(kept) == 2
    assert not any("password" in bucket for bucket in kept)
    machine.now += timedelta(days=2)
    _fails(throttle, "li", network="n")
    with store.reading() as connection:
        assert connection.execute(select(func.count()).select_from(login_attempts)).scalar() == 2


def test_any_log_in_can_be_counted(throttle: Throttle) -> None:
    for login in ("", "\x00", "\ud800", "x" * 100_000, "张三"):
        assert _fails(throttle, login) == 0


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.7", "192.0.2.0/24"),
        ("192.0.2.200", "192.0.2.0/24"),
        ("2001:db8:1:2ff::1", "2001:db8:1:200::/56"),
        ("::ffff:192.0.2.7", "192.0.2.0/24"),
        ("fe80::1%eth0", "elsewhere"),
        ("testclient", "elsewhere"),
        ("", "elsewhere"),
        (None, "elsewhere"),
    ],
)
def test_a_network_is_what_one_person_can_move_in(host: str | None, network: str) -> None:
    assert network_of(host) == network
