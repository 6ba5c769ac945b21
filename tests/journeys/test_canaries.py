"""A debtor with data that occur nowhere else lives a case from call to letter to payment: then they are looked for.

Nothing of name, phone, identity number and address, and no word that people typed, is in an address, in a log line, in
Temporal, among figures, in a trace or in a browser's storage. Where they belong, in the database, they are found: the search works.
"""

from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.stack import RunningStack
from tests.journeys.walk import PATIENCE, Office
from tests.spoken import Spoken

pytestmark = [pytest.mark.browser, pytest.mark.server]

NAME: Final = "鸑鷟麟"
PHONE: Final = "19987654329"
ID_NUMBER: Final = "110101199912319876"
ADDRESS: Final = "貔貅巷第七七七号"
WORDS: Final = "其母饕餮女士代接，改拨19912349999"
COMMENT: Final = "鸑鷟麟本人来过柜台"
FILE: Final = "鸑鷟麟住院证明.pdf"
# As they were typed, and every part of them by which somebody would be known.
CANARIES: Final = (NAME, "鸑鷟", PHONE, PHONE[-8:], ID_NUMBER, "貔貅巷", "饕餮", "19912349999", "住院证明")


def test_nothing_of_a_debtor_is_where_it_does_not_belong(
    embedded_stack: RunningStack, browser: Browser
) -> None:
    stack = embedded_stack
    office = Office(stack, browser, Spoken("zh-CN"))
    addresses: list[str] = []
    case_id = stack.a_case(
        days_past_due=41,
        overdue=2_000_000,
        balance=2_000_000,
        name=NAME,
        phone=PHONE,
        id_number=ID_NUMBER,
        address=ADDRESS,
    )
    for role in ("collector", "team_lead", "ops", "compliance", "operator"):
        office.window(role).on("request", lambda request: addresses.append(request.url))
        office.window(role).on("console", lambda said: addresses.append(said.text))
    _live(office, stack, case_id)
    stored = [_storage(office.window(role)) for role in ("collector", "team_lead", "ops")]
    titles = [office.window(role).title() for role in ("collector", "team_lead", "ops")]
    monitored = _told_to_monitors(office.window("operator"), stack)
    office.close()

    assert _found((stack.data_dir / "arrears.db").parent.glob("arrears.db*"), NAME.encode()), (
        "the sweep sees nothing"
    )
    temporal = list((stack.data_dir / "temporal").rglob("*"))
    assert _found(temporal, case_id.encode()), "the sweep does not see what Temporal keeps"
    assert _found(temporal, b"json/plain"), "what is said to Temporal is sealed: nothing can be seen in it"
    log = stack.data_dir / "up.log"
    traced = b"".join(stack.collector.bodies)
    assert case_id.encode() in traced, "the sweep does not see what is traced"
    for canary in CANARIES:
        assert not [one for one in addresses if canary in unquote(one)], f"{canary} in an address"
        assert not [one for one in (*stored, *titles) if canary in one], f"{canary} in a browser's storage"
        assert canary not in monitored, f"{canary} among figures"
        for written in (canary.encode(), canary.encode("utf-16-le"), _escaped(canary)):
            assert not _found(temporal, written), f"{canary} in Temporal"
            assert not _found([log], written), f"{canary} in the log"
            assert written not in traced, f"{canary} in a trace"


def _live(office: Office, stack: RunningStack, case_id: str) -> None:
    """Searched for, looked at, called, talked about, escalated, written to, paid."""
    _search(office)
    _call(office, case_id)
    _escalate(office, stack, case_id)
    _read_papers(office, stack, case_id)
    _pay(office, stack, case_id)
    stack.settle(case_id)


def _search(office: Office) -> None:
    page = office.window("collector")
    for wanted in (NAME, PHONE[-4:]):
        office.search(page, "/inbox", wanted)
        expect(page.locator("#list .row")).to_have_count(1)


def _call(office: Office, case_id: str) -> None:
    say = office.say
    page = office.take("collector", case_id, "首次联系")
    _look(page, "id_number")
    expect(page.get_by_text(ID_NUMBER)).to_be_visible()
    page.get_by_role("button", name="拨打").click()
    expect(page.locator(".dial")).to_have_text(PHONE)
    page.get_by_label(say("给同事留言")).fill(COMMENT)
    page.locator("#f-document").set_input_files(
        {"name": FILE, "mimeType": "application/pdf", "buffer": b"%PDF-1.7 canary"}
    )
    page.get_by_role("button", name=say("发表留言", "")).click()
    expect(page.get_by_role("link", name=FILE)).to_be_visible()
    office.choose(page, "无人接听")
    page.get_by_label(say("理由或备注")).fill(WORDS)
    page.get_by_role("button", name=say("保存结果")).click()
    expect(page.get_by_text(office.done("无人接听"))).to_be_visible(timeout=PATIENCE)


def _escalate(office: Office, stack: RunningStack, case_id: str) -> None:
    for answer in ("无人接听", "拒绝还款"):
        office.skip_until(case_id, "follow_up")
        office.decide("collector", case_id, "跟进联系", answer, reason=WORDS)
    office.decide("team_lead", case_id, "升级审议", "升级", reason=WORDS)
    office.decide("team_lead", case_id, "催告函签发", "签发", reason=WORDS)
    if stack.sent_at(case_id) is None:  # at night nothing goes out
        office.skip(case_id)


def _read_papers(office: Office, stack: RunningStack, case_id: str) -> None:
    story = office.case_page("team_lead", case_id)
    for paper in (office.say("发出的函件原文"), FILE):
        href = story.get_by_role("link", name=paper).first.get_attribute("href")
        assert story.request.get(f"{stack.base_url}{href}").ok
    office.case_page("compliance", case_id)


def _pay(office: Office, stack: RunningStack, case_id: str) -> None:
    say = office.say
    ops = office.window("ops")
    ops.goto(f"{stack.base_url}/payments/new")
    ops.get_by_label(say("借据号")).fill(stack.loan_of(case_id))
    ops.get_by_label(say("金额", "Amount")).fill("20,000.00")
    ops.get_by_role("button", name=say("录入还款")).click()
    expect(ops.locator(".note.ok")).to_be_visible(timeout=PATIENCE)


def _look(page: Page, what: str) -> None:
    page.locator("#reveal > summary").click()
    page.get_by_label("查看内容").select_option(what)
    page.get_by_label("查看目的").select_option("identify")
    page.get_by_role("button", name="查看", exact=True).click()


def _storage(page: Page) -> str:
    """Everything a browser keeps of a site."""
    kept: Any = page.evaluate(
        """async () => JSON.stringify([
            {...localStorage}, {...sessionStorage}, await indexedDB.databases(), await caches.keys(),
            history.state, window.name, document.cookie,
        ])"""
    )
    return str(kept) + str(page.context.cookies())


def _told_to_monitors(page: Page, stack: RunningStack) -> str:
    """Health and figures, as whoever watches the product reads them."""
    asked = [(f"{stack.base_url}/health/{which}", "") for which in ("live", "ready")]
    told = ""
    for address, token in (*asked, *stack.monitored):
        answer = page.request.get(address, headers={"Authorization": f"Bearer {token}"})
        assert answer.ok, address
        told += answer.text()
    return told


def _found(files: Any, wanted: bytes) -> list[Path]:
    return [file for file in files if file.is_file() and wanted in file.read_bytes()]


def _escaped(canary: str) -> bytes:
    r"""As JSON writes it where only ASCII may stand: \u9e11…"""
    return canary.encode("unicode_escape")
