"""Reads a run's history as a list of short words."""

from collections import Counter
from collections.abc import Sequence

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent

from tests.world import World


def words(history: Sequence[HistoryEvent]) -> list[str]:
    """`workflow_execution_signaled`, `marker_recorded` … in order."""
    return [EventType.Name(event.event_type).removeprefix("EVENT_TYPE_").lower() for event in history]


def tally(history: Sequence[HistoryEvent]) -> Counter[str]:
    return Counter(words(history))


async def rests(world: World, case_id: str) -> bool:
    """Whether the history is written to its end: the database knows of a step a moment before it does."""
    counted = tally(await world.legal_history(case_id))
    return counted["workflow_task_completed"] == counted["workflow_task_scheduled"]


def since(history: Sequence[HistoryEvent], event_id: int) -> list[HistoryEvent]:
    """What came after that event."""
    return [event for event in history if event.event_id > event_id]
