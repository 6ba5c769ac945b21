"""Others around the loan on the task page: who they are, whether they may be contacted now and why not, what may be said."""

import pytest
from sqlalchemy import insert, update

from arrears.store.tables import borrowers, contact_points, parties
from tests.builders import CaseRoom, standing_at
from tests.web.branch import Branch
from tests.web.reading import read

NUMBERS = {"guarantor": "13900001111", "heir": "13900002222", "guardian": "13900003333"}


@pytest.fixture
def case_id(branch: Branch, room: CaseRoom) -> str:
    case_id = room.a_case(name="王佳怡")
    with room.store.transaction() as connection:
        for role, number in NUMBERS.items():
            connection.execute(
                insert(borrowers).values(borrower_id=f"P-{role}", kind="person", name="司徒远")
            )
            connection.execute(
                insert(contact_points).values(
                    contact_id=f"P-{role}-phone", borrower_id=f"P-{role}", channel="phone", address=number
                )
            )
            connection.execute(
                insert(parties).values(
                    loan_id=room.case(case_id).loan_id,
                    borrower_id=f"P-{role}",
                    role=role,
                    guarantee_kind="joint" if role == "guarantor" else None,
                )
            )
    return case_id


def _page(
    branch: Branch, room: CaseRoom, case_id: str, kind: str = "first_contact", login: str = "collector"
) -> str:
    with standing_at(room):
        return branch.at(login).get(f"/tasks/{room.task(case_id, kind).task_id}").text


@pytest.mark.rule("C06", "C07")
def test_each_person_stands_there_with_the_guards_word_and_what_may_be_said(
    branch: Branch, room: CaseRoom, case_id: str
) -> None:
    page = _page(branch, room, case_id)
    around = page[page.index('id="around"') :]
    guarantor = around[around.index('data-party="保证人"') :].split("</li>")[0]
    heir = around[around.index('data-party="继承人"') :].split("</li>")[0]
    assert "可联系，至 21:55" in guarantor
    assert "不得谈及债务人的其他情况" in guarantor
    assert "不得联系" in heir
    assert "C06" in heir
    for masked in ("139****1111", "司*", "不得透露金额"):
        assert masked in around
    for hidden in (*NUMBERS.values(), "司徒远"):
        assert hidden not in page
    assert not [act for act in read(branch.at("collector").get("/inbox")).actions if "P-guarantor" in act]


@pytest.mark.rule("C06")
def test_when_the_debtor_has_died_the_heir_may_be_asked_and_the_guarantor_stands_for_himself(
    branch: Branch, room: CaseRoom, case_id: str
) -> None:
    room.say(case_id, "first_contact", "deceased", by="s-colleague")
    page = _page(branch, room, case_id, "death_verify", "desk")
    around = page[page.index('id="around"') :]
    heir = around[around.index('data-party="继承人"') :].split("</li>")[0]
    assert "可联系，至 21:55" in heir
    guarantor = around[around.index('data-party="保证人"') :].split("</li>")[0]
    assert "可联系，至 21:55" in guarantor
    guardian = around[around.index('data-party="监护人"') :].split("</li>")[0]
    assert "不得联系" in guardian


@pytest.mark.rule("G2", "G3")
def test_a_guarantor_who_stands_generally_is_not_asked_before_the_debtor_was_sued(
    branch: Branch, room: CaseRoom, case_id: str
) -> None:
    with room.store.transaction() as connection:
        connection.execute(update(parties).values(guarantee_kind=None))
    page = _page(branch, room, case_id)
    guarantor = page[page.index('data-party="保证人"') :].split("</li>")[0]
    assert "不得联系：一般保证" in guarantor
    assert "G2" in guarantor


def test_where_nobody_else_stands_around_the_loan_the_page_says_nothing(
    branch: Branch, room: CaseRoom
) -> None:
    assert 'id="around"' not in _page(branch, room, room.a_case())
