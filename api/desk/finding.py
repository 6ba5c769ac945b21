"""What somebody looks for in the inbox: kept on the server, so that no name and no number stands in an address."""

from api.auth.person import Person
from arrears import clock
from arrears.store import queries, searches
from arrears.store.session import Store


class FindDesk:
    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, who: Person, words: str) -> str:
        """The id under which this person finds these words again; empty for no words."""
        plain = queries.plain(words)
        if not plain:
            return ""
        with self._store.transaction() as connection:
            return searches.keep(connection, who.staff_id, plain, now=clock.machine_now())
