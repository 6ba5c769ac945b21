"""What one person may see of a borrower: the full name for whoever holds the task, else its first character."""

from api.auth.permissions import Permission, Relation, may
from api.auth.person import Person
from arrears.policy.masking import masked_name


def shown_name(who: Person, name: str, *, holds: bool) -> str:
    relations = frozenset({Relation.OWN}) if holds else frozenset()
    return name if may(who, Permission.SEE_NAME, relations) else masked_name(name)
