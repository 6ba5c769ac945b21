"""What codes are called: every stage, task, answer, reason and status in words people use."""

from typing import Final, TypeAlias

from web.language import gettext as _
from web.language import pgettext
from workflows import prose

Words: TypeAlias = prose.Words
term: Final = prose.term


def called(words: Words, code: str | None) -> str:
    """The code itself where a newer version of the rules brought one these pages do not know."""
    if code is None:
        return ""
    found = words.get(code)
    return pgettext(*found) if found else code


def refusal(reason: str | None) -> str:
    """A reason may go on after a colon with what only an operator understands."""
    held = _hold(reason)
    return (
        _("A hold stands: %(hold)s.") % {"hold": held}
        if held
        else called(REFUSALS, (reason or "").split(":")[0])
    )


def opened(why: str | None) -> str:
    """Why a task came to its people: what was said and stands as a hold, else a reason of the case."""
    if why and why.startswith("hold_"):
        return _("A hold stands: %(hold)s.") % {"hold": called(HOLDS, why.removeprefix("hold_"))}
    return called(WHYS, why)


def cancelled(why: str | None) -> str:
    """Why a task was taken from its people."""
    held = _hold(why)
    return _("a hold stands: %(hold)s") % {"hold": held} if held else called(CANCELLED, why)


def together(result: str, by: str | None) -> str:
    """What became of one of many tasks; who was first, where somebody was."""
    if by and result in TOGETHER_BY:
        return called(TOGETHER_BY, result) % {"name": by}
    return called(TOGETHER, result)


def hold_end(outcome: str) -> str:
    """A hold may end with the answer to a task."""
    return called(HOLD_ENDS if outcome in HOLD_ENDS else ANSWERS, outcome)


def _hold(reason: str | None) -> str:
    """The hold a reason names; empty when it names none."""
    return called(HOLDS, reason.removeprefix("held_")) if reason and reason.startswith("held_") else ""


def hint(code: str) -> str:
    """What an answer leads to, where that is not plain from its name."""
    return called(HINTS, code) if code in HINTS else ""


def how(action: str | None, party: str | None) -> str:
    """How somebody was contacted; of whoever came to the bank by themselves, also who it was."""
    if action in INBOUND and party in PARTIES and party != "borrower":
        told = {"party": called(PARTIES, party), "how": called(INBOUND, action)}
        return _("%(party)s: %(how)s") % told
    return called(ACTIONS, action)


STAGES: Final[Words] = prose.STAGES

TASKS: Final[Words] = {
    "first_contact": term("task", "First contact"),
    "follow_up": term("task", "Follow-up"),
    "escalation": term("task", "Escalation"),
    "notice_release": term("task", "Demand notice"),
    "legal_review": term("task", "Legal review"),
    "second_approval": term("task", "Second approval"),
    "idle_review": term("task", "Idle case"),
    "filing": term("task", "File the claim"),
    "court_end": term("task", "End of the claim"),
    "delivery_check": term("task", "Ask the carrier"),
    "new_address": term("task", "New address"),
    "plan_approval": term("task", "Approve the plan"),
    "plan_breach": term("task", "Plan not kept"),
    "paid_claim_check": term("task", "Look for the money"),
    "dispute_review": term("task", "Decide the dispute"),
    "complaint_reply": term("task", "Answer the complaint"),
    "complaint_extension": term("task", "More time for a complaint"),
    "hardship_decision": term("task", "Decide on hardship"),
    "death_verify": term("task", "Verify a death"),
    "capacity_verify": term("task", "Verify capacity"),
    "insolvency_verify": term("task", "Verify insolvency"),
    "fraud_verify": term("task", "Verify whose debt it is"),
    "declare_claim": term("task", "Declare the claim"),
    "hold_review": term("task", "Hold whose day has come"),
}

# The question a task puts to its person.
QUESTIONS: Final[Words] = {
    "first_contact": term("question", "How did the contact go?"),
    "follow_up": term("question", "How did the contact go?"),
    "escalation": term("question", "Move the case to the formal stage?"),
    "notice_release": term("question", "Release the demand notice with these amounts?"),
    "legal_review": term("question", "Shall the bank sue?"),
    "second_approval": term("question", "Do you approve the litigation as the second person?"),
    "idle_review": term("question", "Nothing has happened here for long. May the case stay as it is?"),
    "filing": term("question", "Was the claim filed with the court?"),
    "court_end": term("question", "All is paid. What becomes of the claim?"),
    "delivery_check": term("question", "No arrival was reported. What does the carrier say?"),
    "new_address": term("question", "The notice came back. Is there another address?"),
    "plan_approval": term("question", "Do you agree to this repayment plan?"),
    "plan_breach": term("question", "Instalments are missing. Is the plan broken?"),
    "paid_claim_check": term("question", "The debtor says it is paid. Is the money here?"),
    "dispute_review": term("question", "Is the debtor right?"),
    "complaint_reply": term("question", "What does the bank answer?"),
    "complaint_extension": term("question", "May the answer to the complaint take longer?"),
    "hardship_decision": term("question", "What is decided about the hardship?"),
    "death_verify": term("question", "Is there proof of the death?"),
    "capacity_verify": term("question", "Is there proof that the debtor lacks capacity?"),
    "insolvency_verify": term("question", "Has a court accepted the insolvency?"),
    "fraud_verify": term("question", "Was the debt made in the person's name by somebody else?"),
    "declare_claim": term("question", "Was the claim declared with the court or the administrator?"),
    "hold_review": term("question", "The hold has stood as long as it may without a word. Does it go on?"),
}

