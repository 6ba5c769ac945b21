"""A case's records told in prose: what was heard, who said it, what followed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection

from arrears.policy.money import COUNTED
from arrears.store import queries, reveals
from arrears.store.views import Act, Step, Timeline
from web import words
from web.formats import Formats, money
from web.language import gettext as _
from web.language import pgettext
from web.words import called

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Entry:
    """One step or act as a reader sees it; `words` are what a person wrote."""

    icon: str
    headline: str
    consequences: tuple[str, ...]
    at: datetime
    who: str
    words: str = field(default="", repr=False)
    ground: str = ""  # the figures and the rules a person decided on


@dataclass(frozen=True)
class Teller:
    """Knows what the records only name: the currency, the kinds of tasks, the people."""

    timeline: Timeline
    currency: str
    formats: Formats

    def tell(self) -> tuple[Entry, ...]:
        return tuple(
            self._act(entry) if isinstance(entry, Act) else self._entry(entry)
            for entry in self.timeline.entries
            if not _is_told_otherwise(entry)
        )

    def headline(self, event: Record) -> str:
        """What was heard, in one line."""
        return self._heard(event)[1]

    def _act(self, act: Act) -> Entry:  # noqa: C901, PLR0912 - one arm per act
        match act.what:
            case "task_claimed" | "task_released" | "task_assigned" | "task_handed_over":
                icon, headline = self._handed(act)
            case "comment_written":
                icon, headline = "message-square", _("A comment was written")
            case "answer_taken_back" | "task_put_off" | "task_brought_back":
                icon, headline = self._thought_better(act)
            case "plan_signed":
                proof = {"number": act.detail["proof"]}
                icon, headline = "calendar-clock", _("Repayment plan entered, proof %(number)s") % proof
            case "delivery_reported":
                icon, headline = "file-text", self._reported(act.detail)
            case "hold_said":
                icon, headline = "ban", _("Hold asked for: %(hold)s") % _hold_of(act.detail)
            case "hold_end_said":
                icon, headline = "ban", _("End of the hold asked for: %(hold)s") % _hold_of(act.detail)
            case "consent_given":
                icon, headline = "check", _("Consent given: %(way)s") % _way_of(act.detail)
            case "consent_withdrawn":
                icon, headline = "ban", _("Consent withdrawn: %(way)s") % _way_of(act.detail)
            case "case_exported":
                icon, headline = "file-text", _("The whole case was exported as a file")
            case "exhibit_named" | "exhibit_withdrawn" | "pack_made":
                icon, headline = "file-text", _of_evidence(act)
            case "letter_read":
                icon, headline = "file-text", _("The letter was read before its release")
            case "incident_closed":
                icon, headline = "siren", _of_incident(act.detail)
            case what:
                icon, headline = _at_a_contact(what, act.detail)
        return Entry(icon, headline, (), act.at, actor_name(act.actor, self.timeline.names))

    def _handed(self, act: Act) -> tuple[str, str]:
        """A task came into somebody's hands or left them."""
        told = self._task_of(act)
        if act.what == "task_assigned":
            told["name"] = actor_name(act.detail["to"], self.timeline.names)
            return "arrow-right", _("%(task)s: given to %(name)s") % told
        if act.what == "task_claimed":
            return "user-round-check", _("%(task)s: taken on") % told
        if act.what == "task_handed_over":
            return "arrow-right", _("%(task)s: handed over") % told
        return "undo-2", _("%(task)s: given back") % told

    def _task_of(self, act: Act) -> dict[str, str]:
        kind = self.timeline.task_kinds.get(str(act.detail.get("task_id")), "")
        return {"task": called(words.TASKS, kind)}

    def _thought_better(self, act: Act) -> tuple[str, str]:
        task = self._task_of(act)
        match act.what:
            case "task_put_off":
                until = {"time": self.formats.moment(act.detail["until"])}
                return "clock", _("%(task)s: put off until %(time)s") % (task | until)
            case "task_brought_back":
                return "undo-2", _("%(task)s: no longer put off") % task
            case _:
                answer = {"answer": called(words.ANSWERS, act.detail["outcome"])}
                return "undo-2", _("%(task)s: answer taken back, %(answer)s") % (task | answer)

    def _reported(self, detail: Record) -> str:
        told = {
            "what": called(DELIVERIES, detail["status"]),
            "time": self.formats.stamp(detail["at"]),
            "number": detail.get("reference"),
        }
        if told["number"]:
            return _("Reported: %(what)s, %(time)s (carrier's number %(number)s)") % told
        return _("Reported: %(what)s, %(time)s") % told

    def _entry(self, step: Step) -> Entry:
        event = step.event
        icon, headline = self._heard(event)
        content = event.get("content") or {}
        told = [self._followed(effect) for effect in step.effects]
        return Entry(
            icon,
            headline,
            tuple(dict.fromkeys(line for line in told if line)),
            step.at,
            self._who(event),
            self.timeline.remarks.get(str(content.get("remark_id")), ""),
            self._ground(event),
        )

    def _ground(self, event: Record) -> str:
        """The facts that whoever decided had before the eyes; older ones than the task kept are named by their number."""
        if event.get("signal") != "task_decided":
            return ""
        seen = event["content"].get("facts_no")
        number, facts = self.timeline.grounds.get(str(event.get("task_id")), (0, {}))
        if not facts or number != seen:
            return _("Decided on facts no. %(no)s") % {"no": seen}
        told = {
            "overdue": self._money(facts["overdue_minor"]),
            "balance": self._money(facts["balance_minor"]),
            "no": seen,
            "pack": facts["pack"],
        }
        return _("Decided on %(overdue)s overdue of %(balance)s, facts no. %(no)s, rules %(pack)s") % told

    # ---- what was heard

    def _heard(self, event: Record) -> tuple[str, str]:
        match event["kind"]:
            case "message":
                return self._said(event)
            case "due":
                return "calendar-clock", _("Deadline: %(what)s") % {
                    "what": called(words.CLOCKS, event["clock"])
                }
            case "send_answered":
                return "message-square", called(SENDINGS, event["answer"])
            case "nudge":
                return "refresh-cw", _("Compared with the database")
            case _:
                return "triangle-alert", _("Something unreadable was kept as an incident")

    def _said(self, event: Record) -> tuple[str, str]:  # noqa: C901, PLR0911, PLR0912 - one arm per signal
        content = event["content"]
        match event["signal"]:
            case "open":
                amount = {"amount": self._money(content["overdue_minor"])}
                return "folder-open", _("Case opened with %(amount)s overdue") % amount
            case "task_decided":
                return self._decided(event)
            case "payment_posted":
                return "banknote", self._paid(content)
            case "payment_reversed":
                return "undo-2", self._taken_back(content)
            case "payment_finalized":
                amount = {"amount": self._money(content["amount_minor"])}
                return "banknote", _("Payment of %(amount)s is final") % amount
            case "loan_restated":
                amount = {"amount": self._money(content["overdue_minor"])}
                return "refresh-cw", _("The core bank sent a newer state: %(amount)s overdue") % amount
            case "delivery_reported":
                return "file-text", called(DELIVERIES, content["status"])
            case "people_changed":
                return "user-round-check", self._people(content)
            case "policy_published":
                return "scale", _("The rules %(pack)s took effect") % {"pack": content["pack"]}
            case "ledger_closed":
                return "calendar-check", _("The core bank closed %(day)s") % {"day": content["business_date"]}
            case "hold_placed":
                return "ban", _("Hold placed: %(hold)s") % {"hold": called(words.HOLDS, content["kind"])}
            case "hold_released":
                return "ban", _("Hold lifted: %(how)s") % {"how": words.hold_end(content["outcome"])}
            case "contact_reported":
                return "phone", self._contact(content)
            case "plan_signed":
                return "calendar-clock", self._plan(content)
            case other:
                return "info", other

    def _decided(self, event: Record) -> tuple[str, str]:
        content = event["content"]
        kind = self.timeline.task_kinds.get(event["task_id"], "")
        told = {"task": called(words.TASKS, kind), "answer": called(words.ANSWERS, content["outcome"])}
        icon = ICONS.get(kind, "check")
        if content.get("amount_minor") and content.get("on"):
            told |= {"amount": self._money(content["amount_minor"]), "day": content["on"]}
            return icon, _("%(task)s: %(answer)s, %(amount)s on %(day)s") % told
        return icon, _("%(task)s: %(answer)s") % told

    def _contact(self, content: Record) -> str:
        told = {
            "how": words.how(content["action"], content["party"]),
            "result": called(words.RESULTS, content["result"]),
        }
        if content.get("amount_minor") and content.get("on"):
            told |= {"amount": self._money(content["amount_minor"]), "day": content["on"]}
            return _("%(how)s: %(result)s, %(amount)s on %(day)s") % told
        return _("%(how)s: %(result)s") % told

    def _plan(self, content: Record) -> str:
        how = called(words.ACCEPTANCES, content["acceptance"])
        return _("The debtor agreed to a repayment plan (%(how)s)") % {"how": how}

    def _people(self, content: Record) -> str:
        if not content["parties"]:
            return _("The core bank changed an address")
        if not content["address"]:
            return _("The core bank changed the parties")
        return _("The core bank changed the parties and an address")

    def _taken_back(self, content: Record) -> str:
        told = {"amount": self._money(content["amount_minor"])}
        if content.get("reason"):
            told["why"] = called(words.REVERSALS, content["reason"])
            return _("Payment of %(amount)s was taken back: %(why)s") % told
        return _("Payment of %(amount)s was taken back") % told

    def _paid(self, content: Record) -> str:
        amount = {"amount": self._money(content["amount_minor"])}
        if content.get("kind") == "refund":
            return _("%(amount)s that was paid too much left this loan") % amount
        if content.get("kind") == "fee":
            return _("Fee of %(amount)s charged") % amount
        if content.get("kind") == COUNTED:
            return _("Payment of %(amount)s, in the bank's balance already") % amount
        if content.get("provisional"):
            return _("Payment of %(amount)s came in, not final yet") % amount
        return _("Payment of %(amount)s came in") % amount

    # ---- what followed

    def _followed(self, effect: Record) -> str:
        """Empty for what a reader sees elsewhere."""
        match effect["kind"]:
            case "open_task":
                due = {
                    "task": called(words.TASKS, effect["task"]),
                    "time": self.formats.moment(effect["due_at"]),
                }
                return _("New task: %(task)s, due %(time)s") % due
            case "cancel_task":
                kind = self.timeline.task_kinds.get(effect["task_id"], "")
                why = {"task": called(words.TASKS, kind), "why": words.cancelled(effect["why"])}
                return _("Task no longer needed: %(task)s (%(why)s)") % why
            case "refuse":
                return _("Not applied: %(why)s") % {"why": words.refusal(effect["why"])}
            case "enter_stage":
                stage = {
                    "stage": called(words.STAGES, effect["stage"]),
                    "why": called(words.ENTERED, effect["why"]),
                }
                return _("Stage: %(stage)s (%(why)s)") % stage
            case "allocate":
                return self._allocated(effect)
            case _:
                return self._became(effect)

    def _became(self, effect: Record) -> str:
        match effect["kind"]:
            case "release_notice":
                amounts = {
                    "overdue": self._money(effect["overdue"]),
                    "balance": self._money(effect["balance"]),
                }
                return _("Notice released: %(overdue)s overdue of %(balance)s") % amounts
            case "notice_became":
                return self._notice(effect)
            case "raise_incident":
                return _("Incident: %(what)s") % {"what": called(INCIDENTS, effect["incident"])}
            case "close_case":
                return _("Case closed: %(reason)s") % {"reason": called(words.CLOSINGS, effect["reason"])}
            case "reopen_case":
                return _("Case open again")
            case _:
                return self._went_on(effect)

    def _went_on(self, effect: Record) -> str:
        match effect["kind"]:
            case "promise_made":
                told = {"amount": self._money(effect["amount"]), "day": effect["due_on"]}
                return _("Promise of %(amount)s by %(day)s") % told
            case "promise_became":
                return _("Promise: %(status)s") % {"status": called(words.PROMISES, effect["status"])}
            case "task_late":
                kind = self.timeline.task_kinds.get(effect["task_id"], "")
                late = {"task": called(words.TASKS, kind), "how": called(words.LATENESS, effect["rung"])}
                return _("%(task)s, still unanswered: %(how)s") % late
            case "task_moved":
                kind = self.timeline.task_kinds.get(effect["task_id"], "")
                moved = {"task": called(words.TASKS, kind), "time": self.formats.stamp(effect["due_at"])}
                return _("%(task)s: its time now ends %(time)s") % moved
            case "matter_filed":
                return _("Claim of %(amount)s filed") % {"amount": self._money(effect["claim"])}
            case "matter_ended":
                return _("Claim ended: %(how)s") % {"how": called(words.ANSWERS, effect["outcome"])}
            case _:
                return self._of_plan(effect)

    def _of_plan(self, effect: Record) -> str:
        match effect["kind"]:
            case "plan_made":
                told = {
                    "amount": self._money(effect["amount"]),
                    "periods": effect["periods"],
                    "day": effect["first_due_on"],
                }
                return _("Plan of %(amount)s in %(periods)s instalments, the first due %(day)s") % told
            case "plan_paid":
                return _("Paid for the plan so far: %(amount)s") % {"amount": self._money(effect["paid"])}
            case "plan_became":
                return _("Repayment plan: %(status)s") % {"status": called(words.PLANS, effect["status"])}
            case _:
                return self._kept_still(effect)

    def _kept_still(self, effect: Record) -> str:
        hold = {"hold": called(words.HOLDS, effect.get("hold"))}
        match effect["kind"]:
            case "hold_began" if effect["part"]:
                return _("Hold: %(hold)s of %(amount)s") % (hold | {"amount": self._money(effect["part"])})
            case "hold_began":
                return _("Hold: %(hold)s") % hold
            case "hold_became":
                until = {"time": self.formats.moment(effect["until"]) if effect["until"] else "—"}
                return _("The hold goes on; the next question comes %(time)s") % until
            case "hold_ended":
                return _("Hold over: %(hold)s (%(how)s)") % (
                    hold | {"how": words.hold_end(effect["outcome"])}
                )
            case "keep_off":
                name = {"name": actor_name(effect["staff_id"], self.timeline.names)}
                return _("%(name)s has to do with this case no more") % name
            case _:
                return _came_to_light(effect)

    def _notice(self, effect: Record) -> str:
        status = {"status": called(words.NOTICES, effect["status"])}
        if effect.get("cure_on"):
            day = {"day": date.fromisoformat(effect["cure_on"]).isoformat()}
            return _("Notice: %(status)s; time to pay until %(day)s") % (status | day)
        return _("Notice: %(status)s") % status

    def _allocated(self, effect: Record) -> str:
        parts = [
            pgettext("allocation", "%(tier)s %(amount)s")
            % {"tier": called(words.TIERS, tier), "amount": self._money(effect[tier])}
            for tier in words.TIERS
            if effect.get(tier)
        ]
        return _("Taken against: %(parts)s") % {"parts": pgettext("list", ", ").join(parts)} if parts else ""

    def _money(self, amount_minor: int) -> str:
        return money(amount_minor, self.currency)

    def _who(self, event: Record) -> str:
        return actor_name(event.get("actor"), self.timeline.names)


