"""A claim before a court: filed on facts that hold, and ended by a person even when all is paid (4.6-7, 4.9)."""

from arrears.policy import evidence, stages
from arrears.policy.effects import MatterEnded, MatterFiled
from arrears.policy.events import TaskDecided
from arrears.policy.fees import halved, suit_fee
from arrears.policy.state import Clock, Matter
from arrears.policy.tasks import Outcome, TaskKind
from arrears.policy.turn import Turn


def ask_to_file(turn: Turn, why: str) -> None:
    if turn.state.matter is None and TaskKind.FILING in turn.now.terms.sla_bank_days:
        turn.open(TaskKind.FILING, why=why)


def filing_decided(turn: Turn, outcome: Outcome, event: TaskDecided) -> None:
    if outcome is not Outcome.FILED:
        again = stages.put_off(turn, event, turn.state.terms.repropose_legal_days)
        turn.arm(Clock.FILING, again)
        return
    state = turn.state
    matter = Matter(f"{state.case_id}-matter-{turn.now.at}", state.balance, turn.now.at)
    turn.change(matter=matter)
    turn.disarm(Clock.FILING)
    fee = suit_fee(matter.claim, state.currency)
    turn.tell(MatterFiled(matter.matter_id, matter.claim, fee, event.by))
    evidence.keep(turn, "L06", act="filed", proof=matter.matter_id, by=event.by)


def ask_to_end(turn: Turn, why: str) -> None:
    """All is paid, yet the matter lives: withdraw, or seek the costs. The bank bears the fee of a withdrawal."""
    if turn.state.matter is None or Clock.COURT.value in turn.state.deadlines:
        return  # while costs are sought its day asks again, not the core bank's nightly file
    turn.cancel(*stages.CONTACT_TASKS, TaskKind.FILING, why="paid_after_filing")
    turn.open(TaskKind.COURT_END, why=why, more=figures(turn))


def figures(turn: Turn) -> dict[str, int]:
    """What stands beside the facts of the question how the matter ends, minor units."""
    matter = turn.state.matter
    if matter is None:
        return {}
    claim = {"claim_minor": matter.claim}
    fee = suit_fee(matter.claim, turn.state.currency)
    return claim if fee is None else claim | {"fee_minor": fee, "fee_withdrawn_minor": halved(fee)}


def end_decided(turn: Turn, outcome: Outcome, event: TaskDecided) -> None:
    matter = turn.state.matter
    if matter is None:
        return
    if outcome is Outcome.SEEK_COSTS:
        turn.arm(Clock.COURT, turn.in_days(turn.state.terms.repropose_legal_days))
        return
    turn.change(matter=None)
    turn.tell(MatterEnded(matter.matter_id, outcome.value, event.by))


def money_is_back(turn: Turn) -> None:
    """A payment was taken back: the claim goes on."""
    turn.cancel(TaskKind.COURT_END, why="payment_reversed")
    turn.disarm(Clock.COURT)
