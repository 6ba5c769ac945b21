"""The sample portfolio holds what its description says, and loads as a bank's delivery would."""

import gzip
import hashlib
import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import func, select

from arrears.feeds.importing import Verdict
from arrears.store import packs
from arrears.store.intents import Standing
from arrears.store.session import Store
from arrears.store.tables import borrowers, contact_points, loans, messages, payments, statements
from tests.feeds.deliveries import Desk

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "samples" / "uci"
PACK = packs.load(SAMPLE / "pack.toml")


@pytest.fixture
def sample(store: Store, tmp_path: Path) -> Desk:
    return Desk(store, tmp_path / "desk", PACK, datetime(2026, 11, 23, 4, tzinfo=UTC))


@pytest.fixture(scope="module")
def loans_in() -> pl.DataFrame:
    return pl.read_csv(SAMPLE / "intake" / "loans.csv.gz", try_parse_dates=True)


@pytest.fixture(scope="module")
def replayed() -> pl.DataFrame:
    return pl.read_csv(SAMPLE / "replay" / "payments.csv.gz", try_parse_dates=True)


def test_the_loans_are_as_late_as_described(loans_in: pl.DataFrame) -> None:
    assert loans_in.height == 5_129
    late = Counter((loans_in["as_of_date"] - loans_in["first_overdue_on"]).dt.total_days())
    assert late == {10: 1_999, 41: 2_667, 72: 322, 102: 76, 133: 26, 163: 11, 194: 9, 222: 19}


def test_the_replay_pays_what_is_overdue(loans_in: pl.DataFrame, replayed: pl.DataFrame) -> None:
    assert replayed.height == 2_159
    both = replayed.join(loans_in, on="loan_id", how="left")
    assert (both["amount_minor"] == both["overdue_minor"]).all()
    assert both["amount_minor"].sum() == 548_497_700
    assert (both["amount_minor"] == both["balance_minor"]).sum() == 122


@pytest.mark.parametrize(("first", "cured", "paid_off"), [(60, 25, 4), (150, 71, 5)])
def test_the_first_loans_end_as_described(
    loans_in: pl.DataFrame, replayed: pl.DataFrame, first: int, cured: int, paid_off: int
) -> None:
    head = loans_in.sort("loan_id").head(first)
    paid = head.join(replayed, on="loan_id", how="semi")
    ends = (paid["overdue_minor"] == paid["balance_minor"]).value_counts().rows()
    assert dict(ends) == {False: cured, True: paid_off}


@pytest.mark.slow
def test_the_whole_sample_loads(sample: Desk) -> None:
    outcome = sample.load(SAMPLE / "intake", rebase_to_today=True)
    assert outcome.verdict is Verdict.LOADED
    assert outcome.notes == []
    assert outcome.loaded is not None
    assert outcome.loaded.opened == 5_129
    assert outcome.loaded.payments == {Standing.HISTORY: 22_220}
    with sample.store.reading() as connection:
        counts = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar()
            for table in (loans, borrowers, contact_points, payments, statements, messages)
        }
        as_of = set(connection.execute(select(loans.c.as_of_date)).scalars())
        late = Counter(
            (row.as_of_date - row.first_overdue_on).days
            for row in connection.execute(select(loans.c.as_of_date, loans.c.first_overdue_on))
        )
        owed = connection.execute(select(func.sum(loans.c.balance_minor))).scalar()
        paid = connection.execute(select(func.sum(payments.c.amount_minor))).scalar()
    assert counts == {
        "loans": 5_129,
        "borrowers": 5_129,
        "contact_points": 15_387,
        "payments": 22_220,
        "statements": 30_774,
        "messages": 5_129,
    }
    assert as_of == {date(2026, 11, 23)}
    assert (late[10], late[222]) == (1_999, 19)
    assert (owed, paid) == (29_772_189_200, 9_855_723_800)
    assert sample.load(SAMPLE / "intake", rebase_to_today=True).verdict is Verdict.REPEATED


def test_with_its_own_dates_the_sample_is_of_2005(sample: Desk) -> None:
    sample.load(SAMPLE / "intake", first_loans=60)
    with sample.store.reading() as connection:
        rows = connection.execute(select(loans.c.loan_id, loans.c.as_of_date).order_by(loans.c.loan_id)).all()
    assert (len(rows), rows[0].loan_id, rows[0].as_of_date) == (60, "TW000001", date(2005, 9, 30))


def test_the_replay_fits_the_format(sample: Desk) -> None:
    sample.load(SAMPLE / "intake", first_loans=60)
    outcome = sample.load(SAMPLE / "replay", dry_run=True)
    assert (outcome.verdict, outcome.rows["payments"]) == (Verdict.WOULD_LOAD, 2_159)


def test_the_invented_part_is_made_again_byte_by_byte(tmp_path: Path) -> None:
    intake = tmp_path / "uci" / "intake"
    intake.mkdir(parents=True)
    made = ("borrowers.csv.gz", "contacts-postal.csv.gz", "manifest.json")
    for path in (SAMPLE / "intake").iterdir():
        if path.name not in made:
            (intake / path.name).write_bytes(path.read_bytes())
    script = ROOT / "scripts" / "make_sample.py"
    subprocess.run(
        [sys.executable, str(script), "--sample", str(tmp_path / "uci")], check=True, capture_output=True
    )
    for name in made:
        assert gzip_free(intake / name) == gzip_free(SAMPLE / "intake" / name), name


def gzip_free(path: Path) -> bytes:
    """What is packed, since another zlib may pack the same text in other bytes; hashes of the manifest likewise."""
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes())
    told = json.loads(path.read_text())
    for entry in told["files"]:
        packed = path.with_name(entry["name"]).read_bytes()
        assert entry.pop("sha256") == hashlib.sha256(packed).hexdigest()
    return json.dumps(told).encode()


def test_nobody_in_the_sample_can_be_reached() -> None:
    mail_and_phone = pl.read_csv(SAMPLE / "intake" / "contacts.csv.gz")
    assert (
        mail_and_phone.filter(pl.col("channel") == "email")["address"].str.ends_with("@example.invalid").all()
    )
    assert mail_and_phone.filter(pl.col("channel") == "phone")["address"].str.starts_with("+999").all()
    post = pl.read_csv(SAMPLE / "intake" / "contacts-postal.csv.gz")["address"]
    assert (
        post.str.contains("示例市|样本县|虚构市")
        | post.str.contains(r"(Sampleton|Exampleford|Mockbridge) 00000$")
    ).all()


def test_the_pack_of_the_sample_is_the_shipped_one_in_its_currency() -> None:
    base = packs.load("cn-bank-2026")
    assert (PACK.terms.currency, PACK.terms.floor_minor, PACK.version) == ("TWD", 0, "uci-2005.1")
    assert PACK.terms.sla_bank_days == base.terms.sla_bank_days
    assert PACK.calendar == base.calendar


def test_the_calendar_is_what_the_script_writes(tmp_path: Path) -> None:
    script, target = ROOT / "scripts" / "make_calendar.py", tmp_path / "calendar-cn.toml"
    subprocess.run([sys.executable, str(script), "--to", str(target)], check=True, capture_output=True)
    assert target.read_text("utf-8") == (packs.SHIPPED / "calendar-cn.toml").read_text("utf-8")
