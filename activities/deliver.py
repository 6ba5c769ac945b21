"""`deliver`: one contact with a person, reserved under the guard, sent once, and confirmed."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update
from temporalio import activity

from activities.counted import delivery_failed, guard_refused
from arrears.channels import demand
from arrears.channels.demand import Banks, Demand
from arrears.channels.letters import DemandLetter, LetterRefused, render
from arrears.channels.port import Address, Channel, ChannelDown, ChannelRefused, Letter
from arrears.channels.typesetting import LetterUnprintable
from arrears.contracts import Rules, RulesInForce, Sending, SendingAnswer
from arrears.policy.codes import Action
from arrears.policy.guard import Never, NotBefore
from arrears.store import contacts, read_letters
from arrears.store.known import Ask, Point
from arrears.store.session import Store
from arrears.store.tables import cases, notices

_POST: Final = "post"
_CHANNEL_REST_SECONDS: Final = 900


class LetterDiffers(Exception):
    """It is not the letter that was read and released: what stands in it has changed since."""


@dataclass(frozen=True)
class Reserved:
    """The slot is ours: what to send, where to, and whether an earlier attempt may already have sent it."""

    letter: DemandLetter
    to: Address
    again: bool
    promised: str | None = None  # the hash of the letter its release was given on


class DeliverActivities:
    def __init__(self, store: Store, rules: RulesInForce, channel: Channel, banks: Banks) -> None:
        self._store = store
        self._rules = rules
        self._channel = channel
        self._banks = banks

    @activity.defn(name="deliver", no_thread_cancel_exception=True)
    def deliver(self, sending: Sending) -> SendingAnswer:
        """Asks the guard at this instant, not at the one it was planned for; raises only what a retry may mend."""
        at = int(activity.info().started_time.timestamp()) + sending.shift_seconds
        rules = self._rules.at(at)
        with self._store.transaction() as connection:
            reserved = _Guard(connection, rules, self._banks, sending, at).reserve()
        if isinstance(reserved, SendingAnswer):
            return reserved
        if reserved.again and not self._channel.dedupes_by_key:
            # An earlier attempt died between reserving and confirming: nobody knows whether it went.
            return self._confirm(sending, at, status="uncertain")
        try:
            letter = render(reserved.letter)
            if reserved.promised not in (None, letter.sha256):
                raise LetterDiffers
            sent = self._channel.send(sending.notice_id, letter, reserved.to)
        except (LetterRefused, LetterUnprintable, LetterDiffers, ChannelRefused) as refusal:
            # After an earlier attempt of this contact a refusal does not tell that nothing went.
            status = "uncertain" if reserved.again else "failed"
            return self._confirm(sending, at, status=status, why=type(refusal).__name__)
        except ChannelDown:
            # Waiting here would leave the case deaf, to money too: it asks again later.
            return self._put_off(sending, at, reserved)
        return self._confirm(sending, at, status="sent", letter=letter, reference=sent.reference)

    def _put_off(self, sending: Sending, at: int, reserved: Reserved) -> SendingAnswer:
        """It did not go; the slot is given back unless an earlier attempt may have used it."""
        delivery_failed("channel_down")
        if not reserved.again:
            with self._store.transaction() as connection:
                contacts.release(connection, sending.notice_id)
        return SendingAnswer(
            sending.notice_id, "not_before", at, not_before=at + _CHANNEL_REST_SECONDS, rule="channel_down"
        )

    def _confirm(
        self,
        sending: Sending,
        at: int,
        *,
        status: str,
        why: str = "",
        letter: Letter | None = None,
        reference: str | None = None,
    ) -> SendingAnswer:
        with self._store.transaction() as connection:
            made = "made" if status == "sent" else status
            contacts.become(
                connection, sending.notice_id, status=made, reference=reference, result=why or None
            )
            if letter is not None:
                connection.execute(
                    update(notices)
                    .where(notices.c.notice_id == sending.notice_id)
                    .values(document_hash=letter.sha256, document=reference)
                )
        if status != "sent":
            delivery_failed(status)
        answer = {"sent": "sent", "uncertain": "uncertain", "failed": "refused"}[status]
        return SendingAnswer(sending.notice_id, answer, at, rule=why)


class _Guard:
    """The checks of one contact, in one transaction with its reservation, at the instant of the act (4.6-4)."""

    def __init__(self, connection: Connection, rules: Rules, banks: Banks, sending: Sending, at: int) -> None:
        self._connection = connection
        self._rules = rules
        self._banks = banks
        self._sending = sending
        self._at = at

    def reserve(self) -> Reserved | SendingAnswer:
        facts = self._facts()
        if facts is None:
            return self._answer("refused", rule="notice_unknown")
        earlier = contacts.find(self._connection, self._sending.notice_id)
        if earlier is not None and earlier.status not in ("reserved", "released"):
            return self._known(earlier)
        again = earlier is not None and earlier.status == "reserved"
        to, where = demand.where_to(self._connection, facts)
        if not to:
            return self._answer("refused", rule="no_address")
        ask = self._ask(facts, to)
        stopped = self._stopped(facts, ask, where)
        if stopped is not None:
            return stopped if not again or stopped.answer == "not_before" else self._doubtful()
        if not again:
            contacts.put(self._connection, ask, where, at=self._at)
        promised = read_letters.released(self._connection, self._sending.case_id)
        return Reserved(self._letter(facts, to), Address(_POST, to), again=again, promised=promised)

    def _ask(self, facts: Row[*tuple[Any, ...]], to: str) -> Ask:
        return Ask(
            self._sending.notice_id,
            facts.borrower_id,
            Action.NOTICE,
            "bank",
            purpose="notice",
            case_id=self._sending.case_id,
            loan_id=facts.loan_id,
            number=to,
        )

    def _answer(self, answer: str, *, not_before: int = 0, rule: str = "") -> SendingAnswer:
        return SendingAnswer(self._sending.notice_id, answer, self._at, not_before, rule)

    def _doubtful(self) -> SendingAnswer:
        """An earlier attempt may have sent it, and by now it may not be sent again to find out: a person decides."""
        contacts.become(self._connection, self._sending.notice_id, status="uncertain")
        return self._answer("uncertain")

    def _known(self, earlier: Row[*tuple[Any, ...]]) -> SendingAnswer:
        answer = {"made": "sent", "uncertain": "uncertain"}.get(earlier.status, "refused")
        return SendingAnswer(
            self._sending.notice_id, answer, int(earlier.at.timestamp()), rule=earlier.result or ""
        )

    def _stopped(self, facts: Row[*tuple[Any, ...]], ask: Ask, where: Point | None) -> SendingAnswer | None:
        if facts.status != "released":
            return self._answer("refused", rule="notice_not_released")
        if contacts.money_on_its_way(self._connection, self._sending.case_id):
            return self._answer("wait", rule="money_first")
        if (facts.overdue_minor, facts.case_balance) != (facts.amount_minor, facts.balance_minor):
            return self._answer("refused", rule="amount_differs_from_ledger")
        match contacts.may_contact(self._connection, ask, where, self._rules, at=self._at):
            case Never(rule):
                guard_refused(rule)
                return self._answer("refused", rule=rule)
            case NotBefore(at, rule):
                guard_refused(rule)
                return self._answer("not_before", not_before=at, rule=rule)
            case _:
                return None

    def _facts(self) -> Row[*tuple[Any, ...]] | None:
        """With the person's row held, so that whoever else would contact this person waits."""
        person = self._connection.execute(
            select(cases.c.borrower_id)
            .join(notices, notices.c.case_id == cases.c.case_id)
            .where(notices.c.notice_id == self._sending.notice_id)
        ).scalar()
        if person is None or not contacts.hold_person(self._connection, person):
            return None
        return demand.facts_of_notice(self._connection, self._sending.notice_id)

    def _letter(self, facts: Row[*tuple[Any, ...]], to: str) -> DemandLetter:
        sending = self._sending
        said = Demand(
            sending.notice_id, sending.case_id, facts.amount_minor, facts.balance_minor, facts.as_of
        )
        return demand.letter(facts, said, to, self._rules, self._banks)
