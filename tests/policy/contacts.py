"""A debtor's ledger for tests of the guard: contacts by wall clock, what came of them, what may follow."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from arrears.contracts import Rules
from arrears.policy.caps import Line
from arrears.policy.codes import Action, code_of
from arrears.policy.guard import Asked, Go, Hours, Known, PartyRole, Verdict, end_of, line_of, verdict
from arrears.store import packs

CN = packs.load("cn-bank-2026").rules
US = packs.load("us-reg-f").rules
DAY = "2026-03-02"  # a Monday


def at(wall_clock: str, rules: Rules = CN, fold: int = 0) -> int:
    """UTC seconds of "2026-03-02T10:00" where the bank is, or of "10:00" on that Monday."""
    said = wall_clock if "T" in wall_clock else f"{DAY}T{wall_clock}"
    zone = ZoneInfo(rules.calendar.zone)
    return int(datetime.fromisoformat(said).replace(tzinfo=zone, fold=fold).astimezone(UTC).timestamp())


def bank_hours(rules: Rules) -> Hours:
    terms = rules.terms
    return Hours(time.fromisoformat(terms.window_from), end_of(terms.window_to), rules.calendar.zone, "C01")


@dataclass
class Debtor:
    """One person, whoever calls and about whichever loan."""

    rules: Rules = CN
    known: Known = field(init=False)

    def __post_init__(self) -> None:
        self.known = Known((bank_hours(self.rules),))

    def learn(self, **facts: Any) -> None:
        self.known = replace(self.known, **facts)

    def ask(self, when: str | int, action: Action = Action.OUT_CALL, **more: Any) -> Verdict:
        instant = when if isinstance(when, int) else at(when, self.rules)
        asked = Asked(action, more.pop("actor", "s-collector"), **more)
        return verdict(asked, self.known, self.rules.conduct, self.rules.calendar, instant)

    def reserve(self, when: str | int, action: Action = Action.OUT_CALL, **more: Any) -> Line:
        """A contact that must be allowed; nobody knows its result yet."""
        assert isinstance(self.ask(when, action, **dict(more)), Go)
        instant = when if isinstance(when, int) else at(when, self.rules)
        line = line_of(Asked(action, more.pop("actor", "s-collector"), **more), instant)
        self.learn(ledger=(*self.known.ledger, line))
        return line

    def result(self, line: Line, result: str) -> None:
        """What came of a contact, as the bank's codes count it."""
        code = code_of(line.action, result)
        assert code is not None
        kept = replace(line, counts=code.counts)
        self.learn(ledger=tuple(kept if one is line else one for one in self.known.ledger))

    def contact(self, when: str | int, result: str, action: Action = Action.OUT_CALL, **more: Any) -> None:
        self.result(self.reserve(when, action, **more), result)


THIRD = PartyRole.THIRD
