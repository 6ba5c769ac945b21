"""What pages show: frozen views, each read in one look; nothing here writes and nothing counts rows to skip."""

from arrears.store.queries.approvals import approvals, claim_ledger, first_word, limitation
from arrears.store.queries.beside import beside
from arrears.store.queries.case import (
    case,
    cases_of_loan,
    holds_of,
    knows_loan,
    open_cases,
    stages_of,
    tasks_of,
)
from arrears.store.queries.chosen import chosen
from arrears.store.queries.debtor import contacts_with, loans_of
from arrears.store.queries.inbox import counts, inbox
from arrears.store.queries.incidents import incident, incident_list, incidents_of, open_incidents
from arrears.store.queries.money import became, ledger_of, payment, reversal_of
from arrears.store.queries.news import MOST_NEWS, moved_by_others, task_news, trail_lengths
from arrears.store.queries.notices import deliveries_of, notice, notices_of
from arrears.store.queries.paging import COUNTED, PAGE
from arrears.store.queries.parties import PartyView, parties_of, points_of
from arrears.store.queries.said import LIVE, UNDER_WAY
from arrears.store.queries.searching import Found, found, plain
from arrears.store.queries.task import facts_seen, task
from arrears.store.queries.team import loads, stuck
from arrears.store.queries.trail import latest_steps, names, timeline
from arrears.store.queries.undo import refused, undoable

__all__ = (
    "COUNTED",
    "LIVE",
    "MOST_NEWS",
    "PAGE",
    "UNDER_WAY",
    "Found",
    "PartyView",
    "approvals",
    "became",
    "beside",
    "case",
    "cases_of_loan",
    "chosen",
    "claim_ledger",
    "contacts_with",
    "counts",
    "deliveries_of",
    "facts_seen",
    "first_word",
    "found",
    "holds_of",
    "inbox",
    "incident",
    "incident_list",
    "incidents_of",
    "knows_loan",
    "latest_steps",
    "ledger_of",
    "limitation",
    "loads",
    "loans_of",
    "moved_by_others",
    "names",
    "notice",
    "notices_of",
    "open_cases",
    "open_incidents",
    "parties_of",
    "payment",
    "plain",
    "points_of",
    "refused",
    "reversal_of",
    "stages_of",
    "stuck",
    "task",
    "task_news",
    "tasks_of",
    "timeline",
    "trail_lengths",
    "undoable",
)
