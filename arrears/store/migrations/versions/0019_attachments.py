"""attachments"""

import sqlalchemy as sa
from alembic import op

from arrears.store import types

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attachments",
        sa.Column("remark_id", types.Text(), nullable=False),
        sa.Column("case_id", types.Text(), nullable=False),
        sa.Column("sha256", types.Text(), nullable=False),
        sa.Column("name", types.Text(), nullable=True),
        sa.PrimaryKeyConstraint("remark_id"),
        sqlite_strict=True,
    )
    op.create_index("ix_attachments_case_id", "attachments", ["case_id"], unique=False)
