"""What the bank's letters say: the facts of one letter in, the finished document out."""

from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Final, assert_never
from zoneinfo import ZoneInfo

from babel.numbers import format_currency, get_currency_name

from arrears.channels.port import Letter
from arrears.channels.typesetting import typeset, typeset_pictures
from arrears.policy.currency import EXPONENTS

_MAY_BE_EMPTY: Final = {"contract_no", "enterprise", "service_address_agreed"}


class LetterRefused(Exception):
    """The facts do not fit together, so this letter must not leave the bank."""


class Language(StrEnum):
    """The languages letters are written in."""

    CHINESE = "zh-CN"
    ENGLISH = "en"


@dataclass(frozen=True)
class Bank:
    """Who writes, in the language of the letter; `zone` is the bank's civil day."""

    name: str
    unit: str
    address: str
    phone: str
    hours: str
    email: str
    website: str
    account_name: str
    account_no: str
    account_bank: str
    complaints_phone: str
    complaints_beyond: str  # who hears a complaint the bank could not settle
    zone: str = "Asia/Shanghai"


@dataclass(frozen=True, kw_only=True)
class DemandLetter:
    """A formal demand (rule book 1.2). Money is minor units of `currency`; `as_of` is the ledger's instant."""

    notice_id: str
    case_id: str
    language: Language
    bank: Bank
    name: str = field(repr=False)
    address: str = field(repr=False)
    enterprise: bool = False
    service_address_agreed: bool = False
    product: str
    loan_id: str
    contract_no: str | None = None
    currency: str
    costs_minor: int
    interest_minor: int
    principal_minor: int
    balance_minor: int
    overdue_minor: int
    first_overdue_on: date
    as_of: datetime
    cure_on: date
    cure_days: int  # at least this long after the letter arrives, however late that is


def language_for(tag: str | None) -> Language:
    """The letter language nearest to a BCP 47 tag of the intake; Chinese where nothing is known."""
    return Language.ENGLISH if tag and tag.lower().split("-")[0] == "en" else Language.CHINESE


def render(letter: DemandLetter) -> Letter:
    """Raises LetterRefused or LetterUnprintable: a person has to look, trying again changes nothing."""
    _must_add_up(letter)
    return Letter(_subject(letter), typeset("demand.typ", _demand(letter), at=_dated(letter)))


def pictures(letter: DemandLetter) -> tuple[bytes, ...]:
    """Each page of `render` as a PNG, to be looked at on a screen."""
    _must_add_up(letter)
    return typeset_pictures("demand.typ", _demand(letter), at=_dated(letter))


def money(minor: int, currency: str, *, language: Language) -> str:
    """As that language writes it; English letters name the currency by its code, for ¥ has two meanings there."""
    # Never guessed from the locale data, which rounds some currencies otherwise than ISO 4217 does.
    if currency not in EXPONENTS:
        raise LetterRefused(f"no letter can be written in {currency}: its minor unit is not known here")
    amount = Decimal(minor).scaleb(-EXPONENTS[currency])
    match language:
        case Language.CHINESE:
            return format_currency(amount, currency, locale="zh_CN")
        case Language.ENGLISH:
            return format_currency(amount, currency, format="¤¤\u00a0#,##0.00", locale="en")
        case _:
            assert_never(language)


def _must_add_up(letter: DemandLetter) -> None:
    tiers = (letter.costs_minor, letter.interest_minor, letter.principal_minor)
    if min(tiers) < 0 or sum(tiers) != letter.balance_minor:
        raise LetterRefused("costs, interest and principal do not make the balance")
    if not 0 < letter.overdue_minor <= letter.balance_minor:
        raise LetterRefused("the overdue amount is not a part of the balance")
    if letter.as_of.tzinfo is None:
        raise LetterRefused("the as-of instant has no time zone")
    if letter.first_overdue_on >= _written_on(letter):
        raise LetterRefused("nothing is past due on the as-of day")
    if letter.cure_on <= _written_on(letter) or letter.cure_days < 1:
        raise LetterRefused("the letter leaves no time to pay")
    blank = [
        name for name, value in _demand(letter).items() if name not in _MAY_BE_EMPTY and not value.strip()
    ]
    if blank:
        raise LetterRefused(f"a mandatory field is empty: {', '.join(blank)}")


def _written_on(letter: DemandLetter) -> date:
    return letter.as_of.astimezone(ZoneInfo(letter.bank.zone)).date()


def page_count(letter: DemandLetter) -> int:
    return len(pictures(letter))


def _dated(letter: DemandLetter) -> datetime:
    """Noon of its day: what was read in the morning and is released later that day is the same document, bit by bit."""
    return datetime.combine(_written_on(letter), time(12), ZoneInfo(letter.bank.zone))


def _subject(letter: DemandLetter) -> str:
    match letter.language:
        case Language.CHINESE:
            return f"催收函 {letter.notice_id}"
        case Language.ENGLISH:
            return f"Formal demand {letter.notice_id}"
        case _:
            assert_never(letter.language)


def _demand(letter: DemandLetter) -> dict[str, str]:
    """Every value as it is printed: the template sets, it does not calculate."""

    def sum_of(minor: int) -> str:
        return money(minor, letter.currency, language=letter.language)

    written_on = _written_on(letter)
    return {
        "language": letter.language,
        "notice_id": letter.notice_id,
        "case_id": letter.case_id,
        "name": letter.name,
        "address": letter.address,
        "enterprise": _flag(letter.enterprise),
        "service_address_agreed": _flag(letter.service_address_agreed),
        "product": letter.product,
        "loan_id": letter.loan_id,
        "contract_no": letter.contract_no or "",
        "currency": letter.currency,
        "currency_name": get_currency_name(
            letter.currency, count=2, locale=letter.language.replace("-", "_")
        ),
        "costs": sum_of(letter.costs_minor),
        "interest": sum_of(letter.interest_minor),
        "principal": sum_of(letter.principal_minor),
        "balance": sum_of(letter.balance_minor),
        "overdue": sum_of(letter.overdue_minor),
        "first_overdue_on": letter.first_overdue_on.isoformat(),
        "days_past_due": str((written_on - letter.first_overdue_on).days),
        "as_of": written_on.isoformat(),
        "cure_on": letter.cure_on.isoformat(),
        "cure_days": str(letter.cure_days),
        **{f"bank_{name}": value for name, value in asdict(letter.bank).items()},
    }


def _flag(yes: bool) -> str:
    return "yes" if yes else ""
