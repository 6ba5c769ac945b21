"""`record`: one step of a case in one transaction, idempotent on (case, seq); the only writer of case state."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select
from temporalio import activity

from arrears import clock, traces
from arrears.contracts import (
    BOOKS_OPEN,
    MAX_STATE_BYTES,
    Batch,
    Message,
    Receipt,
    Rules,
    RulesInForce,
    canonical,
    digest,
    fingerprint,
    message_hash,
)
from arrears.policy.effects import from_wire
from arrears.policy.state import PRESSING, CaseState
from arrears.store import audit, closings, holds, writes
from arrears.store.intents import PEOPLE, raise_incident
from arrears.store.session import Store
from arrears.store.states import state_from_json
from arrears.store.tables import cases, messages, records

_UNSETTLED = ("waiting", "sent")
# Waiting again: the relay could not tell whether Temporal had taken it.
_HEARABLE = ("waiting", "sent", "parked")


class Gap(Exception):
    """The database is behind this case: it waits until the missing steps are back (`arrears reconcile`)."""


class ClockShifted(Exception):
    """This case was started with a clock of its own, which this worker does not serve."""


@dataclass(frozen=True)
class Known:
    """What the database holds of a case when a step arrives."""

    seq: int
    digest: str
    state: dict[str, Any] | None
    borrower_id: str


class RecordActivities:
    def __init__(self, store: Store, rules: RulesInForce, *, may_shift: bool = False) -> None:
        """`may_shift`: cases may live at another time than the world's (tests, simulation, demo)."""
        self._store = store
        self._rules = rules
        self._may_shift = may_shift

    # An exception thrown into the thread from outside could leave the writers' turn taken for ever.
    @activity.defn(name="record", no_thread_cancel_exception=True)
    def record(self, batch: Batch) -> Receipt:
        """Answers committed, refused, wait or overtaken; raises only where a retry helps (database, Gap)."""
        if batch.shift_seconds and not self._may_shift:
            raise ClockShifted(batch.case_id)
        rules = self._rules.at(batch.at)
        with self._store.transaction() as connection:
            recording = _Recording(connection, batch, rules)
            receipt = recording.receipt()
        recording.trace(receipt)
        if receipt.verdict == "gap":
            raise Gap(f"{batch.case_id}: step {batch.seq} came, step {receipt.seq} is the last one known")
        return receipt


