"""signed events of other houses"""

import sqlalchemy as sa
from alembic import op

from arrears.store import types

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "webhooks",
        sa.Column("source", types.Text(), nullable=False),
        sa.Column("webhook_id", types.Text(), nullable=False),
        sa.Column("body_hash", types.Text(), nullable=False),
        sa.Column("type", types.Text(), nullable=False),
        sa.Column("status", types.Int(), nullable=False),
        sa.Column("answer", types.Json(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("waits_for", types.Text(), nullable=True),
        sa.Column("content", types.Json(), nullable=False),
        sa.PrimaryKeyConstraint("source", "webhook_id"),
        sqlite_strict=True,
    )
    op.create_index(
        "webhooks_waiting",
        "webhooks",
        ["waits_for"],
        unique=False,
        sqlite_where=sa.text("waits_for is not null"),
        postgresql_where=sa.text("waits_for is not null"),
    )
