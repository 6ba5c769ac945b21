"""Whatever is said to a case, in whatever order: it answers, keeps its promises and loses no cent."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from itertools import permutations
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from temporalio.converter import DefaultPayloadConverter

from arrears.contracts import canonical, digest
from arrears.policy import effects as fx
from arrears.policy.codes import Action
from arrears.policy.events import (
    Due,
    Event,
    LoanRestated,
    Opened,
    PaymentFinalized,
    PaymentPosted,
    PaymentReversed,
    SendAnswered,
    Unreadable,
    read,
)
from arrears.policy.matrix import INQUIRIES
from arrears.policy.react import react
from arrears.policy.state import CaseState, Clock, Stage
from arrears.policy.tasks import Outcome, TaskKind
from arrears.policy.turn import Moment
from tests.policy.builders import (
    CALENDAR,
    CASE,
    LOAN,
    Case,
    a_case,
    a_claim,
    a_filing,
    a_loan,
    a_silence,
    at,
    full_terms,
    opened,
    some_terms,
)
from workflows.naming import name_tasks

Content = dict[str, Any]
PEOPLE = [f"s-{n}" for n in range(5)]
DAYS = ["2025-11-01", "2026-01-15", "2026-03-01", "2026-03-07", "2026-10-03", "2027-02-10", "2199-12-31"]
OTHER_TERMS = some_terms(pack="other", formal_dpd=10, cure_days=1, arrival_days=0, manager_above_minor=1)

# ---- what can be said ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Move:
    """One thing that happens to a case; numbers pick among what the case has at that moment."""

    what: str
    pick: int = 0
    content: Content = field(default_factory=dict)


amounts = st.sampled_from([1, 7, 500, 99_999, 100_000, 100_001, 400_000, 500_000, 10**13])
picks = st.integers(0, 9)
words = st.sampled_from([str(outcome) for outcome in Outcome] + ["", "nonsense", "SUE"])
# What a hostile or broken sender might put into a field.
wild = st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.floats(allow_nan=False)

decisions = st.builds(
    Move,
    st.just("decide"),
    picks,
    st.fixed_dictionaries(
        {
            "outcome": words,
            "by": st.sampled_from(PEOPLE),
            "stale": st.integers(0, 9).map(lambda n: -1 if n == 0 else 0),
            "remark_id": st.sampled_from(["r-1", "r-1", "r-1", None]),
            "amount_minor": st.sampled_from([None, -5, 0, 5, 10**12]),
            "on": st.sampled_from([None, *DAYS]),
        }
    ),
)
# A person who knows his work: the likelier answer to whatever is open.
sensible = st.builds(
    Move, st.just("answer"), picks, st.fixed_dictionaries({"by": st.sampled_from(PEOPLE), "with": picks})
)
payments = st.builds(
    Move,
    st.just("pay"),
    picks,
    st.fixed_dictionaries(
        {
            "amount_minor": amounts,
            "kind": st.sampled_from(["payment", "payment", "payment", "fee", "refund", "write_off", ""]),
            "provisional": st.sampled_from([False, False, True]),
        }
    ),
)
reversals = st.builds(Move, st.just("reverse"), picks)
finals = st.builds(
    Move,
    st.just("final"),
    picks,
    st.fixed_dictionaries({"in_balance": st.sampled_from([False, False, True])}),
)
restatements = st.builds(
    Move,
    st.just("restate"),
    picks,
    st.fixed_dictionaries(
        {
            "balance_minor": amounts,
            "overdue_minor": st.sampled_from([0, 1, 500, 100_000, 10**13]),
            "first_overdue_on": st.sampled_from([None, *DAYS]),
            "status": st.sampled_from(["open", "open", "open", "disputed", "stayed", "closed"]),
            "stops": st.booleans(),
            "loan_id": st.sampled_from([LOAN, LOAN, LOAN, "L2"]),
            "currency": st.just("CNY"),
        }
    ),
)
people = st.builds(
    Move,
    st.just("people"),
    picks,
    st.fixed_dictionaries({"parties": st.booleans(), "address": st.booleans()}),
)
deliveries = st.builds(
    Move,
    st.just("deliver"),
    picks,
    st.fixed_dictionaries({"status": st.sampled_from(["arrived", "arrived", "returned", "lost"])}),
)
sendings = st.builds(
    Move,
    st.just("send"),
    picks,
    st.fixed_dictionaries(
        {"answer": st.sampled_from(["sent", "sent", "not_before", "wait", "uncertain", "refused", "?"])}
    ),
)
contacts = st.builds(
    Move,
    st.just("contact"),
    picks,
    st.fixed_dictionaries(
        {
            "action": st.sampled_from([str(action) for action in Action]),
            "result": words | st.sampled_from(["met", "moved", "ok", "ptp", "ptp"]),
            "party": st.sampled_from(["borrower", "third"]),
            "amount_minor": st.sampled_from([None, 0, 500]),
            "on": st.sampled_from([None, "2026-03-06", "2199-12-31"]),
            "contact_id": st.sampled_from([None, "C1"]),
            "recording_id": st.sampled_from([None, "R1"]),
            "remark_id": st.sampled_from([None, "r-1"]),
        }
    ),
)
junk = st.builds(
    Move,
    st.just("junk"),
    picks,
    st.dictionaries(
        st.sampled_from(
            [
                "loan_id",
                "currency",
                "balance_minor",
                "overdue_minor",
                "first_overdue_on",
                "status",
                "at",
                "payment_id",
                "amount_minor",
                "kind",
                "provisional",
                "reverses",
                "notice_id",
                "outcome",
                "facts_no",
                "remark_id",
                "on",
            ]
        ),
        wild,
    ),
)
time_passes = st.builds(
    Move, st.just("wait"), st.sampled_from([0, 1, 3600, 86_400, 10 * 86_400, 400 * 86_400])
)
wakes = st.builds(Move, st.just("wake"), picks)
untimely = st.builds(Move, st.just("due"), picks)
again = st.builds(Move, st.just("open"), picks)
new_pack = st.builds(Move, st.just("pack"), picks)

moves = st.one_of(
    *[wakes] * 4,
    *[sensible] * 4,
    *[decisions] * 2,
    payments,
    payments,
    finals,
    reversals,
    restatements,
    people,
    deliveries,
    sendings,
    contacts,
    contacts,
    junk,
    time_passes,
    untimely,
    again,
    new_pack,
)

SIGNALS = [
    "open",
    "payment_posted",
    "payment_reversed",
    "payment_finalized",
    "people_changed",
    "loan_restated",
    "task_decided",
    "delivery_reported",
    "contact_reported",
]


class Life:
    """A case that lives through moves, and what its bank remembers of it."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.own_terms = case.terms
        self.paid: dict[str, tuple[int, bool]] = {}
        self.book = _Book.of(case.state)
        self.cure_on: dict[str, str] = {}
        self.named: set[str] = {task.task_id for task in case.state.tasks.values()}
        self.count = 0

    # ---- from a move to an event

    def event(self, move: Move) -> Event | None:
        try:
            return self._event(move)
        except Unreadable:
            return None

    def _event(self, move: Move) -> Event | None:
        match move.what:
            case "wake" | "due":
                return self._clock(move)
            case "answer":
                return self._answer(move)
            case "decide":
                return self._decision(move)
            case "send":
                return self._sending(move)
            case "open":
                return Opened(CASE, a_loan())
            case "junk":
                signal = SIGNALS[move.pick % len(SIGNALS)]
                return read(CASE, signal, actor="s-0", task_id="t", content=move.content)
            case _:
                return self._message(move)

    def _clock(self, move: Move) -> Event:
        if move.what == "due" or not self.case.state.deadlines:
            return Due(list(Clock)[move.pick % len(Clock)])
        clock = self.case.next_clock()
        self.case.now = max(self.case.now, self.case.state.deadlines[clock.value])
        if clock is Clock.SEND:
            return SendAnswered(self.case.notice_id, "sent", self.case.now, 0, "")
        return Due(clock)

    def _answer(self, move: Move) -> Event | None:
        tasks = sorted(self.case.state.tasks.items())
        if not tasks:
            return None
        kind, task = tasks[move.pick % len(tasks)]
        outcomes = {
            "escalation": ["escalate", "escalate", "keep"],
            "notice_release": ["release", "release", "cancel"],
            "legal_review": ["sue", "sue", "return"],
            "second_approval": ["approve", "approve", "refuse"],
            "idle_review": ["continue"],
            "filing": ["filed", "filed", "not_filed"],
            "court_end": ["withdraw", "costs", "court_ended"],
            "delivery_check": ["arrived", "arrived", "returned", "not_known"],
            "new_address": ["found", "found", "not_found"],
        }.get(kind, ["na", "ptp", "rtp", "wrong"])
        content = {
            "outcome": outcomes[move.content["with"] % len(outcomes)],
            "facts_no": self.case.state.facts_no,
            "remark_id": "r-1",
            "amount_minor": 500,
            "on": self._day_of(kind),
        }
        by = move.content["by"]
        return read(CASE, "task_decided", actor=by, task_id=task.task_id, content=content)

    def _day_of(self, kind: str) -> str | None:
        if kind in ("first_contact", "follow_up"):
            return "2026-03-06"
        return self.case.today.isoformat() if kind == "delivery_check" else None

    def _decision(self, move: Move) -> Event:
        ids = ["", "no-such-task", *(task.task_id for task in self.case.state.tasks.values())]
        content = dict(move.content)
        by = content.pop("by")
        content["facts_no"] = self.case.state.facts_no + content.pop("stale")
        return read(CASE, "task_decided", actor=by, task_id=ids[move.pick % len(ids)], content=content)

    def _sending(self, move: Move) -> Event:
        notice = self.case.state.notice
        name = "no-such-notice" if notice is None or move.pick == 9 else notice.notice_id
        not_before = self.case.now + [0, 60, 86_400, 9 * 86_400][move.pick % 4]
        return SendAnswered(name, move.content["answer"], self.case.now, not_before, "C01")

    def _message(self, move: Move) -> Event:
        self.count += 1
        content: Content = {"payment_id": f"P{self.count}", **move.content}
        match move.what:
            case "pay":
                signal = "payment_posted"
            case "reverse":
                signal = "payment_reversed"
                earlier = sorted(self.paid)
                name = earlier[move.pick % len(earlier)] if earlier else ""
                content |= {"reverses": name, "amount_minor": self.paid.get(name, (0, False))[0]}
            case "final":
                signal = "payment_finalized"
                waiting = [*self.case.state.provisional, "no-such-payment"]
                name = waiting[move.pick % len(waiting)]
                content |= {"payment_id": name, "amount_minor": self.paid.get(name, (1, False))[0]}
            case "people":
                signal = "people_changed"
            case "restate":
                signal = "loan_restated"
            case "contact":
                signal = "contact_reported"
                content |= {"attempt_id": f"A{self.count}", "at": self.case.now}
            case _:
                signal = "delivery_reported"
                notice = self.case.state.notice
                content["notice_id"] = "no-such-notice" if notice is None else notice.notice_id
                ago = [0, 1, 86_400, 5 * 86_400, 40 * 86_400, -90, -86_400, 10**9][move.pick % 8]
                content["at"] = self.case.now - ago
        return read(CASE, signal, actor="core-bank", task_id=None, content=content)

    # ---- a step and everything that must hold of it

    def step(self, move: Move) -> None:
        case = self.case
        if move.what == "wait":
            case.later(seconds=move.pick)
            return
        if move.what == "pack":
            case.terms = OTHER_TERMS if move.pick % 2 else self.own_terms
            return
        event = self.event(move)
        if event is None:
            return
        before = case.state
        moment = Moment(case.now, case.terms, CALENDAR)
        assert react(before, event, moment) == react(_keys_turned(before), event, moment)
        case.hear(event)
        _a_refusal_changes_nothing(before, case)
        _stays_awake(case.state)
        _has_what_comes_next(case.state)
        _is_never_in_the_past(before, case)
        self._names_tasks_once(before)
        self._litigates_late_enough(before)
        self._keeps_the_books(before, event)
        if len(case.steps) % 10 == 0:
            _can_be_written_down(case)

    def _names_tasks_once(self, before: CaseState) -> None:
        case = self.case
        new = {task.task_id for task in case.saw(fx.OpenTask)}
        ended = {effect.task_id for effect in case.last if isinstance(effect, fx.FinishTask | fx.CancelTask)}
        assert len(new) == len(case.saw(fx.OpenTask))
        assert not new & self.named
        self.named |= new
        had = {task.task_id for task in before.tasks.values()}
        assert ended <= had
        assert {task.task_id for task in case.state.tasks.values()} == had - ended | new
        assert "" not in self.named
        for opening in case.saw(fx.OpenTask):
            assert opening.facts_no == case.state.facts_no
            assert case.state.tasks[opening.task].barred == opening.barred
        assert all(task.facts_no == case.state.facts_no for task in case.state.tasks.values())

    def _litigates_late_enough(self, before: CaseState) -> None:
        case, state = self.case, self.case.state
        for became in case.saw(fx.NoticeBecame):
            if became.cure_on is not None:
                self.cure_on[became.notice_id] = became.cure_on
        if case.saw(fx.ReleaseNotice):
            assert before.notice is None, "two notices under way"
            assert state.notice is not None
            assert state.notice.amount_minor == state.overdue > 0
        entered = any(effect.stage is Stage.LEGAL for effect in case.saw(fx.EnterStage))
        if entered or TaskKind.LEGAL_REVIEW in {task.task for task in case.saw(fx.OpenTask)}:
            assert state.notice is not None
            assert state.notice.phase in ("sent", "arrived")
            assert case.today.isoformat() > self.cure_on[state.notice.notice_id]
            assert self._days_past_due() >= before.terms.legal_review_dpd
        if entered:
            assert self._days_past_due() >= before.terms.legal_dpd
            approval = before.approval
            assert approval is not None
            assert len({approval.first, approval.second, ""}) == 3
            assert not {approval.first, approval.second} & set(before.hands)
            assert approval.facts_no == before.facts_no
            assert before.overdue > 0

    def _days_past_due(self) -> int:
        first = self.case.state.first_overdue_on
        assert first is not None
        return (self.case.today - date.fromisoformat(first)).days

    def _keeps_the_books(self, before: CaseState, event: Event) -> None:
        case = self.case
        self.book.hear(before, event, refused=bool(case.refusal), paid=self.paid)
        self.book.corrected += sum(
            one.detail["amount_minor"]
            for one in case.saw(fx.RaiseIncident)
            if one.incident == "ledger_to_correct"
        )
        self.book.balances(case)


