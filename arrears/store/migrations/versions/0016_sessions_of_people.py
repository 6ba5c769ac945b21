"""browsers of sessions, and when the password was last given in them"""

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
