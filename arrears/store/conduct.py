"""What a pack says of contacts, read and checked: caps as a list of tables, and the words beside them."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final

from arrears.policy.caps import Cap, Scope, Window
from arrears.policy.codes import CODES, Action, Counts
from arrears.policy.guard import Conduct

Fault = str | None

_LEAST: Final = {"rule", "scope", "window", "counts", "most"}
_WORDS: Final[Mapping[str, type[StrEnum]]] = {"scope": Scope, "window": Window, "counts": Counts}
_YEAR: Final = 366
_LAWYER: Final = ("warn", "ban")
_LONGEST_KEPT: Final = 36_525
_MOST_SEEN: Final = 1000
_LONGEST_GUARANTEE: Final = 120


def caps(value: Any) -> Fault:
    """A list of tables, each a whole cap; a pack without any would let everybody be called all day."""
    if not isinstance(value, list) or not value or not all(isinstance(cap, Mapping) for cap in value):
        return "must be tables [[caps]]"
    faults = [fault for cap in value for fault in _wrong_with(cap)]
    keys = [tuple(str(cap.get(name)) for name in sorted(_LEAST - {"most"})) for cap in value]
    twice = {str(cap["rule"]) for cap, key in zip(value, keys, strict=True) if keys.count(key) > 1}
    faults += [f"{rule} says the same cap twice" for rule in sorted(twice)]
    return ", ".join(faults) or None


def _wrong_with(cap: Mapping[str, Any]) -> list[str]:
    rule = cap.get("rule")
    name = rule if isinstance(rule, str) and rule else "a cap without a rule"
    faults = [f"{name}: unknown key {key}" for key in sorted(cap.keys() - _LEAST - {"third"})]
    faults += [f"{name}: {key} is missing" for key in sorted(_LEAST - cap.keys())]
    for key, words in _WORDS.items():
        if key in cap and cap[key] not in list(words):
            faults.append(f"{name}: {key} must be one of {', '.join(words)}")
    most = cap.get("most", 1)
    if not isinstance(most, int) or isinstance(most, bool) or not 1 <= most <= 1000:
        faults.append(f"{name}: most must be a whole number of at least 1")
    if not isinstance(cap.get("third", False), bool):
        faults.append(f"{name}: third must be true or false")
    return faults


def actions(value: Any) -> Fault:
    known = {action.value for action in CODES}
    if not isinstance(value, list) or not all(isinstance(name, str) and name in known for name in value):
        return f"must be a list of {', '.join(known)}"
    return "names an action twice" if len(set(value)) < len(value) else None


def lawyer(value: Any) -> Fault:
    return None if value in _LAWYER else f"must be one of {', '.join(_LAWYER)}"


def certificate_days(value: Any) -> Fault:
    fits = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _YEAR
    return None if fits else f"must be a whole number of 1 to {_YEAR}: once a year at least (C19)"


def days_kept(value: Any) -> Fault:
    fits = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _LONGEST_KEPT
    return None if fits else f"must be a whole number of 1 to {_LONGEST_KEPT} days (C17)"


def guarantee_months(value: Any) -> Fault:
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LONGEST_GUARANTEE
    return None if fits else f"must be a whole number of 0 to {_LONGEST_GUARANTEE} months (G1)"


def quota(value: Any) -> Fault:
    fits = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _MOST_SEEN
    return None if fits else f"must be a whole number of 1 to {_MOST_SEEN} (P11)"


CONDUCT_KEYS: Final[Mapping[str, Callable[[Any], Fault]]] = {
    "contact.needs_consent": actions,
    "contact.needs_recording": actions,
    "contact.lawyer": lawyer,
    "staff.certificate_days": certificate_days,
    "recording.keep_days": days_kept,
    "guarantee.months": guarantee_months,
    "privacy.reveals_per_day": quota,
    "caps": caps,
}


def conduct(values: Mapping[str, Any]) -> Conduct:
    """Of values that were checked."""
    return Conduct(
        dial_to=values["contact.dial_to"],
        caps=tuple(_cap(cap) for cap in values["caps"]),
        visit_staff=values["contact.visit_staff"],
        needs_consent=tuple(Action(name) for name in values["contact.needs_consent"]),
        needs_recording=tuple(Action(name) for name in values["contact.needs_recording"]),
        lawyer=values["contact.lawyer"],
        certificate_days=values["staff.certificate_days"],
        recording_days=values["recording.keep_days"],
        guarantee_months=values["guarantee.months"],
        reveals_per_day=values["privacy.reveals_per_day"],
    )


def _cap(said: Mapping[str, Any]) -> Cap:
    return Cap(
        said["rule"],
        Scope(said["scope"]),
        Window(said["window"]),
        Counts(said["counts"]),
        said["most"],
        said.get("third", False),
    )


def caps_as_toml(said: list[Mapping[str, Any]]) -> list[str]:
    """In their order: which cap comes first decides nothing, and equal packs are equal text."""
    lines: list[str] = []
    for cap in said:
        lines += ["\n[[caps]]"]
        lines += [f'{key} = "{cap[key]}"' for key in ("rule", "scope", "window", "counts")]
        lines.append(f"most = {cap['most']}")
        if cap.get("third", False):
            lines.append("third = true")
    return lines
