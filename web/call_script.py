"""The words of a call to a debtor, in the debtor's language: what is said first, and what is not said at all (C11)."""

from dataclasses import dataclass, field
from typing import Final

from arrears.channels import bank
from arrears.channels.letters import language_for
from arrears.policy.scripts import BEFORE_KNOWN, Part, script
from arrears.policy.stages import CONTACT_TASKS
from arrears.policy.state import Stage
from arrears.policy.tasks import TaskKind
from arrears.settings import Settings
from arrears.store.views import TaskView
from web import words
from web.formats import money
from web.language import speaking
from web.words import Words, called, term

SAID: Final[Words] = {
    Part.WHO_CALLS: term("script", "Good day, this is %(caller)s of %(bank)s."),
    Part.WHOM: term("script", "May I speak to %(debtor)s?"),
    Part.VERIFY: term(
        "script",
        "So that I tell nobody else's business: please give me the last four digits of your identity number.",
    ),
    Part.RECORDED: term("script", "This call is recorded."),
    Part.OWED: term("script", "It is about your %(product)s: %(overdue)s has been overdue since %(since)s."),
    Part.ASK: term("script", "What stands in the way, and on which day can you pay how much?"),
    Part.NOTICE: term(
        "script",
        "You get a demand in writing, with the day until which you can pay and what follows after it.",
    ),
    Part.COURT: term(
        "script", "The matter has been handed over for a claim; you can still pay or agree with us."
    ),
    Part.HARDSHIP: term(
        "script", "If you cannot pay, say so: we look for a plan with you, and to ask costs nothing."
    ),
    Part.CLOSE: term(
        "script",
        "Pay to the bank's own account alone, never to a person. For complaints call %(complaints)s. Thank you.",
    ),
}
NEVER: Final[Words] = {
    "pose": term("script", "Never pose as police, court or government, and never threaten."),
    "others": term("script", "Tell nobody but the debtor of the debt, also not that there is one."),
    "unknown": term(
        "script",
        "Who does not want to give the digits is told nothing; offer the number of the bank instead.",
    ),
}


@dataclass(frozen=True)
class CallScript:
    """`language` is the debtor's; `first` comes before the person is known, `then` after. `never` is for the caller."""

    language: str
    first: tuple[str, ...] = field(repr=False)
    then: tuple[str, ...] = field(repr=False)
    never: tuple[str, ...]


def call_script(task: TaskView, settings: Settings, *, caller: str, debtor: str) -> CallScript | None:
    """None for a task that is no call."""
    if TaskKind(task.kind) not in CONTACT_TASKS or task.status != "open":
        return None
    spoken = language_for(task.debtor_speaks)
    ours = bank.load(settings.bank_file)[spoken]
    with speaking(spoken.value):
        facts = task.facts
        told = {
            "caller": caller,
            "bank": ours.name,
            "debtor": debtor,
            "product": called(words.PRODUCTS, task.product),
            "overdue": money(facts["overdue_minor"], facts["currency"]),
            "since": facts["first_overdue_on"] or "–",
            "complaints": ours.complaints_phone,
        }
        parts = [(part, called(SAID, part) % told) for part in script(Stage(task.stage))]
    return CallScript(
        spoken.value,
        tuple(said for part, said in parts if part in BEFORE_KNOWN),
        tuple(said for part, said in parts if part not in BEFORE_KNOWN),
        tuple(called(NEVER, one) for one in NEVER),
    )