ANSWERS: Final[Words] = {
    "na": term("answer", "No answer"),
    "busy": term("answer", "Busy"),
    "off": term("answer", "Switched off"),
    "inv": term("answer", "Number not in use"),
    "wrong": term("answer", "Wrong number"),
    "hung": term("answer", "Hung up"),
    "tp_relay": term("answer", "Somebody else will pass it on"),
    "tp_refuse": term("answer", "Somebody else wants no calls"),
    "ptp": term("answer", "Promise to pay"),
    "cant": term("answer", "Cannot pay now"),
    "rtp": term("answer", "Refuses to pay"),
    "noint": term("answer", "Does not want to pay"),
    "escalate": term("answer", "Escalate"),
    "keep": term("answer", "Keep with collectors"),
    "release": term("answer", "Release"),
    "cancel": term("answer", "Do not release"),
    "sue": term("answer", "Sue"),
    "return": term("answer", "Return"),
    "approve": term("answer", "Approve"),
    "refuse": term("answer", "Refuse"),
    "continue": term("answer", "Continue"),
    "part": term("answer", "Promise to pay a part"),
    "filed": term("answer", "Filed"),
    "not_filed": term("answer", "Not filed"),
    "withdraw": term("answer", "Withdraw the claim"),
    "costs": term("answer", "Seek the costs"),
    "court_ended": term("answer", "The court has ended it"),
    "arrived": term("answer", "Arrived"),
    "returned": term("answer", "Came back"),
    "not_known": term("answer", "Nobody knows yet"),
    "found": term("answer", "Found"),
    "not_found": term("answer", "Not found"),
    "agree": term("answer", "Agree to the plan"),
    "decline": term("answer", "Decline the plan"),
    "broken": term("answer", "Broken"),
    "cure_period": term("answer", "Time to catch up"),
    "renegotiate": term("answer", "Agree on another plan"),
    "dispute": term("answer", "Disputes the debt"),
    "compl": term("answer", "Complains"),
    "fraud": term("answer", "Says the debt is somebody else's"),
    "paid_claim": term("answer", "Says it is paid"),
    "hardship": term("answer", "In hardship"),
    "ill": term("answer", "Seriously ill"),
    "deceased": term("answer", "Said to have died"),
    "jail": term("answer", "Said to be in custody"),
    "lawyer": term("answer", "Has a lawyer"),
    "bankr": term("answer", "Insolvent"),
    "money_found": term("answer", "The money is here"),
    "no_money": term("answer", "No such money"),
    "upheld": term("answer", "Upheld"),
    "upheld_part": term("answer", "Upheld in part"),
    "rejected": term("answer", "Rejected"),
    "withdrawn": term("answer", "Withdrawn by the customer"),
    "extend": term("answer", "More time is needed"),
    "allow": term("answer", "Allow"),
    "deny": term("answer", "Do not allow"),
    "offer": term("answer", "Offer a plan"),
    "more_evidence": term("answer", "Ask for evidence"),
    "no_relief": term("answer", "No relief"),
    "confirmed": term("answer", "Confirmed"),
    "refuted": term("answer", "Not true"),
    "need_proof": term("answer", "Proof is missing"),
    "insolvent": term("answer", "Accepted by the court"),
    "declared": term("answer", "Declared"),
    "not_declared": term("answer", "Not declared"),
    "goes_on": term("answer", "Goes on"),
    "hold_ends": term("answer", "The hold ends"),
}

# What a debtor says of why nothing was paid, and of will and means.
CAUSES: Final[Words] = {
    "income": term("cause", "Lost work or income"),
    "illness": term("cause", "Illness, disability or a death in the family"),
    "disaster": term("cause", "Disaster or epidemic"),
    "family": term("cause", "Divorce, or alone with children"),
    "business": term("cause", "The business was closed or goes badly"),
    "no_capacity": term("cause", "Too old, too young, or not able to act"),
    "detention": term("cause", "In custody"),
    "other_debts": term("cause", "Too many other debts"),
    "overlooked": term("cause", "Forgot it"),
    "other": term("cause", "Something else"),
}
WILLINGNESS: Final[Words] = {
    "willing": term("willingness", "Wants to pay"),
    "wavering": term("willingness", "Wavers"),
    "unwilling": term("willingness", "Does not want to pay"),
}
ABILITIES: Final[Words] = {
    "able": term("ability", "Can pay"),
    "partly": term("ability", "Can pay a part"),
    "unable": term("ability", "Cannot pay now"),
}

