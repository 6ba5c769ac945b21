"""JSON: events the core bank signs and sends by itself, in the form of Standard Webhooks."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError

from api import plain_json
from api.answers import EventHeard
from api.deps import EVERYONE, TheDesk, TheEntrance, ThePace
from api.hook_forms import EVENTS, AnyEvent
from api.strict import StrictRoute, must_be_json, whole_body
from arrears.store.intents import PaymentIn
from arrears.store.webhooks import Heard

router = APIRouter(tags=["events"], route_class=StrictRoute)


@dataclass(frozen=True)
class Signed:
    """An event that one of our senders signed, as it came."""

    source: str
    webhook_id: str
    body: bytes


async def signed(request: Request, source: str, entrance: TheEntrance, pace: ThePace) -> Signed:
    """Before anything reads the body. Raises WebhookRefused, TooManyRequests, 413 and 415."""
    body = await whole_body(request)
    webhook_id = entrance.senders.verify(source, request.headers, body)
    pace.take(f"webhook:{source}")
    must_be_json(request)
    return Signed(source, webhook_id, body)


@router.post(
    "/hooks/{source}",
    dependencies=[EVERYONE],
    status_code=HTTPStatus.CREATED,
    response_model=EventHeard,
    responses={
        HTTPStatus.OK: {"model": EventHeard, "description": "It was heard before; the first answer again"},
        HTTPStatus.ACCEPTED: {
            "model": EventHeard,
            "description": "It waits for the payment it takes back, or its type is unknown and somebody is told",
        },
    },
)
def hear_event(event: Annotated[Signed, Depends(signed)], desk: TheDesk) -> JSONResponse:
    """Signed with a secret of `source`: HMAC-SHA256 over `id.timestamp.body`, at most five minutes ago.

    2xx means that it is kept and what follows is too. The same id again gets the first answer; with another body it is
    a conflict, and somebody is told.
    """
    said = _read(event.body)
    heard = Heard(event.source, event.webhook_id, hashlib.sha256(event.body).hexdigest(), said["type"])
    kept, repeated = desk.hooks.hear(heard, lambda: _money(said))
    answer = EventHeard(webhook_id=event.webhook_id, **kept.answer)
    return JSONResponse(answer.model_dump(), HTTPStatus.OK if repeated else kept.status)


def _read(body: bytes) -> Mapping[str, Any]:
    """Raises 400 for what is no JSON, and RequestValidationError for what names no type."""
    try:
        said = plain_json.read(body)
    except plain_json.Unreadable:
        raise HTTPException(HTTPStatus.BAD_REQUEST) from None
    _fits(AnyEvent, said)
    return dict(said)


def _money(said: Mapping[str, Any]) -> PaymentIn | None:
    """None for a type nobody here knows. Raises RequestValidationError."""
    form = EVENTS.get(said["type"])
    return None if form is None else _fits(form, said).data.payment()


F = TypeVar("F", bound=BaseModel)


def _fits(form: type[F], said: object) -> F:
    try:
        return form.model_validate(said)
    except ValidationError as wrong:
        raise RequestValidationError(
            [{**fault, "loc": ("body", *fault["loc"])} for fault in wrong.errors(include_input=False)]
        ) from None
