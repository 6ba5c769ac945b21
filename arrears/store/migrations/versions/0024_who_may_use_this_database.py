"""who may use this database"""

import sqlalchemy as sa
from alembic import op

from arrears.store import types

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None
shuts_out_older = True  # versions of before do not ask whether they may


def upgrade() -> None:
    op.create_table(
        "schema_serves",
        sa.Column("oldest", types.Text(), nullable=False),
        sa.PrimaryKeyConstraint("oldest"),
        sqlite_strict=True,
    )
