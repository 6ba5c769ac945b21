"""Whatever is dialled, repeated, reported late or given back, over every clock and pack: no cap and no window is broken.

The real ledger is asked on one side. On the other a person with a notebook counts, who knows the two packs from their
papers and none of the program's machinery.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from arrears.contracts import Rules
from arrears.policy.codes import Action
from arrears.policy.guard import Go, Never, NotBefore
from arrears.store import contacts, packs
from arrears.store.contacts import AttemptConflict, Came, Slot
from arrears.store.known import Ask
from arrears.store.session import Store, open_engine
from arrears.store.tables import borrowers

CN: Rules = packs.load("cn-bank-2026").rules
US: Rules = packs.load("us-reg-f").rules
# A later version of the bank's own pack: one less of everything that may be more than once.
LOWER: Rules = replace(
    CN,
    conduct=replace(
        CN.conduct, caps=tuple(replace(cap, most=max(1, cap.most - 1)) for cap in CN.conduct.caps)
    ),
)
WEEK = timedelta(days=7)
_person = count(1)


# ---- the notebook ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Noted:
    """One contact as a person would write it down; what nobody knows yet is taken for the worst."""

    at: datetime
    action: Action
    number: str
    loan: str
    answered: bool = True
    talked: bool = True

    @property
    def is_call(self) -> bool:
        return self.action in (Action.OUT_CALL, Action.AI_CALL)

    @property
    def is_message(self) -> bool:
        return self.action in (Action.SMS, Action.EMAIL)


Opinion = Callable[[Noted, list[Noted]], bool]


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _allowed_in_china(*, answered: int, attempts: int, messages_a_week: int) -> Opinion:
    """C01, C02, C03, C05, C10 as the rule book says them; the bank's day is Shanghai's."""

    def may(asked: Noted, others: list[Noted]) -> bool:
        def local(noted: Noted) -> datetime:
            return noted.at.astimezone(ZoneInfo("Asia/Shanghai"))

        now = local(asked)
        today = [noted for noted in others if local(noted).date() == now.date()]
        week = [noted for noted in others if _monday(local(noted).date()) == _monday(now.date())]
        minute = now.hour * 60 + now.minute
        if asked.is_call:
            calls = [noted for noted in today if noted.is_call]
            same = [noted for noted in calls if asked.number and noted.number == asked.number]
            in_time = 8 * 60 <= minute < 21 * 60 + 55
            return in_time and sum(noted.answered for noted in calls) < answered and len(same) < attempts
        if asked.is_message:
            messages = [noted for noted in week if noted.is_message]
            one = not any(noted.is_message for noted in today)
            return 8 * 60 <= minute < 22 * 60 and one and len(messages) < messages_a_week
        return 8 * 60 <= minute < 22 * 60 and not any(noted.action is Action.VISIT for noted in week)

    return may


def _allowed_in_new_york(asked: Noted, others: list[Noted]) -> bool:
    """Seven calls in seven days about a debt, none within seven days of a conversation about it; 8 to 9 at night."""

    def local(noted: Noted) -> datetime:
        return noted.at.astimezone(ZoneInfo("America/New_York"))

    now = local(asked)
    minute = now.hour * 60 + now.minute
    today = [noted for noted in others if local(noted).date() == now.date()]
    week = [noted for noted in others if _monday(local(noted).date()) == _monday(now.date())]
    if asked.is_call:
        # A clock that was turned back does not make room: what lies ahead of it counts as well.
        recent = [noted for noted in others if noted.is_call and noted.at > asked.at - WEEK]
        about = [noted for noted in recent if asked.loan in ("", noted.loan) or not noted.loan]
        return 8 * 60 <= minute < 20 * 60 + 55 and len(about) < 7 and not any(noted.talked for noted in about)
    if asked.is_message:
        return 8 * 60 <= minute < 21 * 60 and not any(noted.is_message for noted in today)
    return 8 * 60 <= minute < 21 * 60 and not any(noted.action is Action.VISIT for noted in week)


CHINA = _allowed_in_china(answered=3, attempts=6, messages_a_week=3)
CHINA_LOWER = _allowed_in_china(answered=2, attempts=5, messages_a_week=2)


# ---- what happens ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """`pick` chooses among the contacts there are."""

    what: str
    jump: timedelta
    action: Action = Action.OUT_CALL
    number: str = ""
    loan: str = ""
    result: str = ""
    pick: int = 0


# Forwards and backwards, to the edges of the window, over midnight and over every change of summer time.
JUMPS = st.sampled_from(
    [
        timedelta(seconds=seconds)
        for seconds in (0, 0, 1, 60, 600, 3600, 5 * 3600, 10 * 3600, 86_400, 6 * 86_400, -1, -3600, -86_400)
    ]
)
RESULTS = {
    Action.OUT_CALL: ("na", "busy", "hung", "rtp", "noint"),
    Action.AI_CALL: ("na", "rtp"),
    Action.SMS: ("sent", "bounced"),
    Action.EMAIL: ("sent",),
    Action.VISIT: ("met", "not_home"),
}
ANSWERED = ("hung", "rtp", "noint")
TALKED = ("rtp", "noint")


@st.composite
def steps(draw: st.DrawFn) -> Step:
    action = draw(st.sampled_from([Action.OUT_CALL, *RESULTS]))
    return Step(
        draw(st.sampled_from(["dial"] * 5 + ["result"] * 3 + ["again", "give_back", "report"])),
        draw(JUMPS),
        action,
        draw(st.sampled_from(["", "138", "139"])),
        draw(st.sampled_from(["", "L1", "L2"])),
        draw(st.sampled_from(RESULTS[action])),
        draw(st.integers(0, 30)),
    )


@dataclass
class Debtor:
    """One person: the real ledger, and the notebook beside it."""

    store: Store
    rules_at: Callable[[datetime], Rules]
    opinion_at: Callable[[datetime], Opinion]
    now: datetime
    person: str = ""
    asks: list[Ask] = field(default_factory=list)
    notes: dict[str, Noted] = field(default_factory=dict)  # what counts
    results: dict[str, str] = field(default_factory=dict)
    given_back: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.person = f"B{next(_person)}"
        with self.store.transaction() as connection:
            connection.execute(insert(borrowers).values(borrower_id=self.person, kind="person", name="-"))

    def live(self, step: Step) -> None:
        self.now += step.jump
        match step.what:
            case "dial":
                self._dial(self._new(step))
            case "again" if self.asks:
                self._dial(self._picked(step))
            case "result" if self.asks:
                self._result(self._picked(step), step)
            case "give_back":
                self._give_back(step)
            case "report":
                self._report(self._new(step), step.result)
            case _:
                pass

    def _picked(self, step: Step) -> Ask:
        return self.asks[step.pick % len(self.asks)]

    def _new(self, step: Step) -> Ask:
        key = f"{self.person}-{len(self.asks)}"
        staff = ("s-two",) if step.action is Action.VISIT else ()
        self.asks.append(
            Ask(
                key,
                self.person,
                step.action,
                f"s-{step.pick % 3}",
                loan_id=step.loan or None,
                number=step.number,
                staff=staff,
            )
        )
        return self.asks[-1]

    def _noted(self, ask: Ask) -> Noted:
        return Noted(self.now, ask.action, ask.number, ask.loan_id or "")

    def _is_free(self, ask: Ask) -> bool:
        others = [noted for key, noted in self.notes.items() if key != ask.attempt_id]
        return self.opinion_at(self.now)(self._noted(ask), others)

    # ---- each act on both sides

    def _dial(self, ask: Ask) -> None:
        """The first time, or the same again because the answer was lost or the dialer died."""
        key, free = ask.attempt_id, self._is_free(ask)
        try:
            answer = self._reserve(ask)
        except AttemptConflict:
            assert key in self.results, "only what was made already is refused under its key"
            return
        assert key not in self.results
        assert isinstance(answer, Slot) is free, (answer, self.now)
        if isinstance(answer, Slot):
            self.notes[key] = self._noted(ask)
            self.given_back.discard(key)
            return
        self._must_open_then(answer, ask)
        if self.notes.pop(key, None) is not None:
            self.given_back.add(key)

    def _must_open_then(self, answer: NotBefore | Never, ask: Ask) -> None:
        assert isinstance(answer, NotBefore), "nothing here is forbidden for ever"
        then = datetime.fromtimestamp(answer.at, UTC)
        assert then > self.now
        others = [noted for key, noted in self.notes.items() if key != ask.attempt_id]
        if self.rules_at(then) is self.rules_at(self.now):
            assert self.opinion_at(then)(replace(self._noted(ask), at=then), others), "told an hour in vain"

    def _reserve(self, ask: Ask) -> Slot | NotBefore | Never:
        with self.store.transaction() as connection:
            return contacts.reserve(connection, ask, None, self.rules_at(self.now), at=self._seconds())

    def _result(self, ask: Ask, step: Step) -> None:
        """At any time later, once; said twice it changes nothing."""
        key, result = ask.attempt_id, RESULTS[ask.action][step.pick % len(RESULTS[ask.action])]
        is_open = key in self.notes and self.results.get(key, result) == result
        try:
            with self.store.transaction() as connection:
                contacts.confirm(
                    connection, key, Came(result, "R1"), self.rules_at(self.now), at=self._seconds()
                )
        except AttemptConflict:
            assert not is_open
            return
        assert is_open
        self.results[key] = result
        self.notes[key] = _known(self.notes[key], result)

    def _give_back(self, step: Step) -> None:
        """Nobody picked up the receiver: only what has not been made can be given back."""
        waiting = sorted(self.notes.keys() - self.results.keys())
        if not waiting:
            return
        key = waiting[step.pick % len(waiting)]
        with self.store.transaction() as connection:
            contacts.release(connection, key)
        del self.notes[key]
        self.given_back.add(key)

    def _report(self, ask: Ask, result: str) -> None:
        """It was made without asking; it counts all the same, and whether it should have been is told."""
        free = self._is_free(ask)
        with self.store.transaction() as connection:
            answer = contacts.report(
                connection,
                ask,
                None,
                Came(result, "R1"),
                self.rules_at(self.now),
                at=self._seconds(),
                told_at=self._seconds(),
            )
        assert isinstance(answer, Go) is free
        self.results[ask.attempt_id] = result
        self.notes[ask.attempt_id] = _known(self._noted(ask), result)

    def _seconds(self) -> int:
        return int(self.now.timestamp())


def _known(noted: Noted, result: str) -> Noted:
    return replace(noted, answered=result in ANSWERED, talked=result in TALKED)


# ---- the properties ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ledgers(sqlite_template: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One store for all examples: each has a person of its own."""
    path = tmp_path_factory.mktemp("ledgers") / "arrears.db"
    path.write_bytes(sqlite_template.read_bytes())  # type: ignore[attr-defined]
    store = Store(open_engine(f"sqlite:///{path}"))
    yield store
    store.close()


