"""Staff: the list, invitations, roles, who leaves and where the work goes."""

import re
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import delete, select, update

from arrears.store import audit
from arrears.store.tables import audit_rows, certificates, invitations, staff, tasks
from tests.builders import CaseRoom
from tests.web.branch import PASSWORD, Branch
from tests.web.reading import read

NEW = "a longer and newer sentence"
WANG = {"login": "wang", "name": "王敏", "roles": ["collector", "case_desk"], "language": "zh-CN"}


def _post(branch: Branch, login: str, path: str, /, **fields: object) -> httpx.Response:
    desk = branch.at(login)
    return desk.client.post(path, data={"csrf": desk.csrf, **fields})


def _invite(branch: Branch, **changes: object) -> str:
    answer = _post(branch, "admin", "/staff/invite", **{**WANG, **changes})
    assert answer.status_code == 200, answer.text
    (link,) = [one for one in read(answer).all("code") if "data-link" in one.attributes]
    return link.text.removeprefix("http://127.0.0.1:8400")


def _accept(branch: Branch, link: str, new: str = NEW, again: str = NEW) -> httpx.Response:
    visitor = branch.visitor()
    token = read(visitor.get(link)).all("input", name="token")[0].attributes["value"]
    return visitor.post("/invitation", data={"token": token, "new": new, "again": again})


def _signs_in(branch: Branch, login: str, password: str) -> bool:
    answer = branch.visitor().post("/login", data={"login": login, "password": password})
    return answer.status_code == 303


def _whats(branch: Branch) -> list[str]:
    with branch.room.store.reading() as connection:
        assert audit.verify(connection, audit.HOUSE) == []
        return list(
            connection.execute(
                select(audit_rows.c.what).where(audit_rows.c.stream == audit.HOUSE).order_by(audit_rows.c.n)
            ).scalars()
        )


def _id_of(branch: Branch, login: str) -> str:
    with branch.room.store.reading() as connection:
        found: str = connection.execute(select(staff.c.staff_id).where(staff.c.login == login)).scalar_one()
        return found


# ---- invitations -----------------------------------------------------------------------------------------


def test_an_invited_person_sets_the_password_and_is_in(branch: Branch) -> None:
    link = _invite(branch)
    page = read(branch.at("admin").get("/staff"))
    assert [row.attributes["data-standing"] for row in page.all("tr") if "王敏" in row.text] == ["invited"]
    assert not _signs_in(branch, "wang", NEW)
    done = _accept(branch, link)
    assert (done.status_code, done.headers["location"]) == (303, "/")
    assert "set-cookie" in done.headers
    assert _signs_in(branch, "wang", NEW)
    assert _whats(branch)[-4:] == ["staff_invited", "link_made", "invitation_accepted", "signed_in"]


def test_a_link_is_good_for_one_use_and_only_its_hash_is_kept(branch: Branch) -> None:
    link = _invite(branch)
    token = link.rsplit("/", 1)[1]
    with branch.room.store.reading() as connection:
        assert token not in str(connection.execute(select(invitations)).all())
        assert token not in str(connection.execute(select(audit_rows.c.detail)).all())
    assert [branch.visitor().get(link).status_code for _ in range(2)] == [200, 200]
    assert _accept(branch, link).status_code == 303
    used, invented = branch.visitor().get(link), branch.visitor().get("/invitation/" + "x" * 43)
    assert (used.status_code, invented.status_code) == (404, 404)
    assert used.text.replace(link, "") == invented.text.replace("/invitation/" + "x" * 43, "")
    again = branch.visitor().post("/invitation", data={"token": token, "new": NEW, "again": NEW})
    assert again.status_code == 404


