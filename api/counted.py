"""What this process has counted since it started; the rest is counted in the database whenever somebody asks."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter

PROCESS: Final = CollectorRegistry()
REFUSED: Final = Counter(
    "arrears_contacts_refused",
    "Contacts that the guard did not let begin, by rule.",
    ["rule"],
    registry=PROCESS,
)
EVENTS_REFUSED: Final = Counter(
    "arrears_events_refused",
    "Signed events that were not let in, by what was wrong with them first.",
    ["why"],
    registry=PROCESS,
)
TOKENS_REFUSED: Final = Counter(
    "arrears_tokens_refused",
    "Bearer tokens that were not let in, by what was wrong with them first.",
    ["why"],
    registry=PROCESS,
)
