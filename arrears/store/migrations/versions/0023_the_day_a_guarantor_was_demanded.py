"""the day a guarantor was demanded"""

import sqlalchemy as sa
from alembic import op

from arrears.store import types

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("parties", sa.Column("guarantee_demanded_on", types.Day(), nullable=True))
