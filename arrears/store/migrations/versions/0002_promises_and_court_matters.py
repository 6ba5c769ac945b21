"""promises and court matters"""

import sqlalchemy as sa
from alembic import op

from arrears.store import types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "matters",
        sa.Column("matter_id", types.Text(), nullable=False),
        sa.Column("case_id", types.Text(), nullable=False),
        sa.Column("claim_minor", types.Int(), nullable=False),
        sa.Column("fee_minor", types.Int(), nullable=True),
        sa.Column("currency", types.Text(), nullable=False),
        sa.Column("filed_at", types.Instant(), nullable=False),
        sa.Column("filed_by", types.Text(), nullable=False),
        sa.Column("ended_at", types.Instant(), nullable=True),
        sa.Column("ended_by", types.Text(), nullable=True),
        sa.Column("outcome", types.Text(), nullable=True),
        sa.PrimaryKeyConstraint("matter_id"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_matters_case_id"), "matters", ["case_id"], unique=False)
    op.create_table(
        "promises",
        sa.Column("promise_id", types.Text(), nullable=False),
        sa.Column("case_id", types.Text(), nullable=False),
        sa.Column("loan_id", types.Text(), nullable=False),
        sa.Column("borrower_id", types.Text(), nullable=False),
        sa.Column("task_id", types.Text(), nullable=False),
        sa.Column("channel", types.Text(), nullable=False),
        sa.Column("amount_minor", types.Int(), nullable=False),
        sa.Column("currency", types.Text(), nullable=False),
        sa.Column("due_on", types.Day(), nullable=False),
        sa.Column("judged_at", types.Instant(), nullable=False),
        sa.Column("made_at", types.Instant(), nullable=False),
        sa.Column("by", types.Text(), nullable=False),
        sa.Column("status", types.Text(), nullable=False),
        sa.Column("paid_minor", types.Int(), nullable=False),
        sa.Column("changed_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("promise_id"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_promises_case_id"), "promises", ["case_id"], unique=False)
    op.add_column("tasks", sa.Column("lateness", types.Text(), nullable=True))
    op.create_index(
        "tasks_by_role_and_stage", "tasks", ["status", "role", "stage", "due_at", "task_id"], unique=False
    )
