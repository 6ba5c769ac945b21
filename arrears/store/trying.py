"""A dry run of a pack over the open cases: which of them would go another way, and where it parts."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select

from arrears.contracts import Rules, RulesInForce
from arrears.policy.preview import Milestone, course
from arrears.policy.state import CaseState
from arrears.policy.turn import Moment
from arrears.store.states import state_from_json
from arrears.store.tables import cases

HORIZON_DAYS: Final = 200


@dataclass(frozen=True)
class Difference:
    """One number of the pack; None where it has no such."""

    key: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Changed:
    """A case whose expected course would be another; each side has only what the other lacks."""

    case_id: str
    stage: str
    pinned: str  # the pack its stage was entered under
    before: tuple[Milestone, ...]
    after: tuple[Milestone, ...]


@dataclass(frozen=True)
class From:
    """The rules now in force until an instant, from then on the tried ones."""

    now: RulesInForce
    then: Rules
    since: int

    def at(self, instant: int) -> Rules:
        return self.now.at(instant) if instant < self.since else self.then


def differences(before: str, after: str) -> list[Difference]:
    """Of two packs as TOML, key by key in their order."""
    old, new = _flat(before), _flat(after)
    return [
        Difference(key, old.get(key), new.get(key))
        for key in dict.fromkeys([*old, *new])
        if old.get(key) != new.get(key)
    ]


def changes(connection: Connection, now: RulesInForce, tried: Rules, *, since: int) -> Iterator[Changed]:
    """Over every open case, by its own clock; `since` is when the tried rules would begin to hold."""
    later = From(now, tried, since)
    rows = connection.execute(
        select(cases.c.state).where(cases.c.status == "open").order_by(cases.c.case_id)
    ).scalars()
    for row in rows:
        state = state_from_json(row)
        before, after = _course(state, now), _course(state, later)
        if before != after:
            yield Changed(
                state.case_id,
                state.stage.value,
                state.terms.pack,
                tuple(one for one in before if one not in after),
                tuple(one for one in after if one not in before),
            )


def _course(state: CaseState, rules: RulesInForce) -> list[Milestone]:
    def moment(instant: int) -> Moment:
        held = rules.at(instant)
        return Moment(instant, held.terms, held.calendar)

    return course(state, moment, until=state.at + HORIZON_DAYS * 86_400)


def _flat(text: str) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in tomllib.loads(text).items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{key}": one for key, one in value.items()}
        elif name == "caps":
            flat |= {_cap(cap): cap["most"] for cap in value}
        else:
            flat[name] = value
    return flat


def _cap(cap: Mapping[str, Any]) -> str:
    third = ".third" if cap.get("third", False) else ""
    return f"caps.{cap['rule']}.{cap['scope']}.{cap['window']}.{cap['counts']}{third}"
