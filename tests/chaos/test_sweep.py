"""Each thing that people and banks do is cut at every statement, and after its commit, and is done again as they would.

In between nothing half is there; in the end all of it is, once: by the invariants of `arrears check`.
"""

import secrets
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import event, func, select, update
from sqlalchemy.exc import NoResultFound, OperationalError

from api.auth.person import Person
from api.desk import errors
from api.desk.commenting import CommentDesk, CommentIn
from api.desk.contacts import ResultIn
from api.desk.holding import HoldIn
from api.desk.revealing import RevealDesk, RevealIn
from arrears import clock
from arrears.channels.cabinet import Cabinet
from arrears.contracts import Unchanging
from arrears.policy.money import TakenBack
from arrears.policy.state import HoldKind
from arrears.policy.tasks import Role
from arrears.store import packs
from arrears.store.intents import PaymentIn
from arrears.store.invariants.asking import check
from arrears.store.invariants.register import ALL
from arrears.store.session import Store, open_engine
from arrears.store.tables import cases, contact_attempts, holds, messages, payments, remarks, reveals, tasks
from arrears.store.transfers import TransferIn
from tests import postgres
from tests.builders import CaseRoom

_MOST_STATEMENTS: Final = 120


def _person(login: str, role: Role) -> Person:
    return Person(f"s-{login}", login, login, frozenset({role}), "zh-CN")


COLLECTOR: Final = _person("collector", Role.COLLECTOR)
LEAD: Final = _person("lead", Role.TEAM_LEAD)
OPS: Final = _person("ops", Role.OPS)
DESK: Final = _person("desk", Role.CASE_DESK)


@dataclass
class Cut:
    """The statement, or the commit, at which the database goes away."""

    at: int
    after_commit: bool = False
    counted: int = 0
    is_armed: bool = True

    def watch(self, store: Store) -> None:
        event.listen(store.engine, "before_cursor_execute", self._statement)
        store.on_commit(self._committed)

    def _statement(self, *_: object) -> None:
        if self.is_armed and not self.after_commit:
            self._count()

    def _committed(self) -> None:
        if self.is_armed and self.after_commit:
            self._count()

    def _count(self) -> None:
        self.counted += 1
        if self.counted == self.at:
            self.is_armed = False
            raise OperationalError("cut", {}, Exception("the database went away"))


@dataclass(frozen=True)
class Scene:
    """A bank in which the act is about to happen; `done` counts how often it has."""

    act: Callable[[CaseRoom, str], object]
    done: Callable[[CaseRoom, str], int]
    prepare: Callable[[CaseRoom, str], object] = field(default=lambda room, case_id: None)


# ---- what people do --------------------------------------------------------------------------------------


def _count(room: CaseRoom, table: Any, *where: Any) -> int:
    with room.store.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one())


def _applied(signal: str) -> Callable[[CaseRoom, str], int]:
    def done(room: CaseRoom, case_id: str) -> int:
        return _count(
            room,
            messages,
            messages.c.case_id == case_id,
            messages.c.signal == signal,
            messages.c.status == "applied",
        )

    return done


def _task(room: CaseRoom, case_id: str) -> str:
    return str(room.task(case_id, "first_contact").task_id)


def _answer(room: CaseRoom, case_id: str) -> None:
    room.say(case_id, "first_contact", "rtp", by="s-collector", reason="不认可利息")


def _payment(room: CaseRoom, case_id: str, payment_id: str = "P1", amount: int = 40_000) -> None:
    case = room.case(case_id)
    payment = PaymentIn(
        payment_id, case.loan_id, room.today, room.today, amount, case.currency, channel="transfer"
    )
    room.desk.money.keep_payment(payment, source="core-bank", by_hand=False)
    room.hear(case_id)


def _reversal(room: CaseRoom, case_id: str) -> None:
    room.desk.money.take_back(OPS, "P1", TakenBack.NO_FUNDS)
    room.hear(case_id)


def _transfer(room: CaseRoom, case_id: str) -> None:
    case = room.case(case_id)
    transfer = TransferIn("T1", case.borrower_id, room.today, room.today, 30_000, case.currency)
    room.desk.money.keep_transfer(transfer, source="core-bank", by_hand=False)
    room.hear(case_id)


