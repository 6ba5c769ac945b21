"""Which acts start the limitation period of a loan anew, and what proves each (L03, L04, L06, L07).

Only what was said or done is kept here; when the period ends is counted from these rows by whoever asks.
"""

from arrears.policy.codes import Code, Interrupts
from arrears.policy.effects import LimitationInterrupted, LimitationVoided
from arrears.policy.turn import Turn


def of_talk(turn: Turn, code: Code, *, act: str, recording_id: str, by: str, at: int | None = None) -> None:
    """The debtor's own word counts as it is written down; a demand by voice only where it is on a recording."""
    shown = code.interrupts is Interrupts.ALWAYS or (
        code.interrupts is Interrupts.IF_RECORDED and bool(recording_id)
    )
    if shown:
        keep(turn, code.rule, act=act, proof=recording_id, by=by, at=at)


def keep(turn: Turn, rule: str, *, act: str, proof: str, by: str, at: int | None = None) -> None:
    if turn.state.terms.limitation_years:
        turn.tell(LimitationInterrupted(rule, act, proof, by, turn.now.at if at is None else at))


def void(turn: Turn, proof: str) -> None:
    """What proved it was taken back: the period runs on as if nothing had been done."""
    if turn.state.terms.limitation_years:
        turn.tell(LimitationVoided(proof))
