"""Sends traces to whoever collects them, with the attributes named here and no others: nothing of a person leaves."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Final

from fastapi import FastAPI
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanContext, Status

ATTRIBUTES: Final = frozenset(
    {
        "http.method",
        "http.request.method",
        "http.route",  # as the code names it, without what was asked for
        "http.status_code",
        "http.response.status_code",
        "arrears.case_id",
        "arrears.message_id",
        "arrears.signal",
        "arrears.attempt",
        "arrears.verdict",
        "arrears.seq",
    }
)
# Asked every few seconds by machines, open for as long as a page is, or not worth a line.
_UNTRACED: Final = "/health/,/metrics$,/static/,/events$,/csp$"

_PATIENCE: Final = 3.0  # seconds for the collector, retries included: so long may an end of the process wait


class Discreet(SpanExporter):
    """Passes spans on without their events, the words of failures, and every attribute that is not listed."""

    def __init__(self, further: SpanExporter) -> None:
        self._further = further

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._further.export([_discreet(span) for span in spans])

    def shutdown(self) -> None:
        self._further.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._further.force_flush(timeout_millis)


def begin(endpoint: str) -> None:
    """For this process, once. What cannot be delivered is dropped; work never waits for it."""
    about = Resource.create({"service.name": "arrears", "service.version": version("arrears")})
    provider = TracerProvider(resource=about)
    provider.add_span_processor(
        BatchSpanProcessor(Discreet(OTLPSpanExporter(endpoint=endpoint, timeout=_PATIENCE)))
    )
    trace.set_tracer_provider(provider)


def watch(app: FastAPI) -> None:
    """Each request a span, named by its route."""
    FastAPIInstrumentor.instrument_app(app, excluded_urls=_UNTRACED, exclude_spans=["receive", "send"])


def _discreet(span: ReadableSpan) -> ReadableSpan:
    kept = {name: value for name, value in (span.attributes or {}).items() if name in ATTRIBUTES}
    return ReadableSpan(
        span.name,
        context=_bare(span.context),
        parent=_bare(span.parent),
        resource=span.resource,
        attributes=kept,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _bare(place: SpanContext | None) -> SpanContext | None:
    """Without what a caller may have sent along as trace state."""
    if place is None:
        return None
    return SpanContext(place.trace_id, place.span_id, place.is_remote, place.trace_flags)