# How somebody was contacted.
ACTIONS: Final[Words] = {
    "out_call": term("action", "Call"),
    "ai_call": term("action", "Call by a robot"),
    "sms": term("action", "SMS"),
    "email": term("action", "E-mail"),
    "app_push": term("action", "Notice in the app"),
    "im": term("action", "Chat"),
    "letter": term("action", "Letter"),
    "notice": term("action", "Demand notice"),
    "visit": term("action", "Visit"),
    "debit": term("action", "Debit"),
    "in_call": term("action", "The debtor called"),
    "in_msg": term("action", "The debtor wrote"),
    "in_visit": term("action", "The debtor came to a branch"),
}

# How somebody came to the bank by themselves, whoever it was.
INBOUND: Final[Words] = {
    "in_call": term("inbound", "They called"),
    "in_msg": term("inbound", "They wrote"),
    "in_visit": term("inbound", "They came to a branch"),
}

# How whoever was spoken to stands to the debt.
PARTIES: Final[Words] = {
    "borrower": term("party", "The debtor"),
    "co_borrower": term("party", "Co-borrower"),
    "guarantor": term("party", "Guarantor"),
    "guardian": term("party", "Guardian"),
    "heir": term("party", "Heir"),
    "lawyer": term("party", "The debtor's lawyer"),
    "third": term("party", "Somebody else"),
}

# Where a contact is that has no result yet.
ATTEMPTS: Final[Words] = {
    "reserved": term("attempt", "Under way"),
    "made": term("attempt", "Made"),
    "uncertain": term("attempt", "Uncertain"),
    "failed": term("attempt", "Not made"),
}

# The results of a contact: what people answer, and what channels and visitors report.
RESULTS: Final[Words] = {
    **ANSWERS,
    "sent": term("result", "Sent"),
    "delivered": term("result", "Delivered"),
    "bounced": term("result", "Not deliverable"),
    "read": term("result", "Read"),
    "reply": term("result", "Answered"),
    "posted": term("result", "Posted"),
    "signed": term("result", "Signed for"),
    "refused": term("result", "Not accepted"),
    "returned": term("result", "Came back"),
    "met": term("result", "Met"),
    "not_home": term("result", "Not at home"),
    "moved": term("result", "Moved away"),
    "entry_refused": term("result", "Not let in"),
    "ok": term("result", "Taken in full"),
    "partial": term("result", "Taken in part"),
    "nsf": term("result", "Nothing to take"),
}

# Under which heading a contact's results stand.
GROUPS: Final[Words] = {
    "not_reached": term("group", "Not reached"),
    "somebody_else": term("group", "Somebody else answered"),
    "spoken_to": term("group", "Spoken to the debtor"),
    "keeps_still": term("group", "What was said stops the bank at once"),
    "reported": term("group", "Reported"),
}

HINTS: Final[Words] = {
    "inv": term("hint", "The number is marked and not dialled again."),
    "wrong": term("hint", "The number is marked and not dialled again."),
    "tp_relay": term("hint", "Nothing about the debt was said."),
    "tp_refuse": term("hint", "Nobody calls that number again, for whatever loan."),
    "escalate": term("hint", "The case enters the formal stage; a demand notice is prepared."),
    "keep": term("hint", "The question comes again after some days."),
    "release": term("hint", "The notice goes out with these amounts."),
    "cancel": term("hint", "Nothing is sent; the question comes again."),
    "sue": term("hint", "A second person must approve before anything is filed."),
    "return": term("hint", "The case goes back to the collectors with your reason."),
    "approve": term("hint", "The case enters the legal stage on its day."),
    "refuse": term("hint", "The case goes back to the collectors with your reason."),
    "continue": term("hint", "The case stays as it is until something happens."),
    "arrived": term("hint", "The debtor's time to pay is counted from that day."),
    "returned": term(
        "hint", "From an address the debtor agreed to, it counts as arrived; else no time runs from it."
    ),
    "filed": term("hint", "The claim is filed on these figures."),
    "not_filed": term("hint", "The question comes again on the day you name."),
    "withdraw": term("hint", "The case closes; the bank bears half of the court fee."),
    "costs": term("hint", "The case stays open until the court has ended it."),
    "court_ended": term("hint", "The case closes with your reason."),
    "not_known": term("hint", "The question comes again after some days."),
    "found": term("hint", "The notice is released anew."),
    "not_found": term("hint", "The notice is asked for again on the day you name."),
    "agree": term("hint", "The plan runs; beyond the limit a second manager is asked."),
    "decline": term("hint", "The plan is over, and collecting goes on."),
    "broken": term("hint", "Collecting goes on where it stopped; the rest is owed as before."),
    "cure_period": term("hint", "Nobody collects for some more days; then you are asked again."),
    "renegotiate": term("hint", "A new plan can be signed; without one you are asked again."),
    "cant": term("hint", "A plan officer decides; nobody calls meanwhile."),
    "dispute": term("hint", "Nobody calls before the case desk has decided; a part may be named."),
    "compl": term("hint", "The case leaves your hands; the case desk answers."),
    "fraud": term("hint", "Nobody calls before it is verified."),
    "paid_claim": term("hint", "Operations look for the money; nobody calls meanwhile."),
    "hardship": term("hint", "A plan officer decides; nobody calls meanwhile."),
    "ill": term("hint", "A plan officer decides; nobody calls meanwhile."),
    "deceased": term("hint", "Nobody calls, for whatever loan; the death is verified."),
    "jail": term("hint", "A plan officer decides; nobody calls meanwhile."),
    "lawyer": term("hint", "The lawyer is contacted first."),
    "bankr": term("hint", "Nobody calls, for whatever loan; the court's decision is verified."),
    "money_found": term("hint", "The hold ends when the payment is booked here."),
    "no_money": term("hint", "The hold ends, and collection goes on."),
    "upheld": term("hint", "The hold ends; what was disputed is taken off, a complaint is counted."),
    "upheld_part": term("hint", "The amount you name is taken off, and the hold ends."),
    "rejected": term("hint", "The hold ends; the debtor is told your reason and where to turn."),
    "withdrawn": term("hint", "The hold ends today."),
    "extend": term("hint", "A manager must allow it; until then the day stands."),
    "allow": term("hint", "The answer is due at the end of the next longer time."),
    "deny": term("hint", "The day of the answer stands."),
    "offer": term("hint", "The hold goes on until a plan is agreed."),
    "more_evidence": term("hint", "The debtor has ten bank days more; the hold goes on."),
    "no_relief": term("hint", "The hold ends; the debtor is told your reason and where to turn."),
    "confirmed": term("hint", "The hold goes on; a debt that is not this person's is closed."),
    "refuted": term("hint", "The hold ends; contacts that were made still count."),
    "need_proof": term("hint", "The hold goes on, and the question comes again."),
    "insolvent": term("hint", "Name the last day for declaring the claim; an advisor declares it."),
    "not_declared": term("hint", "An incident is raised with your reason."),
    "goes_on": term("hint", "The question comes again after the day you name."),
    "hold_ends": term("hint", "Clocks go on with what they had left."),
}