@dataclass
class _Book:
    """Minor units, kept by somebody else: what was said by the bank last, and what moved since."""

    balance: int
    overdue: int
    surplus: int = 0
    paid: int = 0
    back: int = 0
    given: int = 0  # of the surplus, to whoever had paid it
    charged: int = 0
    corrected: int = 0  # not owed after all: a dispute was right

    @classmethod
    def of(cls, state: CaseState) -> "_Book":
        return cls(state.balance, state.overdue, state.surplus)

    def hear(
        self, before: CaseState, event: Event, *, refused: bool, paid: dict[str, tuple[int, bool]]
    ) -> None:
        if refused:
            return
        match event:
            case PaymentPosted():
                self._posted(before, event, paid)
            case PaymentReversed() if event.reverses not in before.provisional:
                self.back += event.amount
            case PaymentFinalized() if not event.in_balance:
                self.paid += event.amount
            case LoanRestated():
                self._restated(before, event)
            case _:
                pass

    def _posted(self, before: CaseState, event: PaymentPosted, paid: dict[str, tuple[int, bool]]) -> None:
        if event.kind == "fee":
            self.charged += event.amount
        if event.kind == "refund":
            self.given += min(event.amount, before.surplus)
        if event.kind == "payment":
            paid[event.payment_id] = (event.amount, event.provisional)
            self.paid += 0 if event.provisional else event.amount

    def _restated(self, before: CaseState, event: LoanRestated) -> None:
        loan = event.loan
        known = (before.balance, before.overdue, before.first_overdue_on)
        off = before.corrected
        if off and (loan.balance - off, loan.overdue - off) == known[:2]:
            loan = replace(loan, balance=loan.balance - off, overdue=loan.overdue - off)
        if known != (loan.balance, loan.overdue, loan.first_overdue_on):
            self.__dict__ |= asdict(_Book(loan.balance, loan.overdue, before.surplus))

    def balances(self, case: Case) -> None:
        """What came in is what was allocated, kept as surplus, or is owed again; to the cent."""
        state = case.state
        net = self.paid - self.back - self.given + self.corrected
        assert state.balance - state.surplus == self.balance - self.surplus + self.charged - net
        owed = state.owed
        assert min(owed.costs, owed.interest, owed.principal, state.surplus, state.ahead) >= 0
        assert 0 <= state.overdue <= state.balance
        assert (
            state.overdue - state.ahead - (state.surplus - self.surplus) == self.overdue + self.charged - net
        )
        for split in case.saw(fx.Allocate):
            assert abs(split.costs + split.interest + split.principal + split.surplus) > 0


