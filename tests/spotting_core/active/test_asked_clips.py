"""Which clips people are asked to watch: the telling ones, unlike one another, silent ones among them, and why."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spotting_core.active.asked_clips import MatchClips, ask_for_clips, asking_strategies
from spotting_core.base.errors import BadInputError
from spotting_core.domain.stretches import Stretch
from spotting_core.store.clip_reviews import CLIP, clips_of

CLASSES = ("Goal", "Foul", "Throw-in")


def match(confidence: list[list[float]], features: list[list[float]] | None = None) -> MatchClips:
    count = len(confidence)
    own = features if features is not None else [[float(k)] for k in range(count)]
    clips = tuple(clips_of(1, count * CLIP))
    return MatchClips(clips, np.array(confidence, np.float32), np.array(own, np.float32), CLASSES)


def numbers(asked: list) -> list[int]:  # type: ignore[type-arg]
    return [one.clip.start // CLIP for one in asked]


def test_a_clip_between_two_classes_comes_before_a_sure_one_and_each_says_why() -> None:
    one = match([[0.95, 0.01, 0.01], [0.02, 0.52, 0.48], [0.5, 0.05, 0.05], [0.01, 0.02, 0.01]])
    asked = ask_for_clips({"m": one}, {}, "margin", 4)
    assert {k: a.why for k, a in zip(numbers(asked), asked, strict=True)} == {
        0: "Goal .95, not watched by anybody yet",
        1: "between Foul and Throw-in",
        2: "perhaps Goal .50",
        3: "the model sees nothing here",
    }
    assert (asked[0].clip.start // CLIP, asked[0].label, asked[0].confidence) == (1, "Foul", 0.52)


def test_a_quarter_are_clips_in_which_the_model_sees_nothing() -> None:
    one = match([[0.6, 0.0, 0.0]] * 30 + [[0.01, 0.0, 0.0]] * 30)
    asked = ask_for_clips({"m": one}, {}, "uncertainty", 12)
    assert sum(number >= 30 for number in numbers(asked)) == 3
    assert len(set(numbers(asked))) == 12
    assert asked == ask_for_clips({"m": one}, {}, "uncertainty", 12)  # the same question has the same answer


def test_near_duplicates_are_not_asked_for_twice() -> None:
    one = match([[0.5, 0.4, 0.0]] * 4, [[0.0], [0.0], [0.0], [9.0]])
    assert 3 in numbers(ask_for_clips({"m": one}, {}, "margin", 2))


def test_what_was_watched_is_not_asked_for_and_what_is_unlike_it_is_said_to_be() -> None:
    one = match([[0.5, 0.4, 0.0]] * 10, [[0.0]] * 9 + [[50.0]])
    watched = {"m": [Stretch(1, 0, CLIP), Stretch(1, 2 * CLIP, 2 * CLIP + CLIP // 2)]}
    asked = ask_for_clips({"m": one}, watched, "margin", 10)
    assert sorted(numbers(asked)) == list(range(1, 10))  # half of a clip is not all of it
    assert [a.clip.start // CLIP for a in asked if "unlike anything labelled" in a.why] == [9]
    never = {("m", Stretch(1, CLIP, 2 * CLIP))}
    assert 1 not in numbers(ask_for_clips({"m": one}, watched, "margin", 10, never))


def test_nothing_is_left_where_all_was_watched() -> None:
    one = match([[0.5, 0.4, 0.0]] * 2)
    assert ask_for_clips({"m": one}, {"m": [Stretch(1, 0, 2 * CLIP)]}, "margin", 5) == []
    assert ask_for_clips({}, {}, "margin", 5) == []


def test_matches_of_other_models_are_asked_of_together() -> None:
    narrow = match([[0.5, 0.4, 0.0]] * 3)
    wide = replace(match([[0.5, 0.4]] * 3, [[1.0, 2.0]] * 3), classes=CLASSES[:2])
    assert {one.match for one in ask_for_clips({"a": narrow, "b": wide}, {}, "entropy", 6)} == {"a", "b"}


def test_strategies_that_need_networks_are_refused() -> None:
    assert asking_strategies() == ("random", "uncertainty", "entropy", "margin")
    with pytest.raises(BadInputError, match="ensemble needs several networks"):
        ask_for_clips({}, {}, "ensemble", 5)
    with pytest.raises(BadInputError, match="there is no strategy 'x'"):
        ask_for_clips({}, {}, "x", 5)


@pytest.mark.parametrize(
    ("strategy", "reasons"),
    [
        ("random", ["drawn by chance"] * 3),
        ("uncertainty", ["as likely as not: Foul .52", "Goal .95, not watched by anybody yet", "perhaps Goal .30"]),
        ("entropy", ["2 classes are possible: Foul, Throw-in", "Goal .95, not watched by anybody yet",
                     "3 classes are possible: Goal, Foul, Throw-in"]),
        ("margin", ["between Foul and Throw-in", "Goal .95, not watched by anybody yet", "between Goal and Foul"]),
    ],
)  # fmt: skip
def test_every_strategy_says_its_own_reason(strategy: str, reasons: list[str]) -> None:
    one = match([[0.02, 0.52, 0.48], [0.95, 0.01, 0.01], [0.3, 0.25, 0.2]])
    asked = ask_for_clips({"m": one}, {}, strategy, 3)
    assert [why for _, why in sorted(zip(numbers(asked), (a.why for a in asked), strict=True))] == reasons
