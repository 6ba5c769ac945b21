"""Policy packs on the page: which holds, what a proposal changes, and the second key."""

from datetime import timedelta
from pathlib import Path

import pytest

from api.desk.publishing import PackDesk
from arrears.store import packs
from tests.builders import CaseRoom
from tests.web.branch import Branch
from tests.web.reading import read


@pytest.fixture
def proposal(branch: Branch, room: CaseRoom, tmp_path: Path) -> str:
    path = tmp_path / "mine.toml"
    path.write_text('extends = "cn-bank-2026"\npack = "mine.2"\n[legal]\nreview_dpd = 85\n', encoding="utf-8")
    PackDesk(room.store).propose(
        branch.people["compliance"],
        packs.load(path),
        reason="董事会决议",
        effective_at=room.now + timedelta(days=1),
    )
    return "/packs/mine.2"


def test_before_anything_was_proposed_the_founding_pack_holds(branch: Branch) -> None:
    page = read(branch.at("manager").get("/packs"))
    assert "cn-bank-2026.1" in page.words


def test_a_proposal_shows_each_number_and_each_case_that_would_go_another_way(
    branch: Branch, room: CaseRoom, proposal: str
) -> None:
    case = room.a_case(days_past_due=5)
    page = read(branch.at("manager").get(proposal))
    for shown in ("legal.review_dpd", "75", "85", "董事会决议", "陈晨", case, "诉讼审查"):
        assert shown in page.words, shown


@pytest.mark.rule("4.4")
def test_the_second_key_is_offered_to_the_other_role_only(branch: Branch, proposal: str) -> None:
    assert f"{proposal}/approve" in branch.at("manager").get(proposal).text
    assert f"{proposal}/approve" not in branch.at("compliance").get(proposal).text
    assert f"{proposal}/approve" not in branch.at("operator").get(proposal).text
    assert branch.at("compliance").post(f"{proposal}/approve").status_code == 403
    assert branch.at("operator").post(f"{proposal}/approve").status_code == 403


def test_a_manager_turns_the_second_key(branch: Branch, proposal: str) -> None:
    assert branch.at("manager").post(f"{proposal}/approve").headers["location"] == proposal
    page = read(branch.at("compliance").get(proposal))
    assert "冯涛" in page.words
    assert "/approve" not in branch.at("manager").get(proposal).text
    assert branch.at("manager").post(f"{proposal}/approve").status_code == 404


def test_a_proposal_is_withdrawn(branch: Branch, proposal: str) -> None:
    assert branch.at("compliance").post(f"{proposal}/withdraw").headers["location"] == proposal
    assert "/approve" not in branch.at("manager").get(proposal).text


@pytest.mark.parametrize("login", ["collector", "lead", "advisor1", "ops", "desk", "admin"])
def test_nobody_else_reads_them(branch: Branch, proposal: str, login: str) -> None:
    for path in ("/packs", proposal):
        assert branch.at(login).get(path).status_code == 403


def test_a_pack_that_is_not_there_is_not_found(branch: Branch) -> None:
    assert branch.at("manager").get("/packs/nothing").status_code == 404