def _keys_turned(state: CaseState) -> CaseState:
    """Equal, as a state is that crossed Temporal: only the order of its keys differs."""
    return replace(
        state,
        tasks=dict(reversed(state.tasks.items())),
        deadlines=dict(sorted(state.deadlines.items())),
    )


def _a_refusal_changes_nothing(before: CaseState, case: Case) -> None:
    if case.refusal:
        assert len(case.last) == 1
        assert case.state == before


def _stays_awake(state: CaseState) -> None:
    """A closed case has nothing left; an open one is never forgotten."""
    if state.closed:
        assert (state.tasks, state.deadlines, state.approval) == ({}, {}, None)
        assert state.closed_at > 0
        return
    assert Clock.IDLE.value in state.deadlines
    assert state.closed_at == 0
    assert state.stage is not Stage.CLOSED
    assert state.overdue > 0 or state.provisional or state.matter or state.holds, (
        "open with nothing to collect"
    )


def _has_what_comes_next(state: CaseState) -> None:
    if state.closed:
        return
    clocks, tasks = set(state.deadlines) | set(state.stopped), set(state.tasks)
    assert clocks <= set(Clock)
    assert tasks <= set(TaskKind)
    assert not set(state.deadlines) & set(state.stopped)
    assert not state.stopped or state.holds, "a clock stands still under a hold only"
    # What holds ask goes on beside the stage.
    clocks, tasks = clocks - {"hold"}, tasks - INQUIRIES
    asked = bool(tasks & {"legal_review", "second_approval"}) or "enter_legal" in clocks
    match state.stage:
        case Stage.INITIAL:
            few = state.attempts < state.terms.attempts_needed
            few |= state.attempt_days < state.terms.attempt_days
            assert not ("escalate" in clocks and "escalation" in tasks)
            assert few or ("escalate" in clocks) != ("escalation" in tasks)
            assert clocks & {"escalate", "follow_up", "promise"} or tasks - {"idle_review"}
            assert (state.notice, state.approval, asked) == (None, None, False)
            assert not clocks & {"notice", "send", "cure", "legal_review"}
            assert "notice_release" not in tasks
        case Stage.FORMAL:
            _one_question_at_a_time(state, clocks, tasks, asked=asked)
        case _:
            assert clocks <= {"idle", "follow_up", "promise", "sla", "filing", "court"}
            assert tasks <= {"idle_review", "follow_up", "filing", "court_end"}
            assert ("court_end" in tasks or "court" in clocks) <= (state.matter is not None)
            assert ("filing" in tasks or "filing" in clocks) <= (state.matter is None)
            assert not asked


