"""Replays by the wipes that they lie between."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from spotting_core.analyses.wiped_replays import replays_between_wipes
from spotting_core.domain.cameras import Shot

L, A, S, N = "logo", "abrupt", "smooth", None


def shots_of(changes: Sequence[str | None], labels: str = "") -> list[Shot]:
    """Shots of ten seconds that end like this; the last of them ends the half."""
    cameras = labels or "".join(chr(ord("a") + k) for k in range(len(changes)))
    ends = zip(changes, cameras, strict=True)
    return [
        Shot(1, k * 10_000_000, (k + 1) * 10_000_000, label, False, change) for k, (change, label) in enumerate(ends)
    ]


def replays(changes: Sequence[str | None], surest: Sequence[float]) -> str:
    """One letter a shot: R for a replay, l for live."""
    return "".join("R" if s.replay else "l" for s in replays_between_wipes(shots_of(changes), surest))


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
    assert replays(changes, surest) == expected


def test_a_shot_that_doubt_alone_has_parted_is_one() -> None:
    shots = shots_of((L, N, L, N), "abbc")
    joined = replays_between_wipes(shots, [0.05, 0.9, 0.45, 0.05])
    assert [(s.start // 10_000_000, s.end // 10_000_000, s.label, s.replay) for s in joined] == [
        (0, 1, "a", False), (1, 3, "b", True), (3, 4, "c", False),
    ]  # fmt: skip
    assert [s.change_type for s in joined] == [L, L, N]


def test_a_half_without_shots_has_none() -> None:
    assert replays_between_wipes([], []) == []
