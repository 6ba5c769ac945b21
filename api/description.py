"""What the JSON API says of itself (OpenAPI): what each door takes and gives, what it refuses, and who may knock."""

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any, Final

from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.routing import BaseRoute

from api.deps import declared_by
from api.hook_forms import AnyEvent, PaymentPosted, PaymentReversed

_REF: Final = "#/components/schemas/{model}"
_PROBLEM: Final = "application/problem+json"
_ID: Final = "^[A-Za-z0-9_.:-]{1,200}$"
_SCHEMES: Final = {"bearer": {"type": "http", "scheme": "bearer"}}

# Why a door may refuse, by status; each answer is a Problem.
_ALWAYS: Final = {
    401: "Not signed in, or the token or signature is not good",
    422: "It cannot be as it is; `errors` says where",
    429: "Too many; again after `Retry-After` seconds",
    503: "The database does not answer; again after `Retry-After` seconds",
}
_OF_A_PERSON: Final = {403: "Not for this role, or a second person or a proof is needed"}
_OF_A_THING: Final = {404: "It is not there, or not for you", 409: "It stands otherwise; `detail` says how"}
_OF_A_BODY: Final = {400: "It cannot be read", 413: "It is too large", 415: "It is no plain UTF-8 JSON"}


class Fault(BaseModel):
    """`why` is a word of ours; never the value."""

    field: str
    why: str


class Problem(BaseModel):
    """Why not (RFC 9457). `detail` is a word of ours, `request_id` leads to the line in the log.

    `not_before` and `rule` are the guard's word on a contact.
    """

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: list[Fault] = []
    not_before: str | None = None
    rule: str | None = None


def description(routes: Sequence[BaseRoute]) -> dict[str, Any]:
    told: dict[str, Any] = get_openapi(title="Arrears", version=version("arrears"), routes=routes)
    known: dict[str, Any] = told["components"]["schemas"]
    for stranger in (
        "HTTPValidationError",
        "ValidationError",
    ):  # FastAPI's own shape of a fault, which is not ours
        del known[stranger]
    models = (Problem, PaymentPosted, PaymentReversed, AnyEvent)
    _, more = models_json_schema([(model, "validation") for model in models], ref_template=_REF)
    known |= more["$defs"]
    told["components"]["securitySchemes"] = _SCHEMES
    open_to_all = set(_open_to_all(routes))
    for path, method, door in _doors(told):
        if path.startswith("/api/"):
            _describe(door, has_person=(method, path) not in open_to_all)
    _sign(told["paths"]["/api/v1/hooks/{source}"]["post"])
    return told


def _doors(told: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, doors in told["paths"].items():
        for method, door in doors.items():
            yield path, method, door


def _open_to_all(routes: Sequence[BaseRoute]) -> Iterator[tuple[str, str]]:
    for context in iter_route_contexts(routes):
        if None in declared_by(context):
            yield from ((method.lower(), context.path or "") for method in context.methods or ())


def _describe(door: dict[str, Any], *, has_person: bool) -> None:
    parameters = door.get("parameters", [])
    about_a_thing = any(one["in"] == "path" for one in parameters) or "requestBody" in door
    refusals = _ALWAYS | (_OF_A_PERSON if has_person else {})
    refusals |= (_OF_A_THING if about_a_thing else {}) | (_OF_A_BODY if "requestBody" in door else {})
    for status, says in sorted(refusals.items()):
        door["responses"][str(status)] = _refusal(says)
    if has_person:
        door["security"] = [{"bearer": []}]
    for one in parameters:
        if one["in"] == "path":
            one["schema"]["pattern"] = _ID
        if one["name"].lower() == "idempotency-key":
            one |= {"required": True, "schema": {"type": "string", "pattern": "^[!-~]{1,128}$"}}


def _refusal(says: str) -> dict[str, Any]:
    return {"description": says, "content": {_PROBLEM: {"schema": {"$ref": _REF.format(model="Problem")}}}}


def _sign(door: dict[str, Any]) -> None:
    """The body is read only when its signature is good, so the route does not declare it."""
    shapes = {
        "webhook-id": "^[!-\\-/-~]{1,128}$",
        "webhook-timestamp": "^[0-9]{1,12}$",
        "webhook-signature": "^[ -~]+$",
    }
    door["parameters"][0]["schema"]["pattern"] = "^[a-z][a-z0-9-]{0,31}$"
    door["parameters"] += [
        {"name": name, "in": "header", "required": True, "schema": {"type": "string", "pattern": shape}}
        for name, shape in shapes.items()
    ]
    events = [{"$ref": _REF.format(model=name)} for name in ("PaymentPosted", "PaymentReversed", "AnyEvent")]
    door["requestBody"] = {"required": True, "content": {"application/json": {"schema": {"anyOf": events}}}}
    for status, says in (_OF_A_BODY | _OF_A_THING).items():
        door["responses"][str(status)] = _refusal(says)