def _one_question_at_a_time(state: CaseState, clocks: set[str], tasks: set[str], *, asked: bool) -> None:
    assert not clocks & {"escalate"}
    assert not tasks & {"escalation", "first_contact"}
    about_notice: list[str] = [name for name in ("notice", "send") if name in clocks]
    about_notice += ["release"] if "notice_release" in tasks else []
    about_notice += sorted(tasks & {"new_address", "delivery_check"})
    about_notice += ["silence"] if "silence" in clocks else []
    about_suit = [name for name in ("enter_legal",) if name in clocks]
    about_suit += sorted(tasks & {"legal_review", "second_approval"})
    assert len(about_notice) <= 1
    assert len(about_suit) <= 1
    assert about_notice or about_suit or clocks & {"cure", "legal_review"}, "nothing comes next"
    assert not (about_notice and (about_suit or clocks & {"cure", "legal_review"}))
    assert not (about_suit and clocks & {"cure", "legal_review"})
    # What waits and what it waits for belong together.
    assert ("send" in clocks) == (state.notice is not None and state.notice.phase == "released")
    without = {"notice_release", "new_address"} & tasks or "notice" in clocks
    assert bool(without) == (state.notice is None)
    assert ("delivery_check" in tasks or "silence" in clocks) <= (
        state.notice is not None and state.notice.phase == "sent"
    )
    assert asked <= (state.cured_notice_at > 0)
    assert ("cure" in clocks) <= (state.cured_notice_at == 0)
    assert ("second_approval" in tasks) == (state.approval is not None and not state.approval.second)
    assert ("enter_legal" in clocks) == (state.approval is not None and bool(state.approval.second))


