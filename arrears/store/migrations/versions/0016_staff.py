"""browsers of sessions, and links with which people set a password"""

import sqlalchemy as sa
from alembic import op

from arrears.store import types

revision = "0016"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("browser_sessions", sa.Column("browser", types.Text(), nullable=True))
    op.add_column("browser_sessions", sa.Column("proved_at", types.Instant(), nullable=True))
    op.create_table(
        "invitations",
        sa.Column("token_hash", types.Text(), nullable=False),
        sa.Column("staff_id", types.Text(), nullable=False),
        sa.Column("made_by", types.Text(), nullable=False),
        sa.Column("made_at", types.Instant(), nullable=False),
        sa.Column("ends_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_invitations_staff_id"), "invitations", ["staff_id"], unique=False)
