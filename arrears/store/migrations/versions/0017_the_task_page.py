"""drafts of answers, when a task changed, what a debtor said of cause, will and means, comments"""

import sqlalchemy as sa
from alembic import op

from arrears.store import types

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "drafts",
        sa.Column("task_id", types.Text(), nullable=False),
        sa.Column("staff_id", types.Text(), nullable=False),
        sa.Column("words", types.Json(), nullable=False),
        sa.Column("facts_no", types.Int(), nullable=False),
        sa.Column("saved_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("task_id", "staff_id"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_drafts_saved_at"), "drafts", ["saved_at"], unique=False)
    op.add_column("tasks", sa.Column("changed_at", types.Instant(), nullable=True))
    op.create_index(op.f("ix_tasks_changed_at"), "tasks", ["changed_at"], unique=False)
    op.create_index(
        "tasks_put_off",
        "tasks",
        ["snoozed_until"],
        unique=False,
        sqlite_where=sa.text("snoozed_until is not null"),
        postgresql_where=sa.text("snoozed_until is not null"),
    )
    for name in ("cause", "willingness", "ability"):
        op.add_column("contact_attempts", sa.Column(name, types.Text(), nullable=True))
    op.add_column("remarks", sa.Column("kind", types.Text(), nullable=True))
    op.create_table(
        "mentions",
        sa.Column("remark_id", types.Text(), nullable=False),
        sa.Column("staff_id", types.Text(), nullable=False),
        sa.Column("case_id", types.Text(), nullable=False),
        sa.Column("seen_at", types.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("remark_id", "staff_id"),
        sqlite_strict=True,
    )
    op.create_index(
        "mentions_unseen",
        "mentions",
        ["staff_id"],
        unique=False,
        sqlite_where=sa.text("seen_at is null"),
        postgresql_where=sa.text("seen_at is null"),
    )
