"""The bank's short codes: what people answer, and what each result of a contact counts for and leads to (3.2)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from arrears.policy.state import HoldKind


class Outcome(StrEnum):
    """Answers to a task; the results of a contact keep the bank's short names."""

    NO_ANSWER = "na"
    BUSY = "busy"
    SWITCHED_OFF = "off"
    INVALID_NUMBER = "inv"
    WRONG_NUMBER = "wrong"
    HUNG_UP = "hung"
    RELAYED = "tp_relay"
    THIRD_REFUSES = "tp_refuse"
    PROMISE = "ptp"
    PART_PROMISE = "part"
    REFUSES = "rtp"
    NOT_WILLING = "noint"
    CANNOT_PAY = "cant"
    DISPUTES = "dispute"
    COMPLAINS = "compl"
    NOT_MINE = "fraud"
    SAYS_PAID = "paid_claim"
    HARDSHIP = "hardship"
    ILL = "ill"
    DEAD = "deceased"
    IN_JAIL = "jail"
    HAS_LAWYER = "lawyer"
    BANKRUPT = "bankr"
    ESCALATE = "escalate"
    KEEP = "keep"
    RELEASE = "release"
    CANCEL = "cancel"
    SUE = "sue"
    RETURN = "return"
    APPROVE = "approve"
    REFUSE = "refuse"
    CONTINUE = "continue"
    FILED = "filed"
    NOT_FILED = "not_filed"
    WITHDRAW = "withdraw"
    SEEK_COSTS = "costs"
    COURT_ENDED = "court_ended"
    ARRIVED = "arrived"
    CAME_BACK = "returned"
    NOT_KNOWN = "not_known"
    FOUND = "found"
    NOT_FOUND = "not_found"
    BROKEN = "broken"
    CURE_PERIOD = "cure_period"
    RENEGOTIATE = "renegotiate"
    AGREE = "agree"
    DECLINE = "decline"
    MONEY_FOUND = "money_found"
    NO_MONEY = "no_money"
    UPHELD = "upheld"
    UPHELD_PART = "upheld_part"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXTEND = "extend"
    ALLOW = "allow"
    DENY = "deny"
    OFFER = "offer"
    MORE_EVIDENCE = "more_evidence"
    NO_RELIEF = "no_relief"
    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    NEED_PROOF = "need_proof"
    INSOLVENT = "insolvent"
    DECLARED = "declared"
    NOT_DECLARED = "not_declared"
    GOES_ON = "goes_on"
    HOLD_ENDS = "hold_ends"


class Action(StrEnum):
    """How somebody was contacted; the last three are steps of others towards the bank."""

    OUT_CALL = "out_call"
    AI_CALL = "ai_call"
    SMS = "sms"
    EMAIL = "email"
    APP_PUSH = "app_push"
    IM = "im"
    LETTER = "letter"
    NOTICE = "notice"
    VISIT = "visit"
    DEBIT = "debit"
    IN_CALL = "in_call"
    IN_MSG = "in_msg"
    IN_VISIT = "in_visit"  # to a branch


class Counts(StrEnum):
    """What a contact takes from the caps of a person or a number."""

    ATTEMPT = "attempt"
    EFFECTIVE = "effective"  # answered
    CONVERSATION = "conversation"  # with the right party
    MESSAGE = "message"
    VISIT = "visit"


class Interrupts(StrEnum):
    """What must be proved before a contact starts the limitation period anew."""

    NEVER = "never"
    ALWAYS = "always"
    IF_RECORDED = "if_recorded"  # with the debtor identified on the recording
    IF_DEMANDED = "if_demanded"  # the words ask for the money
    IF_HANDED_OVER = "if_handed_over"  # a document
    IF_ADDRESS_AGREED = "if_address_agreed"


class Next(StrEnum):
    """What the case does then."""

    NOTHING = "nothing"
    AGAIN = "again"  # after the days the pack has for this result
    PROMISE = "promise"
    ESCALATE = "escalate"


class Mark(StrEnum):
    """What a result says of the number or address it was had on."""

    INVALID = "invalid"
    WRONG = "wrong"
    STOPPED = "stopped"  # somebody else asked never to be contacted again (C08)
    MOVED = "moved"


class Group(StrEnum):
    """Under which heading a page offers a result."""

    NOT_REACHED = "not_reached"
    SOMEBODY_ELSE = "somebody_else"
    SPOKEN_TO = "spoken_to"
    KEEPS_STILL = "keeps_still"  # what was said stops the bank at once
    REPORTED = "reported"  # by a channel or a carrier, not by a person


