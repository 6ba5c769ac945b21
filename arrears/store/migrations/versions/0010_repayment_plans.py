"""repayment plans"""

import sqlalchemy as sa
from alembic import op

from arrears.store import types

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plan_instalments",
        sa.Column("plan_id", types.Text(), nullable=False),
        sa.Column("number", types.Int(), nullable=False),
        sa.Column("due_on", types.Day(), nullable=False),
        sa.Column("principal_minor", types.Int(), nullable=False),
        sa.Column("interest_minor", types.Int(), nullable=False),
        sa.Column("paid_minor", types.Int(), nullable=False),
        sa.PrimaryKeyConstraint("plan_id", "number"),
        sqlite_strict=True,
    )
    op.create_table(
        "plans",
        sa.Column("plan_id", types.Text(), nullable=False),
        sa.Column("case_id", types.Text(), nullable=False),
        sa.Column("loan_id", types.Text(), nullable=False),
        sa.Column("borrower_id", types.Text(), nullable=False),
        sa.Column("method", types.Text(), nullable=False),
        sa.Column("amount_minor", types.Int(), nullable=False),
        sa.Column("total_minor", types.Int(), nullable=False),
        sa.Column("yearly_bp", types.Int(), nullable=False),
        sa.Column("periods", types.Int(), nullable=False),
        sa.Column("first_due_on", types.Day(), nullable=False),
        sa.Column("last_due_on", types.Day(), nullable=False),
        sa.Column("currency", types.Text(), nullable=False),
        sa.Column("charges", types.Text(), nullable=False),
        sa.Column("acceptance", types.Text(), nullable=False),
        sa.Column("proof", types.Text(), nullable=False),
        sa.Column("guarantor_proof", types.Text(), nullable=True),
        sa.Column("signed_at", types.Instant(), nullable=False),
        sa.Column("signed_by", types.Text(), nullable=False),
        sa.Column("status", types.Text(), nullable=False),
        sa.Column("paid_minor", types.Int(), nullable=False),
        sa.Column("until", types.Instant(), nullable=True),
        sa.Column("changed_at", types.Instant(), nullable=False),
        sa.Column("changed_by", types.Text(), nullable=True),
        sa.PrimaryKeyConstraint("plan_id"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_plans_case_id"), "plans", ["case_id"], unique=False)
