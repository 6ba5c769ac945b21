"""How a case hears: no signal, however malformed, stops it or vanishes."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue
from temporalio.converter import (
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    DefaultPayloadConverter,
    PayloadCodec,
)
from temporalio.worker import (
    HandleSignalInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from arrears.contracts import Heard

WRONG_COUNT: Final = "sent with the wrong number of arguments"
# A true message holds ids, integers and days and is far below; whatever is above is not worth carrying along.
LARGEST_BYTES: Final = 16_384


class Garbled:
    """Stands in a handler's one argument when a signal came with none, or with several."""

    def __init__(self, count: int) -> None:
        self.count = count


class PatientConverter(DefaultPayloadConverter):
    """Gives back raw what it cannot decode: the SDK drops a signal without a trace when decoding raises."""

    def from_payloads(
        self, payloads: Sequence[Payload], type_hints: list[type[Any]] | None = None
    ) -> list[Any]:
        try:
            return super().from_payloads(payloads, type_hints)
        except Exception:  # whatever a converter raises
            if type_hints:
                raise
            return [RawValue(payload) for payload in payloads]


DATA_CONVERTER: Final = DataConverter(payload_converter_class=PatientConverter)


def converter(codec: PayloadCodec | None = None) -> DataConverter:
    """With a codec nothing but ids and search attributes can be read in Temporal, not even why a step failed."""
    if codec is None:
        return DATA_CONVERTER
    failures = DefaultFailureConverterWithEncodedAttributes
    return replace(DATA_CONVERTER, payload_codec=codec, failure_converter_class=failures)


class HearEverything(Interceptor):
    """Worker and replayer both carry this: it decides what a handler gets, so it is part of every history."""

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002  # the SDK's name
    ) -> type[WorkflowInboundInterceptor]:
        return _Inbound


class _Inbound(WorkflowInboundInterceptor):
    async def handle_signal(self, input: HandleSignalInput) -> None:  # noqa: A002  # the SDK's name
        named = workflow.get_signal_handler(input.signal) is not None
        if named and not (len(input.args) == 1 and isinstance(input.args[0], RawValue)):
            input.args = [Garbled(len(input.args))]
        await super().handle_signal(input)


def read(signal: str, said: object) -> Heard:
    """What came in, readable or with the reason why not; never raises."""
    if not isinstance(said, RawValue):
        count = said.count if isinstance(said, Garbled) else 0
        return Heard(signal[:80], junk=f"{WRONG_COUNT} ({count})")
    payload = said.payload
    if len(payload.data) > LARGEST_BYTES:
        return Heard(signal[:80], junk=f"too large ({len(payload.data)} bytes) {_print(payload.data)}")
    try:
        body: object = workflow.payload_converter().from_payload(payload)
    except Exception as unreadable:  # noqa: BLE001  # whatever a converter raises, the case goes on and keeps an incident
        why = type(unreadable).__name__
        return Heard(signal[:80], junk=f"cannot be read ({why}) {_print(payload.data)}")
    if not isinstance(body, dict):
        return Heard(signal[:80], junk=f"not a message {_print(payload.data)}")
    if not _is_plain(body):
        return Heard(signal[:80], junk=f"not shaped like a message {_print(payload.data)}")
    return Heard(signal[:80], body=body)


def _is_plain(body: dict[str, Any]) -> bool:
    """Flat, and of what both databases can hold: a deep one, or half a character, would wedge who writes it."""
    content = body.get("content")
    return isinstance(content, dict) and _is_flat(content) and _is_flat({**body, "content": None})


def _is_flat(values: dict[str, Any]) -> bool:
    return all(
        _is_storable(name)
        and (value is None or isinstance(value, bool | int | str))
        and (not isinstance(value, str) or _is_storable(value))
        for name, value in values.items()
    )


def _is_storable(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


def _print(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
