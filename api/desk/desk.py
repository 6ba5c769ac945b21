"""What people do: take a task, answer it, post money, report a letter, end an incident. The desk writes what they said."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update

from api.auth.permissions import Permission, may, task_relations
from api.auth.person import Person
from api.desk import contacts, deliveries, errors, incident_work, money, plans
from api.desk.absences import stands_in_for
from api.desk.assigning import AssignDesk
from api.desk.consents import ConsentDesk
from api.desk.deliveries import DeliveryIn
from api.desk.exporting import ExportDesk
from api.desk.finding import FindDesk
from api.desk.holding import HoldDesk
from api.desk.inbound import InboundDesk
from api.desk.incident_work import Closing
from api.desk.live import must_be_live, must_be_seen
from api.desk.plans import PlanIn
from api.desk.saving import SavedViewDesk
from api.desk.time_machine import CannotSkip, TimeMachine
from arrears import clock
from arrears.contracts import RulesInForce, fingerprint
from arrears.policy import promises
from arrears.policy.checklist import TO_COURT, lacking
from arrears.policy.codes import BINDS_AT_ONCE, PROMISES, STOPPING, TALK, Outcome
from arrears.policy.money import TakenBack
from arrears.policy.profile import NOTHING_SAID, Profile
from arrears.policy.stages import CONTACT_TASKS
from arrears.policy.tasks import APPROVALS, ON_FACTS, Missing, TaskKind, lacks, may_answer
from arrears.store import audit, certificates, closings, drafts, exhibits, intents
from arrears.store.contacts import Came, find
from arrears.store.intents import PaymentIn, Posted, Said
from arrears.store.session import Store
from arrears.store.tables import loans, messages, remarks, staff, tasks
from arrears.store.transfers import TransferIn, TransferKept


@dataclass(frozen=True)
class Answer:
    """A person's answer to a task; `facts_no` names the facts the form showed, money is minor units."""

    outcome: str
    facts_no: int
    reason: str | None = None
    amount_minor: int | None = None
    on: date | None = None
    attempt_id: str | None = None  # the contact it tells the result of, when one was started
    recording_id: str | None = None
    profile: Profile = NOTHING_SAID  # what the debtor said of cause, will and means


AT_ONCE: Final = timedelta(0)


def may_wait(outcome: str) -> bool:
    """Whether an answer may be held back for a moment: not what the guard of contacts must know from that moment on."""
    return outcome not in BINDS_AT_ONCE


def touch(connection: Connection, task_id: str) -> None:
    """An answer was given or taken back: whoever has the list open is told."""
    connection.execute(update(tasks).where(tasks.c.task_id == task_id).values(changed_at=clock.machine_now()))


@dataclass(frozen=True)
class AnswerState:
    """Where an answer is: waiting, sent, applied, refused (with the reason), parked or withdrawn."""

    status: str
    reason: str | None
    case_id: str


