"""Who may tell the bank what when they come to it by themselves (3.2, C08, C16, L07).

What is said of a debtor stops the bank, whoever says it; what binds the debtor is said by the debtor alone, or by who acts
in the debtor's name. Nothing a guarantor or a neighbour says is the debtor's own word.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from arrears.policy.codes import CODES, INBOUND, Action, Code, Outcome
from arrears.policy.guard import PartyRole

SPEAKS_FOR_DEBTOR: Final = frozenset(
    {PartyRole.BORROWER, PartyRole.CO_BORROWER, PartyRole.GUARDIAN, PartyRole.LAWYER}
)
_OF_THE_DEBTOR: Final = frozenset({Outcome.ILL, Outcome.DEAD, Outcome.IN_JAIL})
_OF_THE_LOAN: Final = frozenset({Outcome.DISPUTES, Outcome.NOT_MINE, Outcome.SAYS_PAID})
_STANDS_FOR_IT: Final = _OF_THE_DEBTOR | _OF_THE_LOAN | {Outcome.COMPLAINS}
_OTHERS: Final[Mapping[PartyRole, frozenset[Outcome]]] = {
    PartyRole.GUARANTOR: _STANDS_FOR_IT,
    PartyRole.HEIR: _STANDS_FOR_IT,
    PartyRole.THIRD: _OF_THE_DEBTOR | {Outcome.COMPLAINS, Outcome.THIRD_REFUSES},
}


def may_tell(party: str, result: str) -> bool:
    """Whether the bank takes it from them; somebody unknown is a third person."""
    if party in SPEAKS_FOR_DEBTOR:
        return result != Outcome.THIRD_REFUSES
    role = PartyRole(party) if party in _OTHERS else PartyRole.THIRD
    return result in _OTHERS[role]


def results_of(party: str, action: Action) -> tuple[str, ...]:
    """What they may come to say, in the order of the table."""
    return tuple(result for result in CODES[action] if may_tell(party, result))


def as_heard(code: Code, action: Action, party: str) -> Code:
    """A neighbour who calls does not show that the debtor is to be had: the bank still looks for the debtor."""
    return code if action not in INBOUND or party in SPEAKS_FOR_DEBTOR else replace(code, right_party=False)
