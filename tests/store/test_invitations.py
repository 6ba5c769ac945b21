"""Links to set a password, people by page, and work that is handed on: on both databases."""

from datetime import timedelta
from functools import partial

from sqlalchemy import select

from arrears.policy.tasks import Role
from arrears.store import handing, invitations, people
from arrears.store.people import NewStaff
from arrears.store.queries.people import Standing, held_by, staff_line, staff_list
from arrears.store.session import Store
from arrears.store.tables import tasks
from tests.api import rows

AT = rows.AT
WANG = NewStaff("wang", "王敏", frozenset({Role.OPS}), None, "zh-CN", "s-wang", active=False)


def _invited(store: Store) -> str:
    with store.transaction() as connection:
        people.add_staff(connection, WANG, at=AT)
        token, ends_at = invitations.make(connection, "s-wang", by="s-admin", at=AT)
    assert ends_at == AT + invitations.LIFE
    return token


def test_a_link_is_used_once_and_ends(store: Store) -> None:
    token = _invited(store)
    with store.transaction() as connection:
        assert invitations.invited(connection, token, at=AT + invitations.LIFE) is None
        assert invitations.invited(connection, token[:-1] + "\x00", at=AT) is None
        found = invitations.use(connection, token, at=AT)
        assert found is not None
        assert found.staff_id == "s-wang"
        assert invitations.use(connection, token, at=AT) is None


def test_the_list_says_how_each_stands(store: Store) -> None:
    _invited(store)
    li = rows.a_person(store, Role.OPS, login="li")
    with store.transaction() as connection:
        people.set_password_hash(connection, li.staff_id, "-")
        lines, more = staff_list(connection, now=AT)
        assert ([(line.login, line.standing) for line in lines], more) == (
            [("li", Standing.ACTIVE), ("wang", Standing.INVITED)],
            None,
        )
        late = staff_line(connection, "s-wang", now=AT + timedelta(days=4))
        assert late is not None
        assert late.standing is Standing.OVERDUE
        people.change_staff(connection, li.staff_id, at=AT, active=False)
        left, _ = staff_list(connection, now=AT, left=True)
        assert [(line.login, line.standing) for line in left] == [("li", Standing.LEFT)]
        behind, _ = staff_list(connection, now=AT, after="s-nobody")
        assert behind == ()


def test_what_is_handed_on_was_in_those_hands(store: Store) -> None:
    mine = rows.a_task(store, rows.a_case(store, "L1"), role=Role.OPS, assignee="s-1")
    theirs = rows.a_task(store, rows.a_case(store, "L2"), role=Role.OPS, assignee="s-2")
    with store.transaction() as connection:
        assert [task.task_id for task in held_by(connection, "s-1")] == [mine]
        hand = partial(handing.hand, connection, giver="s-1", to="s-3", by="s-admin", at=AT, why="left")
        assert (hand(mine), hand(theirs), hand(mine)) == (True, False, False)
        assert handing.free_roles(connection, "s-2", {"ops"}, by="s-admin", at=AT) == 1
        assert handing.free_roles(connection, "s-2", set(), by="s-admin", at=AT) == 0
    with store.reading() as connection:
        held = {row.task_id: row.assignee for row in connection.execute(select(tasks))}
    assert held == {mine: "s-3", theirs: None}
