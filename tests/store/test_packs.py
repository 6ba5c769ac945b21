"""A pack is whole and right, or it is refused with every fault named."""

from pathlib import Path
from typing import Protocol

import pytest

from arrears.policy.codes import WITH_DAYS
from arrears.policy.tasks import TIMED_BY_HOLD, TaskKind
from arrears.store import packs

SHIPPED = (packs.SHIPPED / "cn-bank-2026.toml").read_text(encoding="utf-8")


class Write(Protocol):
    def __call__(self, text: str, name: str = "pack.toml") -> str: ...


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_pack(text: str, name: str = "pack.toml") -> str:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return str(tmp_path / name)

    return write_pack


def _faults(path: str) -> list[str]:
    with pytest.raises(packs.PackInvalid) as refused:
        packs.load(path)
    return refused.value.faults


def test_the_shipped_pack_gives_the_numbers_of_the_rule_book() -> None:
    pack = packs.load("cn-bank-2026")
    terms = pack.terms
    assert pack.version == terms.pack == "cn-bank-2026.1"
    assert (terms.currency, terms.floor_minor, terms.reopen_days) == ("CNY", 5000, 7)
    assert (terms.formal_dpd, terms.legal_review_dpd, terms.legal_dpd, terms.cure_days) == (31, 75, 91, 15)
    assert (terms.window_from, terms.window_to, terms.manager_above_minor) == ("08:00", "22:00", 50_000_000)
    assert set(terms.sla_bank_days) == set(TaskKind) - TIMED_BY_HOLD
    assert set(terms.follow_up_days) == set(WITH_DAYS)
    assert (pack.calendar.zone, pack.calendar.closes_hour) == ("Asia/Shanghai", 18)


def test_a_pack_given_by_path_is_the_pack_given_by_name(write: Write) -> None:
    assert packs.load(write(SHIPPED)) == packs.load("cn-bank-2026")


def test_a_pack_may_say_only_what_is_different(write: Write) -> None:
    path = write('extends = "cn-bank-2026"\npack = "tw.1"\ncurrency = "TWD"\n[case]\nfloor_minor = 0\n')
    pack, base = packs.load(path), packs.load("cn-bank-2026")
    assert (pack.version, pack.terms.currency, pack.terms.floor_minor) == ("tw.1", "TWD", 0)
    assert pack.terms.sla_bank_days == base.terms.sla_bank_days
    assert pack.terms.idle_days == base.terms.idle_days


def test_the_text_of_a_pack_is_the_whole_pack(write: Write) -> None:
    pack = packs.load(write('extends = "cn-bank-2026"\npack = "mine.2"\n[legal]\nenter_dpd = 95\n'))
    again = packs.load(write(pack.text, "whole.toml"))
    assert again == pack
    assert again.text == pack.text


def test_packs_that_extend_each_other_are_refused(write: Write, tmp_path: Path) -> None:
    write('extends = "b.toml"\n', "a.toml")
    write('extends = "a.toml"\n', "b.toml")
    with pytest.raises(packs.PackInvalid, match="circle"):
        packs.load(str(tmp_path / "a.toml"))


