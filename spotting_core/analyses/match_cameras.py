"""The cameras of a match: its labels where there are any, else what models have found, joined.

A model of shots names the camera of every sample, so the ends of its shots are known to half a sample; one of
boundaries knows them to the frame, and how one shot goes over into the next. Where both have judged a match, the ends
of shots are those of the nearest boundary, and a boundary inside a shot parts it; and the wipes among the boundaries
help to say which shots are replays, as the clock of the broadcast does where it has been read.
"""

from __future__ import annotations

import logging
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

import numpy as np

from spotting_core.analyses.analysis import Analysis
from spotting_core.analyses.replayed_shots import clock_odds, replayed_shots
from spotting_core.base.errors import TouchlineError
from spotting_core.domain.cameras import LABELLED, CameraChange, Grounding, Link, Shot, changes_of
from spotting_core.domain.findings import Finding
from spotting_core.domain.spots import Spot
from spotting_core.formats.labels_cameras import CameraDocument
from spotting_core.score_bug.readings import BugReadings
from spotting_core.tasks.boundaries import BOUNDARIES
from spotting_core.tasks.replays import REPLAYS
from spotting_core.tasks.shots import SHOTS
from spotting_core.tasks.task import LayerTask

_Finding = TypeVar("_Finding", bound=Finding)

log = logging.getLogger(__name__)

CAMERA_TASKS = (SHOTS.name, BOUNDARIES.name, REPLAYS.name)
"""Tasks whose layers say something of the cameras of a match."""

_NEAR = 750_000  # microseconds within which a boundary is the end of a shot
_SHORTEST = 400_000  # a boundary nearer to another end than this parts no shot


@dataclass(frozen=True)
class CameraMinutes:
    """Minutes for which a camera is on, live and in replays."""

    live: float = 0.0
    replayed: float = 0.0

    def __add__(self, other: CameraMinutes) -> CameraMinutes:
        return CameraMinutes(self.live + other.live, self.replayed + other.replayed)


@dataclass(frozen=True)
class MatchCameras:
    """Shots of a match, in order.

    Arguments:
        source: ``LABELLED``, or the name of the model that named the cameras.
        links: what the replays show, by half and end.
        groundings: what a model says the replays may show, by half and end.
        sources: by what reviews name that model (``ModelIdentity.review_sources``); none of labels.
    """

    shots: tuple[Shot, ...]
    source: str
    links: dict[tuple[int, int], Link]
    groundings: dict[tuple[int, int], Grounding]
    sources: tuple[str, ...] = ()

    @property
    def source_name(self) -> str:
        """Where they come from, for people: labels, or the model's name."""
        return "labels" if self.source == LABELLED else self.source

    @property
    def changes(self) -> list[CameraChange]:
        """The changes at the ends of shots."""
        return changes_of(self.shots, self.links, self.source)

    @property
    def replays(self) -> list[Shot]:
        """The shots that are replays."""
        return [s for s in self.shots if s.replay]

    def shot_at(self, half: int, time: int) -> Shot | None:
        """The shot on screen at a moment (microseconds of the half)."""
        shots = self._by_half.get(half, [])
        at = bisect_right(shots, time, key=lambda shot: shot.start) - 1
        return shots[at] if at >= 0 and time < shots[at].end else None

    def link_of(self, replay: Shot) -> Link | None:
        """The action that a replay shows, where that is known."""
        return self.links.get((replay.half, replay.end))

    def minutes(self) -> dict[str, CameraMinutes]:
        """How long each camera is on, the longest first."""
        lengths: dict[str, list[int]] = {}
        for shot in self.shots:
            lengths.setdefault(shot.label, [0, 0])[shot.replay] += shot.end - shot.start
        ordered = sorted(lengths.items(), key=lambda item: -sum(item[1]))
        return {label: CameraMinutes(live / 60e6, replayed / 60e6) for label, (live, replayed) in ordered}

    @cached_property
    def _by_half(self) -> dict[int, list[Shot]]:
        return {half: [s for s in self.shots if s.half == half] for half in {s.half for s in self.shots}}


def match_cameras(
    labels: CameraDocument | None, layers: Iterable[Analysis], readings: Mapping[int, BugReadings] | None = None
) -> MatchCameras | None:
    """The cameras of a match, from its labels or else from its layers; None where nothing is known of them.

    Arguments:
        layers: of every task, the one that is used first; the first of a task whose findings can be read counts.
        readings: what has been read of the score bug, by half.
    """
    layers = list(layers)
    sources: tuple[str, ...] = ()
    if labels is not None and labels.entries:
        shots, source = tuple(labels.shots), LABELLED
        links = labels.resolved_links
    else:
        layer, named = _first(layers, SHOTS)
        if layer is None:
            return None
        _, boundaries = _first(layers, BOUNDARIES)
        shots = tuple(_replays_decided(cut_at(named, boundaries), layer, readings or {}))
        source = str(layer.record.model["name"])
        sources = layer.record.identity.review_sources
        links = {}
    groundings = _groundings(shots, _first(layers, REPLAYS)[1])
    if source != LABELLED:
        links = {end: g.candidates[0].link for end, g in groundings.items() if g.candidates}
    return MatchCameras(shots, source, links, groundings, sources)


