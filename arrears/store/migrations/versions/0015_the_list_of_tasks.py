"""the list of tasks"""

import sqlalchemy as sa
from alembic import op

from arrears.store import types

revision = "0015"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, what in (("tasks_by_role_and_holder", "assignee"), ("tasks_by_role_and_why", "why")):
        op.create_index(name, "tasks", ["status", "role", what, "due_at", "task_id"], unique=False)
    op.create_index(
        "holds_against",
        "holds",
        ["against"],
        unique=False,
        sqlite_where=sa.text("against is not null"),
        postgresql_where=sa.text("against is not null"),
    )
    _search()
    _views_and_exports()


def _search() -> None:
    for old, table, name, what in (
        ("ix_borrowers_name", "borrowers", "borrowers_by_name", "name"),
        ("ix_cases_loan_id", "cases", "cases_by_loan", "loan_id"),
    ):
        op.drop_index(old, table_name=table)
        op.create_index(name, table, [what], unique=False, postgresql_ops={what: "text_pattern_ops"})
    ending = "substr(address, -4)" if op.get_bind().dialect.name == "sqlite" else "right(address, 4)"
    op.create_index("contact_points_by_end", "contact_points", [sa.text(ending)], unique=False)
    op.create_table(
        "searches",
        sa.Column("search_id", types.Text(), nullable=False),
        sa.Column("staff_id", types.Text(), nullable=False),
        sa.Column("words", types.Text(), nullable=False),
        sa.Column("ends_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("search_id"),
        sqlite_strict=True,
    )
    op.create_index("searches_by_staff", "searches", ["staff_id", "words"], unique=False)
    op.create_index(op.f("ix_searches_ends_at"), "searches", ["ends_at"], unique=False)


def _views_and_exports() -> None:
    op.create_table(
        "saved_views",
        sa.Column("view_id", types.Text(), nullable=False),
        sa.Column("owner", types.Text(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("query", types.Text(), nullable=False),
        sa.Column("shared", types.Flag(), nullable=False),
        sa.Column("saved_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("view_id"),
        sqlite_strict=True,
    )
    op.create_index("saved_views_by_name", "saved_views", ["owner", "name"], unique=True)
    op.create_table(
        "exports",
        sa.Column("export_id", types.Text(), nullable=False),
        sa.Column("staff_id", types.Text(), nullable=False),
        sa.Column("query", types.Text(), nullable=False),
        sa.Column("rows", types.Int(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("export_id"),
        sqlite_strict=True,
    )
    op.create_index("exports_by_staff", "exports", ["staff_id", "at"], unique=False)
