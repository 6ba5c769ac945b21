"""Two of each process at one PostgreSQL: what goes well in one process goes well there.

Some walks in every run; with `ARREARS_TEST_CLUSTER=1` all other journeys are made on the cluster too.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys import test_roles as walks
from tests.journeys.stack import RunningStack
from tests.journeys.walk import Office
from tests.spoken import Spoken

pytestmark = [pytest.mark.browser, pytest.mark.server, pytest.mark.postgres]

Walk = Callable[[Office, RunningStack, Spoken], None]

SOME: Final[tuple[Walk, ...]] = (
    walks.test_a_collector_finishes_a_task_and_the_case_moves,
    walks.test_ops_posts_a_payment_by_hand_and_the_case_closes,
    walks.test_an_operator_lets_the_time_of_one_case_pass,
)


@pytest.fixture
def say() -> Spoken:
    return Spoken("zh-CN")


@pytest.fixture
def office(cluster_stack: RunningStack, browser: Browser, say: Spoken) -> Office:
    return Office(cluster_stack, browser, say)


@pytest.mark.parametrize("walk", SOME, ids=lambda walk: walk.__name__.removeprefix("test_"))
def test_a_walk_goes_as_well_on_a_cluster(
    walk: Walk, office: Office, cluster_stack: RunningStack, say: Spoken
) -> None:
    try:
        walk(office, cluster_stack, say)
    finally:
        office.close()


def test_what_somebody_takes_at_one_web_server_is_seen_at_the_other(
    office: Office, cluster_stack: RunningStack, say: Spoken
) -> None:
    here, there = cluster_stack.doors
    case_id = cluster_stack.a_case(name="司马青衫")
    mine, theirs = office.window("collector"), office.window("colleague")
    for page, door in ((mine, here), (theirs, there)):
        page.goto(f"{door}/inbox")
        page.get_by_label(say("姓名、借据号或电话尾号")).fill(cluster_stack.loan_of(case_id))
        page.keyboard.press("Enter")
        expect(page.locator("#list .row")).to_have_count(1)
    row = theirs.locator("#list .row")
    expect(row).not_to_contain_text("陈静")
    mine.locator("#list .row a").click()
    mine.get_by_role("button", name=say("领取任务")).click()
    expect(mine.get_by_text(say("由您处理"))).to_be_visible()
    expect(row).to_contain_text("陈静")  # nobody touched that page
    office.close()


def test_all_of_it_is_true_in_the_end(cluster_stack: RunningStack) -> None:
    cluster_stack.settle()
    arrears = Path(sys.executable).with_name("arrears")
    database = cluster_stack.store.engine.url.render_as_string(hide_password=False)
    asked = subprocess.run(
        [arrears, "check"],
        env=os.environ | {"ARREARS_DATABASE_URL": database, "ARREARS_DATA_DIR": str(cluster_stack.data_dir)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0, asked.stdout + asked.stderr
