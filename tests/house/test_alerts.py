"""Each alert watches a figure there is, and says where it is told what to do."""

import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from web.story import INCIDENTS

ROOT: Final = Path(__file__).resolve().parents[2]
RULES: Final[list[dict[str, Any]]] = yaml.safe_load((ROOT / "docs" / "alerts.yml").read_text("utf-8"))[
    "groups"
][0]["rules"]
MANUAL: Final = (ROOT / "docs" / "operating.md").read_text("utf-8")
TOLD_IN: Final = ("api/figures.py", "api/counted.py", "activities/counted.py")
FIGURES: Final = "".join((ROOT / file).read_text("utf-8") for file in TOLD_IN)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_watches_what_there_is_and_leads_to_what_is_to_be_done(rule: dict[str, Any]) -> None:
    for name in re.findall(r"arrears_[a-z_]+", rule["expr"]):
        assert f'"{name.removesuffix("_total")}"' in FIGURES, name
    for kinds in re.findall(r'kind=~?"([^"]+)"', rule["expr"]):
        assert set(kinds.split("|")) <= set(INCIDENTS), kinds
    assert rule["annotations"]["runbook"] == f"operating.md#{rule['alert'].lower()}"
    assert f"\n### {rule['alert']}\n" in MANUAL


def test_nothing_is_explained_that_never_rings() -> None:
    told = MANUAL.partition("## Alerts")[2].partition("\n## ")[0]
    assert re.findall(r"^### (\w+)$", told, re.MULTILINE) == [rule["alert"] for rule in RULES]