def _of_evidence(act: Act) -> str:
    detail = act.detail
    match act.what:
        case "exhibit_named":
            return _("Evidence handed in: %(item)s") % {"item": called(words.ITEMS, detail["item"])}
        case "exhibit_withdrawn":
            return _("Evidence withdrawn")
        case _:
            return _("Evidence pack made")


def _at_a_contact(what: str, detail: Record) -> tuple[str, str]:
    told = {
        "how": words.how(detail.get("action"), detail.get("party")),
        "result": called(words.RESULTS, detail.get("result")),
        "purpose": called(words.PURPOSES, detail.get("purpose")),
    }
    match what:
        case "contact_reserved":
            return "phone", _("%(how)s: begun") % told
        case "contact_made":
            return "phone", _("%(how)s: %(result)s") % told
        case "contact_heard":
            return "message-square", _("Written down: %(how)s") % told
        case "contact_dropped":
            return "undo-2", _("%(how)s: not made after all") % told
        case "revealed":
            return "search", _("Masked data shown in full: %(purpose)s") % told
        case other:
            return "info", other


def _is_told_otherwise(entry: Step | Act) -> bool:
    """That a contact was begun says already that its number was shown."""
    return (
        isinstance(entry, Act)
        and entry.what == "revealed"
        and entry.detail.get("purpose") == reveals.FOR_A_CONTACT
    )


