"""Nothing a program sends wrongly, and nothing of a debtor, stands in the answer that refuses it."""

from typing import Any, Final

import pytest

from arrears.policy.tasks import Role
from tests.api import rows
from tests.api.conftest import Server
from tests.api.test_routes_by_role import REQUESTS

SENT: Final = "鸑鷟麟19987654329"
OF_THE_DEBTOR: Final = (rows.NAME, rows.PHONE, rows.MAIL, "310101199001011234", "演示路9号")


@pytest.mark.parametrize("route", [route for route, one in REQUESTS.items() if one.json])
def test_no_answer_repeats_what_was_wrong(quick_server: Server, route: str) -> None:
    case_id = rows.a_case(quick_server.store)
    names = dict.fromkeys(("attempt_id", "notice_id", "incident_id", "payment_id", "message_id"), "none")
    names |= {"case_id": case_id, "task_id": rows.a_task(quick_server.store, case_id), "staff_id": "s-x"}
    names |= dict.fromkeys(("hold_id", "stop_id", "contact_id"), "none")
    method, path = route.split()
    request, client = REQUESTS[route], quick_server.as_(*Role)
    body = request.json
    assert body is not None
    wrong: list[Any] = [{**body, name: value} for name in body for value in (SENT, [SENT], {SENT: SENT})]
    for sent in [*wrong, body | {SENT: 1}, [SENT], SENT]:
        answer = client.request(method, path.format(**names), json=sent, headers=request.headers)
        told = answer.text + repr(answer.headers)
        assert SENT not in told, sent
        assert answer.status_code < 400 or not [one for one in OF_THE_DEBTOR if one in told], sent


@pytest.mark.parametrize("route", [route for route in REQUESTS if "{" in route])
def test_no_answer_repeats_what_was_asked_for(quick_server: Server, route: str) -> None:
    method, path = route.split()
    asked = path.replace("{", SENT).replace("}", "")
    answer = quick_server.as_(*Role).request(method, asked, json=REQUESTS[route].json)
    assert answer.status_code in (404, 422)
    assert SENT not in answer.text


def test_no_token_is_asked_for_in_vain_and_answered_with_its_password(quick_server: Server) -> None:
    answer = quick_server.anyone().post("/api/v1/token", json={"login": SENT, "password": SENT, "x": SENT})
    assert answer.status_code == 422
    assert SENT not in answer.text