def _is_never_in_the_past(before: CaseState, case: Case) -> None:
    state = case.state
    assert state.at >= before.at
    for name, instant in state.deadlines.items():
        assert instant >= case.now or before.deadlines.get(name) == instant
    assert state.stage_since <= state.at


def _can_be_written_down(case: Case) -> None:
    for _, effects in case.steps[-10:]:
        for effect in effects:
            assert fx.from_wire(json.loads(json.dumps(fx.to_wire(effect)))) == effect
    converter = DefaultPayloadConverter()
    back = converter.from_payload(converter.to_payload(case.state), CaseState)
    assert back == case.state
    assert digest(back) == digest(case.state)
    assert len(canonical(asdict(case.state)).encode()) < 4_000


BEGINNINGS: list[Callable[[], Case]] = [
    lambda: a_case(days_past_due=5),
    lambda: a_case(days_past_due=200),
    lambda: a_case(Stage.FORMAL, days_past_due=60),
    lambda: a_case(Stage.LEGAL),
    lambda: a_case(Stage.CLOSED),
    lambda: a_case(terms=full_terms(), days_past_due=20),
    lambda: a_case(Stage.FORMAL, terms=full_terms(), days_past_due=60),
    a_silence,
    a_filing,
    a_claim,
]


beginnings = st.integers(0, len(BEGINNINGS) - 1)


