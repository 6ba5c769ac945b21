"""documents and exhibits"""

import sqlalchemy as sa
from alembic import op

from arrears.store import types

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "documents",
        sa.Column("sha256", types.Text(), nullable=False),
        sa.Column("media_type", types.Text(), nullable=False),
        sa.Column("size_bytes", types.Int(), nullable=False),
        sa.Column("kept_at", types.Instant(), nullable=False),
        sa.Column("kept_by", types.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
        sqlite_strict=True,
    )
    op.create_table(
        "exhibits",
        sa.Column("exhibit_id", types.Text(), nullable=False),
        sa.Column("case_id", types.Text(), nullable=False),
        sa.Column("item", types.Text(), nullable=False),
        sa.Column("sha256", types.Text(), nullable=False),
        sa.Column("dated_on", types.Day(), nullable=False),
        sa.Column("until", types.Day(), nullable=True),
        sa.Column("named_by", types.Text(), nullable=False),
        sa.Column("named_at", types.Instant(), nullable=False),
        sa.Column("withdrawn_by", types.Text(), nullable=True),
        sa.Column("withdrawn_at", types.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("exhibit_id"),
        sqlite_strict=True,
    )
    op.create_index(
        "exhibit_named_once",
        "exhibits",
        ["case_id", "item", "sha256"],
        unique=True,
        sqlite_where=sa.text("withdrawn_at is null"),
        postgresql_where=sa.text("withdrawn_at is null"),
    )
    op.create_index("exhibits_by_document", "exhibits", ["sha256"], unique=False)
