"""All ways to reach the debtor of a task with the guard's word on each: read together, for a person who looks (4.6-4).

It takes nothing: whoever then calls or goes there asks for the slot at that moment, and may be told otherwise.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, bindparam, or_, select

from arrears.contracts import Rules
from arrears.policy.caps import Use, uses
from arrears.policy.codes import Action
from arrears.policy.guard import Go, Known, Never, NotBefore, Verdict, closes_at, line_of, verdict
from arrears.store import certificates, known
from arrears.store.contacts import SETTLES_SECONDS
from arrears.store.known import Ask
from arrears.store.tables import consents, contact_marks, contact_points, staff
from arrears.store.writes import instant

# How a person who works a task contacts a debtor there; other ways are for machines.
BY_HAND: Final = {"phone": Action.OUT_CALL, "post": Action.VISIT}
# Whoever visits names the second person when they go: until then somebody stands for them.
SOMEBODY: Final = "somebody"


@dataclass(frozen=True)
class Way:
    """`action` is None where nobody contacts by hand; `closes_at` is UTC seconds, of a way that is open."""

    contact_id: str
    channel: str
    address: str = field(repr=False)
    preferred: bool
    do_not_contact: bool
    action: Action | None = None
    verdict: Verdict = field(default_factory=Go)
    closes_at: int = 0
    uses: tuple[Use, ...] = ()


def ways(connection: Connection, ask: Ask, rules: Rules, *, at: int) -> tuple[Way, ...]:
    """Preferred ones first. `ask` is a call to nobody's number yet: about whom, for which case, by whom."""
    rows = connection.execute(_POINTS, {"person": ask.borrower_id}).all()
    numbers = [row.address for row in rows]
    past = known.past(connection, ask, rules, at=at)
    look = _Look(
        ask,
        rules,
        at,
        known.of_person(ask, rules, past),
        tuple(connection.execute(_MARKS, {"numbers": numbers, "person": ask.borrower_id})),
        _consents(connection, ask, rules),
        _for_all(past, at=at),
    )
    return tuple(look.way(row) for row in rows)


@dataclass(frozen=True)
class _Look:
    """What was read of the person, for each of the ways."""

    ask: Ask
    rules: Rules
    at: int
    person: Known
    marks: tuple[Row[*tuple[Any, ...]], ...]
    consents: frozenset[str]
    for_all: Verdict

    def way(self, row: Row[*tuple[Any, ...]]) -> Way:
        way = Way(row.contact_id, row.channel, row.address, row.preferred, row.do_not_contact)
        action = BY_HAND.get(row.channel)
        return way if action is None else self._judged(way, row, action)

    def _judged(self, way: Way, row: Row[*tuple[Any, ...]], action: Action) -> Way:
        conduct, calendar = self.rules.conduct, self.rules.calendar
        others = (SOMEBODY,) * (conduct.visit_staff - 1) if action is Action.VISIT else ()
        here = replace(self.ask, action=action, number=row.address, staff=others)
        facts = self._facts(row, here)
        said = self.for_all
        if isinstance(said, Go):
            said = verdict(here.asked, facts, conduct, calendar, self.at)
        return replace(
            way,
            action=action,
            verdict=said,
            closes_at=closes_at(here.asked, facts, conduct, self.at) if isinstance(said, Go) else 0,
            uses=uses(conduct.caps, line_of(here.asked, self.at), facts.ledger, self.at, calendar=calendar),
        )

    def _facts(self, row: Row[*tuple[Any, ...]], here: Ask) -> Known:
        stops = filter(None, (known.rule_of(mark, here) for mark in self.marks))
        return replace(
            self.person,
            hours=tuple(known.hours(known.as_point(row), self.rules)),
            stopped="do_not_contact" if row.do_not_contact else next(stops, ""),
            consented=row.contact_id in self.consents,
        )


def companions(connection: Connection, but: str, rules: Rules, *, at: int) -> list[tuple[str, str]]:
    """Who may go along on a visit: ids and names of active collectors with a certificate."""
    found = connection.execute(
        select(staff.c.staff_id, staff.c.name, staff.c.roles, staff.c.active)
        .where(staff.c.staff_id != but)
        .order_by(staff.c.name, staff.c.staff_id)
    ).all()
    fit = [row for row in found if row.active and certificates.CERTIFIED.value in row.roles]
    days = rules.conduct.certificate_days
    without = certificates.uncertified(connection, [row.staff_id for row in fit], at=instant(at), days=days)
    return [(row.staff_id, row.name) for row in fit if row.staff_id not in without]


def _for_all(past: known.Past, *, at: int) -> Verdict:
    """What holds for every way alike, before the guard looks at each."""
    if known.is_uncertified(past):
        return Never("C19")
    if known.has_money_coming(past):
        return NotBefore(at + SETTLES_SECONDS, "money_first")
    return Go()


def _consents(connection: Connection, ask: Ask, rules: Rules) -> frozenset[str]:
    """Asked for only where a pack wants consent to what is done by hand."""
    if not set(BY_HAND.values()) & set(rules.conduct.needs_consent):
        return frozenset()
    given = (
        select(consents.c.contact_id)
        .join(contact_points, contact_points.c.contact_id == consents.c.contact_id)
        .where(contact_points.c.borrower_id == ask.borrower_id, consents.c.withdrawn_at.is_(None))
    )
    return frozenset(connection.execute(given).scalars())


_POINTS: Final = (
    select(contact_points)
    .where(contact_points.c.borrower_id == bindparam("person"))
    .order_by(contact_points.c.preferred.desc(), contact_points.c.contact_id)
)
_MARKS: Final = select(
    contact_marks.c.mark.label("kind"),
    contact_marks.c.address,
    contact_marks.c.channel,
    contact_marks.c.borrower_id,
).where(
    or_(
        contact_marks.c.address.in_(bindparam("numbers", expanding=True)),
        and_(contact_marks.c.borrower_id == bindparam("person"), contact_marks.c.address.is_(None)),
    )
)