@given(beginnings, st.lists(moves, min_size=15, max_size=40))
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_a_case_answers_everything_and_keeps_its_promises(beginning: int, life: list[Move]) -> None:
    lived = Life(BEGINNINGS[beginning]())
    for move in life:
        lived.step(move)


def _days_at_the_bank(chance: Random) -> Iterator[Move]:
    """What happens in a bank, the likely more often than the unlikely; now and then somebody attacks."""
    shapes: list[tuple[int, Any]] = [
        (26, lambda: Move("wake")),
        (36, lambda: Move("answer", chance.randrange(9), _by(chance) | {"with": chance.randrange(9)})),
        (6, lambda: Move("pay", 0, _money(chance, "payment", [1, 500, 9_999]))),
        (2, lambda: Move("pay", 0, _money(chance, "payment", [100_000, 10**6]))),
        (2, lambda: Move("pay", 0, _money(chance, "fee", [1, 700]))),
        (4, lambda: Move("reverse", chance.randrange(9))),
        (4, lambda: Move("restate", 0, _restated(chance))),
        (9, lambda: Move("deliver", chance.randrange(8), {"status": chance.choice(STATUSES)})),
        (3, lambda: Move("send", chance.randrange(10), {"answer": chance.choice(ANSWERS)})),
        (4, lambda: Move("decide", chance.randrange(9), _by(chance) | _words(chance))),
        (2, lambda: Move("due", chance.randrange(9))),
        (1, lambda: Move("open")),
        (1, lambda: Move("pack", chance.randrange(2))),
        (4, lambda: Move("wait", chance.choice([0, 1, 3_600, 86_400, 10 * 86_400]))),
    ]
    weights = [weight for weight, _ in shapes]
    while True:
        [(_, shape)] = chance.choices(shapes, weights)
        yield shape()


