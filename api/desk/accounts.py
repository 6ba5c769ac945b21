"""Where people are signed in: each ends the own sessions, and whoever answers for it those of others."""

from api.auth.permissions import Permission, may
from api.auth.person import Person
from api.auth.sessions import Sessions, SessionView
from api.desk import errors
from arrears import clock
from arrears.store import audit, people
from arrears.store.session import Store


class AccountDesk:
    def __init__(self, store: Store, sessions: Sessions) -> None:
        self._store = store
        self._sessions = sessions

    def listed(self, who: Person) -> list[SessionView]:
        """The own ones, the newest first."""
        return self._sessions.of(who.staff_id)

    def end(self, who: Person, handle: str) -> None:
        """One of the own ones. Raises NotFound, also for another's."""
        if not self._sessions.revoke(who.staff_id, handle):
            raise errors.NotFound
        self._note(who, who.staff_id, ended=1)

    def end_others(self, who: Person, cookie: str) -> int:
        """All own ones but that of `cookie`; how many."""
        ended = self._sessions.revoke_all(who.staff_id, but=cookie)
        self._note(who, who.staff_id, ended=ended)
        return ended

    def end_of(self, who: Person, staff_id: str) -> int:
        """Another person's, all of them: a machine was lost, somebody left it open. Raises NotAllowed and NotFound."""
        if not may(who, Permission.END_SESSIONS):
            raise errors.NotAllowed
        with self._store.reading() as connection:
            if people.staff_by_id(connection, staff_id) is None:
                raise errors.NotFound
        ended = self._sessions.revoke_all(staff_id)
        self._note(who, staff_id, ended=ended)
        return ended

    def _note(self, who: Person, staff_id: str, *, ended: int) -> None:
        detail = {"staff_id": staff_id, "sessions": ended}
        with self._store.transaction() as connection:
            audit.append(
                connection,
                stream=audit.HOUSE,
                at=clock.machine_now(),
                actor=who.staff_id,
                what="sessions_ended",
                detail=detail,
            )
