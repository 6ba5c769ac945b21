"""How a pack may weigh the work of collectors, where it says so at all: never by recovery alone (C18)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

Fault = str | None

_WEIGHTS: Final = ("recovery", "quality", "customer", "process", "training")
_WHOLE: Final = 100


def _weight(value: Any) -> Fault:
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _WHOLE
    return None if fits else "must be a whole number of 0 to 100"


def _yes_no(value: Any) -> Fault:
    return None if isinstance(value, bool) else "must be true or false"


# All of them or none: a pack without the section appraises nobody.
APPRAISAL_KEYS: Final[Mapping[str, Callable[[Any], Fault]]] = {
    **{f"appraisal.{weight}_percent": _weight for weight in _WEIGHTS},
    "appraisal.gate": _yes_no,
}


def unfair(values: Mapping[str, Any]) -> Iterator[str]:
    """What makes a scheme one of commission only, or no scheme at all."""
    if not values.keys() & APPRAISAL_KEYS.keys():
        return
    weights = [values[f"appraisal.{weight}_percent"] for weight in _WEIGHTS]
    if values["appraisal.recovery_percent"] == _WHOLE:
        yield "appraisal.recovery_percent is all of it: pay may not hang on recovery alone (C18)"
    if sum(weights) != _WHOLE:
        yield f"appraisal: the weights make {sum(weights)} and not 100"
    if not values["appraisal.gate"]:
        yield "appraisal.gate must be true: a breach of conduct counts before any recovery (C18)"
