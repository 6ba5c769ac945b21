"""What leaves with a trace: names, times and the attributes that are listed; nothing of a person."""

import json

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from arrears import traces
from arrears.cli.tracing import Discreet

NAME = "鸑鷟麟"
CALLER = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01", "tracestate": f"who={'x' * 8}"}


@pytest.fixture
def left() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def tracer(left: InMemorySpanExporter) -> Tracer:
    """Of a provider of its own: the one of the process is for those who run it."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(Discreet(left)))
    return provider.get_tracer("t")


def test_only_listed_attributes_leave(tracer: Tracer, left: InMemorySpanExporter) -> None:
    given = {
        "http.route": "/tasks/{task_id}",
        "http.url": f"http://x/?q={NAME}",
        "http.user_agent": "Firefox",
    }
    with tracer.start_as_current_span("GET /tasks/{task_id}", attributes=given):
        pass
    [span] = left.get_finished_spans()
    assert dict(span.attributes or {}) == {"http.route": "/tasks/{task_id}"}


def test_of_a_failure_leaves_that_it_was_one(tracer: Tracer, left: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match=NAME), tracer.start_as_current_span("relay"):
        raise ValueError(f"no address for {NAME}")
    [span] = left.get_finished_spans()
    assert (span.status.is_ok, span.status.description, span.events) == (False, None, ())
    assert NAME not in json.dumps(json.loads(span.to_json()), ensure_ascii=False)


def test_a_callers_trace_goes_on_without_what_came_along_with_it(
    tracer: Tracer, left: InMemorySpanExporter
) -> None:
    with tracer.start_as_current_span("door", context=TraceContextTextMapPropagator().extract(CALLER)):
        assert traces.here() == f"00-{'a' * 32}-{_span_id()}-01"
    [span] = left.get_finished_spans()
    assert span.parent is not None
    assert (f"{span.parent.trace_id:032x}", dict(span.parent.trace_state)) == ("a" * 32, {})
    assert span.context is not None
    assert dict(span.context.trace_state) == {}


def _span_id() -> str:
    return (traces.here() or "").split("-")[2]


def test_where_nothing_is_traced_nothing_is_kept() -> None:
    assert traces.here() is None
    with traces.going_on("relay", None, case_id="case-L1-1"):
        assert traces.here() is None
