"""The rules this product holds, under their numbers in the bank's rule book: what each says, how hard, and why.

`docs/rules.md` is written from here, from the packs, from the places that cite a number and from the tests that
prove one (`scripts/write_rules.py`). A number that is cited anywhere and not told here fails `make check`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from arrears.policy.course import LASTING


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
            ("contact.window_from", "contact.window_to", "contact.dial_to"),
        ),
        "C02": Rule(
            "A person takes so many answered calls a day, of people and machines together; a call under way counts "
            "as answered until its result is known.",
            BAN,
            _CONDUCT,
            ("caps.C02.*",),
        ),
        "C03": Rule("One number is tried so often a day.", BAN, _CONDUCT, ("caps.C03.*",)),
        "C04": Rule(
            "There is one ledger for each person, over all loans, staff, robots and agencies.", MUST, _CONDUCT
        ),
        "C05": Rule(
            "Messages have their number; receipts, agreed reminders and legal notices are free.",
            DEF,
            _PRACTICE,
            ("caps.C05.*",),
        ),
        "C06": Rule(
            "Only who owes is collected from; heirs and guardians when the debtor is dead or cannot act.",
            BAN,
            _CONDUCT,
        ),
        "C10": Rule(
            "Visits are made by two, and recorded.",
            BAN,
            _CONDUCT,
            ("contact.visit_staff", "caps.C10.*"),
        ),
        "C11": Rule(
            "On a call the caller says first which bank and who calls, and learns who is on the line, before a word of the "
            "debt; nobody poses as police, court or government.",
            BAN,
            "China Banking Association, guideline on collecting personal consumer loans (2026)",
        ),
        "C15": Rule(
            "Who keeps a signed plan is not collected from; reminders of its days are allowed.",
            BAN,
            f"{_CARDS} art. 70",
        ),
        "C17": Rule(
            "The recording of a contact is kept so long at least; one that proves a plan made by word of mouth also until "
            "the debt is settled. No pack keeps them shorter than the law.",
            MUST,
            f"{_CARDS} art. 68, 70",
            ("recording.keep_days",),
        ),
        "C18": Rule(
            "Nobody is paid by recovered money alone: where a pack weighs the work of collectors, recovery is a part of it, "
            "and a breach of conduct counts before all of it.",
            BAN,
            _CONDUCT,
        ),
        "C19": Rule(
            "Whoever works with debtors was trained and tested within a year: without a certificate that holds, no task "
            "is taken or answered and no call is made, whoever says so; open work goes back to its pool.",
            BAN,
            _CONDUCT,
            ("staff.certificate_days",),
        ),
        "C07": Rule(
            "Somebody else is asked only when the debtor is lost, dead or cannot act, and only to relay or to say "
            "where the debtor is. Dead and wrong numbers are marked and counted: only when so many in a row failed, on "
            "different days, may the debtor be found lost.",
            BAN,
            _CONDUCT,
            ("lost_contact.numbers", "lost_contact.days", "caps.C07.*"),
        ),
        "C08": Rule(
            "Somebody else who wants no calls is marked for good: the mark has no end and covers the number.",
            BAN,
            _CONDUCT,
        ),
        "C16": Rule(
            "What a debtor disputes, complains of or says of death, insolvency, fraud or hardship stops the bank in the "
            "step in which it is heard, and at the door before that: nobody else calls in between.",
            MUST,
            f"{_CARDS} art. 69",
        ),
        "3.2": Rule(
            "A contact ends with one of the bank's result codes; one table says of each what it counts for and what "
            "comes next.",
            MUST,
            _PRACTICE,
        ),
        "T2": Rule(
            "Each result of a call sets the day of the next one.", DEF, _PRACTICE, ("follow_up_days.*",)
        ),
    },
    "Promises": {
        "T14": Rule(
            "A promise names an amount and a day not too far off. It is judged after that day, moved to a bank "
            "day, and a grace in bank days; too many broken in one stage propose to escalate.",
            DEF,
            _PRACTICE,
            (
                "promise.days",
                "promise.days_late",
                "follow_up_days.ptp",
                "follow_up_days.part",
                "promise.broken_to_escalate",
            ),
        ),
        "3.1": Rule(
            "Only money judges a promise, by its value day between the promise and the end of its grace: kept from "
            "this share on, partial below, broken without any. Money that the bank's own fault took back leaves "
            "time to pay again.",
            DEF,
            _PRACTICE,
            ("promise.kept_percent", "promise.technical_bank_days"),
        ),
    },
    "Plans": {
        "1.3": Rule(
            "A debtor in hardship may pay by a plan of so many monthly instalments at most. The agreement covers all that is "
            "overdue, waives nothing, says what the law asks of it, and can be shown: signed, or on a recording. It is made "
            "on the figures of the moment.",
            BAN,
            f"{_CARDS} art. 70, for every loan as house policy (Civil Code art. 678)",
            ("plan.max_periods",),
        ),
        "T15": Rule(
            "An instalment that is unpaid so many bank days after its day puts the plan at risk; unpaid for longer, or with so "
            "many missed, an officer says whether it is broken, gives time to catch up, or agrees anew. Money that comes "
            "before that word takes the question back; nothing breaks by itself.",
            DEF,
            _PRACTICE,
            ("plan.risk_bank_days", "plan.breach_days", "plan.missed", "plan.catch_up_days"),
        ),
        "G6": Rule(
            "Whoever stands for a debt is not bound by a longer term without his written consent: without it no plan is taken.",
            BAN,
            "Civil Code art. 695",
        ),
        "I04": Rule(
            "The interest of a plan has its upper limit.",
            BAN,
            "Supreme People's Court: opinions on financial trials (2017) no. 22: 24 per cent a year",
            ("plan.most_yearly_bp",),
        ),
    },
    "Stages": {
        "T1": Rule(
            "A case opens on the first day past due, when more than a small amount is overdue, in the initial "
            "stage however old the debt; paid down below that amount, it closes.",
            DEF,
            _PRACTICE,
            ("case.floor_minor",),
        ),
        "T3": Rule(
            "The formal stage is proposed to a lead when the debt is old enough, collectors had their days and "
            "there were attempts on different days; kept in the initial stage, it is proposed again.",
            DEF,
            _PRACTICE,
            (
                "initial.formal_dpd",
                "initial.min_days",
                "initial.attempts_needed",
                "initial.attempt_days",
                "initial.repropose_days",
            ),
        ),
        "4.2": Rule(
            "An open promise puts that proposal off to its judgement. A hold stops the clocks of the stage and the work "
            "it blocks; after the last one they go on with what they had left, and some bank days pass before anything "
            "presses on the debtor. At the end of its longest time a person is asked: no hold ends by itself.",
            MUST,
            _PRACTICE,
            ("holds.resume_bank_days", "hold_blocks.*", "hold_days.*", "hold_bank_days.*"),
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
            ("legal.enter_dpd", *(f"stage_days.{stage}" for stage in LASTING)),
        ),
        "4.6-6": Rule(
            "A part payment may make the debt younger: the formal stage is left again when it stayed young for "
            "some days.",
            DEF,
            _HOUSE,
            ("formal.step_back_days",),
        ),
        "4.6-11": Rule(
            "A stage keeps the terms it was entered under; a changed pack reaches a case at its next stage.",
            MUST,
            _HOUSE,
        ),
        "T17": Rule(
            "Overdue again soon after a cure in the legal stage, the new episode begins one stage below.",
            DEF,
            _PRACTICE,
            ("case.former_stage_days",),
        ),
        "T18": Rule(
            "Nothing sleeps for ever: a person confirms a case on which nobody acted for long.",
            MUST,
            _PRACTICE,
            ("case.idle_days",),
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
        "T4": Rule(
            "The debtor's time after a notice runs from the day after its arrival to the end of its last day, moved "
            "to a bank day; when no arrival is reported, somebody asks the carrier.",
            DEF,
            "practice; Civil Code arts. 201–203 for how days are counted",
            ("formal.cure_days", "formal.silence_days"),
        ),
        "L04": Rule(
            "A demand counts from its arrival; what comes back from an address agreed for service has arrived.",
            MUST,
            "Supreme People's Court: limitation of actions (2020) art. 8, agreed addresses (2016 no. 21, 2017 no. 19)",
        ),
    },
    "Limitation": {
        "L01": Rule(
            "A claim may be refused after so many years; what starts the period anew is kept with its proof, and "
            "marked when the proof is taken back.",
            MUST,
            "Civil Code arts. 188, 195",
            ("limitation.years",),
        ),
        "L13": Rule(
            "Where two readings of when the limitation period began are open, the earlier end is the one shown and "
            "counted on.",
            MUST,
            "Civil Code arts. 188-189; house rule for debts called due",
        ),
        "L10": Rule(
            "What would interrupt the limitation period does not bring it back once it has run out.",
            MUST,
            "Civil Code arts. 192-193",
        ),
        "G1": Rule(
            "A guarantee ends six months after the debt fell due unless agreed otherwise; nothing moves that day.",
            MUST,
            "Civil Code art. 692",
            ("guarantee.months",),
        ),
        "G2": Rule(
            "Who stands jointly is demanded before the period ends, who stands generally is asked only after the debtor was sued "
            "within it; else the guarantor is free, and nobody asks him any more.",
            BAN,
            "Civil Code arts. 687-688, 693",
        ),
        "G5": Rule(
            "A claim that was withdrawn and not filed again within the period keeps no general guarantee.",
            MUST,
            "Supreme People's Court, interpretation on security (2021) art. 31",
        ),
        "G3": Rule(
            "A guarantee whose kind was not written down is a general one.",
            MUST,
            "Civil Code art. 686",
        ),
        "L03": Rule(
            "A demand by voice starts the period anew only where a recording shows it.",
            MUST,
            "Civil Code art. 195; house rule for the recording",
        ),
        "L06": Rule(
            "A claim filed with the court starts the period anew.",
            MUST,
            "Supreme People's Court: limitation of actions (2020) arts. 10, 11",
        ),
        "L07": Rule(
            "The debtor's promise or part payment is his word that he owes, and starts the period anew.",
            MUST,
            "Supreme People's Court: limitation of actions (2020) art. 14",
        ),
    },
    "Decisions": {
        "4.4": Rule(
            "Stages, notices and litigation are decided by people. Litigation takes two, neither of whom worked the "
            "case; above the limit the second is a manager. A plan is made by an officer who did not work the case; a longer "
            "one takes a manager too, the longest two.",
            BAN,
            f"practice (four eyes); {_PIPL_24}",
            ("legal.manager_above_minor", "plan.officer_periods", "plan.manager_periods"),
        ),
        "4.6-3": Rule(
            "A task takes one decision and a step is written once, however often either is sent; the second person "
            "is told who was first.",
            BAN,
            _HOUSE,
        ),
        "4.6-5": Rule(
            "A decision that cannot be taken back is given on the facts of the moment; when they change before it "
            "takes effect, it goes back to whoever decides.",
            BAN,
            _HOUSE,
        ),
        "4.7": Rule(
            "Each kind of task has its role, its answers and its time; money paid too much is given back within its "
            "own.",
            MUST,
            _PRACTICE,
            ("payments.refund_bank_days",),
        ),
        "K1": Rule(
            "A complaint is answered within its days by somebody it is not about, and whom it is about has to do with "
            "the case no more. Longer takes a reason and a manager; without an answer on its day it is an incident, "
            "and a paid case stays open until it is answered.",
            MUST,
            "Measures on handling consumer complaints in banking and insurance (2020)",
            ("holds.complaint_days", "hold_days.complaint"),
        ),
        "K2": Rule(
            "An insolvency that a court accepted keeps the bank still for the whole person; an advisor declares the "
            "claim by the day the court named.",
            MUST,
            "local rules on personal insolvency: Shenzhen (2021), Xiamen (2025)",
        ),
        "3.4": Rule(
            "Who is in hardship is not called before a plan officer has decided; missing evidence is no refusal, and a "
            "refusal says why.",
            MUST,
            _PRACTICE,
            ("hold_bank_days.hardship_review",),
        ),
        "T8": Rule("A legal review has its bank days.", DEF, _PRACTICE, ("sla_bank_days.legal_review",)),
        "T16": Rule(
            "Each task is due at close of business of a bank day. At these shares of its time its owner is "
            "reminded, it goes back to its pool, a manager hears of it; silence decides nothing.",
            DEF,
            _PRACTICE,
            ("sla_bank_days.*", "sla_percent.*"),
        ),
    },
    "Court": {
        "4.9": Rule(
            "A case that entered the legal stage is filed by an advisor, on facts that hold. No advisor sends a claim on its "
            "way to the court while a document that the pack asks for is missing or too old.",
            MUST,
            _PRACTICE,
            ("court.evidence", "court.statement_days"),
        ),
        "4.6-7": Rule(
            "Paid after filing, a case waits for an advisor's word on the claim: withdraw it, or seek the costs.",
            MUST,
            _HOUSE,
        ),
        "1.8": Rule(
            "A claim is stated to a day: costs, interest and principal as the ledger stood then, and a penalty since the "
            "ledger's own day at the rate an advisor reads in the contract, on principal alone. The court's fees follow "
            "from it by the tariff: in full, halved, of a payment order, of preservation, of enforcement.",
            MUST,
            "Measures on Litigation Costs arts. 13-16; Interim Measures for the pricing of loans (2003 no. 251)",
            ("court.claim_days_ahead",),
        ),
        "3.5": Rule(
            "The court's fee of a claim is that of the tariff; half of it falls due when the claim is withdrawn. Instalments "
            "of a plan are computed to the cent, each rounded half-up; the last one takes what rounding left over.",
            MUST,
            "Measures on Litigation Costs arts. 13, 15; practice for instalments",
        ),
    },
    "Money": {
        "W1": Rule(
            "A payment goes against costs, then interest, then principal; what is left over is kept apart and put "
            "before a person.",
            MUST,
            "Civil Code art. 561",
        ),
        "W2": Rule(
            "Money of a debtor with several loans goes to the loan the payer names; else to what is due before what "
            "is not, the least secured first, of those the heavier burden, of those the one due earlier, and to "
            "loans alike in everything in proportion.",
            MUST,
            "Civil Code art. 560",
            ("payments.burden",),
        ),
        "4.5": Rule(
            "A case closes when nothing is overdue (CURED, PAID_OFF) or no more than the small amount "
            "(CURED_TOLERANCE), never while a payment may still bounce or a claim is before a court. A plan that is kept "
            "holds it open to its last instalment: PAID_OFF when nothing is owed then, else PLAN_COMPLETED; what the core "
            "bank still calls overdue goes on as before, and operations are told.",
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
        "D4": Rule(
            "In a year whose holidays are not published, no end of a period is moved: the case is marked, operations "
            "are told once, and when the bank days are known the dates that rest on them are set anew.",
            BAN,
            _HOUSE,
        ),
        "D5": Rule(
            "What preserves a right of the bank is planned on the last day itself less a margin; no rest day is counted "
            "upon.",
            MUST,
            _HOUSE,
        ),
    },
    "Personal data": {
        "P2": Rule(
            "Ways of reaching a person that the contract does not give need consent.",
            BAN,
            "Personal Information Protection Law arts. 13, 15",
        ),
        "P1": Rule(
            "The contract, not consent, is the ground on which a debtor is contacted: consent withdrawn closes its own "
            "way at once and stops no collection.",
            MUST,
            "Personal Information Protection Law arts. 13, 15",
        ),
        "P9": Rule(
            "A dispute that was right corrects what is owed at once, and the bank is told to correct its books and the "
            "credit bureau.",
            MUST,
            "Regulation on the credit reporting industry (2013) art. 25: within 20 days",
        ),
        "P11": Rule(
            "Names, numbers, addresses and ids are shown masked to whoever need not know them. To see one in full is an act "
            "with a purpose: kept with who, what, why and when, and only so often a day.",
            DEF,
            "house rule; Personal Information Protection Law art. 6: no more than the purpose needs",
            ("privacy.reveals_per_day",),
        ),
    },
    "Order of events": {
        "4.6-1": Rule(
            "Money is heard before legal facts, these before people, and these before clocks; a clock waits for "
            "money that is on its way, and where the core bank closes its days, for the end of the day before.",
            MUST,
            _HOUSE,
            ("ledger.end_of_day",),
        ),
        "4.6-9": Rule(
            "Death, insolvency and complaints are about a person and stop every loan; a dispute or a claim to have paid "
            "is about one. When the case that asks about such a hold closes, another one asks.",
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

SCENARIOS: Final[dict[int, Scenario]] = {
    1: Scenario("A call is put off in the last minutes, a text goes until ten.", ("C01", "4.6-4")),
    2: Scenario("Three answered calls, of two loans and an agency: no fourth that day.", ("C02", "C04")),
    3: Scenario("Dialers race for the last answered call of the day: one gets it.", ("C02", "C04", "4.6-4")),
    4: Scenario("A seventh attempt at one number is refused, another number is free.", ("C03", "C02")),
    5: Scenario("Somebody else is asked, relays once, and asks to be left alone.", ("C07", "C08")),
    6: Scenario("A promise for a day of the National Holiday is judged on 10 October.", ("T14", "3.1", "D1")),
    7: Scenario("960 of 1,000 promised is kept, 900 is partial and not broken.", ("3.1",)),
    8: Scenario(
        "Money while litigation waits for approval ends the case or sends it back.", ("4.6-5", "4.5")
    ),
    9: Scenario("Money between approval and filing stops the filing.", ("4.6-5", "4.9")),
    10: Scenario(
        "All is paid after filing: an advisor says what becomes of the claim.", ("4.6-7", "4.5", "3.5")
    ),
    11: Scenario("Two collectors finish one task: the second is told who was first.", ("4.6-3",)),
    12: Scenario("Money of yesterday is booked while the clock of the formal stage rings.", ("4.6-1",)),
    13: Scenario("A notice arrives on the sixth day, or comes back.", ("T4", "L04")),
    14: Scenario("A part payment between draft and release: no notice goes with the old amount.", ("1.2",)),
    17: Scenario(
        "A plan of 24 months without the guarantor's consent waits for an advisor who acknowledges it; his period stands.",
        ("G6", "4.4"),
    ),
    18: Scenario(
        "Sixty instalments and not sixty-one, no oral plan without its recording, and no contact from the signing on.",
        ("1.3", "4.4", "C15"),
    ),
    19: Scenario("An instalment is missing, an officer is asked, and the money comes first.", ("T15",)),
    20: Scenario(
        "A payment bounces that had kept a promise, for want of money or through the bank's fault; or is final after "
        "all.",
        ("3.1", "4.5", "4.6-8"),
    ),
    21: Scenario("Cured before the court, overdue again after 40 days and after 120.", ("T17",)),
    22: Scenario("Consent is withdrawn: its way is closed at once, the phone stays.", ("P1", "P2")),
    23: Scenario(
        "A debtor is said to have died: all is quiet, and a false report changes no cap.", ("C16", "4.6-9")
    ),
    24: Scenario(
        "Whoever lacks capacity promises and signs nothing; the guardian alone is asked.",
        ("4.2", "C06", "1.3"),
    ),
    26: Scenario("A fifth of the debt is disputed: nobody claims it, and it was not owed.", ("4.2", "P9")),
    27: Scenario("A complaint about a collector: off the case, and no data.", ("K1",)),
    42: Scenario("The debt was made in the person's name by another.", ("C16", "4.5")),
    48: Scenario("Holds end in any order: the clock of the stage goes on with what it had left.", ("4.2",)),
    28: Scenario("A pack changes under way: the stage keeps its terms.", ("4.6-11",)),
    31: Scenario("Summer time ends in New York: hours by the wall, seven days by instants.", ("4.6-12",)),
    29: Scenario("A date lies in a year without a table; then the table is loaded.", ("D4",)),
    30: Scenario("A period ends on a Saturday that is worked.", ("D1",)),
    32: Scenario("A channel's clock runs ahead: caps go by the bank's, both are kept.", ("C04", "4.6-4")),
    38: Scenario("One transfer for several loans: the loan it names, else the order of the law.", ("W2",)),
    39: Scenario("Two people pay all of it: the second payment is given back.", ("W1", "4.7")),
    40: Scenario("A certificate ended yesterday: no new task, and the open ones go back.", ("C19",)),
    41: Scenario("A scheme of pay by recovery alone, or without a gate, is no pack.", ("C18",)),
    45: Scenario(
        "Nobody works for three days: what fell due is done in its order, once, and no letter goes out at night.",
        ("4.6-1", "4.6-4", "C01", "T16"),
    ),
    46: Scenario("0.37 is left after a payment: the case closes.", ("T1", "4.5")),
    47: Scenario("The debtor has a lawyer: a warning under one pack, a ban under another.", ("C06",)),
}
