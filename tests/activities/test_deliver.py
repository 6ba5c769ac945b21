"""What goes out is the letter that was read and released, or nothing does."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, select
from temporalio.testing import ActivityEnvironment

from activities.deliver import DeliverActivities
from api.auth.person import Person
from api.desk.answering import Answer
from api.desk.letters import LetterDesk
from arrears import clock
from arrears.channels.bank import INVENTED
from arrears.channels.file import FileChannel
from arrears.contracts import Sending, SendingAnswer, Unchanging
from arrears.policy.tasks import Role
from arrears.store import packs
from arrears.store.session import Store
from arrears.store.tables import notices
from tests.builders import CaseRoom


@pytest.fixture
def room(store: Store) -> CaseRoom:
    made = CaseRoom(store, packs.load("cn-bank-2026").rules)
    made.staff()
    return made


def _released(room: CaseRoom, *, read: bool) -> tuple[str, str]:
    """The case, and the hash that was read."""
    case_id = room.a_case(days_past_due=40, overdue=5_000_00, balance=9_000_00)
    room.to_formal(case_id)
    lead = Person("s-lead", "lead", "周凯", frozenset({Role.TEAM_LEAD}), "zh-CN")
    task, sha256 = room.task(case_id, "notice_release"), ""
    with clock.door_time(room.now):
        if read:
            room.desk.letters = LetterDesk(room.store, Unchanging(room.rules), INVENTED)
            room.desk.claim(lead, task.task_id)
            sha256 = room.desk.letters.read(lead, task.task_id).sha256
        room.desk.decide(lead, task.task_id, Answer("release", task.facts_no))
    room.hear(case_id)
    return case_id, sha256


def _deliver(room: CaseRoom, case_id: str, folder: Path, banks: Any = INVENTED) -> SendingAnswer:
    deliver = DeliverActivities(room.store, Unchanging(room.rules), FileChannel(folder), banks)
    environment = ActivityEnvironment()
    environment.info = replace(
        environment.info, started_time=room.now + timedelta(hours=10)
    )  # the bank's midnight is over
    answer = environment.run(
        deliver.deliver, Sending(case_id, _notice(room, case_id).notice_id, room.rules.terms.pack)
    )
    assert isinstance(answer, SendingAnswer)
    return answer


def _notice(room: CaseRoom, case_id: str) -> Row[Any]:
    with room.store.reading() as connection:
        return connection.execute(select(notices).where(notices.c.case_id == case_id)).one()


def test_the_letter_that_was_read_is_the_one_that_goes_out(room: CaseRoom, tmp_path: Path) -> None:
    case_id, sha256 = _released(room, read=True)
    assert _deliver(room, case_id, tmp_path).answer == "sent"
    assert _notice(room, case_id).document_hash == sha256


def test_another_letter_than_the_one_that_was_read_stays_in_the_house(room: CaseRoom, tmp_path: Path) -> None:
    case_id, _ = _released(room, read=True)
    moved = {language: replace(bank, phone="000-0000-0009") for language, bank in INVENTED.items()}
    answer = _deliver(room, case_id, tmp_path, moved)
    assert (answer.answer, answer.rule) == ("refused", "LetterDiffers")
    assert (list(tmp_path.glob("*.pdf")), _notice(room, case_id).document_hash) == ([], None)


def test_what_was_released_before_letters_were_read_goes_out(room: CaseRoom, tmp_path: Path) -> None:
    case_id, _ = _released(room, read=False)
    assert _deliver(room, case_id, tmp_path).answer == "sent"
