"""Every page there is, seen in a real browser: by axe in both languages, both themes and three widths, and by whoever
listens for what a page must not do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from typing import Any, Final
from urllib.parse import unquote

import pytest
from playwright.sync_api import ConsoleMessage, Page, Request
from sqlalchemy import delete, insert, select
from starlette.responses import HTMLResponse
from starlette.routing import compile_path

from api.desk.staffing import StaffDesk
from arrears.policy.tasks import Role
from arrears.store import people
from arrears.store.people import NewStaff
from arrears.store.tables import borrowers, contact_points, holds
from arrears.store.transfers import TransferIn
from scripts import vendor_web
from tests.builders import standing_at
from tests.web.place import AXE, RULES, Place
from tests.web.test_matrix import PAGES
from web.rendering import TEMPLATES, Pages

pytestmark = pytest.mark.browser

SIZES: Final = ((1440, 900), (390, 844))
NARROW: Final = 320
# What a theme can change: `tests/web/test_assets.py` holds that it sets colours and nothing else.
OF_COLOUR: Final = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
STICKING_OUT: Final = """() => [...document.querySelectorAll(".card, .task-head, .page-head, .list-pane")].flatMap(box => {
  const edge = box.getBoundingClientRect().right + 1;
  const clipped = ".scroll, .row .line, .vh, .label, thead";
  return [...box.querySelectorAll("*")]
    .filter(one => one.getBoundingClientRect().right > edge && one.offsetParent && !one.closest(clipped))
    .map(one => one.textContent.trim().slice(0, 40));
}).slice(0, 3)"""
KEPT: Final = """async () => [
  ...Object.keys(localStorage), ...Object.keys(sessionStorage),
  ...(await indexedDB.databases()).map(one => one.name), ...await caches.keys(),
]"""
_number = count(1)

Way = Callable[[Place, Page], None]


# ---- the ways to pages that have no address of their own -------------------------------------------------


def _to_confirm(place: Place, page: Page) -> None:
    page.goto(_address(place, "approval:second_approval"))
    if page.locator("form[action$='/claim']").count():
        page.click("form[action$='/claim'] button")
    page.check("input[name=outcome][value=refuse]")
    page.fill("[name=reason]", "金额有误，退回重算。")
    page.click("form.answering button.primary")


def _to_letter(place: Place, page: Page) -> None:
    page.goto(place.task_href(place.cases.notice, "notice_release"))
    free = page.locator("form[action^='/tasks/'][action$='/claim'] button")
    if free.count():
        free.click()
        page.wait_for_selector("form[action$='/release']")
    page.goto(_address(place, "letter:notice"))
    page.wait_for_selector("img.sheet")


def _onto_a_loan(place: Place, page: Page) -> None:
    page.goto(f"{place.url}/incidents")
    form = page.locator("article", has_text="RL-UNKNOWN-7").locator("form.closing")
    form.locator("[name=outcome][value=assigned]").check()
    form.locator("[name=loan_id]").fill(place.room.case(place.cases.formal).loan_id)
    form.locator("[name=reason]").fill("附言写错借据号")
    form.locator("button").click()


def _taken_together(place: Place, page: Page) -> None:
    page.goto(f"{place.url}/inbox?view=free")
    for box in page.locator("#list [name=task]").all()[:2]:
        box.check()
    page.click(".chosen button:not([type])")
    page.wait_for_selector("h1")


def _a_new_link(place: Place, page: Page) -> None:
    page.goto(f"{place.url}/staff/s-desk")
    page.click("form[action$='/link'] button")


def _gone(place: Place, page: Page) -> None:
    login = f"leaver-{next(_number)}"
    new = NewStaff(login, "尤佳", frozenset({Role.COLLECTOR}), None, "zh-CN", f"s-{login}")
    with place.room.store.transaction() as connection:
        people.add_staff(connection, replace(new, password_hash="-"), at=place.room.now)
    page.goto(f"{place.url}/staff/s-{login}/leave")
    page.click("main button.primary")


def _invited(place: Place, page: Page) -> None:
    link = StaffDesk(place.room.store).new_link(place.branch.people["admin"], "s-operator")
    page.goto(f"{place.url}/invitation/{link.token}")


def _shared_out(place: Place, page: Page) -> None:
    number = f"T-{next(_number)}"
    room, ops = place.room, place.branch.people["ops"]
    money = TransferIn(number, "B000001", room.today, room.today, 100, room.rules.terms.currency)
    with standing_at(room):
        room.desk.money.post_transfer(ops, money, by_hand=True)
    page.goto(f"{place.url}/payments/{number}")


# ---- the pages -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class View:
    """A page as one role comes to it: by its address, or by a way; `template` is what draws it."""

    name: str
    login: str | None
    path: str
    template: str
    status: int = 200
    way: Way | None = None


VIEWS: Final = (
    View("login", None, "/login", "login.html"),
    View("invitation", None, "/invitation/{token}", "invitation.html", way=_invited),
    View("inbox", "collector", "/inbox", "inbox.html"),
    View("inbox-empty", "collector", "/inbox?stage=legal", "inbox.html"),
    View("inbox-team", "lead", "/inbox?team=1&not_stage=legal", "inbox.html"),
    View("together", "collector", "", "together.html", way=_taken_together),
    View("task-contact", "collector", "first_contact:first_contact", "inbox.html"),
    View("task-escalation", "lead", "escalation:escalation", "inbox.html"),
    View("task-notice", "lead", "notice:notice_release", "inbox.html"),
    View("task-letter", "lead", "letter:notice", "inbox.html", way=_to_letter),
    View("task-second-barred", "advisor1", "second:second_approval", "inbox.html"),
    View("approvals", "manager", "/approvals", "approvals.html"),
    View("team", "lead", "/team", "team.html"),
    View("approval", "advisor2", "approval:second_approval", "approval.html"),
    View("approval-barred", "advisor1", "approval:second_approval", "approval.html"),
    View("confirm", "advisor2", "", "approval_confirm.html", way=_to_confirm),
    View("cases", "compliance", "/cases", "cases.html"),
    View("case-lead", "lead", "case:formal", "case.html"),
    View("reveals", "compliance", "/reveals", "reveals.html"),
    View("case-formal", "operator", "case:formal", "case.html"),
    View("case-legal", "lead", "case:legal", "case.html"),
    View("case-closed", "collector", "case:paid", "case.html"),
    View("debtor", "collector", "debtor:longest", "debtor.html"),
    View("case-longest", "operator", "case:longest", "case.html"),
    View("task-longest", "lead", "longest:escalation", "inbox.html"),
    View("incidents", "operator", "/incidents", "incidents.html"),
    View("incidents-refund", "ops", "/incidents", "incidents.html"),
    View("incident-assign", "ops", "", "incident_assign.html", way=_onto_a_loan),
    View("certificates", "lead", "/certificates", "certificates.html"),
    View("packs", "compliance", "/packs", "packs.html"),
    View("pack", "manager", "/packs/trial.1", "pack.html"),
    View("payment", "ops", "/payments/new", "payment_new.html"),
    View("payment-waits", "ops", "/payments/P-900002", "payment.html"),
    View("transfer", "ops", "", "transfer.html", way=_shared_out),
    View("delivery", "ops", "delivery:formal", "delivery.html"),
    View("plan-new", "planner", "plan:formal", "plan_new.html"),
    View("hold-new", "desk", "holds:formal", "hold.html"),
    View("case-held", "desk", "case:held", "case.html"),
    View("task-dispute", "desk", "held:dispute_review", "inbox.html"),
    View("task-hardship", "planner", "held:hardship_decision", "inbox.html"),
    View("freeze", "manager", "/freeze", "freeze.html"),
    View("contacted", "desk", "contacted:formal", "inbound.html"),
    View("case-planned", "planner", "case:planned", "case.html"),
    View("task-plan", "planner", "planned:plan_breach", "inbox.html"),
    View("settings", "admin", "/prefs", "prefs.html"),
    View("staff", "admin", "/staff", "staff.html"),
    View("person", "admin", "/staff/s-collector", "person.html"),
    View("person-read", "lead", "/staff/s-collector", "person.html"),
    View("invite", "admin", "/staff/invite", "staff_invite.html"),
    View("link", "admin", "", "staff_link.html", way=_a_new_link),
    View("leave", "admin", "/staff/s-collector/leave", "leave.html"),
    View("left", "admin", "", "left.html", way=_gone),
    View("sessions", "lead", "/sessions", "sessions.html"),
    View("password", "lead", "/password", "password.html"),
    View("forbidden", "admin", "/cases", "error.html", 403),
    View("nothing", "lead", "/no-such-page", "error.html", 404),
)
# GET, and no page: a file, a stream, a part, a number, or a way to one of the pages above.
NO_PAGE: Final = {
    "/",
    "/metrics",
    "/events",
    "/tasks/{task_id}/news",
    "/tasks/{task_id}/letter.pdf",
    "/tasks/{task_id}/letter/{number}.png",
    "/inbox/clocks",
    "/cases/{case_id}/events",
    "/approvals/{task_id}/pack.pdf",
    "/evidence/{sha256}",
    "/cases/{case_id}/notices/{notice_id}",
    "/cases/{case_id}/comments/{remark_id}/document",
}
_FORMS: Final = {"debtor": "debtor", "plan": "plans/new", "holds": "holds", "contacted": "contacts/new"}


def _address(place: Place, path: str) -> str:
    where, _, what = path.partition(":")
    if path.startswith("/"):
        return f"{place.url}{path}"
    if where == "case":
        return f"{place.url}/cases/{getattr(place.cases, what)}"
    if where == "delivery":
        case_id = getattr(place.cases, what)
        return f"{place.url}/cases/{case_id}/notices/{case_id}-notice-1/delivery"
    if where == "approval":
        return place.task_href(place.cases.second, what).replace("/tasks/", "/approvals/")
    if where == "letter":
        return f"{place.task_href(place.cases.notice, 'notice_release')}/letter"
    if where in _FORMS:
        return f"{place.url}/cases/{getattr(place.cases, what)}/{_FORMS[where]}"
    return place.task_href(getattr(place.cases, where), what)


def test_no_page_is_left_unseen(place: Place) -> None:
    """A new address or a new template without a view fails here."""
    gets = {route.removeprefix("GET ") for route in PAGES if route.startswith("GET ")}
    seen = {
        _address(place, view.path).removeprefix(place.url).partition("?")[0] for view in VIEWS if view.path
    }
    unseen = {path for path in gets - NO_PAGE if not any(compile_path(path)[0].match(one) for one in seen)}
    assert unseen == set()
    parts = {"base.html", "macros.html"}
    whole = {file.name for file in TEMPLATES.glob("[a-z]*.html")} - parts
    assert {view.template for view in VIEWS} == whole


# ---- seen ------------------------------------------------------------------------------------------------


class Drawing(Pages):
    """The pages of the branch, which remember what they drew last."""

    def __init__(self, pages: Pages) -> None:
        vars(self).update(vars(pages))
        self.last = ""

    def show(self, request: Any, template: str, **facts: Any) -> HTMLResponse:
        self.last = template
        return super().show(request, template, **facts)


@dataclass
class Window:
    """One browser of one person, for all the pages that person sees; `heard` is what a page must not say or do."""

    page: Page
    place: Place
    drawing: Drawing
    secrets: frozenset[str]  # names, numbers and addresses of debtors
    heard: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.heard.append(str(error)))
        self.page.on("request", self._asks)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.heard.append(message.text)

    def _asks(self, request: Request) -> None:
        if not request.url.startswith(f"{self.place.url}/"):
            self.heard.append(f"asks outside: {request.url}")
        elif request.url == f"{self.place.url}/csp":
            self.heard.append("breaks the content policy")
        self.heard += [
            f"names a debtor in an address: {one}" for one in self.secrets if one in unquote(request.url)
        ]


Windows = Callable[[str | None], Window]


@pytest.fixture(scope="module")
def windows(place: Place) -> Iterator[Windows]:
    """Whoever has signed in stays so: a sign-in for each page would cost more than the page."""
    office = place.branch.app.state.office
    drawing = Drawing(office.pages)
    place.branch.app.state.office = replace(office, pages=drawing)
    opened: dict[str | None, Window] = {}
    with place.room.store.reading() as connection:
        secrets = frozenset(
            connection.execute(select(borrowers.c.name).union(select(contact_points.c.address))).scalars()
        )

    def window(login: str | None) -> Window:
        if login not in opened:
            still = {"reduced_motion": "reduce"}  # a colour on its way to another pleases nobody
            page = place.signed_in(login, **still) if login else place.visitor(**still).new_page()
            opened[login] = Window(page, place, drawing, secrets)
        return opened[login]

    yield window
    for one in opened.values():
        one.page.context.close()


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_page_is_whole_for_everybody(place: Place, windows: Windows, view: View) -> None:
    """Answers, pleases axe, says nothing on the console, asks nobody else, keeps nothing, and does not run sideways."""
    window = windows(view.login)
    window.heard.clear()
    faults: list[str] = []
    for language, theme in (("zh-CN", "light"), ("en", "dark")):
        _dress(window, view.login, language, theme)
        faults += _come(window, view)
        faults += [f"{language}: {fault}" for fault in _faults(window.page, theme)]
    faults += [said for said in window.heard if not _is_expected(said, view.status)]
    window.page.goto("about:blank")  # no stream stays open behind it
    if view.login:
        place.speaks(view.login, "zh-CN")
    assert faults == []


def _dress(window: Window, login: str | None, language: str, theme: str) -> None:
    if login:
        window.place.speaks(login, language)
    worn = {"theme": theme, "language": language}
    url = window.place.url
    window.page.context.add_cookies([{"name": name, "value": it, "url": url} for name, it in worn.items()])


def _come(window: Window, view: View) -> list[str]:
    page = window.page
    statuses: list[int] = []
    heard = partial(_note_status, statuses)
    page.on("response", heard)
    page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})
    if view.way is not None:
        view.way(window.place, page)
    else:
        page.goto(_address(window.place, view.path))
    page.wait_for_load_state()
    page.remove_listener("response", heard)
    drawn = window.drawing.last if view.status < 400 else "error.html"
    faults = [] if statuses[-1] == view.status else [f"answered {statuses[-1]}"]
    return faults if drawn == view.template else [*faults, f"{drawn} was drawn"]


def _note_status(statuses: list[int], response: Any) -> None:
    if response.request.is_navigation_request() and response.status != 303:
        statuses.append(response.status)


def _faults(page: Page, theme: str) -> list[str]:
    """In the theme the server gave it all of axe, in the other one what is of colour."""
    named = page.evaluate(
        "[...document.querySelectorAll('svg.icon use')].map(one => one.getAttribute('href'))"
    )
    faults = [f"no picture {href}" for href in named if href.split("#")[1] not in vendor_web.ICONS]
    faults += [f"keeps {name}" for name in page.evaluate(KEPT)]
    page.evaluate(AXE.read_text(encoding="utf-8"))
    other = "dark" if theme == "light" else "light"
    for size in SIZES:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        faults += _axe(page, RULES, f"{theme} {size}")
        page.evaluate("theme => document.documentElement.dataset.theme = theme", other)
        faults += _axe(page, OF_COLOUR, f"{other} {size}")
        page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        for width in (size[0],) if size is SIZES[0] else (size[0], NARROW):
            page.set_viewport_size({"width": width, "height": size[1]})
            faults += _sideways(page, width)
    return faults


def _axe(page: Page, rules: Any, dress: str) -> list[str]:
    how = {"runOnly": rules, "resultTypes": ["violations"]}
    found = page.evaluate("how => axe.run(document, how).then(came => came.violations)", how)
    return [f"{dress}: {one['id']} at {[node['target'] for node in one['nodes']][:3]}" for one in found]


def _sideways(page: Page, width: int) -> list[str]:
    beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    faults = [f"{width}: {beyond} px sideways"] if beyond > 0 else []
    return faults + [f"{width}: {text!r} sticks out" for text in page.evaluate(STICKING_OUT)]


def _is_expected(said: str, status: int) -> bool:
    """A browser calls every answer above 400 an error."""
    return status >= 400 and f"status of {status}" in said


# ---- a stopped bank --------------------------------------------------------------------------------------


@pytest.fixture
def frozen(place: Place) -> Iterator[None]:
    """A stop of all work that only its page knows of: the cases of the other tests go on."""
    stop = {
        "hold_id": "bank-hold-1",
        "kind": "system_freeze",
        "scope": "bank",
        "reason": "said",
        "placed_by": "s-manager",
        "placed_at": place.room.now,
    }
    with place.room.store.transaction() as connection:
        connection.execute(insert(holds).values(stop))
    yield
    with place.room.store.transaction() as connection:
        connection.execute(delete(holds).where(holds.c.hold_id == "bank-hold-1"))


@pytest.mark.parametrize("login", ["manager", "lead"])
def test_the_page_of_a_stopped_bank_is_whole(
    place: Place,
    windows: Windows,
    frozen: None,
    login: str,
) -> None:
    test_a_page_is_whole_for_everybody(place, windows, View("frozen", login, "/freeze", "freeze.html"))
