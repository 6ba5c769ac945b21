"""Which methods an address takes: the router itself tells of the first route alone that fits it."""

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import compile_path


def allowed(app: FastAPI, path: str) -> str:
    """For the header `Allow`. Where a route of one address looks like that of a thing (`/tasks/claim`), its own goes first."""
    fitting = [
        (context.path.count("{"), context.methods or set())
        for context in iter_route_contexts(app.routes)
        if context.path is not None and compile_path(context.path)[0].match(path)
    ]
    fewest = min((names for names, _ in fitting), default=0)
    return ", ".join(sorted({method for names, methods in fitting if names == fewest for method in methods}))