def _hold_of(detail: Record) -> dict[str, str]:
    return {"hold": called(words.HOLDS, detail["kind"])}


def _of_incident(detail: Record) -> str:
    """Of money, with what became of it."""
    if not detail.get("outcome"):
        return _("An incident was closed")
    return _("An incident was closed: %(what)s") % {"what": called(words.REFUNDS, detail["outcome"])}


def _way_of(detail: Record) -> dict[str, str]:
    return {"way": called(words.CHANNELS, detail["channel"])}


def _came_to_light(effect: Record) -> str:
    match effect["kind"]:
        case "mark_contact":
            return _("Number marked: %(how)s") % {"how": called(words.MARKS, effect["mark"])}
        case "limitation_interrupted":
            return _("The limitation period starts anew (%(rule)s)") % {"rule": effect["rule"]}
        case "limitation_voided":
            return _("What started the limitation period anew was taken back")
        case _:
            return ""


def actor_name(actor: str | None, names: Mapping[str, str]) -> str:
    """A person by name; a machine by what it is."""
    if actor is None:
        return _("The case itself")
    kind, _colon, source = actor.partition(":")
    if source:  # a house that signs what it sends
        return f"{called(MACHINES, kind)} ({source})"
    return names.get(actor) or called(MACHINES, actor)


