"""What is another fact now than when somebody decided: figure by figure, and of people only that they changed (4.6-5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

# In the order in which they are told. The age of the debt and the hour change by themselves and are no news.
FIGURES: Final = (
    "overdue_minor",
    "balance_minor",
    "principal_minor",
    "interest_minor",
    "costs_minor",
    "disputed_minor",
)
PEOPLE: Final = {"parties_no": "parties", "address_no": "address"}


@dataclass(frozen=True)
class Changed:
    """`fact` is a figure (minor units), first_overdue_on (ISO day), holds (kinds), or parties or address, which tell
    no more than that they changed."""

    fact: str
    before: Any = None
    after: Any = None


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Changed, ...]:
    """Between the facts of two moments of one case, as they lie beside tasks."""
    figures = [
        Changed(name, before.get(name, 0), after.get(name, 0))
        for name in FIGURES
        if before.get(name, 0) != after.get(name, 0)
    ]
    since = (before.get("first_overdue_on"), after.get("first_overdue_on"))
    days = [Changed("first_overdue_on", *since)] if since[0] != since[1] else []
    held = (sorted(before.get("holds", [])), sorted(after.get("holds", [])))
    holds = [Changed("holds", *held)] if held[0] != held[1] else []
    people = [Changed(told) for name, told in PEOPLE.items() if before.get(name, 0) != after.get(name, 0)]
    return (*figures, *days, *holds, *people)
