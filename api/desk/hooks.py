"""Events another house signed: heard once each, in one transaction with what follows, and never lost."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus

from sqlalchemy import Connection

from api.desk import errors, money
from arrears import clock
from arrears.contracts import Rules, RulesInForce
from arrears.store import intents, webhooks
from arrears.store.intents import PaymentIn, Standing
from arrears.store.session import Store
from arrears.store.webhooks import Heard, Kept

Read = Callable[[], PaymentIn | None]


@dataclass(frozen=True)
class Followed:
    """What became of an event; `standing` is that of its money, or `waits` or `parked`."""

    status: HTTPStatus
    standing: str
    payment_id: str | None = None
    case_id: str | None = None
    message_id: str | None = None


class HookDesk:
    def __init__(self, store: Store, rules: RulesInForce) -> None:
        self._store = store
        self._rules = rules

    def hear(self, heard: Heard, read: Read) -> tuple[Kept, bool]:
        """The answer, and whether it was given before; `read` makes money of the body, None of an unknown type.

        Raises whatever `read` raises, Invalid, and after somebody was told: WebhookReused, PaymentConflict.
        """
        with self._store.transaction() as connection:
            known = webhooks.reserve(connection, heard, at=clock.machine_now())
            if known is not None and known.body_hash != heard.body_hash:
                _tell(connection, heard, "webhook_reused")
            kept = known or self._answer(connection, heard, read)
        if kept.body_hash != heard.body_hash:
            raise errors.WebhookReused
        if kept.status == HTTPStatus.CONFLICT:
            raise errors.PaymentConflict
        return kept, known is not None

    def _answer(self, connection: Connection, heard: Heard, read: Read) -> Kept:
        at = clock.door_now()
        payment = read()
        if payment is None:
            _tell(connection, heard, "webhook_unknown_type")
            followed = Followed(HTTPStatus.ACCEPTED, "parked")
        else:
            rules = self._rules.at(int(at.timestamp()))
            followed = _follow(connection, heard, payment, rules=rules)
        answer = {name: value for name, value in vars(followed).items() if name != "status"}
        return webhooks.settle(connection, heard, status=followed.status, answer=answer)


def _follow(connection: Connection, heard: Heard, payment: PaymentIn, *, rules: Rules) -> Followed:
    at, currency = clock.door_now(), rules.terms.currency
    money.must_fit(replace(payment, currency=currency), rules=rules, at=at)
    if payment.currency == currency and _takes_back_what_nobody_knows(connection, payment):
        webhooks.let_wait(connection, heard, payment, at=at)
        return Followed(HTTPStatus.ACCEPTED, "waits", payment.payment_id)
    try:
        if (
            payment.currency != currency
        ):  # it has come all the same, and somebody has to give it back or exchange it
            posted = intents.suspend(connection, payment, "payment_other_currency", at=at, source=heard.actor)
        else:
            posted = money.keep_payment(connection, payment, rules=rules, at=at, source=heard.actor)
    except (intents.PaymentDiffers, errors.PaymentConflict):
        _tell(connection, heard, "payment_differs", payment.payment_id)
        return Followed(HTTPStatus.CONFLICT, "differs", payment.payment_id)
    status = HTTPStatus.OK if posted.standing is Standing.REPEATED else HTTPStatus.CREATED
    return Followed(status, posted.standing.value, payment.payment_id, posted.case_id, posted.message_id)


def _takes_back_what_nobody_knows(connection: Connection, payment: PaymentIn) -> bool:
    taken = payment.reverses_payment_id
    return taken is not None and not intents.content_hashes(connection, [taken])


def _tell(connection: Connection, heard: Heard, kind: str, payment_id: str | None = None) -> None:
    """Somebody has to ask the sender; the type was chosen there, and only its shape is known to be harmless."""
    detail = {"source": heard.source, "webhook_id": heard.webhook_id, "type": heard.type}
    intents.raise_incident(
        connection,
        kind=kind,
        key=f"{heard.source}-{heard.webhook_id}",
        at=clock.door_now(),
        detail=detail | ({"payment_id": payment_id} if payment_id else {}),
    )
