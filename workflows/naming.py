"""Gives tasks their ids and events, effects and steps their recorded and spoken form."""

from dataclasses import asdict, replace
from typing import Any

from arrears.contracts import Heard
from arrears.names import task_id
from arrears.policy.effects import Effect, OpenTask, Refuse, to_wire
from arrears.policy.events import Due, SendAnswered
from arrears.policy.state import CaseState

_SAID = frozenset({"message_id", "signal", "actor", "content", "task_id"})


def name_tasks(
    state: CaseState | None, effects: list[Effect], *, seq: int
) -> tuple[CaseState | None, list[Effect]]:
    """The rules name tasks by kind; their ids are derived from the step, so a retry names them alike."""
    if state is None:
        return None, effects
    named: list[Effect] = []
    tasks = dict(state.tasks)
    for n, effect in enumerate(effects, 1):
        if not isinstance(effect, OpenTask):
            named.append(effect)
            continue
        name = task_id(state.case_id, seq, n)
        named.append(replace(effect, task_id=name))
        opened = tasks.get(effect.task.value)
        if opened is not None and not opened.task_id:
            tasks[effect.task.value] = replace(opened, task_id=name)
    return replace(state, tasks=tasks), named


def wire(effect: Effect) -> dict[str, Any]:
    return to_wire(effect)


def event_record(event: Due | SendAnswered) -> dict[str, Any]:
    if isinstance(event, Due):
        return {"kind": "due", "clock": event.clock.value}
    return {"kind": "send_answered", **asdict(event)}


def heard_record(heard: Heard) -> dict[str, Any]:
    """A message as it was said, a nudge, or junk with the reason why it could not be read."""
    if heard.signal == "nudge":
        return {"kind": "nudge"}
    if heard.body is None:
        return {"kind": "junk", "signal": heard.signal, "why": heard.junk}
    body = heard.body
    if set(body) != _SAID or not _well_formed(body) or body["signal"] != heard.signal:
        return {"kind": "junk", "signal": heard.signal, "why": "not shaped like a message"}
    return {"kind": "message", **body}


def _well_formed(body: dict[str, Any]) -> bool:
    texts = all(isinstance(body[name], str) for name in ("message_id", "signal", "actor"))
    return texts and isinstance(body["content"], dict) and isinstance(body["task_id"], str | None)


def summary(event: dict[str, Any], effects: list[Effect]) -> str:
    """One line for the Temporal UI, without a figure or a name."""
    match event["kind"]:
        case "message":
            what = event["signal"].replace("_", " ")
        case "due":
            what = f"{event['clock'].replace('_', ' ')} is due"
        case "send_answered":
            what = f"notice {event['answer'].replace('_', ' ')}"
        case other:
            what = other
    refused = [effect.why for effect in effects if isinstance(effect, Refuse)]
    follows = [effect["kind"].replace("_", " ") for effect in map(to_wire, effects)]
    then = f"refused: {refused[0]}" if refused else ", ".join(dict.fromkeys(follows)) or "nothing follows"
    return f"{what} → {then}"[:180]
