"""Tracks of people who run."""

from __future__ import annotations

import numpy as np

from spotting_core.players.tracks import FASTEST, LONGEST_GAP, tracked

NOWHERE = np.zeros(0)


def walks(*paths: tuple[float, float, float, float], samples: int = 8, rate: float = 2.0) -> tuple[np.ndarray, ...]:
    """Times, places and owners of people that begin at x, y with a speed."""
    times = np.repeat(np.arange(samples) / rate, len(paths))
    owner = np.tile(np.arange(len(paths)), samples)
    start = np.array(paths)[owner]
    return times, start[:, :2] + start[:, 2:] * times[:, None], owner


def follow(
    times: np.ndarray, places: np.ndarray, kits: np.ndarray | None = None, breaks: np.ndarray = NOWHERE
) -> np.ndarray:
    kits = np.ones((len(times), 1)) if kits is None else kits
    return tracked(times, places, np.full(len(times), 0.3), kits, breaks)


def owners(tracks: np.ndarray, owner: np.ndarray) -> list[set[int]]:
    """The tracks of each person."""
    return [set(tracks[owner == one].tolist()) for one in np.unique(owner)]


def test_a_runner_keeps_his_track_though_he_moves_metres_between_samples() -> None:
    times, places, owner = walks((0, 0, 7, 0), (30, 10, -5, 2))
    assert owners(follow(times, places), owner) == [{0}, {1}]


def test_two_who_pass_each_other_keep_theirs() -> None:
    times, places, owner = walks((0, 0, 5, 0), (15, 1.5, -5, 0), samples=7)
    assert owners(follow(times, places), owner) == [{0}, {1}]


def test_nobody_runs_faster_than_people_can() -> None:
    far = FASTEST * 0.5 + 2.5
    assert follow(np.array([0, 0.5]), np.array([[0, 0], [far, 0]])).tolist() == [0, 1]


def test_kits_decide_where_places_do_not() -> None:
    times = np.array([0.0, 0.0, 0.5, 0.5])
    places = np.array([[0.0, 0], [2.0, 0], [1.0, 0.2], [1.0, -0.2]])
    kits = np.array([[0.9, 0.1], [0.1, 0.9], [0.1, 0.9], [0.9, 0.1]])
    assert follow(times, places, kits).tolist() == [0, 1, 1, 0]


def test_a_short_gap_is_followed_over_and_a_long_one_is_not() -> None:
    for gap, tracks in ((LONGEST_GAP - 0.1, [0, 0, 0]), (LONGEST_GAP + 0.1, [0, 0, 1])):
        times = np.array([0, 0.5, 0.5 + gap])
        assert follow(times, np.stack([times * 2, times * 0], 1)).tolist() == tracks


def test_a_cut_ends_every_track() -> None:
    times, places, _ = walks((0, 0, 1, 0), samples=4)
    assert follow(times, places, breaks=np.array([0.0, 1.0])).tolist() == [0, 0, 1, 1]


def test_a_single_sighting_is_a_track() -> None:
    assert follow(np.zeros(1), np.zeros((1, 2))).tolist() == [0]
    assert follow(np.zeros(0), np.zeros((0, 2))).tolist() == []


def test_at_full_rate_people_keep_their_tracks_too() -> None:
    times, places, owner = walks((0, 0, 6, 1), (3, 0, 5, -1), (10, 5, -4, 0), samples=50, rate=25)
    rng = np.random.default_rng(0)
    assert owners(follow(times, places + rng.normal(0, 0.2, places.shape)), owner) == [{0}, {1}, {2}]
