"""What is said once more before an answer that leads to the court is kept: what follows, how much, who is next."""

from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection

from arrears.policy.checklist import TO_COURT
from arrears.policy.tasks import TaskKind
from arrears.store.views import TaskView
from web.approval_sheet import ApprovalSheet, Seeing, Stated, approval_sheet, consequence
from web.forms import DecisionForm
from web.language import gettext as _
from web.task_sheet import TaskSheet


@dataclass(frozen=True)
class Confirm:
    """`follows` in words; minor units; `warns` of what cannot be taken back once it is heard."""

    form: DecisionForm = field(repr=False)
    follows: str
    warns: bool
    next_by: str
    total_minor: int
    on: date
    currency: str
    fee_minor: int | None
    limitation_on: date | None
    by: str
    debtor: str = field(repr=False)
    wants_proof: bool = False


def leads_to_court(kind: str, outcome: str) -> bool:
    return TO_COURT.get(TaskKind(kind)) == outcome


def confirm_of(page: ApprovalSheet, form: DecisionForm, seeing: Seeing, *, wants_proof: bool) -> Confirm:
    return Confirm(
        form,
        consequence(form.outcome, seeing.rules),
        leads_to_court(page.task.kind, form.outcome),
        _next_by(page, form.outcome),
        page.claim.total,
        page.claim.on,
        page.currency,
        page.fees.ordinary if page.fees else None,
        page.last_day.limitation.ends_on if page.last_day else None,
        page.own_name,
        page.task.name,
        wants_proof,
    )


def confirm_on_task(
    connection: Connection,
    task: TaskView,
    sheet: TaskSheet,
    seeing: Seeing,
    form: DecisionForm,
    *,
    wants_proof: bool,
) -> Confirm:
    """As on the page of the claim, stated to today."""
    page = approval_sheet(connection, task, sheet, seeing, Stated())
    return confirm_of(page, form, seeing, wants_proof=wants_proof)


def _next_by(page: ApprovalSheet, outcome: str) -> str:
    match outcome:
        case "sue" if page.next_is_manager:
            return _("A manager: the balance is above what two advisors may decide. Not you.")
        case "sue":
            return _("A second legal advisor: not you, and nobody who worked the case.")
        case "approve":
            return _("Nobody: both approvals are there. An advisor is asked to file the claim.")
        case "filed":
            return _("Nobody: the court decides from here.")
        case _:
            return ""
