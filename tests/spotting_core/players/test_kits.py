"""Kits: colours of boxes, and the two teams among them."""

from __future__ import annotations

import numpy as np
import pytest

from spotting_core.players.kits import COLOURS, kit_colours, lab_of, shirt_rgb, stretches, told_apart

GRASS, RED, BLUE, WHITE = (60, 120, 40), (200, 20, 20), (20, 40, 200), (240, 240, 240)


def drawn(shirt: tuple[int, int, int], shorts: tuple[int, int, int]) -> np.ndarray:
    """A player of 40 by 100 pixels on grass, at (80, 20)."""
    image = np.full((140, 200, 3), GRASS, np.uint8)
    image[38:70, 88:112] = shirt
    image[70:90, 88:112] = shorts
    return image


def test_colours_are_those_of_shirt_and_shorts() -> None:
    colours = kit_colours(drawn(RED, WHITE), np.array([[80.0, 20.0, 120.0, 120.0]]))[0]
    assert shirt_rgb(colours) == pytest.approx(RED, abs=1)
    assert colours[3:] == pytest.approx(lab_of(WHITE), abs=0.5)


def test_grass_in_a_box_hardly_counts() -> None:
    image = drawn(RED, WHITE)
    image[38:54, 88:112] = GRASS  # the upper half of the shirt
    mean = kit_colours(image, np.array([[80.0, 20.0, 120.0, 120.0]]))[0]
    share = np.linalg.norm(mean[:3] - lab_of(RED)) / np.linalg.norm(lab_of(GRASS) - lab_of(RED))
    assert share < 0.06  # plain averaging would have .5


def test_a_box_outside_the_picture_has_no_colours() -> None:
    assert np.isnan(kit_colours(drawn(RED, WHITE), np.array([[300.0, 20.0, 340.0, 120.0]]))).all()
    assert kit_colours(drawn(RED, WHITE), np.zeros((0, 4))).shape == (0, COLOURS)


def test_only_who_stands_alone_is_known_to_be_the_same() -> None:
    sample = np.array([0, 0, 0, 1, 1, 1, 3])
    place = np.array([[0, 0], [20, 0], [22, 0], [1, 0], [20, 1], [22, 1], [1, 0]], float)
    found = stretches(sample, place)
    assert found[0] == found[3]  # he who stands alone
    assert len(set(found.tolist())) == 6  # those two metres apart might have changed; sample 2 is missing


def match(apart: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Colours, stretches and teams (2: officials) of a made match, whose shirts are ``apart`` in one colour."""
    team = np.repeat(rng.permutation(np.repeat([0, 1, 2], [100, 100, 18])), 4)
    middle = np.array([[50, 0, 0, 50, 0, 0], [50, apart, 0, 50, 0, 0], [20, apart / 2, 60, 20, 0, 0]], float)
    colours = middle[team] + rng.normal(0, [8, 3, 3, 8, 3, 3], (len(team), 6))
    return colours, np.arange(len(team)) // 4, team


def test_two_teams_are_told_apart_and_officials_are_neither() -> None:
    colours, stretch, team = match(30, np.random.default_rng(0))
    kits = told_apart(colours, stretch)
    assert kits is not None
    found = kits.densities(colours).argmax(1)
    first = found[team == 0][0]
    assert (found[team == 0] == first).mean() > 0.98
    assert (found[team == 1] == 1 - first).mean() > 0.98
    assert (found[team == 2] == 2).mean() > 0.95
    unknown = kits.densities(np.full((1, COLOURS), np.nan))
    assert unknown.tolist() == [[1, 1, 1]]


def test_teams_that_look_alike_are_not_told_apart() -> None:
    rng = np.random.default_rng(1)
    colours = rng.normal([50, 0, 0, 50, 0, 0], 3, (800, 6))
    assert told_apart(colours, np.arange(800) // 4) is None


def test_too_few_people_tell_nothing() -> None:
    colours, stretch, _ = match(30, np.random.default_rng(0))
    assert told_apart(colours[:100], stretch[:100]) is None
    assert told_apart(np.zeros((0, COLOURS)), np.zeros(0, int)) is None
    assert told_apart(np.full((900, COLOURS), np.nan), np.arange(900) // 4) is None


def test_teams_that_look_like_two_are_clear() -> None:
    colours, stretch, _ = match(30, np.random.default_rng(0))
    clear = told_apart(colours, stretch)
    assert clear is not None
    assert clear.clear
    three = np.repeat(np.arange(3), 80)  # three kits as many as each other, equally unlike
    middle = np.array([[50, 40, 0, 50, 0, 0], [50, -20, 35, 50, 0, 0], [50, -20, -35, 50, 0, 0]], float)
    colours = np.random.default_rng(1).normal(middle[three].repeat(4, 0), 3)
    unclear = told_apart(colours, np.arange(len(colours)) // 4)
    assert unclear is not None
    assert not unclear.clear