def _hold(room: CaseRoom, case_id: str) -> None:
    room.desk.holds.place(DESK, case_id, HoldIn(HoldKind.HARDSHIP_REVIEW, "本人来函", evidence="LH-1"))
    room.hear(case_id)


def _call(room: CaseRoom, case_id: str) -> None:
    task_id = _task(room, case_id)
    room.desk.contacts.call(COLLECTOR, task_id, f"{room.case(case_id).borrower_id}-phone")


def _take_and_call(room: CaseRoom, case_id: str) -> None:
    room.desk.claim(COLLECTOR, _task(room, case_id))
    _call(room, case_id)


def _tell(room: CaseRoom, case_id: str) -> None:
    with room.store.reading() as connection:
        attempt = connection.execute(select(contact_attempts.c.attempt_id)).scalar_one()
    room.desk.contacts.finish(COLLECTOR, attempt, ResultIn("na"))


def _comment(room: CaseRoom, case_id: str) -> None:
    folder = Path(str(room.store.engine.url.database)).with_name("documents")
    CommentDesk(room.store, Cabinet(folder)).write(LEAD, case_id, CommentIn("请看", b"%PDF-1.7", "x.pdf"))


def _look(room: CaseRoom, case_id: str) -> None:
    RevealDesk(room.store, Unchanging(room.rules)).reveal(LEAD, RevealIn(case_id, "name", "control"))


def _give(room: CaseRoom, case_id: str) -> None:
    room.desk.work.assign_all(LEAD, [_task(room, case_id)], "s-colleague")


SCENES: Final[dict[str, Scene]] = {
    "a loan becomes a case": Scene(
        lambda room, _: room.open("RL-SWEPT"),
        lambda room, _: _count(room, cases),
        prepare=lambda room, _: room.a_loan(loan_id="RL-SWEPT"),
    ),
    "a task is taken": Scene(
        lambda room, case_id: room.desk.claim(COLLECTOR, _task(room, case_id)),
        lambda room, _: _count(room, tasks, tasks.c.assignee == "s-collector"),
    ),
    "a task is answered": Scene(_answer, _applied("task_decided")),
    "a task is given away": Scene(
        _give, lambda room, _: _count(room, tasks, tasks.c.assignee == "s-colleague")
    ),
    "a payment comes": Scene(_payment, _applied("payment_posted")),
    "a payment ends the case": Scene(
        lambda room, case_id: _payment(room, case_id, "P1", 500_000),
        lambda room, case_id: int(room.case(case_id).status == "closed"),
    ),
    "a payment is taken back": Scene(_reversal, _applied("payment_reversed"), prepare=_payment),
    "money is shared out": Scene(_transfer, lambda room, _: _count(room, payments)),
    "a hold is placed": Scene(_hold, lambda room, _: _count(room, holds)),
    "a call begins": Scene(
        _call,
        lambda room, _: _count(room, contact_attempts),
        prepare=lambda room, case_id: room.desk.claim(COLLECTOR, _task(room, case_id)),
    ),
    "a call is told of": Scene(
        _tell,
        lambda room, _: _count(room, contact_attempts, contact_attempts.c.status == "made"),
        prepare=_take_and_call,
    ),
    "a comment is written": Scene(
        _comment, lambda room, _: _count(room, remarks, remarks.c.kind == "comment")
    ),
    "masked data are looked at": Scene(_look, lambda room, _: _count(room, reveals)),
    "a clock strikes": Scene(
        lambda room, case_id: room.pass_days(case_id, 2),
        lambda room, case_id: room.case(case_id).seq - 2,
        prepare=lambda room, case_id: room.say(case_id, "first_contact", "na", by="s-collector"),
    ),
}
# Whoever is cut after the commit has no answer and says it anew: of these each word is one more.
_EACH_IS_ONE: Final = {"a comment is written", "masked data are looked at", "a clock strikes"}


# ---- cutting ---------------------------------------------------------------------------------------------


Fresh = Callable[[str, int], str]


def _prepared(url: str, name: str) -> None:
    """A bank just before the act."""
    room = _room(url)
    room.staff()
    case_id = room.a_case(days_past_due=12, overdue=100_000, balance=500_000)
    with clock.door_time(room.now):
        SCENES[name].prepare(room, case_id)
    room.store.close()