ICONS: Final = {
    "first_contact": "phone",
    "follow_up": "phone",
    "escalation": "arrow-right",
    "notice_release": "file-text",
    "legal_review": "scale",
    "second_approval": "gavel",
    "filing": "gavel",
    "court_end": "scale",
    "delivery_check": "file-text",
    "new_address": "file-text",
    "idle_review": "hourglass",
    "plan_approval": "calendar-clock",
    "plan_breach": "triangle-alert",
    "paid_claim_check": "banknote",
    "dispute_review": "scale",
    "complaint_reply": "message-square",
    "complaint_extension": "hourglass",
    "hardship_decision": "user-round-check",
    "death_verify": "file-text",
    "capacity_verify": "file-text",
    "insolvency_verify": "gavel",
    "fraud_verify": "shield-check",
    "declare_claim": "gavel",
    "hold_review": "calendar-clock",
}
MACHINES: Final[words.Words] = {
    "bank": words.term("actor", "The bank"),
    "core-bank": words.term("actor", "Core bank"),
    "clock": words.term("actor", "The case itself"),
    "command-line": words.term("actor", "Command line"),
    "webhook": words.term("actor", "Signed event"),
}
SENDINGS: Final[words.Words] = {
    "sent": words.term("sending", "The notice was sent"),
    "not_before": words.term("sending", "The notice waits for a permitted hour"),
    "uncertain": words.term("sending", "Nobody can say whether the notice went out"),
    "refused": words.term("sending", "The notice was not allowed to go out"),
    "wait": words.term("sending", "The notice waits for money on its way"),
}
DELIVERIES: Final[words.Words] = {
    "arrived": words.term("delivery", "The notice arrived"),
    "returned": words.term("delivery", "The notice came back"),
}
# What the facts of an incident are called.
DETAILS: Final[words.Words] = {
    "payment_id": words.term("detail", "Payment"),
    "message_id": words.term("detail", "Message"),
    "amount_minor": words.term("detail", "Amount"),
    "surplus_minor": words.term("detail", "Surplus"),
    "transfer_id": words.term("detail", "Transfer"),
    "borrower_id": words.term("detail", "Debtor number"),
    "signal": words.term("detail", "Signal"),
    "task": words.term("detail", "Task"),
    "why": words.term("detail", "Why"),
    "rule": words.term("detail", "Rule"),
    "pack": words.term("detail", "Rules"),
    "seq": words.term("detail", "Step"),
    "actor": words.term("detail", "Who"),
    "attempt_id": words.term("detail", "Contact"),
    "day": words.term("detail", "Day"),
    "most": words.term("detail", "At most"),
    "hold": words.term("detail", "Hold"),
    "contact_id": words.term("detail", "Number"),
    "source": words.term("detail", "Sender"),
    "webhook_id": words.term("detail", "Event"),
    "type": words.term("detail", "Type of event"),
}
INCIDENTS: Final[words.Words] = {
    "calendar_missing": words.term("incident", "The bank days of a year are not known yet"),
    "task_overdue": words.term("incident", "A task is long overdue"),
    "payment_unknown_loan": words.term("incident", "Money for an unknown loan"),
    "payment_without_case": words.term("incident", "Money for a loan without a case"),
    "payment_other_currency": words.term("incident", "Money in a currency that is not kept here"),
    "payment_differs": words.term("incident", "A payment was sent again with other content"),
    "reversal_waits": words.term("incident", "A reversal of a payment nobody knows"),
    "webhook_reused": words.term("incident", "An event was sent again with other content"),
    "webhook_unknown_type": words.term("incident", "An event of an unknown type"),
    "payment_designated_elsewhere": words.term("incident", "Booked on another loan than the payer named"),
    "payment_write_off": words.term("incident", "A write-off was sent as a payment"),
    "payment_reversal": words.term("incident", "A reversal was sent as a payment"),
    "surplus": words.term("incident", "More was paid than is owed"),
    "plan_paid_still_overdue": words.term("incident", "A plan is paid to its end and something is overdue"),
    "refund_beyond_surplus": words.term("incident", "More was given back than had been paid too much"),
    "transfer_surplus": words.term("incident", "A transfer was more than the debtor owes"),
    "transfer_unknown_borrower": words.term("incident", "A transfer of an unknown debtor"),
    "transfer_unknown_loan": words.term("incident", "A transfer names a loan the debtor has not"),
    "transfer_between_states": words.term(
        "incident", "A transfer that some states of the loans have in already"
    ),
    "contact_against_rules": words.term("incident", "A contact was made against the rules"),
    "reveals_over_quota": words.term("incident", "Somebody wanted to see more masked data than a day allows"),
    "notice_uncertain": words.term("incident", "Uncertain whether a notice went out"),
    "notice_refused": words.term("incident", "A notice was not allowed to go out"),
    "junk_signal": words.term("incident", "An unreadable signal"),
    "unknown_message": words.term("incident", "A signal nobody here sent"),
    "tampered_message": words.term("incident", "A signal that differs from what was said"),
    "opened_on_other_terms": words.term("incident", "A case opened on other rules"),
    "another_case_is_open": words.term("incident", "Another case of this loan is open"),
    "loan_disputed": words.term("incident", "The bank marked the loan as disputed"),
    "loan_stayed": words.term("incident", "The bank marked the loan as stayed"),
    "loan_open_again": words.term("incident", "The bank calls the loan open again; its hold stands"),
    "fee_on_closed_case": words.term("incident", "A fee for a closed case"),
    "notice_returned_in_legal": words.term("incident", "A notice came back in the legal stage"),
    "cure_not_over_in_legal": words.term("incident", "The debtor's time was not over in the legal stage"),
    "rules_failed": words.term("incident", "The rules failed on an event"),
    "state_too_large": words.term("incident", "A case has grown too large"),
    "message_parked": words.term("incident", "A message that a case does not answer"),
    "consent_withdrawn": words.term("incident", "Consent was withdrawn: copies elsewhere to be deleted"),
    "all_work_stopped": words.term("incident", "All work with debtors is stopped"),
    "complaint_late": words.term("incident", "A complaint was not answered in time"),
    "complaint_upheld": words.term("incident", "A complaint was upheld: to be heeded in appraisal"),
    "money_to_book": words.term("incident", "Money was found that is not booked here yet"),
    "ledger_to_correct": words.term(
        "incident", "A dispute was right: core bank and credit bureau to be corrected"
    ),
    "penalty_to_stop": words.term("incident", "The core bank is to let penalty interest wait"),
    "penalty_to_go_on": words.term("incident", "The core bank may let penalty interest go on"),
    "plan_to_agree": words.term("incident", "A repayment plan is to be agreed"),
    "standing_debit_to_stop": words.term("incident", "Standing debits are to be stopped: insolvency"),
    "bureau_to_delete": words.term("incident", "Not this person's debt: to be deleted at the credit bureau"),
    "court_to_be_told": words.term("incident", "A court is to be told of a hold"),
    "claim_not_declared": words.term("incident", "A claim was not declared in the insolvency"),
    "workflow_missing": words.term("incident", "An open case without its workflow"),
}


def whole_story(connection: Connection, case_id: str, currency: str, shapes: Formats) -> list[Entry]:
    """All of it, the oldest first, in the language of the moment."""
    told: list[Entry] = []
    page: Timeline | None = queries.timeline(connection, case_id)
    while page is not None:
        told += Teller(page, currency, shapes).tell()
        page = queries.timeline(connection, case_id, before=page.earlier) if page.earlier else None
    return told[::-1]
