"""The API against its own description: requests drawn from it, fitting and unfitting ones."""

from typing import Any, Final

import httpx
import pytest
import schemathesis
from fastapi.openapi.utils import get_openapi
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import response_schema_conformance

from api.routes import router
from arrears.policy.tasks import Role
from tests.api import rows
from tests.api.conftest import Server

pytestmark = pytest.mark.slow

DESCRIPTION: Final = schemathesis.openapi.from_dict(
    get_openapi(title="Arrears", version="1", routes=router.routes)
)
OPERATIONS: Final = {  # a description that is wrong raises here
    found.ok().label: found.ok()  # type: ignore[union-attr]
    for found in DESCRIPTION.get_all_operations()
}
DRAWN: Final = settings(
    max_examples=12,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("label", OPERATIONS)
def test_whatever_is_sent_is_answered_as_described(
    quick_server: Server, label: str, mode: GenerationMode
) -> None:
    client = quick_server.as_(*Role)
    case_id = rows.a_case(quick_server.store)
    known = {
        "case_id": case_id,
        "task_id": rows.a_task(quick_server.store, case_id),
        "message_id": rows.a_message(quick_server.store, case_id, actor="s-x"),
        "attempt_id": rows.an_attempt(quick_server.store, case_id, actor="s-everybody"),
        "incident_id": rows.an_incident(quick_server.store),
    }
    operation = OPERATIONS[label]
    names = {name: known[name] for name in known if f"{{{name}}}" in operation.path}

    @DRAWN
    @given(case=operation.as_strategy(generation_mode=mode, path_parameters=names or None))
    def send(case: Any) -> None:
        answer = _sent(client, case)
        assert answer.status_code < 500, (case, answer.text)
        if answer.is_success:
            case.validate_response(answer, checks=[response_schema_conformance])

    try:
        send()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE, "a request that fits can always be drawn"


def _sent(client: httpx.Client, case: Any) -> httpx.Response:
    parts = case.as_transport_kwargs(base_url=str(client.base_url))
    headers = {
        name: value for name, value in parts["headers"].items() if isinstance(value, str) and value.isascii()
    }
    headers["Idempotency-Key"] = case.id
    del headers["Accept-Encoding"]
    request = client.build_request(
        parts["method"], parts["url"], params=parts["params"], json=parts.get("json"), headers=headers
    )
    return client.send(request)
