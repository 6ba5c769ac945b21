"""The currencies a bank may keep here, and amounts of them as people type them."""

import re
import unicodedata
from decimal import Decimal
from typing import Final

# Digits behind the point (ISO 4217).
EXPONENTS: Final[dict[str, int]] = {"CNY": 2, "EUR": 2, "TWD": 2, "USD": 2, "JPY": 0}

# Blanks and the signs of a currency are decoration.
_LEFT_OUT: Final = str.maketrans(dict.fromkeys(" ¥元$"))
# A comma parts thousands or it is a fault: whoever means a point by it must not be read as a hundred times as much.
_AMOUNT: Final = re.compile(r"-?([0-9]{1,13}|[0-9]{1,3}(,[0-9]{3}){1,4})(\.[0-9]{1,4})?")


def minor_units(typed: str, currency: str) -> int | None:
    """What somebody typed as an amount (12,000.50); None when it is none, or finer than the currency."""
    # Chinese keyboards give full-width digits and signs; they mean the same.
    plain = unicodedata.normalize("NFKC", typed).translate(_LEFT_OUT)
    if not _AMOUNT.fullmatch(plain):
        return None
    amount = Decimal(plain.replace(",", "")).scaleb(EXPONENTS.get(currency, 2))
    return int(amount) if amount == amount.to_integral_value() else None
