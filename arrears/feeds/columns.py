"""The types a column of a delivery can have: which text fits, and what value it becomes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final
from zoneinfo import available_timezones

import polars as pl

MOST_MINOR: Final = 10**13  # beyond it an amount is a mistake and not money

# Control signs, invisible signs and those that turn the direction of writing; they never belong into a field.
_UNSEEN: Final = r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}]"

Judge = Callable[[pl.Expr], pl.Expr]


@dataclass(frozen=True)
class Type:
    """`rule` names the fault when `fits` says no; `value` is asked only for text that fits."""

    rule: str
    fits: Judge
    value: Judge
    dtype: type[pl.DataType]


@dataclass(frozen=True)
class Column:
    name: str
    type: Type
    required: bool = False


def one_of(*words: str) -> Type:
    return Type("one_of", lambda text: text.is_in(list(words)), _same, pl.String)


def words(most: int) -> Type:
    """Text for people, in one spelling of composed letters (NFC)."""

    def fits(text: pl.Expr) -> pl.Expr:
        return text.str.contains(r"\S") & (text.str.len_chars() <= most) & ~text.str.contains(_UNSEEN)

    return Type("text", fits, lambda text: text.str.normalize("NFC"), pl.String)


def count(least: int, most: int) -> Type:
    def fits(text: pl.Expr) -> pl.Expr:
        return text.str.contains(r"^-?[0-9]{1,9}$") & _whole(text).is_between(least, most)

    return Type("whole_number", fits, _whole, pl.Int64)


def _same(text: pl.Expr) -> pl.Expr:
    return text


def _whole(text: pl.Expr) -> pl.Expr:
    return text.cast(pl.Int64, strict=False)


def _day(text: pl.Expr) -> pl.Expr:
    return text.str.to_date("%Y-%m-%d", strict=False)


def _is_day(text: pl.Expr) -> pl.Expr:
    return text.str.contains(r"^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}$") & _day(text).is_not_null()


@cache
def _zones() -> list[str]:
    return sorted(available_timezones())


def _pattern(rule: str, pattern: str) -> Type:
    return Type(rule, lambda text: text.str.contains(pattern), _same, pl.String)


# [0-9] and not \d, which also means the digits of every other script.
IDENT: Final = _pattern("id", r"^[A-Za-z0-9_-]{1,48}$")
AMOUNT: Final = Type(
    "amount",
    lambda text: text.str.contains(r"^[0-9]{1,14}$") & (_whole(text) <= MOST_MINOR),
    _whole,
    pl.Int64,
)
CREDIT_OR_DEBIT: Final = Type(
    "signed_amount",
    lambda text: text.str.contains(r"^-?[0-9]{1,14}$") & (_whole(text).abs() <= MOST_MINOR),
    _whole,
    pl.Int64,
)
ID_NUMBER: Final = Type(
    "id_number",
    lambda text: text.str.contains(r"^[A-Za-z0-9-]{3,32}$"),
    lambda text: text.str.to_uppercase(),
    pl.String,
)
DAY: Final = Type("date", _is_day, _day, pl.Date)
PERIOD: Final = _pattern("period", r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])$")
FLAG: Final = Type("flag", lambda text: text.is_in(["0", "1"]), lambda text: text == "1", pl.Boolean)
CURRENCY: Final = _pattern("currency", r"^[A-Z]{3}$")
LANGUAGE: Final = _pattern("language", r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
TIME_OF_DAY: Final = _pattern("time_of_day", r"^([01][0-9]|2[0-3]):[0-5][0-9]$")
ZONE: Final = Type("timezone", lambda text: text.is_in(_zones()), _same, pl.String)


@dataclass(frozen=True)
class Bank:
    """What a rule may need to know besides the row: the bank's day and the currency of its pack."""

    today: date
    currency: str
