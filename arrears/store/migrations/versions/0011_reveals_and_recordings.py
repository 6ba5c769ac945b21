"""reveals of masked data and the time recordings are kept"""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

from arrears.store import types

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reveals",
        sa.Column("reveal_id", types.Text(), nullable=False),
        sa.Column("staff_id", types.Text(), nullable=False),
        sa.Column("borrower_id", types.Text(), nullable=False),
        sa.Column("case_id", types.Text(), nullable=True),
        sa.Column("task_id", types.Text(), nullable=True),
        sa.Column("attempt_id", types.Text(), nullable=True),
        sa.Column("contact_id", types.Text(), nullable=True),
        sa.Column("what", types.Text(), nullable=False),
        sa.Column("purpose", types.Text(), nullable=False),
        sa.Column("reason", types.Text(), nullable=True),
        sa.Column("at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("reveal_id"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_reveals_case_id"), "reveals", ["case_id"], unique=False)
    op.create_index("reveals_by_staff", "reveals", ["staff_id", "at"], unique=False)
    op.create_index("reveals_by_time", "reveals", ["at", "reveal_id"], unique=False)
    op.create_table(
        "recordings",
        sa.Column("recording_id", types.Text(), nullable=False),
        sa.Column("attempt_id", types.Text(), nullable=True),
        sa.Column("borrower_id", types.Text(), nullable=False),
        sa.Column("case_id", types.Text(), nullable=True),
        sa.Column("loan_id", types.Text(), nullable=True),
        sa.Column("made_at", types.Instant(), nullable=False),
        sa.Column("keep_until", types.Instant(), nullable=False),
        sa.Column("until_settled", types.Flag(), nullable=False),
        sa.PrimaryKeyConstraint("recording_id"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_recordings_attempt_id"), "recordings", ["attempt_id"], unique=False)
    op.create_index(op.f("ix_recordings_loan_id"), "recordings", ["loan_id"], unique=False)
    _keep_earlier_ones()


def _keep_earlier_ones() -> None:
    """Recordings of contacts made before this version are kept from their contact on, like those to come (C17)."""
    connection = op.get_bind()
    made = sa.select(
        _ATTEMPTS.c.recording_id,
        _ATTEMPTS.c.attempt_id,
        _ATTEMPTS.c.borrower_id,
        _ATTEMPTS.c.case_id,
        _ATTEMPTS.c.loan_id,
        _ATTEMPTS.c.at,
    ).where(_ATTEMPTS.c.recording_id.is_not(None))
    for row in connection.execute(made.order_by(_ATTEMPTS.c.at.desc(), _ATTEMPTS.c.attempt_id)).all():
        known = sa.select(_RECORDINGS.c.recording_id).where(_RECORDINGS.c.recording_id == row.recording_id)
        if connection.execute(known).first() is None:
            kept = {**row._mapping, "made_at": row.at, "keep_until": row.at + timedelta(days=730)}
            del kept["at"]
            connection.execute(sa.insert(_RECORDINGS).values(**kept, until_settled=False))


_ATTEMPTS = sa.table(
    "contact_attempts",
    sa.column("recording_id", types.Text()),
    sa.column("attempt_id", types.Text()),
    sa.column("borrower_id", types.Text()),
    sa.column("case_id", types.Text()),
    sa.column("loan_id", types.Text()),
    sa.column("at", types.Instant()),
)
_RECORDINGS = sa.table(
    "recordings",
    sa.column("recording_id", types.Text()),
    sa.column("attempt_id", types.Text()),
    sa.column("borrower_id", types.Text()),
    sa.column("case_id", types.Text()),
    sa.column("loan_id", types.Text()),
    sa.column("made_at", types.Instant()),
    sa.column("keep_until", types.Instant()),
    sa.column("until_settled", types.Flag()),
)
