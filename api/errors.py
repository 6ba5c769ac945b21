"""One table from errors to HTTP, and the answer a program gets: ids of messages, nobody's data."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from api.auth.passwords import PasswordUnfit, TooBusy
from api.auth.senders import WebhookRefused
from api.auth.sign_in import SignInRefused
from api.auth.throttle import TooManyTries
from api.auth.tokens import TokenRefused
from api.counted import EVENTS_REFUSED, TOKENS_REFUSED
from api.desk.errors import ContactRefused, DeskError, Invalid
from api.methods import allowed
from api.pacing import TooManyRequests
from api.traced import request_id
from arrears import logs

_MOST_FIELDS: Final = 20
_RETRY_SECONDS: Final = 5
# Where a field stood, and which of two forms was read, is no field of it.
_SORTS: Final = ("body", "payment", "transfer")
# As programs spell what people type as an amount.
_SENT_AS: Final = {"amount": "amount_minor", "part": "part_minor"}

log = structlog.get_logger(__name__)


class NotSignedIn(Exception):
    """Neither a session nor a token."""


class CrossSite(Exception):
    """A cookie came along with a request our own page did not make."""


class BadCursor(Exception):
    """A cursor this server did not write."""


class KeyReused(Exception):
    """An idempotency key came again with another body."""


class KeyMissing(Exception):
    """A request that must carry an idempotency key has none, or one of a strange shape."""


TABLE: Final[dict[type[Exception], tuple[HTTPStatus, str]]] = {
    NotSignedIn: (HTTPStatus.UNAUTHORIZED, "not_signed_in"),
    TokenRefused: (HTTPStatus.UNAUTHORIZED, "token_refused"),
    WebhookRefused: (HTTPStatus.UNAUTHORIZED, "event_refused"),
    SignInRefused: (HTTPStatus.UNAUTHORIZED, "sign_in_refused"),
    TooManyTries: (HTTPStatus.TOO_MANY_REQUESTS, "too_many_tries"),
    TooManyRequests: (HTTPStatus.TOO_MANY_REQUESTS, "too_many_requests"),
    TooBusy: (HTTPStatus.SERVICE_UNAVAILABLE, "busy"),
    PasswordUnfit: (HTTPStatus.UNPROCESSABLE_ENTITY, "password_unfit"),
    CrossSite: (HTTPStatus.FORBIDDEN, "cross_site"),
    BadCursor: (HTTPStatus.UNPROCESSABLE_ENTITY, "bad_cursor"),
    KeyMissing: (HTTPStatus.BAD_REQUEST, "key_missing"),
    KeyReused: (HTTPStatus.UNPROCESSABLE_ENTITY, "key_reused"),
    ClientDisconnect: (HTTPStatus.BAD_REQUEST, "unreadable"),
    OperationalError: (HTTPStatus.SERVICE_UNAVAILABLE, "database_away"),
    InterfaceError: (HTTPStatus.SERVICE_UNAVAILABLE, "database_away"),
    PoolExhausted: (HTTPStatus.SERVICE_UNAVAILABLE, "database_away"),
}

_BY_STATUS: Final = {
    400: "unreadable",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "media_type",
}


@dataclass(frozen=True)
class FieldError:
    """`why` is a message id or pydantic's name of the fault; never the value."""

    field: str
    why: str


@dataclass(frozen=True)
class Problem:
    status: int
    message_id: str
    errors: tuple[FieldError, ...] = ()
    retry_after: int | None = None
    headers: Mapping[str, str] | None = None
    more: Mapping[str, str | None] | None = None  # what a program needs to know beside the words

    @property
    def is_our_fault(self) -> bool:
        return self.status == HTTPStatus.INTERNAL_SERVER_ERROR


Page = Callable[[Request, Problem], Response | Awaitable[Response]]


def problem_of(error: Exception) -> Problem:
    match error:
        case DeskError():
            return Problem(error.status, error.message_id, _desk_fields(error), more=_more(error))
        case RequestValidationError():
            return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", _fields(error))
        case HTTPException():
            said = _BY_STATUS.get(error.status_code, "refused")
            return Problem(error.status_code, said, headers=error.headers)
    for kind in type(error).__mro__:
        if kind in TABLE:
            status, message_id = TABLE[kind]
            return Problem(status, message_id, retry_after=_retry_after(error, status))
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "our_fault")


def answer(request: Request, problem: Problem) -> JSONResponse:
    """RFC 9457, with a message id where others put a sentence; `request_id` finds the line in the log."""
    body: dict[str, Any] = {
        "type": f"urn:arrears:problem:{problem.message_id}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.message_id,
        "request_id": request_id(request),
    }
    if problem.errors:
        body["errors"] = [{"field": fault.field, "why": fault.why} for fault in problem.errors]
    body |= problem.more or {}
    headers = {"Cache-Control": "no-store", **(problem.headers or {})}
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    return JSONResponse(body, problem.status, headers=headers, media_type="application/problem+json")


def install(app: FastAPI, *, page: Page | None = None) -> None:
    """Every error becomes a problem; `page` draws it for people, outside /api and /health."""

    async def handle(request: Request, error: Exception) -> Response:
        problem = problem_of(error)
        if problem.status == HTTPStatus.METHOD_NOT_ALLOWED:
            problem = replace(problem, headers={"Allow": allowed(app, request.scope["path"])})
        _note(request, problem, error)
        if page is None or request.scope["path"].startswith(("/api/", "/health/")):
            return answer(request, problem)
        drawn = page(request, problem)
        return drawn if isinstance(drawn, Response) else await drawn

    for kind in (*TABLE, DeskError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, handle)


def _note(request: Request, problem: Problem, error: Exception) -> None:
    """A line that the number in the answer leads to; it names the route and not the address, which may hold an id."""
    if isinstance(error, TokenRefused):
        TOKENS_REFUSED.labels(error.why).inc()
    if isinstance(error, WebhookRefused):
        EVENTS_REFUSED.labels(error.why).inc()
    told = log.bind(
        request_id=request_id(request),
        status=int(problem.status),
        why=problem.message_id,
        method=request.method,
        route=getattr(request.scope.get("route"), "path", None),
    )
    if problem.is_our_fault:
        told.error("request failed", error=logs.kinds(error), where=logs.way(error))
    else:
        told.info("request refused")


def _retry_after(error: Exception, status: int) -> int | None:
    if isinstance(error, TooManyTries | TooManyRequests):
        return error.seconds
    return _RETRY_SECONDS if status == HTTPStatus.SERVICE_UNAVAILABLE else None


def _more(error: DeskError) -> Mapping[str, str | None] | None:
    """Not before when, and by which rule; no instant where none opens it."""
    if not isinstance(error, ContactRefused):
        return None
    return {"not_before": None if error.at is None else error.at.isoformat(), "rule": error.rule}


def _desk_fields(error: DeskError) -> tuple[FieldError, ...]:
    if not isinstance(error, Invalid):
        return ()
    return tuple(
        FieldError(_SENT_AS.get(missing.field, missing.field), missing.why) for missing in error.missing
    )


def _fields(error: RequestValidationError) -> tuple[FieldError, ...]:
    return tuple(FieldError(_place(fault), str(fault["type"])) for fault in error.errors()[:_MOST_FIELDS])


def _place(fault: Mapping[str, Any]) -> str:
    place = [str(part) for part in fault["loc"] if part not in _SORTS]
    if fault["type"] == "extra_forbidden":
        # The name was chosen by the sender and may be anybody's data.
        place[-1:] = ["?"]
    return ".".join(place)