ROLES: Final[Words] = {
    "collector": term("role", "Collector"),
    "team_lead": term("role", "Team lead"),
    "legal_advisor": term("role", "Legal advisor"),
    "plan_officer": term("role", "Plan officer"),
    "case_desk": term("role", "Case desk"),
    "ops": term("role", "Operations"),
    "manager": term("role", "Manager"),
    "compliance": term("role", "Compliance"),
    "operator": term("role", "Operator"),
    "admin": term("role", "Administrator"),
}

# Why a task was opened.
WHYS: Final[Words] = {
    "case_opened": term("why", "The loan is past due and a case was opened."),
    "follow_up_due": term("why", "The day for another contact has come."),
    "days_past_due": term("why", "The days past due have reached the next threshold."),
    "refuses_to_pay": term("why", "The debtor refuses to pay."),
    "formal_stage": term("why", "The case has entered the formal stage."),
    "notice_due": term("why", "A demand notice is due."),
    "notice_uncertain": term("why", "Nobody can say whether the notice went out."),
    "notice_refused": term("why", "The notice was not allowed to go out."),
    "notice_returned": term("why", "The notice came back undelivered."),
    "amount_changed": term("why", "The amount changed before the notice went out."),
    "first_advisor_approved": term("why", "One advisor wants to sue; a second person must agree."),
    "facts_changed": term("why", "The figures changed since the last decision."),
    "approval_stale": term("why", "The figures changed since the approval."),
    "people_changed": term("why", "The parties or an address changed since the last decision."),
    "address_changed": term("why", "The address changed before the notice went out."),
    "idle": term("why", "Nothing has happened in this case for long."),
    "payment_reversed": term("why", "A payment was taken back."),
    "no_arrival_reported": term("why", "Nobody reported that the notice arrived."),
    "new_address": term("why", "Another address was found."),
    "attempts_missing": term("why", "More attempts on different days are needed before escalation."),
    "overdue_again": term("why", "Overdue again soon after a cure in the legal stage."),
    "stepped_back": term("why", "The debt has stayed young; talking begins again."),
    "legal_stage": term("why", "The case has entered the legal stage."),
    "stage_entered": term("why", "The case has entered another stage on its way to court."),
    "filing_due": term("why", "The day to file again has come."),
    "costs_sought": term("why", "The costs are sought; has the court ended it?"),
    "loan_closed": term("why", "The core bank closed the loan after filing."),
    "paid_after_filing": term("why", "All that was due is paid after filing."),
    "promises_broken": term("why", "Promises were broken again."),
    "promise_broken": term("why", "A promise was not kept."),
    "promise_partial": term("why", "A promise was kept in part."),
    "guarantor_not_consented": term(
        "why",
        "The guarantor has not consented in writing: the guarantee period does not move, and a heavier debt does not bind "
        "the guarantor (G6).",
    ),
    "plan_too_long_for_one": term("why", "A plan of so many instalments takes more than an officer."),
    "plan_missed": term("why", "An instalment of the plan has been missing for long."),
    "promise_kept": term("why", "A promise was kept; the rest is open."),
    "extension_asked": term("why", "The case desk needs more time for a complaint."),
    "insolvency_accepted": term("why", "The court accepted the insolvency; claims are declared by a day."),
    "not_the_debtor": term("why", "The debt is not this person's; what becomes of the claim?"),
}