def _replays_decided(shots: Sequence[Shot], layer: Analysis, readings: Mapping[int, BugReadings]) -> list[Shot]:
    """Shots of a match; wipes and the clock help to say which are replays, where the layer says how likely each sample
    is one."""
    decided: list[Shot] = []
    for number in dict.fromkeys(s.half for s in shots):
        own, half = [s for s in shots if s.half == number], layer.half(number)
        if half.replay is not None:
            clock = clock_odds(own, readings[number]) if number in readings else None
            own = replayed_shots(own, [_mean_within(half.replay, half.times, s) for s in own], clock)
        decided += own
    return decided


def _mean_within(scores: np.ndarray, times: np.ndarray, shot: Shot) -> float:
    """Mean of the scores of a shot's samples, or the score of the one before, where none lies in it."""
    first, stop = np.searchsorted(times, (shot.start, shot.end))
    within = scores[first:stop] if stop > first else scores[max(0, first - 1) : max(1, first)]
    return float(np.mean(within, dtype=np.float64))


def cut_at(shots: Sequence[Shot], boundaries: Iterable[Spot]) -> list[Shot]:
    """Shots whose ends lie at boundaries, where one is near, and which boundaries part.

    Arguments:
        shots: without gaps, in order; boundaries: of the class of their kind.
    """
    ordered = sorted(boundaries, key=lambda b: (b.half, b.time))
    cut: list[Shot] = []
    for half in dict.fromkeys(s.half for s in shots):
        cut += _cut_half([s for s in shots if s.half == half], [b for b in ordered if b.half == half])
    return cut


def _cut_half(shots: list[Shot], boundaries: list[Spot]) -> list[Shot]:
    ends, parting = _nearest_ends(shots[:-1], boundaries)
    moved, start = [], shots[0].start if shots else 0
    for shot in shots:
        boundary = ends.get(shot.end)
        end, kind = (boundary.time, boundary.label) if boundary is not None else (shot.end, shot.change_type)
        if end > start:
            moved.append(replace(shot, start=start, end=end, change_type=kind))
            start = end
    return [part for shot in moved for part in _parted(shot, parting)]


def _nearest_ends(shots: Sequence[Shot], boundaries: Sequence[Spot]) -> tuple[dict[int, Spot], list[Spot]]:
    """The boundary of each end of a shot, by the end, nearest pairs first; and the boundaries that are left."""
    near = [
        (abs(b.time - s.end), s.end, number)
        for s in shots
        for number, b in enumerate(boundaries)
        if abs(b.time - s.end) <= _NEAR
    ]
    ends: dict[int, Spot] = {}
    taken: set[int] = set()
    for _, end, number in sorted(near):
        if end not in ends and number not in taken:
            ends[end] = boundaries[number]
            taken.add(number)
    return ends, [b for number, b in enumerate(boundaries) if number not in taken]


def _parted(shot: Shot, boundaries: Iterable[Spot]) -> list[Shot]:
    """A shot as the boundaries inside of it part it."""
    parts = []
    for boundary in boundaries:
        if shot.start + _SHORTEST <= boundary.time <= shot.end - _SHORTEST:
            parts.append(replace(shot, end=boundary.time, change_type=boundary.label))
            shot = replace(shot, start=boundary.time)
    return [*parts, shot]


def _first(layers: Iterable[Analysis], task: LayerTask[_Finding]) -> tuple[Analysis | None, list[_Finding]]:
    """The first layer of a task that can be read, and what it says; a damaged one must not hide all else of a match."""
    for layer in layers:
        if layer.record.task == task.name:
            try:
                return layer, layer.findings(task)
            except TouchlineError as error:
                log.warning("an analysis is left out: %s", error)
    return None, []


def _groundings(shots: Iterable[Shot], groundings: Sequence[Grounding]) -> dict[tuple[int, int], Grounding]:
    """Groundings by half and end of the replay that they overlap most."""
    by_end: dict[tuple[int, int], Grounding] = {}
    for shot in shots:
        own = [g for g in groundings if shot.replay and g.half == shot.half and _overlap(shot, g) > 0]
        if own:
            by_end[shot.half, shot.end] = max(own, key=lambda g: _overlap(shot, g))
    return by_end


def _overlap(shot: Shot, grounding: Grounding) -> int:
    return min(shot.end, grounding.end) - max(shot.start, grounding.start)
