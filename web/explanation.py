"""Why a case is where it is and what comes next, in the language of the moment."""

from dataclasses import dataclass

from arrears.policy.calendar import Calendar
from arrears.policy.explain import Explanation, Running, Sentence, explain
from arrears.policy.state import CaseState, Clock
from web.language import pgettext
from web.words import CLOCKS, called
from workflows import prose


@dataclass(frozen=True)
class Line:
    """`key` names the sentence, whatever language it is said in."""

    key: str
    words: str


@dataclass(frozen=True)
class Part:
    name: str
    heading: str
    lines: tuple[Line, ...]


def explained(state: CaseState, now: int, calendar: Calendar) -> tuple[Part, ...]:
    """The parts that have something to say; the last one is every running clock, the earliest first."""
    told: Explanation = explain(state, now, calendar)
    parts = (
        _part("stands", [_sentence(one, calendar) for one in told.stands]),
        _part("waits", [_sentence(one, calendar) for one in told.waits]),
        _part("follows", [_sentence(one, calendar) for one in told.follows]),
        _part("clocks", [_running(one, calendar) for one in told.clocks]),
    )
    return tuple(part for part in parts if part.lines)


def _part(name: str, lines: list[Line]) -> Part:
    return Part(name, pgettext(*prose.PARTS[name]), tuple(lines))


def _sentence(sentence: Sentence, calendar: Calendar) -> Line:
    words = pgettext(*prose.SENTENCES[sentence.key])
    return Line(sentence.key.value, prose.filled(words, sentence, zone=calendar.zone, called=called))


def _running(running: Running, calendar: Calendar) -> Line:
    return Line(running.clock.value, prose.dated(running, calendar.zone, _clock(running.clock)))


def _clock(clock: Clock) -> str:
    return called(CLOCKS, clock.value)
