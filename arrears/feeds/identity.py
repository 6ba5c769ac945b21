"""Card and identity numbers by their check digits, as expressions over whole columns of text."""

from typing import Final

import polars as pl

_MAINLAND_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CREDIT_CODE_SIGNS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_TAIWAN_LETTERS: Final = dict(
    zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", (10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21, 22, 35, 23, 24, 25, 26,
        27, 28, 29, 32, 30, 31, 33), strict=True)
)  # fmt: skip


def is_card_number(text: pl.Expr) -> pl.Expr:
    """13 to 19 digits whose Luhn sum is right."""
    padded = text.str.zfill(19)
    total = pl.lit(0)
    for place in range(19):
        digit = _digit(padded, place)
        if (18 - place) % 2:
            digit = digit * 2 - pl.when(digit > 4).then(9).otherwise(0)
        total = total + digit
    return text.str.contains(r"^[0-9]{13,19}$") & (total % 10 == 0)


def is_mainland_number(text: pl.Expr) -> pl.Expr:
    """GB 11643: region, a day of birth that exists, order, check digit."""
    total = pl.lit(0)
    for place, weight in enumerate(_MAINLAND_WEIGHTS):
        total = total + _digit(text, place) * weight
    last = text.str.slice(17, 1)
    check = pl.when(last == "X").then(10).otherwise(last.cast(pl.Int64, strict=False))
    born = text.str.slice(6, 8).str.to_date("%Y%m%d", strict=False)
    return (
        text.str.contains(r"^[1-9][0-9]{16}[0-9X]$")
        & born.is_not_null()
        & (born.dt.year() >= 1800)
        & ((total + check) % 11 == 1)
    )


def is_credit_code(text: pl.Expr) -> pl.Expr:
    """GB 32100, the credit code of an enterprise."""
    values = {sign: value for value, sign in enumerate(_CREDIT_CODE_SIGNS)}
    total = pl.lit(0)
    for place in range(17):
        total = total + _sign(text, place, values) * pow(3, place, 31)
    return text.str.contains(f"^[{_CREDIT_CODE_SIGNS}]{{18}}$") & (
        (total + _sign(text, 17, values)) % 31 == 0
    )


def is_taiwan_number(text: pl.Expr) -> pl.Expr:
    """A letter, nine digits, the last of which checks the rest."""
    letter = _sign(text, 0, _TAIWAN_LETTERS)
    total = letter // 10 + letter % 10 * 9
    for place in range(1, 9):
        total = total + _digit(text, place) * (9 - place)
    return text.str.contains(r"^[A-Z][1289][0-9]{8}$") & ((total + _digit(text, 9)) % 10 == 0)


def _digit(text: pl.Expr, place: int) -> pl.Expr:
    return text.str.slice(place, 1).cast(pl.Int64, strict=False)


def _sign(text: pl.Expr, place: int, values: dict[str, int]) -> pl.Expr:
    return text.str.slice(place, 1).replace_strict(values, default=None, return_dtype=pl.Int64)
