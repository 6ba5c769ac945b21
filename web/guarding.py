"""What the guard of contacts says, in the reader's language: until when, how often yet, not before when and why."""

from collections.abc import Sequence
from typing import Final

from arrears.policy.caps import Use
from arrears.policy.guard import Go, NotBefore, Verdict
from web import words
from web.formats import Formats
from web.language import gettext as _
from web.language import pgettext
from web.words import Words, called, term

# Why somebody may not be contacted, by the rule that says so.
RULES: Final[Words] = {
    "C01": term("guard", "outside the hours for calls and visits"),
    "own_hours": term("guard", "outside the hours the debtor agreed to"),
    "C02": term("guard", "no answered call is left for this person today"),
    "C03": term("guard", "no attempt at this number is left today"),
    "C05": term("guard", "no message is left for this person"),
    "C06": term("guard", "only who owes is contacted"),
    "C07": term("guard", "somebody else is asked only when the debtor is lost"),
    "C08": term("guard", "this number wants no calls, for good"),
    "C10": term("guard", "no visit is left this week, or one person is missing"),
    "C19": term("guard", "no certificate holds"),
    "F01": term("guard", "no call about this debt is left for seven days"),
    "F02": term("guard", "a conversation took place less than seven days ago"),
    "G1": term(
        "guard", "the guarantee has ended, and nobody demanded or sued in time: the guarantor is free"
    ),
    "G2": term("guard", "who stands generally is asked only after the debtor was sued"),
    "P2": term("guard", "the debtor has not agreed to this way"),
    "LetterDiffers": term("guard", "the letter is another one than was read and released"),
    "LetterRefused": term("guard", "the figures do not make a letter"),
    "LetterUnprintable": term("guard", "a name or an address cannot be printed"),
    "money_first": term("guard", "money is on its way"),
    "do_not_contact": term("guard", "the bank has marked it: do not contact"),
    "number_invalid": term("guard", "the number is not in use"),
    "number_wrong": term("guard", "the number is not the debtor's"),
    "number_moved": term("guard", "the debtor has moved away"),
    "lawyer": term("guard", "the debtor has a lawyer"),
}

# Rules that let a contact pass and want to be told to whoever makes it.
WARNINGS: Final[Words] = {
    "lawyer": term("warning", "The debtor has a lawyer: the lawyer is asked first."),
}

_ROOM: Final[Words] = {
    "person.day.effective": term("room", "Answered calls today: %(used)s of %(most)s"),
    "number.day.attempt": term("room", "Attempts at this number today: %(used)s of %(most)s"),
    "person.week.visit": term("room", "Visits this week: %(used)s of %(most)s"),
    "debt.rolling_7d.attempt": term("room", "Calls about this debt in seven days: %(used)s of %(most)s"),
    "debt.rolling_7d.conversation": term("room", "Conversations in seven days: %(used)s of %(most)s"),
}


def because(rule: str) -> str:
    """The rule in words, with its number where it has one."""
    told = called(words.HOLDS if rule in words.HOLDS else RULES, rule)
    if rule in words.HOLDS:
        return _("a hold stands: %(hold)s") % {"hold": told}
    return _("%(why)s (%(rule)s)") % {"why": told, "rule": rule} if rule.isupper() else told


def said(verdict: Verdict, closes_at: int, shapes: Formats, *, visit: bool = False) -> str:
    match verdict:
        case Go():
            until = {"time": shapes.local(closes_at).strftime("%H:%M")}
            return _("A visit may begin until %(time)s") % until if visit else _("OK until %(time)s") % until
        case NotBefore(at, rule):
            told = {"time": shapes.moment(at), "why": because(rule)}
            return _("Not before %(time)s: %(why)s") % told
        case never:
            return _("Not allowed: %(why)s") % {"why": because(never.rule)}


def room(uses: Sequence[Use]) -> tuple[str, ...]:
    """How much of each cap is taken."""
    return tuple(_room(use) for use in uses)


def _room(use: Use) -> str:
    cap = use.cap
    found = _ROOM.get(f"{cap.scope}.{cap.window}.{cap.counts}")
    told = {"used": use.used, "most": cap.most}
    if found is None:
        return _("%(rule)s: %(used)s of %(most)s") % (told | {"rule": cap.rule})
    return pgettext(*found) % told
