"""What became of single moments between two models."""

from __future__ import annotations

from dataclasses import replace

from spotting_core.data_sets.data_set import DataSetMatch
from spotting_core.domain.classes import load_classes
from spotting_core.domain.parts import Parts
from spotting_core.domain.spots import Spot
from spotting_core.evaluation.games import Game
from spotting_core.training.comparison import ALARM, FOUND, LOST, QUIET, changed_moments

TRUTH = [Spot(1, 10_000_000, "Goal"), Spot(1, 40_000_000, "Foul"), Spot(2, 70_000_000, "Goal")]


def game(name: str, *spots: tuple[int, float, str, float]) -> Game:
    predicted = [Spot(half, round(seconds * 1e6), label, confidence) for half, seconds, label, confidence in spots]
    return Game(name, TRUTH, predicted)


def known(name: str, parts: int = 2) -> DataSetMatch:
    return DataSetMatch(name, f"/{name}", name, {str(part + 1): 90_000_000 for part in range(parts)}, (), ())


def changes(before: list[Game], after: list[Game]) -> list[tuple[str, int, float, str, str, str]]:
    matches = [known(game.name) for game in before]
    moments = changed_moments(before, after, matches, load_classes())
    return [(m.path, m.half, m.time / 1e6, m.label, m.clock, m.became) for m in moments]


def test_each_change_is_named_once() -> None:
    """The first goal was too unsure and is right; the foul was right and is three seconds off; one false alarm went,
    one came, and one stayed a second away, which is the same."""
    before = game("a", (1, 10, "Goal", 0.4), (1, 40, "Foul", 0.9), (1, 60, "Corner", 0.8), (2, 5, "Foul", 0.7))
    after = game("a", (1, 10.4, "Goal", 0.6), (1, 43, "Foul", 0.9), (2, 6, "Foul", 0.7), (2, 30, "Corner", 0.9))
    assert changes([before], [after]) == [
        ("/a", 1, 10, "Goal", "00:10", FOUND),
        ("/a", 1, 40, "Foul", "00:40", LOST),
        ("/a", 1, 60, "Corner", "01:00", QUIET),
        ("/a", 2, 30, "Corner", "45:30", ALARM),
    ]


def test_moments_are_of_their_own_match() -> None:
    quiet, loud = game("a"), game("b", (2, 70, "Goal", 0.9))
    assert changes([quiet, game("b")], [quiet, loud]) == [("/b", 2, 70, "Goal", "46:10", FOUND)]
    assert changes([quiet, loud], [quiet, loud]) == []


def test_the_only_part_of_a_match_is_not_named() -> None:
    classes = replace(load_classes(), parts=Parts())
    pair = [Game("a", TRUTH[:1], [])], [Game("a", TRUTH[:1], [Spot(1, 10_000_000, "Goal", 0.9)])]
    assert [m.clock for m in changed_moments(*pair, [known("a", 1)], classes)] == ["00:10"]
    assert [m.clock for m in changed_moments(*pair, [known("a", 3)], classes)] == ["part 1 00:10"]
