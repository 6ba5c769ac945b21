"""What a page says of tasks that were chosen by their ids."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from arrears.store.tables import borrowers, tasks
from arrears.store.views import ChosenTask


def chosen(connection: Connection, task_ids: Collection[str]) -> dict[str, ChosenTask]:
    """By id; what is not there is left out."""
    wanted = (
        select(
            tasks.c.task_id,
            tasks.c.loan_id,
            tasks.c.kind,
            tasks.c.stage,
            tasks.c.role,
            tasks.c.assignee,
            borrowers.c.name.label("borrower"),
        )
        .outerjoin(borrowers, borrowers.c.borrower_id == tasks.c.borrower_id)
        .where(tasks.c.task_id.in_(sorted(task_ids)))
    )
    return {
        row.task_id: ChosenTask(**{**row._mapping, "borrower": row.borrower or ""})
        for row in connection.execute(wanted)
    }
