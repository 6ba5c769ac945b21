import socket
from datetime import timedelta

import pytest
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
)

from arrears import names
from arrears.engine.embedded import Engine
from arrears.engine.errors import AttributeClash, NoAnswer
from arrears.engine.namespace import prepare, server_version

pytestmark = pytest.mark.server


async def test_a_fresh_namespace_takes_a_case_at_once(engine: Engine) -> None:
    await prepare(engine.address, namespace="fresh", retention_days=30)
    client = await Client.connect(engine.address, namespace="fresh")
    stage = SearchAttributeKey.for_keyword("CaseStage")
    await client.start_workflow(
        "CollectionCase",
        id="case-1",
        task_queue="nobody",
        search_attributes=TypedSearchAttributes([SearchAttributePair(stage, "initial")]),
    )
    described = await client.get_workflow_handle("case-1").describe()
    assert described.typed_search_attributes[stage] == "initial"
    assert await _retention(client, "fresh") == timedelta(days=30)
    known = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace="fresh")
    )
    assert set(known.custom_attributes) == set(names.SEARCH_ATTRIBUTES)


async def test_preparing_again_keeps_what_is_there_and_adds_what_is_new(engine: Engine) -> None:
    client = await Client.connect(engine.address)
    await prepare(
        engine.address, namespace="again", retention_days=30, search_attributes={"CaseStage": "Keyword"}
    )
    await prepare(
        engine.address, namespace="again", retention_days=10, search_attributes={"CaseHolds": "KeywordList"}
    )
    assert await _retention(client, "again") == timedelta(days=30)
    known = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace="again")
    )
    assert set(known.custom_attributes) == {"CaseStage", "CaseHolds"}
    await prepare(engine.address, namespace="again", retention_days=60, search_attributes={})
    assert await _retention(client, "again") == timedelta(days=60)


async def test_an_attribute_of_another_type_is_named(engine: Engine) -> None:
    await prepare(engine.address, namespace="clash", retention_days=1, search_attributes={"CaseStage": "Int"})
    with pytest.raises(AttributeClash, match=r"CaseStage of type Int, and the product needs Keyword"):
        await prepare(engine.address, namespace="clash", retention_days=1)


async def test_the_server_is_asked_for_its_version(engine: Engine) -> None:
    assert (await server_version(engine.address)).startswith("1.")


async def test_an_address_where_nobody_answers_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        port = somebody.getsockname()[1]
    with pytest.raises(NoAnswer, match=rf"127\.0\.0\.1:{port} does not answer: Connection refused"):
        await prepare(f"127.0.0.1:{port}", namespace="nowhere", retention_days=1)


async def _retention(client: Client, namespace: str) -> timedelta:
    described = await client.workflow_service.describe_namespace(
        DescribeNamespaceRequest(namespace=namespace)
    )
    return described.config.workflow_execution_retention_ttl.ToTimedelta()
