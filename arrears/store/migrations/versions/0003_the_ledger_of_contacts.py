"""the ledger of contacts"""

import sqlalchemy as sa
from alembic import op

from arrears.store import types

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_UNANSWERED = ("na", "busy", "off", "inv", "wrong")
_NOT_SPOKEN_TO = (*_UNANSWERED, "hung", "tp_relay", "tp_refuse")


def upgrade() -> None:
    # Made anew, because SQLite cannot make a column nullable where it stands.
    op.execute("CREATE TABLE contact_attempts_before AS SELECT * FROM contact_attempts")
    op.drop_table("contact_attempts")
    op.create_table(
        "contact_attempts",
        sa.Column("attempt_id", types.Text(), nullable=False),
        sa.Column("borrower_id", types.Text(), nullable=False),
        sa.Column("case_id", types.Text(), nullable=True),
        sa.Column("loan_id", types.Text(), nullable=True),
        sa.Column("task_id", types.Text(), nullable=True),
        sa.Column("contact_id", types.Text(), nullable=True),
        sa.Column("number", types.Text(), nullable=True),
        sa.Column("action", types.Text(), nullable=False),
        sa.Column("party", types.Text(), nullable=False),
        sa.Column("purpose", types.Text(), nullable=False),
        sa.Column("actor", types.Text(), nullable=False),
        sa.Column("staff", types.Json(), nullable=False),
        sa.Column("status", types.Text(), nullable=False),
        sa.Column("result", types.Text(), nullable=True),
        sa.Column("effective", types.Flag(), nullable=False),
        sa.Column("conversation", types.Flag(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("reserved_at", types.Instant(), nullable=False),
        sa.Column("provider_at", types.Instant(), nullable=True),
        sa.Column("recording_id", types.Text(), nullable=True),
        sa.Column("reference", types.Text(), nullable=True),
        sa.PrimaryKeyConstraint("attempt_id"),
        sqlite_strict=True,
    )
    _copy()
    op.drop_table("contact_attempts_before")
    op.create_index("attempts_by_person", "contact_attempts", ["borrower_id", "at"], unique=False)
    op.create_index("attempts_by_task", "contact_attempts", ["task_id"], unique=False)
    op.create_index(op.f("ix_contact_attempts_case_id"), "contact_attempts", ["case_id"], unique=False)
    _what_is_known()


def _copy() -> None:
    """Calls were logged by a case from an answer, letters by the guard."""
    before = sa.table(
        "contact_attempts_before",
        *(sa.column(name) for name in ("attempt_id", "borrower_id", "case_id", "contact_id", "channel")),
        *(sa.column(name) for name in ("purpose", "status", "result", "at", "reference")),
    )
    cases = sa.table("cases", sa.column("case_id"), sa.column("loan_id"))
    is_call = before.c.channel == "phone"
    made = before.c.status.in_(("sent", "reported"))
    answered = sa.and_(is_call, before.c.result.not_in(_UNANSWERED))
    spoken_to = sa.and_(is_call, before.c.result.not_in(_NOT_SPOKEN_TO))
    yes, no = (sa.literal(value=flag, type_=types.Flag()) for flag in (True, False))
    columns = {
        "attempt_id": before.c.attempt_id,
        "borrower_id": before.c.borrower_id,
        "case_id": before.c.case_id,
        "loan_id": cases.c.loan_id,
        "contact_id": before.c.contact_id,
        "action": sa.case((is_call, "out_call"), else_="notice"),
        "party": sa.literal("borrower"),
        "purpose": before.c.purpose,
        "actor": sa.case((is_call, sa.func.coalesce(before.c.reference, "")), else_="bank"),
        "staff": sa.literal("[]"),
        "status": sa.case((made, "made"), else_=before.c.status),
        "result": before.c.result,
        "effective": sa.case((answered, yes), else_=no),
        "conversation": sa.case((spoken_to, yes), else_=no),
        "at": before.c.at,
        "reserved_at": before.c.at,
        "reference": sa.case((is_call, None), else_=before.c.reference),
    }
    rows = sa.select(*columns.values()).select_from(
        before.outerjoin(cases, cases.c.case_id == before.c.case_id)
    )
    into = sa.table("contact_attempts", *(sa.column(name) for name in columns))
    op.execute(sa.insert(into).from_select(list(columns), rows))


def _what_is_known() -> None:
    op.create_table(
        "consents",
        sa.Column("contact_id", types.Text(), nullable=False),
        sa.Column("given_at", types.Instant(), nullable=False),
        sa.Column("given_to", types.Text(), nullable=False),
        sa.Column("evidence", types.Text(), nullable=True),
        sa.Column("withdrawn_at", types.Instant(), nullable=True),
        sa.Column("withdrawn_to", types.Text(), nullable=True),
        sa.PrimaryKeyConstraint("contact_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "circumstances",
        sa.Column("borrower_id", types.Text(), nullable=False),
        sa.Column("kind", types.Text(), nullable=False),
        sa.Column("since", types.Instant(), nullable=False),
        sa.Column("by", types.Text(), nullable=False),
        sa.Column("evidence", types.Text(), nullable=True),
        sa.Column("ended_at", types.Instant(), nullable=True),
        sa.Column("ended_by", types.Text(), nullable=True),
        sa.PrimaryKeyConstraint("borrower_id", "kind", "since"),
        sqlite_strict=True,
    )
