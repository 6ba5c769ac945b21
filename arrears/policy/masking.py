"""How personal data look to people who need not know them (P11)."""

from enum import StrEnum
from typing import Final

HIDDEN: Final = "*"
_SHORT_PHONE: Final = 8
_SHORT_ID: Final = 8


class Masked(StrEnum):
    """What is masked of a person."""

    NAME = "name"
    ID_NUMBER = "id_number"
    HOME = "home"
    CONTACT = "contact"


class Purpose(StrEnum):
    """What somebody may need to see it in full for (P11)."""

    IDENTIFY = "identify"  # whoever is on the line or at the door
    CORRECT = "correct"  # the record may be wrong
    PAPERS = "papers"  # for a letter, a claim, the court
    COMPLAINT = "complaint"  # or a dispute, to answer it
    CONTROL = "control"  # of the work of others
    OTHER = "other"  # said in words


def masked_name(name: str) -> str:
    """The first character: 张*; two names in two families show the same, which is the aim."""
    first = name.strip()[:1]
    return f"{first}{HIDDEN}" if first else ""


def masked_phone(number: str) -> str:
    """First three and last four digits: 138****1234; a short number hides all but two."""
    digits = "".join(sign for sign in number if sign.isdigit())
    if len(digits) < _SHORT_PHONE:
        return HIDDEN * 4 + digits[-2:] if len(digits) > 2 else HIDDEN * 4
    return f"{digits[:3]}{HIDDEN * 4}{digits[-4:]}"


def masked_id(number: str) -> str:
    """First three and last four: 310****1234."""
    kept = number.strip()
    return f"{kept[:3]}{HIDDEN * 4}{kept[-4:]}" if len(kept) > _SHORT_ID else HIDDEN * 4


def masked_mail(address: str) -> str:
    """First character of the box and the house it lies in: a****@example.cn."""
    box, at, house = address.strip().rpartition("@")
    return f"{box[:1]}{HIDDEN * 4}@{house}" if at and box else HIDDEN * 4


def masked_contact(channel: str, address: str) -> str:
    """An address by its channel; what is neither phone nor mail is hidden whole."""
    match channel:
        case "phone" | "sms":
            return masked_phone(address)
        case "email":
            return masked_mail(address)
        case _:
            return HIDDEN * 4
