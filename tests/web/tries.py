"""One try for each form there is: filled in and sent by a window without script, and what was meant has happened."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import insert

from api.desk.publishing import PackDesk
from arrears.policy.state import Clock
from arrears.store import intents, packs
from arrears.store.intents import PaymentIn
from arrears.store.tables import contact_points
from tests.builders import CaseRoom, standing_at
from tests.web.branch import PASSWORD, Branch
from tests.web.plain import Plain

PDF: Final = b"%PDF-1.7\nsigned"
NEW: Final = "a longer horse battery"
CLAUSES: Final = ["unable_and_willing", "no_new_card", "rights_and_breach"]


@dataclass
class Stage:
    """A branch, and its cases as a try needs them."""

    branch: Branch
    room: CaseRoom
    folder: Path

    def at(self, login: str) -> Plain:
        return Plain(self.branch.at(login).client)

    def visitor(self) -> Plain:
        return Plain(self.branch.visitor())

    def task(self, **facts: Any) -> str:
        return str(self.room.task(self.room.a_case(**facts), "first_contact").task_id)

    def taken(self, login: str = "collector") -> tuple[Plain, str]:
        """A window on a task in the person's own hands."""
        task_id = self.task()
        window = self.at(login)
        window.open(f"/tasks/{task_id}")
        window.send(f"/tasks/{task_id}/claim")
        return window, task_id

    def calling(self) -> Plain:
        window, task_id = self.taken()
        window.send(f"/tasks/{task_id}/call")
        return window

    def visiting(self) -> Plain:
        window, task_id = self.taken()
        window.send(f"/tasks/{task_id}/visit", companion="s-colleague")
        return window

    @contextmanager
    def claim(self) -> Iterator[tuple[Plain, str]]:
        """A claim before its first review, in front of an advisor, months later."""
        task_id = self.room.task(self.room.a_claim(), "legal_review").task_id
        with standing_at(self.room):
            window = self.at("advisor1")
            window.open(f"/approvals/{task_id}")
            yield window, f"/approvals/{task_id}"


Try = Callable[[Stage], None]
TRIES: Final[dict[str, Try]] = {}


def tries(*routes: str) -> Callable[[Try], Try]:
    def named(one: Try) -> Try:
        TRIES.update(dict.fromkeys(routes, one))
        return one

    return named


# ---- the door --------------------------------------------------------------------------------------------


@tries("POST /login")
def _signs_in(stage: Stage) -> None:
    window = stage.visitor()
    window.open("/inbox")
    window.send("/login", login="lead", password="wrong", status=422)
    window.send("/login", login="lead", password=PASSWORD)
    assert "周凯" in window.text


@tries("POST /logout")
def _signs_out(stage: Stage) -> None:
    window = stage.at("lead")
    window.open("/prefs")
    window.send("/logout")
    window.open("/inbox")
    assert 'action="/login"' in window.text


@tries("POST /prefs")
def _speaks_another_language_in_the_dark(stage: Stage) -> None:
    window = stage.at("lead")
    window.open("/inbox")
    window.send("/prefs", press="en")
    assert '<html lang="en"' in window.text
    window.send("/prefs", press="dark")
    assert 'data-theme="dark"' in window.text


@tries("POST /sessions/end-others", "POST /sessions/{handle}/end")
def _ends_other_sessions(stage: Stage) -> None:
    for _ in range(2):
        stage.branch.entrance.sessions.open("s-lead")
    window = stage.at("lead")
    window.open("/sessions")
    window.send("/sessions/(?!end-others).*/end")
    window.send("/sessions/end-others")
    assert not [form for form in window.forms() if form.action.startswith("/sessions/")]


@tries("POST /password")
def _changes_the_password(stage: Stage) -> None:
    window = stage.at("lead")
    window.open("/password")
    window.send("/password", old=PASSWORD, new=NEW, again=NEW)
    stranger = stage.visitor()
    stranger.open("/login")
    stranger.send("/login", login="lead", password=NEW)


@tries("POST /invitation", "POST /staff/{staff_id}/link")
def _comes_by_a_link(stage: Stage) -> None:
    admin = stage.at("admin")
    admin.open("/staff/s-colleague")
    admin.send("/staff/s-colleague/link")
    (address,) = re.findall(r"/invitation/[\w.~-]+", admin.text)[:1]
    window = stage.visitor()
    window.open(address)
    window.send("/invitation", new=NEW, again=NEW)
    assert "李敏" in window.text


