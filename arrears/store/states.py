"""Reads a case's state back from its row."""

from typing import Any

from temporalio.converter import value_to_type

from arrears.policy.state import CaseState


def state_from_json(state: dict[str, Any]) -> CaseState:
    """Raises TypeError when the row holds what no version of the state had."""
    return value_to_type(CaseState, state)  # type: ignore[no-any-return]  # the SDK says Any
