"""What of the list of tasks an address asks for; every link on the page carries it along."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Self
from urllib.parse import quote, urlencode

from starlette.datastructures import QueryParams

from arrears.policy.course import WAY
from arrears.policy.tasks import TaskKind
from arrears.store.views import Either, Narrowed, TaskKey, View
from web import words

# Bands of the overdue amount, in whole units of the currency: from, and below.
BANDS: Final[dict[str, tuple[int, int | None]]] = {
    "1": (0, 10_000),
    "2": (10_000, 50_000),
    "3": (50_000, 200_000),
    "4": (200_000, None),
}
# What a filter may name; whose name a staff id is the address does not say.
CODES: Final[dict[str, Collection[str]]] = {
    "stage": WAY,
    "kind": tuple(TaskKind),
    "product": tuple(words.PRODUCTS),
    "debtor": tuple(words.DEBTORS),
    "band": tuple(BANDS),
}
WITHOUT: Final = "not_"
_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,80}")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class Listing:
    """`team` asks for the work one hands out instead of one's own; `search` is the id of words kept on the server."""

    view: View = View.ALL
    team: bool = False
    narrowed: Narrowed = field(default_factory=Narrowed)
    search: str = ""
    after: TaskKey | None = None

    @classmethod
    def read(cls, asked: QueryParams) -> Self:
        """Anything that makes no sense is as if it were not there."""
        view, search = asked.get("view", ""), asked.get("s", "")
        return cls(
            View(view) if view in tuple(View) else View.ALL,
            asked.get("team") == "1",
            _narrowed(asked),
            search if _ID.fullmatch(search) else "",
            _place(asked.get("after", "")),
        )

    @property
    def query(self) -> str:
        text = urlencode([(name, value) for name, value in self.asked()])
        return f"?{text}" if text else ""

    def asked(self) -> Iterator[tuple[str, str]]:
        """The parts of the address, those that ask for nothing left out."""
        named = [
            ("view", "" if self.view is View.ALL else self.view.value),
            ("team", "1" if self.team else ""),
        ]
        named += [*self.filters(), ("s", self.search), ("after", _cursor(self.after) if self.after else "")]
        yield from ((name, value) for name, value in named if value)

    def filters(self) -> Iterator[tuple[str, str]]:
        for name in (*CODES, "holder"):
            either: Either = getattr(self.narrowed, name)
            yield from ((name, value) for value in either.only)
            yield from ((WITHOUT + name, value) for value in either.without)

    @property
    def href(self) -> str:
        return f"/inbox{self.query}"

    @property
    def first_page(self) -> "Listing":
        return replace(self, after=None)

    def task_href(self, task_id: str, act: str = "") -> str:
        path = f"/tasks/{quote(task_id, safe='')}"
        return f"{path}/{act}{self.query}" if act else f"{path}{self.query}"


def _narrowed(asked: QueryParams) -> Narrowed:
    def either(name: str) -> Either:
        return _either(asked, name, CODES.get(name))

    return Narrowed(
        either("stage"),
        either("kind"),
        either("product"),
        either("debtor"),
        either("band"),
        either("holder"),
    )


def _either(asked: QueryParams, name: str, codes: Collection[str] | None) -> Either:
    return Either(_known(asked.getlist(name), codes), _known(asked.getlist(WITHOUT + name), codes))


def _known(values: list[str], codes: Collection[str] | None) -> tuple[str, ...]:
    """Each once and in one order, so that one list has one address."""
    kept = {value for value in values if (_ID.fullmatch(value) if codes is None else value in codes)}
    return tuple(sorted(kept))


def _cursor(key: TaskKey) -> str:
    return f"{(key.due_at - _EPOCH) // _MICROSECOND}.{key.task_id}"


def _place(cursor: str) -> TaskKey | None:
    due, _, task_id = cursor.partition(".")
    if not (due.isdecimal() and due.isascii() and len(due) < 18 and task_id):
        return None
    return TaskKey(_EPOCH + int(due) * _MICROSECOND, task_id)
