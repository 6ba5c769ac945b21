"""How a case tells operators what it is and why: details, search attributes, summaries."""

from datetime import UTC, datetime
from typing import Any, Final

from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

from arrears.policy.state import CaseState

_BANDS: Final = (
    (100_000, "under 1 thousand"),
    (1_000_000, "1 to 10 thousand"),
    (10_000_000, "10 to 100 thousand"),
)

_CLOCKS: Final = {
    "escalate": "a team lead is asked whether to escalate",
    "follow_up": "the collector tries again",
    "notice": "a team lead is asked to release the demand notice",
    "send": "the released notice goes out",
    "cure": "the debtor's time after the notice ends",
    "legal_review": "a legal advisor is asked to review",
    "enter_legal": "the approved litigation takes effect",
    "idle": "a person confirms that the case may stay as it is",
}
_TASKS: Final = {
    "first_contact": "first contact by a collector",
    "follow_up": "another contact by a collector",
    "escalation": "a team lead's word on escalation",
    "notice_release": "a team lead's release of the demand notice",
    "legal_review": "a legal advisor's review",
    "second_approval": "a second person's approval of litigation",
    "idle_review": "a team lead's look at an idle case",
}


def instant(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")


def explain(state: CaseState) -> list[str]:
    """Why the case stands where it stands and what comes next, a sentence a line."""
    if state.closed:
        return [f"Closed as {state.closed} at {instant(state.closed_at)}."]
    lines = [f"In the {state.stage} stage since {instant(state.stage_since)}."]
    lines += [
        f"Waiting for {_TASKS[kind]}, open since {instant(task.opened_at)}."
        for kind, task in state.tasks.items()
    ]
    for clock, at in sorted(state.deadlines.items(), key=lambda item: item[1]):
        lines.append(f"At {instant(at)} {_CLOCKS[clock]}.")
    if state.notice is not None:
        lines.append(f"Notice {state.notice.notice_id} is {state.notice.phase}.")
    if state.approval is not None:
        lines.append(
            "Litigation is approved by " + ("two people." if state.approval.second else "one person.")
        )
    if state.provisional:
        lines.append(f"{len(state.provisional)} payment(s) not final yet.")
    if state.attention:
        lines.append("Needs an operator's attention.")
    return lines


def details(state: CaseState, *, seq: int, case_url: str, last: str) -> str:
    """Markdown for the head of the workflow's page."""
    story = "\n".join(f"- {line}" for line in explain(state))
    page = f"\n\n[Open the case]({case_url})" if case_url else ""
    return (
        f"**{state.case_id}** · step {seq} · {state.closed or state.stage}\n\n{story}\n\nLast: {last}{page}"
    )


def next_clock(state: CaseState) -> str:
    if not state.deadlines:
        return ""
    name = min(state.deadlines, key=lambda clock: state.deadlines[clock])
    return _CLOCKS[name]


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
        "CaseNextDeadline": min(deadlines) if deadlines else None,
        "CaseStageSince": state.stage_since,
        "CaseAttention": state.attention,
    }


_KEYWORD = {
    name: SearchAttributeKey.for_keyword(name)
    for name in ("CaseStage", "CaseStatus", "CaseBalanceBand", "CasePolicyPack")
}
_INSTANT = {name: SearchAttributeKey.for_datetime(name) for name in ("CaseNextDeadline", "CaseStageSince")}
_LIST = SearchAttributeKey.for_keyword_list("CaseOpenTasks")
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
    return _LIST.value_set(value) if name == "CaseOpenTasks" else _FLAG.value_set(value)
