"""From scores to spots, against values worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import find_peaks

from spotting_core.analyses.analysis import HalfAnalysis, HalfRecord, half_spots
from spotting_core.base.files import write_array
from spotting_core.domain.classes import HARD, LOCAL, PEAKS, SOFT, VOTE, load_classes
from spotting_core.domain.suppression import METHODS, Spotting, spoken_samples, spots_of_half, suppress

TABLE = load_classes()
TIMES = np.arange(200, dtype=np.int64) * 500_000


def kept(at: list[float], score: list[float], width: float, **options: object) -> list[tuple[float, float]]:
    spotting = Spotting(**options)  # type: ignore[arg-type]
    return [(round(t, 3), round(s, 4)) for t, s in suppress(np.array(at), np.array(score), width, spotting, least=0.1)]


def test_hard_suppression_erases_half_a_window_to_either_side_ends_included() -> None:
    at, score = [10, 12, 13, 14.1, 20], [0.5, 0.6, 0.9, 0.7, 0.3]
    assert kept(at, score, 2.0) == [(13, 0.9), (14.1, 0.7), (10, 0.5), (20, 0.3)]
    assert kept(at, score, 1.9) == [(13, 0.9), (14.1, 0.7), (12, 0.6), (10, 0.5), (20, 0.3)]


def test_soft_linear_suppression_multiplies_by_a_ramp() -> None:
    # Width 4 expanded twice reaches 4 s: at 2 s the factor is 1/2, at 4 s it is 1.
    assert kept([10, 12, 14], [0.9, 0.8, 0.7], 4.0, method=SOFT) == [(10, 0.9), (14, 0.7), (12, 0.2)]
    # After 10 (0.9), 12 has 0.8 x 0.5 = 0.4; after 14 (0.7), which is 2 s away, 0.4 x 0.5 = 0.2.


def test_soft_linear_floor_keeps_a_share() -> None:
    assert kept([10, 10.8], [0.9, 0.8], 4.0, method=SOFT, floor=0.5)[1] == (10.8, round(0.8 * (0.5 + 0.5 * 0.8 / 4), 4))


def test_window_of_zero_keeps_every_vote() -> None:
    assert len(kept([1, 3, 5], [0.5, 0.5, 0.5], 0.0)) == 3


def test_a_spot_is_the_weighted_mean_of_the_votes_beside_it() -> None:
    assert kept([10.0, 10.5], [0.9, 0.3], 4.0) == [(10.125, 0.9)]
    assert kept([10.0, 10.5], [0.9, 0.3], 4.0, vote=0.4) == kept([10.0, 10.5], [0.9, 0.3], 4.0, vote=0.0) == [(10, 0.9)]


def test_peaks_lie_above_their_neighbours_and_half_a_window_apart_ends_excluded() -> None:
    at, score = list(range(9)), [0.9, 0.3, 0.6, 0.5, 0.7, 0.2, 0.4, 0.4, 0.1]
    assert kept(at, score, 2.0, method=PEAKS) == [(4, 0.7), (2, 0.6), (6, 0.4)]
    assert kept(at, score, 4.0, method=PEAKS) == [(4, 0.7), (2, 0.6), (6, 0.4)]
    assert kept(at, score, 4.1, method=PEAKS) == [(4, 0.7)]
    assert kept([0, 1, 2], [0.2, 0.4, 0.5], 0.0, method=PEAKS) == []  # it still rises where it ends
    assert kept([0.0], [0.9], 1.0, method=PEAKS) == []


@pytest.mark.parametrize("steps", [7, 40, 100_000])
@given(st.integers(0, 2**31))
def test_peaks_are_those_of_scipy(steps: int, seed: int) -> None:
    """With few steps there are equals, side by side and apart."""
    rng = np.random.default_rng(seed)
    score = np.round(rng.beta(0.5, 1.0, 300) * steps) / steps
    distance, least = int(rng.integers(1, 30)), float(rng.choice([0.1, 0.2, 0.5]))
    spotting = Spotting(method=PEAKS)
    spots = suppress(np.arange(300) / 25, score, 2 * distance / 25, spotting, least=least)
    places = [round(at * 25) for at, _ in spots]
    assert sorted(places) == find_peaks(score, height=least, distance=distance)[0].tolist()
    assert [confidence for _, confidence in spots] == sorted(score[places], reverse=True)


def test_the_first_and_last_of_which_something_is_said_are_no_peaks() -> None:
    scores = np.zeros((200, 17), np.float32)
    scores[:, 1] = 2e-9  # as good as nothing
    scores[50:100, 2] = np.linspace(0.9, 0.3, 50)
    scores[99, 2] = 0.8
    scores[70, 2] = 0.7
    assert spoken_samples(scores) == slice(50, 100)
    spots = spots_of_half(1, TIMES, scores, None, TABLE, Spotting(method=PEAKS), source="m")
    assert [(s.label, s.seconds) for s in spots] == [("Goal", 35.0)]
    assert spoken_samples(scores[:50]) == slice(0, 0)
    assert spots_of_half(1, TIMES[:50], scores[:50], None, TABLE, Spotting(method=PEAKS), source="m") == []


def test_a_peak_is_compared_with_what_lies_below_the_threshold() -> None:
    scores = np.full((200, 17), 0.01, np.float32)
    scores[60:65, 2] = 0.6, 0.7, 0.4, 0.65, 0.6
    spots = spots_of_half(1, TIMES, scores, None, TABLE, Spotting(PEAKS, windows={"Goal": 1.0}), source="m")
    assert [s.confidence for s in spots] == pytest.approx([0.7, 0.65])


@given(
    st.lists(st.tuples(st.floats(0, 100), st.floats(0.1, 1)), min_size=1, max_size=60),
    st.floats(0.5, 30),
)
def test_hard_suppression_never_keeps_two_best_votes_within_half_a_window(votes: list, width: float) -> None:
    at, score = (np.array(v) for v in zip(*votes, strict=True))
    kept_votes = suppress(at, score, width, Spotting(), least=0.1)
    confidences = [s for _, s in kept_votes]
    assert confidences == sorted(confidences, reverse=True)
    assert confidences[0] == pytest.approx(score.max())
    # Times are means of votes within 0.75 s of the best one, so they may move by that much.
    times = sorted(t for t, _ in kept_votes)
    assert all(b - a > width / 2 - 1.5 - 1e-6 for a, b in zip(times, times[1:], strict=False))


@pytest.mark.parametrize("method", sorted(set(METHODS) - {SOFT}))
@given(st.floats(0.05, 0.95), st.integers(0, 2**31))
def test_suppression_then_threshold_equals_threshold_then_suppression(method: str, threshold: float, seed: int) -> None:
    # The workspace filters spots made at a low threshold; that must give what Python gives.
    scores = np.random.default_rng(seed).beta(0.4, 3, (200, len(TABLE))).astype(np.float32)
    low = spots_of_half(1, TIMES, scores, None, TABLE, Spotting(method, threshold=0.05), source="m")
    high = spots_of_half(1, TIMES, scores, None, TABLE, Spotting(method, threshold=threshold), source="m")
    strong = [(s.label, s.confidence) for s in low if (s.confidence or 0) >= threshold]
    assert sorted(strong) == sorted((s.label, s.confidence) for s in high)


def test_displacement_moves_the_votes_and_times_stay_inside_the_half() -> None:
    scores, displacement = np.zeros((200, 17), np.float32), np.zeros((200, 17), np.float32)
    goal = TABLE.index("Goal")
    scores[[20, 21], goal], displacement[[20, 21], goal] = (0.8, 0.6), (0.3, -0.2)  # both vote for 10.3 s
    scores[199, 0], displacement[199, 0] = 0.9, 5.0
    spots = spots_of_half(2, TIMES, scores, displacement, TABLE, Spotting(), source="m", end=99_600_000)
    assert [(s.half, s.label, s.time) for s in spots] == [(2, "Goal", 10_300_000), (2, "Penalty", 99_600_000)]
    assert spots[0].confidence == pytest.approx(0.8)


def test_the_sample_that_voted_for_a_spot_is_found_however_far_it_was_moved(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    actions = rng.permuted(np.tile([8.0, 33.2, 57.9, 88.4], (len(TABLE), 1)), axis=1)[:, :2]  # seconds, by class
    away = actions[:, :, None] - TIMES / 1e6  # (C, 2, T)
    nearest = np.take_along_axis(away, np.abs(away).argmin(1)[:, None], 1)[:, 0].T
    scores = rng.uniform(0, 1, nearest.shape) * (np.abs(nearest) <= 6)
    write_array(tmp_path / "times.npy", TIMES)
    write_array(tmp_path / "scores.npy", scores.astype(np.float16))
    write_array(tmp_path / "displacement.npy", nearest.clip(-6, 6).astype(np.float16))
    half = HalfAnalysis(HalfRecord(1, "1.mp4", 100_000_000, 224, 126, 2500), tmp_path, TABLE.names)
    spots = half_spots(half, TABLE, Spotting(), "made")
    votes = [(half.voting_sample(s.time, TABLE.index(s.label)), TABLE.index(s.label)) for s in spots]
    assert [float(half.scores[place]) for place in votes] == [s.confidence for s in spots]
    assert max(abs(int(TIMES[n]) - s.time) for (n, _), s in zip(votes, spots, strict=True)) > 5_000_000


def test_where_nothing_voted_it_is_the_nearest_sample(tmp_path: Path) -> None:
    write_array(tmp_path / "times.npy", TIMES)
    write_array(tmp_path / "scores.npy", np.zeros((len(TIMES), len(TABLE)), np.float16))
    write_array(tmp_path / "displacement.npy", np.full((len(TIMES), len(TABLE)), -6, np.float16))
    half = HalfAnalysis(HalfRecord(1, "1.mp4", 100_000_000, 224, 126, 2500), tmp_path, TABLE.names)
    assert half.voting_sample(98_100_000, 0) == 196


def test_thresholds_and_windows_of_their_own() -> None:
    scores = np.zeros((200, 17), np.float32)
    scores[[10, 20], 2] = 0.4, 0.35
    options = {"thresholds": {"Goal": 0.3}, "windows": {"Goal": 2.0}}
    assert len(spots_of_half(1, TIMES, scores, None, TABLE, Spotting(**options), source="m")) == 2  # type: ignore[arg-type]
    assert spots_of_half(1, TIMES, scores, None, TABLE, Spotting(), source="m") == []


def test_unknown_method_is_refused() -> None:
    with pytest.raises(ValueError, match="method must be"):
        Spotting(method="median")
    table = load_classes()
    assert (Spotting().settled(table).method, Spotting().settled(table).vote) == (HARD, VOTE)
    published = table.with_suppression(2.4, LOCAL)
    assert (Spotting().settled(published).method, Spotting().settled(published).vote) == (LOCAL, 0.0)
    assert Spotting(method=SOFT, vote=0.5).settled(published) == Spotting(method=SOFT, vote=0.5)


def test_a_score_at_the_threshold_counts_and_one_that_says_nothing_never_does() -> None:
    scores = np.zeros((200, 17), np.float32)
    scores[10, 2] = 0.5
    assert len(spots_of_half(1, TIMES, scores, None, TABLE, Spotting(threshold=0.5), source="m")) == 1
    assert len(spots_of_half(1, TIMES, scores, None, TABLE, Spotting(threshold=0.0), source="m")) == 1
    # Two votes for one moment: what soft suppression leaves of the second says nothing either.
    displacement = np.zeros((200, 17), np.float32)
    scores[11, 2], displacement[11, 2] = 0.4, -0.5
    soft = Spotting(method=SOFT, threshold=0.0)
    assert len(spots_of_half(1, TIMES, scores, displacement, TABLE, soft, source="m")) == 1


def test_spots_come_in_order_of_time_and_stay_within_the_half() -> None:
    scores, displacement = np.zeros((200, 17), np.float32), np.zeros((200, 17), np.float32)
    for sample, label, moved in ((60, "Corner", 0.0), (199, "Goal", 9.0), (0, "Penalty", -9.0)):
        scores[sample, TABLE.index(label)], displacement[sample, TABLE.index(label)] = 0.9, moved
    spots = spots_of_half(1, TIMES, scores, displacement, TABLE, Spotting(), source="m")
    expected = [("Penalty", 0), ("Corner", 30_000_000), ("Goal", int(TIMES[-1]))]
    assert [(s.label, s.time) for s in spots] == expected


def test_soft_suppression_of_no_and_of_one_second() -> None:
    assert len(kept([1, 3, 5], [0.5, 0.5, 0.5], 0.0, method=SOFT)) == 3
    # Width 1 expanded twice reaches a second: 0.9 s away, 0.9 of the score is left.
    assert kept([10, 10.9], [0.9, 0.8], 1.0, method=SOFT) == [(10, 0.9), (10.9, 0.72)]