# ---- people ----------------------------------------------------------------------------------------------


@tries("POST /staff/invite")
def _invites(stage: Stage) -> None:
    window = stage.at("admin")
    window.open("/staff/invite")
    window.send("/staff/invite", login="newcomer", name="新人", roles=["collector"])
    assert "/invitation/" in window.text


@tries("POST /staff/{staff_id}/leave", "POST /staff/{staff_id}/return")
def _leaves_and_comes_back(stage: Stage) -> None:
    window = stage.at("admin")
    window.open("/staff/s-colleague/leave")
    window.send("/staff/s-colleague/leave")
    window.open("/staff/s-colleague")
    window.send("/staff/s-colleague/return")
    assert "/staff/s-colleague/leave" in window.text


@tries("POST /staff/{staff_id}/roles")
def _gives_a_role(stage: Stage) -> None:
    window = stage.at("admin")
    window.open("/staff/s-colleague")
    window.send("/staff/s-colleague/roles", roles=["collector", "case_desk"])
    assert set(_roles_of(window)) == {"collector", "case_desk"}


def _roles_of(window: Plain) -> list[str]:
    (form,) = [one for one in window.forms() if one.action.endswith("/roles")]
    return form.controls["roles"].sent


@tries("POST /staff/{staff_id}/sessions/end")
def _signs_somebody_out(stage: Stage) -> None:
    stage.at("colleague")
    window = stage.at("admin")
    window.open("/staff/s-colleague")
    window.send("/staff/s-colleague/sessions/end")
    assert 'action="/login"' in stage.branch.at("colleague").get("/inbox").text


@tries("POST /staff/{staff_id}/absences", "POST /staff/{staff_id}/absences/{absence_id}/end")
def _plans_an_absence_and_withdraws_it(stage: Stage) -> None:
    window, today = stage.at("lead"), str(stage.room.today)
    window.open("/staff/s-collector")
    window.send("/staff/s-collector/absences", from_day=today, to_day=today, substitute_id="s-colleague")
    window.send("/staff/s-collector/absences/.*/end")
    assert "/absences/a-" not in window.text


@tries("POST /certificates/{staff_id}")
def _certifies(stage: Stage) -> None:
    window = stage.at("lead")
    window.open("/certificates")
    window.send("/certificates/s-colleague", tested_on="no day", status=422)
    window.send("/certificates/s-colleague", tested_on=str(stage.room.today))


# ---- the list --------------------------------------------------------------------------------------------


@tries("POST /inbox/search")
def _searches(stage: Stage) -> None:
    wanted, other = stage.task(name="温立群"), stage.task(name="温暖")
    window = stage.at("collector")
    window.open("/inbox")
    window.send("/inbox/search", words="温立")
    assert wanted in window.text
    assert other not in window.text


@tries("POST /inbox/views", "POST /inbox/views/{view_id}/remove")
def _filters_and_keeps_the_view(stage: Stage) -> None:
    task = stage.task()
    window = stage.at("collector")
    window.open("/inbox")
    window.send("/inbox", stage=["legal"])
    assert task not in window.text
    window.send("/inbox/views", name="法律")
    assert ">法律</a>" in window.text
    window.send("/inbox/views/.*/remove")
    assert ">法律</a>" not in window.text


@tries("POST /inbox/export")
def _carries_the_list_away(stage: Stage) -> None:
    loan_id = stage.room.case(stage.room.a_case()).loan_id
    window = stage.at("lead")
    window.open("/inbox?team=1")
    window.send("/inbox/export")
    assert loan_id in window.text


@tries("POST /inbox/claim", "POST /inbox/assign")
def _takes_and_gives_several(stage: Stage) -> None:
    tasks = [stage.task(), stage.task()]
    window = stage.at("collector")
    window.open("/inbox")
    window.send("/inbox/claim", task=tasks)
    lead = stage.at("lead")
    lead.open("/inbox?team=1")
    lead.send("/inbox/assign", task=tasks, to="s-colleague")
    colleague = stage.at("colleague")
    colleague.open("/inbox?view=mine")
    assert all(task in colleague.text for task in tasks)


# ---- one task --------------------------------------------------------------------------------------------


@tries("POST /tasks/{task_id}/claim", "POST /tasks/{task_id}/release")
def _takes_and_gives_back(stage: Stage) -> None:
    window, task_id = stage.taken()
    assert "由您处理" in window.text
    window.send(f"/tasks/{task_id}/release")
    assert "由您处理" not in window.text