def test_a_link_ends_by_itself_and_a_new_one_ends_the_old(branch: Branch) -> None:
    first = _invite(branch)
    path = f"/staff/{_id_of(branch, 'wang')}/link"
    answer = _post(branch, "admin", path)
    second = re.search(r"/invitation/[\w-]{43}", answer.text)
    assert second
    assert branch.visitor().get(first).status_code == 404
    assert branch.visitor().get(second[0]).status_code == 200
    with branch.room.store.transaction() as connection:
        late = invitations.c.ends_at
        ended = connection.execute(select(late)).scalar_one() - timedelta(hours=73)
        connection.execute(update(invitations).values(ends_at=ended))
    assert branch.visitor().get(second[0]).status_code == 404
    assert "链接已过期" in branch.at("admin").get("/staff").text


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"login": "collector"}, "该登录名已被使用"),
        ({"login": "LEAD "}, "该登录名已被使用"),
        ({"login": "two words"}, "登录名限用"),
        ({"login": ""}, "登录名限用"),
        ({"name": " "}, "请填写姓名"),
        ({"roles": []}, "请至少选择一个角色"),
        ({"roles": ["king"]}, "请至少选择一个角色"),
        ({"language": "fr"}, "请选择语言"),
    ],
)
def test_what_is_wrong_with_an_invitation_is_said_and_what_was_typed_stays(
    branch: Branch, changes: dict[str, object], says: str
) -> None:
    answer = _post(branch, "admin", "/staff/invite", **{**WANG, **changes})
    assert (answer.status_code, says in answer.text) == (422, True)
    if "name" not in changes:
        assert read(answer).one("input", name="name").attributes["value"] == "王敏"
    assert _whats(branch) == []


@pytest.mark.parametrize("new", ["short", "wang has a long one", "aaaaaaaaaaaaaaa"])
def test_a_password_that_cannot_be_leaves_the_link_good(branch: Branch, new: str) -> None:
    link = _invite(branch)
    assert _accept(branch, link, new, new).status_code == 422
    assert _accept(branch, link, NEW, NEW + "x").status_code == 422
    assert _accept(branch, link).status_code == 303


def test_a_new_link_lets_somebody_who_forgot_set_another_password(branch: Branch) -> None:
    there = branch.at("collector")
    link = re.search(r"/invitation/[\w-]{43}", _post(branch, "admin", "/staff/s-collector/link").text)
    assert link
    assert _signs_in(branch, "collector", PASSWORD)
    assert _accept(branch, link[0]).status_code == 303
    assert there.get("/inbox").status_code == 303
    assert (_signs_in(branch, "collector", PASSWORD), _signs_in(branch, "collector", NEW)) == (False, True)


def test_who_has_left_gets_no_link_and_an_old_one_opens_nothing(branch: Branch) -> None:
    link = re.search(r"/invitation/[\w-]{43}", _post(branch, "admin", "/staff/s-collector/link").text)
    assert link
    assert _post(branch, "admin", "/staff/s-collector/leave", to="queue").status_code == 200
    assert branch.visitor().get(link[0]).status_code == 404
    assert _post(branch, "admin", "/staff/s-collector/link").status_code == 404


# ---- roles -----------------------------------------------------------------------------------------------


def test_a_role_that_is_taken_is_gone_at_the_next_click_with_its_work(branch: Branch, room: CaseRoom) -> None:
    collector = branch.at("collector")
    task = room.task(room.a_case(), "first_contact").task_id
    assert collector.post(f"/tasks/{task}/claim").status_code == 303
    answer = _post(branch, "admin", "/staff/s-collector/roles", roles=["ops", "case_desk"])
    assert answer.headers["location"] == "/staff/s-collector"
    assert collector.get("/inbox").status_code == 303
    with room.store.reading() as connection:
        held = connection.execute(select(tasks.c.assignee).where(tasks.c.task_id == task)).scalar()
        (told,) = connection.execute(
            select(audit_rows.c.actor, audit_rows.c.detail).where(audit_rows.c.what == "roles_changed")
        ).all()
    assert held is None
    assert told.actor == "s-admin"
    assert told.detail == {
        "staff_id": "s-collector",
        "given": ["case_desk", "ops"],
        "taken": ["collector"],
    }


def test_the_same_roles_sign_nobody_out(branch: Branch) -> None:
    _post(branch, "admin", "/staff/s-collector/roles", roles=["collector"])
    assert branch.at("collector").get("/inbox").status_code == 200
    assert _whats(branch) == []


