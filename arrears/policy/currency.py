"""The currencies a bank may keep here, with the number of digits behind the point (ISO 4217)."""

from typing import Final

EXPONENTS: Final[dict[str, int]] = {"CNY": 2, "EUR": 2, "TWD": 2, "USD": 2, "JPY": 0}
