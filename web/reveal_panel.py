"""What of a debtor is masked here, the form that asks to see one thing in full, and the answer to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from api.auth.person import Person
from api.desk.revealing import Revealed, RevealIn, may_reveal
from arrears.policy.masking import Masked, Purpose, masked_contact, masked_id, masked_name
from arrears.store import reveals
from web.language import gettext as _
from web.language import pgettext
from web.words import MASKED, PURPOSES, WAYS, called


@dataclass(frozen=True)
class RevealForm:
    """As it was sent. `what` is one of `Masked`, a contact by its id: `contact:C-1`."""

    what: str = ""
    purpose: str = ""
    why: str = field(default="", repr=False)

    def read(self, case_id: str, *, task_id: str | None = None) -> RevealIn:
        what, _sign, contact_id = self.what.partition(":")
        return RevealIn(case_id, what, self.purpose, self.why, contact_id or None, task_id)


@dataclass(frozen=True)
class Shown:
    """In full, once; `masked` is what stands in its place after half a minute."""

    label: str
    value: str = field(repr=False)
    masked: str


@dataclass(frozen=True)
class RevealPanel:
    href: str
    options: tuple[tuple[str, str], ...]
    purposes: tuple[tuple[str, str], ...]
    form: RevealForm
    faults: Mapping[str, str]
    shown: Shown | None

    @property
    def is_open(self) -> bool:
        return bool(self.faults) or self.shown is not None


@dataclass(frozen=True)
class Asked:
    """What came with the request: an answer, or a form with its faults."""

    form: RevealForm = RevealForm()
    faults: Mapping[str, str] = field(default_factory=dict)
    revealed: Revealed | None = None


def reveal_panel(
    connection: Connection, who: Person, case_id: str, borrower_id: str, *, href: str, asked: Asked
) -> RevealPanel | None:
    """None for whoever may see nothing here in full."""
    if not may_reveal(connection, who, case_id, borrower_id):
        return None
    person = reveals.person(connection, borrower_id)
    if person is None:
        return None
    purposes = tuple((one.value, called(PURPOSES, one.value)) for one in Purpose)
    shown = None if asked.revealed is None else _shown(asked.revealed)
    return RevealPanel(href, tuple(_options(person)), purposes, asked.form, asked.faults, shown)


def _options(person: reveals.Person) -> list[tuple[str, str]]:
    found = [(Masked.NAME.value, _option(called(MASKED, "name"), masked_name(person.name)))]
    if person.id_number:
        found.append(
            (Masked.ID_NUMBER.value, _option(called(MASKED, "id_number"), masked_id(person.id_number)))
        )
    if person.home:
        found.append((Masked.HOME.value, called(MASKED, "home")))
    found += [
        (
            f"{Masked.CONTACT.value}:{one.contact_id}",
            _option(called(WAYS, one.channel), masked_contact(one.channel, one.address)),
        )
        for one in person.points
    ]
    return found


def _option(label: str, masked: str) -> str:
    return pgettext("option", "%(label)s %(masked)s") % {"label": label, "masked": masked}


def _shown(revealed: Revealed) -> Shown:
    label = called(WAYS, revealed.channel) if revealed.channel else called(MASKED, revealed.what.value)
    return Shown(label, revealed.value, _masked(revealed))


def _masked(revealed: Revealed) -> str:
    match revealed.what:
        case Masked.NAME:
            return masked_name(revealed.value)
        case Masked.ID_NUMBER:
            return masked_id(revealed.value)
        case _:
            return masked_contact(revealed.channel or "post", revealed.value)


def quota_told(most: int) -> str:
    return _("You have seen masked data in full %(most)s times today; that is all the rules allow.") % {
        "most": most
    }
