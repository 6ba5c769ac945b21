"""drafts of answers"""

import sqlalchemy as sa
from alembic import op

from arrears.store import types

revision = "0017"
down_revision = "0013"
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
