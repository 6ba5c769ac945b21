"""What somebody came to tell the bank, as it is typed, and whom and where it may have come from."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from api.auth.person import Person
from api.desk.inbound import HeardIn
from arrears.policy.codes import INBOUND, PROMISES, TALK, Action, Group, Mark, Outcome
from arrears.policy.currency import minor_units
from arrears.policy.guard import PartyRole
from arrears.policy.masking import masked_contact
from arrears.policy.tasks import WITH_PART, Missing
from arrears.store import queries
from arrears.store.views import CaseView
from web import words
from web.formats import Formats, typed_day
from web.forms import kept, readable, recording, required, told
from web.language import gettext as _
from web.seen import shown_name
from web.words import called

# In the order of the table of results.
RESULTS: Final = tuple(
    result
    for result, code in TALK.items()
    if code.group in (Group.SPOKEN_TO, Group.KEEPS_STILL) or code.mark is Mark.STOPPED
)
# Of these there is no row of the loan: it was the debtor, the debtor's lawyer, or anybody.
_UNNAMED: Final = (PartyRole.LAWYER, PartyRole.THIRD)

Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class InboundForm:
    """As it was typed; `who` is a role, with the person's id behind a colon where there are several."""

    key: str
    action: str = Action.IN_CALL.value
    who: str = PartyRole.BORROWER.value
    result: str = ""
    reason: str = field(default="", repr=False)
    contact_id: str = ""
    on: str = ""
    amount: str = ""
    part: str = ""
    recording_id: str = ""
    against: str = ""
    at: str = ""

    def read(self, case_id: str, *, currency: str, shapes: Formats) -> HeardIn | list[Missing]:
        """Each field belongs to some results; whatever else it holds was typed for another."""
        typed = self.part if self.result in WITH_PART else self.amount if self.result in PROMISES else ""
        amount = minor_units(typed, currency) if typed.strip() else None
        day_typed = self.on if self.result in PROMISES else ""
        on = typed_day(day_typed) if day_typed.strip() else None
        at = shapes.typed_minute(self.at) if self.at.strip() else None
        role, _colon, person = self.who.partition(":")
        faults = [
            *required(self.action if self.action in INBOUND else "", Missing("action", "action_required")),
            *required(role if role in tuple(PartyRole) else "", Missing("who", "party_required")),
            *required(self.result, Missing("result", "result_required")),
            *readable(typed, amount, Missing("amount", "amount_unreadable")),
            *readable(day_typed, on, Missing("on", "day_unreadable")),
            *readable(self.at, at, Missing("at", "time_unreadable")),
            *([Missing("amount", "amount_required")] if amount is not None and amount <= 0 else []),
            *kept("reason", self.reason),
            *recording(self.recording_id),
        ]
        if faults:
            return faults
        return HeardIn(
            self.key,
            case_id,
            Action(self.action),
            self.result,
            self.reason,
            PartyRole(role),
            person or None,
            self.contact_id or None,
            amount,
            on,
            self.recording_id.strip() or None,
            self.against.strip() if self.result == Outcome.COMPLAINS else "",
            at,
        )

    def told(self, faults: Iterable[Missing]) -> dict[str, str]:
        """The faults in words, beside the fields of this form."""
        fields = {"amount": "part" if self.result in WITH_PART else "amount"}
        return {fields.get(name, name): word for name, word in told(faults).items()}


@dataclass(frozen=True)
class Choices:
    """Pairs of what the form sends and what it shows."""

    actions: Options
    people: Options
    ways: Options


def choices(connection: Connection, case: CaseView, who: Person, *, holds: bool) -> Choices:
    around = queries.parties_of(connection, case.loan_id)
    names = {case.borrower_id: shown_name(who, case.borrower, holds=holds)}
    names |= {one.borrower_id: shown_name(who, one.name, holds=holds) for one in around}
    people = [(PartyRole.BORROWER.value, _named(PartyRole.BORROWER, names[case.borrower_id]))]
    people += [(f"{one.role}:{one.borrower_id}", _named(one.role, names[one.borrower_id])) for one in around]
    people += [(role.value, called(words.PARTIES, role)) for role in _UNNAMED]
    points = queries.points_of(connection, list(names))
    ways = [
        (
            point.contact_id,
            _("%(way)s %(address)s of %(name)s")
            % {
                "way": called(words.CHANNELS, point.channel),
                "address": masked_contact(point.channel, point.address),
                "name": names[point.borrower_id],
            },
        )
        for point in points
    ]
    actions = [(action, called(words.INBOUND, action)) for action in words.INBOUND]
    return Choices(tuple(actions), tuple(people), tuple(ways))


def _named(role: str, name: str) -> str:
    return _("%(role)s, %(name)s") % {"role": called(words.PARTIES, role), "name": name}