@tries("POST /tasks/{task_id}/decision")
def _answers_with_a_promise(stage: Stage) -> None:
    window, task_id = stage.taken()
    window.send(f"/tasks/{task_id}/decision", outcome="ptp", status=422)
    window.send(
        f"/tasks/{task_id}/decision",
        outcome="ptp",
        amount="1,000",
        on=str(stage.room.today),
        reason="发工资后",
    )
    assert "已完成：承诺还款" in window.text


@tries("POST /tasks/{task_id}/undo")
def _takes_an_answer_back(stage: Stage) -> None:
    stage.branch.settings.undo_seconds = 10
    window, task_id = stage.taken()
    window.send(f"/tasks/{task_id}/decision", outcome="na", reason="占线")
    window.send(f"/tasks/{task_id}/undo")
    assert "占线" in window.text


@tries("POST /tasks/{task_id}/draft/discard")
def _throws_a_draft_away(stage: Stage) -> None:
    window, task_id = stage.taken()
    stage.branch.at("collector").post(f"/tasks/{task_id}/draft", reason="写到一半")
    window.open(f"/tasks/{task_id}")
    assert "写到一半" in window.text
    window.send(f"/tasks/{task_id}/draft/discard")
    assert "写到一半" not in window.text


@tries("POST /tasks/{task_id}/call", "POST /tasks/{task_id}/drop")
def _calls_and_does_not(stage: Stage) -> None:
    window = stage.calling()
    assert "13800005678" in window.text
    window.send("/tasks/.*/drop")
    assert "13800005678" not in window.text


@tries("POST /tasks/{task_id}/visit", "POST /tasks/{task_id}/told")
def _visits_and_tells(stage: Stage) -> None:
    window = stage.visiting()
    window.send("/tasks/.*/told", result="met", status=422)
    window.send("/tasks/.*/told", result="met", recording_id="vis-1")
    assert "vis-1" in _case_page(stage, window)


def _case_page(stage: Stage, window: Plain) -> str:
    """Of the task that is open."""
    (case_id,) = set(re.findall(r"/cases/([\w-]+)", window.text))
    lead = stage.at("lead")
    lead.open(f"/cases/{case_id}")
    return lead.text


@tries("POST /tasks/{task_id}/reveal")
def _looks_at_a_number(stage: Stage) -> None:
    window, task_id = stage.taken()
    window.send(f"/tasks/{task_id}/reveal", what="name", purpose="identify")
    assert "刘明辉" in window.text


@tries("POST /tasks/{task_id}/comments", "POST /tasks/{task_id}/comments/seen")
def _comments_beside_the_task(stage: Stage) -> None:
    window, task_id = stage.taken()
    window.send(f"/tasks/{task_id}/comments", words="@colleague 请看扫描件", file=("scan.pdf", PDF))
    assert "scan.pdf" in window.text
    named = stage.at("colleague")
    named.open(f"/tasks/{task_id}")
    named.send(f"/tasks/{task_id}/comments/seen")
    assert not [form for form in named.forms() if form.action.endswith("/seen")]


@tries("POST /tasks/{task_id}/snooze", "POST /tasks/{task_id}/snooze/end")
def _puts_off_and_brings_back(stage: Stage) -> None:
    window, task_id = stage.taken()
    window.send(f"/tasks/{task_id}/snooze")
    window.open(f"/tasks/{task_id}")
    assert "已推迟至" in window.text
    window.send(f"/tasks/{task_id}/snooze/end")
    assert "已推迟至" not in window.text


# ---- one case --------------------------------------------------------------------------------------------


@tries("POST /cases")
def _finds_a_case(stage: Stage) -> None:
    case_id = stage.room.a_case()
    window = stage.at("compliance")
    window.open("/cases")
    window.send("/cases", loan_id=stage.room.case(case_id).loan_id)
    assert window.page is not None
    assert window.page.url.path == f"/cases/{case_id}"


@tries("POST /cases/{case_id}/reveal")
def _looks_at_a_number_of_the_case(stage: Stage) -> None:
    case_id = stage.room.a_case()
    window = stage.at("lead")
    window.open(f"/cases/{case_id}")
    window.send(f"/cases/{case_id}/reveal", what="name", purpose="control")
    assert "刘明辉" in window.text


