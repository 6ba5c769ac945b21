"""How patient machines are: timeouts and retries."""

from datetime import timedelta
from typing import Final

from temporalio.common import RetryPolicy

# `record` first gets one try inside the workflow task: half the events, three quarters of the cost. Not more than
# one: a local activity that waits for its second try has no time limit, and operators do not see it.
AT_ONCE: Final = timedelta(seconds=5)
ONCE: Final = RetryPolicy(maximum_attempts=1)

# When the database is away it goes on as an ordinary activity, for ever, and operators see it pending. A dead
# worker costs one start-to-close, so that is short.
RECORD: Final = timedelta(seconds=10)
DELIVER: Final = timedelta(seconds=15)
FOR_EVER: Final = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30))

# A deadline waits so long for money that is on its way and never arrives.
PATIENCE_SECONDS: Final = 3600

# Characters of unheard messages that a run hands to the next one: one may become six bytes, and 2 MB is all
# that the server takes.
MAX_CARRIED: Final = 300_000
