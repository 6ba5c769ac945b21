"""What people do: take a task, answer it, report a letter, sign a plan, end an incident. The desk writes what they said."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, select, update

from api.auth.permissions import Permission, may, task_relations
from api.auth.person import Person
from api.desk import answering, contacts, deliveries, errors, incident_work, plans
from api.desk.absences import stands_in_for
from api.desk.answering import AT_ONCE, Answer
from api.desk.apart_work import Act, Assignment, Closing
from api.desk.assigning import AssignDesk
from api.desk.consents import ConsentDesk
from api.desk.deliveries import DeliveryIn
from api.desk.exporting import ExportDesk
from api.desk.finding import FindDesk
from api.desk.holding import HoldDesk
from api.desk.hooks import HookDesk
from api.desk.inbound import InboundDesk
from api.desk.letters import LetterDesk
from api.desk.live import must_be_live, must_be_seen
from api.desk.paying import MoneyDesk
from api.desk.plans import PlanIn
from api.desk.saving import SavedViewDesk
from api.desk.time_machine import CannotSkip, TimeMachine
from arrears import clock
from arrears.channels.letters import Bank
from arrears.contracts import RulesInForce
from arrears.policy.codes import Outcome
from arrears.policy.tasks import APPROVALS, Missing
from arrears.store import audit, certificates, drafts
from arrears.store.session import Store
from arrears.store.tables import messages, staff, tasks


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
        banks: Mapping[Any, Bank] | None = None,
    ) -> None:
        """`time_machine` only where time may be skipped: demo, practice floor, tests.

        `step_up`: how old the last proof of a person may be at an approval; None where no doors are open to people.
        `asks_for_evidence` wherever documents can be handed in (4.9): a simulation has none.
        `banks` write the letters that are read before they are released; without them nobody can.
        """
        self._store = store
        self._asks_for_evidence = asks_for_evidence
        self._rules = rules
        self._time_machine = time_machine
        self._step_up = step_up
        self.contacts = contacts.ContactDesk(store, rules)
        self.money = MoneyDesk(store, rules)
        self.hooks = HookDesk(store, rules)
        self.inbound = InboundDesk(store, rules)
        self.holds = HoldDesk(store, rules)
        self.consents = ConsentDesk(store)
        self.finder = FindDesk(store)
        self.views = SavedViewDesk(store)
        self.exports = ExportDesk(store, rules)
        self.letters = LetterDesk(store, rules, banks) if banks else None
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
        except (errors.TaskGone, errors.CaseClosed, errors.NotFound):
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
            rules = self._rules.at(int(now.timestamp()))
            answering.must_be_whole(task, answer, rules, now=int(now.timestamp()))
            if self._asks_for_evidence:
                answering.must_be_evidenced(connection, task, answer, rules, at=now)
            self._must_hold(connection, who, task, free_too=True)

    def _decide(self, who: Person, task_id: str, answer: Answer, undo: timedelta) -> str:
        with self._store.transaction() as connection:
            task = self._open_task(connection, who, task_id)
            now = must_be_live(connection, task.case_id)
            rules = self._rules.at(int(now.timestamp()))
            answering.must_be_whole(task, answer, rules, now=int(now.timestamp()))
            if self.wants_proof(who, answer.outcome):
                raise errors.ProofNeeded
            if self._asks_for_evidence:
                answering.must_be_evidenced(connection, task, answer, rules, at=now)
            if answer.outcome == Outcome.ARRIVED and answer.on is not None:
                deliveries.must_have_been_sent(connection, task.case_id, answer.on, rules.calendar)
            first = answering.first_answer(connection, task_id)
            if first is None:
                self._take(connection, who, task)
                attempt_id = answering.contact_of(connection, who, task, answer, rules, at=now)
                if self.letters is not None and answer.outcome == Outcome.RELEASE:
                    released = self.letters.must_be_read(connection, who, task, at=now)
                    answer = replace(answer, letter_sha256=released)
                said = answering.say(connection, who, task, answer, attempt_id, undo=undo)
                if said is None:
                    first = answering.first_answer(connection, task_id)
                    at = clock.door_now() if first is None else first.accepted_at
                    raise errors.AlreadyAnswered("" if first is None else self._name(first.actor), at)
                drafts.drop(connection, task_id, who.staff_id)
                return said
            answering.remark(connection, who, task, answer)
            drafts.drop(connection, task_id, who.staff_id)
            if answer.attempt_id is not None:  # the call was made, whoever's answer stands
                answering.contact_of(connection, who, task, answer, rules, at=now)
                answering.tell_what_stops(connection, who, answer, at=now)
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

    # ---- letters -----------------------------------------------------------------------------------------

    def report_delivery(self, who: Person, delivery: DeliveryIn) -> str:
        """Say that a notice arrived or came back. Returns the message id.

        Raises NotAllowed, NotFound, CaseClosed, Invalid and DeliveryConflict (reported so for another instant).
        """
        if not may(who, Permission.REPORT_DELIVERY):
            raise errors.NotAllowed
        with self._store.transaction() as connection:
            return deliveries.report(connection, who, delivery, at=clock.door_now())

    # ---- plans -------------------------------------------------------------------------------------------

    def sign_plan(self, who: Person, plan: PlanIn) -> str:
        """Say that a debtor agreed to a repayment plan: from here on nobody collects. Returns the message id.

        Raises NotAllowed, NotFound, CaseClosed, SecondPersonNeeded, PlanStands, StaleForm and Invalid.
        """
        if not may(who, Permission.SIGN_PLAN):
            raise errors.NotAllowed
        with self._store.transaction() as connection:
            return plans.sign(connection, who, plan, rules=self._rules, at=clock.door_now())

    def plan_faults(self, who: Person, plan: PlanIn) -> list[Missing]:
        """What `sign_plan` would find wrong with the agreement itself. Raises NotAllowed, NotFound and CaseClosed."""
        if not may(who, Permission.SIGN_PLAN):
            raise errors.NotAllowed
        with self._store.transaction() as connection:
            must_be_seen(connection, who, plan.case_id)
            now = must_be_live(connection, plan.case_id)
            ground = plans.ground_of(connection, plan.case_id)
            assert ground is not None, "a live case has a row"
            return plans.faults(plan.offer, ground.debt, rules=self._rules, now=int(now.timestamp()))

    # ---- incidents ---------------------------------------------------------------------------------------

    def close_incident(self, who: Person, incident_id: str, closing: Closing) -> None:
        """Raises NotAllowed, NotFound, Invalid and SurplusUnseen; one that is closed already stays as it is."""
        if not may(who, Permission.CLOSE_INCIDENT):
            raise errors.NotAllowed
        with self._store.transaction() as connection:
            closed = incident_work.close(connection, incident_id, closing, self._act(who))
            if closed is not None:
                detail = {"incident_id": incident_id} | closed.told
                self._note(connection, closed.stream, who, "incident_closed", detail)

    def look_at_assignment(self, who: Person, incident_id: str, closing: Closing) -> Assignment | None:
        """What `close_incident` would do with money that goes onto a loan; None when it is closed. Changes nothing."""
        if not may(who, Permission.POST_PAYMENT):
            raise errors.NotAllowed
        with self._store.transaction() as connection:
            return incident_work.look_at(connection, incident_id, closing, self._act(who))

    def _act(self, who: Person) -> Act:
        at = clock.door_now()
        return Act(who, at, self._rules.at(int(at.timestamp())))

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
        task = connection.execute(_TASK, {"task": task_id}).first()
        if task is None:
            raise errors.NotFound
        relations = task_relations(who, role=task.role, assignee=task.assignee, barred=task.barred)
        if not may(who, Permission.READ_TASK, relations):
            raise errors.NotFound
        must_be_seen(connection, who, task.case_id)
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


# Made once: to build it costs more than to run it.
_TASK: Final = select(tasks).where(tasks.c.task_id == bindparam("task"))