# What a decision rests on.
FACTS: Final[Words] = {
    "overdue_minor": term("fact", "Amount overdue"),
    "balance_minor": term("fact", "Whole balance"),
    "principal_minor": term("fact", "Principal"),
    "interest_minor": term("fact", "Interest"),
    "costs_minor": term("fact", "Costs"),
    "disputed_minor": term("fact", "Disputed"),
    "first_overdue_on": term("fact", "Overdue since"),
    "holds": term("fact", "Holds"),
    "parties": term("fact", "Parties"),
    "address": term("fact", "Address"),
}

# Why a task was cancelled.
CANCELLED: Final[Words] = {
    "stage_left": term("cancelled", "the case left the stage"),
    "stale_facts": term("cancelled", "the figures changed"),
    "people_changed": term("cancelled", "the parties or an address changed"),
    "paid_off": term("cancelled", "the loan is paid off"),
    "cured": term("cancelled", "the arrears are paid"),
    "data_error": term("cancelled", "the core bank closed the loan, or its figures were wrong"),
    "fraud_not_debtor": term("cancelled", "the debt is not this person's"),
    "hold_over": term("cancelled", "the hold is over"),
    "cured_tolerance": term("cancelled", "the rest is too small to chase"),
    "stepped_back": term("cancelled", "the case went back to the initial stage"),
    "arrival_reported": term("cancelled", "the arrival was reported"),
    "notice_returned": term("cancelled", "the notice came back"),
    "notice_arrived_later": term("cancelled", "the notice arrived later than assumed"),
    "paid_after_filing": term("cancelled", "all that was due is paid"),
    "payment_reversed": term("cancelled", "a payment was taken back"),
    "plan_paid": term("cancelled", "what was missing is paid"),
    "plan_completed": term("cancelled", "the plan is paid to its end"),
    "plan_replaced": term("cancelled", "another plan took its place"),
    "plan_withdrawn": term("cancelled", "the plan is over"),
    "promise_kept": term("cancelled", "the promise was kept after all"),
    "spoken_to": term("cancelled", "the debtor was spoken to"),
}

HOLDS: Final[Words] = {
    "dispute": term("hold", "Dispute"),
    "complaint": term("hold", "Complaint"),
    "hardship_review": term("hold", "Hardship"),
    "paid_claim": term("hold", "Said to be paid"),
    "plan_active": term("hold", "Repayment plan"),
    "moratorium": term("hold", "Moratorium"),
    "insolvency": term("hold", "Insolvency"),
    "deceased": term("hold", "Death"),
    "incapacity": term("hold", "Lack of capacity"),
    "fraud_claim": term("hold", "Said to be somebody else's debt"),
    "system_freeze": term("hold", "Stop of all work"),
}

# How far a hold reaches.
SCOPES: Final[Words] = {
    "part": term("scope", "part of the debt"),
    "loan": term("scope", "this loan"),
    "person": term("scope", "every loan of the person"),
    "bank": term("scope", "the whole bank"),
}

# What a hold blocks.
ACTS: Final[Words] = {
    "contact": term("act", "contact"),
    "escalation": term("act", "escalation"),
    "filing": term("act", "filing"),
    "penalty": term("act", "penalty interest"),
}

# How a hold ended.
HOLD_ENDS: Final[Words] = {
    "case_closed": term("hold end", "the case closed"),
    "plan_signed": term("hold end", "a plan was agreed"),
    "plan_completed": term("hold end", "the plan is paid to its end"),
    "plan_broken": term("hold end", "the plan was broken"),
    "plan_withdrawn": term("hold end", "the plan did not come about"),
    "ended_by_hand": term("hold end", "ended by hand"),
}

ENTERED: Final[Words] = {
    "opened": term("entered", "the case was opened"),
    "escalated": term("entered", "a team lead escalated"),
    "approved_by_two": term("entered", "two people approved"),
    "overdue_again": term("entered", "overdue again soon after a cure"),
    "stepped_back": term("entered", "the debt stayed young"),
}

CLOSINGS: Final[Words] = {
    "CURED": term("closing", "Arrears paid"),
    "CURED_TOLERANCE": term("closing", "Arrears paid, a trifle left"),
    "PAID_OFF": term("closing", "Paid off"),
    "DATA_ERROR": term("closing", "Data error"),
    "PLAN_COMPLETED": term("closing", "Plan paid to its end"),
    "FRAUD_NOT_DEBTOR": term("closing", "Not this person's debt"),
}

PACKS: Final[Words] = {
    "proposed": term("pack", "waits for the second key"),
    "approved": term("pack", "approved"),
    "withdrawn": term("pack", "withdrawn"),
}

CLOCKS: Final[Words] = prose.CLOCKS