@dataclass(frozen=True)
class Code:
    """One cell of the table. `rule` is what makes it interrupt the limitation period; `like` names the result whose
    days it keeps when the pack has none of its own. `hold` opens in the same step (C16); `knows` is a circumstance that is
    known of the person from then on."""

    group: Group
    counts: frozenset[Counts]
    right_party: bool = False
    interrupts: Interrupts = Interrupts.NEVER
    rule: str = ""
    next: Next = Next.AGAIN
    mark: Mark | None = None
    like: Outcome | None = None
    hold: HoldKind | None = None
    knows: str = ""

    @property
    def is_failure(self) -> bool:
        """The debtor is not to be had on that number (C07)."""
        return self.mark in (Mark.INVALID, Mark.WRONG)

    @property
    def is_third_person(self) -> bool:
        """In a ledger of its own: it takes nothing from the debtor's caps."""
        return self.group is Group.SOMEBODY_ELSE


_TRIED: Final = frozenset({Counts.ATTEMPT})
_ANSWERED: Final = frozenset({Counts.ATTEMPT, Counts.EFFECTIVE})
_SPOKE: Final = frozenset({Counts.ATTEMPT, Counts.EFFECTIVE, Counts.CONVERSATION})
_WROTE: Final = frozenset({Counts.MESSAGE})
_VISITED: Final = frozenset({Counts.VISIT})
_NOT_COUNTED: Final = frozenset[Counts]()

_MISSED: Final = Code(Group.NOT_REACHED, _TRIED)
_SOMEBODY: Final = Code(Group.SOMEBODY_ELSE, _TRIED)
_SPOKEN: Final = Code(Group.SPOKEN_TO, _SPOKE, right_party=True)
# The debtor's own word that the debt is owed.
_AGREED: Final = replace(_SPOKEN, interrupts=Interrupts.ALWAYS, rule="L07")
# A demand by word of mouth counts where it can be shown.
_ASKED: Final = replace(_SPOKEN, interrupts=Interrupts.IF_RECORDED, rule="L03")

# After the hold is over the debtor is called as after a call nobody answered.
_STOPS: Final = Code(Group.KEEPS_STILL, _SPOKE, right_party=True, like=Outcome.NO_ANSWER)
# Somebody answered and told it of the debtor, who was not spoken to.
_TOLD_OF: Final = replace(_STOPS, counts=_ANSWERED, right_party=False)

# What a person who called, visited or was called may report.
TALK: Final[Mapping[Outcome, Code]] = {
    Outcome.NO_ANSWER: _MISSED,
    Outcome.BUSY: _MISSED,
    Outcome.SWITCHED_OFF: _MISSED,
    Outcome.INVALID_NUMBER: replace(_MISSED, mark=Mark.INVALID),
    Outcome.WRONG_NUMBER: replace(_MISSED, mark=Mark.WRONG),
    Outcome.HUNG_UP: replace(_MISSED, counts=_ANSWERED),
    Outcome.RELAYED: _SOMEBODY,
    Outcome.THIRD_REFUSES: replace(_SOMEBODY, mark=Mark.STOPPED),
    Outcome.PROMISE: replace(_AGREED, next=Next.PROMISE),
    Outcome.PART_PROMISE: replace(_AGREED, next=Next.PROMISE),
    Outcome.REFUSES: replace(_ASKED, next=Next.ESCALATE),
    Outcome.NOT_WILLING: _ASKED,
    Outcome.CANNOT_PAY: replace(_ASKED, hold=HoldKind.HARDSHIP_REVIEW),
    Outcome.DISPUTES: replace(_STOPS, hold=HoldKind.DISPUTE),
    Outcome.COMPLAINS: replace(_STOPS, hold=HoldKind.COMPLAINT),
    Outcome.NOT_MINE: replace(_STOPS, hold=HoldKind.FRAUD_CLAIM),
    Outcome.SAYS_PAID: replace(_STOPS, hold=HoldKind.PAID_CLAIM),
    Outcome.HARDSHIP: replace(_STOPS, hold=HoldKind.HARDSHIP_REVIEW),
    Outcome.ILL: replace(_STOPS, hold=HoldKind.HARDSHIP_REVIEW),
    Outcome.DEAD: replace(_TOLD_OF, hold=HoldKind.DECEASED),
    Outcome.IN_JAIL: replace(_TOLD_OF, hold=HoldKind.HARDSHIP_REVIEW),
    Outcome.HAS_LAWYER: replace(_STOPS, knows="lawyer"),
    Outcome.BANKRUPT: replace(_STOPS, hold=HoldKind.INSOLVENCY),
}

