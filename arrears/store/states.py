"""Reads a case's state, and a published pack, back from their rows."""

from typing import Any

from temporalio.converter import value_to_type

from arrears.contracts import Rules
from arrears.policy.state import CaseState


def state_from_json(state: dict[str, Any]) -> CaseState:
    """Raises TypeError when the row holds what no version of the state had."""
    return value_to_type(CaseState, state)  # type: ignore[no-any-return]  # the SDK says Any


def rules_from_json(rules: dict[str, Any]) -> Rules:
    """What a later version added has its default, which leaves it out."""
    return value_to_type(Rules, rules)  # type: ignore[no-any-return]  # the SDK says Any
