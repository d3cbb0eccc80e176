"""Which detections are right: the official greedy matching, and the best one there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from spotting_core.evaluation.track import Track


def matches(track: Track, tolerances: Sequence[float], *, official: bool) -> Iterator[np.ndarray]:
    """For each tolerance (seconds, the full window), bool (N,): which detections are matched."""
    if official:
        yield from greedy_matches(track, [track.reach(t) for t in tolerances])
        return
    for tolerance in tolerances:
        yield best_matches(track, track.reach(tolerance))


def greedy_matches(track: Track, reaches: Sequence[int]) -> Iterator[np.ndarray]:
    """The official matching: truths in order of time take the most confident free detection in reach.

    Of equally confident ones the earliest. That is a stable matching in which every detection prefers the
    earlier truth, so it is found for all truths at once: each asks for its best detection, a detection keeps
    the earliest truth that asked, and the others ask for their next (Gale and Shapley, 1962).
    """
    truth, detection, distance = _pairs(track, max(reaches))
    rank = np.empty(len(track.score), np.int64)
    rank[np.argsort(-track.score, kind="stable")] = np.arange(len(track.score))
    order = np.argsort(truth * max(1, len(rank)) + rank[detection])
    truth, detection, distance = truth[order], detection[order], distance[order]
    for reach in reaches:
        near = distance <= reach
        yield _kept_detections(truth[near], detection[near], len(track.truth), len(track.place))


def _pairs(track: Track, reach: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All (truth, detection) in reach of each other, truth by truth, with their distance."""
    first = np.searchsorted(track.place, track.truth - reach, side="left")
    stop = np.searchsorted(track.place, track.truth + reach, side="right")
    counts = stop - first
    truth = np.repeat(np.arange(len(track.truth)), counts)
    detection = np.arange(counts.sum()) + np.repeat(first - (np.cumsum(counts) - counts), counts)
    return truth, detection, np.abs(track.place[detection] - track.truth[truth])


def _kept_detections(truth: np.ndarray, detection: np.ndarray, truths: int, detections: int) -> np.ndarray:
    """Which detections some truth keeps; pairs come truth by truth, the best liked first."""
    counts = np.bincount(truth, minlength=truths)
    end = np.cumsum(counts)
    at = end - counts
    holder = np.full(detections, truths, np.int64)
    asking = np.flatnonzero(counts)
    while len(asking):
        wanted = detection[at[asking]]
        before = holder[wanted]
        np.minimum.at(holder, wanted, asking)
        refused = asking[holder[wanted] != asking]
        displaced = np.unique(before[(before < truths) & (holder[wanted] != before)])
        asking = np.concatenate([refused, displaced])
        at[asking] += 1
        asking = asking[at[asking] < end[asking]]
    return holder < truths


def best_matches(track: Track, reach: int) -> np.ndarray:
    """The most confident set of detections that can all be matched, to a truth of their own each.

    Detections are taken in falling order of confidence if the truths can be rearranged to make room
    (augmenting paths), which maximises the number of matches at every confidence at once. A truth that shares
    no detection with another simply takes its most confident one.
    """
    first = np.searchsorted(track.truth, track.place - reach, side="left")
    stop = np.searchsorted(track.truth, track.place + reach, side="right")
    hit = np.zeros(len(track.place), bool)
    near = np.flatnonzero(stop > first)
    order = near[np.argsort(-track.score[near], kind="stable")]
    alone = _alone(first[near], stop[near], len(track.truth))[first[order]]
    _, best = np.unique(first[order[alone]], return_index=True)
    hit[order[alone][best]] = True
    rest = order[~alone]
    room = _Room(len(track.truth), first.tolist(), stop.tolist())
    for detection in rest.tolist():
        hit[detection] = room.make(detection)
    return hit


def _alone(first: np.ndarray, stop: np.ndarray, truths: int) -> np.ndarray:
    """bool (G,): truths whose detections reach no other truth."""
    linked = np.zeros(truths + 1, np.int64)  # linked[i] > 0: some detection reaches truths i and i + 1
    np.add.at(linked, first, 1)
    np.add.at(linked, stop - 1, -1)
    joined = np.cumsum(linked)[:truths] > 0
    return ~joined & ~np.concatenate([[False], joined[:-1]])


class _Room:
    """A matching that grows by one detection at a time.

    ``full`` marks truths no rearrangement can free any more: all that a search which found no room has seen.
    """

    def __init__(self, truths: int, first: list[int], stop: list[int]) -> None:
        self._first, self._stop = first, stop
        self._owner = [-1] * truths
        self._full = bytearray(truths)

    def make(self, detection: int) -> bool:
        """Give a detection a truth, moving others if need be."""
        owner, full, first, stop = self._owner, self._full, self._first, self._stop
        came_from: dict[int, tuple[int, int]] = {}  # truth to (the detection that wants it, the truth it has)
        waiting = [(detection, -1)]
        for wanting, has in waiting:
            for truth in range(first[wanting], stop[wanting]):
                if full[truth] or truth in came_from:
                    continue
                came_from[truth] = (wanting, has)
                if owner[truth] < 0:
                    self._move(truth, came_from)
                    return True
                waiting.append((owner[truth], truth))
        for truth in came_from:
            full[truth] = 1
        return False

    def _move(self, truth: int, came_from: dict[int, tuple[int, int]]) -> None:
        while truth >= 0:
            wanting, has = came_from[truth]
            self._owner[truth] = wanting
            truth = has
