"""The formal demand: all that the rule book wants on it, in both languages, and never a wrong figure."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from arrears.channels.bank import INVENTED
from arrears.channels.letters import (
    DemandLetter,
    Language,
    LetterRefused,
    language_for,
    money,
    pictures,
    render,
)
from arrears.channels.typesetting import LetterUnprintable
from tests.channels.demand import a_demand
from tests.channels.pdf import Pdf

BOTH = pytest.mark.parametrize("language", list(Language))


def text_of(letter: DemandLetter) -> str:
    return Pdf(render(letter).body).text


@BOTH
def test_the_facts_of_the_demand_are_on_it(language: Language) -> None:
    bank = INVENTED[language]
    text = text_of(a_demand(language))
    wanted = [
        *("张示例", "样例省虚构市示范路12号3栋404室"),
        *("L0000123", "HT-2024-000123", "case-L0000123-1", "case-L0000123-1-notice-1"),
        *("2026-10-10", "2026-11-23", "2026-12-13"),
        *(bank.name, bank.unit, bank.address, bank.phone, bank.hours, bank.email, bank.website),
        *(bank.account_name, bank.account_no, bank.account_bank),
        *(bank.complaints_phone, bank.complaints_beyond),
    ]
    assert [value for value in wanted if "".join(value.split()) not in text] == []


@pytest.mark.parametrize(
    ("language", "table"),
    [
        (
            Language.CHINESE,
            (
                "币种：人民币（CNY）实现债权的费用¥120.50利息（含罚息、复利）¥3,456.78本金¥87,654.32"
                "欠款总额¥91,231.60其中已到期未付（逾期金额）¥12,345.67"
            ),
        ),
        (
            Language.ENGLISH,
            (
                "Amounts in Chinese yuan (CNY) Costs of recovering the debt CNY 120.50 Interest, with penalty and "
                "compound interest CNY 3,456.78 Principal CNY 87,654.32 Total balance owed CNY 91,231.60 "
                "Of which due and unpaid (the overdue amount) CNY 12,345.67"
            ),
        ),
    ],
)
def test_each_amount_stands_behind_its_own_name(language: Language, table: str) -> None:
    assert "".join(table.split()) in text_of(a_demand(language))


@pytest.mark.parametrize(
    ("language", "opening"),
    [
        (Language.CHINESE, "截至2026-11-23，逾期金额为¥12,345.67，自2026-10-10起已逾期44天。请您在2026-12-13（含当日）前付清"),
        (Language.ENGLISH, "As of 2026-11-23, CNY 12,345.67 is overdue; the oldest unpaid amount fell due on 2026-10-10, 44 days earlier. Please pay the overdue amount on or before 2026-12-13."),
    ],
)  # fmt: skip
def test_the_demand_says_how_much_since_when_and_until_when(language: Language, opening: str) -> None:
    assert "".join(opening.split()) in text_of(a_demand(language))


@pytest.mark.parametrize(
    ("language", "wanted"),
    [
        (
            Language.CHINESE,
            ["民法典", "第五百六十一条", "第六百七十六条", "核对账目", "提出异议", "凭证", "遇到困难", "投诉", "的义务", "盖章处", "44天"],
        ),
        (
            Language.ENGLISH,
            ["Civil Code", "article 561", "676", "Check the account", "Object", "evidence", "In difficulty", "Complain", "Your duties", "business seal", "44 days"],
        ),
    ],
)  # fmt: skip
def test_reason_rights_duties_and_the_place_for_the_seal_are_on_it(
    language: Language, wanted: list[str]
) -> None:
    text = text_of(a_demand(language))
    assert [words for words in wanted if "".join(words.split()) not in text] == []


@pytest.mark.parametrize(
    ("language", "condition", "threats"),
    [
        (Language.CHINESE, "如果期限届满时逾期金额仍未付清", ["必将", "坐牢", "刑事", "黑名单", "立即起诉"]),
        (Language.ENGLISH, "If by then the overdue amount has not been paid", ["criminal", "blacklist"]),
    ],
)
def test_consequences_are_conditional_and_nobody_is_threatened(
    language: Language, condition: str, threats: list[str]
) -> None:
    text = text_of(a_demand(language))
    assert "".join(condition.split()) in text
    assert [threat for threat in threats if threat in text] == []


@BOTH
def test_every_page_names_case_and_letter_and_counts_itself(language: Language) -> None:
    pages = Pdf(render(a_demand(language)).body).pages
    assert len(pages) == 2
    for number, page in enumerate(pages, start=1):
        counted = {Language.CHINESE: f"第{number}页，共2页", Language.ENGLISH: f"Page{number}of2"}[language]
        assert counted in "".join(page.split())
        assert "case-L0000123-1-notice-1" in page


@BOTH
def test_it_is_a_pdf_for_the_evidence_file_with_its_own_fonts(language: Language) -> None:
    pdf = Pdf(render(a_demand(language)).body)
    assert "<pdfaid:part>2</pdfaid:part>" in pdf.metadata()
    assert "<pdfaid:conformance>B</pdfaid:conformance>" in pdf.metadata()
    assert {font.name for font in pdf.fonts} == {"NotoSerifSC-Regular", "NotoSansSC-Regular"}
    assert all(font.is_embedded for font in pdf.fonts)


@BOTH
def test_the_document_is_dated_by_the_ledger_and_names_nobody_in_its_metadata(language: Language) -> None:
    letter = render(a_demand(language, name="Zhang Example"))
    metadata = Pdf(letter.body).metadata()
    assert "<xmp:CreateDate>2026-11-23T04:00:00+00:00</xmp:CreateDate>" in metadata
    assert "Zhang" not in metadata
    assert "Zhang" not in letter.subject


def test_another_process_sets_the_same_bytes() -> None:
    here = render(a_demand()).sha256
    program = (
        "from arrears.channels.letters import render\n"
        "from tests.channels.demand import a_demand\n"
        "print(render(a_demand()).sha256)"
    )
    there = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert there.stdout.strip() == here


def test_another_day_is_another_document_and_a_later_hour_is_the_same() -> None:
    """What a lead has read is, bit by bit, what goes out when it is released that day."""
    later = a_demand(as_of=datetime(2026, 11, 23, 3, tzinfo=UTC))
    assert render(later).sha256 == render(a_demand()).sha256
    tomorrow = a_demand(as_of=datetime(2026, 11, 24, 3, tzinfo=UTC))
    assert render(tomorrow).sha256 != render(a_demand()).sha256


def test_its_pages_can_be_looked_at() -> None:
    pages = pictures(a_demand())
    assert pages
    assert all(page.startswith(b"\x89PNG") for page in pages)


@BOTH
@pytest.mark.parametrize(
    "name", ["*#panic()[", "#sys.inputs", "$x$ _y_ `z` @w <v>", "\"; \\ ' #{", "O’Brien"]
)
def test_a_name_is_never_source(language: Language, name: str) -> None:
    text = text_of(a_demand(language, name=name, address=name))
    greeting = {Language.CHINESE: "尊敬的{}：", Language.ENGLISH: "Dear{},"}[language]
    assert greeting.format("".join(name.split())) in text


def test_an_enterprise_is_addressed_as_one() -> None:
    text = text_of(a_demand(enterprise=True, name="示例机械有限公司"))
    assert "贵单位" in text
    assert "您" not in text


@BOTH
def test_what_is_not_known_is_left_out(language: Language) -> None:
    label = {Language.CHINESE: "合同编号", Language.ENGLISH: "Contractno."}[language]
    assert label in text_of(a_demand(language))
    assert label not in text_of(a_demand(language, contract_no=None))


@BOTH
def test_the_agreed_address_is_called_so_only_where_it_was_agreed(language: Language) -> None:
    label = {Language.CHINESE: "合同约定的送达地址", Language.ENGLISH: "Addressforserviceagreed"}[language]
    assert label in text_of(a_demand(language, service_address_agreed=True))
    assert label not in text_of(a_demand(language))


def test_the_day_is_the_banks_day() -> None:
    late_in_the_evening_utc = datetime(2026, 11, 22, 16, tzinfo=UTC)  # midnight in Shanghai
    assert "出函日期2026-11-23" in text_of(a_demand(as_of=late_in_the_evening_utc))


@BOTH
def test_the_longest_ids_and_names_of_the_intake_still_print(language: Language) -> None:
    loan_id = "ABCDEFGHIJ0123456789abcdefghij0123456789_-ABCDEF"
    text = text_of(
        a_demand(
            language,
            loan_id=loan_id,
            case_id=f"case-{loan_id}-1",
            notice_id=f"case-{loan_id}-1-notice-1",
            name="非常长的示例机械设备制造与进出口贸易有限责任公司" * 4,
            address="不存在的街道 " * 30,
        )
    )
    assert f"case-{loan_id}-1-notice-1" in text


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"costs_minor": 12_051}, "do not make the balance"),
        ({"costs_minor": -1, "interest_minor": 357_729}, "do not make the balance"),
        ({"overdue_minor": 9_123_161}, "not a part of the balance"),
        ({"overdue_minor": 0}, "not a part of the balance"),
        ({"as_of": datetime(2026, 11, 23)}, "no time zone"),  # noqa: DTZ001
        ({"first_overdue_on": date(2026, 11, 23)}, "nothing is past due"),
        ({"cure_on": date(2026, 11, 23)}, "no time to pay"),
        ({"cure_days": 0}, "no time to pay"),
        ({"currency": "IQD"}, "IQD"),
        ({"name": " "}, "mandatory field is empty: name"),
        ({"bank": replace(INVENTED[Language.CHINESE], phone="")}, "mandatory field is empty: bank_phone"),
    ],
)
def test_facts_that_do_not_fit_together_make_no_letter(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(LetterRefused, match=why):
        render(a_demand(**changes))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "张\U00020bb7"),  # a rare character of real names
        ("address", "street 👍"),
        ("name", "Zhang\u202eelpmaxE"),  # would print the name backwards
        ("name", "Zhang\u200bExample"),
        ("name", "Zhang\x00"),
        ("name", "Zhang\nExample"),
        ("name", "Zhang\ud800"),
        ("contract_no", "HT\ue000"),
    ],
)
def test_what_cannot_be_printed_is_refused_by_field_and_without_the_text(field: str, value: str) -> None:
    changes: dict[str, Any] = {field: value}
    with pytest.raises(LetterUnprintable) as refusal:
        render(a_demand(**changes))
    assert str(refusal.value) in (
        f"{field} holds an invisible character",
        f"{field} holds a character the letter fonts lack",
    )
    assert refusal.value.__context__ is None  # Typst's own error quotes the text


@pytest.mark.parametrize(
    ("minor", "currency", "language", "written"),
    [
        (1_234_567, "CNY", Language.CHINESE, "¥12,345.67"),
        (1_234_567, "CNY", Language.ENGLISH, "CNY\u00a012,345.67"),
        (1_234_567, "TWD", Language.CHINESE, "NT$12,345.67"),
        (1_234_567, "TWD", Language.ENGLISH, "TWD\u00a012,345.67"),
        (1_234_567, "JPY", Language.CHINESE, "JP¥1,234,567"),
        (1_234_567, "JPY", Language.ENGLISH, "JPY\u00a01,234,567"),
        (5, "EUR", Language.ENGLISH, "EUR\u00a00.05"),
        (0, "CNY", Language.CHINESE, "¥0.00"),
        (10**13, "CNY", Language.CHINESE, "¥100,000,000,000.00"),
    ],
)
def test_money_is_written_exactly(minor: int, currency: str, language: Language, written: str) -> None:
    assert money(minor, currency, language=language) == written


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("en", Language.ENGLISH),
        ("en-GB", Language.ENGLISH),
        ("EN-us", Language.ENGLISH),
        ("zh-CN", Language.CHINESE),
        ("zh-TW", Language.CHINESE),
        ("fr", Language.CHINESE),
        ("", Language.CHINESE),
        (None, Language.CHINESE),
    ],
)
def test_the_letter_comes_in_the_nearest_language(tag: str | None, language: Language) -> None:
    assert language_for(tag) is language
