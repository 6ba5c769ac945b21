"""The sentences a case is explained in: English here, for the Temporal UI; pages translate the very same ones."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from arrears.policy.course import Stage
from arrears.policy.explain import Key, Running, Sentence
from arrears.policy.state import Clock

Words: TypeAlias = Mapping[str, tuple[str, str]]


def term(context: str, message: str) -> tuple[str, str]:
    """Marks words for the catalogue; they are spoken when a page needs them."""
    return context, message


def stamp(at: int, zone: str) -> str:
    """An instant on the bank's wall clock, to the minute."""
    return datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def filled(words: str, sentence: Sentence, *, zone: str, called: Callable[[Words, str | None], str]) -> str:
    """`words` of any language with what the sentence is about; `called` says the names of clocks and stages in it."""
    values = {
        "at": stamp(sentence.at, zone),
        "until": stamp(sentence.until, zone),
        "on": sentence.on,
        "n": sentence.n,
        "of": sentence.of,
        "days": sentence.days,
        "of_days": sentence.of_days,
        "what": called(CLOCKS, sentence.clock),
        "stage": called(STAGES, sentence.stage),
    }
    return words % values


def dated(running: Running, zone: str, words: str) -> str:
    """A running clock as a line of a list."""
    return f"{stamp(running.at, zone)} {words}"


# The parts of an explanation, by their names in `Explanation`.
PARTS: Final[Words] = {
    "stands": term("explain", "Where it stands"),
    "waits": term("explain", "What it waits for"),
    "follows": term("explain", "What comes next"),
    "clocks": term("explain", "Deadlines"),
}

STAGES: Final[Words] = {
    Stage.INITIAL: term("stage", "Initial"),
    Stage.FORMAL: term("stage", "Formal"),
    Stage.LEGAL: term("stage", "Legal"),
    Stage.CLOSED: term("stage", "Closed"),
}

CLOCKS: Final[Words] = {
    Clock.ESCALATE: term("clock", "Ask a team lead whether to escalate"),
    Clock.FOLLOW_UP: term("clock", "Contact the debtor again"),
    Clock.PROMISE: term("clock", "Judge the promise"),
    Clock.STEP_BACK: term("clock", "Go back to the initial stage"),
    Clock.NOTICE: term("clock", "Ask a team lead to release the notice"),
    Clock.SEND: term("clock", "Send the released notice"),
    Clock.SILENCE: term("clock", "Ask the carrier whether the notice arrived"),
    Clock.CURE: term("clock", "The debtor's time after the notice ends"),
    Clock.LEGAL_REVIEW: term("clock", "Ask a legal advisor to review"),
    Clock.ENTER_LEGAL: term("clock", "The approved litigation takes effect"),
    Clock.FILING: term("clock", "Ask a legal advisor again to file"),
    Clock.COURT: term("clock", "Ask a legal advisor again about the claim"),
    Clock.PLAN: term("clock", "Look whether the plan is kept"),
    Clock.HOLD: term("clock", "Ask a person whether a hold goes on"),
    Clock.SLA: term("clock", "Remind of a task"),
    Clock.IDLE: term("clock", "Ask a person about an idle case"),
}

