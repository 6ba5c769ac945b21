"""People and a core bank at the doors: they take tasks, answer, pay, take back, and ask again when nobody answers."""

import threading
import time
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
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
CORE_BANK: Final = ("s-corebank", Role.OPS)
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
    "escalation": (("escalate", {}), ("escalate", {}), ("keep", _REASON)),
    "notice_release": (("release", {}), ("release", {}), ("cancel", _REASON)),
    "dispute_review": (("rejected", _REASON), ("upheld", {})),
    "complaint_reply": (("rejected", _REASON), ("upheld", {}), ("withdrawn", _REASON)),
    "hardship_decision": (("no_relief", _REASON), ("more_evidence", {})),
    "paid_claim_check": (("no_money", _REASON), ("money_found", {})),
    "delivery_check": (("not_known", {}),),
    "new_address": (("not_found", _REASON),),
    "idle_review": (("continue", _REASON),),
}
_AGAIN_SECONDS: Final = 0.3
_BANK_SECONDS: Final = 0.3
_POST_SECONDS: Final = 1.0
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
        while not self.office.over.is_set():
            self.act()
            self.office.over.wait(self.chance.expovariate(1 / self.pause))
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
        if said.yes is None:
            self._left.add(task_id)


@dataclass
class Loan:
    loan_id: str
    overdue: int


class CoreBank(Client):
    """Posts payments with a key each, some provisional and made final, and takes some back."""

    def __init__(
        self, office: Office, line: Line, chance: Random, loans: list[Loan], *, number: int, currency: str
    ) -> None:
        super().__init__(office, CORE_BANK[0], line, chance, _BANK_SECONDS)
        self._loans, self._number, self._currency = loans, number, currency
        self._posted: list[tuple[str, Loan, int]] = []
        self._count = 0

    def act(self) -> None:
        dice = self.chance.random()
        if dice < 0.15 and self._posted:
            self._take_back(*self._posted.pop(self.chance.randrange(len(self._posted))))
        else:
            loan = self._loans[self.chance.randrange(len(self._loans))]
            # One in six pays all that is overdue, which ends the case.
            whole = self.chance.random() < 1 / 6
            amount = loan.overdue if whole else self.chance.randrange(100, 5_000)
            self._pay(loan, amount, provisional=dice > 0.9)

    def _pay(self, loan: Loan, amount: int, *, provisional: bool) -> None:
        payment_id = self._next_id("P")
        body = self._body(payment_id, loan, amount) | {"provisional": provisional}
        if self._post(payment_id, body).yes is None:
            return
        if provisional:
            self.insist(Word("final", self.staff_id, payment_id, {}), f"/payments/{payment_id}/final", None)
        else:
            self._posted.append((payment_id, loan, amount))

    def _take_back(self, of: str, loan: Loan, amount: int) -> None:
        payment_id = self._next_id("R")
        back = {"kind": "reversal", "reverses_payment_id": of, "reversal_reason": "no_funds"}
        self._post(payment_id, self._body(payment_id, loan, amount) | back)

    def _post(self, payment_id: str, body: dict[str, Any]) -> Word:
        word = Word("payment", self.staff_id, payment_id, body)
        return self.insist(word, "/payments", body, Idempotency_Key=f"key-{payment_id}")

    def _next_id(self, letter: str) -> str:
        self._count += 1
        return f"{letter}{self._number}-{self._count:05d}"

    def _body(self, payment_id: str, loan: Loan, amount: int) -> dict[str, Any]:
        today = self.office.today.isoformat()
        return {
            "payment_id": payment_id,
            "loan_id": loan.loan_id,
            "booked_on": today,
            "value_on": today,
            "amount_minor": amount,
            "currency": self._currency,
            "channel": "transfer",
        }


class Post(Client):
    """Reports of each letter that lies in the folder that it arrived, in the moment it was sent."""

    def __init__(
        self,
        office: Office,
        line: Line,
        chance: Random,
        letters: Path,
        sent_at: Callable[[str], datetime | None],
    ) -> None:
        super().__init__(office, "s-ops", line, chance, _POST_SECONDS)
        self._letters, self._sent_at = letters, sent_at
        self._reported: set[str] = set()

    def act(self) -> None:
        for letter in sorted(self._letters.glob("*.pdf")):
            at = None if letter.stem in self._reported else self._sent_at(letter.stem)
            if at is not None:
                self._reported.add(letter.stem)
                body = {"notice_id": letter.stem, "status": "arrived", "at": at.isoformat()}
                self.insist(Word("delivery", self.staff_id, letter.stem, body), "/deliveries", body)