def test_nobody_is_left_without_a_role(branch: Branch) -> None:
    answer = _post(branch, "admin", "/staff/s-collector/roles", roles=[])
    assert (answer.status_code, "请至少选择一个角色" in answer.text) == (422, True)


@pytest.mark.parametrize("act", ["roles", "link", "leave", "return"])
def test_nobody_does_it_to_oneself(branch: Branch, act: str) -> None:
    answer = _post(branch, "admin", f"/staff/s-admin/{act}", roles=["manager"], to="queue")
    assert answer.status_code == 403
    page = read(branch.at("admin").get("/staff/s-admin"))
    assert [
        action
        for action in page.actions
        if action.startswith("/staff") and action.split("/")[3] not in ("sessions", "absences")
    ] == []


@pytest.mark.parametrize(
    "login", ["collector", "lead", "advisor1", "ops", "manager", "compliance", "operator"]
)
def test_nobody_else_manages_staff(branch: Branch, login: str) -> None:
    for path in ("roles", "link", "leave", "return"):
        assert _post(branch, login, f"/staff/s-colleague/{path}", roles=["admin"]).status_code == 403
    assert _post(branch, login, "/staff/invite", **WANG).status_code == 403
    sees = login in {"lead", "ops", "manager", "compliance"}
    assert branch.at(login).get("/staff").status_code == (200 if sees else 403)


@pytest.mark.parametrize(
    ("login", "ends"), [("manager", True), ("ops", True), ("admin", True), ("lead", False)]
)
def test_who_answers_for_it_signs_somebody_out(branch: Branch, login: str, *, ends: bool) -> None:
    there = branch.at("collector")
    assert there.get("/inbox").status_code == 200
    page = read(branch.at(login).get("/staff/s-collector"))
    assert ("/staff/s-collector/sessions/end" in page.actions) is ends
    assert _post(branch, login, "/staff/s-collector/sessions/end").status_code == (303 if ends else 403)
    assert there.get("/inbox").status_code == (303 if ends else 200)
    if ends:
        assert _whats(branch)[-1:] == ["sessions_ended"]


# ---- leaving ---------------------------------------------------------------------------------------------


@pytest.fixture
def held(branch: Branch, room: CaseRoom) -> list[str]:
    """Three tasks in the collector's hands."""
    made = [room.task(room.a_case(), "first_contact").task_id for _ in range(3)]
    for task in made:
        assert branch.at("collector").post(f"/tasks/{task}/claim").status_code == 303
    return made


def _holders(room: CaseRoom, made: list[str]) -> list[str | None]:
    with room.store.reading() as connection:
        rows = connection.execute(select(tasks.c.task_id, tasks.c.assignee)).all()
    found = {row.task_id: row.assignee for row in rows}
    return [found[task] for task in made]


def _came(answer: httpx.Response) -> list[str]:
    return sorted(
        row.attributes["data-came"] for row in read(answer).all("tr") if "data-came" in row.attributes
    )


def test_whoever_leaves_is_out_and_the_work_goes_where_it_is_sent(
    branch: Branch, room: CaseRoom, held: list[str]
) -> None:
    page = read(branch.at("admin").get("/staff/s-collector/leave"))
    assert {f"to-{task}" for task in held} <= {one.attributes["name"] for one in page.all("select")}
    answer = _post(
        branch, "admin", "/staff/s-collector/leave", to="s-colleague", **{f"to-{held[1]}": "queue"}
    )
    assert (answer.status_code, _came(answer)) == (200, ["handed", "handed", "queued"])
    assert "已移交给 李敏" in answer.text
    assert _holders(room, held) == ["s-colleague", None, "s-colleague"]
    assert branch.at("collector").get("/inbox").status_code == 303
    assert not _signs_in(branch, "collector", PASSWORD)
    assert held[0] in branch.at("colleague").get("/inbox?view=mine").text
    with room.store.reading() as connection:
        for task in held:
            case_id = connection.execute(select(tasks.c.case_id).where(tasks.c.task_id == task)).scalar_one()
            assert audit.verify(connection, case_id) == []
    story = branch.at("lead").get(f"/cases/{case_id}").text
    assert "首次联系：已移交" in story


