"""What a person is shown when a page cannot be had: what happened, and the way back."""

import re
from collections.abc import Callable
from typing import Final
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.errors import Problem, answer
from api.traced import request_id
from web.language import gettext as _
from web.rendering import Pages
from web.visitor import safe_next

# What is posted from these is still being written, and only this page has it.
_WITH_WORDS: Final = ("/draft", "/decision")
# What a page asks for by itself: nobody is led away from a form by it.
_BY_ITSELF: Final = ("/events", "/news", "/clocks")
_ACT_ON_TASK: Final = re.compile(r"(/tasks/[A-Za-z0-9_.:-]+)/")

Mishap = Callable[[Request, Problem], Response]


class Mishaps:
    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def __call__(self, request: Request, problem: Problem) -> Response:
        if not hasattr(request.state, "visitor"):  # a file, not a page
            return answer(request, problem)
        if problem.message_id == "not_signed_in":
            return _to_the_door(request)
        title, text = _told(problem)
        page = self._pages.show(
            request,
            "error.html",
            status=problem.status,
            code=problem.status,
            title=title,
            text=text,
            reference=request_id(request) if problem.is_our_fault else None,
        )
        if problem.retry_after is not None:
            page.headers["Retry-After"] = str(problem.retry_after)
        return page


def _to_the_door(request: Request) -> Response:
    """A swap must not put the sign-in page into the middle of another one, and nobody's words are taken away."""
    if request.headers.get("hx-request") == "true":
        if request.url.path.endswith((*_WITH_WORDS, *_BY_ITSELF)):
            return Response(status_code=401)  # the page stays, says so, and can be sent once more
        back = urlsplit(request.headers.get("hx-current-url", ""))
        door = _door(f"{back.path}?{back.query}" if back.query else back.path)
        return Response(status_code=401, headers={"HX-Redirect": door})
    query = request.url.query
    wanted = f"{request.url.path}?{query}" if query else request.url.path
    return RedirectResponse(_door(wanted if request.method == "GET" else _task_of(request)), 303)


def _task_of(request: Request) -> str:
    """An act is never repeated, but whoever answered a task comes back to it."""
    found = _ACT_ON_TASK.match(request.url.path)
    return found.group(1) if found else "/"


def _door(wanted: str) -> str:
    back_to = safe_next(wanted)
    return "/login" if back_to == "/" else f"/login?next={quote(back_to, safe='/')}"


def _told(problem: Problem) -> tuple[str, str]:
    match problem.message_id:
        case "cross_site":
            return _("This page was too old"), _(
                "It was opened before you signed in again. Open it once more."
            )
        case "too_large" | "media_type" | "unreadable" | "invalid" | "bad_cursor":
            return _("This cannot be read"), _(
                "The address or the form is not one of ours. Nothing was changed."
            )
        case "method_not_allowed":
            return _("This cannot be opened like that"), _("The address takes a form and shows no page.")
    match problem.status:
        case 403:
            return _("This is not for your role"), _("Ask an administrator if you need it for your work.")
        case 404:
            return _("There is nothing here"), _("It does not exist, or it is not for you to see.")
        case 429:
            return _("Too many tries"), _("Wait a little, then try again.")
        case 503:
            return _("The database does not answer"), _("Nothing was lost. Try again in a moment.")
        case _:
            return _("Something went wrong"), _(
                "Nothing was saved. The reference helps an operator to find out."
            )
