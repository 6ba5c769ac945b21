"""marks of contacts and evidence of limitation"""

import sqlalchemy as sa
from alembic import op

from arrears.store import types

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contact_marks",
        sa.Column("mark_id", types.Text(), nullable=False),
        sa.Column("borrower_id", types.Text(), nullable=False),
        sa.Column("contact_id", types.Text(), nullable=True),
        sa.Column("channel", types.Text(), nullable=True),
        sa.Column("address", types.Text(), nullable=True),
        sa.Column("mark", types.Text(), nullable=False),
        sa.Column("case_id", types.Text(), nullable=False),
        sa.Column("by", types.Text(), nullable=False),
        sa.Column("since", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("mark_id"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_contact_marks_address"), "contact_marks", ["address"], unique=False)
    op.create_index(op.f("ix_contact_marks_borrower_id"), "contact_marks", ["borrower_id"], unique=False)
    op.create_table(
        "limitation_evidence",
        sa.Column("evidence_id", types.Text(), nullable=False),
        sa.Column("loan_id", types.Text(), nullable=False),
        sa.Column("case_id", types.Text(), nullable=False),
        sa.Column("borrower_id", types.Text(), nullable=False),
        sa.Column("rule", types.Text(), nullable=False),
        sa.Column("act", types.Text(), nullable=False),
        sa.Column("proof", types.Text(), nullable=True),
        sa.Column("by", types.Text(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("void_at", types.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("evidence_id"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_limitation_evidence_loan_id"), "limitation_evidence", ["loan_id"], unique=False)
    op.create_index(op.f("ix_limitation_evidence_proof"), "limitation_evidence", ["proof"], unique=False)
