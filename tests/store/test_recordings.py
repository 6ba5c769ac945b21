"""Recordings are kept as long as the law and the debt want; no pack makes it shorter (C17)."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from arrears.contracts import Rules
from arrears.policy.codes import Action
from arrears.policy.guard import Conduct
from arrears.store import contacts, known, packs, recordings
from arrears.store.contacts import Came
from arrears.store.known import Ask
from arrears.store.packs import PackInvalid
from arrears.store.recordings import Proof
from arrears.store.session import Store
from arrears.store.tables import loans
from tests.api import rows

RULES: Rules = packs.load("cn-bank-2026").rules
FLOOR = timedelta(days=730)


@pytest.fixture
def recorded(store: Store) -> Store:
    """A call of the loan L1, made at rows.AT and recorded as rec-1."""
    rows.a_loan(store, "L1")
    _call(store, "a1", "rec-1", rows.AT)
    return store


def _call(store: Store, attempt_id: str, recording_id: str, at: datetime) -> None:
    ask = Ask(attempt_id, "B-L1", Action.OUT_CALL, "s-1", loan_id="L1", number=rows.PHONE)
    with store.transaction() as connection:
        where = known.first_point(connection, "B-L1", Action.OUT_CALL)
        contacts.reserve(connection, ask, where, RULES, at=int(at.timestamp()))
        contacts.confirm(connection, attempt_id, Came("rtp", recording_id), RULES, at=int(at.timestamp()))


def _proof(recording_id: str) -> Proof:
    return Proof(recording_id, "B-L1", "case-L1-1", "L1", rows.AT)


def _may_go(store: Store, recording_id: str, at: datetime) -> bool:
    with store.reading() as connection:
        return recordings.may_go(connection, recording_id, at=at)


@pytest.mark.rule("C17")
def test_a_recording_is_kept_for_two_years_to_the_second(recorded: Store) -> None:
    end = rows.AT + FLOOR
    assert not _may_go(recorded, "rec-1", end - timedelta(seconds=1))
    assert _may_go(recorded, "rec-1", end)
    assert not _may_go(recorded, "rec-unknown", end + FLOOR), "what nobody knows is kept"


@pytest.mark.rule("C17")
def test_what_proves_a_plan_made_by_word_of_mouth_is_kept_until_the_debt_is_settled(recorded: Store) -> None:
    late = rows.AT + 3 * FLOOR
    with recorded.transaction() as connection:
        recordings.keep_until_settled(connection, _proof("rec-1"))
    assert not _may_go(recorded, "rec-1", late)
    with recorded.transaction() as connection:
        connection.execute(update(loans).values(balance_minor=0))
    assert _may_go(recorded, "rec-1", late)
    assert not _may_go(recorded, "rec-1", rows.AT), "a settled debt shortens nothing"


@pytest.mark.rule("C17")
def test_a_recording_that_proves_a_plan_is_kept_before_and_after_its_call_is_told_of(recorded: Store) -> None:
    late = rows.AT + 3 * FLOOR
    with recorded.transaction() as connection:
        recordings.keep_until_settled(connection, _proof("rec-2"))
    assert not _may_go(recorded, "rec-2", late)
    _call(recorded, "a2", "rec-2", rows.AT + timedelta(hours=3))
    assert not _may_go(recorded, "rec-2", late), "what was told later takes nothing away"
    with recorded.transaction() as connection:
        connection.execute(update(loans).values(status="closed"))
    assert not _may_go(recorded, "rec-2", rows.AT + FLOOR), "two years from the call, not from the plan"
    assert _may_go(recorded, "rec-2", late)


def test_a_recording_named_twice_is_kept_from_the_later_contact_on(recorded: Store) -> None:
    later = rows.AT + timedelta(days=2)
    _call(recorded, "a2", "rec-1", later)
    _call(recorded, "a3", "rec-1", rows.AT + timedelta(hours=1))
    assert not _may_go(recorded, "rec-1", later + FLOOR - timedelta(seconds=1))
    assert _may_go(recorded, "rec-1", later + FLOOR)


@pytest.mark.rule("C17")
def test_a_pack_below_the_floor_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "short.toml"
    file.write_text(
        'extends = "cn-bank-2026"\npack = "short.1"\n[recording]\nkeep_days = 729\n', encoding="utf-8"
    )
    with pytest.raises(PackInvalid, match=r"recording\.keep_days is below 730, which the law sets \(C17\)"):
        packs.load(file)


@pytest.mark.parametrize("days", ["0", "true", '"730"', "40000"])
def test_a_time_that_makes_no_sense_is_refused_by_its_name(tmp_path: Path, days: str) -> None:
    file = tmp_path / "strange.toml"
    text = f'extends = "cn-bank-2026"\npack = "strange.1"\n[recording]\nkeep_days = {days}\n'
    file.write_text(text, encoding="utf-8")
    with pytest.raises(PackInvalid, match=r"recording\.keep_days must be a whole number"):
        packs.load(file)


def test_a_pack_published_before_this_rule_keeps_recordings_as_the_law_says() -> None:
    assert (Conduct().recording_days, Conduct().reveals_per_day) == (730, 0)
