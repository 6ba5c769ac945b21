"""where the work began that said a message"""

import sqlalchemy as sa
from alembic import op

from arrears.store import types

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("traceparent", types.Text(), nullable=True))
