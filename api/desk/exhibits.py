"""Documents for the court: who may hand one in, take its name back, and read it (4.9)."""

from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection, select

from api.auth.permissions import Permission, may
from api.auth.person import Person
from api.desk import errors
from api.desk.live import must_be_live, must_be_seen
from arrears import clock
from arrears.channels.cabinet import Cabinet, DocumentUnfit, kind_of
from arrears.contracts import RulesInForce
from arrears.policy.checklist import FILED_BY_HAND, Item
from arrears.policy.tasks import Missing
from arrears.store import audit, documents, exhibits, reveals
from arrears.store.exhibits import Naming
from arrears.store.reveals import Seen
from arrears.store.session import Store
from arrears.store.tables import cases

_WHAT = "exhibit"


@dataclass(frozen=True)
class ExhibitIn:
    """A document and what it is said to prove; without a day it is of today."""

    case_id: str
    item: str
    content: bytes = field(repr=False)
    dated_on: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Opened:
    content: bytes = field(repr=False)
    media_type: str


class ExhibitDesk:
    def __init__(self, store: Store, rules: RulesInForce, cabinet: Cabinet) -> None:
        self._store = store
        self._rules = rules
        self._cabinet = cabinet

    def file(self, who: Person, handed: ExhibitIn) -> str:
        """The document's sha256; the same document for the same item again changes nothing.

        Raises NotAllowed, NotFound, CaseClosed and Invalid.
        """
        self._must_file(who)
        with self._store.reading() as connection:
            self._must_see(connection, who, handed.case_id)
        media_type = self._checked(handed)
        # The file first: a row never names a document that is not there.
        sha256 = self._cabinet.put(handed.content)
        with self._store.transaction() as connection:
            now = must_be_live(connection, handed.case_id)
            today = self._rules.at(int(now.timestamp())).calendar.day_of(int(now.timestamp()))
            dated = handed.dated_on or today
            if faults := _days(dated, handed.until, today):
                raise errors.Invalid(faults)
            at = clock.door_now()
            documents.keep(connection, sha256, media_type, len(handed.content), by=who.staff_id, at=at)
            naming = Naming(handed.case_id, Item(handed.item), sha256, dated, handed.until)
            exhibits.name(connection, naming, by=who.staff_id, at=at)
        return sha256

    def withdraw(self, who: Person, case_id: str, exhibit_id: str) -> None:
        """It was named by mistake; document and row stay. Raises NotAllowed, NotFound and CaseClosed."""
        self._must_file(who)
        with self._store.transaction() as connection:
            self._must_see(connection, who, case_id)
            # Whoever decides at this moment has read the checklist under the same lock.
            connection.execute(select(cases.c.case_id).where(cases.c.case_id == case_id).with_for_update())
            must_be_live(connection, case_id)
            if not exhibits.withdraw(connection, case_id, exhibit_id, by=who.staff_id, at=clock.door_now()):
                raise errors.NotFound

    def open(self, who: Person, sha256: str) -> Opened:
        """Only through a case the person may see, and the look is kept. Raises NotAllowed and NotFound."""
        if not may(who, Permission.READ_EXHIBIT):
            raise errors.NotAllowed
        content = self._cabinet.get(sha256)
        if content is None:
            raise errors.NotFound
        with self._store.transaction() as connection:
            case_id = self._seen_through(connection, who, sha256)
            self._note_look(connection, who, case_id)
        return Opened(content, kind_of(content))

    def note_pack(self, who: Person, case_id: str, sha256: str) -> None:
        """All of a claim on paper was made for this person: the look is kept, and which paper it was."""
        with self._store.transaction() as connection:
            self._must_see(connection, who, case_id)
            self._note_look(connection, who, case_id)
            detail = {"sha256": sha256}
            at = clock.door_now()
            audit.append(
                connection, stream=case_id, at=at, actor=who.staff_id, what="pack_made", detail=detail
            )

    def _note_look(self, connection: Connection, who: Person, case_id: str) -> None:
        """A document names the debtor in full (P11); its readers are kept, and have no quota."""
        borrower = connection.execute(select(cases.c.borrower_id).where(cases.c.case_id == case_id)).scalar()
        seen = Seen(who.staff_id, borrower or "", _WHAT, reveals.FOR_THE_LETTER, case_id=case_id)
        reveals.note(connection, seen, at=clock.door_now())

    def _seen_through(self, connection: Connection, who: Person, sha256: str) -> str:
        for case_id in exhibits.cases_with(connection, sha256):
            try:
                must_be_seen(connection, who, case_id)
            except errors.NotFound:
                continue
            return case_id
        raise errors.NotFound

    def _must_see(self, connection: Connection, who: Person, case_id: str) -> None:
        known = connection.execute(select(cases.c.case_id).where(cases.c.case_id == case_id)).first()
        if known is None:
            raise errors.NotFound
        must_be_seen(connection, who, case_id)

    def _must_file(self, who: Person) -> None:
        if not may(who, Permission.FILE_EXHIBIT):
            raise errors.NotAllowed

    def _checked(self, handed: ExhibitIn) -> str:
        faults = []
        if handed.item not in {item.value for item in FILED_BY_HAND}:
            faults.append(Missing("item", "item_required"))
        try:
            media_type = kind_of(handed.content)
        except DocumentUnfit as unfit:
            faults.append(Missing("document", unfit.why))
        if faults:
            raise errors.Invalid(faults)
        return media_type


def _days(dated: date, until: date | None, today: date) -> list[Missing]:
    faults = [Missing("dated_on", "day_in_the_future")] if dated > today else []
    if until is not None and until < today:
        faults.append(Missing("until", "day_in_the_past"))
    return faults
