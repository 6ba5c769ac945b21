"""refunds and final money"""

import sqlalchemy as sa
from alembic import op

from arrears.store import types

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("payments", sa.Column("reversal_reason", types.Text(), nullable=True))
    op.add_column("payments", sa.Column("final_at", types.Instant(), nullable=True))
    op.add_column("incidents", sa.Column("reference", types.Text(), nullable=True))
