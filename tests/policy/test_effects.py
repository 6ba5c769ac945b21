"""Effects lie in the database as tagged records and come back as what they were."""

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from arrears.policy import effects as fx
from arrears.policy.state import Stage
from arrears.policy.tasks import Role, TaskKind
from tests.policy.builders import a_case, a_suit

# Facts and details hold what JSON holds: texts, whole numbers, days, nothing.
plain = st.dictionaries(st.text(max_size=8), st.none() | st.integers() | st.text(max_size=8) | st.booleans())


def _any_effect(kind: type[fx.Effect]) -> SearchStrategy[fx.Effect]:
    more: dict[str, SearchStrategy[Any]] = {"facts": plain} if kind in (fx.OpenTask, fx.RefreshTask) else {}
    more |= {"detail": plain} if kind is fx.RaiseIncident else {}
    if kind is fx.OpenTask:
        more |= {"barred": st.lists(st.text(max_size=8)).map(tuple), "task_id": st.text(max_size=8)}
    return st.builds(kind, **more)


every_effect = st.one_of([_any_effect(kind) for kind in get_args(fx.Effect)])


@given(every_effect)
def test_an_effect_comes_back_from_json_as_it_was(effect: fx.Effect) -> None:
    back = fx.from_wire(json.loads(json.dumps(fx.to_wire(effect))))
    assert back == effect
    assert type(back) is type(effect)
    assert {name: type(value) for name, value in vars(back).items()} == {
        name: type(value) for name, value in vars(effect).items()
    }


def test_words_come_back_as_words_of_ours() -> None:
    opening = fx.OpenTask(TaskKind.ESCALATION, Role.TEAM_LEAD, 1, 1, {}, "why", ("s-1", "s-2"), "t-1")
    back = fx.from_wire(json.loads(json.dumps(fx.to_wire(opening))))
    assert isinstance(back, fx.OpenTask)
    assert (type(back.task), type(back.role), type(back.barred)) == (TaskKind, Role, tuple)
    entered = fx.from_wire(json.loads(json.dumps(fx.to_wire(fx.EnterStage(Stage.LEGAL, "why")))))
    assert isinstance(entered, fx.EnterStage)
    assert entered.stage is Stage.LEGAL


def test_every_effect_of_the_union_has_its_own_tag() -> None:
    assert set(fx.KINDS.values()) == set(get_args(fx.Effect))
    assert len(fx.KINDS) == len(get_args(fx.Effect))


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"kind": "unheard_of"},
        {"kind": "close_case"},
        {"kind": "close_case", "reason": "CURED", "more": 1},
        {"kind": "enter_stage", "stage": "appeal", "why": "x"},
        {"why": "no kind"},
    ],
)
def test_a_record_of_another_shape_is_not_guessed_at(record: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        fx.from_wire(record)


def test_the_effects_of_a_whole_story_come_back() -> None:
    case = a_suit()
    case.pay(700, kind="fee")
    payment = case.pay(600_000)
    case.reverse(payment, 600_000)
    for story in (case, a_case(Stage.LEGAL)):
        for _, effects in story.steps:
            for effect in effects:
                assert fx.from_wire(json.loads(json.dumps(fx.to_wire(effect)))) == effect
