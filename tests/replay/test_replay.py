"""Cases that began under earlier code go on under this one: stored histories replay, and a wrong change is caught."""

import gc
import json
import warnings
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.workflow import NondeterminismError

from arrears.cli.replaying import replayer
from tests.replay.hasty import HastyCase
from tests.replay.record import TALES

STORED = sorted((Path(__file__).parent / "histories").glob("*.json"))


def _history(stored: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(stored.stem, stored.read_text(encoding="utf-8"))


def test_each_tale_is_stored() -> None:
    assert set(TALES) <= {stored.stem for stored in STORED}


@pytest.mark.parametrize("stored", STORED, ids=lambda stored: stored.stem)
async def test_a_stored_history_replays(stored: Path) -> None:
    result = await replayer().replay_workflow(_history(stored))
    assert result.replay_failure is None


@pytest.mark.parametrize("stored", STORED, ids=lambda stored: stored.stem)
async def test_a_change_of_steps_is_caught(stored: Path) -> None:
    with pytest.raises(NondeterminismError):
        await replayer(HastyCase).replay_workflow(_history(stored))


@pytest.mark.parametrize(
    "junk", [stored for stored in STORED if "junk" in stored.stem], ids=lambda stored: stored.stem
)
async def test_junk_replays_only_with_the_ears_it_was_heard_with(junk: Path) -> None:
    """The interceptor is part of every history: taken away, or put in later, it breaks every case that met junk."""
    with warnings.catch_warnings():
        # The coroutine of the handler that could not be called is thrown away unawaited.
        warnings.simplefilter("ignore")
        with pytest.raises(Exception, match="positional argument"):
            await replayer(interceptors=()).replay_workflow(_history(junk))
        gc.collect()


@pytest.mark.parametrize("stored", STORED, ids=lambda stored: stored.stem)
def test_a_stored_history_names_no_machine_and_no_person(stored: Path) -> None:
    text = stored.read_text(encoding="utf-8")
    workers = {
        value
        for event in json.loads(text)["events"]
        for attributes in event.values()
        if isinstance(attributes, dict)
        for name, value in attributes.items()
        if name == "identity"
    }
    assert workers <= {"arrears", "arrears-relay", "somebody", "history-service"}
    assert not any(word in text for word in ("张三", "样本市", "/root/", "/home/", "/tmp/"))