class _Recording:
    def __init__(self, connection: Connection, batch: Batch, rules: Rules) -> None:
        self._connection = connection
        self._batch = batch
        self._rules = rules
        self._now: datetime = clock.machine_now()
        self._plain = None if batch.state is None else asdict(batch.state)
        self._print = _print(batch, self._plain)
        self._traceparent: str | None = None  # of the message that is heard, once it was found

    def receipt(self) -> Receipt:
        """The checks in their order; the first that fails answers."""
        known = self._known()
        return (
            self._nudged(known)
            or self._behind(known)
            or self._on_another_base(known)
            or self._under_other_rules(known)
            or self._not_said()
            or self._money_first()
            or self._books_open(known)
            or self._too_large()
            or self._another_is_open(known)
            or self._write(known)
        )

    def trace(self, receipt: Receipt) -> None:
        """After the commit, so that it is in it."""
        batch = self._batch
        traces.went_on(
            "record",
            self._traceparent,
            since=self._now,
            case_id=batch.case_id,
            message_id=str(batch.event.get("message_id")),
            seq=batch.seq,
            verdict=receipt.verdict,
        )

    def _known(self) -> Known:
        row = self._connection.execute(
            select(cases.c.seq, cases.c.digest, cases.c.state, cases.c.borrower_id)
            .where(cases.c.case_id == self._batch.case_id)
            .with_for_update()
        ).first()
        if row is None:
            return Known(0, digest(None), None, "")
        return Known(row.seq, row.digest, row.state, row.borrower_id)

    def _nudged(self, known: Known) -> Receipt | None:
        if self._batch.event["kind"] != "nudge":
            return None
        if known.seq == self._batch.seq - 1 and self._is_the_base(known):
            return Receipt("refused", "same")
        behind = known.seq < self._batch.seq - 1
        return Receipt("gap", seq=known.seq) if behind else self._overtaken(known)

    def _behind(self, known: Known) -> Receipt | None:
        """This step, or a later one, is in the database already (4.6-3); or steps before it are missing there."""
        batch = self._batch
        if known.seq == batch.seq:
            stored = self._connection.execute(
                select(records.c.print).where(records.c.case_id == batch.case_id, records.c.seq == batch.seq)
            ).scalar()
            if stored == self._print:
                return Receipt("committed", state=self._as_written(known), rules=self._newer_rules())
        if known.seq >= batch.seq:
            return self._overtaken(known)
        if known.seq < batch.seq - 1:
            return Receipt("gap", seq=known.seq)
        return None

    def _as_written(self, known: Known) -> CaseState | None:
        """Of a step that was decided again later: the hour in the database stands, and the case takes it over."""
        is_same = self._plain is not None and fingerprint(self._plain) == known.digest
        return None if is_same else _adopt(known.state)

    def _on_another_base(self, known: Known) -> Receipt | None:
        return None if self._is_the_base(known) else self._overtaken(known)

    def _is_the_base(self, known: Known) -> bool:
        """A row of an earlier version lacks fields that have their default here: it is the same state still."""
        if self._batch.base == known.digest:
            return True
        return self._batch.base == digest(_adopt(known.state))

    def _under_other_rules(self, known: Known) -> Receipt | None:
        """Decided by a pack that is not in force at the case's instant: it takes the right one and decides again."""
        kept = self._batch.event["kind"] == "junk" or self._newer_rules() is None
        return None if kept else self._overtaken(known)

    def _not_said(self) -> Receipt | None:
        """Nobody forges a decision: what the case heard must be what a door wrote, to the letter."""
        event = self._batch.event
        if event["kind"] == "junk":
            return self._refuse_as("junk_signal", {"signal": event["signal"], "why": event["why"]})
        if event["kind"] != "message":
            return None
        message = _message(event)
        row = self._message_row(message.message_id)
        self._traceparent = None if row is None else row.traceparent
        if row is None or row.case_id != self._batch.case_id:
            return self._refuse_as("unknown_message", {"signal": message.signal})
        if row.content_hash != message_hash(self._batch.case_id, message):
            return self._refuse_as(
                "tampered_message", {"signal": message.signal, "message_id": row.message_id}
            )
        untimely = self._untimely(row, message)
        if untimely is None and message.signal == "open" and not self._on_our_terms():
            return self._refuse_as("opened_on_other_terms", {"pack": self._batch.pack})
        return untimely

    def _untimely(self, row: Row[*tuple[Any, ...]], message: Message) -> Receipt | None:
        if row.status == "waiting" and row.sent_at is None:
            return Receipt("refused", "not_sent_yet")
        if row.status not in _HEARABLE:
            return Receipt("refused", "settled_already")
        if self._batch.state is None and message.signal != "open":
            return Receipt("refused", "not_opened")  # said to a run that somebody else started
        return None

    def _on_our_terms(self) -> bool:
        state = self._batch.state
        return state is None or state.terms == self._rules.terms

    def _message_row(self, message_id: str) -> Row[*tuple[Any, ...]] | None:
        return self._connection.execute(
            select(
                messages.c.message_id,
                messages.c.case_id,
                messages.c.content_hash,
                messages.c.status,
                messages.c.sent_at,
                messages.c.traceparent,
            ).where(messages.c.message_id == message_id)
        ).first()

    def _money_first(self) -> Receipt | None:
        """A clock waits for money and legal facts that are on their way (rule book 4.6-1)."""
        if self._batch.event["kind"] != "due":
            return None
        waiting = self._connection.execute(
            select(messages.c.rank)
            .where(
                messages.c.case_id == self._batch.case_id,
                messages.c.status.in_(_UNSETTLED),
                messages.c.rank < PEOPLE,
            )
            .order_by(messages.c.rank)
            .limit(1)
        ).scalar()
        return None if waiting is None else Receipt("wait", "facts_first" if waiting else "money_first")

    def _books_open(self, known: Known) -> Receipt | None:
        """What presses on the debtor waits until the money of the day before is all here (scenario 12)."""
        event = self._batch.event
        if event["kind"] != "due" or not self._rules.terms.end_of_day or event["clock"] not in PRESSING:
            return None
        calendar = self._rules.calendar
        due_at = (known.state or {}).get("deadlines", {}).get(event["clock"], self._batch.at)
        if closings.is_closed_before(self._connection, calendar.day_of(due_at), calendar):
            return None
        return Receipt("wait", BOOKS_OPEN)

    def _too_large(self) -> Receipt | None:
        state = self._batch.state
        if state is None or len(canonical(self._plain).encode()) <= MAX_STATE_BYTES:
            return None
        self._settle("parked", "state_too_large", None)
        return self._refuse_as("state_too_large", {"seq": self._batch.seq})

    def _another_is_open(self, known: Known) -> Receipt | None:
        """A loan has one open case: a second opening, or money that would re-open an older one, is an incident."""
        state = self._batch.state
        if state is None or not _opens(known, state):
            return None
        other = self._connection.execute(
            select(cases.c.case_id).where(
                cases.c.loan_id == state.loan_id, cases.c.status == "open", cases.c.case_id != state.case_id
            )
        ).scalar()
        if other is None:
            return None
        self._settle("refused", "another_case_is_open", None)
        return self._refuse_as("another_case_is_open", {"open_case": other})

    def _write(self, known: Known) -> Receipt:
        batch, state = self._batch, self._batch.state
        if state is None or self._plain is None:
            # Only an opening that the rules refused comes here: there is no case to write a step of.
            self._settle("refused", _refusal(batch), None)
            return Receipt("refused", _refusal(batch) or "nothing_opened")
        connection = self._connection
        borrower_id = known.borrower_id or str(batch.event["content"]["borrower_id"])
        new = writes.Written(state, self._plain, fingerprint(self._plain))
        if known.seq == 0:
            writes.insert_case(connection, new, seq=batch.seq, borrower_id=borrower_id, now=self._now)
        else:
            writes.update_case(connection, new, seq=batch.seq, now=self._now)
        writes.put_record(connection, batch, print_=self._print, now=self._now)
        step = writes.Step(
            batch.case_id,
            state.loan_id,
            borrower_id,
            state.currency,
            state.stage.value,
            batch.seq,
            writes.instant(batch.at),
        )
        for effect in batch.effects:
            writes.apply(connection, step, from_wire(effect))
        if batch.event.get("signal") in writes.WAKES:
            writes.wake(connection, batch.case_id)
        if _opens(known, state):
            place = holds.Place(batch.case_id, borrower_id, step.at)
            holds.greet(connection, place, seq=batch.seq)
        before = known.state["deadlines"] if known.state else {}
        writes.put_deadlines(connection, batch.case_id, before=before, after=state.deadlines)
        refusal = _refusal(batch)
        self._settle("refused" if refusal else "applied", refusal, batch.seq)
        if state.closed:
            writes.refuse_people(
                connection,
                batch.case_id,
                seq=batch.seq,
                now=self._now,
                but=str(batch.event.get("message_id")),
            )
        self._seal()
        return Receipt("committed", rules=self._newer_rules())

    def _settle(self, status: str, reason: str | None, seq: int | None) -> None:
        if self._batch.event["kind"] == "message":
            message_id = self._batch.event["message_id"]
            writes.settle_message(
                self._connection, message_id, status=status, reason=reason, seq=seq, now=self._now
            )

    def _seal(self) -> None:
        event = self._batch.event
        audit.append(
            self._connection,
            stream=self._batch.case_id,
            at=writes.instant(self._batch.at),
            actor=event.get("actor", "clock"),
            what=event.get("signal") or event.get("clock") or event["kind"],
            detail={
                "seq": self._batch.seq,
                "print": self._print,
                "effects": [effect["kind"] for effect in self._batch.effects],
            },
        )

    def _refuse_as(self, incident: str, detail: dict[str, Any]) -> Receipt:
        """Keep what came as an incident, once by its content; it uses no seq and settles no message."""
        event = self._batch.event
        raise_incident(
            self._connection,
            kind=incident,
            key=f"{self._batch.case_id}-{fingerprint(event)[:16]}",
            at=writes.instant(self._batch.at),
            case_id=self._batch.case_id,
            detail=detail,
        )
        return Receipt("refused", incident)

    def _overtaken(self, known: Known) -> Receipt:
        return Receipt("overtaken", seq=known.seq, state=_adopt(known.state), rules=self._newer_rules())

    def _newer_rules(self) -> Rules | None:
        return self._rules if self._rules.terms.pack != self._batch.pack else None


def _opens(known: Known, state: CaseState) -> bool:
    was_open = known.state is not None and not known.state["closed"]
    return not was_open and not state.closed


def _adopt(state: dict[str, Any] | None) -> CaseState | None:
    return None if state is None else state_from_json(state)


def _message(event: dict[str, Any]) -> Message:
    return Message(event["message_id"], event["signal"], event["actor"], event["content"], event["task_id"])


def _print(batch: Batch, state: dict[str, Any] | None) -> str:
    """Without `at` and run: a step decided again after a reset is the same step."""
    timeless = None if state is None else state | {"at": 0}
    return fingerprint([batch.event, batch.base, batch.effects, timeless])


def _refusal(batch: Batch) -> str | None:
    return next((effect["why"] for effect in batch.effects if effect["kind"] == "refuse"), None)
