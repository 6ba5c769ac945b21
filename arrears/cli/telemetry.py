"""What the Temporal SDK tells of itself: its warnings into our log, and a worker's figures to whoever monitors it."""

import logging
from typing import Final

from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)

from arrears.cli.config import stop

# Left to itself the core writes to standard output, with the text of failures.
_LOGGED: Final = LoggingConfig(
    filter=TelemetryFilter(core_level="WARN", other_level="ERROR"),
    forwarding=LogForwardingConfig(
        logger=logging.getLogger("temporalio.core"),
        append_target_to_name=False,
        prepend_target_on_message=False,
        append_log_fields_to_message=False,
    ),
)


def keep_to_the_log() -> None:
    """For every client of this process that is not told otherwise."""
    Runtime.set_default(Runtime(telemetry=TelemetryConfig(logging=_LOGGED)), error_if_already_set=False)


def told_to_monitors(address: str) -> Runtime:
    """Figures of the SDK (`temporal_…`) and of our activities (`arrears_…`) at `http://<address>/metrics`."""
    figures = PrometheusConfig(
        bind_address=address, counters_total_suffix=True, unit_suffix=True, durations_as_seconds=True
    )
    try:
        return Runtime(telemetry=TelemetryConfig(logging=_LOGGED, metrics=figures))
    except (RuntimeError, ValueError):
        stop(f"ARREARS_WORKER_METRICS={address} cannot be listened on: end who does, or set another.")
