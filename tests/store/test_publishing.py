"""A pack is put into force by two people for an instant to come, and never changes afterwards."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from api.auth.person import Person
from api.desk.errors import Invalid, NotAllowed, NotFound, SecondPersonNeeded
from api.desk.publishing import PackDesk
from arrears import clock
from arrears.contracts import fingerprint
from arrears.policy.tasks import Role
from arrears.store import audit, packs, people, publishing
from arrears.store.in_force import PackChanged, PublishedRules
from arrears.store.packs import Pack
from arrears.store.session import Store
from arrears.store.tables import audit_rows, messages, published_packs
from tests.api.rows import a_person
from tests.builders import CaseRoom

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
DECEMBER = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)  # 00:00 of the first in Shanghai
FOUNDING = packs.load("cn-bank-2026")


@pytest.fixture
def a_pack(tmp_path: Path) -> Callable[..., Pack]:
    def write(version: str = "mine.2", more: str = "[legal]\nenter_dpd = 95\n") -> Pack:
        path = tmp_path / f"{version}.toml"
        path.write_text(f'extends = "cn-bank-2026"\npack = "{version}"\n{more}', encoding="utf-8")
        return packs.load(path)

    return write


@pytest.fixture(autouse=True)
def approvers(store: Store) -> None:
    for login, role in (("lead", Role.TEAM_LEAD), ("one", Role.LEGAL_ADVISOR), ("two", Role.LEGAL_ADVISOR)):
        a_person(store, role, login=login)


@pytest.fixture
def compliance(store: Store) -> Person:
    return a_person(store, Role.COMPLIANCE)


@pytest.fixture
def manager(store: Store) -> Person:
    return a_person(store, Role.MANAGER)


def _propose(store: Store, who: Person, pack: Pack, *, since: datetime | None = DECEMBER) -> PackDesk:
    desk = PackDesk(store)
    with clock.door_time(NOW):
        desk.propose(who, pack, reason="as the board decided", effective_at=since)
    return desk


def _legal_dpd(store: Store, at: datetime) -> int:
    rules = PublishedRules(store, FOUNDING.rules).at(int(at.timestamp()))
    return rules.terms.legal_dpd


def test_from_its_instant_on_the_approved_pack_holds_and_before_it_the_founding_one(
    store: Store, compliance: Person, manager: Person, a_pack: Callable[..., Pack]
) -> None:
    desk = _propose(store, compliance, a_pack())
    assert _legal_dpd(store, DECEMBER) == 91
    with clock.door_time(NOW):
        assert desk.approve(manager, "mine.2") == DECEMBER
    second = timedelta(seconds=1)
    assert [_legal_dpd(store, at) for at in (DECEMBER - second, DECEMBER)] == [91, 95]


def test_the_rules_of_a_row_are_those_of_its_file(
    store: Store, compliance: Person, manager: Person, a_pack: Callable[..., Pack]
) -> None:
    pack = a_pack()
    desk = _propose(store, manager, pack)
    with clock.door_time(NOW):
        desk.approve(compliance, "mine.2")
    assert PublishedRules(store, FOUNDING.rules).at(int(DECEMBER.timestamp())) == pack.rules


@pytest.mark.rule("4.4")
def test_the_second_key_is_another_persons_and_of_the_other_role(
    store: Store, compliance: Person, a_pack: Callable[..., Pack]
) -> None:
    both = a_person(store, Role.COMPLIANCE, Role.MANAGER, login="both")
    desk = _propose(store, both, a_pack())
    with clock.door_time(NOW), pytest.raises(SecondPersonNeeded):
        desk.approve(both, "mine.2")
    another = a_person(store, Role.COMPLIANCE, login="another")
    alone = _propose(store, compliance, a_pack("mine.3"))
    with clock.door_time(NOW), pytest.raises(SecondPersonNeeded):
        alone.approve(another, "mine.3")
    with clock.door_time(NOW):
        alone.approve(both, "mine.3")


def test_a_proposer_who_left_since_has_no_key(
    store: Store, compliance: Person, manager: Person, a_pack: Callable[..., Pack]
) -> None:
    desk = _propose(store, compliance, a_pack())
    with store.transaction() as connection:
        people.change_staff(connection, compliance.staff_id, at=NOW, active=False)
    with clock.door_time(NOW), pytest.raises(SecondPersonNeeded):
        desk.approve(manager, "mine.2")


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.COMPLIANCE, Role.MANAGER}))
def test_nobody_else_has_a_key(store: Store, role: Role, a_pack: Callable[..., Pack]) -> None:
    who = a_person(store, role)
    desk = PackDesk(store)
    with pytest.raises(NotAllowed):
        desk.propose(who, a_pack(), reason="x", effective_at=None)
    for act in (desk.approve, desk.withdraw):
        with pytest.raises(NotAllowed):
            act(who, "mine.2")


def test_a_version_is_used_once_and_a_proposal_says_why(
    store: Store, compliance: Person, a_pack: Callable[..., Pack]
) -> None:
    desk = _propose(store, compliance, a_pack())
    with pytest.raises(Invalid) as taken:
        _propose(store, compliance, a_pack(more="[legal]\nenter_dpd = 99\n"))
    with pytest.raises(Invalid) as silent:
        desk.propose(compliance, a_pack("mine.3"), reason=" ", effective_at=None)
    whys = [refused.value.missing[0].why for refused in (taken, silent)]
    assert whys == ["pack_version_taken", "reason_required"]


def test_a_pack_never_holds_from_the_past(
    store: Store, compliance: Person, manager: Person, a_pack: Callable[..., Pack]
) -> None:
    with pytest.raises(Invalid):
        _propose(store, compliance, a_pack(), since=NOW)
    desk = _propose(store, compliance, a_pack())
    with clock.door_time(DECEMBER), pytest.raises(Invalid) as late:
        desk.approve(manager, "mine.2")
    assert late.value.missing[0].why == "pack_day_passed"
    soon = _propose(store, compliance, a_pack("mine.3"), since=None)
    with clock.door_time(NOW):
        assert soon.approve(manager, "mine.3") == NOW + timedelta(seconds=60)


def test_no_pack_holds_while_a_role_that_approves_has_too_few_people(
    store: Store, compliance: Person, manager: Person, a_pack: Callable[..., Pack]
) -> None:
    desk = _propose(store, compliance, a_pack())
    with store.transaction() as connection:
        people.change_staff(connection, "s-two", at=NOW, active=False)
    with clock.door_time(NOW), pytest.raises(Invalid) as unmanned:
        desk.approve(manager, "mine.2")
    assert unmanned.value.missing[0].why == "pack_role_unmanned"
    assert _legal_dpd(store, DECEMBER) == 91


def test_a_withdrawn_or_approved_proposal_waits_for_no_key(
    store: Store, compliance: Person, manager: Person, a_pack: Callable[..., Pack]
) -> None:
    desk = _propose(store, compliance, a_pack())
    with clock.door_time(NOW):
        desk.withdraw(compliance, "mine.2")
    for act in (desk.approve, desk.withdraw):
        with clock.door_time(NOW), pytest.raises(NotFound):
            act(manager, "mine.2")
    assert _legal_dpd(store, DECEMBER) == 91


def test_the_trail_tells_who_turned_which_key(
    store: Store, compliance: Person, manager: Person, a_pack: Callable[..., Pack]
) -> None:
    desk = _propose(store, compliance, a_pack())
    with clock.door_time(NOW):
        desk.approve(manager, "mine.2")
    with store.reading() as connection:
        assert audit.verify(connection, audit.HOUSE) == []
        trail = connection.execute(select(audit_rows.c.what, audit_rows.c.actor).order_by(audit_rows.c.n))
        assert [tuple(row) for row in trail] == [
            ("pack_proposed", compliance.staff_id),
            ("pack_approved", manager.staff_id),
        ]


def test_a_row_that_somebody_changed_is_not_obeyed(
    store: Store, compliance: Person, manager: Person, a_pack: Callable[..., Pack]
) -> None:
    desk = _propose(store, compliance, a_pack())
    with clock.door_time(NOW):
        desk.approve(manager, "mine.2")
    with store.transaction() as connection:
        rules = connection.execute(select(published_packs.c.rules)).scalar_one()
        rules["terms"]["legal_dpd"] = 1
        connection.execute(update(published_packs).values(rules=rules))
    with pytest.raises(PackChanged, match=r"mine\.2"):
        _legal_dpd(store, NOW)


def test_a_pack_of_an_earlier_version_of_the_product_lacks_what_came_later_and_is_read_all_the_same(
    store: Store, compliance: Person, manager: Person, a_pack: Callable[..., Pack]
) -> None:
    pack = a_pack()
    desk = _propose(store, compliance, pack)
    with clock.door_time(NOW):
        desk.approve(manager, "mine.2")
    rules = asdict(pack.rules)
    del rules["terms"]["promise_days"]
    del rules["terms"]["sla_bank_days"]["idle_review"]
    with store.transaction() as connection:
        connection.execute(
            update(published_packs).values(rules=rules, content_hash=fingerprint([pack.text, rules]))
        )
    terms = PublishedRules(store, FOUNDING.rules).at(int(DECEMBER.timestamp())).terms
    assert terms.promise_days == 0
    assert terms.sla_bank_days["idle_review"] == FOUNDING.terms.sla_bank_days["idle_review"]


@pytest.mark.rule("D4")
def test_when_a_pack_takes_effect_only_cases_that_wait_for_bank_days_are_told_and_once(
    store: Store, compliance: Person, manager: Person, a_pack: Callable[..., Pack]
) -> None:
    room = CaseRoom(store, FOUNDING.rules, now=NOW)
    known = room.a_case()
    room.now = datetime(2027, 2, 5, 2, tzinfo=UTC)
    waits = room.a_case()
    desk = _propose(store, compliance, a_pack())
    with clock.door_time(NOW):
        desk.approve(manager, "mine.2")
    told = []
    for at in (DECEMBER - timedelta(seconds=1), DECEMBER, DECEMBER + timedelta(days=1)):
        with store.transaction() as connection:
            told.append(publishing.tell(connection, at=at))
    assert told == [0, 1, 0]
    assert known != waits
    with store.reading() as connection:
        said = connection.execute(
            select(messages.c.case_id, messages.c.content).where(messages.c.signal == publishing.SIGNAL)
        ).all()
    assert [tuple(row) for row in said] == [(waits, {"pack": "mine.2"})]


# ---- looser than the law -----------------------------------------------------------------------------------


@pytest.mark.rule("4.6-11")
@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ('[contact]\nwindow_from = "07:00"\n', "C01"),
        ('[contact]\nwindow_to = "22:30"\n', "C01"),
        ("[contact]\nvisit_staff = 1\n", "C10"),
        (
            '[[caps]]\nrule = "C02"\nscope = "person"\nwindow = "day"\ncounts = "effective"\nmost = 4\n',
            "C02 is 4, above the 3",
        ),
        (
            '[[caps]]\nrule = "C02"\nscope = "person"\nwindow = "day"\ncounts = "effective"\nmost = 2\n',
            "lacks C03",
        ),
    ],
)
def test_a_pack_that_allows_more_than_the_law_is_refused(
    a_pack: Callable[..., Pack], said: str, fault: str
) -> None:
    with pytest.raises(packs.PackInvalid, match=fault):
        a_pack(more=said)
