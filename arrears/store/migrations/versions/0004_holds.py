"""holds"""

import sqlalchemy as sa
from alembic import op

from arrears.store import types

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "holds",
        sa.Column("hold_id", types.Text(), nullable=False),
        sa.Column("case_id", types.Text(), nullable=True),
        sa.Column("borrower_id", types.Text(), nullable=True),
        sa.Column("kind", types.Text(), nullable=False),
        sa.Column("scope", types.Text(), nullable=False),
        sa.Column("part_minor", types.Int(), nullable=True),
        sa.Column("reason", types.Text(), nullable=False),
        sa.Column("evidence", types.Text(), nullable=True),
        sa.Column("remark_id", types.Text(), nullable=True),
        sa.Column("against", types.Text(), nullable=True),
        sa.Column("placed_by", types.Text(), nullable=False),
        sa.Column("approved_by", types.Text(), nullable=True),
        sa.Column("placed_at", types.Instant(), nullable=False),
        sa.Column("until", types.Instant(), nullable=True),
        sa.Column("ended_at", types.Instant(), nullable=True),
        sa.Column("ended_by", types.Text(), nullable=True),
        sa.Column("outcome", types.Text(), nullable=True),
        sa.PrimaryKeyConstraint("hold_id"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_holds_case_id"), "holds", ["case_id"], unique=False)
    op.create_index(
        "holds_of_person",
        "holds",
        ["borrower_id"],
        unique=False,
        sqlite_where=sa.text("ended_at is null"),
        postgresql_where=sa.text("ended_at is null"),
    )
