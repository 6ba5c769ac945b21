"""the trail is only appended: rows of it are neither changed nor taken out"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_SQLITE = (
    """create trigger audit_stays_as_written before update on audit
    begin select raise(abort, 'the trail is only appended'); end""",
    """create trigger audit_stays_whole before delete on audit
    begin select raise(abort, 'the trail is only appended'); end""",
)
_POSTGRES = (
    """create function audit_stays() returns trigger language plpgsql as
    $$ begin raise exception 'the trail is only appended'; end $$""",
    """create trigger audit_stays_as_written before update or delete on audit
    for each row execute function audit_stays()""",
    """create trigger audit_stays_whole before truncate on audit
    for each statement execute function audit_stays()""",
)


def upgrade() -> None:
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRES:
        op.execute(statement)
