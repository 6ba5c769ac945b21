"""How many events a second `react` answers on one core: the bare rules, without database and without Temporal.

    python -m benchmarks.policy [--cases 400] [--rounds 15] [--profile] [--json]

Cases live through their days under the shipped pack, drawn from a seed: calls with all their results, promises kept and
broken, payments and some taken back, holds, a nightly file, notices, advisors, the court, and the deadlines between
them. Every step is kept as (state, event, now); then the steps of all cases are put to `react` again, one after the
other, and the time of the processor is taken. The figure is the median of the rounds; the fastest stands beside it, for
whoever shares the machine slows the processor down.
"""

import argparse
import cProfile
import gc
import json
import pstats
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from typing import Final

from arrears.policy.codes import PROMISES, Action
from arrears.policy.effects import Effect
from arrears.policy.events import (
    ContactReported,
    Due,
    Event,
    HoldPlaced,
    HoldReleased,
    LedgerClosed,
    Opened,
    SendAnswered,
    TaskDecided,
)
from arrears.policy.matrix import SCOPES
from arrears.policy.react import react
from arrears.policy.state import CaseState, Clock, HoldKind
from arrears.policy.tasks import WITH_DAY, WORK, TaskKind
from arrears.policy.turn import Moment
from tests.policy.builders import CALENDAR, Case, a_loan, full_terms, opened

LONGEST: Final = 60  # steps of one case
STAFF: Final = {
    TaskKind.LEGAL_REVIEW: ("s-advisor",),
    TaskKind.SECOND_APPROVAL: ("s-second",),
    TaskKind.FILING: ("s-advisor", "s-second"),
    TaskKind.ESCALATION: ("s-lead",),
    TaskKind.NOTICE_RELEASE: ("s-lead",),
}
CALLS: Final = ("na", "na", "na", "busy", "off", "hung", "ptp", "ptp", "part", "noint", "cant", "rtp", "inv")
ANSWERS: Final = {
    TaskKind.FIRST_CONTACT: CALLS,
    TaskKind.FOLLOW_UP: CALLS,
    TaskKind.ESCALATION: ("escalate", "escalate", "keep"),
    TaskKind.NOTICE_RELEASE: ("release", "release", "release", "cancel"),
    TaskKind.LEGAL_REVIEW: ("sue", "sue", "return"),
    TaskKind.SECOND_APPROVAL: ("approve", "approve", "refuse"),
    TaskKind.FILING: ("filed", "filed", "not_filed"),
    TaskKind.COURT_END: ("withdraw", "costs", "court_ended"),
    TaskKind.DELIVERY_CHECK: ("arrived", "not_known", "returned"),
    TaskKind.NEW_ADDRESS: ("found", "not_found"),
    TaskKind.IDLE_REVIEW: ("continue",),
}
HOLDS: Final = (HoldKind.DISPUTE, HoldKind.HARDSHIP_REVIEW, HoldKind.COMPLAINT, HoldKind.PAID_CLAIM)


@dataclass(frozen=True)
class Step:
    before: CaseState | None
    event: Event
    now: Moment


@dataclass
class Watched(Case):
    """A case that keeps what was put to the rules."""

    kept: list[Step] = field(default_factory=list)

    def hear(self, event: Event) -> list[Effect]:
        self.kept.append(Step(self.state, event, Moment(self.now, self.terms, CALENDAR)))
        return super().hear(event)


def live(chance: Random) -> list[Step]:
    """One case from its opening to its end, or until nobody wants to look on."""
    overdue = chance.randrange(20_000, 400_000)
    loan = a_loan(overdue=overdue, balance=overdue * 4, days_past_due=chance.choice((3, 12, 28, 50, 95)))
    born = opened(loan, **full_terms())
    case = Watched(born.state, born.now, born.terms)
    case.kept.append(Step(None, Opened(born.state.case_id, loan), Moment(born.now, born.terms, CALENDAR)))
    while not case.state.closed and len(case.kept) < LONGEST:
        _happens(case, chance)
    return case.kept


def _happens(case: Watched, chance: Random) -> None:
    shapes: Sequence[tuple[int, Callable[[Watched, Random], None]]] = (
        (40, _answer),
        (36, _ring),
        (8, _pay),
        (1, _take_back),
        (5, _call_in),
        (4, _hold),
        (3, _restate),
        (3, _report),
    )
    [(_, happens)] = chance.choices(shapes, [weight for weight, _ in shapes])
    happens(case, chance)


