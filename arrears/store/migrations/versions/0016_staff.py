"""browsers of sessions, links with which people set a password, and absences"""

import sqlalchemy as sa
from alembic import op

from arrears.store import types

revision = "0016"
down_revision = "0015"
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
    op.create_table(
        "absences",
        sa.Column("absence_id", types.Text(), nullable=False),
        sa.Column("staff_id", types.Text(), nullable=False),
        sa.Column("substitute_id", types.Text(), nullable=False),
        sa.Column("from_day", types.Day(), nullable=False),
        sa.Column("to_day", types.Day(), nullable=False),
        sa.Column("entered_by", types.Text(), nullable=False),
        sa.Column("entered_at", types.Instant(), nullable=False),
        sa.Column("withdrawn_at", types.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("absence_id"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_absences_staff_id"), "absences", ["staff_id"], unique=False)
    op.create_index(op.f("ix_absences_substitute_id"), "absences", ["substitute_id"], unique=False)
