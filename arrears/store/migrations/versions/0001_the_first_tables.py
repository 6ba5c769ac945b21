"""the first tables"""

import sqlalchemy as sa
from alembic import op

from arrears.store import types

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "allocations",
        sa.Column("payment_id", types.Text(), nullable=False),
        sa.Column("tier", types.Text(), nullable=False),
        sa.Column("case_id", types.Text(), nullable=False),
        sa.Column("seq", types.Int(), nullable=False),
        sa.Column("amount_minor", types.Int(), nullable=False),
        sa.PrimaryKeyConstraint("payment_id", "tier"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_allocations_case_id"), "allocations", ["case_id"], unique=False)
    op.create_table(
        "audit",
        sa.Column("stream", types.Text(), nullable=False),
        sa.Column("n", types.Int(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("actor", types.Text(), nullable=False),
        sa.Column("what", types.Text(), nullable=False),
        sa.Column("detail", types.Json(), nullable=False),
        sa.Column("prev_hash", types.Text(), nullable=False),
        sa.Column("hash", types.Text(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "n"),
        sqlite_strict=True,
    )
    op.create_table(
        "borrowers",
        sa.Column("borrower_id", types.Text(), nullable=False),
        sa.Column("kind", types.Text(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("id_kind", types.Text(), nullable=True),
        sa.Column("id_number", types.Text(), nullable=True),
        sa.Column("born_on", types.Day(), nullable=True),
        sa.Column("language", types.Text(), nullable=True),
        sa.Column("address", types.Text(), nullable=True),
        sa.Column("service_address_agreed", types.Flag(), nullable=False),
        sa.PrimaryKeyConstraint("borrower_id"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_borrowers_name"), "borrowers", ["name"], unique=False)
    op.create_table(
        "browser_sessions",
        sa.Column("sid_hash", types.Text(), nullable=False),
        sa.Column("staff_id", types.Text(), nullable=False),
        sa.Column("csrf", types.Text(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("seen_at", types.Instant(), nullable=False),
        sa.Column("ends_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("sid_hash"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_browser_sessions_staff_id"), "browser_sessions", ["staff_id"], unique=False)
    op.create_table(
        "cases",
        sa.Column("case_id", types.Text(), nullable=False),
        sa.Column("loan_id", types.Text(), nullable=False),
        sa.Column("borrower_id", types.Text(), nullable=False),
        sa.Column("episode", types.Int(), nullable=False),
        sa.Column("status", types.Text(), nullable=False),
        sa.Column("stage", types.Text(), nullable=False),
        sa.Column("stage_since", types.Instant(), nullable=False),
        sa.Column("opened_at", types.Instant(), nullable=False),
        sa.Column("closed_at", types.Instant(), nullable=True),
        sa.Column("closed_reason", types.Text(), nullable=True),
        sa.Column("currency", types.Text(), nullable=False),
        sa.Column("balance_minor", types.Int(), nullable=False),
        sa.Column("overdue_minor", types.Int(), nullable=False),
        sa.Column("first_overdue_on", types.Day(), nullable=True),
        sa.Column("next_deadline", types.Text(), nullable=True),
        sa.Column("next_deadline_at", types.Instant(), nullable=True),
        sa.Column("pack", types.Text(), nullable=False),
        sa.Column("attention", types.Flag(), nullable=False),
        sa.Column("seq", types.Int(), nullable=False),
        sa.Column("digest", types.Text(), nullable=False),
        sa.Column("state", types.Json(), nullable=False),
        sa.Column("decided_at", types.Instant(), nullable=False),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("case_id"),
        sqlite_strict=True,
    )
    op.create_index("cases_by_deadline", "cases", ["status", "next_deadline_at"], unique=False)
    op.create_index(op.f("ix_cases_borrower_id"), "cases", ["borrower_id"], unique=False)
    op.create_index(op.f("ix_cases_loan_id"), "cases", ["loan_id"], unique=False)
    op.create_index(
        "one_open_case_per_loan",
        "cases",
        ["loan_id"],
        unique=True,
        sqlite_where=sa.text("status='open'"),
        postgresql_where=sa.text("status='open'"),
    )
    op.create_table(
        "contact_attempts",
        sa.Column("attempt_id", types.Text(), nullable=False),
        sa.Column("borrower_id", types.Text(), nullable=False),
        sa.Column("case_id", types.Text(), nullable=False),
        sa.Column("channel", types.Text(), nullable=False),
        sa.Column("contact_id", types.Text(), nullable=True),
        sa.Column("purpose", types.Text(), nullable=False),
        sa.Column("status", types.Text(), nullable=False),
        sa.Column("result", types.Text(), nullable=True),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("reference", types.Text(), nullable=True),
        sa.PrimaryKeyConstraint("attempt_id"),
        sqlite_strict=True,
    )
    op.create_index("attempts_by_person", "contact_attempts", ["borrower_id", "at"], unique=False)
    op.create_index(op.f("ix_contact_attempts_case_id"), "contact_attempts", ["case_id"], unique=False)
    op.create_table(
        "contact_points",
        sa.Column("contact_id", types.Text(), nullable=False),
        sa.Column("borrower_id", types.Text(), nullable=False),
        sa.Column("channel", types.Text(), nullable=False),
        sa.Column("address", types.Text(), nullable=False),
        sa.Column("language", types.Text(), nullable=True),
        sa.Column("timezone", types.Text(), nullable=True),
        sa.Column("allowed_from", types.Text(), nullable=True),
        sa.Column("allowed_to", types.Text(), nullable=True),
        sa.Column("preferred", types.Flag(), nullable=False),
        sa.Column("do_not_contact", types.Flag(), nullable=False),
        sa.PrimaryKeyConstraint("contact_id"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_contact_points_borrower_id"), "contact_points", ["borrower_id"], unique=False)
    op.create_table(
        "deadlines",
        sa.Column("case_id", types.Text(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("due_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "name"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_deadlines_due_at"), "deadlines", ["due_at"], unique=False)
    op.create_table(
        "deliveries",
        sa.Column("delivery_id", types.Text(), nullable=False),
        sa.Column("sender", types.Text(), nullable=False),
        sa.Column("sequence_no", types.Int(), nullable=True),
        sa.Column("as_of_date", types.Day(), nullable=True),
        sa.Column("counts", types.Json(), nullable=False),
        sa.Column("loaded_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("delivery_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("key", types.Text(), nullable=False),
        sa.Column("actor", types.Text(), nullable=False),
        sa.Column("route", types.Text(), nullable=False),
        sa.Column("body_hash", types.Text(), nullable=False),
        sa.Column("status", types.Int(), nullable=False),
        sa.Column("answer", types.Json(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key", "actor", "route"),
        sqlite_strict=True,
    )
    op.create_table(
        "incidents",
        sa.Column("incident_id", types.Text(), nullable=False),
        sa.Column("kind", types.Text(), nullable=False),
        sa.Column("case_id", types.Text(), nullable=True),
        sa.Column("loan_id", types.Text(), nullable=True),
        sa.Column("detail", types.Json(), nullable=False),
        sa.Column("status", types.Text(), nullable=False),
        sa.Column("opened_at", types.Instant(), nullable=False),
        sa.Column("closed_at", types.Instant(), nullable=True),
        sa.Column("closed_by", types.Text(), nullable=True),
        sa.Column("reason", types.Text(), nullable=True),
        sa.PrimaryKeyConstraint("incident_id"),
        sqlite_strict=True,
    )
    op.create_index("incidents_open", "incidents", ["status", "opened_at"], unique=False)
    op.create_index(op.f("ix_incidents_case_id"), "incidents", ["case_id"], unique=False)
    op.create_table(
        "keepsakes",
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("value", types.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        sqlite_strict=True,
    )
    op.create_table(
        "loans",
        sa.Column("loan_id", types.Text(), nullable=False),
        sa.Column("borrower_id", types.Text(), nullable=False),
        sa.Column("product", types.Text(), nullable=False),
        sa.Column("currency", types.Text(), nullable=False),
        sa.Column("as_of_date", types.Day(), nullable=False),
        sa.Column("balance_minor", types.Int(), nullable=False),
        sa.Column("overdue_minor", types.Int(), nullable=False),
        sa.Column("first_overdue_on", types.Day(), nullable=True),
        sa.Column("instalment_minor", types.Int(), nullable=True),
        sa.Column("limit_minor", types.Int(), nullable=True),
        sa.Column("last_payment_minor", types.Int(), nullable=True),
        sa.Column("last_payment_on", types.Day(), nullable=True),
        sa.Column("disbursed_on", types.Day(), nullable=True),
        sa.Column("last_instalment_due_on", types.Day(), nullable=True),
        sa.Column("contract_no", types.Text(), nullable=True),
        sa.Column("status", types.Text(), nullable=False),
        sa.Column("content_hash", types.Text(), nullable=False),
        sa.PrimaryKeyConstraint("loan_id"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_loans_borrower_id"), "loans", ["borrower_id"], unique=False)
    op.create_table(
        "login_attempts",
        sa.Column("bucket", types.Text(), nullable=False),
        sa.Column("failures", types.Int(), nullable=False),
        sa.Column("until", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("bucket"),
        sqlite_strict=True,
    )
    op.create_table(
        "messages",
        sa.Column("message_id", types.Text(), nullable=False),
        sa.Column("arrival", types.Int(), nullable=False),
        sa.Column("case_id", types.Text(), nullable=False),
        sa.Column("signal", types.Text(), nullable=False),
        sa.Column("rank", types.Int(), nullable=False),
        sa.Column("actor", types.Text(), nullable=False),
        sa.Column("task_id", types.Text(), nullable=True),
        sa.Column("content", types.Json(), nullable=False),
        sa.Column("content_hash", types.Text(), nullable=False),
        sa.Column("status", types.Text(), nullable=False),
        sa.Column("effective_at", types.Instant(), nullable=False),
        sa.Column("accepted_at", types.Instant(), nullable=False),
        sa.Column("sent_at", types.Instant(), nullable=True),
        sa.Column("attempts", types.Int(), nullable=False),
        sa.Column("settled_seq", types.Int(), nullable=True),
        sa.Column("settled_at", types.Instant(), nullable=True),
        sa.Column("reason", types.Text(), nullable=True),
        sa.PrimaryKeyConstraint("message_id"),
        sqlite_strict=True,
    )
    op.create_index("messages_by_case", "messages", ["case_id"], unique=False)
    op.create_index(
        "messages_unsettled",
        "messages",
        ["case_id", "rank", "arrival"],
        unique=False,
        sqlite_where=sa.text("status in ('waiting','sent')"),
        postgresql_where=sa.text("status in ('waiting','sent')"),
    )
    op.create_index(
        "one_live_message_per_task",
        "messages",
        ["task_id"],
        unique=True,
        sqlite_where=sa.text("task_id is not null and status in ('waiting','sent','applied')"),
        postgresql_where=sa.text("task_id is not null and status in ('waiting','sent','applied')"),
    )
    op.create_table(
        "notices",
        sa.Column("notice_id", types.Text(), nullable=False),
        sa.Column("case_id", types.Text(), nullable=False),
        sa.Column("kind", types.Text(), nullable=False),
        sa.Column("status", types.Text(), nullable=False),
        sa.Column("amount_minor", types.Int(), nullable=False),
        sa.Column("balance_minor", types.Int(), nullable=False),
        sa.Column("currency", types.Text(), nullable=False),
        sa.Column("as_of", types.Instant(), nullable=False),
        sa.Column("cure_on", types.Day(), nullable=True),
        sa.Column("released_by", types.Text(), nullable=False),
        sa.Column("released_at", types.Instant(), nullable=False),
        sa.Column("sent_at", types.Instant(), nullable=True),
        sa.Column("arrived_at", types.Instant(), nullable=True),
        sa.Column("document_hash", types.Text(), nullable=True),
        sa.Column("document", types.Text(), nullable=True),
        sa.PrimaryKeyConstraint("notice_id"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_notices_case_id"), "notices", ["case_id"], unique=False)
    op.create_table(
        "parties",
        sa.Column("loan_id", types.Text(), nullable=False),
        sa.Column("borrower_id", types.Text(), nullable=False),
        sa.Column("role", types.Text(), nullable=False),
        sa.Column("guarantee_kind", types.Text(), nullable=True),
        sa.Column("guarantee_until", types.Day(), nullable=True),
        sa.PrimaryKeyConstraint("loan_id", "borrower_id", "role"),
        sqlite_strict=True,
    )
    op.create_table(
        "payments",
        sa.Column("payment_id", types.Text(), nullable=False),
        sa.Column("loan_id", types.Text(), nullable=False),
        sa.Column("booked_on", types.Day(), nullable=False),
        sa.Column("value_on", types.Day(), nullable=False),
        sa.Column("amount_minor", types.Int(), nullable=False),
        sa.Column("currency", types.Text(), nullable=False),
        sa.Column("channel", types.Text(), nullable=False),
        sa.Column("kind", types.Text(), nullable=False),
        sa.Column("reverses_payment_id", types.Text(), nullable=True),
        sa.Column("provisional", types.Flag(), nullable=False),
        sa.Column("designation", types.Text(), nullable=True),
        sa.Column("content_hash", types.Text(), nullable=False),
        sa.Column("source", types.Text(), nullable=False),
        sa.Column("standing", types.Text(), nullable=False),
        sa.Column("received_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("payment_id"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_payments_loan_id"), "payments", ["loan_id"], unique=False)
    op.create_table(
        "records",
        sa.Column("case_id", types.Text(), nullable=False),
        sa.Column("seq", types.Int(), nullable=False),
        sa.Column("print", types.Text(), nullable=False),
        sa.Column("base", types.Text(), nullable=False),
        sa.Column("event", types.Json(), nullable=False),
        sa.Column("effects", types.Json(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("recorded_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "seq"),
        sqlite_strict=True,
    )
    op.create_table(
        "remarks",
        sa.Column("remark_id", types.Text(), nullable=False),
        sa.Column("case_id", types.Text(), nullable=False),
        sa.Column("task_id", types.Text(), nullable=True),
        sa.Column("author", types.Text(), nullable=False),
        sa.Column("words", types.Text(), nullable=False),
        sa.Column("written_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("remark_id"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_remarks_case_id"), "remarks", ["case_id"], unique=False)
    op.create_table(
        "staff",
        sa.Column("staff_id", types.Text(), nullable=False),
        sa.Column("login", types.Text(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("roles", types.Json(), nullable=False),
        sa.Column("password_hash", types.Text(), nullable=True),
        sa.Column("language", types.Text(), nullable=False),
        sa.Column("active", types.Flag(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("staff_id"),
        sa.UniqueConstraint("login"),
        sqlite_strict=True,
    )
    op.create_table(
        "statements",
        sa.Column("loan_id", types.Text(), nullable=False),
        sa.Column("period", types.Text(), nullable=False),
        sa.Column("period_end", types.Day(), nullable=False),
        sa.Column("months_overdue", types.Int(), nullable=False),
        sa.Column("bill_minor", types.Int(), nullable=False),
        sa.Column("paid_minor", types.Int(), nullable=False),
        sa.PrimaryKeyConstraint("loan_id", "period"),
        sqlite_strict=True,
    )
    op.create_table(
        "tasks",
        sa.Column("task_id", types.Text(), nullable=False),
        sa.Column("case_id", types.Text(), nullable=False),
        sa.Column("loan_id", types.Text(), nullable=False),
        sa.Column("borrower_id", types.Text(), nullable=False),
        sa.Column("kind", types.Text(), nullable=False),
        sa.Column("role", types.Text(), nullable=False),
        sa.Column("stage", types.Text(), nullable=False),
        sa.Column("status", types.Text(), nullable=False),
        sa.Column("facts_no", types.Int(), nullable=False),
        sa.Column("facts", types.Json(), nullable=False),
        sa.Column("barred", types.Json(), nullable=False),
        sa.Column("opened_seq", types.Int(), nullable=False),
        sa.Column("opened_at", types.Instant(), nullable=False),
        sa.Column("due_at", types.Instant(), nullable=False),
        sa.Column("closed_seq", types.Int(), nullable=True),
        sa.Column("closed_at", types.Instant(), nullable=True),
        sa.Column("outcome", types.Text(), nullable=True),
        sa.Column("decided_by", types.Text(), nullable=True),
        sa.Column("why", types.Text(), nullable=True),
        sa.Column("assignee", types.Text(), nullable=True),
        sa.Column("claimed_at", types.Instant(), nullable=True),
        sa.Column("snoozed_until", types.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("task_id"),
        sqlite_strict=True,
    )
    op.create_index("tasks_by_assignee", "tasks", ["status", "assignee", "due_at", "task_id"], unique=False)
    op.create_index("tasks_by_case", "tasks", ["case_id", "opened_seq"], unique=False)
    op.create_index("tasks_by_role", "tasks", ["status", "role", "due_at", "task_id"], unique=False)