# Why a decision or a payment was not applied.
REFUSALS: Final[Words] = {
    "not_provisional": term("refusal", "The payment was not waiting to become final."),
    "already_open": term("refusal", "The case is open already."),
    "case_closed": term("refusal", "The case is closed."),
    "not_due": term("refusal", "The deadline has not come yet."),
    "task_not_open": term("refusal", "The task is no longer open."),
    "answer_not_offered": term("refusal", "This task does not take that answer."),
    "second_person_needed": term("refusal", "A second person must decide this."),
    "facts_changed": term("refusal", "The figures changed before the decision arrived."),
    "incomplete": term("refusal", "Something that belongs to this answer is missing."),
    "notice_not_waiting": term("refusal", "No notice is waiting to be sent."),
    "notice_not_under_way": term("refusal", "No such notice is under way."),
    "delivery_status_unknown": term("refusal", "The delivery report cannot be read."),
    "plan_stands": term("refusal", "A repayment plan runs already."),
    "plans_not_offered": term("refusal", "The rules in force know no repayment plans."),
    "plan_too_long": term("refusal", "The plan has more instalments than the rules allow."),
    "plan_periods_required": term("refusal", "The plan has no instalments."),
    "plan_amount_outside": term(
        "refusal", "The plan must cover all that is overdue and no more than is owed."
    ),
    "plan_rate_too_high": term("refusal", "The interest is higher than the rules allow."),
    "plan_without_interest": term("refusal", "Equal parts bear no interest."),
    "plan_starts_too_late": term("refusal", "The first instalment lies too far ahead."),
    "day_not_ahead": term("refusal", "The first instalment must be due after today."),
    "plan_instalment_empty": term("refusal", "The amount is too small for so many instalments."),
    "plan_recording_required": term("refusal", "What was agreed by word of mouth needs its recording."),
    "plan_document_required": term("refusal", "The signed agreement needs its number."),
    "plan_clause_missing": term("refusal", "The agreement lacks something the law asks for."),
    "guarantor_consent_missing": term("refusal", "The guarantor has not agreed in writing."),
    "another_loan": term("refusal", "It belongs to another loan."),
    "arrived_already": term("refusal", "The notice has arrived already."),
    "delivery_day_impossible": term("refusal", "The notice cannot have arrived on that day."),
    "nothing_overdue": term("refusal", "Nothing is overdue any more."),
    "amount_too_large": term("refusal", "The amount is more than what is disputed."),
    "no_extension_left": term("refusal", "There is no longer time, or it has been asked for already."),
    "not_theirs_to_say": term("refusal", "Whoever said it does not speak for the debtor."),
    "debtor_cannot_promise": term(
        "refusal", "A death or a lack of capacity is on record: no promise can be taken."
    ),
    "another_case_is_open": term("refusal", "Another case of this loan is open."),
    "rules_failed": term("refusal", "The rules failed on it; an operator looks after it."),
    "unreadable": term("refusal", "The case could not read it."),
    "promise_too_far": term("refusal", "The rules allow no promise so far ahead."),
    "hold_stands": term("refusal", "A hold of this kind stands already."),
    "hold_not_open": term("refusal", "This hold is over already."),
    "hold_scope_unknown": term("refusal", "A hold of this kind does not reach so far."),
    "hold_part_wrong": term("refusal", "The disputed amount does not fit."),
    "result_unknown": term("refusal", "Such a contact has no such result."),
    "day_not_soon": term("refusal", "The day must lie ahead, and not out of sight."),
}

NOTICES: Final[Words] = {
    "released": term("notice", "Released"),
    "sent": term("notice", "Sent"),
    "uncertain": term("notice", "Uncertain"),
    "arrived": term("notice", "Arrived"),
    "returned": term("notice", "Returned"),
    "withdrawn": term("notice", "Withdrawn"),
}

MESSAGES: Final[Words] = {
    "waiting": term("message", "Waiting"),
    "sent": term("message", "Being applied"),
    "applied": term("message", "Applied"),
    "refused": term("message", "Refused"),
    "withdrawn": term("message", "Withdrawn"),
    "parked": term("message", "Parked"),
}

TIERS: Final[Words] = {
    "costs": term("tier", "Costs"),
    "interest": term("tier", "Interest"),
    "principal": term("tier", "Principal"),
    "surplus": term("tier", "Surplus"),
}

PAYMENTS: Final[Words] = {
    "payment": term("payment", "Payment"),
    "reversal": term("payment", "Reversal"),
    "fee": term("payment", "Fee"),
    "write_off": term("payment", "Write-off"),
    "refund": term("payment", "Refund"),
}

# Why money was taken back.
REVERSALS: Final[Words] = {
    "no_funds": term("reversal", "No money on the payer's account"),
    "account_closed": term("reversal", "The payer's account is closed"),
    "payer_objected": term("reversal", "The payer objected to the debit"),
    "booked_twice": term("reversal", "The bank booked it twice"),
    "wrong_loan": term("reversal", "The bank booked it on the wrong loan"),
    "bank_error": term("reversal", "Another fault of the bank"),
}

REVERSAL_REFUSED: Final[Words] = {
    "reason_required": term("reversal", "Say why it is taken back"),
    "payment_not_reversible": term("reversal", "It was taken back already, or no case ever took it"),
    "payment_differs": term("reversal", "It was taken back already, for another reason or on another day"),
}

FINAL_REFUSED: Final[Words] = {
    "payment_not_provisional": term("reversal", "It was final from the beginning, or it was taken back"),
}