STATUSES = ["arrived", "arrived", "arrived", "returned", "lost"]
ANSWERS = ["sent", "not_before", "wait", "uncertain", "refused", "?"]


def _by(chance: Random) -> Content:
    return {"by": chance.choice(PEOPLE)}


def _words(chance: Random) -> Content:
    stale = chance.choice([0, 0, -1])
    outcome = chance.choice([*map(str, Outcome), ""])
    return {"outcome": outcome, "stale": stale, "remark_id": "r-1", "amount_minor": 5, "on": DAYS[3]}


def _money(chance: Random, kind: str, amounts: list[int]) -> Content:
    provisional = kind == "payment" and chance.random() < 0.15
    return {"amount_minor": chance.choice(amounts), "kind": kind, "provisional": provisional}


def _restated(chance: Random) -> Content:
    overdue = chance.choice([0, 100_000, 100_000, 200_000])
    return {
        "balance_minor": 500_000 + chance.choice([0, 0, 10]),
        "overdue_minor": overdue,
        "first_overdue_on": chance.choice(["2026-01-15", "2026-02-25", "2026-05-01"]) if overdue else None,
        "status": chance.choice(["open"] * 9 + ["closed"]),
        "loan_id": LOAN,
        "currency": "CNY",
    }


@pytest.mark.parametrize("seed", range(20))
def test_long_lives_keep_every_promise(seed: int) -> None:
    chance = Random(seed)
    happening = _days_at_the_bank(chance)
    for _ in range(2):
        lived = Life(chance.choice(BEGINNINGS)())
        for _ in range(100):
            lived.step(next(happening))


@given(beginnings, st.lists(moves, max_size=15), st.sampled_from([0, 86_400, 400 * 86_400]))
@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_due_at_one_instant_comes_to_an_end(beginning: int, life: list[Move], away: int) -> None:
    """Or a worker that was away would turn in circles."""
    lived = Life(BEGINNINGS[beginning]())
    for move in life:
        lived.step(move)
    case = lived.case.later(seconds=away)
    for _ in range(15):
        if case.state.closed or min(case.state.deadlines.values()) > case.now:
            return
        lived.step(Move("wake"))
    raise AssertionError(f"still due: {case.state.deadlines}")


