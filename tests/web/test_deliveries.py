"""What a carrier reported of a notice, typed in by hand, and what became of it."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import select, update

from arrears.policy.state import Clock
from arrears.store import people
from arrears.store.tables import borrowers, notices
from tests.builders import CaseRoom, standing_at
from tests.web.branch import Branch, Desk
from tests.web.reading import read


@pytest.fixture
def sent(branch: Branch, room: CaseRoom) -> str:
    """A case in the formal stage, two days after its notice was sent."""
    case_id = room.a_case(name="王佳怡", days_past_due=45, overdue=30_000_00, stage="formal")
    room.say(case_id, "notice_release", "release", by="s-lead")
    room.pass_until(case_id, Clock.SEND)
    room.pass_days(case_id, 2)
    return case_id


def _href(case_id: str) -> str:
    return f"/cases/{case_id}/notices/{case_id}-notice-1/delivery"


def _typed(room: CaseRoom, *, hours_ago: int = 1) -> str:
    """As the browser's field of day and time writes it: the bank's wall clock, to the minute."""
    at = (room.now - timedelta(hours=hours_ago)).astimezone(ZoneInfo(room.rules.calendar.zone))
    return at.strftime("%Y-%m-%dT%H:%M")


def _report(desk: Desk, room: CaseRoom, case_id: str, **fields: str) -> httpx.Response:
    typed = {"status": "arrived", "at": _typed(room)} | fields
    answer = desk.client.post(_href(case_id), data={"csrf": desk.csrf, **typed})
    return desk.get(answer.headers["location"]) if answer.status_code == 303 else answer


@pytest.mark.parametrize("login", ["ops", "desk"])
def test_an_arrival_is_reported_from_the_case_page_and_starts_the_debtors_time(
    branch: Branch, room: CaseRoom, sent: str, login: str
) -> None:
    with standing_at(room):
        desk = branch.at(login)
        case = read(desk.get(f"/cases/{sent}"))
        assert case.links["登记送达或退回"] == _href(sent)
        assert _href(sent) in read(desk.get(_href(sent))).actions
        answer = _report(desk, room, sent, reference=" EA123456789CN ")
    assert answer.status_code == 200
    page = read(answer)
    for shown in ("催告函已送达", "已生效", "EA123456789CN", "还款宽限至", branch.people[login].name):
        assert shown in page.words
    notice = room.state(sent).notice
    assert notice is not None
    assert notice.phase == "arrived"
    with standing_at(room):
        assert "已登记回执：催告函已送达" in read(desk.get(f"/cases/{sent}")).words


def test_a_letter_that_came_back_has_operations_look_for_another_address(
    branch: Branch, room: CaseRoom, sent: str
) -> None:
    with room.store.transaction() as connection:
        connection.execute(update(borrowers).values(service_address_agreed=False))
    with standing_at(room):
        page = read(_report(branch.at("ops"), room, sent, status="returned"))
    assert "该催告函不能登记回执" in page.words
    assert room.task(sent, "new_address").why == "notice_returned"


def test_a_letter_that_came_back_from_an_agreed_address_is_served_all_the_same(
    branch: Branch, room: CaseRoom, sent: str
) -> None:
    with standing_at(room):
        page = read(_report(branch.at("ops"), room, sent, status="returned"))
    for shown in ("催告函被退回", "已生效", "催告函：已送达", "还款宽限至"):
        assert shown in page.words


def test_the_same_report_twice_is_one_and_another_time_is_told_apart(
    branch: Branch, room: CaseRoom, sent: str
) -> None:
    with standing_at(room):
        desk = branch.at("ops")
        assert _report(desk, room, sent).status_code == 200
        seq = room.case(sent).seq
        assert _report(desk, room, sent).status_code == 200
        other = _report(desk, room, sent, at=_typed(room, hours_ago=3))
    assert room.case(sent).seq == seq
    assert other.status_code == 409
    assert "此前已登记过同类回执，时间或单号不同" in read(other).words


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        ({"status": ""}, {"status": "请选择已送达或已退回"}),
        ({"status": "lost", "at": ""}, {"status": "请选择已送达或已退回", "at": "请填写日期和时间"}),
        ({"at": "2026-12-31"}, {"at": "请按“年-月-日 时:分”填写"}),
        ({"at": "2026-02-30T10:00"}, {"at": "请按“年-月-日 时:分”填写"}),
        ({"at": "2026-13-01 10:00"}, {"at": "请按“年-月-日 时:分”填写"}),
        ({"at": "2999-01-01T10:00"}, {"at": "时间不能晚于现在"}),
        ({"at": "2020-01-01 10:00"}, {"at": "该时间早于催告函发出时间"}),
        ({"reference": "请联系 13800005678"}, {"reference": "单号只能含字母、数字、- 和 _"}),
    ],
)
def test_a_fault_is_said_beside_its_field_and_nothing_is_kept(
    branch: Branch, room: CaseRoom, sent: str, fields: dict[str, str], faults: dict[str, str]
) -> None:
    seq = room.case(sent).seq
    with standing_at(room):
        answer = _report(branch.at("ops"), room, sent, **fields)
    assert answer.status_code == 422
    page = read(answer)
    summary = {
        one.attributes["href"]: one.text
        for one in page.all("a")
        if one.attributes.get("href", "").startswith("#f-")
    }
    assert summary.keys() == {f"#f-{name}" for name in faults}
    for name, words in faults.items():
        assert summary[f"#f-{name}"].startswith(words)
    assert room.case(sent).seq == seq


def test_english_says_it_too(branch: Branch, room: CaseRoom, sent: str) -> None:
    with branch.room.store.transaction() as connection:
        people.set_language(connection, "s-ops", "en")
    with standing_at(room):
        page = read(_report(branch.at("ops"), room, sent))
    for told in ("Delivery of a notice", "The notice arrived", "Applied", "time of Asia/Shanghai"):
        assert told in page.words


def test_a_report_waits_where_the_engine_is_away(branch: Branch, room: CaseRoom, sent: str) -> None:
    room.away = True
    with standing_at(room):
        page = read(_report(branch.at("ops"), room, sent))
    assert "等待中" in page.words
    assert page.links["再看一次"] == _href(sent)


def test_of_a_notice_not_sent_and_of_a_closed_case_nothing_is_reported(
    branch: Branch, room: CaseRoom, sent: str
) -> None:
    released = room.a_case(days_past_due=45, stage="formal", overdue=9_000_00, balance=9_000_00)
    room.say(released, "notice_release", "release", by="s-lead")
    room.pay(sent, 30_000_00)
    with standing_at(room):
        desk = branch.at("ops")
        for case_id in (released, sent):
            page = read(desk.get(_href(case_id)))
            assert "该催告函不能登记回执" in page.words
            assert _href(case_id) not in page.actions
            assert _href(case_id) not in read(desk.get(f"/cases/{case_id}")).links.values()
        assert _report(desk, room, released).status_code == 422
        assert _report(desk, room, sent).status_code == 409


@pytest.mark.parametrize(
    "path", ["case-none-1/notices/n/delivery", "{case}/notices/x/delivery", "%00/notices/x/delivery"]
)
def test_a_notice_that_is_not_of_the_case_is_not_there(branch: Branch, sent: str, path: str) -> None:
    address = "/cases/" + path.format(case=sent)
    desk = branch.at("ops")
    assert desk.get(address).status_code == 404
    assert desk.post(address, status="arrived", at="2026-11-24T10:00").status_code == 404


@pytest.mark.parametrize("login", ["collector", "lead", "advisor1", "compliance", "operator", "admin"])
def test_nobody_else_reports(branch: Branch, sent: str, login: str) -> None:
    desk = branch.at(login)
    assert desk.get(_href(sent)).status_code == 403
    assert desk.post(_href(sent), status="arrived", at="2026-11-24T10:00").status_code == 403
    if login != "admin":
        assert _href(sent) not in read(desk.get(f"/cases/{sent}")).links.values()


def test_a_day_before_the_letter_went_out_is_told_at_once_beside_its_field(
    branch: Branch, room: CaseRoom, sent: str
) -> None:
    room.pass_until(sent, Clock.SILENCE)
    task_id = room.task(sent, "delivery_check").task_id
    with room.store.reading() as connection:
        sent_at = connection.execute(select(notices.c.sent_at).where(notices.c.case_id == sent)).scalar_one()
    went_out = room.rules.calendar.day_of(int(sent_at.timestamp()))
    with standing_at(room):
        desk = branch.at("ops")
        desk.post(f"/tasks/{task_id}/claim")

        def arrived(on: date) -> httpx.Response:
            fields = {"outcome": "arrived", "arrived_on": str(on), "facts_no": "1"}
            return desk.client.post(f"/tasks/{task_id}/decision", data={"csrf": desk.csrf, **fields})

        early = arrived(went_out - timedelta(days=1))
        assert early.status_code == 422
        assert read(early).one("a", href="#f-arrived_on").text.startswith("该日早于催告函发出日")
        assert arrived(went_out).status_code == 303
    notice = room.state(sent).notice
    assert notice is not None
    assert notice.phase == "arrived"
