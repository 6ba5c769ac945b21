"""A formal demand that may leave the bank, to be changed by each test where it matters."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from arrears.channels.bank import INVENTED
from arrears.channels.letters import DemandLetter, Language


def a_demand(language: Language = Language.CHINESE, **changes: Any) -> DemandLetter:
    letter = DemandLetter(
        notice_id="case-L0000123-1-notice-1",
        case_id="case-L0000123-1",
        language=language,
        bank=INVENTED[language],
        name="张示例",
        address="样例省虚构市示范路12号3栋404室",
        product="term_loan",
        loan_id="L0000123",
        contract_no="HT-2024-000123",
        currency="CNY",
        costs_minor=12_050,
        interest_minor=345_678,
        principal_minor=8_765_432,
        balance_minor=9_123_160,
        overdue_minor=1_234_567,
        first_overdue_on=date(2026, 10, 10),
        as_of=datetime(2026, 11, 23, 2, tzinfo=UTC),
        cure_on=date(2026, 12, 13),
        cure_days=15,
    )
    return replace(letter, **changes)
