"""The rules this product holds, under their numbers in the bank's rule book: what each says, how hard, and why.

`docs/rules.md` is written from here, from the packs, from the places that cite a number and from the tests that
prove one (`scripts/write_rules.py`). A number that is cited anywhere and not told here fails `make check`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Hardness(StrEnum):
    BAN = "BAN"  # the product makes it impossible
    MUST = "MUST"  # the product sees to it
    WARN = "WARN"  # said aloud, with a reason and a second person
    DEF = "DEF"  # a default of the pack; each bank sets its own


BAN, MUST, DEF = Hardness.BAN, Hardness.MUST, Hardness.DEF


@dataclass(frozen=True)
class Rule:
    """`numbers` are keys of the pack; `section.*` stands for all of a section."""

    says: str
    hardness: Hardness
    source: str
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scenario:
    """A case of the rule book told from its beginning to its end. Its test is named `test_s08_…`."""

    says: str
    proves: tuple[str, ...]


_PRACTICE: Final = "practice of banks; each bank sets its own"
_HOUSE: Final = "house rule: how the machine stays right"
_CONDUCT: Final = (
    "China Banking Association, guideline on collecting personal consumer loans (2026); GB/T 45251-2025"
)
_CARDS: Final = "Measures on credit card business (2011)"
_PIPL_24: Final = "Personal Information Protection Law art. 24: no machine alone decides what weighs heavily"

CHAPTERS: Final[dict[str, dict[str, Rule]]] = {
    "Contact": {
        "C01": Rule(
            "Nobody is contacted to collect outside the permitted hours; a person's own hours narrow them and "
            "never widen them.",
            BAN,
            _CONDUCT,
            ("contact.window_from", "contact.window_to"),
        ),
        "3.2": Rule("A call ends with one of the bank's result codes.", MUST, _PRACTICE),
        "T2": Rule(
            "Each result of a call sets the day of the next one.", DEF, _PRACTICE, ("follow_up_days.*",)
        ),
        "T14": Rule(
            "A promise is judged after its day, moved to a bank day, and a grace in bank days.",
            DEF,
            _PRACTICE,
        ),
    },
    "Stages": {
        "T1": Rule(
            "A case opens on the first day past due, when more than a small amount is overdue; every case opens in "
            "the initial stage.",
            DEF,
            _PRACTICE,
            ("case.floor_minor",),
        ),
        "T3": Rule(
            "The formal stage is proposed to a lead when the debt is old enough and collectors had their days; kept "
            "in the initial stage, it is proposed again.",
            DEF,
            _PRACTICE,
            ("initial.formal_dpd", "initial.min_days", "initial.repropose_days"),
        ),
        "T4": Rule(
            "The debtor's time after a notice runs from the day after its arrival to the end of its last day, moved "
            "to a bank day; until an arrival is known one is assumed.",
            DEF,
            "practice; Civil Code arts. 201–203 for how days are counted",
            ("formal.cure_days", "formal.arrival_days"),
        ),
        "T6": Rule(
            "An advisor is asked to review litigation from this day on, never before the debtor's time after a "
            "notice is over; sent back, the question comes again.",
            DEF,
            _PRACTICE,
            ("legal.review_dpd", "legal.repropose_days"),
        ),
        "T7": Rule(
            "The legal stage is entered on this day or later, after a notice that arrived, the end of the debtor's "
            "time and two approvals on facts that still hold.",
            MUST,
            "practice: 90 days past due is the line of the asset classes",
            ("legal.enter_dpd",),
        ),
        "T18": Rule(
            "Nothing sleeps for ever: a person confirms a case on which nobody acted for long.",
            MUST,
            _PRACTICE,
            ("case.idle_days",),
        ),
        "4.6-11": Rule(
            "A stage keeps the terms it was entered under; a changed pack reaches a case at its next stage.",
            MUST,
            _HOUSE,
        ),
    },
    "Notice": {
        "1.2": Rule(
            "A demand notice carries the amounts of the ledger at its release; when they change before it goes, it "
            "does not go.",
            BAN,
            f"{_CARDS} art. 69, and house rule for the amounts",
            ("formal.repropose_days",),
        ),
    },
    "Decisions": {
        "4.4": Rule(
            "Stages, notices and litigation are decided by people. Litigation takes two, neither of whom worked the "
            "case; above the limit the second is a manager.",
            BAN,
            f"practice (four eyes); {_PIPL_24}",
            ("legal.manager_above_minor",),
        ),
        "4.6-5": Rule(
            "A decision that cannot be taken back is given on the facts of the moment; when they change before it "
            "takes effect, it goes back to whoever decides.",
            BAN,
            _HOUSE,
        ),
        "4.6-3": Rule(
            "A task takes one decision and a step is written once, however often either is sent; the second person "
            "is told who was first.",
            BAN,
            _HOUSE,
        ),
        "4.7": Rule("Each kind of task has its role, its answers and its time.", MUST, _PRACTICE),
        "T8": Rule("A legal review has its bank days.", DEF, _PRACTICE, ("sla_bank_days.legal_review",)),
        "T16": Rule(
            "Each task is due at close of business of a bank day; silence decides nothing.",
            DEF,
            _PRACTICE,
            ("sla_bank_days.*",),
        ),
    },
    "Money": {
        "W1": Rule(
            "A payment goes against costs, then interest, then principal; what is left over is kept apart and put "
            "before a person.",
            MUST,
            "Civil Code art. 561",
        ),
        "4.5": Rule(
            "A case closes when nothing is overdue, as CURED or PAID_OFF, never while a payment may still bounce.",
            BAN,
            _HOUSE,
        ),
        "4.6-8": Rule(
            "Money taken back is owed again from its old day; within these days it re-opens the same case.",
            MUST,
            _HOUSE,
            ("case.reopen_days",),
        ),
    },
    "Calendar": {
        "4.6-12": Rule(
            "Days are civil days of the bank; hours of contact are those of the wall clock where the person is.",
            MUST,
            _HOUSE,
        ),
        "D1": Rule(
            "A period starts on the next day; when its last day is a rest day, it ends on the next bank day.",
            MUST,
            "Civil Code arts. 201–203",
        ),
        "D4": Rule("In a year whose holidays are not published, no end of a period is moved.", BAN, _HOUSE),
    },
    "Personal data": {
        "P11": Rule(
            "Names, numbers and addresses are shown masked to whoever need not know them.",
            DEF,
            "house rule; Personal Information Protection Law art. 6: no more than the purpose needs",
        ),
    },
    "Order of events": {
        "4.6-1": Rule(
            "Money is heard before legal facts, these before people, and these before clocks; a clock waits for "
            "money that is on its way.",
            MUST,
            _HOUSE,
        ),
        "4.6-4": Rule(
            "What leaves the house is reserved, done, confirmed; whether it may be done is asked at the moment of "
            "doing it.",
            BAN,
            _HOUSE,
        ),
        "4.8": Rule(
            "What cannot be delivered to a case is put aside and shown to a person, never dropped.",
            MUST,
            _HOUSE,
        ),
    },
}

RULES: Final[dict[str, Rule]] = {
    number: rule for rules in CHAPTERS.values() for number, rule in rules.items()
}

SCENARIOS: Final[dict[int, Scenario]] = {}