SENTENCES: Final[Words] = {
    # where it stands, and since why
    Key.OPENED: term(
        "explain", "In the initial stage since %(at)s: the loan was past due and a case was opened."
    ),
    Key.STEPPED_BACK: term(
        "explain",
        "In the initial stage again since %(at)s: the debt was too young for the formal stage for days.",
    ),
    Key.ESCALATED: term("explain", "In the formal stage since %(at)s: a team lead escalated."),
    Key.OVERDUE_AGAIN: term(
        "explain", "In the formal stage since %(at)s: overdue again soon after the legal stage."
    ),
    Key.APPROVED: term("explain", "In the legal stage since %(at)s: two people approved litigation."),
    Key.ENTERED: term("explain", "In the stage “%(stage)s” since %(at)s."),
    Key.CURED: term("explain", "Closed %(at)s: the arrears are paid."),
    Key.CURED_TOLERANCE: term("explain", "Closed %(at)s: too little is left to ask for."),
    Key.PAID_OFF: term("explain", "Closed %(at)s: the loan is paid off."),
    Key.DATA_ERROR: term(
        "explain", "Closed %(at)s: the core bank closed the loan, or its figures were wrong."
    ),
    Key.FRAUD_NOT_DEBTOR: term("explain", "Closed %(at)s: the debt is not this person's."),
    Key.PLAN_COMPLETED: term("explain", "Closed %(at)s: the repayment plan is paid to its end."),
    Key.CLOSED: term("explain", "Closed %(at)s."),
    Key.OVERDUE_SINCE: term("explain", "The oldest unpaid instalment was due on %(on)s."),
    # what it waits for: a person
    Key.FIRST_CONTACT: term("explain", "Since %(at)s it waits for a collector to make the first contact."),
    Key.FOLLOW_UP: term("explain", "Since %(at)s it waits for a collector to contact the debtor again."),
    Key.ESCALATION: term("explain", "Since %(at)s it waits for a team lead to say whether it escalates."),
    Key.NOTICE_RELEASE: term(
        "explain", "Since %(at)s it waits for a team lead to release the demand notice."
    ),
    Key.DELIVERY_CHECK: term(
        "explain", "Since %(at)s it waits for operations to ask the carrier about the notice."
    ),
    Key.NEW_ADDRESS: term(
        "explain", "Since %(at)s it waits for operations to find another address for the notice."
    ),
    Key.LEGAL_REVIEW: term("explain", "Since %(at)s it waits for a legal advisor to review it."),
    Key.SECOND_APPROVAL: term("explain", "Since %(at)s it waits for a second person to approve litigation."),
    Key.FILING: term("explain", "Since %(at)s it waits for a legal advisor to file the claim."),
    Key.COURT_END: term(
        "explain", "Since %(at)s it waits for a legal advisor to say what becomes of the claim."
    ),
    Key.IDLE_REVIEW: term(
        "explain", "Since %(at)s it waits for a team lead to look at it: nothing happened for long."
    ),
    Key.PLAN_APPROVAL: term("explain", "Since %(at)s it waits for a manager to agree to the repayment plan."),
    Key.PLAN_BREACH: term(
        "explain", "Since %(at)s it waits for a plan officer to say whether the plan is broken."
    ),
    Key.PAID_CLAIM_CHECK: term(
        "explain", "Since %(at)s it waits for operations to look for the money the debtor says was paid."
    ),
    Key.DISPUTE_REVIEW: term("explain", "Since %(at)s it waits for the case desk to decide the dispute."),
    Key.COMPLAINT_REPLY: term("explain", "Since %(at)s it waits for the case desk to answer the complaint."),
    Key.COMPLAINT_EXTENSION: term(
        "explain", "Since %(at)s it waits for a manager to allow more time for the answer to the complaint."
    ),
    Key.HARDSHIP_DECISION: term(
        "explain", "Since %(at)s it waits for a plan officer to decide about the debtor's hardship."
    ),
    Key.DEATH_VERIFY: term("explain", "Since %(at)s it waits for the case desk to verify the death."),
    Key.CAPACITY_VERIFY: term(
        "explain", "Since %(at)s it waits for the case desk to verify the lack of capacity."
    ),
    Key.INSOLVENCY_VERIFY: term(
        "explain", "Since %(at)s it waits for the case desk to verify the insolvency."
    ),
    Key.FRAUD_VERIFY: term("explain", "Since %(at)s it waits for the case desk to verify whose debt it is."),
    Key.DECLARE_CLAIM: term(
        "explain", "Since %(at)s it waits for a legal advisor to declare the claim in the insolvency."
    ),
    Key.HOLD_REVIEW: term("explain", "Since %(at)s it waits for a person to say whether the hold goes on."),
    Key.LATE: term("explain", "The answer is late: it was due %(until)s."),
    # ... the debtor, the letter, money, a day
    Key.HELD: term(
        "explain",
        "Holds stand: %(n)s. The clocks of the stage are stopped, and go on with what they had left.",
    ),
    Key.PROMISED: term(
        "explain", "A payment is promised by %(on)s; nobody calls until the promise is judged, %(until)s."
    ),
    Key.PROMISE_KEPT: term("explain", "The promise for %(on)s was kept."),
    Key.PROMISE_PARTIAL: term("explain", "The promise for %(on)s was kept in part."),
    Key.PROMISE_BROKEN: term("explain", "The promise for %(on)s was broken."),
    Key.PLAN_SIGNED: term(
        "explain",
        "The debtor agreed to a repayment plan, %(at)s; it is so long that managers must agree too.",
    ),
    Key.PLAN_KEPT: term(
        "explain",
        "A repayment plan runs until %(on)s: %(n)s of %(of)s instalments are paid. Nobody collects meanwhile.",
    ),
    Key.PLAN_NEXT: term("explain", "The next instalment of the plan is due %(on)s."),
    Key.PLAN_LATE: term("explain", "The instalment of %(on)s was not paid in time: the plan is at risk."),
    Key.PLAN_CURE: term("explain", "The debtor may catch up until %(until)s."),
    Key.PLAN_RENEGOTIATED: term(
        "explain", "Another plan is being agreed on; without one an officer is asked again %(until)s."
    ),
    Key.PLAN_PAID: term("explain", "Every instalment of the plan is paid."),
    Key.PLAN_BROKEN: term("explain", "A repayment plan was broken; the rest is owed as before."),
    Key.ATTEMPTS_MISSING: term(
        "explain",
        "Escalation needs %(of)s attempts on %(of_days)s different days; on record are %(n)s on %(days)s.",
    ),
    Key.NUMBERS_FAIL: term(
        "explain",
        "Dead or wrong numbers in a row: %(n)s on %(days)s days. From %(of)s on %(of_days)s days the debtor may be "
        "lost.",
    ),
    Key.NOTICE_RELEASED: term("explain", "The demand notice is released and waits for a permitted hour."),
    Key.NOTICE_SENT: term("explain", "The demand notice was sent %(at)s; nobody reported that it arrived."),
    Key.NOTICE_ARRIVED: term("explain", "The demand notice arrived %(at)s."),
    Key.TIME_RUNS: term("explain", "The debtor has until the end of %(on)s to pay."),
    Key.TIME_OVER: term("explain", "The debtor's time to pay after the notice ended %(at)s."),
    Key.APPROVED_BY_ONE: term("explain", "One person approved litigation, %(at)s; a second must agree."),
    Key.APPROVED_BY_TWO: term(
        "explain", "Two people approved litigation; it takes effect on its day if the figures still hold."
    ),
    Key.IN_COURT: term("explain", "A claim is before the court since %(at)s."),
    Key.NOTHING_OVERDUE: term("explain", "Nothing is overdue at the moment, so nobody is called."),
    Key.NOT_FINAL: term("explain", "Payments that may still be taken back: %(n)s. The case stays open."),
    Key.ATTENTION: term("explain", "An operator must look: the rules failed on something."),
    # what comes next
    Key.AFTER_CONTACT: term(
        "explain", "The result of the call sets the day of the next one; a promise sets the day it is judged."
    ),
    Key.AFTER_ESCALATION: term(
        "explain", "If the lead agrees, the formal stage begins; else the question comes again."
    ),
    Key.AFTER_RELEASE: term(
        "explain", "Once released, the notice goes out in a permitted hour; else the question comes again."
    ),
    Key.AFTER_DELIVERY_CHECK: term(
        "explain",
        "From its arrival the debtor has time to pay; a letter that came back needs another address.",
    ),
    Key.AFTER_NEW_ADDRESS: term(
        "explain", "With another address, a team lead is asked to release a new notice."
    ),
    Key.AFTER_REVIEW: term(
        "explain", "If the advisor would sue, a second person is asked; else the collectors go on."
    ),
    Key.AFTER_SECOND_APPROVAL: term(
        "explain",
        "If the second person agrees, the legal stage begins on its day; else the collectors go on.",
    ),
    Key.AFTER_FILING: term(
        "explain", "Once filed, the claim is with the court; else the question comes again."
    ),
    Key.AFTER_COURT_END: term("explain", "When the claim has ended, the paid case closes."),
    Key.AFTER_IDLE_REVIEW: term("explain", "With the lead's word the case stays as it is."),
    Key.AFTER_PLAN_APPROVAL: term(
        "explain", "With the managers' word the plan runs; declined, collecting goes on."
    ),
    Key.AFTER_PLAN_BREACH: term(
        "explain",
        "Broken, the clocks of the stage go on; else the debtor has time to catch up or to agree anew.",
    ),
    Key.AFTER_INQUIRY: term("explain", "The answer says whether the hold goes on or is over."),
    Key.AFTER_EXTENSION: term(
        "explain", "With the manager's word the answer to the complaint is due later; else on its day."
    ),
    Key.AFTER_DECLARATION: term(
        "explain", "The claim is declared with the court; the hold goes on until the insolvency is over."
    ),
    Key.BY_THE_CLOCK: term("explain", "By the clock, %(at)s: %(what)s."),
    Key.AT_ONCE: term("explain", "Now: %(what)s."),
    Key.BOOKS_OPEN: term("explain", "Next, as soon as the core bank has closed the day before: %(what)s."),
    Key.ONLY_MONEY: term(
        "explain", "Only money or a person moves it; a team lead is asked to look at it %(at)s."
    ),
    Key.MAY_REOPEN: term("explain", "Money taken back before %(until)s would open it again."),
}