def _answer(case: Watched, chance: Random) -> None:
    if not case.state.tasks:
        _ring(case, chance)
        return
    case.later(hours=chance.randrange(1, 8))
    kind = TaskKind(chance.choice(sorted(case.state.tasks)))
    task = case.state.tasks[kind.value]
    outcome = chance.choice(ANSWERS.get(kind) or WORK[kind].outcomes)
    by = chance.choice(STAFF.get(kind, ("s-collector", "s-colleague")))
    on = (
        case.today if kind is TaskKind.DELIVERY_CHECK else case.today + timedelta(days=chance.randrange(1, 6))
    )
    amount = max(1, case.state.overdue // chance.choice((1, 2, 3)))
    day = on.isoformat() if outcome in {*PROMISES, *WITH_DAY} else None
    case.hear(
        TaskDecided(
            task.task_id,
            by,
            outcome,
            case.state.facts_no,
            has_reason=True,
            amount=amount,
            on=day,
            contact_id="C1",
        )
    )


def _ring(case: Watched, chance: Random) -> None:
    """The next deadline; a notice that is due goes out."""
    clock = case.next_clock()
    case.now = max(case.now, case.state.deadlines[clock.value])
    if clock is Clock.SEND:
        case.hear(SendAnswered(case.notice_id, "sent", case.now, 0, ""))
    else:
        case.hear(Due(clock))


def _pay(case: Watched, chance: Random) -> None:
    promised = 0 if case.state.promise is None else case.state.promise.amount
    parts = (case.state.overdue // 5, case.state.overdue // 3, promised, case.state.overdue)
    amount = max(1, chance.choices(parts, (5, 4, 4, 1))[0])
    case.pay(amount, provisional=chance.random() < 0.1)


def _take_back(case: Watched, chance: Random) -> None:
    if case.money:
        case.reverse(f"P{case.money}", 10_000)


def _call_in(case: Watched, chance: Random) -> None:
    """The debtor calls the bank."""
    result = chance.choice(("ptp", "cant", "noint"))
    on = (case.today + timedelta(days=3)).isoformat()
    case.hear(
        ContactReported("A1", Action.IN_CALL, result, "borrower", "s-desk", case.now, 10_000, on, "C1", "R1")
    )


def _hold(case: Watched, chance: Random) -> None:
    """One begins, or the oldest one ends."""
    case.later(hours=3)
    if case.state.holds:
        case.hear(HoldReleased(case.state.holds[0].hold_id, "resolved", "s-desk"))
        return
    kind = chance.choice(HOLDS)
    case.hear(HoldPlaced(f"H{case.seq}", kind, SCOPES[kind][0], "s-desk", "said"))


def _restate(case: Watched, chance: Random) -> None:
    """The nightly file: nothing new, or a little interest."""
    if chance.random() < 0.5:
        case.hear(LedgerClosed(case.today.isoformat()))
    else:
        more = chance.choice((0, 700))
        case.restate(balance=case.state.balance + more, overdue=case.state.overdue + more)


def _report(case: Watched, chance: Random) -> None:
    if case.state.notice is not None and case.state.notice.phase == "sent":
        case.later(days=2).delivered(chance.choice(("arrived", "arrived", "returned")))


# ---- measuring ---------------------------------------------------------------------------------------------


def measure(steps: Sequence[Step], *, rounds: int) -> list[float]:
    """Events for each second of the processor, round by round."""
    return [len(steps) / _seconds(steps) for _ in range(rounds)]


def _seconds(steps: Sequence[Step]) -> float:
    """Every round brings moments of its own, which remember nothing of the round before."""
    moments = [replace(step.now) for step in steps]
    began = time.process_time()
    for step, now in zip(steps, moments, strict=True):
        react(step.before, step.event, now)
    return time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument(
        "--profile", action="store_true", help="where the time goes, instead of how much it is"
    )
    parser.add_argument("--json", action="store_true", dest="as_json")
    asked = parser.parse_args()
    chance = Random(2026)
    steps = [step for _ in range(asked.cases) for step in live(chance)]
    if asked.profile:
        profile = cProfile.Profile()
        profile.runcall(_seconds, steps)
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)
        return
    perform(steps, cases=asked.cases, rounds=asked.rounds, as_json=asked.as_json)


def perform(steps: Sequence[Step], *, cases: int, rounds: int, as_json: bool) -> None:
    gc.collect()
    gc.freeze()  # the steps we keep are not the rules' own garbage
    _seconds(steps)  # caches of a process that has run for a while are warm
    found = measure(steps, rounds=rounds)
    mix = Counter(type(step.event).__name__ for step in steps)
    figures = {
        "cases": cases,
        "events": len(steps),
        "events_per_second": round(statistics.median(found)),
        "fastest_round": round(max(found)),
        "slowest_round": round(min(found)),
    }
    if as_json:
        print(json.dumps(figures | {"mix": dict(mix)}))
        return
    for name, value in figures.items():
        print(f"{name.replace('_', ' '):45} {value:>12,}")
    print("mix:", ", ".join(f"{name} {share}" for name, share in mix.most_common()))


if __name__ == "__main__":
    main()
