"""All of one debtor: every loan with its newest case, sums by currency, contacts and holds, and no customer in an address."""

from sqlalchemy import insert, update

from arrears.store.session import Store
from arrears.store.tables import cases, contact_attempts, holds, loans
from tests.builders import CaseRoom
from tests.web.branch import Branch
from tests.web.reading import Page, read


def _two_loans(room: CaseRoom) -> tuple[str, str]:
    """Of one person; the second has no case."""
    case_id = room.a_case(name="周海燕", overdue=100_000, balance=500_000)
    other = room.a_loan(name="周海燕", overdue=20_000, balance=70_000)
    with room.store.transaction() as connection:
        borrower = connection.execute(cases.select().where(cases.c.case_id == case_id)).one().borrower_id
        connection.execute(update(loans).where(loans.c.loan_id == other).values(borrower_id=borrower))
    return case_id, other


def _hold(room: CaseRoom, case_id: str, **more: str) -> None:
    values = {"hold_id": "h-1", "case_id": case_id, "borrower_id": room.case(case_id).borrower_id}
    values |= {"scope": "person", "reason": "said", "placed_by": "s-lead"} | more
    with room.store.transaction() as connection:
        connection.execute(insert(holds).values(values | {"placed_at": room.now}))


def _page(branch: Branch, case_id: str, login: str = "collector") -> Page:
    answer = branch.at(login).get(f"/cases/{case_id}/debtor")
    assert answer.status_code == 200
    return read(answer)


def test_all_loans_stand_with_their_cases_and_their_sum(branch: Branch, room: CaseRoom) -> None:
    case_id, other = _two_loans(room)
    room.a_case(name="吴九")
    page = _page(branch, case_id)
    rows = [row.attributes["data-loan"] for row in page.all("tr") if "data-loan" in row.attributes]
    assert rows == [case_id[5:-2], other]  # the most overdue first, and nobody else's
    assert page.one("tr", data_loan=other).text.count("无案件") == 1
    for told in ("¥1,200.00", "¥5,700.00", "周*"):
        assert told in page.words
    assert page.links[case_id[5:-2]] == f"/cases/{case_id}"


def test_the_case_page_leads_there_and_no_address_names_the_customer(branch: Branch, room: CaseRoom) -> None:
    case_id, _ = _two_loans(room)
    links = read(branch.at("collector").get(f"/cases/{case_id}")).links
    assert links["该债务人的全部借据"] == f"/cases/{case_id}/debtor"
    borrower = room.case(case_id).borrower_id
    assert not any(borrower in href for href in _page(branch, case_id).links.values())


def test_contacts_over_all_loans_stand_without_a_number(
    branch: Branch, room: CaseRoom, sqlite_store: Store
) -> None:
    case_id, other = _two_loans(room)
    with sqlite_store.transaction() as connection:
        connection.execute(
            insert(contact_attempts).values(
                attempt_id="a-1",
                borrower_id=room.case(case_id).borrower_id,
                loan_id=other,
                number="13800005678",
                action="out_call",
                party="borrower",
                purpose="collection",
                actor="s-colleague",
                staff=[],
                status="made",
                result="busy",
                effective=False,
                conversation=False,
                at=room.now,
                reserved_at=room.now,
            )
        )
    page = _page(branch, case_id)
    assert "占线" in page.words
    assert "李敏" in page.words
    assert "13800005678" not in page.words


def test_a_hold_on_the_person_stands_there(branch: Branch, room: CaseRoom) -> None:
    case_id, _ = _two_loans(room)
    _hold(room, case_id, kind="hardship_review")
    assert _page(branch, case_id).all("li", data_hold="hardship_review")


def test_whoever_the_debtor_complained_of_sees_nothing(branch: Branch, room: CaseRoom) -> None:
    case_id, _ = _two_loans(room)
    _hold(room, case_id, kind="complaint", against="s-collector")
    assert branch.at("collector").get(f"/cases/{case_id}/debtor").status_code == 404
    assert branch.at("colleague").get("/cases/case-none-1/debtor").status_code == 404
