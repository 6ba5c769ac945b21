"""One thing said is one trace: its message carries where the trace began, from the door through the relay to `record`.

Nothing is traced unless `arrears.cli.tracing` says where to; until then a call here costs next to nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_TRACER: Final = trace.get_tracer("arrears")
_W3C: Final = TraceContextTextMapPropagator()


def here() -> str | None:
    """Where the work under way is, as W3C writes it (`00-…-…-01`); None where nothing is traced."""
    span = trace.get_current_span().get_span_context()
    if not (span.is_valid and span.trace_flags.sampled):
        return None
    return f"00-{span.trace_id:032x}-{span.span_id:016x}-01"


@contextmanager
def going_on(what: str, traceparent: str | None, **told: str | int) -> Iterator[None]:
    """The block as a part of the trace that began there; without one it is no part of any."""
    if traceparent is None:
        yield
        return
    # The words of a failure may quote a row.
    with _TRACER.start_as_current_span(
        what, context=_at(traceparent), attributes=_named(told), record_exception=False
    ):
        yield


def went_on(what: str, traceparent: str | None, *, since: datetime, **told: str | int) -> None:
    """The same for work that only knew afterwards which trace it belonged to."""
    if traceparent is not None:
        begun = int(since.timestamp() * 1_000_000_000)
        _TRACER.start_span(what, _at(traceparent), attributes=_named(told), start_time=begun).end()


def _at(traceparent: str) -> Context:
    return _W3C.extract({"traceparent": traceparent})


def _named(told: dict[str, str | int]) -> dict[str, str | int]:
    return {f"arrears.{name}": value for name, value in told.items()}