_SENT: Final = Code(Group.REPORTED, _WROTE, next=Next.NOTHING)
_MESSAGE: Final[Mapping[str, Code]] = {
    "sent": _SENT,
    "delivered": replace(_SENT, interrupts=Interrupts.IF_DEMANDED, rule="L04"),
    "bounced": _SENT,
    "read": replace(_SENT, interrupts=Interrupts.IF_DEMANDED, rule="L04"),
    "reply": replace(_SENT, right_party=True),
}
_POSTED: Final = replace(_SENT, counts=_NOT_COUNTED)
_LETTER: Final[Mapping[str, Code]] = {
    "posted": _POSTED,
    "signed": replace(_POSTED, interrupts=Interrupts.ALWAYS, rule="L04"),
    "refused": replace(_POSTED, interrupts=Interrupts.ALWAYS, rule="L04"),
    "returned": replace(_POSTED, interrupts=Interrupts.IF_ADDRESS_AGREED, rule="L04"),
}
_CAME: Final = Code(Group.REPORTED, _VISITED, like=Outcome.NO_ANSWER)
_VISIT: Final[Mapping[str, Code]] = {
    "met": replace(
        _CAME,
        right_party=True,
        interrupts=Interrupts.IF_HANDED_OVER,
        rule="L04",
        like=Outcome.NOT_WILLING,
    ),
    "not_home": _CAME,
    "moved": replace(_CAME, mark=Mark.MOVED),
    "entry_refused": _CAME,
}
_TAKEN: Final = replace(_POSTED, interrupts=Interrupts.ALWAYS, rule="L04")
_DEBIT: Final[Mapping[str, Code]] = {"ok": _TAKEN, "partial": _TAKEN, "nsf": _POSTED}


def _by_word(codes: Mapping[Outcome, Code]) -> Mapping[str, Code]:
    return {outcome.value: code for outcome, code in codes.items()}


def _uncounted(codes: Mapping[str, Code]) -> Mapping[str, Code]:
    """The debtor came to the bank, which takes nothing from any cap."""
    return {word: replace(code, counts=_NOT_COUNTED) for word, code in codes.items()}


# Whoever comes to the bank was reached; somebody else may come to be called no more (C08).
_HEARD: Final = {
    outcome: code
    for outcome, code in TALK.items()
    if code.group in (Group.SPOKEN_TO, Group.KEEPS_STILL) or code.mark is Mark.STOPPED
}

# Rule book 3.2, cell by cell.
CODES: Final[Mapping[Action, Mapping[str, Code]]] = {
    Action.OUT_CALL: _by_word(TALK),
    Action.AI_CALL: _by_word(TALK),
    Action.SMS: _MESSAGE,
    Action.EMAIL: _MESSAGE,
    Action.APP_PUSH: _MESSAGE,
    Action.IM: _MESSAGE,
    Action.LETTER: _LETTER,
    Action.NOTICE: _LETTER,
    Action.VISIT: _VISIT,
    Action.DEBIT: _DEBIT,
    Action.IN_CALL: _uncounted(_by_word(_HEARD)),
    Action.IN_MSG: _uncounted(_by_word(_HEARD)),
    Action.IN_VISIT: _uncounted(_by_word(_HEARD)),
}
INBOUND: Final = frozenset({Action.IN_CALL, Action.IN_MSG, Action.IN_VISIT})

# What a contact task may be answered with, in the order in which pages offer it.
CONTACT_RESULTS: Final = tuple(TALK)
PROMISES: Final = frozenset(result for result, code in TALK.items() if code.next is Next.PROMISE)
# Results after which nobody calls before the bank has looked into what was said.
STOPPING: Final = frozenset(result for result, code in TALK.items() if code.hold is not None)
# Results that bind the bank in the moment they are told, before any case has heard of them: nobody takes them back.
BINDS_AT_ONCE: Final = frozenset(
    result for result, code in TALK.items() if code.hold is not None or code.mark is not None or code.knows
)
# Results for which a pack says after how many days the next contact comes.
WITH_DAYS: Final = tuple(
    result for result, code in TALK.items() if code.next is not Next.NOTHING and code.like is None
)


def code_of(action: Action, result: str) -> Code | None:
    """None for a result that this action cannot have."""
    return CODES[action].get(result)


def days_until_next(follow_up_days: Mapping[str, int], result: str, code: Code) -> int:
    """Terms of an earlier version may not know the result: then a day, as after nobody answered."""
    return follow_up_days.get(code.like or result, 1)
