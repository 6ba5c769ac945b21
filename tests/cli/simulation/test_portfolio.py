"""The sample as a simulation reads it: every loan moved to the as-of day, every payment to its own."""

from datetime import date
from pathlib import Path
from typing import Final

import pytest

from arrears.cli.simulation.expecting import expect
from arrears.cli.simulation.portfolio import Debt, load
from arrears.cli.simulation.terms import SimulationTerms
from arrears.store import packs
from arrears.store.session import Store

SAMPLE: Final = Path(__file__).resolve().parents[3] / "samples" / "uci"
AS_OF: Final = date(2026, 1, 5)


class Silent:
    def advance(self, what: str, done: int, total: int) -> None:
        pass

    def waiting(self) -> None:
        pass


def debts(store: Store, tmp_path: Path, loans: int | None) -> list[Debt]:
    terms = SimulationTerms(str(SAMPLE), loans, AS_OF, 150, seed=1)
    pack = packs.load(str(SAMPLE / "pack.toml"))
    return load(store, pack, terms, Silent(), rejects_to=tmp_path / "rejects.csv")


@pytest.mark.parametrize(("loans", "cured", "paid_off"), [(60, 25, 4), (150, 71, 5)])
def test_so_many_of_the_first_loans_are_paid(
    sqlite_store: Store, tmp_path: Path, loans: int, cured: int, paid_off: int
) -> None:
    found = debts(sqlite_store, tmp_path, loans)
    terms = packs.load(str(SAMPLE / "pack.toml")).rules.terms
    told = [expect(debt, terms, as_of=AS_OF, last_day=date(2026, 6, 4)) for debt in found]
    assert len(told) == loans
    assert sum(one.reason == "CURED" for one in told) == cured
    assert sum(one.reason == "PAID_OFF" for one in told) == paid_off
    assert all(one.is_judged for one in told if one.closes_on is None)


def test_reading_it_again_finds_the_same(sqlite_store: Store, tmp_path: Path) -> None:
    assert debts(sqlite_store, tmp_path, 20) == debts(sqlite_store, tmp_path, 20)


def test_no_payment_is_of_the_as_of_day_or_before(sqlite_store: Store, tmp_path: Path) -> None:
    """Money of those days is in the balance already and would never reach the case."""
    paid = [payment for debt in debts(sqlite_store, tmp_path, 150) for payment in debt.payments]
    assert min(payment.value_on for payment in paid) > AS_OF
    assert all(payment.booked_on == payment.value_on for payment in paid)
