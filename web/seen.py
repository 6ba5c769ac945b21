"""What one person may see: a task, and of a borrower the full name for whoever holds the task, else its first character."""

from api.auth.permissions import Permission, Relation, may, task_relations
from api.auth.person import Person
from arrears.policy.masking import masked_name
from arrears.store.views import TaskView


def shown_name(who: Person, name: str, *, holds: bool) -> str:
    relations = frozenset({Relation.OWN}) if holds else frozenset()
    return name if may(who, Permission.SEE_NAME, relations) else masked_name(name)


def may_read(who: Person, task: TaskView) -> bool:
    relations = task_relations(who, role=task.role, assignee=task.assignee, barred=task.barred)
    return may(who, Permission.READ_TASK, relations)
