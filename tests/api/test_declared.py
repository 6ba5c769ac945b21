from pathlib import Path
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from api.auth.permissions import Permission
from api.auth.person import Person
from api.deps import EVERYONE, Allowed, UndeclaredRoute, require_declared
from api.routes import router


def _bare() -> FastAPI:
    return FastAPI(openapi_url=None)


def test_our_own_routes_all_declare() -> None:
    app = _bare()
    app.include_router(router)
    require_declared(app)


def test_a_route_that_says_nothing_stops_the_start_and_is_named() -> None:
    app = _bare()
    app.include_router(router)

    @app.get("/forgotten")
    def forgotten() -> str:
        return "everything"

    with pytest.raises(UndeclaredRoute, match=r"^/forgotten$"):
        require_declared(app)


def test_it_is_found_inside_routers_inside_routers() -> None:
    inner, middle, app = APIRouter(prefix="/inner"), APIRouter(prefix="/middle"), _bare()

    @inner.post("/forgotten")
    def forgotten() -> str:
        return "everything"

    middle.include_router(inner)
    app.include_router(middle)
    with pytest.raises(UndeclaredRoute, match="/middle/inner/forgotten"):
        require_declared(app)


def test_a_router_may_declare_for_its_routes() -> None:
    part, app = APIRouter(prefix="/part", dependencies=[Depends(Allowed(Permission.READ_CASE))]), _bare()

    @part.get("/one")
    def one() -> str:
        return "one"

    app.include_router(part)
    require_declared(app)


def test_a_page_s_own_dependency_counts_by_the_permission_it_carries() -> None:
    class Page:
        permission = Permission.READ_TASK

        def __call__(self) -> Person:
            raise AssertionError("only declared here, never asked")

    app = _bare()

    @app.get("/inbox")
    def inbox(_who: Annotated[Person, Depends(Page())]) -> str:
        return "inbox"

    @app.get("/login", dependencies=[EVERYONE])
    def login() -> str:
        return "login"

    require_declared(app)


def test_the_framework_s_own_pages_count_too() -> None:
    with pytest.raises(UndeclaredRoute, match=r"/openapi\.json"):
        require_declared(FastAPI())


def test_files_are_for_everyone_and_other_mounted_apps_are_not(tmp_path: Path) -> None:
    app = _bare()
    app.mount("/static", StaticFiles(directory=tmp_path))
    require_declared(app)
    app.router.routes.append(Mount("/other", app=PlainTextResponse("x")))
    app.router.routes.append(Route("/plain", lambda _request: PlainTextResponse("x")))
    with pytest.raises(UndeclaredRoute, match="/other, /plain"):
        require_declared(app)