# What a door made of a payment.
STANDINGS: Final[Words] = {
    "message": term("standing", "Told to the case"),
    "history": term("standing", "Before the bank's figures: already in the balance"),
    "suspense": term("standing", "Kept aside: no case takes it; see the incidents"),
    "repeated": term("standing", "Known already"),
}

# What became of money that an incident keeps.
REFUNDS: Final[Words] = {
    "assigned": term("refund", "Put onto a loan"),
    "paid_out": term("refund", "Sent back to the payer"),
    "kept": term("refund", "Kept, with a reason"),
}
OF_MONEY: Final[Words] = {
    "assigned": term("refund", "As a payment of that loan; you are shown first what follows"),
    "paid_out": term("refund", "When the bank has paid it out"),
    "kept": term("refund", "It stays where it is: say why"),
}

# Why a loan got its part of a transfer.
SHARES: Final[Words] = {
    "designated": term("share", "the payer named this loan"),
    "due": term("share", "due, in the order of the law"),
    "ahead": term("share", "not yet due"),
}

CHANNELS: Final[Words] = {
    "transfer": term("channel", "Bank transfer"),
    "card": term("channel", "Card"),
    "cash": term("channel", "Cash"),
    "direct_debit": term("channel", "Direct debit"),
    "unknown": term("channel", "Unknown"),
    "phone": term("channel", "Phone"),
    "sms": term("channel", "SMS"),
    "email": term("channel", "E-mail"),
    "post": term("channel", "Post"),
    "im": term("channel", "Chat"),
    "app": term("channel", "App"),
}

# What leads to a person, for whoever calls, writes or goes there.
WAYS: Final[Words] = {
    "phone": term("way", "Phone"),
    "sms": term("way", "SMS"),
    "email": term("way", "E-mail"),
    "post": term("way", "Address"),
}

# What is masked of a debtor.
MASKED: Final[Words] = {
    "name": term("masked", "Name"),
    "id_number": term("masked", "Id number"),
    "home": term("masked", "Home address"),
    "contact": term("masked", "Number or address"),
    "letter": term("masked", "A letter that was sent"),
    "exhibit": term("masked", "A document for the court"),
    "attachment": term("masked", "A document beside a comment"),
}

# What somebody saw it in full for.
PURPOSES: Final[Words] = {
    "identify": term("purpose", "To identify who is on the line or at the door"),
    "correct": term("purpose", "To check or correct the record"),
    "papers": term("purpose", "For a letter, a claim or the court"),
    "complaint": term("purpose", "To answer a complaint or a dispute"),
    "control": term("purpose", "To check the work of others"),
    "other": term("purpose", "Something else, said below"),
    "contact": term("purpose", "To make a contact"),
    "letter": term("purpose", "To read it"),
}

PRODUCTS: Final[Words] = {
    "credit_card": term("product", "Credit card"),
    "term_loan": term("product", "Term loan"),
    "mortgage": term("product", "Mortgage"),
    "overdraft": term("product", "Overdraft"),
    "business_loan": term("product", "Business loan"),
    "other": term("product", "Other loan"),
}

# Whether a debtor is a person or an enterprise.
DEBTORS: Final[Words] = {
    "person": term("debtor", "Person"),
    "enterprise": term("debtor", "Enterprise"),
}

# What became of one of many tasks that were taken or given to somebody at once.
TOGETHER: Final[Words] = {
    "done": term("together", "Done"),
    "unchanged": term("together", "Already so, nothing changed"),
    "not_found": term("together", "Not there, or not for you"),
    "not_allowed": term("together", "Not allowed: this work is not of your role"),
    "not_certified": term("together", "Not allowed: your certificate does not hold"),
    "second_person_needed": term("together", "Not allowed: a second person must decide it"),
    "task_taken": term("together", "Somebody else took it"),
    "task_gone": term("together", "The task is over"),
    "already_answered": term("together", "Answered already"),
    "person_without_role": term("together", "Not given: the person has not the role"),
    "person_barred": term("together", "Not given: the person worked the case, and a second one must decide"),
    "person_kept_off": term("together", "Not given: the debtor complained of the person"),
    "person_not_certified": term("together", "Not given: the person's certificate does not hold"),
    "contact_under_way": term("together", "Not given: a call or visit is under way"),
}
TOGETHER_BY: Final[Words] = {
    "task_taken": term("together", "%(name)s took it before you"),
    "already_answered": term("together", "%(name)s has answered it already"),
    "contact_under_way": term("together", "Not given: a call or visit of %(name)s is under way"),
}

# Bands of the overdue amount, in whole units of the currency.
BANDS: Final[Words] = {
    "1": term("band", "Below 10,000"),
    "2": term("band", "10,000 to 50,000"),
    "3": term("band", "50,000 to 200,000"),
    "4": term("band", "From 200,000"),
}

# What a case does next by itself, in a word beside its time.
NEXT: Final[Words] = {
    "escalate": term("next", "Escalation"),
    "follow_up": term("next", "Follow-up"),
    "promise": term("next", "Promise"),
    "step_back": term("next", "Step back"),
    "notice": term("next", "Notice"),
    "send": term("next", "Dispatch"),
    "silence": term("next", "Arrival"),
    "cure": term("next", "Time to pay"),
    "legal_review": term("next", "Review"),
    "enter_legal": term("next", "Legal stage"),
    "filing": term("next", "Filing"),
    "court": term("next", "Court"),
    "plan": term("next", "Plan"),
    "hold": term("next", "Hold"),
}

