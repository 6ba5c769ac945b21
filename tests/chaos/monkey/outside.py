"""Who else comes to the doors: a core bank that pays and takes back, and the post that reports letters."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, Final

from arrears.policy.tasks import Role
from tests.chaos.monkey.people import Client, Office
from tests.chaos.monkey.words import Line, Word

CORE_BANK: Final = ("s-corebank", Role.OPS)
_BANK_SECONDS: Final = 0.3
_POST_SECONDS: Final = 1.0


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
