"""What a debtor said binds whoever calls next, before any case has heard it, for every loan it is about."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from api.auth.person import Person
from api.desk.answering import Answer
from api.desk.errors import AlreadyAnswered
from api.desk.plans import PlanIn
from arrears import clock
from arrears.contracts import Rules
from arrears.policy.agreements import Acceptance, Charges, Clause, Offer
from arrears.policy.codes import Action, Outcome
from arrears.policy.guard import Go, Never, NotBefore, PartyRole
from arrears.policy.schedules import Method
from arrears.policy.state import HoldKind, Scope
from arrears.policy.tasks import Role
from arrears.store import circumstances, contacts, intents, keeping_off, known, packs
from arrears.store import holds as holds_of_cases
from arrears.store.intents import Said
from arrears.store.known import Ask
from arrears.store.session import Store
from arrears.store.tables import contact_attempts, contact_points, holds, loans
from tests.builders import CaseRoom, standing_at

RULES: Rules = packs.load("cn-bank-2026").rules
COLLECTOR = Person("s-collector", "collector", "陈静", frozenset({Role.COLLECTOR}), "zh-CN")
COLLEAGUE = Person("s-colleague", "colleague", "李敏", frozenset({Role.COLLECTOR}), "zh-CN")


@pytest.fixture
def room(store: Store) -> CaseRoom:
    made = CaseRoom(store, RULES)
    made.staff()
    return made


def another_case(room: CaseRoom, case_id: str) -> str:
    """Of one more loan of the same person."""
    loan_id = room.a_loan()
    with room.store.transaction() as connection:
        person = room.case(case_id).borrower_id
        connection.execute(update(loans).where(loans.c.loan_id == loan_id).values(borrower_id=person))
    return room.open(loan_id)


def answer(room: CaseRoom, case_id: str, result: Outcome, who: Person = COLLECTOR) -> str:
    """Said at the door; the case has not heard it."""
    task = room.task(case_id, "first_contact")
    with standing_at(room):
        return room.desk.decide(who, task.task_id, Answer(result.value, task.facts_no, "他这样说"))


def may_call(
    room: CaseRoom, case_id: str, actor: str = "s-colleague", party: PartyRole = PartyRole.BORROWER
) -> Go | NotBefore | Never:
    case = room.case(case_id)
    with room.store.reading() as connection:
        where = known.first_point(connection, case.borrower_id, Action.OUT_CALL)
        ask = Ask(
            "next", case.borrower_id, Action.OUT_CALL, actor, party, case_id=case_id, loan_id=case.loan_id
        )
        return contacts.may_contact(connection, ask, where, room.rules, at=int(room.now.timestamp()))


def standing(room: CaseRoom) -> list[tuple[str, str]]:
    with room.store.reading() as connection:
        found = select(holds.c.kind, holds.c.scope).where(holds.c.ended_at.is_(None)).order_by(holds.c.kind)
        return [(row.kind, row.scope) for row in connection.execute(found)]


SAID = [
    (Outcome.DISPUTES, HoldKind.DISPUTE, Scope.LOAN),
    (Outcome.NOT_MINE, HoldKind.FRAUD_CLAIM, Scope.LOAN),
    (Outcome.SAYS_PAID, HoldKind.PAID_CLAIM, Scope.LOAN),
    (Outcome.HARDSHIP, HoldKind.HARDSHIP_REVIEW, Scope.PERSON),
    (Outcome.CANNOT_PAY, HoldKind.HARDSHIP_REVIEW, Scope.PERSON),
    (Outcome.ILL, HoldKind.HARDSHIP_REVIEW, Scope.PERSON),
    (Outcome.IN_JAIL, HoldKind.HARDSHIP_REVIEW, Scope.PERSON),
    (Outcome.DEAD, HoldKind.DECEASED, Scope.PERSON),
    (Outcome.BANKRUPT, HoldKind.INSOLVENCY, Scope.PERSON),
]


@pytest.mark.rule("C16", "4.6-9")
@pytest.mark.parametrize(("result", "kind", "scope"), SAID)
def test_nobody_calls_between_the_word_and_the_case_that_hears_it(
    room: CaseRoom, result: Outcome, kind: HoldKind, scope: Scope
) -> None:
    case = room.a_case()
    other = another_case(room, case)
    assert may_call(room, case) == Go()
    answer(room, case, result)
    elsewhere = Never(kind.value) if scope is Scope.PERSON else Go()
    assert (may_call(room, case), may_call(room, other)) == (Never(kind.value), elsewhere)
    room.hear_everything()
    assert (may_call(room, case), may_call(room, other)) == (Never(kind.value), elsewhere)
    assert standing(room) == [(kind.value, scope.value)], "one row for all cases"
    assert [hold.kind for hold in room.state(other).holds] == ([kind] if scope is Scope.PERSON else [])


@pytest.mark.rule("K1")
def test_s27_whoever_is_complained_of_calls_no_loan_of_the_person_any_more(room: CaseRoom) -> None:
    case = room.a_case()
    other = another_case(room, case)
    answer(room, case, Outcome.COMPLAINS)
    for heard in (False, True):
        if heard:
            room.hear_everything()
        assert (
            may_call(room, case, "s-collector") == may_call(room, other, "s-collector") == Never("complaint")
        )
        assert may_call(room, case) == Go(), "a colleague goes on"
    task = room.task(other, "first_contact")
    assert (task.assignee, task.barred) == (None, ["s-collector"])


@pytest.mark.rule("K1")
def test_every_case_of_the_person_is_shut_to_whoever_is_complained_of(room: CaseRoom) -> None:
    """As soon as it stands, and as soon as one case was told, before it has heard."""
    case = room.a_case()
    other = another_case(room, case)
    stranger = room.a_case()
    answer(room, case, Outcome.COMPLAINS)
    room.hear_everything()
    began = {"kind": "complaint", "scope": "person", "against": "s-colleague"}
    with room.store.transaction() as connection:
        said = Said(other, "m-hold", holds_of_cases.PLACED, "s-desk", room.now, {"hold_id": "h", **began})
        intents.say(connection, said)
    with room.store.reading() as connection:
        shut = {
            (case_id, staff_id)
            for case_id in (case, other, stranger)
            for staff_id in ("s-collector", "s-colleague", "s-lead")
            if keeping_off.keeps_off(connection, case_id, staff_id)
        }
    assert shut == {(one, who) for one in (case, other) for who in ("s-collector", "s-colleague")}


@pytest.mark.rule("C06")
def test_a_lawyer_is_known_at_once_and_is_told_aloud(room: CaseRoom) -> None:
    case = room.a_case()
    answer(room, case, Outcome.HAS_LAWYER)
    assert may_call(room, case) == Go(("lawyer",))
    assert may_call(room, case, party=PartyRole.LAWYER) == Go()


@pytest.mark.rule("4.6-9")
def test_s23_a_false_report_of_a_death_frees_every_loan_and_no_cap_begins_anew(room: CaseRoom) -> None:
    case = room.a_case()
    other = another_case(room, case)
    answer(room, case, Outcome.DEAD)
    room.hear_everything()
    assert may_call(room, other, party=PartyRole.HEIR) == Go(), "heirs are asked who looks after the estate"
    assert "death_verify" not in room.state(other).tasks, "one case asks about it"
    room.say(case, "death_verify", "refuted", by="s-desk", reason="本人到行办理业务")
    room.hear_everything()
    assert (standing(room), room.state(case).holds, room.state(other).holds) == ([], (), ())
    assert may_call(room, other) == Go()
    with room.store.reading() as connection:
        line = connection.execute(select(contact_attempts.c.effective, contact_attempts.c.result)).one()
    assert tuple(line) == (True, "deceased"), "it was answered, and counts"


@pytest.mark.rule("4.6-9")
def test_when_the_case_that_asks_closes_another_one_asks(room: CaseRoom) -> None:
    case = room.a_case()
    other = another_case(room, case)
    answer(room, case, Outcome.DEAD)
    room.hear_everything()
    room.pay(case, 100_000)
    room.hear_everything()
    assert room.state(case).closed == "CURED"
    assert "death_verify" in room.state(other).tasks
    assert standing(room) == [("deceased", "person")]


@pytest.mark.rule("4.6-9")
def test_the_next_case_of_the_person_asks_when_no_other_is_open(room: CaseRoom) -> None:
    case = room.a_case()
    answer(room, case, Outcome.DEAD)
    room.hear_everything()
    room.pay(case, 100_000)
    later = another_case(room, case)
    room.hear_everything()
    assert "death_verify" in room.state(later).tasks
    assert "first_contact" not in room.state(later).tasks


@pytest.mark.rule("C16", "4.6-3")
def test_what_stops_the_bank_is_heard_though_somebody_else_was_first(room: CaseRoom) -> None:
    case = room.a_case()
    task = room.task(case, "first_contact")
    with room.store.transaction() as connection:
        where = known.first_point(connection, task.borrower_id, Action.OUT_CALL)
        ask = Ask(
            f"{task.task_id}-c1",
            task.borrower_id,
            Action.OUT_CALL,
            "s-colleague",
            case_id=case,
            loan_id=task.loan_id,
            task_id=task.task_id,
        )
        contacts.reserve(connection, ask, where, room.rules, at=int(room.now.timestamp()))
    answer(room, case, Outcome.NO_ANSWER)
    with pytest.raises(AlreadyAnswered), clock.door_time(room.now):
        room.desk.decide(
            COLLEAGUE,
            task.task_id,
            Answer(Outcome.DEAD.value, task.facts_no, attempt_id=f"{task.task_id}-c1"),
        )
    assert may_call(room, case) == Never("deceased")
    room.hear_everything()
    assert standing(room) == [("deceased", "person")]


@pytest.mark.rule("P1", "P2")
def test_s22_consent_withdrawn_closes_its_way_at_once_and_the_phone_of_the_contract_stays(
    room: CaseRoom,
) -> None:
    case = room.a_case()
    person, now = room.case(case).borrower_id, int(room.now.timestamp())
    with room.store.transaction() as connection:
        connection.execute(
            insert(contact_points).values(
                contact_id="chat", borrower_id=person, channel="im", address="wx-1", preferred=False
            )
        )
        circumstances.give_consent(connection, "chat", to="s-desk", at=now)
    assert may_chat(room, case) == Go()
    with room.store.transaction() as connection:
        circumstances.withdraw_consent(connection, "chat", to="s-desk", at=now)
    assert may_chat(room, case) == Never("P2")
    assert may_call(room, case) == Go(), "the contract is the ground of the call, not consent"


def may_chat(room: CaseRoom, case_id: str) -> Go | NotBefore | Never:
    case = room.case(case_id)
    with room.store.reading() as connection:
        found = known.point(connection, "chat")
        assert found is not None
        ask = Ask("chat-1", case.borrower_id, Action.IM, "s-colleague", case_id=case_id, loan_id=case.loan_id)
        return contacts.may_contact(connection, ask, found[0], room.rules, at=int(room.now.timestamp()))


# ---- a plan is the decision --------------------------------------------------------------------------------


@pytest.mark.rule("3.4", "4.6-9")
def test_a_signed_plan_ends_the_review_of_the_person_wherever_it_was_asked(room: CaseRoom) -> None:
    """Said in the case of one loan, the plan is signed for the other; nobody is asked any more, and one row ends once."""
    asked = room.a_case()
    planned = another_case(room, asked)
    room.say(asked, "first_contact", "hardship", by="s-colleague")
    room.hear(planned)
    assert [len(room.state(case).holds) for case in (asked, planned)] == [1, 1]
    offer = Offer(
        Method.EQUAL_PARTS,
        room.state(planned).overdue,
        0,
        6,
        (room.today + timedelta(days=20)).isoformat(),
        Charges.STOP,
        Acceptance.SIGNED,
        "DOC-1",
        tuple(Clause),
    )
    officer = Person("s-planner", "planner", "吴磊", frozenset({Role.PLAN_OFFICER}), "zh-CN")
    with standing_at(room):
        room.desk.sign_plan(officer, PlanIn(planned, offer, room.state(planned).facts_no))
    for case in (planned, asked):
        room.hear(case)
    assert [hold.kind for hold in room.state(planned).holds] == [HoldKind.PLAN_ACTIVE]
    assert room.state(asked).holds == ()
    assert "hardship_decision" not in room.state(asked).tasks
    assert standing(room) == [("plan_active", "loan")]
    with room.store.reading() as connection:
        ended = connection.execute(select(holds).where(holds.c.kind == "hardship_review")).one()
    assert (ended.outcome, ended.ended_by) == ("plan_signed", "s-planner")


@pytest.mark.rule("C16", "4.8")
@pytest.mark.parametrize(
    ("status", "kind"), [("disputed", HoldKind.DISPUTE), ("stayed", HoldKind.MORATORIUM)]
)
def test_a_loan_delivered_so_has_its_hold_with_its_case(room: CaseRoom, status: str, kind: HoldKind) -> None:
    loan_id = room.a_loan()
    with room.store.transaction() as connection:
        connection.execute(update(loans).where(loans.c.loan_id == loan_id).values(status=status))
    case_id = room.open(loan_id)
    assert standing(room) == [(kind.value, "loan")]
    assert "first_contact" not in room.state(case_id).tasks
    blocked = Never(kind.value)
    assert may_call(room, case_id) == blocked
    assert room.state(case_id).bank_status == status
