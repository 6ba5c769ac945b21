"""What pages show: frozen views, each read in one look; nothing here writes and nothing counts rows to skip."""

from arrears.store.queries.approvals import approvals, claim_ledger, first_word, limitation
from arrears.store.queries.case import (
    case,
    cases_of_loan,
    holds_of,
    knows_loan,
    open_cases,
    stages_of,
    tasks_of,
)
from arrears.store.queries.inbox import counts, inbox
from arrears.store.queries.incidents import incident, incident_list, incidents_of, open_incidents
from arrears.store.queries.money import ledger_of, payment, reversal_of
from arrears.store.queries.notices import deliveries_of, notice, notices_of
from arrears.store.queries.paging import COUNTED, PAGE
from arrears.store.queries.said import LIVE, UNDER_WAY
from arrears.store.queries.task import facts_seen, task
from arrears.store.queries.trail import latest_steps, names, timeline

__all__ = [
    "COUNTED",
    "LIVE",
    "PAGE",
    "UNDER_WAY",
    "approvals",
    "case",
    "cases_of_loan",
    "claim_ledger",
    "counts",
    "deliveries_of",
    "facts_seen",
    "first_word",
    "holds_of",
    "inbox",
    "incident",
    "incident_list",
    "incidents_of",
    "knows_loan",
    "latest_steps",
    "ledger_of",
    "limitation",
    "names",
    "notice",
    "notices_of",
    "open_cases",
    "open_incidents",
    "payment",
    "reversal_of",
    "stages_of",
    "task",
    "tasks_of",
    "timeline",
]
