"""packs and certificates"""

import sqlalchemy as sa
from alembic import op

from arrears.store import types

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "certificates",
        sa.Column("certificate_id", types.Text(), nullable=False),
        sa.Column("staff_id", types.Text(), nullable=False),
        sa.Column("since", types.Instant(), nullable=False),
        sa.Column("until", types.Instant(), nullable=False),
        sa.Column("certified_by", types.Text(), nullable=False),
        sa.PrimaryKeyConstraint("certificate_id"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_certificates_staff_id"), "certificates", ["staff_id"], unique=False)
    op.create_table(
        "packs",
        sa.Column("version", types.Text(), nullable=False),
        sa.Column("text", types.Text(), nullable=False),
        sa.Column("content_hash", types.Text(), nullable=False),
        sa.Column("rules", types.Json(), nullable=False),
        sa.Column("reason", types.Text(), nullable=False),
        sa.Column("status", types.Text(), nullable=False),
        sa.Column("effective_at", types.Instant(), nullable=True),
        sa.Column("proposed_by", types.Text(), nullable=False),
        sa.Column("proposed_at", types.Instant(), nullable=False),
        sa.Column("decided_by", types.Text(), nullable=True),
        sa.Column("decided_at", types.Instant(), nullable=True),
        sa.Column("told_at", types.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("version"),
        sqlite_strict=True,
    )