def _room(url: str) -> CaseRoom:
    return CaseRoom(Store(open_engine(url)), packs.load("cn-bank-2026").rules)


@pytest.fixture(scope="module")
def in_sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    """The address of a database just before the act, a new one each time; prepared once for each scene."""
    made: dict[str, Path] = {}

    def fresh(name: str, k: int) -> str:
        if name not in made:
            made[name] = tmp_path_factory.mktemp("bank")
            shutil.copyfile(sqlite_template, made[name] / "arrears.db")
            _prepared(f"sqlite:///{made[name]}/arrears.db", name)
        copied = tmp_path_factory.mktemp("cut") / "arrears.db"
        shutil.copyfile(made[name] / "arrears.db", copied)
        return f"sqlite:///{copied}"

    return fresh


@pytest.fixture(scope="module")
def in_postgres(postgres_cluster: postgres.Cluster, postgres_template: str) -> Fresh:
    made: dict[str, str] = {}

    def fresh(name: str, k: int) -> str:
        number = list(SCENES).index(name)
        if name not in made:
            made[name] = f"swept_{number}"
            _prepared(postgres_cluster.create(made[name], template=postgres_template), name)
        return postgres_cluster.create(f"swept_{number}_{secrets.token_hex(4)}", template=made[name])

    return fresh


def _broken(room: CaseRoom, *, at_rest: bool) -> list[str]:
    found = check(room.store, Unchanging(room.rules), ALL, now=clock.machine_now(), at_rest=at_rest)
    return [f"{one.invariant.name}: {one.what}" for one in found]


def _again(room: CaseRoom, scene: Scene, case_id: str) -> None:
    """The relay sends what nobody answered; the person says it anew, and may be told that it was heard already."""
    with room.store.transaction() as connection:
        connection.execute(update(messages).where(messages.c.status == "sent").values(status="waiting"))
    for heard in _waiting(room):
        room.hear(heard)
    with suppress(errors.DeskError, NoResultFound):
        scene.act(room, case_id)


def _waiting(room: CaseRoom) -> list[str]:
    with room.store.reading() as connection:
        return list(
            connection.execute(
                select(messages.c.case_id).where(messages.c.status == "waiting").distinct()
            ).scalars()
        )


CUTS: Final = pytest.mark.parametrize(
    "after_commit", [False, True], ids=["at each statement", "after each commit"]
)


@pytest.mark.slow
@CUTS
@pytest.mark.parametrize("name", SCENES)
def test_whatever_is_cut_is_whole_in_the_end(in_sqlite: Fresh, name: str, after_commit: bool) -> None:
    _sweep(in_sqlite, name, after_commit=after_commit)


@pytest.mark.slow
@pytest.mark.postgres
@CUTS
@pytest.mark.parametrize(
    "name", ["a task is answered", "a payment comes", "a hold is placed", "a call begins"]
)
def test_and_on_postgresql(in_postgres: Fresh, name: str, after_commit: bool) -> None:
    _sweep(in_postgres, name, after_commit=after_commit)


def _sweep(fresh: Fresh, name: str, *, after_commit: bool) -> None:
    scene, case_id = SCENES[name], "case-RL2024000001-1"
    for k in range(1, _MOST_STATEMENTS):
        room = _room(fresh(name, k))
        cut = Cut(k, after_commit)
        with clock.door_time(room.now + timedelta(minutes=1)):
            before = scene.done(room, case_id)
            cut.watch(room.store)
            with suppress(OperationalError, errors.DeskError):
                scene.act(room, case_id)
            was_cut, cut.is_armed = not cut.is_armed, False
            assert _broken(room, at_rest=False) == [], f"cut at {k}"
            if was_cut:
                _again(room, scene, case_id)
            done = scene.done(room, case_id) - before
            assert done >= 1, f"cut at {k}: it is not there"
            assert done == 1 or name in _EACH_IS_ONE, f"cut at {k}: {done} times"
            assert _broken(room, at_rest=True) == [], f"cut at {k}"
        room.store.close()
        if not was_cut:
            assert k > 1, "nothing was cut"
            return
    raise AssertionError("it never comes to an end")