lives = st.lists(steps(), min_size=5, max_size=30)
_PATIENT = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


@pytest.mark.rule("C01", "C02", "C03", "C04", "C05", "C10", "4.6-4")
@given(life=lives, hour=st.integers(0, 23))
@settings(max_examples=60, suppress_health_check=_PATIENT)
def test_the_ledger_and_a_person_with_a_notebook_agree(ledgers: Store, life: list[Step], hour: int) -> None:
    debtor = Debtor(ledgers, lambda _: CN, lambda _: CHINA, datetime(2026, 3, 6, hour, tzinfo=UTC))
    for step in life:
        debtor.live(step)


@pytest.mark.rule("C04", "4.6-12")
@given(
    life=lives,
    start=st.sampled_from([datetime(2026, 3, 6, 14, tzinfo=UTC), datetime(2026, 10, 30, 14, tzinfo=UTC)]),
)
@settings(max_examples=60, suppress_health_check=_PATIENT)
def test_s31_they_agree_over_the_nights_in_which_the_clocks_change(
    ledgers: Store, life: list[Step], start: datetime
) -> None:
    debtor = Debtor(ledgers, lambda _: US, lambda _: _allowed_in_new_york, start)
    for step in life:
        debtor.live(step)


@pytest.mark.rule("4.6-11")
@given(life=lives, after=st.integers(0, 3 * 86_400))
@settings(max_examples=60, suppress_health_check=_PATIENT)
def test_s28_they_agree_from_the_first_second_of_a_stricter_pack(
    ledgers: Store, life: list[Step], after: int
) -> None:
    start = datetime(2026, 3, 3, 1, tzinfo=UTC)
    turn = start + timedelta(seconds=after)
    debtor = Debtor(
        ledgers,
        lambda at: CN if at < turn else LOWER,
        lambda at: CHINA if at < turn else CHINA_LOWER,
        start,
    )
    for step in life:
        debtor.live(step)


@pytest.mark.rule("C04")
@given(life=st.lists(steps(), min_size=5, max_size=20))
@settings(max_examples=8, suppress_health_check=_PATIENT)
def test_they_agree_on_both_databases(store: Store, life: list[Step]) -> None:
    debtor = Debtor(store, lambda _: CN, lambda _: CHINA, datetime(2026, 3, 6, 3, tzinfo=UTC))
    for step in life:
        debtor.live(step)