@tries("POST /cases/{case_id}/comments", "POST /cases/{case_id}/comments/seen")
def _comments_on_the_case(stage: Stage) -> None:
    case_id = stage.room.a_case()
    window = stage.at("collector")
    window.open(f"/cases/{case_id}")
    window.send(f"/cases/{case_id}/comments", words="@lead 请看")
    lead = stage.at("lead")
    lead.open(f"/cases/{case_id}")
    lead.send(f"/cases/{case_id}/comments/seen")
    assert not [form for form in lead.forms() if form.action.endswith("/seen")]


@tries("POST /cases/{case_id}/holds", "POST /cases/{case_id}/holds/{hold_id}/end")
def _places_a_hold_and_ends_it(stage: Stage) -> None:
    case_id = stage.room.a_case()
    window = stage.at("desk")
    window.open(f"/cases/{case_id}/holds")
    window.send(f"/cases/{case_id}/holds", kind="dispute", status=422)
    window.send(f"/cases/{case_id}/holds", kind="dispute", reason="金额不对")
    assert stage.room.state(case_id).holds
    window.send(f"/cases/{case_id}/holds/.*/end", reason="已查清")
    assert not stage.room.state(case_id).holds


@tries("POST /cases/{case_id}/contacts/{contact_id}/consent")
def _writes_down_consent(stage: Stage) -> None:
    case_id = stage.room.a_case()
    person = stage.room.case(case_id).borrower_id
    way = {
        "contact_id": "im-1",
        "borrower_id": person,
        "channel": "im",
        "address": "wx-1",
        "preferred": False,
    }
    with stage.room.store.transaction() as connection:
        connection.execute(insert(contact_points).values(way))
    window = stage.at("collector")
    window.open(f"/cases/{case_id}")
    window.send(f"/cases/{case_id}/contacts/im-1/consent", evidence="rec-1")
    window.send(f"/cases/{case_id}/contacts/im-1/consent")  # and withdraws it
    assert "撤回" in window.text


@tries("POST /cases/{case_id}/contacts")
def _hears_a_debtor(stage: Stage) -> None:
    case_id = stage.room.a_case()
    window = stage.at("desk")
    window.open(f"/cases/{case_id}/contacts/new")
    window.send(f"/cases/{case_id}/contacts", status=422)
    window.send(
        f"/cases/{case_id}/contacts", action="in_call", who="borrower", result="dispute", reason="利息算错"
    )
    assert stage.room.state(case_id).holds


@tries("POST /cases/{case_id}/plans")
def _signs_a_plan(stage: Stage) -> None:
    case_id = stage.room.a_case(days_past_due=45, overdue=60_000_00, balance=80_000_00)
    window = stage.at("planner")
    window.open(f"/cases/{case_id}/plans/new")
    figures = {
        "method": "equal_parts",
        "amount": "60,000",
        "periods": "12",
        "first_due_on": str(stage.room.today + timedelta(days=30)),
        "charges": "stop",
    }
    window.send(f"/cases/{case_id}/plans", figures, press="compute")
    assert "¥5,000.00" in window.text
    window.send(f"/cases/{case_id}/plans", press="sign", acceptance="signed", proof="DOC-1", clause=CLAUSES)
    assert "/plans" not in [form.action for form in window.forms()]
    assert stage.room.state(case_id).plan is not None


@tries("POST /cases/{case_id}/notices/{notice_id}/delivery")
def _reports_a_delivery(stage: Stage) -> None:
    room = stage.room
    case_id = room.a_case(days_past_due=45, stage="formal")
    room.say(case_id, "notice_release", "release", by="s-lead")
    room.pass_until(case_id, Clock.SEND)
    room.now += timedelta(hours=1)
    page = f"/cases/{case_id}/notices/{case_id}-notice-1/delivery"
    with standing_at(room):
        window = stage.at("ops")
        window.open(page)
        window.send(page, {"status": "arrived", "at": stage.branch.app.state.office.shapes.minute(room.now)})
    assert "已送达" in window.text


# ---- claims ----------------------------------------------------------------------------------------------


@tries("POST /approvals/{task_id}/claim", "POST /approvals/{task_id}/decision")
def _returns_a_claim(stage: Stage) -> None:
    with stage.claim() as (window, href):
        window.send(f"{href}/claim")
        window.send(f"{href}/decision", outcome="return", reason="补充证据")
        window.send(f"{href}/decision")  # confirmed
        assert "已完成" in window.text


