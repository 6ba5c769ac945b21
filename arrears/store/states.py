"""Reads a case's state, and a published pack, back from their rows."""

from typing import Any, Final

from pydantic import TypeAdapter

from arrears.contracts import Rules
from arrears.policy.state import CaseState

_STATE: Final = TypeAdapter(CaseState)
_RULES: Final = TypeAdapter(Rules)


def state_from_json(state: dict[str, Any]) -> CaseState:
    """What a later version added has its default. Raises ValidationError when the row holds what no version had."""
    return _STATE.validate_python(state)


def rules_from_json(rules: dict[str, Any]) -> Rules:
    """What a later version added has its default, which leaves it out. Raises ValidationError."""
    return _RULES.validate_python(rules)
