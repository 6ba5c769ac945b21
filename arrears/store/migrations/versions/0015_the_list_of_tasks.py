"""the list of tasks"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, what in (("tasks_by_role_and_holder", "assignee"), ("tasks_by_role_and_why", "why")):
        op.create_index(name, "tasks", ["status", "role", what, "due_at", "task_id"], unique=False)
    op.create_index(
        "holds_against",
        "holds",
        ["against"],
        unique=False,
        sqlite_where=sa.text("against is not null"),
        postgresql_where=sa.text("against is not null"),
    )