@pytest.mark.rule("C19")
def test_what_a_colleague_may_not_have_goes_to_the_queue_and_is_named(
    branch: Branch, room: CaseRoom, held: list[str]
) -> None:
    with room.store.transaction() as connection:
        connection.execute(delete(certificates).where(certificates.c.staff_id == "s-colleague"))
        barred = update(tasks).where(tasks.c.task_id == held[0]).values(barred=["s-colleague"])
        connection.execute(barred)
    answer = _post(
        branch, "admin", "/staff/s-collector/leave", to="s-colleague", **{f"to-{held[2]}": "s-lead"}
    )
    assert _came(answer) == ["barred", "not_fit", "uncertified"]
    assert _holders(room, held) == [None, None, None]


def test_somebody_who_is_not_there_takes_over_nothing(
    branch: Branch, room: CaseRoom, held: list[str]
) -> None:
    answer = _post(branch, "admin", "/staff/s-collector/leave", to="s-nobody")
    assert (answer.status_code, "请选择在职同事" in answer.text) == (422, True)
    assert _holders(room, held) == ["s-collector"] * 3
    assert branch.at("collector").get("/inbox").status_code == 200


def test_the_same_again_hands_over_what_was_left(branch: Branch, room: CaseRoom, held: list[str]) -> None:
    with room.store.transaction() as connection:
        connection.execute(update(staff).where(staff.c.staff_id == "s-collector").values(active=False))
    assert "移交剩余任务" in branch.at("admin").get("/staff/s-collector").text
    answer = _post(branch, "admin", "/staff/s-collector/leave", to="queue")
    assert _came(answer) == ["queued"] * 3
    assert _came(_post(branch, "admin", "/staff/s-collector/leave", to="queue")) == []
    assert _holders(room, held) == [None] * 3


def test_an_invitation_that_is_withdrawn_frees_the_log_in(branch: Branch) -> None:
    link = _invite(branch)
    answer = _post(branch, "admin", f"/staff/{_id_of(branch, 'wang')}/leave")
    assert answer.headers["location"] == "/staff"
    assert branch.visitor().get(link).status_code == 404
    assert _accept(branch, _invite(branch)).status_code == 303


def test_who_comes_back_is_let_in_again(branch: Branch) -> None:
    _post(branch, "admin", "/staff/s-collector/leave", to="queue")
    assert "陈静" in branch.at("admin").get("/staff?status=left").text
    assert "陈静" not in read(branch.at("admin").get("/staff")).words
    assert _post(branch, "admin", "/staff/s-collector/return").status_code == 303
    assert _signs_in(branch, "collector", PASSWORD)


def test_a_person_who_does_not_exist_is_not_there(branch: Branch) -> None:
    assert branch.at("lead").get("/staff/s-nobody").status_code == 404
    assert branch.at("admin").get("/staff/s-nobody/leave").status_code == 404
    for act in ("roles", "link", "leave", "return", "sessions/end"):
        answer = _post(branch, "admin", f"/staff/s-nobody/{act}", roles=["ops"], to="queue")
        assert answer.status_code == 404, act


def test_a_long_list_goes_on_without_a_name_in_the_address(branch: Branch, room: CaseRoom) -> None:
    row = {"name": "甲", "roles": ["ops"], "language": "en", "active": True, "created_at": room.now}
    with room.store.transaction() as connection:
        connection.execute(
            staff.insert(), [{**row, "staff_id": f"s-{n:03}", "login": f"x{n:03}"} for n in range(90)]
        )
    found, path, pages = [], "/staff", 0
    while path:
        page = read(branch.at("lead").get(path))
        hrefs = [one.attributes["href"] for one in page.all("a")]
        found += [href for href in hrefs if href.startswith("/staff/s-")]
        path = next((href for href in hrefs if "after=" in href), "")
        assert "after=x" not in path
        pages += 1
    assert pages > 1
    assert (len(found), len(set(found))) == (102, 102)