@pytest.mark.parametrize(
    ("was", "now", "fault"),
    [
        ("formal_dpd = 31", "formal_dpd = 31\nformal_dp = 3", "unknown key initial.formal_dp, did you mean initial.formal_dpd?"),
        ("[contact]", "[contakt]", "unknown key contakt.window_from, did you mean contact.window_from?"),
        ("cure_days = 15", "", "formal.cure_days is missing"),
        ("cure_days = 15", 'cure_days = "15"', "formal.cure_days must be a whole number"),
        ("cure_days = 15", "cure_days = 15.0", "formal.cure_days must be a whole number"),
        ("cure_days = 15", "cure_days = true", "formal.cure_days must be a whole number"),
        ("cure_days = 15", "cure_days = 0", "formal.cure_days must be at least 1"),
        ("cure_days = 15", "cure_days = -15", "formal.cure_days must be at least 1"),
        ("floor_minor = 5000", "floor_minor = -1", "case.floor_minor must be at least 0"),
        ("manager_above_minor = 50000000", "manager_above_minor = 0", "legal.manager_above_minor must be at least 1"),
        ("manager_above_minor = 50000000", "manager_above_minor = 99999999999999", "legal.manager_above_minor is beyond any sense"),
        ("escalation = 2", "", "sla_bank_days.escalation is missing"),
        ("ptp = 1 ", "pdp = 1 ", "unknown key follow_up_days.pdp, did you mean follow_up_days.ptp?"),
        ('window_from = "08:00"', 'window_from = "8:00"', "contact.window_from must be a time of day, HH:MM"),
        ('window_to = "22:00"', 'window_to = "24:00"', "contact.window_to must be a time of day, HH:MM"),
        ('window_from = "08:00"', 'window_from = "22:00"', "contact.window_from must be before contact.window_to"),
        ("review_dpd = 75", "review_dpd = 20", "initial.formal_dpd, legal.review_dpd and legal.enter_dpd must follow each other"),
        ('currency = "CNY"', 'currency = "RMB"', "currency must be one of CNY, EUR, TWD, USD, JPY"),
        ('pack = "cn-bank-2026.1"', 'pack = "two words"', "pack must be a word of letters, digits, dots and dashes"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(write: Write, was: str, now: str, fault: str) -> None:
    assert was in SHIPPED
    assert fault in _faults(write(SHIPPED.replace(was, now, 1)))


FAIR = """
[appraisal]
recovery_percent = 40
quality_percent = 30
customer_percent = 15
process_percent = 10
training_percent = 5
gate = true
"""


@pytest.mark.rule("C18")
def test_a_fair_appraisal_may_stand_in_a_pack(write: Write) -> None:
    pack = packs.load(write('extends = "cn-bank-2026"\npack = "mine.2"\n' + FAIR))
    assert packs.load(write(pack.text, "whole.toml")) == pack
    assert "recovery_percent = 40" in pack.text


@pytest.mark.rule("C18", "s41")
@pytest.mark.parametrize(
    ("was", "now", "fault"),
    [
        ("recovery_percent = 40", "recovery_percent = 100", "pay may not hang on recovery alone"),
        ("gate = true", "gate = false", "appraisal.gate must be true"),
        ("gate = true", "", "appraisal.gate is missing"),
        ("training_percent = 5", "training_percent = 15", "the weights make 110 and not 100"),
        ("quality_percent", "qualty_percent", "did you mean appraisal.quality_percent?"),
    ],
)
def test_s41_a_scheme_of_commission_only_is_refused(write: Write, was: str, now: str, fault: str) -> None:
    text = 'extends = "cn-bank-2026"\npack = "mine.2"\n' + FAIR.replace(was, now)
    assert any(fault in told for told in _faults(write(text)))


def test_a_cap_of_zero_is_refused(write: Write) -> None:
    assert any(
        "most must be a whole number of at least 1" in told
        for told in _faults(write(SHIPPED.replace("most = 3", "most = 0", 1)))
    )


def test_all_faults_are_named_at_once(write: Write) -> None:
    text = SHIPPED.replace("cure_days = 15", "cure_dais = 15").replace("idle_days = 180", "idle_days = 0")
    assert _faults(write(text)) == [
        "unknown key formal.cure_dais, did you mean formal.cure_days?",
        "formal.cure_days is missing",
        "case.idle_days must be at least 1",
    ]


def test_a_key_said_twice_is_refused(write: Write) -> None:
    faults = _faults(write(SHIPPED.replace("cure_days = 15", "cure_days = 15\ncure_days = 30")))
    assert len(faults) == 1
    assert faults[0].startswith("cannot be read")


def test_a_pack_that_is_not_there_names_the_nearest() -> None:
    assert _faults("cn-bank-2062") == ["there is no such file, did you mean cn-bank-2026?"]


def test_a_calendar_that_is_not_there_is_named(write: Write) -> None:
    with pytest.raises(packs.PackInvalid, match="calendar-xx: there is no such file"):
        packs.load(write(SHIPPED.replace('"calendar-cn"', '"calendar-xx"')))


CALENDAR = (packs.SHIPPED / "calendar-cn.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("was", "now", "fault"),
    [
        ('"2026-01-02"', '"2026-01-03"', "rest day 2026-01-03 is a weekend anyway"),
        ('"2026-01-04"', '"2026-01-05"', "workday 2026-01-05 is no weekend"),
        ('"2026-01-02"', '"2025-01-02"', "2025-01-02 is of another year"),
        ('"2026-01-02"', '"2026-02-30"', "rest_days must be a list of ISO days"),
        ('"2026-01-02"', '"2026-01-01"', "rest_days names a day twice"),
        ("official = true", "official = 1", "official must be true or false"),
        ('"Asia/Shanghai"', '"GMT+8"', "zone must be a zone of the IANA list, such as Asia/Shanghai"),
        ("closes_hour = 18", "closes_hour = 25", "closes_hour must be an hour of the day"),
    ],
)
def test_a_calendar_is_checked_too(write: Write, was: str, now: str, fault: str) -> None:
    assert was in CALENDAR
    with pytest.raises(packs.PackInvalid) as refused:
        packs.load_calendar(write(CALENDAR.replace(was, now, 1)))
    assert fault in refused.value.faults
