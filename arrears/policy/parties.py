"""Who stands behind the debt and where letters go: when it changes, what was decided on it is asked again (4.6-5).

A case knows only that it changed, and how often.
"""

from arrears.policy import court, legal, notices
from arrears.policy.events import PeopleChanged
from arrears.policy.tasks import TaskKind
from arrears.policy.turn import Turn


def changed(turn: Turn, event: PeopleChanged) -> None:
    state = turn.state
    turn.change(
        parties_no=state.parties_no + event.parties,
        address_no=state.address_no + event.address,
        facts_no=state.facts_no + 1,
    )
    if event.address:
        notices.address_changed(turn)
    legal.facts_changed(turn, why="people_changed")
    turn.refresh_tasks({TaskKind.COURT_END.value: court.figures(turn)})
