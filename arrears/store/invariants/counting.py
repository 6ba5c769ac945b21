"""Counts contacts against the caps of a pack, anew and with nothing of the guard that let them pass."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from arrears.policy.caps import Cap
from arrears.store.tables import contact_attempts

_TAKES: Final = ("reserved", "made", "uncertain")
_CALLS: Final = ("out_call", "ai_call")
_WRITTEN: Final = ("sms", "email", "app_push", "im")
_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True)
class Contact:
    """One line of a person's ledger that was made, or may have been; `answered` and `talked` as its result counts."""

    attempt_id: str
    person: str
    action: str
    number: str
    loan_id: str
    at: datetime
    answered: bool
    talked: bool
    third: bool = False

    @property
    def counts_as(self) -> set[str]:
        if self.action in _WRITTEN:
            return {"message"}
        if self.action == "visit":
            return {"visit"}
        if self.action not in _CALLS:
            return set()
        said = {"effective": self.answered, "conversation": self.talked}
        return {"attempt"} | {name for name, so in said.items() if so}


def ledger(connection: Connection) -> list[Contact]:
    """Whatever takes from a cap; one whose result nobody told is taken for the most that it may have been."""
    lines = connection.execute(
        select(contact_attempts).where(
            contact_attempts.c.status.in_(_TAKES), contact_attempts.c.purpose != "service"
        )
    )
    return [
        Contact(
            line.attempt_id,
            line.borrower_id,
            line.action,
            line.number or "",
            line.loan_id or "",
            line.at,
            line.status != "made" or line.effective,
            line.status != "made" or line.conversation,
            line.party == "third",
        )
        for line in lines
    ]


def over_caps(contacts: Sequence[Contact], caps: Iterable[Cap], zone: str) -> list[str]:
    """The contacts that were one too many, each with the rule."""
    return sorted(
        {f"{one.attempt_id} ({cap.rule})" for cap in caps for one in _too_many(contacts, cap, zone)}
    )


def _too_many(contacts: Sequence[Contact], cap: Cap, zone: str) -> Iterator[Contact]:
    beside: dict[tuple[str, str], list[Contact]] = defaultdict(list)
    for one in sorted(contacts, key=lambda contact: contact.at):
        if cap.counts.value in one.counts_as and one.third is cap.third:
            within = {"person": "*", "number": one.number, "debt": one.loan_id}[cap.scope.value]
            if within:  # robots write down every number and loan; a contact without has no cap of its own
                beside[one.person, within].append(one)
    for line in beside.values():
        for place, one in enumerate(line):
            first = line[max(0, place - cap.most)]
            if place >= cap.most and _in_one_window(first.at, one.at, cap, zone):
                yield one


def _in_one_window(first: datetime, last: datetime, cap: Cap, zone: str) -> bool:
    if cap.window.value == "rolling_7d":
        return last - first < _WEEK
    days = [at.astimezone(ZoneInfo(zone)).date() for at in (first, last)]
    if cap.window.value == "week":
        days = [_monday(day) for day in days]
    return days[0] == days[1]


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
