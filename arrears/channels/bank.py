"""Who writes the letters: read from a TOML file with one table a language; without one, an invented bank."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from arrears.channels.letters import Bank, Language

INVENTED: Final[Mapping[Language, Bank]] = {
    Language.CHINESE: Bank(
        name="示例城市银行股份有限公司",
        unit="资产保全部",
        address="示例省样本市演示路1号",
        phone="000-0000-0001",
        hours="工作日 9:00-17:00",
        email="hardship@bank.example",
        website="https://bank.example",
        account_name="示例城市银行贷款还款专户",
        account_no="0000 0000 0000 0001",
        account_bank="示例城市银行总行营业部",
        complaints_phone="000-0000-0002",
        complaints_beyond="国家金融监督管理总局投诉热线 12378",
    ),
    Language.ENGLISH: Bank(
        name="Example City Bank Co., Ltd.",
        unit="Asset Protection",
        address="1 Demonstration Road, Sample City",
        phone="000-0000-0001",
        hours="bank days 9:00-17:00",
        email="hardship@bank.example",
        website="https://bank.example",
        account_name="Example City Bank loan repayments",
        account_no="0000 0000 0000 0001",
        account_bank="Example City Bank, head office",
        complaints_phone="000-0000-0002",
        complaints_beyond="the National Financial Regulatory Administration, hotline 12378",
    ),
}


def load(path: Path | None) -> Mapping[Language, Bank]:
    """Raises TypeError for a missing or unknown field and KeyError for a missing language."""
    if path is None:
        return INVENTED
    tables = tomllib.loads(path.read_text("utf-8"))
    return {language: Bank(**tables[language.value]) for language in Language}
