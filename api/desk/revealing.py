"""Masked data shown in full to one person, for a purpose, once: kept with who, what, why and when (P11)."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, Row, select

from api.auth.permissions import OWN, Permission, may
from api.auth.person import Person
from api.desk import errors
from api.desk.live import must_be_seen
from arrears import clock
from arrears.contracts import Rules, RulesInForce
from arrears.policy.masking import Masked, Purpose
from arrears.policy.tasks import Missing
from arrears.store import attachments, reveals
from arrears.store.attachments import Attached
from arrears.store.intents import raise_incident
from arrears.store.reveals import Seen
from arrears.store.session import Store
from arrears.store.tables import cases, tasks

_LONGEST_REASON: Final = 1000


@dataclass(frozen=True)
class RevealIn:
    """`what` is one of `Masked`; a contact is named by its `contact_id`, and `reason` is asked for with `other`."""

    case_id: str
    what: str
    purpose: str
    reason: str = field(default="", repr=False)
    contact_id: str | None = None
    task_id: str | None = None


@dataclass(frozen=True)
class Revealed:
    what: Masked
    value: str = field(repr=False)
    channel: str = ""


class RevealDesk:
    def __init__(self, store: Store, rules: RulesInForce) -> None:
        self._store = store
        self._rules = rules

    def reveal(self, who: Person, said: RevealIn) -> Revealed:
        """Raises NotFound, NotAllowed, Invalid and RevealQuota; compliance hears of the last."""
        _check(said)
        at = clock.door_now()
        rules = self._rules.at(int(at.timestamp()))
        with self._store.transaction() as connection:
            case = _case(connection, who, said)
            reveals.hold_staff(connection, who.staff_id)
            most = rules.conduct.reveals_per_day
            over = most > 0 and reveals.used(connection, who.staff_id, since=_today(rules, at)) >= most
            if over:
                report_quota(connection, who, rules, at=at)
            else:
                shown = _look_up(connection, case.borrower_id, said)
                reveals.note(connection, _seen(who, case.borrower_id, said), at=at)
        if over:
            raise errors.RevealQuota(most)
        return shown

    def open_letter(self, who: Person, case_id: str) -> None:
        """The letter that was sent names the debtor; its readers are kept, and have no quota. Raises NotAllowed."""
        with self._store.transaction() as connection:
            _read(connection, who, case_id, "letter")

    def note_letter(self, connection: Connection, who: Person, case_id: str, task_id: str) -> None:
        """As `open_letter`, of one that is not sent yet, in the caller's transaction."""
        _read(connection, who, case_id, "letter", task_id)

    def open_attachment(self, who: Person, case_id: str, remark_id: str) -> Attached:
        """What colleagues hand each other may name the debtor as a letter does. Raises NotFound and NotAllowed."""
        with self._store.transaction() as connection:
            attached = attachments.find(connection, case_id, remark_id)
            if attached is None:
                raise errors.NotFound
            _read(connection, who, case_id, "attachment")
        return attached


def may_reveal(connection: Connection, who: Person, case_id: str, borrower_id: str) -> bool:
    """By role, or by holding an open task of the case; never for whom the debtor has complained about (scenario 27)."""
    held = select(tasks.c.task_id).where(
        tasks.c.case_id == case_id, tasks.c.status == "open", tasks.c.assignee == who.staff_id
    )
    relations = OWN if connection.execute(held.limit(1)).first() else frozenset()
    return may(who, Permission.REVEAL, relations) and not reveals.complained_of(
        connection, who.staff_id, borrower_id
    )


def _read(connection: Connection, who: Person, case_id: str, what: str, task_id: str | None = None) -> None:
    said = RevealIn(case_id, what, reveals.FOR_THE_LETTER, task_id=task_id)
    case = _case(connection, who, said)
    reveals.note(connection, _seen(who, case.borrower_id, said), at=clock.door_now())


def _check(said: RevealIn) -> None:
    missing = []
    if said.what not in set(Masked) or (said.what == Masked.CONTACT and not said.contact_id):
        missing.append(Missing("what", "what_required"))
    if said.purpose not in set(Purpose):
        missing.append(Missing("purpose", "purpose_required"))
    if said.purpose == Purpose.OTHER and not said.reason.strip():
        missing.append(Missing("why", "reason_required"))
    if len(said.reason) > _LONGEST_REASON:
        missing.append(Missing("why", "reason_too_long"))
    if any(ord(sign) < 32 and sign not in "\n\r\t" for sign in said.reason):
        missing.append(Missing("why", "control_sign"))
    if missing:
        raise errors.Invalid(missing)


def _case(connection: Connection, who: Person, said: RevealIn) -> Row[tuple[str]]:
    case = connection.execute(select(cases.c.borrower_id).where(cases.c.case_id == said.case_id)).first()
    if case is None:
        raise errors.NotFound
    must_be_seen(connection, who, said.case_id)
    if not may_reveal(connection, who, said.case_id, case.borrower_id):
        raise errors.NotAllowed
    return case


def _look_up(connection: Connection, borrower_id: str, said: RevealIn) -> Revealed:
    person = reveals.person(connection, borrower_id)
    if person is None:
        raise errors.NotFound
    what = Masked(said.what)
    if what is Masked.CONTACT:
        points = [point for point in person.points if point.contact_id == said.contact_id]
        if not points:
            raise errors.NotFound
        return Revealed(what, points[0].address, points[0].channel)
    value = {Masked.NAME: person.name, Masked.ID_NUMBER: person.id_number, Masked.HOME: person.home}[what]
    if not value:
        raise errors.Invalid([Missing("what", "nothing_on_file")])
    return Revealed(what, value)


def _seen(who: Person, borrower_id: str, said: RevealIn) -> Seen:
    contact_id = said.contact_id if said.what == Masked.CONTACT else None
    return Seen(
        who.staff_id,
        borrower_id,
        said.what,
        said.purpose,
        case_id=said.case_id,
        task_id=said.task_id,
        contact_id=contact_id,
        reason=said.reason.strip() or None,
    )


def _today(rules: Rules, at: datetime) -> datetime:
    calendar = rules.calendar
    return datetime.fromtimestamp(calendar.start_of(calendar.day_of(int(at.timestamp()))), UTC)


def report_quota(connection: Connection, who: Person, rules: Rules, *, at: datetime) -> None:
    """One incident for each person and day, however often they try."""
    day = rules.calendar.day_of(int(at.timestamp())).isoformat()
    detail = {"actor": who.staff_id, "day": day, "most": rules.conduct.reveals_per_day}
    raise_incident(connection, kind="reveals_over_quota", key=f"{who.staff_id}-{day}", at=at, detail=detail)
