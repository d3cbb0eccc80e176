"""Which shots are replays: by the model of shots, the wipes that they lie between, and the clock of the broadcast."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from spotting_core.analyses.replayed_shots import clock_odds, replayed_shots
from spotting_core.domain.cameras import Shot
from spotting_core.score_bug.readings import BugReadings, RowReading

L, A, S, N = "logo", "abrupt", "smooth", None


def shots_of(changes: Sequence[str | None], labels: str = "", confidences: Sequence[float | None] = ()) -> list[Shot]:
    """Shots of ten seconds that end like this; the last of them ends the half."""
    cameras = labels or "".join(chr(ord("a") + k) for k in range(len(changes)))
    ends = zip(changes, cameras, confidences or [None] * len(changes), strict=True)
    return [
        Shot(1, k * 10_000_000, (k + 1) * 10_000_000, label, False, change, confidence)
        for k, (change, label, confidence) in enumerate(ends)
    ]


def letters(shots: Sequence[Shot]) -> str:
    """One letter a shot: R for a replay, l for live."""
    return "".join("R" if s.replay else "l" for s in shots)


@pytest.mark.parametrize(
    ("changes", "surest", "expected"),
    [
        ((A, L, L, A, N), [0.1, 0.1, 0.4, 0.1, 0.1], "llRll"),  # a doubtful one between two wipes
        ((A, L, A, S, L, N), [0.1, 0.1, 0.4, 0.1, 0.4, 0.1], "llRRRl"),  # several cameras in one replay
        ((L, L, L, L, N), [0.3, 0.3, 0.3, 0.3, 0.3], "lRlRl"),  # live play between two replays
        ((L, L, L, L, N), [0.7, 0.3, 0.3, 0.3, 0.7], "RlRlR"),  # a half that begins with a replay
        ((A, A, L, L, N), [0.1, 0.9, 0.1, 0.5, 0.1], "lllRl"),  # nobody cuts to a replay where others are wiped to
        ((A, S, S, L, L, N), [0.1, 0.1, 0.99, 0.1, 0.5, 0.1], "llRlRl"),  # but some fade to one
        ((L, A, L, N), [0.01, 0.01, 0.01, 0.01], "llll"),  # wipes between live shots, of which the model is sure
        ((A, A, A, A, N), [0.1, 0.9, 0.1, 0.9, 0.1], "lllll"),  # without wipes shots stay as they are: here all live
        ((A, L, A, A, N), [0.1, 0.1, 0.4, 0.4, 0.4], "lllll"),  # one wipe is no pair
    ],
)
def test_wipes_and_the_model_together(changes: Sequence[str | None], surest: list[float], expected: str) -> None:
    assert letters(replayed_shots(shots_of(changes), surest)) == expected


def test_a_shot_that_doubt_alone_has_parted_is_one_as_sure_as_its_parts_are_over_time() -> None:
    shots = shots_of((L, N, L, N), "abbc", (0.9, 0.4, 0.8, None))
    joined = replayed_shots(shots, [0.05, 0.9, 0.45, 0.05])
    assert [(s.start // 10_000_000, s.end // 10_000_000, s.label, s.replay) for s in joined] == [
        (0, 1, "a", False), (1, 3, "b", True), (3, 4, "c", False),
    ]  # fmt: skip
    assert [s.change_type for s in joined] == [L, L, N]
    assert [s.confidence for s in joined] == [0.9, pytest.approx(0.6), None]


def test_a_half_without_shots_has_none() -> None:
    assert replayed_shots([], []) == []


# --- the clock ------------------------------------------------------------------------------------------


def readings_of(text_at: Callable[[float], str]) -> BugReadings:
    """What was read off the row of the score bug every two seconds of a minute."""
    return BugReadings(None, tuple(RowReading(t * 1_000_000, text_at(t), 1.0) for t in range(0, 62, 2)), 0.0, 0.0)


def runs(seconds: float) -> str:
    return f"KES 0-0 HAL {10 + int(seconds) // 60}:{int(seconds) % 60:02d}"


def away(since: float, until: float) -> BugReadings:
    """A clock that runs, but for a stretch in which nothing is shown, and goes on as if it had run."""
    return readings_of(lambda t: "" if since <= t < until else runs(t))


def stands(since: float, until: float) -> BugReadings:
    """A clock that stands for a stretch, in which play is stopped for a replay."""
    return readings_of(lambda t: runs(since if since <= t < until else t - (until - since if t >= until else 0)))


SIX = shots_of((A, A, A, A, A, N))
DOUBT = [0.1, 0.1, 0.4, 0.1, 0.1, 0.1]


@pytest.mark.parametrize("readings", [away(20, 30), stands(20, 30)])
def test_a_shot_whose_clock_is_away_or_stands_is_a_replay(readings: BugReadings) -> None:
    odds = clock_odds(SIX, readings)
    assert [(value > 0) - (value < 0) for value in odds] == [-1, -1, 1, -1, -1, -1]
    assert letters(replayed_shots(SIX, DOUBT, odds)) == "llRlll"
    assert letters(replayed_shots(SIX, DOUBT)) == "llllll"


def test_a_clock_that_runs_over_replays_takes_none_away() -> None:
    odds = clock_odds(SIX, away(60, 60))
    assert max(odds) < 0
    wiped = shots_of((A, L, L, A, A, N))
    assert letters(replayed_shots(wiped, DOUBT, odds)) == letters(replayed_shots(wiped, DOUBT)) == "llRlll"
    assert letters(replayed_shots(SIX, [0.9] * 6, odds)) == letters(SIX)  # nothing but the model: as it says


def test_of_a_clock_that_nobody_knows_or_that_was_read_once_nothing_is_said() -> None:
    assert clock_odds(SIX, readings_of(lambda _: "")) == [0.0] * 6  # the broadcast shows no clock
    assert clock_odds(SIX, away(0, 40))[:1] == [0.0]  # before the match
    short = [Shot(1, 0, 19_900_000, "a", False, A), Shot(1, 19_900_000, 21_500_000, "b", False, A)]
    assert clock_odds(short, away(20, 22))[1] == 0.0
    assert clock_odds(short, away(60, 60))[1] == 0.0


def test_before_the_clock_is_shown_first_and_after_it_was_shown_last_nothing_is_said() -> None:
    odds = clock_odds(SIX, readings_of(lambda t: runs(t) if 12 <= t < 46 else ""))
    assert [(value > 0) - (value < 0) for value in odds] == [0, 0, -1, -1, 0, 0]


def test_one_reading_that_failed_is_no_clock_that_is_away() -> None:
    assert max(clock_odds(SIX, away(24, 25))) < 0
