"""Runs the revisions on the connection that `arrears.store.schema` hands over."""

from typing import TYPE_CHECKING, Any, Literal

from alembic import context

from arrears.store import types
from arrears.store.tables import Row

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext


def _render(kind: str, item: Any, autogen: "AutogenContext") -> str | Literal[False]:
    if kind == "type" and type(item).__module__ == types.__name__:
        autogen.imports.add("from arrears.store import types")
        return f"types.{type(item).__name__}()"
    return False


# One transaction around all revisions, the caller's: a database is never left between two of them.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    render_item=_render,
    compare_type=True,
    transactional_ddl=True,
)
context.run_migrations()
