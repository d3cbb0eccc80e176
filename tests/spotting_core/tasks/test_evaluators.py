"""What measures any of some matches reports of a draw what would be reported of the matches in it."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.domain.cameras import Candidate, Grounding, Link, Shot
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.tasks.registry import layer_task
from spotting_core.tasks.task import Judged

CAMERAS = load_classes("soccernet-cameras").names
KINDS = ("abrupt", "smooth", "logo")
SECOND = 1_000_000


def shots_of(seed: int) -> list[Shot]:
    """Shots of two halves of about five minutes."""
    made, shots = random.Random(seed), []
    for half in (1, 2):
        start = 0
        while start < 300 * SECOND:
            end = start + made.randrange(3 * SECOND, 20 * SECOND)
            shots.append(Shot(half, start, end, made.choice(CAMERAS[:6]), made.random() < 0.3, made.choice(KINDS)))
            start = end
    return shots


def judged(task: str, number: int) -> Judged[Any]:
    """A match, and what a model that is often wrong finds in it."""
    made, shots = random.Random(number + 50), shots_of(number)
    near = [made.randrange(-3 * SECOND, 3 * SECOND) for _ in shots]
    if task == "shots":
        found: list[Any] = [
            replace(s, end=s.end + n, label=made.choice(CAMERAS[:6]) if made.random() < 0.3 else s.label)
            for s, n in zip(shots, near, strict=True)
        ]
        return Judged(str(number), shots, found)
    if task == "boundaries":
        true = [Spot(s.half, s.end, s.change_type or "") for s in shots]
        found = [
            replace(t, time=max(0, t.time + n // 3), confidence=made.random()) for t, n in zip(true, near, strict=True)
        ]
        return Judged(str(number), true, found)
    replays = [s for s in shots if s.replay]
    links = [Link(s.half, s.start // SECOND * SECOND, "Goal") for s in replays]
    truth = [Grounding(s.half, s.start, s.end, (Candidate(k, 1.0),)) for s, k in zip(replays, links, strict=True)]
    found = [
        replace(g, candidates=tuple(
            Candidate(replace(k, time=max(0, k.time + made.randrange(-40 * SECOND, 40 * SECOND))), made.random())
            for _ in range(4)
        ))
        for g, k in zip(truth, links, strict=True) if made.random() < 0.9
    ]  # fmt: skip
    return Judged(str(number), truth, found)


@pytest.mark.parametrize("official", [False, True])
@pytest.mark.parametrize("name", ["shots", "boundaries", "replays"])
def test_a_draw_is_measured_as_its_matches_are(name: str, official: bool) -> None:
    task = layer_task(name)
    classes = CAMERAS if name == "shots" else load_classes(task.class_table).names
    matches = [judged(name, number) for number in range(6)]
    evaluate, made = task.evaluator(matches, classes, official=official), random.Random(3)
    for _ in range(8):
        draw = sorted(made.choices(range(6), k=6))
        several = [replace(matches[n], name=f"{place}: {n}") for place, n in enumerate(draw)]
        assert evaluate(draw) == task.report(several, classes, official=official)
    assert len({str(evaluate([number])) for number in range(6)}) == 6


def test_a_draw_without_a_replay_is_refused() -> None:
    matches = [judged("replays", 0), Judged("none", [], [])]
    evaluate = layer_task("replays").evaluator(matches, load_classes().names)
    assert evaluate([0, 1]).truths == evaluate([0]).truths
    with pytest.raises(BadInputError, match="no replay"):
        evaluate([1, 1])
