"""A person's own settings: language, colours and keys."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from api.auth.permissions import Permission
from api.auth.person import Person
from api.deps import EVERYONE
from arrears.store import people
from web import words
from web.gate import Permitted
from web.language import LANGUAGES
from web.office import TheOffice
from web.visitor import KEYS, KEYS_COOKIE, LANGUAGE_COOKIE, THEME_COOKIE, THEMES, Anyone, safe_next
from web.words import called

router = APIRouter()

ONE_YEAR: Final = 365 * 24 * 3600


@router.get("/prefs")
def show(
    request: Request, office: TheOffice, who: Annotated[Person, Depends(Permitted(Permission.BE_SIGNED_IN))]
) -> Response:
    roles = [called(words.ROLES, role.value) for role in sorted(who.roles)]
    return office.pages.show(request, "prefs.html", roles=roles, languages=LANGUAGES, themes=THEMES)


@router.post("/prefs", dependencies=[EVERYONE])
def save(  # noqa: PLR0917  # one a field
    visitor: Anyone,
    office: TheOffice,
    language: Annotated[str, Form()] = "",
    theme: Annotated[str, Form()] = "",
    keys: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "",  # noqa: A002
) -> Response:
    """Also before the sign-in: then only this browser remembers."""
    answer = RedirectResponse(safe_next(next), 303)
    wanted = {
        LANGUAGE_COOKIE: language if language in LANGUAGES else "",
        THEME_COOKIE: theme if theme in THEMES else "",
        KEYS_COOKIE: keys if keys in KEYS else "",
    }
    for name, value in wanted.items():
        if value:
            answer.set_cookie(
                name,
                value,
                max_age=ONE_YEAR,
                path="/",
                secure=office.entrance.secure_cookies,
                httponly=True,
                samesite="lax",
            )
    if visitor.person is not None and wanted[LANGUAGE_COOKIE]:
        with office.store.transaction() as connection:
            people.set_language(connection, visitor.person.staff_id, language)
    return answer
