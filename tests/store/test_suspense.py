"""Money in suspense leaves it once: onto a loan that owes it, back to the payer, or with a reason to stay."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Row, select

from api.auth.person import Person
from api.desk import errors
from api.desk.apart_work import Closing
from arrears import clock
from arrears.policy.money import TakenBack
from arrears.policy.tasks import Role
from arrears.store import intents, packs, queries, suspense
from arrears.store.intents import PaymentIn
from arrears.store.session import Store
from arrears.store.tables import audit_rows, incidents, payments
from arrears.store.transfers import TransferIn
from tests.builders import CaseRoom

OPS = Person("s-ops", "ops", "孙丽", frozenset({Role.OPS}), "zh-CN")
COLLEAGUE = Person("s-ops2", "ops2", "许宁", frozenset({Role.OPS}), "zh-CN")


@pytest.fixture
def room(store: Store) -> CaseRoom:
    return CaseRoom(store, packs.load("cn-bank-2026").rules)


def _came(room: CaseRoom, payment_id: str = "P-9", *, source: str = "core-bank", **changes: Any) -> str:
    """Money for a loan nobody knows, of three days ago."""
    then = room.today - timedelta(days=3)
    money = PaymentIn(payment_id, "RL-TYPO", then, then, 300_00, room.rules.terms.currency)
    with room.store.transaction() as connection:
        intents.post_payment(connection, replace(money, **changes), at=room.now, source=source, reopen_days=7)
    return f"payment_unknown_loan-{payment_id}"


def _assign(room: CaseRoom, incident_id: str, loan_id: str, *, seen: int | None = None) -> None:
    with clock.door_time(room.now):
        room.desk.close_incident(OPS, incident_id, Closing("写错一位", "assigned", None, loan_id, seen))
    room.hear_everything()


def _why_not(room: CaseRoom, incident_id: str, closing: Closing, who: Person = OPS) -> list[tuple[str, str]]:
    with pytest.raises(errors.Invalid) as wrong, clock.door_time(room.now):
        room.desk.close_incident(who, incident_id, closing)
    return [(one.field, one.why) for one in wrong.value.missing]


def _incident(room: CaseRoom, incident_id: str) -> Row[Any]:
    with room.store.reading() as connection:
        return connection.execute(select(incidents).where(incidents.c.incident_id == incident_id)).one()


def _payment(room: CaseRoom, incident_id: str) -> Row[Any]:
    wanted = payments.c.payment_id == suspense.assigned_id(incident_id)
    with room.store.reading() as connection:
        return connection.execute(select(payments).where(wanted)).one()


def test_it_becomes_a_payment_of_the_loan_once_and_the_trail_says_so(room: CaseRoom) -> None:
    case_id, incident_id = room.a_case(overdue=1_000_00, balance=5_000_00), _came(room)
    loan_id = room.case(case_id).loan_id
    _assign(room, incident_id, loan_id, seen=0)
    _assign(room, incident_id, loan_id)
    assert room.case(case_id).balance_minor == 4_700_00
    done, became = _incident(room, incident_id), _payment(room, incident_id)
    assert (done.status, done.outcome, done.reference) == ("closed", "assigned", became.payment_id)
    with room.store.reading() as connection:
        told = select(audit_rows.c.detail).where(audit_rows.c.what == "incident_closed")
        [trace] = connection.execute(told).scalars()
        [kept] = queries.became(connection, ["P-9"]).values()
    assert (trace["outcome"], trace["reference"], trace["loan_id"]) == (
        "assigned",
        became.payment_id,
        loan_id,
    )
    assert (kept.outcome, kept.reference) == ("assigned", became.payment_id)


def test_a_state_of_a_later_day_does_not_swallow_it(room: CaseRoom) -> None:
    """The loan's state is of yesterday and knows nothing of money that lay in suspense since three days."""
    case_id, incident_id = room.a_case(overdue=1_000_00), _came(room)
    _assign(room, incident_id, room.case(case_id).loan_id)
    became = _payment(room, incident_id)
    assert (became.standing, became.value_on) == ("message", room.today)


