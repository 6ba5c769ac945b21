"""How long 100,000 loans with their borrowers and contacts take from files into the store, on both databases.

    python -m benchmarks.intake [--loans 100000] [--sqlite-only] [--json]

ARREARS_BENCH_POSTGRES names a PostgreSQL database to fill (it is upgraded, and must hold no loans); without it a
cluster of our own is started from Debian's binaries, with PostgreSQL's own promises about commits.
"""

import argparse
import json
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, TypeVar

import polars as pl

from arrears import clock
from arrears.feeds.importing import Order, Verdict, import_delivery
from arrears.store import packs, schema
from arrears.store.session import Store, open_engine
from tests import postgres

T = TypeVar("T")

AS_OF: Final = date(2026, 11, 20)
NOW: Final = datetime(2026, 11, 23, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Result:
    database: str
    loans: int
    rows: int
    cases: int
    seconds: float
    rows_per_second: int
    repeated_seconds: float
    peak_mib: int


class Silent:
    def advance(self, what: str, done: int, total: int) -> None: ...

    def waiting(self) -> None: ...


def generate(folder: Path, loans: int) -> int:
    """Plainly invented loans of all sizes, each with a borrower and two contacts; answers the number of rows."""
    table = pl.DataFrame({"n": pl.int_range(loans, eager=True)})
    number = pl.col("n").cast(pl.String).str.zfill(7)
    spread = pl.col("n") * 7919 % 100_003
    late = pl.col("n") * 31 % 180 + 1
    table.select(
        loan_id="L" + number,
        borrower_id="B" + number,
        product=pl.lit("credit_card"),
        currency=pl.lit("CNY"),
        as_of_date=pl.lit(AS_OF),
        balance_minor=500_000 + spread * 100,
        overdue_minor=10_000 + spread * 4,
        first_overdue_on=pl.lit(AS_OF) - pl.duration(days=late),
        instalment_minor=50_000 + spread,
        limit_minor=pl.lit(20_000_000),
        contract_no="2026/" + number,
        status=pl.lit("open"),
    ).write_csv(folder / "loans.csv")
    table.select(
        borrower_id="B" + number,
        kind=pl.lit("person"),
        name="样例" + number + "号",
        language=pl.lit("zh-CN"),
        address="示例市不存在路" + number + "号",
    ).write_csv(folder / "borrowers.csv")
    contact = {"borrower_id": "B" + number, "language": pl.lit("zh-CN"), "timezone": pl.lit("Asia/Shanghai")}
    phone = table.select(**contact, channel=pl.lit("phone"), address="+999" + number)
    post = table.select(**contact, channel=pl.lit("post"), address="示例市不存在路" + number + "号")
    pl.concat([phone, post]).write_csv(folder / "contacts.csv")
    return loans * 4


def measure(name: str, url: str, folder: Path, *, loans: int, rows: int) -> Result:
    store = Store(open_engine(url))
    try:
        schema.upgrade(store)
        pack = packs.load("cn-bank-2026")
        order = Order([folder], rejects_to=folder / "out" / "rejects.csv")
        with clock.door_time(NOW):
            seconds, outcome = _timed(lambda: import_delivery(store, pack, order, Silent()))
            again, repeated = _timed(lambda: import_delivery(store, pack, order, Silent()))
        assert outcome.verdict is Verdict.LOADED, [fault.text for fault in outcome.faults]
        assert repeated.verdict is Verdict.REPEATED, repeated.verdict
        assert outcome.loaded is not None
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        return Result(
            name,
            loans,
            rows,
            outcome.loaded.opened,
            round(seconds, 2),
            round(rows / seconds),
            round(again, 2),
            peak,
        )
    finally:
        store.close()


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    start = time.perf_counter()
    done = work()
    return time.perf_counter() - start, done


@contextmanager
def _postgres_url() -> Iterator[str]:
    given = os.environ.get("ARREARS_BENCH_POSTGRES")
    if given:
        yield given
        return
    with postgres.cluster(durable=True) as made:
        yield made.create("bench")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--loans", type=int, default=100_000)
    parser.add_argument("--sqlite-only", action="store_true")
    parser.add_argument("--json", action="store_true", dest="as_json")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="arrears-intake-") as temporary:
        folder = Path(temporary) / "delivery"
        folder.mkdir()
        rows = generate(folder, asked.loans)
        results = [
            measure("sqlite", f"sqlite:///{temporary}/arrears.db", folder, loans=asked.loans, rows=rows)
        ]
        if not asked.sqlite_only:
            with _postgres_url() as url:
                results.append(measure("postgresql", url, folder, loans=asked.loans, rows=rows))
    if asked.as_json:
        print(json.dumps([asdict(result) for result in results]))
        return
    for result in results:
        print(
            f"{result.database}: {result.loans:,} loans ({result.rows:,} rows with people and cases to open) in "
            f"{result.seconds} s, {result.rows_per_second:,} rows/s; the same delivery again in "
            f"{result.repeated_seconds} s; peak memory {result.peak_mib} MiB"
        )


if __name__ == "__main__":
    main()
