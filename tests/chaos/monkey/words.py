"""What each client said and what it was answered: the journal that is held against the database in the end."""

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

_PATIENCE_SECONDS: Final = 10.0
NO_ANSWER: Final = 0
_UNKNOWN: Final = (NO_ANSWER, httpx.codes.SERVICE_UNAVAILABLE)
# What a client has to live with while parts are away, besides silence: try again, and somebody was first.
BORNE: Final = (NO_ANSWER, httpx.codes.CONFLICT, httpx.codes.SERVICE_UNAVAILABLE)


@dataclass(frozen=True)
class Told:
    """One answer; `why` is the message id of a problem, or the kind of silence."""

    status: int
    body: dict[str, Any]
    why: str = ""

    @property
    def is_yes(self) -> bool:
        return bool(httpx.codes.is_success(self.status))

    @property
    def is_unknown(self) -> bool:
        """It may have been heard or not."""
        return self.status in _UNKNOWN


@dataclass
class Word:
    """One thing said about one thing, as often as it took."""

    kind: str
    actor: str  # staff id
    about: str
    content: dict[str, Any]
    told: list[Told] = field(default_factory=list)

    @property
    def yes(self) -> Told | None:
        return next((told for told in self.told if told.is_yes), None)

    @property
    def may_be(self) -> bool:
        """Nobody said yes, and some try may have been heard."""
        return self.yes is None and any(told.is_unknown for told in self.told)

    @property
    def is_settled(self) -> bool:
        return bool(self.told) and not self.told[-1].is_unknown


@dataclass
class Journal:
    """Of all clients together."""

    words: list[Word] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    strange: Counter[str] = field(default_factory=Counter)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, word: Word) -> Word:
        with self._turn:
            self.words.append(word)
        return word

    def note(self, asked: str, told: Told) -> None:
        """Every answer is counted; one that no fault explains is remembered with what was asked."""
        with self._turn:
            self.answers[f"{told.status or 'none'} {told.why}".strip()] += 1
            if not told.is_yes and told.status not in BORNE:
                self.strange[f"{asked}: {told.status} {told.why}"] += 1

    def fell(self, what: str) -> None:
        with self._turn:
            self.strange[what] += 1

    def of(self, kind: str) -> list[Word]:
        return [word for word in self.words if word.kind == kind]


class Line:
    """One client's line to the doors."""

    def __init__(self, url: str, token: str, journal: Journal) -> None:
        self._http = httpx.Client(
            base_url=f"{url}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=_PATIENCE_SECONDS,
        )
        self._journal = journal

    def get(self, path: str, **asked: Any) -> Told:
        return self._ask("GET", path, params=asked)

    def post(self, path: str, body: dict[str, Any] | None = None, **headers: str) -> Told:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._ask("POST", path, json=body, headers=named)

    def _ask(self, method: str, path: str, **how: Any) -> Told:
        try:
            answer = self._http.request(method, path, **how)
        except httpx.TransportError as silence:
            told = Told(NO_ANSWER, {}, type(silence).__name__)
        else:
            told = _read(answer)
        self._journal.note(f"{method} {path}", told)
        return told

    def close(self) -> None:
        self._http.close()


def _read(answer: httpx.Response) -> Told:
    body = answer.json() if answer.content else {}
    return Told(answer.status_code, body, "" if answer.is_success else str(body.get("detail", "")))
