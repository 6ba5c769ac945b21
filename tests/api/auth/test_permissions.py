import itertools

import pytest

from api.auth.permissions import (
    GRANTS,
    OVERSEERS,
    Permission,
    Relation,
    may,
    may_ever,
    own_relation,
    task_relations,
)
from api.auth.person import Person
from arrears.policy.tasks import WORK, Role


def _person(*roles: Role) -> Person:
    return Person("s-1", "li", "Li", frozenset(roles), "en")


def test_every_permission_has_a_row_and_somebody_who_holds_it() -> None:
    assert set(GRANTS) == set(Permission)
    assert all(GRANTS[permission] for permission in Permission)
    assert all(relations for grants in GRANTS.values() for relations in grants.values())


def test_every_role_may_sign_in_and_do_something_of_its_own() -> None:
    for role in Role:
        assert may(_person(role), Permission.BE_SIGNED_IN)


def test_whoever_gets_tasks_may_see_take_and_decide_them() -> None:
    for work in WORK.values():
        person = _person(work.role)
        relations = task_relations(person, role=work.role, assignee=None)
        for permission in (Permission.READ_TASK, Permission.CLAIM_TASK, Permission.DECIDE_TASK):
            assert may(person, permission, relations), (work.role, permission)


def test_the_bank_s_separations_stand_in_the_table() -> None:
    """Written out once more by hand, so that a slip in the table is seen."""
    changing = {
        Permission.CLAIM_TASK,
        Permission.RELEASE_TASK,
        Permission.DECIDE_TASK,
        Permission.POST_PAYMENT,
        Permission.REPORT_DELIVERY,
        Permission.CLOSE_INCIDENT,
        Permission.SKIP_TIME,
        Permission.MANAGE_STAFF,
        Permission.PLACE_HOLD,
        Permission.END_HOLD,
        Permission.FREEZE,
        Permission.THAW,
        Permission.CHANGE_CONSENT,
    }
    of = {role: {permission for permission in changing if role in GRANTS[permission]} for role in Role}
    on_tasks = {Permission.CLAIM_TASK, Permission.RELEASE_TASK, Permission.DECIDE_TASK}
    assert of[Role.COMPLIANCE] == set()
    assert of[Role.ADMIN] == {Permission.MANAGE_STAFF}
    assert of[Role.OPERATOR] == {Permission.CLOSE_INCIDENT, Permission.SKIP_TIME}
    assert of[Role.OPS] == on_tasks | {
        Permission.POST_PAYMENT,
        Permission.REPORT_DELIVERY,
        Permission.CLOSE_INCIDENT,
    }
    on_holds = {Permission.PLACE_HOLD, Permission.END_HOLD, Permission.CHANGE_CONSENT}
    assert of[Role.CASE_DESK] == on_tasks | on_holds | {Permission.REPORT_DELIVERY}
    assert of[Role.PLAN_OFFICER] == on_tasks | on_holds
    assert of[Role.COLLECTOR] == on_tasks | {Permission.CHANGE_CONSENT}
    # Whoever stops all work does not let it go on.
    assert of[Role.MANAGER] == on_tasks | {Permission.PLACE_HOLD, Permission.FREEZE}
    assert of[Role.TEAM_LEAD] == on_tasks | {Permission.PLACE_HOLD, Permission.THAW}
    assert of[Role.LEGAL_ADVISOR] == on_tasks


def test_nobody_without_a_task_of_the_case_sees_the_name() -> None:
    for role in Role:
        assert not may(_person(role), Permission.SEE_NAME)
        assert not may(_person(role), Permission.SEE_NAME, {Relation.OF_ROLE, Relation.FIT})


def test_people_without_a_role_may_nothing() -> None:
    nobody = _person()
    for permission, relation in itertools.product(Permission, Relation):
        assert not may(nobody, permission, {relation})
        assert not may_ever(nobody, permission)


@pytest.mark.parametrize("permission", Permission)
def test_one_more_role_never_takes_a_right_away(permission: Permission) -> None:
    for first, second, relation in itertools.product(Role, Role, Relation):
        if may(_person(first), permission, {relation}):
            assert may(_person(first, second), permission, {relation})


def test_relations_to_a_task() -> None:
    li = _person(Role.COLLECTOR)
    assert task_relations(li, role="collector", assignee=None) == {Relation.OF_ROLE, Relation.FIT}
    assert task_relations(li, role="collector", assignee=None, barred=["s-1"]) == {Relation.OF_ROLE}
    assert task_relations(li, role="team_lead", assignee=None) == set()
    assert task_relations(li, role="team_lead", assignee="s-1") == {Relation.OWN}
    assert task_relations(li, role="collector", assignee="s-2", barred=["s-2"]) == {
        Relation.OF_ROLE,
        Relation.FIT,
    }


def test_four_eyes_bar_from_deciding_and_not_from_reading() -> None:
    advisor = _person(Role.LEGAL_ADVISOR)
    barred = task_relations(advisor, role="legal_advisor", assignee=None, barred=["s-1"])
    assert may(advisor, Permission.READ_TASK, barred)
    assert not may(advisor, Permission.CLAIM_TASK, barred)
    assert not may(advisor, Permission.DECIDE_TASK, barred)


def test_who_oversees_reads_every_task_and_who_works_reads_the_own_ones() -> None:
    for role in set(Role) - {Role.ADMIN}:
        assert may(_person(role), Permission.READ_TASK) is (role in OVERSEERS)
    assert not may_ever(_person(Role.ADMIN), Permission.READ_TASK)


def test_own_means_the_same_person() -> None:
    li = _person(Role.COLLECTOR)
    assert may(li, Permission.READ_MESSAGE, own_relation(li, owner="s-1"))
    assert not may(li, Permission.READ_MESSAGE, own_relation(li, owner="s-2"))
    assert not may(li, Permission.READ_MESSAGE, own_relation(li, owner=None))
