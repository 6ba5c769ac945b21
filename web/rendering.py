"""Turns templates and facts into pages, or into the one block of a page that a swap asked for."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jinja2
from jinja2.runtime import Macro
from jinja2_fragments import render_blocks
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.auth import csrf
from api.auth.permissions import Permission, may_ever
from api.auth.person import Person
from arrears import clock
from arrears.channels.cabinet import LARGEST
from arrears.policy.tasks import WORK, Role
from web import formats, language, staff_words, words
from web.assets import Assets
from web.formats import Formats
from web.language import LANGUAGES, pgettext
from web.story import DELIVERIES, INCIDENTS, MACHINES
from web.visitor import THEMES, Visitor

TEMPLATES: Final = Path(__file__).parent / "templates"
# A large amount takes a manager's second approval instead of an advisor's.
_WITH_WORK: Final = frozenset({work.role for work in WORK.values()} | {Role.MANAGER})
VENDOR: Final = Path(__file__).parent / "static" / "vendor"


@dataclass(frozen=True)
class Place:
    """One entry of the menu."""

    name: str
    href: str
    icon: str
    here: bool


@dataclass(frozen=True)
class Finder:
    """Where a search is posted to, and under which name."""

    action: str
    field: str
    hint: str


class Pages:
    def __init__(self, assets: Assets, shapes: Formats) -> None:
        self._assets = assets
        self.shapes = shapes
        self._environment = _environment(assets, shapes)

    def show(
        self,
        request: Request,
        template: str,
        *,
        blocks: tuple[str, ...] = (),
        status: int = 200,
        **facts: Any,
    ) -> HTMLResponse:
        """The whole page; only `blocks` of it where htmx asked for a swap."""
        context = self._context(request) | facts
        if blocks and is_swap(request):
            text = render_blocks(self._environment, template, blocks, context)
        else:
            text = self._environment.get_template(template).render(context)
        return HTMLResponse(text, status_code=status)

    def fragment(self, template: str, **facts: Any) -> str:
        """A part without a page, in the language of the moment."""
        return self._environment.get_template(template).render(facts)

    def _context(self, request: Request) -> dict[str, Any]:
        visitor: Visitor = request.state.visitor
        path = request.url.path
        return {
            "me": visitor.person,
            "csrf_field": csrf.FIELD,
            "csrf": visitor.csrf,
            "theme": visitor.theme,
            "keys": visitor.keys,
            "other_theme": next(theme for theme in THEMES if theme != visitor.theme),
            "language": visitor.language,
            "other_languages": {tag: name for tag, name in LANGUAGES.items() if tag != visitor.language},
            "menu": menu(visitor.person, path) if visitor.person else (),
            "finder": finder(visitor.person) if visitor.person else None,
            "here": _here(request),
            "now": clock.door_now(),
        }


def is_swap(request: Request) -> bool:
    """htmx keeps no pages: for the way back it asks for all of one again."""
    headers = request.headers
    return headers.get("hx-request") == "true" and headers.get("hx-history-restore-request") != "true"


def menu(person: Person, path: str) -> tuple[Place, ...]:
    """Where this person may go; the first place is where the sign-in leads."""
    places = (
        (Permission.READ_TASK, pgettext("menu", "Tasks"), "/inbox", "inbox", ("/inbox", "/tasks")),
        (Permission.ASSIGN_TASK, pgettext("menu", "Team"), "/team", "users-round", ("/team",)),
        (Permission.READ_CASE, pgettext("menu", "Cases"), "/cases", "folder-open", ("/cases",)),
        (Permission.READ_APPROVAL, pgettext("menu", "Litigation"), "/approvals", "gavel", ("/approvals",)),
        (Permission.POST_PAYMENT, pgettext("menu", "Payments"), "/payments/new", "banknote", ("/payments",)),
        (Permission.READ_INCIDENT, pgettext("menu", "Incidents"), "/incidents", "siren", ("/incidents",)),
        (
            Permission.CERTIFY_STAFF,
            pgettext("menu", "Certificates"),
            "/certificates",
            "shield-check",
            ("/certificates",),
        ),
        (Permission.SEE_STAFF, pgettext("menu", "Staff"), "/staff", "user-round-check", ("/staff",)),
        (Permission.READ_REVEALS, pgettext("menu", "Looks"), "/reveals", "search", ("/reveals",)),
        (Permission.SEE_FREEZE, pgettext("menu", "Stop all"), "/freeze", "ban", ("/freeze",)),
        (Permission.READ_PACK, pgettext("menu", "Rules"), "/packs", "scale", ("/packs",)),
    )
    return tuple(
        Place(name, href, icon, path.startswith(below))
        for permission, name, href, icon, below in places
        if may_ever(person, permission) and (below[0] != "/inbox" or has_work(person))
    )


def finder(person: Person) -> Finder | None:
    """How this person looks for a case or a debtor: by anything in the list, else by the loan number alone."""
    if has_work(person):
        return Finder("/inbox/search", "words", language.gettext("Name, loan number, end of phone"))
    if may_ever(person, Permission.READ_CASE):
        return Finder("/cases", "loan_id", language.gettext("Loan number"))
    return None


def has_work(person: Person) -> bool:
    """Whether any task is ever put to a role of this person."""
    return bool(person.roles & _WITH_WORK)


def _here(request: Request) -> str:
    """Where a switch of language or theme comes back to; an action is never repeated."""
    if request.method != "GET":
        return "/"
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path


def _environment(assets: Assets, shapes: Formats) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    # The extension types its method on itself, not on the environment it is put on.
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        language.gettext,
        language.ngettext,
        newstyle=True,
        pgettext=language.pgettext,
        npgettext=language.npgettext,
    )
    environment.globals.update(
        asset=assets.url,
        htmx=_vendored("htmx-*.min.js"),
        hx_sse=_vendored("hx-sse-*.min.js"),
        icons=_vendored("lucide-*.svg"),
        shapes=shapes,
        words=words,
        staff_words=staff_words,
        incident_words=INCIDENTS,
        delivery_words=DELIVERIES,
        actor_words=MACHINES,
        called=words.called,
        largest_document=LARGEST // 2**20,
    )
    environment.filters.update(
        money=formats.money,
        count=formats.count,
        moment=shapes.moment,
        stamp=shapes.stamp,
        iso=shapes.iso,
        short=_short,
        spoken=_spoken,
    )
    # Once, at the start: an import at the top of a page is skipped when only a block is rendered.
    macros = vars(environment.get_template("macros.html").module)
    environment.globals.update({name: it for name, it in macros.items() if isinstance(it, Macro)})
    return environment


def _vendored(pattern: str) -> str:
    (found,) = VENDOR.glob(pattern)
    return f"vendor/{found.name}"


def _spoken(terms: words.Words) -> list[tuple[str, str]]:
    """A vocabulary as the options of a choice."""
    return [(code, words.called(terms, code)) for code in terms]


def _short(long_hash: str) -> str:
    """The two ends of a hash, enough to compare by eye."""
    return re.sub(r"^(.{4}).+(.{4})$", r"\1…\2", long_hash)
