"""Where tracks go on without being seen: over a missed sample or two, and, rarely, over a cut."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from itertools import pairwise

import numpy as np

from spotting_core.domain.people import Placed

AWAY_FOR = 3.0
"""Seconds of another picture after which nobody is known again."""
_STROLL = 3.0  # metres a second that people move while another picture is shown
_NEAR = 1.5  # metres that places are wrong by, beside what people move
_CLEAR = 2.0  # how many times farther anybody else has to be
_SURE = 0.8  # that both are of one team or role
_DRIFT = 1.5  # metres a second by which somebody unseen may be off the straight line


def joined_over_cuts(
    seconds: np.ndarray, places: np.ndarray, errors: np.ndarray, tracks: np.ndarray, likely: np.ndarray,
    breaks: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Tracks with those joined that go on after a cut: int (N,), from 0 without gaps.

    Two are joined where the later begins within ``AWAY_FOR`` seconds, no farther than a stroll, both are of one team
    or role, and for both everybody else of that team is at least ``_CLEAR`` times as far.

    Arguments:
        seconds: (N,), rising; places: (N, 2), metres; errors: (N,), metres; tracks: int (N,), from 0.
        likely: float (tracks, G), see ``roles.track_roles``; breaks: seconds, rising.
    """
    count = len(likely)
    first = np.full(count, -1)
    last = np.full(count, -1)
    for row, track in enumerate(tracks.tolist()):
        first[track] = row if first[track] < 0 else first[track]
        last[track] = row
    group, sure = likely.argmax(1), likely.max(1) >= _SURE
    parent = np.arange(count)
    shot_of_end, shot_of_start = (np.searchsorted(breaks, seconds[rows], "right") for rows in (last, first))
    for at in np.unique(shot_of_start):
        starts = np.flatnonzero((shot_of_start == at) & sure)
        ends = np.flatnonzero((shot_of_end < at) & sure)
        if not len(starts) or not len(ends):
            continue
        gap = seconds[first[starts]][None] - seconds[last[ends]][:, None]
        apart = np.linalg.norm(places[last[ends]][:, None] - places[first[starts]][None], axis=-1)
        apart[(group[ends][:, None] != group[starts][None]) | (gap > AWAY_FOR)] = np.inf
        limit = _NEAR + _STROLL * gap + errors[last[ends]][:, None] + errors[first[starts]][None]
        for i, j in zip(*np.nonzero(apart <= limit), strict=True):
            others = np.concatenate([np.delete(apart[i], j), np.delete(apart[:, j], i)])
            if others.min(initial=np.inf) > max(_CLEAR * apart[i, j], _NEAR):
                parent[starts[j]] = ends[i]
    for track in range(count):
        root = track
        while parent[root] != root:
            root = int(parent[root])
        parent[track] = root
    return np.unique(parent[tracks], return_inverse=True)[1]


def bridged(placed: Iterable[Placed], times: np.ndarray, calibrated: Collection[int]) -> list[Placed]:
    """The same with the samples between two sightings of a track, on a straight line and marked as unseen.

    Only samples at which the pitch is in the picture are filled: replays and close-ups stay gaps.

    Arguments:
        times: microseconds of all samples, rising; calibrated: those with a calibration.
    """
    by_track: dict[int, list[Placed]] = {}
    for one in placed:
        by_track.setdefault(one.track, []).append(one)
    found: list[Placed] = []
    for sightings in by_track.values():
        sightings.sort(key=lambda p: p.time)
        found += sightings
        for before, after in pairwise(sightings):
            between = times[np.searchsorted(times, before.time, "right") : np.searchsorted(times, after.time)].tolist()
            if all(time in calibrated for time in between):
                found += [_between(before, after, int(time)) for time in between]
    return found


def _between(before: Placed, after: Placed, time: int) -> Placed:
    share = (time - before.time) / (after.time - before.time)
    nearest = min(time - before.time, after.time - time) / 1e6
    error = float(np.hypot((before.error + after.error) / 2, _DRIFT * nearest))
    return replace(
        before, time=time, x=before.x + share * (after.x - before.x), y=before.y + share * (after.y - before.y),
        error=error, confidence=min(before.confidence, after.confidence) / 2, box=None, colour=None,
    )  # fmt: skip
