"""Leave to use a way of reaching a person that the contract does not give: given, or withdrawn with effect at once."""

from datetime import timedelta

from sqlalchemy import Connection, select

from api.auth.permissions import Permission, may
from api.auth.person import Person
from api.desk import errors
from api.desk.live import must_be_seen
from arrears import clock
from arrears.policy.tasks import Missing
from arrears.store import audit, circumstances, intents
from arrears.store.circumstances import Way
from arrears.store.session import Store
from arrears.store.tables import cases

_COPIES_GONE: timedelta = timedelta(hours=24)  # scenario 22: whoever has a copy deletes it within a day


class ConsentDesk:
    def __init__(self, store: Store) -> None:
        self._store = store

    def change(
        self, who: Person, case_id: str, contact_id: str, *, given: bool, evidence: str | None
    ) -> None:
        """The same word again changes nothing. Raises NotAllowed, NotFound, Invalid (consent without proof)."""
        if not may(who, Permission.CHANGE_CONSENT):
            raise errors.NotAllowed
        if given and not evidence:
            raise errors.Invalid([Missing("evidence", "evidence_required")])
        with self._store.transaction() as connection:
            must_be_seen(connection, who, case_id)
            way = _way(connection, case_id, contact_id)
            if way.is_open is given:
                return
            at = clock.door_now()
            if given:
                circumstances.give_consent(
                    connection, contact_id, to=who.staff_id, at=int(at.timestamp()), evidence=evidence
                )
            else:
                circumstances.withdraw_consent(
                    connection, contact_id, to=who.staff_id, at=int(at.timestamp())
                )
                intents.raise_incident(
                    connection,
                    kind="consent_withdrawn",
                    key=f"{contact_id}-{int(at.timestamp())}",
                    at=at,
                    case_id=case_id,
                    detail={"contact_id": contact_id},
                    due_at=at + _COPIES_GONE,
                )
            what = "consent_given" if given else "consent_withdrawn"
            detail = {"contact_id": contact_id, "channel": way.channel, "evidence": evidence}
            audit.append(connection, stream=case_id, at=at, actor=who.staff_id, what=what, detail=detail)


def _way(connection: Connection, case_id: str, contact_id: str) -> Way:
    """Of the person of the case; the contract's own ways are not consent's to give or take."""
    person = connection.execute(select(cases.c.borrower_id).where(cases.c.case_id == case_id)).scalar()
    if person is None:
        raise errors.NotFound
    found = [way for way in circumstances.ways(connection, person) if way.contact_id == contact_id]
    if not found:
        raise errors.NotFound
    return found[0]
