"""Statements are compiled once a test process, not once a database: that is a third of a short test."""

from typing import Any, Final

from sqlalchemy import Engine

_COMPILED: Final[dict[Any, Any]] = {}


def one_grammar(engine: Engine) -> None:
    """Engines of one kind write one SQL: what one of them has compiled, the others take."""
    kind = type(engine.dialect)
    engine.dialect.__class__ = _alike(kind)
    engine.update_execution_options(compiled_cache=_COMPILED)


def _alike(kind: type[Any]) -> type[Any]:
    if kind not in _KINDS:
        own = {
            "supports_statement_cache": True,
            "__eq__": lambda self, other: type(self) is type(other),
            "__hash__": lambda self: hash(kind),
        }
        _KINDS[kind] = type(kind.__name__, (kind,), own)
    return _KINDS[kind]


_KINDS: Final[dict[type[Any], type[Any]]] = {}
