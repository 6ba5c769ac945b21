"""How long a sign-in waits after others failed: by account and by network, growing, never for good."""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Final

from arrears import clock
from arrears.store import people
from arrears.store.session import Store


@dataclass(frozen=True)
class Pace:
    """`free` failures cost nothing, the next doubles the wait up to `longest`; one is forgotten every `fades`."""

    free: int
    longest: timedelta
    fades: timedelta

    def wait(self, failures: int) -> timedelta:
        over = failures - self.free
        return timedelta() if over <= 0 else min(self.longest, timedelta(seconds=2 ** min(over - 1, 30)))


# The account's wait stays short: anybody can make a colleague's log-in fail, nobody may lock it.
ACCOUNT: Final = Pace(free=3, longest=timedelta(seconds=60), fades=timedelta(minutes=5))
# A branch sits behind one address, so its people's slips must not add up to a wall.
NETWORK: Final = Pace(free=50, longest=timedelta(seconds=120), fades=timedelta(minutes=1))
_KEPT: Final = timedelta(days=1)


class TooManyTries(Exception):
    """Come back in `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


class Throttle:
    def __init__(self, store: Store, *, now: Callable[[], datetime] = clock.machine_now) -> None:
        self._store = store
        self._now = now

    def begin(self, login: str, *, network: str) -> None:
        """Counts the try before the password is looked at, so that many at once gain nothing.

        Raises TooManyTries, which is not counted: waiting ends also under attack.
        """
        now = self._now()
        paces = {_account(login): ACCOUNT, _network(network): NETWORK}
        with self._store.transaction() as connection:
            people.forget_attempts(connection, older_than=now - _KEPT)
            kept = people.attempts(connection, paces, now=now)
            left = max(until - now for _, until in kept.values())
            if left > timedelta():
                raise TooManyTries(math.ceil(left.total_seconds()))
            for bucket, pace in paces.items():
                failures = _remembered(kept[bucket], pace, now) + 1
                people.put_attempts(connection, bucket, failures=failures, until=now + pace.wait(failures))

    def succeeded(self, login: str, *, network: str) -> None:
        """The try was no failure: the account starts anew, the network gets it back."""
        now = self._now()
        with self._store.transaction() as connection:
            account, bucket = _account(login), _network(network)
            kept = people.attempts(connection, (account, bucket), now=now)
            people.clear_attempts(connection, account)
            failures = max(0, _remembered(kept[bucket], NETWORK, now) - 1)
            people.put_attempts(connection, bucket, failures=failures, until=now)


def network_of(host: str | None) -> str:
    """The /24 or /56 an address lies in; what is no address counts as one network."""
    try:
        address = ip_address(host or "")
    except ValueError:
        return "elsewhere"
    if not isinstance(address, IPv4Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    size = 24 if isinstance(address, IPv4Address) else 56
    return str(ip_network(f"{address}/{size}", strict=False)) if "%" not in str(address) else "elsewhere"


def _remembered(kept: tuple[int, datetime], pace: Pace, now: datetime) -> int:
    failures, until = kept
    return max(0, failures - max(0, (now - until) // pace.fades))


def _account(login: str) -> str:
    # A hash, because people type their password into the wrong field.
    return "login:" + hashlib.sha256(people.plain_login(login).encode("utf-8", "replace")).hexdigest()


def _network(network: str) -> str:
    return f"from:{network}"
