"""A short walk of the monkey; `make chaos` is the long one."""

from pathlib import Path
from typing import Final

import pytest

from tests.chaos.monkey.deaths import Terms
from tests.chaos.monkey.monkey import play
from tests.postgres import NoPostgres
from tests.tools import lacking

pytestmark = [pytest.mark.server, pytest.mark.chaos, pytest.mark.asyncio(loop_scope="session")]

# Of these seeds the first deaths are of different parts, each once.
ON_SQLITE: Final = Terms(seed=451, seconds=15, cases=20, database="sqlite")
ON_POSTGRES: Final = Terms(seed=138, seconds=15, cases=20, database="postgres")


@pytest.mark.parametrize(
    "terms",
    [
        pytest.param(ON_SQLITE, id="sqlite"),
        pytest.param(ON_POSTGRES, id="postgres", marks=pytest.mark.postgres),
    ],
)
async def test_while_parts_die_nothing_acknowledged_is_lost_doubled_or_made_up(
    terms: Terms, tmp_path: Path
) -> None:
    """Clients see nothing but silence, 409 and 503; in the end every invariant holds and each case agrees."""
    try:
        report = await play(terms, tmp_path)
    except NoPostgres as reason:
        lacking(str(reason), marker="postgres")
    assert report.faults == [], report.in_words()
    assert min(report.accepted[kind] for kind in ("claim", "decision", "payment")) > 0, report.in_words()
    assert report.deaths.total() >= 3, report.in_words()
    assert report.heard["open"] == terms.cases
    assert report.letters == terms.escalated // 2, "each letter that was released went out, once"
