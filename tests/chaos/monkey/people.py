"""People at the doors: they take tasks and answer them, and ask again when nobody answers."""

import threading
import time
from abc import abstractmethod
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from arrears.policy.tasks import Role
from tests.chaos.monkey.words import Journal, Line, Told, Word

PEOPLE: Final = (
    ("s-collector", Role.COLLECTOR),
    ("s-collector2", Role.COLLECTOR),
    ("s-collector3", Role.COLLECTOR),
    ("s-collector4", Role.COLLECTOR),
    ("s-lead", Role.TEAM_LEAD),
    ("s-desk", Role.CASE_DESK),
    ("s-planner", Role.PLAN_OFFICER),
    ("s-ops", Role.OPS),
)
# What each kind of task is answered, one as likely as the other; `{}` needs no more words.
_REASON: Final = {"reason": "本人来电说明"}
ANSWERS: Final[dict[str, tuple[tuple[str, dict[str, Any]], ...]]] = {
    "first_contact": (
        ("na", {}),
        ("busy", {}),
        ("ptp", {"amount_minor": 30_000, "on": 3}),
        ("part", {"amount_minor": 10_000, "on": 2}),
        ("noint", _REASON),
        ("rtp", _REASON),
        ("dispute", _REASON),
        ("compl", _REASON),
        ("hardship", {"cause": "income"}),
        ("paid_claim", _REASON),
    ),
    "escalation": (*[("escalate", {})] * 5, ("keep", _REASON)),
    "notice_release": (*[("release", {})] * 5, ("cancel", _REASON)),
    "dispute_review": (("rejected", _REASON), ("upheld", {})),
    "complaint_reply": (("rejected", _REASON), ("upheld", {}), ("withdrawn", _REASON)),
    "hardship_decision": (("no_relief", _REASON), ("more_evidence", {})),
    "paid_claim_check": (("no_money", _REASON), ("money_found", {})),
    "delivery_check": (("not_known", {}),),
    "new_address": (("not_found", _REASON),),
    "idle_review": (("continue", _REASON),),
}
_AGAIN_SECONDS: Final = 0.3
_PAGE: Final = 60


@dataclass(frozen=True)
class Office:
    """What everybody at the doors shares; after `over` nothing new is begun, and what is open is asked to its end."""

    journal: Journal
    over: threading.Event
    given_up: threading.Event
    today: date


class Client(threading.Thread):
    """Somebody with a line to the doors who does one thing after another, with a pause of `pause` seconds in the mean."""

    def __init__(self, office: Office, staff_id: str, line: Line, chance: Random, pause: float) -> None:
        super().__init__(name=staff_id, daemon=True)
        self.office, self.staff_id, self.line = office, staff_id, line
        self.chance, self.pause = chance, pause

    def run(self) -> None:
        try:
            while not self.office.over.is_set():
                self.act()
                self.office.over.wait(self.chance.expovariate(1 / self.pause))
        except Exception as fault:  # noqa: BLE001  # a client that falls silent is a fault of the run
            self.office.journal.fell(f"{self.staff_id} fell: {fault!r}")
        self.line.close()

    @abstractmethod
    def act(self) -> None: ...

    def insist(self, word: Word, path: str, body: dict[str, Any] | None, **headers: str) -> Word:
        """Said again until somebody answers."""
        self.office.journal.begin(word)
        while True:
            word.told.append(self.line.post(path, body, **headers))
            if word.is_settled or self.office.given_up.is_set():
                return word
            time.sleep(_AGAIN_SECONDS)


class Clerk(Client):
    """Looks at the list like all others, so that several reach for one task; takes it, reads it, answers it."""

    def __init__(self, office: Office, staff_id: str, line: Line, chance: Random, pause: float) -> None:
        super().__init__(office, staff_id, line, chance, pause)
        self._left: set[str] = set()  # not now, or not mine

    def act(self) -> None:
        listed = self.line.get("/tasks", limit=_PAGE)
        if not listed.is_yes:
            return
        offered = [item for item in listed.body["items"] if self._would_take(item)]
        if offered:
            # Near the top, where everybody looks.
            self._work(offered[min(int(self.chance.expovariate(1 / 4)), len(offered) - 1)])

    def _would_take(self, item: dict[str, Any]) -> bool:
        known = item["kind"] in ANSWERS or item["kind"] == "follow_up"
        return known and item["task_id"] not in self._left and (item["may_claim"] or item["may_decide"])

    def _work(self, item: dict[str, Any]) -> None:
        task_id = item["task_id"]
        if item["assignee"] != self.staff_id:
            taken = self.insist(Word("claim", self.staff_id, task_id, {}), f"/tasks/{task_id}/claim", None)
            if taken.yes is None:
                return
            if self.chance.random() < 0.15:
                self.line.post(f"/tasks/{task_id}/release")
                return
        read = self.line.get(f"/tasks/{task_id}")
        if read.is_yes:
            self._answer(task_id, item["kind"], read)

    def _answer(self, task_id: str, kind: str, read: Told) -> None:
        answers = ANSWERS.get(kind, ANSWERS["first_contact"])
        outcome, more = answers[self.chance.randrange(len(answers))]
        body = {"outcome": outcome, "facts_no": read.body["task"]["facts_no"], **more}
        if "on" in more:
            body["on"] = (self.office.today + timedelta(days=more["on"])).isoformat()
        said = self.insist(Word("decision", self.staff_id, task_id, body), f"/tasks/{task_id}/decision", body)
        # Of whom a debtor complains, the task is gone as soon as its case has heard: maybe between the list and the look.
        if said.yes is None or outcome == "compl":
            self._left.add(task_id)