@tries("POST /approvals/{task_id}/undo")
def _takes_back_what_was_said_of_a_claim(stage: Stage) -> None:
    stage.branch.settings.undo_seconds = 10
    with stage.claim() as (window, href):
        window.send(f"{href}/claim")
        window.send(f"{href}/decision", outcome="return", reason="补充证据")
        window.send(f"{href}/decision")  # confirmed
        window.send(f"{href}/undo")
        assert "补充证据" in window.text, "as a draft"


@tries("POST /approvals/{task_id}/evidence", "POST /approvals/{task_id}/evidence/{exhibit_id}/withdraw")
def _hands_in_a_document(stage: Stage) -> None:
    with stage.claim() as (window, href):
        window.send(f"{href}/evidence", item="contract", file=("scan.pdf", PDF))
        window.send(f"{href}/evidence/.*/withdraw")
        assert "/withdraw" not in window.text


@tries("POST /approvals/{task_id}/draft/discard")
def _throws_the_draft_of_a_claim_away(stage: Stage) -> None:
    with stage.claim() as (window, href):
        window.send(f"{href}/claim")
        draft = f"/tasks/{href.rsplit('/', 1)[1]}/draft"
        stage.branch.at("advisor1").post(draft, reason="写到一半")
        window.open(href)
        assert "写到一半" in window.text
        window.send(f"{href}/draft/discard")
        assert "写到一半" not in window.text


# ---- money, incidents, the bank --------------------------------------------------------------------------


@tries("POST /payments", "POST /payments/{payment_id}/reversal")
def _posts_a_payment_and_takes_it_back(stage: Stage) -> None:
    case_id = stage.room.a_case(overdue=100_000, balance=500_000)
    window = stage.at("ops")
    window.open("/payments/new")
    window.send("/payments", loan_id=stage.room.case(case_id).loan_id, amount="400", status=200)
    assert stage.room.case(case_id).overdue_minor == 60_000
    window.send("/payments/.*/reversal", reason="bank_error")
    assert stage.room.case(case_id).overdue_minor == 100_000


@tries("POST /payments/{payment_id}/final")
def _makes_a_payment_final(stage: Stage) -> None:
    room, day = stage.room, stage.room.today
    loan_id = room.case(room.a_case()).loan_id
    coming = PaymentIn("P-1", loan_id, day, day, 100, room.rules.terms.currency, provisional=True)
    with room.store.transaction() as connection:
        intents.post_payment(connection, coming, at=room.now, source="core-bank", reopen_days=7)
    window = stage.at("ops")
    window.open("/payments/P-1")
    window.send("/payments/P-1/final")
    assert "/final" not in window.text


@tries("POST /incidents/{incident_id}/close")
def _closes_an_incident(stage: Stage) -> None:
    with stage.room.store.transaction() as connection:
        intents.raise_incident(connection, kind="unknown_message", key="k", at=stage.room.now, detail={})
    window = stage.at("operator")
    window.open("/incidents")
    window.send("/incidents/.*/close", status=422)
    window.send("/incidents/.*/close", reason="查过了")
    assert "/close" not in window.text


@tries("POST /freeze", "POST /freeze/{hold_id}/end")
def _stops_the_bank_and_lets_it_go_on(stage: Stage) -> None:
    for login, action in (("manager", "/freeze"), ("lead", "/freeze/.*/end")):
        window = stage.at(login)
        window.open("/freeze")
        window.send(action, status=422)
        window.send(action, reason="系统故障")
    assert not [form for form in window.forms() if form.action.endswith("/end")]


@tries("POST /packs/{version}/approve", "POST /packs/{version}/withdraw")
def _turns_the_second_key(stage: Stage) -> None:
    for n, (login, action) in enumerate((("manager", "approve"), ("compliance", "withdraw"))):
        file = stage.folder / f"trial{n}.toml"
        text = f'extends = "cn-bank-2026"\npack = "trial.{n}"\n[legal]\nreview_dpd = 8{n}\n'
        file.write_text(text, encoding="utf-8")
        PackDesk(stage.room.store).propose(
            stage.branch.people["compliance"],
            packs.load(file),
            reason="董事会决议",
            effective_at=stage.room.now + timedelta(days=1 + n),
        )
        window = stage.at(login)
        window.open(f"/packs/trial.{n}")
        window.send(f"/packs/trial.{n}/{action}")
        assert f"/packs/trial.{n}/{action}" not in window.text