class Desk:
    def __init__(
        self,
        store: Store,
        rules: RulesInForce,
        *,
        time_machine: TimeMachine | None = None,
        step_up: timedelta | None = None,
        asks_for_evidence: bool = False,
    ) -> None:
        """`time_machine` only where time may be skipped: demo, practice floor, tests.

        `step_up`: how old the last proof of a person may be at an approval; None where no doors are open to people.
        `asks_for_evidence` wherever documents can be handed in (4.9): a simulation has none.
        """
        self._store = store
        self._asks_for_evidence = asks_for_evidence
        self._rules = rules
        self._time_machine = time_machine
        self._step_up = step_up
        self.contacts = contacts.ContactDesk(store, rules)
        self.inbound = InboundDesk(store, rules)
        self.holds = HoldDesk(store, rules)
        self.consents = ConsentDesk(store)
        self.finder = FindDesk(store)
        self.views = SavedViewDesk(store)
        self.exports = ExportDesk(store, rules)
        self.work = AssignDesk(store, rules, self.claim)

    @property
    def skips_time(self) -> bool:
        return self._time_machine is not None

    def stands_in_for(self, who: Person) -> frozenset[str]:
        """Colleagues who are away today and whose tasks this person may take."""
        with self._store.reading() as connection:
            return stands_in_for(connection, who, self._rules)

    # ---- tasks -------------------------------------------------------------------------------------------

    def claim(self, who: Person, task_id: str) -> bool:
        """False when it was in these hands already. Raises NotFound, SecondPersonNeeded, NotCertified, TaskTaken, TaskGone."""
        with self._store.transaction() as connection:
            task = self._open_task(connection, who, task_id)
            must_be_seen(connection, who, task.case_id)
            self._take(connection, who, task)
            return bool(task.assignee != who.staff_id)

    def release(self, who: Person, task_id: str) -> None:
        """Raises NotFound, TaskTaken (held by somebody else), TaskGone."""
        with self._store.transaction() as connection:
            task = self._open_task(connection, who, task_id)
            if task.assignee is None:
                return
            self._must_hold(connection, who, task)
            self._assign(connection, task, None)
            self._note(connection, task.case_id, who, "task_released", {"task_id": task_id})

    def decide(self, who: Person, task_id: str, answer: Answer, *, undo: timedelta = AT_ONCE) -> str:
        """Say the answer; the case applies or refuses it. Returns the message id.

        For `undo` it waits and can be taken back, unless it binds the bank at once.

        A free task is taken first. Raises NotFound, SecondPersonNeeded, NotCertified, TaskTaken, TaskGone, CaseClosed,
        AlreadyAnswered (the words are kept as a remark), StaleForm, Invalid, EvidenceLacking, ProofNeeded; for the result of a contact also
        ContactRefused and ContactConflict. A call that was made stands in the ledger, whatever became of its task.
        """
        try:
            return self._decide(who, task_id, answer, undo)
        except (errors.TaskGone, errors.CaseClosed):
            if answer.attempt_id is not None:
                came = contacts.ResultIn(answer.outcome, answer.amount_minor, answer.on, answer.recording_id)
                with suppress(errors.DeskError):
                    self.contacts.finish(who, answer.attempt_id, came)
            raise

    def check(self, who: Person, task_id: str, answer: Answer) -> None:
        """What `decide` would say to it now, before anybody confirms it; nothing is written. Raises as `decide` does."""
        with self._store.transaction() as connection:
            task = self._open_task(connection, who, task_id)
            now = must_be_live(connection, task.case_id)
            self._check(task, answer, now=int(now.timestamp()))
            self._must_be_evidenced(connection, task, answer, at=now)
            self._must_hold(connection, who, task, free_too=True)

    def _decide(self, who: Person, task_id: str, answer: Answer, undo: timedelta) -> str:
        with self._store.transaction() as connection:
            task = self._open_task(connection, who, task_id)
            now = must_be_live(connection, task.case_id)
            self._check(task, answer, now=int(now.timestamp()))
            if self.wants_proof(who, answer.outcome):
                raise errors.ProofNeeded
            self._must_be_evidenced(connection, task, answer, at=now)
            if answer.outcome == Outcome.ARRIVED and answer.on is not None:
                calendar = self._rules.at(int(now.timestamp())).calendar
                deliveries.must_have_been_sent(connection, task.case_id, answer.on, calendar)
            self._hold_task(connection, task_id)
            first = self._first_answer(connection, task_id)
            if first is None:
                self._take(connection, who, task)
                attempt_id = self._contact(connection, who, task, answer, at=now)
                said = self._say(connection, who, task, answer, attempt_id, undo=undo)
                drafts.drop(connection, task_id, who.staff_id)
                return said
            self._remark(connection, who, task, answer)
            drafts.drop(connection, task_id, who.staff_id)
            if answer.attempt_id is not None:  # the call was made, whoever's answer stands
                self._contact(connection, who, task, answer, at=now)
                self._tell_what_stops(connection, who, answer, at=now)
        raise errors.AlreadyAnswered(self._name(first.actor), first.accepted_at)

    def answer_state(self, who: Person, message_id: str) -> AnswerState:
        with self._store.reading() as connection:
            row = connection.execute(
                select(messages.c.status, messages.c.reason, messages.c.case_id, messages.c.actor).where(
                    messages.c.message_id == message_id
                )
            ).first()
        own = row is not None and row.actor == who.staff_id
        if row is None or not (own or may(who, Permission.READ_MESSAGE)):
            raise errors.NotFound
        return AnswerState(row.status, row.reason, row.case_id)

    # ---- money -------------------------------------------------------------------------------------------

    def post_payment(
        self, who: Person, payment: PaymentIn, *, by_hand: bool = False, surplus_seen: int | None = None
    ) -> Posted:
        """From the core bank an unknown loan goes to suspense; a hand that mistypes it is told so."""
        if not may(who, Permission.POST_PAYMENT):
            raise errors.NotAllowed
        return self.keep_payment(payment, source=who.staff_id, by_hand=by_hand, surplus_seen=surplus_seen)

    def keep_payment(
        self, payment: PaymentIn, *, source: str, by_hand: bool, surplus_seen: int | None = None
    ) -> Posted:
        """`surplus_seen`: what a person agreed to leave over, minor units.

        Raises Invalid, PaymentConflict, and by hand NotFound and SurplusUnseen.
        """
        at = clock.door_now()
        rules = self._rules.at(int(at.timestamp()))
        today = rules.calendar.day_of(int(at.timestamp()))
        wrong = money.wrong_with(payment, currency=rules.terms.currency, today=today)
        if wrong:
            raise errors.Invalid(wrong)
        with self._store.transaction() as connection:
            if by_hand and not _knows_loan(connection, payment.loan_id):
                raise errors.NotFound
            if by_hand:
                money.ask_about_surplus(connection, payment, at=at, rules=rules, seen=surplus_seen)
            try:
                return intents.post_payment(
                    connection, payment, at=at, source=source, reopen_days=rules.terms.reopen_days
                )
            except intents.PaymentDiffers as differs:
                raise errors.PaymentConflict from differs

    def take_back(self, who: Person, payment_id: str, reason: TakenBack) -> Posted:
        """All of a payment, with why. Raises NotAllowed, NotFound, NotReversible, PaymentConflict (another reason)."""
        if not may(who, Permission.POST_PAYMENT):
            raise errors.NotAllowed
        at = int(clock.door_now().timestamp())
        today = self._rules.at(at).calendar.day_of(at)
        with self._store.reading() as connection:
            reversal = money.reversal_of(connection, payment_id, reason, today=today)
        return self.keep_payment(reversal, source=who.staff_id, by_hand=True)

    def finalize_payment(self, who: Person, payment_id: str) -> Posted:
        """The provisional money can bounce no more. Raises NotAllowed, NotFound and NotProvisional."""
        if not may(who, Permission.POST_PAYMENT):
            raise errors.NotAllowed
        at = clock.door_now()
        rules = self._rules.at(int(at.timestamp()))
        with self._store.transaction() as connection:
            return money.finalize(connection, payment_id, rules=rules, at=at, source=who.staff_id)

    def post_transfer(self, who: Person, transfer: TransferIn, *, by_hand: bool = False) -> TransferKept:
        """Money that names a debtor and perhaps a loan; see `keep_transfer`."""
        if not may(who, Permission.POST_PAYMENT):
            raise errors.NotAllowed
        return self.keep_transfer(transfer, source=who.staff_id, by_hand=by_hand)

    def keep_transfer(self, transfer: TransferIn, *, source: str, by_hand: bool) -> TransferKept:
        """Shared out among the debtor's loans (W2). Raises Invalid, NotFound (by hand only) and PaymentConflict."""
        at = clock.door_now()
        rules = self._rules.at(int(at.timestamp()))
        with self._store.transaction() as connection:
            return money.keep_transfer(
                connection, transfer, rules=rules, at=at, source=source, by_hand=by_hand
            )

    def close_day(self, who: Person, day: date) -> int | None:
        """All money of `day` is here; see `keep_closing`. Raises NotAllowed."""
        if not may(who, Permission.CLOSE_DAY):
            raise errors.NotAllowed
        return self.keep_closing(day, source=who.staff_id)

    def keep_closing(self, day: date, *, source: str) -> int | None:
        """How many cases waited for it, None when it was closed already. Raises Invalid for a day to come."""
        at = clock.door_now()
        if day > self._rules.at(int(at.timestamp())).calendar.day_of(int(at.timestamp())):
            raise errors.Invalid([Missing("business_date", "day_in_the_future")])
        with self._store.transaction() as connection:
            return closings.close_day(connection, day, at=at, source=source)

    # ---- letters -----------------------------------------------------------------------------------------

    def report_delivery(self, who: Person, delivery: DeliveryIn) -> str:
        """Say that a notice arrived or came back. Returns the message id.

        Raises NotAllowed, NotFound, CaseClosed, Invalid and DeliveryConflict (reported so for another instant).
        """
        if not may(who, Permission.REPORT_DELIVERY):
            raise errors.NotAllowed
        with self._store.transaction() as connection:
            return deliveries.report(connection, delivery, by=who.staff_id, at=clock.door_now())

    # ---- plans -------------------------------------------------------------------------------------------

    def sign_plan(self, who: Person, plan: PlanIn) -> str:
        """Say that a debtor agreed to a repayment plan: from here on nobody collects. Returns the message id.

        Raises NotAllowed, NotFound, CaseClosed, SecondPersonNeeded, PlanStands, StaleForm and Invalid.
        """
        if not may(who, Permission.SIGN_PLAN):
            raise errors.NotAllowed
        with self._store.transaction() as connection:
            return plans.sign(connection, plan, by=who.staff_id, rules=self._rules, at=clock.door_now())

    def plan_faults(self, who: Person, plan: PlanIn) -> list[Missing]:
        """What `sign_plan` would find wrong with the agreement itself. Raises NotAllowed, NotFound and CaseClosed."""
        if not may(who, Permission.SIGN_PLAN):
            raise errors.NotAllowed
        with self._store.transaction() as connection:
            now = must_be_live(connection, plan.case_id)
            ground = plans.ground_of(connection, plan.case_id)
            assert ground is not None, "a live case has a row"
            return plans.faults(plan.offer, ground.debt, rules=self._rules, now=int(now.timestamp()))

    # ---- incidents ---------------------------------------------------------------------------------------

    def close_incident(self, who: Person, incident_id: str, closing: Closing) -> None:
        """Raises NotAllowed, NotFound, Invalid; an incident that is closed already stays as it is."""
        if not may(who, Permission.CLOSE_INCIDENT):
            raise errors.NotAllowed
        at = clock.door_now()
        rules = self._rules.at(int(at.timestamp()))
        with self._store.transaction() as connection:
            closed = incident_work.close(connection, who, incident_id, closing, at=at, rules=rules)
            if closed is not None:
                detail = {"incident_id": incident_id} | closed.told
                self._note(connection, closed.stream, who, "incident_closed", detail)

    # ---- demo --------------------------------------------------------------------------------------------

    async def skip_to_next_deadline(self, who: Person, case_id: str) -> datetime:
        """Raises NotAllowed and CannotSkip."""
        if self._time_machine is None or not may(who, Permission.SKIP_TIME):
            raise errors.NotAllowed
        try:
            return await self._time_machine.to_next_deadline(case_id)
        except CannotSkip as stuck:
            raise errors.CannotSkipNow from stuck

    # ---- inside ------------------------------------------------------------------------------------------

    def _open_task(self, connection: Connection, who: Person, task_id: str) -> Row[*tuple[Any, ...]]:
        task = connection.execute(select(tasks).where(tasks.c.task_id == task_id)).first()
        if task is None:
            raise errors.NotFound
        relations = task_relations(who, role=task.role, assignee=task.assignee, barred=task.barred)
        if not may(who, Permission.READ_TASK, relations):
            raise errors.NotFound
        if not may(who, Permission.DECIDE_TASK, relations):
            barred = who.staff_id in task.barred
            raise errors.SecondPersonNeeded if barred else errors.NotAllowed
        if task.status != "open":
            by = None if task.decided_by is None else self._name(task.decided_by)
            raise errors.TaskGone(task.status, by=by, at=task.closed_at, why=task.outcome or task.why)
        return task

    def _take(self, connection: Connection, who: Person, task: Row[*tuple[Any, ...]]) -> None:
        self._must_be_certified(connection, who, task)
        instead_of = self._stands_in(connection, who, task)
        if instead_of is None:
            self._must_hold(connection, who, task, free_too=True)
        if task.assignee is None or instead_of is not None:
            if not self._assign(connection, task, who.staff_id):
                raise self._taken_meanwhile(connection, task.task_id)
            whose = {} if instead_of is None else {"from": instead_of, "why": "stands_in"}
            self._note(connection, task.case_id, who, "task_claimed", {"task_id": task.task_id} | whose)

    def _stands_in(self, connection: Connection, who: Person, task: Row[*tuple[Any, ...]]) -> str | None:
        """Out of whose hands this person may take the task: of a colleague who is away today."""
        holder: str | None = task.assignee
        if holder is None or holder == who.staff_id:
            return None
        return holder if holder in stands_in_for(connection, who, self._rules) else None

    def _must_be_certified(self, connection: Connection, who: Person, task: Row[*tuple[Any, ...]]) -> None:
        if task.role != certificates.CERTIFIED:
            return
        at = clock.door_now()
        days = self._rules.at(int(at.timestamp())).conduct.certificate_days
        if certificates.uncertified(connection, [who.staff_id], at=at, days=days):
            raise errors.NotCertified

    def wants_proof(self, who: Person, outcome: str) -> bool:
        """Whether the person is asked for the password again before this answer."""
        if self._step_up is None or outcome not in APPROVALS:
            return False
        return who.proved_at is None or clock.machine_now() - who.proved_at > self._step_up

    def _taken_meanwhile(self, connection: Connection, task_id: str) -> errors.TaskTaken:
        held = connection.execute(
            select(tasks.c.assignee, tasks.c.claimed_at).where(tasks.c.task_id == task_id)
        ).one()
        return errors.TaskTaken("" if held.assignee is None else self._name(held.assignee), held.claimed_at)

    def _must_hold(
        self, connection: Connection, who: Person, task: Row[*tuple[Any, ...]], *, free_too: bool = False
    ) -> None:
        mine = task.assignee == who.staff_id or (free_too and task.assignee is None)
        if not mine:
            raise errors.TaskTaken(self._name(task.assignee), task.claimed_at)

    def _assign(self, connection: Connection, task: Row[*tuple[Any, ...]], to: str | None) -> bool:
        """Conditional on what was read: of two hands one wins."""
        seen = tasks.c.assignee.is_(None) if task.assignee is None else tasks.c.assignee == task.assignee
        done = connection.execute(
            update(tasks)
            .where(tasks.c.task_id == task.task_id, tasks.c.status == "open", seen)
            .values(assignee=to, claimed_at=None if to is None else clock.door_now(), snoozed_until=None)
        )
        return bool(done.rowcount == 1)

    def _check(self, task: Row[*tuple[Any, ...]], answer: Answer, *, now: int) -> None:
        kind = TaskKind(task.kind)
        if not may_answer(kind, answer.outcome):
            raise errors.Invalid([Missing("outcome", "answer_not_offered")])
        outcome = Outcome(answer.outcome)
        on = None if answer.on is None else answer.on.isoformat()
        missing = lacks(outcome, reason=answer.reason, amount_minor=answer.amount_minor, on=on)
        if answer.on is not None:
            missing += self._wrong_day(task, outcome, answer.on, now=now)
        if missing:
            raise errors.Invalid(missing)
        if outcome in ON_FACTS and answer.facts_no != task.facts_no:
            raise errors.StaleForm(task.facts_no)

    def _must_be_evidenced(
        self, connection: Connection, task: Row[*tuple[Any, ...]], answer: Answer, *, at: datetime
    ) -> None:
        if not self._asks_for_evidence or TO_COURT.get(TaskKind(task.kind)) != answer.outcome:
            return
        rules = self._rules.at(int(at.timestamp()))
        missing = lacking(exhibits.lines_of(connection, task.case_id, rules, at=at))
        if missing:
            raise errors.EvidenceLacking(tuple(item.value for item in missing))

    def _wrong_day(
        self, task: Row[*tuple[Any, ...]], outcome: Outcome, on: date, *, now: int
    ) -> list[Missing]:
        rules = self._rules.at(now)
        today = rules.calendar.day_of(now)
        if outcome is Outcome.ARRIVED:
            return [Missing("on", "day_in_the_future")] if on > today else []
        if (
            on < today and outcome is not Outcome.INSOLVENT
        ):  # a court's day may have passed before anybody heard
            return [Missing("on", "day_in_the_past")]
        late = task.facts["days_past_due"]
        last = (
            promises.latest_day(rules.terms, today=today, days_past_due=late) if outcome in PROMISES else None
        )
        return [Missing("on", "promise_too_far")] if last is not None and on > last else []

    def _hold_task(self, connection: Connection, task_id: str) -> None:
        """Of many who answer at once each sees what the one before said. After the case, as `record` does."""
        connection.execute(select(tasks.c.task_id).where(tasks.c.task_id == task_id).with_for_update())

    def _first_answer(self, connection: Connection, task_id: str) -> Row[*tuple[Any, ...]] | None:
        return connection.execute(
            select(messages.c.actor, messages.c.accepted_at).where(
                messages.c.task_id == task_id, messages.c.status.in_(("waiting", "sent", "applied"))
            )
        ).first()

    def _contact(
        self,
        connection: Connection,
        who: Person,
        task: Row[*tuple[Any, ...]],
        answer: Answer,
        *,
        at: datetime,
    ) -> str | None:
        """The line of the ledger that this answer is the result of; None for an answer that is no result."""
        if TaskKind(task.kind) not in CONTACT_TASKS or Outcome(answer.outcome) not in TALK:
            return None
        came = Came(answer.outcome, answer.recording_id, profile=answer.profile)
        made = contacts.answer_task(
            connection,
            who,
            task,
            came,
            self._rules.at(int(at.timestamp())),
            attempt_id=answer.attempt_id,
            at=at,
        )
        return str(made.attempt_id)

    def _tell_what_stops(self, connection: Connection, who: Person, answer: Answer, *, at: datetime) -> None:
        """Nothing that stops the bank is lost to whoever was first (C16)."""
        attempt = None if answer.attempt_id is None else find(connection, answer.attempt_id)
        if attempt is not None and answer.outcome in STOPPING:
            result = contacts.ResultIn(answer.outcome, answer.amount_minor)
            contacts.tell_late(connection, who, attempt, result, at=at)

    def _say(
        self,
        connection: Connection,
        who: Person,
        task: Row[*tuple[Any, ...]],
        answer: Answer,
        attempt_id: str | None,
        *,
        undo: timedelta,
    ) -> str:
        at = clock.door_now()
        remark_id = self._remark(connection, who, task, answer)
        tries = connection.execute(
            select(messages.c.message_id).where(messages.c.task_id == task.task_id)
        ).all()
        message_id = f"{task.task_id}-a{len(tries) + 1}"
        content = {
            "outcome": answer.outcome,
            "facts_no": answer.facts_no,
            "remark_id": remark_id,
            "amount_minor": answer.amount_minor,
            "on": None if answer.on is None else answer.on.isoformat(),
            "facts": fingerprint(task.facts),
        } | self._of_contact(connection, attempt_id)
        later = at + undo if may_wait(answer.outcome) else at
        said = Said(
            task.case_id,
            message_id,
            "task_decided",
            who.staff_id,
            at,
            content,
            task.task_id,
            effective_at=later,
        )
        try:
            is_first = intents.say(connection, said)
        except intents.AlreadyAnswered:
            is_first = False
        if not is_first:  # another window of the same person was quicker, under the same id
            first = self._first_answer(connection, task.task_id)
            raise errors.AlreadyAnswered(
                "" if first is None else self._name(first.actor), at if first is None else first.accepted_at
            )
        touch(connection, task.task_id)
        return message_id

    def _of_contact(self, connection: Connection, attempt_id: str | None) -> dict[str, Any]:
        attempt = None if attempt_id is None else find(connection, attempt_id)
        if attempt is None:
            return {}
        return {
            "attempt_id": attempt.attempt_id,
            "contact_id": attempt.contact_id,
            "recording_id": attempt.recording_id,
        }

    def _remark(
        self, connection: Connection, who: Person, task: Row[*tuple[Any, ...]], answer: Answer
    ) -> str | None:
        """Free words stay in the database; the case knows only that there are some."""
        words = (answer.reason or "").strip()
        if not words:
            return None
        at = clock.door_now()
        remark_id = f"{task.task_id}-{fingerprint([who.staff_id, words, str(clock.machine_now())])[:12]}"
        connection.execute(
            insert(remarks).values(
                remark_id=remark_id,
                case_id=task.case_id,
                task_id=task.task_id,
                author=who.staff_id,
                words=words,
                written_at=at,
            )
        )
        return remark_id

    def _note(
        self, connection: Connection, stream: str, who: Person, what: str, detail: dict[str, Any]
    ) -> None:
        audit.append(
            connection, stream=stream, at=clock.door_now(), actor=who.staff_id, what=what, detail=detail
        )

    def _name(self, staff_id: str) -> str:
        with self._store.reading() as connection:
            name = connection.execute(select(staff.c.name).where(staff.c.staff_id == staff_id)).scalar()
        return name or staff_id


def _knows_loan(connection: Connection, loan_id: str) -> bool:
    found: Collection[Any] = connection.execute(
        select(loans.c.loan_id).where(loans.c.loan_id == loan_id)
    ).all()
    return bool(found)
