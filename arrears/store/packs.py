"""Policy packs and calendars: read from files, checked whole, refused with every fault named."""

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from arrears.contracts import Rules
from arrears.policy.calendar import Calendar
from arrears.policy.checklist import Item
from arrears.policy.codes import WITH_DAYS
from arrears.policy.course import LASTING
from arrears.policy.currency import EXPONENTS
from arrears.policy.matrix import IN_BANK_DAYS, Act
from arrears.policy.state import HoldKind
from arrears.policy.statute import loosened
from arrears.policy.tasks import TIMED_BY_HOLD, TaskKind
from arrears.policy.terms import Terms
from arrears.policy.transfers import PRODUCTS
from arrears.store import appraisals, conduct, statutes

SHIPPED: Final = files("arrears.policy") / "packs"

Flat = dict[str, Any]  # `section.key` -> what TOML read
Fault = str | None


class PackInvalid(ValueError):
    """A pack or calendar that cannot be used; the text names every fault found."""

    def __init__(self, name: str, faults: list[str]) -> None:
        super().__init__(f"{name}: " + "; ".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class Pack:
    """A checked pack. `text` is the whole of it as TOML, with what it extends already put in."""

    version: str
    rules: Rules
    text: str

    @property
    def terms(self) -> Terms:
        return self.rules.terms

    @property
    def calendar(self) -> Calendar:
        return self.rules.calendar


def load(name_or_path: str | Path) -> Pack:
    """A pack shipped with the product by its name, or any `.toml` file by its path."""
    values = _with_what_it_extends(str(name_or_path), beside=Path(), seen=())
    _check(str(name_or_path), values, _keys_for(values), _contradictions)
    terms = _terms(values)
    rules = Rules(
        terms, load_calendar(values["calendar"], beside=_folder(str(name_or_path))), conduct.conduct(values)
    )
    looser = list(loosened(statutes.of(rules.calendar.zone), terms, rules.conduct))
    if looser:
        raise PackInvalid(str(name_or_path), looser)
    return Pack(terms.pack, rules, _as_toml(values))


def _keys_for(values: Flat) -> Mapping[str, Callable[[Any], Fault]]:
    """The sections on appraisal and on the court may be left out, but not a part of one."""
    optional = (appraisals.APPRAISAL_KEYS, COURT_KEYS)
    known = PACK_KEYS
    for keys in optional:
        if values.keys() & keys.keys():
            known = {**known, **keys}
    return known


def load_calendar(name: str, *, beside: Path = Path()) -> Calendar:
    values = _read(name, beside=beside)
    years = values.pop("years", {})
    _check(name, values, CALENDAR_KEYS)
    if not isinstance(years, Mapping) or not years:
        raise PackInvalid(name, ["years is missing"])
    for year, days in years.items():
        _check(f"{name}, year {year}", dict(days), YEAR_KEYS, partial(_outside, year))
    return Calendar(
        zone=values["zone"],
        closes_hour=values["closes_hour"],
        rest_days=tuple(day for days in years.values() for day in days["rest_days"]),
        workdays=tuple(day for days in years.values() for day in days["workdays"]),
        official=tuple(int(year) for year, days in years.items() if days["official"]),
    )


# ---- reading ---------------------------------------------------------------------------------------------


def _with_what_it_extends(name: str, *, beside: Path, seen: tuple[str, ...]) -> Flat:
    if name in seen:
        raise PackInvalid(seen[0], [f"extends goes round in a circle: {' > '.join((*seen, name))}"])
    values = _flat(_read(name, beside=beside))
    base = values.pop("extends", None)
    if base is None:
        return values
    if not isinstance(base, str):
        raise PackInvalid(name, ["extends must be the name of a pack"])
    folder = _folder(name)
    return _with_what_it_extends(base, beside=beside / folder, seen=(*seen, name)) | values


def _folder(name: str) -> Path:
    """What a pack names beside itself lies in its folder."""
    return Path(name).parent if name.endswith(".toml") else Path()


def _read(name: str, *, beside: Path) -> dict[str, Any]:
    found: Traversable = beside / name if name.endswith(".toml") else SHIPPED / f"{name}.toml"
    if not found.is_file():
        shipped = sorted(file.name.removesuffix(".toml") for file in SHIPPED.iterdir() if _is_toml(file))
        raise PackInvalid(name, [f"there is no such file{_nearest(name, shipped)}"])
    try:
        return tomllib.loads(found.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise PackInvalid(name, [f"cannot be read: {broken}"]) from broken


def _is_toml(file: Traversable) -> bool:
    return file.name.endswith(".toml")


def _flat(tables: Mapping[str, Any]) -> Flat:
    return {
        key: value
        for name, entry in tables.items()
        for key, value in (
            ((f"{name}.{inner}", value) for inner, value in entry.items())
            if isinstance(entry, Mapping)
            else ((name, entry),)
        )
    }


def _as_toml(values: Flat) -> str:
    """The order of the keys a pack may have, so that equal packs are equal text."""
    lines: list[str] = []
    section = ""
    for key in _keys_for(values):
        table, _, inner = key.rpartition(".")
        if key == "caps":
            continue
        if table != section:
            lines.append(f"\n[{table}]")
            section = table
        value = values[key]
        lines.append(f"{inner} = {json.dumps(value)}")  # of words, numbers and lists JSON is TOML
    return "\n".join([*lines, *conduct.caps_as_toml(values["caps"])]) + "\n"


# ---- checking --------------------------------------------------------------------------------------------


def _check(
    name: str,
    values: Flat,
    known: Mapping[str, Callable[[Any], Fault]],
    contradictions: Callable[[Flat], Iterator[str]] | None = None,
) -> None:
    faults = [f"unknown key {key}{_nearest(key, known)}" for key in values if key not in known]
    faults += [f"{key} is missing" for key in known if key not in values]
    wrong = {key: known[key](value) for key, value in values.items() if key in known}
    faults += [f"{key} {fault}" for key, fault in wrong.items() if fault]
    if not faults and contradictions is not None:
        faults = list(contradictions(values))
    if faults:
        raise PackInvalid(name, faults)


def _nearest(word: str, words: Mapping[str, Any] | list[str]) -> str:
    near = get_close_matches(word, list(words), n=1)
    return f", did you mean {near[0]}?" if near else ""


def _whole(value: Any, *, least: int) -> Fault:
    # True is an int to Python, and a cap of True would be a cap of one.
    if not isinstance(value, int) or isinstance(value, bool):
        return "must be a whole number"
    if value < least:
        return f"must be at least {least}"
    return "is beyond any sense" if value > 10**13 else None


def _count(value: Any) -> Fault:
    return _whole(value, least=1)


def _count_or_none(value: Any) -> Fault:
    return _whole(value, least=0)


def _percent(value: Any) -> Fault:
    return _count(value) or (None if value <= 100 else "must be at most 100")


def _word(value: Any) -> Fault:
    fits = isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", value)
    return None if fits else "must be a word of letters, digits, dots and dashes"


def _currency(value: Any) -> Fault:
    return None if value in EXPONENTS else f"must be one of {', '.join(EXPONENTS)}"


def _time_of_day(value: Any) -> Fault:
    fits = isinstance(value, str) and re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value)
    return None if fits else "must be a time of day, HH:MM"


def _zone(value: Any) -> Fault:
    try:
        known = isinstance(value, str) and "/" in value and ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = False
    return None if known else "must be a zone of the IANA list, such as Asia/Shanghai"


def _hour(value: Any) -> Fault:
    return _whole(value, least=1) or (None if value <= 23 else "must be an hour of the day")


def _yes_no(value: Any) -> Fault:
    return None if isinstance(value, bool) else "must be true or false"


def _days(value: Any) -> Fault:
    try:
        [date.fromisoformat(day) for day in value]
    except (TypeError, ValueError):
        return "must be a list of ISO days"
    return "names a day twice" if len(set(value)) < len(value) else None


def _acts(value: Any) -> Fault:
    fits = isinstance(value, list) and set(value) <= set(Act) and len(set(value)) == len(value)
    return None if fits else f"must be a list of {', '.join(Act)}"


def _products(value: Any) -> Fault:
    if not isinstance(value, list) or not all(product in PRODUCTS for product in value):
        return f"must be a list of products: {', '.join(PRODUCTS)}"
    return "names a product twice" if len(set(value)) < len(value) else None


def _rising(value: Any) -> Fault:
    """Days, each more than the one before."""
    if not isinstance(value, list) or not value or any(_count(days) for days in value):
        return "must be a list of days"
    return None if value == sorted(set(value)) else "must rise"


def _items(value: Any) -> Fault:
    fits = (
        isinstance(value, list) and set(value) <= set(Item) - {Item.OTHER} and len(set(value)) == len(value)
    )
    return None if fits else f"must be a list of {', '.join(item for item in Item if item is not Item.OTHER)}"


_RUNGS: Final = ("remind", "free", "report")

PACK_KEYS: Final[Mapping[str, Callable[[Any], Fault]]] = {
    "pack": _word,
    "currency": _currency,
    "calendar": _word,
    "case.floor_minor": _count_or_none,
    "case.reopen_days": _count,
    "case.idle_days": _count,
    "case.former_stage_days": _count_or_none,
    "initial.formal_dpd": _count,
    "initial.min_days": _count_or_none,
    "initial.attempts_needed": _count_or_none,
    "initial.attempt_days": _count_or_none,
    "initial.repropose_days": _count,
    "formal.cure_days": _count,
    "formal.silence_days": _count,
    "formal.step_back_days": _count_or_none,
    "formal.repropose_days": _count,
    "legal.review_dpd": _count,
    "legal.enter_dpd": _count,
    "legal.repropose_days": _count,
    "legal.manager_above_minor": _count,
    "promise.days": _count,
    "promise.days_late": _count,
    "promise.kept_percent": _percent,
    "promise.broken_to_escalate": _count,
    "promise.technical_bank_days": _count_or_none,
    "ledger.end_of_day": _yes_no,
    "plan.max_periods": _count,
    "plan.officer_periods": _count,
    "plan.manager_periods": _count,
    "plan.most_yearly_bp": _count_or_none,
    "plan.risk_bank_days": _count_or_none,
    "plan.breach_days": _count,
    "plan.missed": _count,
    "plan.catch_up_days": _count,
    "payments.burden": _products,
    "payments.refund_bank_days": _count,
    **{f"sla_percent.{rung}": _count for rung in _RUNGS},
    **{f"sla_bank_days.{kind}": _count for kind in TaskKind if kind not in TIMED_BY_HOLD},
    **{f"follow_up_days.{result}": _count for result in WITH_DAYS},
    **{f"stage_days.{stage}": _count_or_none for stage in LASTING},
    "limitation.years": _count_or_none,
    "lost_contact.numbers": _count_or_none,
    "lost_contact.days": _count_or_none,
    "contact.window_from": _time_of_day,
    "contact.window_to": _time_of_day,
    "contact.dial_to": _time_of_day,
    "contact.visit_staff": _count,
    **conduct.CONDUCT_KEYS,
    "holds.complaint_days": _rising,
    "holds.resume_bank_days": _count_or_none,
    **{f"hold_blocks.{kind}": _acts for kind in HoldKind},
    **{f"hold_days.{kind}": _count_or_none for kind in HoldKind if kind not in IN_BANK_DAYS},
    **{f"hold_bank_days.{kind}": _count for kind in IN_BANK_DAYS},
}

# All of them or none: without them a claim is stated to today at the latest and no evidence is asked for.
COURT_KEYS: Final[Mapping[str, Callable[[Any], Fault]]] = {
    "court.evidence": _items,
    "court.statement_days": _count_or_none,
    "court.claim_days_ahead": _count_or_none,
}

CALENDAR_KEYS: Final[Mapping[str, Callable[[Any], Fault]]] = {"zone": _zone, "closes_hour": _hour}

YEAR_KEYS: Final[Mapping[str, Callable[[Any], Fault]]] = {
    "official": _yes_no,
    "rest_days": _days,
    "workdays": _days,
}


def _contradictions(values: Flat) -> Iterator[str]:
    yield from appraisals.unfair(values)
    if values["contact.window_from"] >= values["contact.window_to"]:
        yield "contact.window_from must be before contact.window_to"
    if not values["contact.window_from"] < values["contact.dial_to"] <= values["contact.window_to"]:
        yield "contact.dial_to must lie between contact.window_from and contact.window_to"
    if values["holds.complaint_days"][0] != values["hold_days.complaint"]:
        yield "holds.complaint_days must begin with hold_days.complaint"
    if not values["initial.formal_dpd"] < values["legal.review_dpd"] <= values["legal.enter_dpd"]:
        yield "initial.formal_dpd, legal.review_dpd and legal.enter_dpd must follow each other"
    if values["initial.attempt_days"] > values["initial.attempts_needed"]:
        yield "initial.attempt_days cannot be more than initial.attempts_needed"
    if not values["plan.officer_periods"] <= values["plan.manager_periods"] <= values["plan.max_periods"]:
        yield "plan.officer_periods, plan.manager_periods and plan.max_periods must follow each other"
    if not values["sla_percent.remind"] < values["sla_percent.free"] < values["sla_percent.report"]:
        yield "sla_percent.remind, sla_percent.free and sla_percent.report must follow each other"


def _outside(year: str, days: Flat) -> Iterator[str]:
    rest = [date.fromisoformat(day) for day in days["rest_days"]]
    worked = [date.fromisoformat(day) for day in days["workdays"]]
    yield from (f"{day} is of another year" for day in (*rest, *worked) if str(day.year) != year)
    yield from (f"rest day {day} is a weekend anyway" for day in rest if day.weekday() >= 5)
    yield from (f"workday {day} is no weekend" for day in worked if day.weekday() < 5)


def _terms(values: Flat) -> Terms:
    return Terms(
        pack=values["pack"],
        currency=values["currency"],
        floor_minor=values["case.floor_minor"],
        formal_dpd=values["initial.formal_dpd"],
        initial_min_days=values["initial.min_days"],
        legal_review_dpd=values["legal.review_dpd"],
        legal_dpd=values["legal.enter_dpd"],
        cure_days=values["formal.cure_days"],
        repropose_escalation_days=values["initial.repropose_days"],
        repropose_notice_days=values["formal.repropose_days"],
        repropose_legal_days=values["legal.repropose_days"],
        idle_days=values["case.idle_days"],
        manager_above_minor=values["legal.manager_above_minor"],
        sla_bank_days={
            str(kind): values[f"sla_bank_days.{kind}"] for kind in TaskKind if kind not in TIMED_BY_HOLD
        },
        follow_up_days={str(result): values[f"follow_up_days.{result}"] for result in WITH_DAYS},
        window_from=values["contact.window_from"],
        window_to=values["contact.window_to"],
        reopen_days=values["case.reopen_days"],
        attempts_needed=values["initial.attempts_needed"],
        attempt_days=values["initial.attempt_days"],
        step_back_days=values["formal.step_back_days"],
        former_stage_days=values["case.former_stage_days"],
        silence_days=values["formal.silence_days"],
        promise_days=values["promise.days"],
        promise_days_late=values["promise.days_late"],
        promise_percent=values["promise.kept_percent"],
        promises_broken=values["promise.broken_to_escalate"],
        limitation_years=values["limitation.years"],
        lost_numbers=values["lost_contact.numbers"],
        lost_days=values["lost_contact.days"],
        technical_bank_days=values["promise.technical_bank_days"],
        hold_blocks={str(kind): tuple(values[f"hold_blocks.{kind}"]) for kind in HoldKind},
        hold_days={str(kind): days for kind in HoldKind if (days := values.get(f"hold_days.{kind}"))},
        hold_bank_days={str(kind): values[f"hold_bank_days.{kind}"] for kind in IN_BANK_DAYS},
        complaint_days=tuple(values["holds.complaint_days"]),
        resume_bank_days=values["holds.resume_bank_days"],
        end_of_day=values["ledger.end_of_day"],
        burden=tuple(values["payments.burden"]),
        refund_bank_days=values["payments.refund_bank_days"],
        plan_max_periods=values["plan.max_periods"],
        plan_officer_periods=values["plan.officer_periods"],
        plan_manager_periods=values["plan.manager_periods"],
        plan_most_yearly_bp=values["plan.most_yearly_bp"],
        plan_risk_bank_days=values["plan.risk_bank_days"],
        plan_breach_days=values["plan.breach_days"],
        plan_missed=values["plan.missed"],
        plan_cure_days=values["plan.catch_up_days"],
        sla_percent=tuple(values[f"sla_percent.{rung}"] for rung in _RUNGS),
        stage_days={str(stage): values[f"stage_days.{stage}"] for stage in LASTING},
        court_evidence=tuple(values.get("court.evidence", ())),
        statement_days=values.get("court.statement_days", 0),
        claim_days_ahead=values.get("court.claim_days_ahead", 0),
    )
