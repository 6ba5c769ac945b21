"""money and approvals"""

import sqlalchemy as sa
from alembic import op

from arrears.store import types

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "transfers",
        sa.Column("transfer_id", types.Text(), nullable=False),
        sa.Column("borrower_id", types.Text(), nullable=False),
        sa.Column("booked_on", types.Day(), nullable=False),
        sa.Column("value_on", types.Day(), nullable=False),
        sa.Column("amount_minor", types.Int(), nullable=False),
        sa.Column("currency", types.Text(), nullable=False),
        sa.Column("channel", types.Text(), nullable=False),
        sa.Column("provisional", types.Flag(), nullable=False),
        sa.Column("designation", types.Text(), nullable=True),
        sa.Column("content_hash", types.Text(), nullable=False),
        sa.Column("source", types.Text(), nullable=False),
        sa.Column("standing", types.Text(), nullable=False),
        sa.Column("surplus_minor", types.Int(), nullable=False),
        sa.Column("shares", types.Json(), nullable=False),
        sa.Column("received_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("transfer_id"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_transfers_borrower_id"), "transfers", ["borrower_id"], unique=False)
    op.create_table(
        "ledger_closings",
        sa.Column("business_date", types.Day(), nullable=False),
        sa.Column("source", types.Text(), nullable=False),
        sa.Column("closed_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("business_date"),
        sqlite_strict=True,
    )
    op.add_column("incidents", sa.Column("due_at", types.Instant(), nullable=True))
    op.add_column("incidents", sa.Column("outcome", types.Text(), nullable=True))
