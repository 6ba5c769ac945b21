"""How a case tells operators what it is and why: details, search attributes, summaries."""

from datetime import UTC, datetime
from typing import Any, Final

from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

from arrears.policy.calendar import Calendar
from arrears.policy.explain import Sentence, explain
from arrears.policy.state import CaseState, Clock
from workflows import prose

_BANDS: Final = (
    (100_000, "under 1 thousand"),
    (1_000_000, "1 to 10 thousand"),
    (10_000_000, "10 to 100 thousand"),
)


def explained(state: CaseState, now: int, calendar: Calendar) -> dict[str, list[str]]:
    """Each part of the explanation under its heading, a sentence a line."""
    told = explain(state, now, calendar)
    said = {
        name: [_sentence(sentence, calendar) for sentence in part]
        for name, part in (("stands", told.stands), ("waits", told.waits), ("follows", told.follows))
    }
    said["clocks"] = [prose.dated(one, calendar.zone, _clock(one.clock)) for one in told.clocks]
    return {prose.PARTS[name][1]: lines for name, lines in said.items() if lines}


def _sentence(sentence: Sentence, calendar: Calendar) -> str:
    _context, english = prose.SENTENCES[sentence.key]
    return prose.filled(english, sentence, zone=calendar.zone, called=_called)


def _called(words: prose.Words, code: str | None) -> str:
    return "" if code is None else words[code][1]


def _clock(clock: Clock) -> str:
    return prose.CLOCKS[clock][1]


def details(state: CaseState, *, now: int, calendar: Calendar, seq: int, case_url: str, last: str) -> str:
    """Markdown for the head of the workflow's page."""
    parts = [
        f"**{heading}**\n" + "\n".join(f"- {line}" for line in lines)
        for heading, lines in explained(state, now, calendar).items()
    ]
    head = f"**{state.case_id}** · step {seq} · {state.closed or state.stage}"
    foot = f"Last: {last}. All times are those of {calendar.zone}."
    page = [f"[Open the case]({case_url})"] if case_url else []
    return "\n\n".join([head, *parts, foot, *page])


def next_clock(state: CaseState) -> str:
    if not state.deadlines:
        return ""
    name = min(state.deadlines, key=lambda clock: state.deadlines[clock])
    return _clock(Clock(name))


def attributes(state: CaseState) -> dict[str, Any]:
    """The search attributes as plain values; compared, so that only a change costs an event."""
    deadlines = state.deadlines.values()
    return {
        "CaseStage": "closed" if state.closed else state.stage.value,
        "CaseStatus": state.closed or "open",
        "CaseBalanceBand": next(
            (name for top, name in _BANDS if state.balance < top), "100 thousand and more"
        ),
        "CasePolicyPack": state.terms.pack,
        "CaseOpenTasks": sorted(state.tasks),
        "CaseHolds": sorted(hold.kind.value for hold in state.holds),
        "CaseNextDeadline": min(deadlines) if deadlines else None,
        "CaseStageSince": state.stage_since,
        "CaseAttention": state.attention,
    }


_KEYWORD = {
    name: SearchAttributeKey.for_keyword(name)
    for name in ("CaseStage", "CaseStatus", "CaseBalanceBand", "CasePolicyPack")
}
_INSTANT = {name: SearchAttributeKey.for_datetime(name) for name in ("CaseNextDeadline", "CaseStageSince")}
_LIST = {name: SearchAttributeKey.for_keyword_list(name) for name in ("CaseOpenTasks", "CaseHolds")}
_FLAG = SearchAttributeKey.for_bool("CaseAttention")


def updates(before: dict[str, Any], after: dict[str, Any]) -> list[SearchAttributeUpdate[Any]]:
    changed = {name: value for name, value in after.items() if before.get(name, ...) != value}
    return [_update(name, value) for name, value in changed.items()]


def _update(name: str, value: Any) -> SearchAttributeUpdate[Any]:
    if name in _KEYWORD:
        return _KEYWORD[name].value_set(value)
    if name in _INSTANT:
        key = _INSTANT[name]
        return key.value_unset() if value is None else key.value_set(datetime.fromtimestamp(value, UTC))
    return _LIST[name].value_set(value) if name in _LIST else _FLAG.value_set(value)
