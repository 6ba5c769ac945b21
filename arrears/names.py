"""The ids and fixed words that several parts of the house must spell alike."""

from datetime import date
from typing import Final

TASK_QUEUE: Final = "collections"
WORKFLOW_TYPE: Final = "CollectionCase"

SEARCH_ATTRIBUTES: Final[dict[str, str]] = {
    "CaseStage": "Keyword",
    "CaseStatus": "Keyword",
    "CaseBalanceBand": "Keyword",
    "CasePolicyPack": "Keyword",
    "CaseOpenTasks": "KeywordList",
    "CaseHolds": "KeywordList",
    "CaseNextDeadline": "Datetime",
    "CaseStageSince": "Datetime",
    "CaseAttention": "Bool",
}


def case_id(loan_id: str, episode: int) -> str:
    """Also the workflow id: one case is one workflow."""
    return f"case-{loan_id}-{episode}"


def task_id(case: str, seq: int, n: int) -> str:
    """Derived from the record that opens the task, so that a retry names it the same."""
    return f"{case}-t{seq}-{n}"


def open_message_id(case: str) -> str:
    return f"open-{case}"


def restated_message_id(case: str, as_of: str) -> str:
    """One message per case and day of state, however often the file comes."""
    return f"restated-{case}-{as_of}"


def payment_message_id(payment_id: str) -> str:
    """One message per payment, however often the bank sends it."""
    return f"pay-{payment_id}"


def final_message_id(payment_id: str) -> str:
    """One message per payment, however often the bank says that it is final."""
    return f"final-{payment_id}"


def closing_message_id(case: str, day: date) -> str:
    """One message per case and day that the core bank closed."""
    return f"closed-{case}-{day}"


def published_message_id(case: str, pack: str) -> str:
    """One message per case and pack that took effect."""
    return f"pack-{case}-{pack}"


def plan_message_id(case: str, content_hash: str) -> str:
    """One message per case and plan, word for word, however often it is sent."""
    return f"{case}-plan-{content_hash[:16]}"


def people_message_id(case: str, number: int) -> str:
    """One message per case and change, counted."""
    return f"people-{case}-{number}"


def delivery_message_id(notice: str, status: str, at: int) -> str:
    """One message per notice, status and instant, however often and by whomever it is reported."""
    return f"{notice}-{status}-{at}"


def notice_id(case: str, round_no: int) -> str:
    """Comes from the state and not from the seq: a dropped answer must not send twice."""
    return f"{case}-notice-{round_no}"
