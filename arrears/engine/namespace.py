"""Makes a namespace ready for the product: it exists, keeps histories long enough, knows our search attributes."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    GetSystemInfoRequest,
    RegisterNamespaceRequest,
    UpdateNamespaceRequest,
)
from temporalio.service import (
    ConnectConfig,
    OperatorService,
    RPCError,
    RPCStatusCode,
    ServiceClient,
    WorkflowService,
)

from arrears import names
from arrears.engine import versions
from arrears.engine.errors import AttributeClash, NoAnswer, VersionTooOld
from arrears.engine.patience import Patience
from arrears.engine.proof import prove

_TYPES: Final = {
    "Text": IndexedValueType.INDEXED_VALUE_TYPE_TEXT,
    "Keyword": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "KeywordList": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST,
    "Int": IndexedValueType.INDEXED_VALUE_TYPE_INT,
    "Double": IndexedValueType.INDEXED_VALUE_TYPE_DOUBLE,
    "Bool": IndexedValueType.INDEXED_VALUE_TYPE_BOOL,
    "Datetime": IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
}


async def prepare(
    address: str,
    *,
    namespace: str,
    retention_days: int,
    search_attributes: Mapping[str, str] = names.SEARCH_ATTRIBUTES,
    patience_seconds: float = 90.0,
) -> None:
    """Returns when the namespace takes cases; doing it again changes nothing.

    A longer retention than asked for stays: shortening it would delete histories of closed cases.
    """
    client = await _connect(address)
    service, patience = client.workflow_service, Patience(patience_seconds)
    version = (await service.get_system_info(GetSystemInfoRequest())).server_version
    if not versions.is_at_least(version, versions.OLDEST_SERVER):
        raise VersionTooOld(f"The Temporal server at {address}", version, versions.OLDEST_SERVER)
    made = await _ensure_namespace(service, namespace, timedelta(days=retention_days), patience)
    added = await _ensure_attributes(client.operator_service, namespace, search_attributes, patience)
    if made or added:
        await prove(service, namespace, search_attributes, patience)


async def server_version(address: str) -> str:
    client = await _connect(address)
    return (await client.workflow_service.get_system_info(GetSystemInfoRequest())).server_version


async def _connect(address: str) -> ServiceClient:
    try:
        return await ServiceClient.connect(ConnectConfig(target_host=address, identity="arrears-prepare"))
    except (RuntimeError, ValueError) as error:
        raise NoAnswer(address, _reason(str(error))) from error


def _reason(said: str) -> str:
    """The SDK wraps the system's own words in those of every layer between."""
    innermost = re.search(r'message: "([^"]+)"', said)
    return innermost[1] if innermost else said.splitlines()[0].rstrip(".")


async def _ensure_namespace(
    service: WorkflowService, namespace: str, retention: timedelta, patience: Patience
) -> bool:
    """True if it had to be made."""
    wanted = Duration()
    wanted.FromTimedelta(retention)
    while True:
        try:
            # Registered before it is asked for: the server remembers for a second that it was not there.
            if await _register(service, namespace, wanted):
                return True
            await _lengthen(service, namespace, wanted)
        except RPCError as error:
            await patience.once_more(f"namespace {namespace} cannot be made or read ({error.message})")
        else:
            return False


async def _register(service: WorkflowService, namespace: str, retention: Duration) -> bool:
    """False where it is there already, or where making namespaces is somebody else's right."""
    try:
        await service.register_namespace(
            RegisterNamespaceRequest(
                namespace=namespace,
                description="Overdue loans: one workflow per case",
                workflow_execution_retention_period=retention,
            )
        )
    except RPCError as error:
        if error.status in (RPCStatusCode.ALREADY_EXISTS, RPCStatusCode.PERMISSION_DENIED):
            return False
        raise
    return True


async def _lengthen(service: WorkflowService, namespace: str, wanted: Duration) -> None:
    known = await service.describe_namespace(DescribeNamespaceRequest(namespace=namespace))
    if known.config.workflow_execution_retention_ttl.ToTimedelta() < wanted.ToTimedelta():
        config = NamespaceConfig(workflow_execution_retention_ttl=wanted)
        await service.update_namespace(UpdateNamespaceRequest(namespace=namespace, config=config))


async def _ensure_attributes(
    service: OperatorService, namespace: str, wanted: Mapping[str, str], patience: Patience
) -> bool:
    """True if any had to be added."""
    added = False
    while True:
        try:
            known = await service.list_search_attributes(ListSearchAttributesRequest(namespace=namespace))
            missing = _missing(namespace, wanted, known.custom_attributes)
            if not missing:
                return added
            added = True
            await service.add_search_attributes(
                AddSearchAttributesRequest(namespace=namespace, search_attributes=missing)
            )
            why = "they do not appear"
        except RPCError as error:
            why = error.message
        await patience.once_more(f"search attributes of namespace {namespace} are not there yet ({why})")


def _missing(
    namespace: str, wanted: Mapping[str, str], known: Mapping[str, IndexedValueType.ValueType]
) -> dict[str, IndexedValueType.ValueType]:
    missing: dict[str, IndexedValueType.ValueType] = {}
    for name, kind in wanted.items():
        has = known.get(name)
        if has is None:
            missing[name] = _TYPES[kind]
        elif has != _TYPES[kind]:
            raise AttributeClash(namespace, name, has=_word(has), wanted=kind)
    return missing


def _word(kind: IndexedValueType.ValueType) -> str:
    return next((word for word, value in _TYPES.items() if value == kind), "unknown")