# ---- money in any order -------------------------------------------------------------------------------------

money = st.lists(
    st.tuples(
        st.sampled_from(
            ["payment", "bounced", "fee", "final later", "bounced before final", "bounced after"]
        ),
        st.integers(1, 300_000),
    ),
    max_size=8,
)


@given(money, st.integers(1, 200_000), st.integers(0, 400_000), st.randoms(use_true_random=False))
@settings(max_examples=80)
def test_money_in_any_order_leaves_the_same_position(
    moved: list[tuple[str, int]], overdue: int, rest: int, order: Any
) -> None:
    """Received = allocated + surplus; owed = opening + charges - received + taken back. Whatever came first."""
    follows = {
        "bounced": ["reverse"],
        "final later": ["final"],
        "bounced before final": ["reverse"],
        "bounced after": ["final", "reverse"],
    }
    acts: list[tuple[str, int, int]] = [("pay", n, amount) for n, (_, amount) in enumerate(moved)]
    order.shuffle(acts)
    for n, (kind, amount) in enumerate(moved):
        last = next(index for index, act in enumerate(acts) if act[1] == n)
        for act in follows.get(kind, []):
            last = order.randint(last + 1, len(acts))
            acts.insert(last, (act, n, amount))
    case = opened(a_loan(overdue=overdue, balance=overdue + rest))
    names: dict[int, str] = {}
    for act, n, amount in acts:
        kind = moved[n][0]
        if act == "pay":
            waits = kind in ("final later", "bounced before final", "bounced after")
            names[n] = case.pay(amount, kind="fee" if kind == "fee" else "payment", provisional=waits)
        elif act == "final":
            case.finalize(names[n], amount)
        else:
            case.reverse(names[n], amount)
    received = sum(amount for kind, amount in moved if kind in ("payment", "final later"))
    charged = sum(amount for kind, amount in moved if kind == "fee")
    state = case.state
    assert state.balance - state.surplus == overdue + rest + charged - received
    allocated = case.ever(fx.Allocate)
    assert (
        sum(split.costs + split.interest + split.principal for split in allocated) == received - state.surplus
    )
    assert sum(split.surplus for split in allocated) == state.surplus
    assert state.overdue - state.ahead - state.surplus == overdue + charged - received
    if not charged:
        # Without charges in between, nothing depends on the order at all.
        assert state.overdue == max(0, overdue - received)
        assert state.surplus == max(0, received - overdue - rest)
        assert bool(state.closed) is (bool(moved) and received >= overdue)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_three_payments_in_any_order_close_at_the_same_cent(order: tuple[int, ...]) -> None:
    parts = (1, 33_333, 66_666)
    case = a_case(overdue=100_000, balance=500_000)
    for n, index in enumerate(order):
        case.pay(parts[index])
        assert bool(case.state.closed) is (n == 2)
    assert case.state.balance == 400_000


# ---- the same answer twice ----------------------------------------------------------------------------------


@given(st.lists(moves, min_size=10, max_size=25))
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
def test_a_life_lived_twice_is_the_same_life(life: list[Move]) -> None:
    lives = []
    for _ in range(2):
        lived = Life(a_case(days_past_due=60))
        for move in life:
            lived.step(move)
        lives.append((lived.case.state, lived.case.steps, digest(lived.case.state)))
    assert lives[0] == lives[1]


def test_names_are_given_as_the_workflow_gives_them() -> None:
    state, effects = react(None, Opened(CASE, a_loan()), Moment(at("2026-03-02", 10), some_terms(), CALENDAR))
    named, told = name_tasks(state, effects, seq=1)
    assert named is not None
    assert named.tasks["first_contact"].task_id == f"{CASE}-t1-2"
    assert [effect.task_id for effect in told if isinstance(effect, fx.OpenTask)] == [f"{CASE}-t1-2"]
