"""All ways in, made once when the server starts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from api.auth.keys import Keyring
from api.auth.passwords import Passwords
from api.auth.person import Person, person_of
from api.auth.senders import Senders
from api.auth.sessions import Sessions
from api.auth.sign_in import SignIn
from api.auth.throttle import Throttle
from api.auth.tokens import Kind, TokenRefused, Tokens
from arrears import clock
from arrears.store import people
from arrears.store.session import Store


@dataclass(frozen=True)
class Entrance:
    """`secure_cookies` where the browser comes over TLS."""

    store: Store
    sessions: Sessions
    sign_in: SignIn
    tokens: Tokens
    secure_cookies: bool
    senders: Senders = field(default_factory=Senders)

    def bearer(self, token: object) -> Person:
        """The person a token speaks for, as the person is now. Raises TokenRefused."""
        claims = self.tokens.verify(token)
        with self.store.reading() as connection:
            staff = people.staff_by_id(connection, claims.staff_id)
            if staff is None or not staff.active:
                raise TokenRefused("staff")
            if people.is_token_void(
                connection, claims.token_id, staff_id=claims.staff_id, issued_at=claims.issued_at
            ):
                raise TokenRefused("revoked")
        # A token from a password is as good as that password; one for a program proves nobody.
        return person_of(staff, proved_at=claims.issued_at if claims.kind is Kind.ACCESS else None)


def open_entrance(
    store: Store,
    keys: Keyring,
    *,
    secure_cookies: bool,
    passwords: Passwords | None = None,
    senders: Senders | None = None,
    now: Callable[[], datetime] = clock.machine_now,
) -> Entrance:
    sign_in = SignIn(store, passwords or Passwords(), Throttle(store, now=now), now=now)
    tokens = Tokens(keys, now=now)
    return Entrance(store, Sessions(store, now=now), sign_in, tokens, secure_cookies, senders or Senders())
