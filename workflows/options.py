"""How patient machines are: timeouts and retries."""

from datetime import timedelta
from typing import Final

from temporalio.common import RetryPolicy

# A few quick tries inside the workflow task: half the events and three quarters of the cost of a dispatch.
RECORD_AT_ONCE: Final = {
    "start_to_close_timeout": timedelta(seconds=5),
    "schedule_to_close_timeout": timedelta(seconds=5),
    "retry_policy": RetryPolicy(
        initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=1)
    ),
}
# The database is away: as an ordinary activity operators see it pending, and it goes on for ever.
RECORD_PATIENTLY: Final = {
    "start_to_close_timeout": timedelta(seconds=10),
    "retry_policy": RetryPolicy(
        initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30)
    ),
}
DELIVER: Final = {
    "start_to_close_timeout": timedelta(seconds=60),
    "retry_policy": RetryPolicy(
        initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30)
    ),
}
# A deadline waits so long for money that is on its way and never arrives.
PATIENCE_SECONDS: Final = 3600