def test_what_was_paid_too_much_for_one_loan_goes_onto_another(room: CaseRoom) -> None:
    rich, poor = room.a_case(overdue=1_000_00, balance=1_000_00), room.a_case(overdue=400_00, balance=900_00)
    incident_id = f"surplus-{room.pay(rich, 1_500_00)}"
    assert room.state(rich).surplus == 500_00
    _assign(room, incident_id, room.case(poor).loan_id)
    assert (room.state(rich).surplus, room.case(poor).balance_minor) == (0, 400_00)
    with room.store.reading() as connection:
        kinds = [row.kind for row in connection.execute(select(incidents.c.kind))]
        [moved] = [
            one for one in queries.ledger_of(connection, room.case(rich).loan_id) if one.kind == "refund"
        ]
    assert (kinds, moved.designation) == (["surplus"], room.case(poor).loan_id)


def test_a_loan_that_cannot_take_it_is_refused_and_nothing_moves(room: CaseRoom) -> None:
    incident_id = _came(room)
    paid = room.a_case(overdue=100_00, balance=100_00)
    room.pay(paid, 100_00)
    current = room.a_loan()
    for loan_id, why in (
        ("RL-NONE", "loan_unknown"),
        (current, "no_case_takes_it"),
        (room.case(paid).loan_id, "nothing_owed"),
    ):
        assert _why_not(room, incident_id, Closing("weg", "assigned", None, loan_id)) == [("loan_id", why)]
    assert _incident(room, incident_id).status == "open"


def test_what_is_more_than_the_loan_owes_was_seen_by_whoever_said_so(room: CaseRoom) -> None:
    case_id, incident_id = room.a_case(overdue=200_00, balance=200_00), _came(room)
    with pytest.raises(errors.SurplusUnseen) as unseen:
        _assign(room, incident_id, room.case(case_id).loan_id, seen=0)
    assert (unseen.value.owed, unseen.value.surplus) == (200_00, 100_00)
    _assign(room, incident_id, room.case(case_id).loan_id, seen=100_00)
    assert room.state(case_id).surplus == 100_00


def test_money_that_may_bounce_is_nobodys_to_move(room: CaseRoom) -> None:
    case_id, incident_id = room.a_case(), _came(room, provisional=True)
    onto = Closing("weg", "assigned", None, room.case(case_id).loan_id)
    back = Closing("weg", "paid_out", "OUT-1")
    for closing in (onto, back):
        assert _why_not(room, incident_id, closing) == [("outcome", "may_still_bounce")]
    with clock.door_time(room.now):
        room.desk.money.finalize_payment(OPS, "P-9")
        room.desk.close_incident(OPS, incident_id, back)
    assert _incident(room, incident_id).reference == "OUT-1"


def test_a_reversal_that_found_no_loan_is_no_money(room: CaseRoom) -> None:
    incident_id = _came(
        room,
        "R-9",
        kind="reversal",
        reverses_payment_id="P-9",
        reversal_reason=TakenBack.NO_FUNDS,
    )
    for closing in (Closing("weg", "paid_out", "OUT-1"), Closing("weg", "assigned", None, "RL-TYPO")):
        assert _why_not(room, incident_id, closing) == [("outcome", "no_money_came")]
    with clock.door_time(room.now):
        room.desk.close_incident(OPS, incident_id, Closing("付款行已知会", "kept"))
    assert _incident(room, incident_id).outcome == "kept"


def test_who_typed_money_in_does_not_send_it_out(room: CaseRoom) -> None:
    incident_id, back = _came(room, source="s-ops"), Closing("付款人填错", "paid_out", "OUT-1")
    assert _why_not(room, incident_id, back) == [("outcome", "typed_by_you")]
    with clock.door_time(room.now):
        room.desk.close_incident(COLLEAGUE, incident_id, back)
    assert _incident(room, incident_id).closed_by == "s-ops2"


@pytest.mark.parametrize("outcome", ["assigned", "paid_out", "kept"])
def test_every_way_out_has_a_reason(room: CaseRoom, outcome: str) -> None:
    said = Closing(" ", outcome, "OUT-1" if outcome == "paid_out" else None, "RL-1")
    assert _why_not(room, _came(room), said) == [("reason", "reason_required")]


def test_a_transfer_of_an_unknown_debtor_goes_onto_a_loan_too(room: CaseRoom) -> None:
    case_id = room.a_case(overdue=1_000_00, balance=5_000_00)
    lost = TransferIn("T-1", "B-NONE", room.today, room.today, 250_00, room.rules.terms.currency)
    with clock.door_time(room.now):
        room.desk.money.keep_transfer(lost, source="core-bank", by_hand=False)
    _assign(room, "transfer_unknown_borrower-T-1", room.case(case_id).loan_id)
    assert room.case(case_id).balance_minor == 4_750_00
