"""Opens for the Temporal UI what cases said sealed: asked by the operator's browser, with the operator's own session."""

from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request
from google.protobuf.json_format import MessageToJson, Parse, ParseError
from starlette.responses import Response
from temporalio.api.common.v1 import Payloads

from api.auth.permissions import Permission
from api.auth.person import Person
from api.deps import EVERYONE
from api.desk.errors import NotAllowed, NotFound
from web.gate import Permitted
from web.office import Office, TheOffice

router = APIRouter()

LARGEST: Final = 4 * 2**20  # bytes of one question
_PATH: Final = "/codec/decode"
_SECONDS: Final = 600  # for which a browser remembers the permission to ask


@router.options(_PATH, dependencies=[EVERYONE])
def may_ask(request: Request, office: TheOffice) -> Response:
    return Response(status_code=204, headers=_from_the_ui(request, office))


@router.post(_PATH)
async def decode(
    request: Request,
    office: TheOffice,
    who: Annotated[Person, Depends(Permitted(Permission.INSPECT_ENGINE))],
) -> Response:
    """What cannot be opened is given back as it came."""
    headers = _from_the_ui(request, office)
    if office.envelope is None:
        raise NotFound
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            return Response(status_code=413, headers=headers)
    try:
        asked = Parse(bytes(body), Payloads())
    except ParseError:
        return Response(status_code=400, headers=headers)
    opened = Payloads(payloads=await office.envelope.decode(asked.payloads))
    return Response(MessageToJson(opened), media_type="application/json", headers=headers)


def _from_the_ui(request: Request, office: Office) -> dict[str, str]:
    """No other site may ask with this browser's session. Raises NotAllowed."""
    ui = urlsplit(office.settings.temporal_ui_url or "")
    origin = f"{ui.scheme}://{ui.netloc}"
    if not ui.netloc or request.headers.get("origin") != origin:
        raise NotAllowed
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Allow-Methods": "POST, OPTIONS",
        "Access-Control-Allow-Headers": "content-type, x-namespace",
        "Access-Control-Max-Age": str(_SECONDS),
        "Vary": "Origin",
    }