# What was found out about a number or an address.
MARKS: Final[Words] = {
    "invalid": term("mark", "not in use"),
    "wrong": term("mark", "not the debtor's"),
    "stopped": term("mark", "wants no calls, for good"),
    "moved": term("mark", "moved away"),
}

# What became of a promise.
PROMISES: Final[Words] = {
    "open": term("promise", "open again"),
    "kept": term("promise", "kept"),
    "kept_provisional": term("promise", "kept for now, by money that may still bounce"),
    "partial": term("promise", "kept in part"),
    "broken": term("promise", "not kept"),
    "superseded": term("promise", "a new one took its place"),
    "cancelled": term("promise", "no longer needed"),
    "reversed_technical": term("promise", "open again, for the bank's own fault"),
}

# What became of a repayment plan.
PLANS: Final[Words] = {
    "waiting": term("plan", "signed, waits for managers"),
    "active": term("plan", "kept"),
    "at_risk": term("plan", "at risk"),
    "renegotiating": term("plan", "being agreed anew"),
    "broken": term("plan", "broken"),
    "completed": term("plan", "paid to its end"),
    "withdrawn": term("plan", "did not come about"),
    "replaced": term("plan", "another plan took its place"),
}

# How a debt is cut into instalments.
METHODS: Final[Words] = {
    "equal_total": term("method", "Equal instalments"),
    "equal_principal": term("method", "Equal principal"),
    "equal_parts": term("method", "Equal parts without interest"),
}

CHARGES: Final[Words] = {
    "stop": term("charges", "No fees and no penalty while the plan is kept"),
    "accrue": term("charges", "Fees and penalty go on beside it"),
}

ACCEPTANCES: Final[Words] = {
    "signed": term("acceptance", "Signed"),
    "oral": term("acceptance", "By word of mouth, recorded"),
}

# What the agreement must hold (art. 70).
CLAUSES: Final[Words] = {
    "unable_and_willing": term(
        "clause", "The debt is more than the debtor can pay now, and the debtor is willing to pay"
    ),
    "no_new_card": term("clause", "The debtor applies for no card of any bank until all is paid"),
    "rights_and_breach": term("clause", "Rights and duties, and what follows when the plan is broken"),
}

# How an instalment stands.
INSTALMENTS: Final[Words] = {
    "paid": term("instalment", "paid"),
    "part": term("instalment", "paid in part"),
    "missed": term("instalment", "missed"),
    "next": term("instalment", "next"),
    "ahead": term("instalment", "to come"),
}

# How late a task is.
LATENESS: Final[Words] = {
    "reminded": term("lateness", "a reminder was given"),
    "freed": term("lateness", "free for others"),
    "reported": term("lateness", "a manager was told"),
}

ITEMS: Final[Words] = {
    "identity": term("evidence", "Identity of the debtor"),
    "contract": term("evidence", "Loan contract"),
    "disbursement": term("evidence", "Proof of disbursement"),
    "collateral": term("evidence", "Mortgage and its registration"),
    "guarantee": term("evidence", "Guarantee contract"),
    "statement": term("evidence", "Statement of account"),
    "notice": term("evidence", "Demand and proof of its arrival"),
    "contacts": term("evidence", "Extract of the ledger of contacts"),
    "service_address": term("evidence", "Agreed address for service"),
    "other": term("evidence", "Other document"),
}

EVIDENCE: Final[Words] = {
    "present": term("standing", "There"),
    "expired": term("standing", "Expired"),
    "missing": term("standing", "Missing"),
}

# What is read behind a proof: a document that was handed in, by its kind, or what the product made itself.
DOCUMENTS: Final[Words] = {
    "application/pdf": term("document", "PDF document"),
    "image/jpeg": term("document", "Photograph"),
    "image/png": term("document", "Picture"),
    "own_notice": term("document", "Letter that was sent"),
    "own_contacts": term("document", "Contacts of the case"),
}

CONSEQUENCES: Final[Words] = {
    "sue": term(
        "consequence",
        "A second person is asked whether the bank sues. Nothing goes to the court yet. If figures, holds or people change "
        "before then, the question comes back.",
    ),
    "approve": term(
        "consequence",
        "The bank sues. From day %(dpd)s past due the case is in the legal stage and an advisor is asked to file the "
        "claim, unless figures, holds or people change before.",
    ),
    "return": term(
        "consequence",
        "The case goes back to its collectors. You are asked again on the day you named, else after %(days)s days.",
    ),
    "refuse": term(
        "consequence",
        "The first approval is void and the case goes back to its collectors. Advisors are asked again on the day you "
        "named, else after %(days)s days.",
    ),
    "filed": term(
        "consequence",
        "The claim is with the court from now on. Only an advisor ends it, and whoever withdraws it bears half of its fee.",
    ),
    "not_filed": term(
        "consequence",
        "The claim stays in the house. You are asked again on the day you named, else after %(days)s days.",
    ),
}
