"""Whether the calibrations beside a match are of it: readable, of its length and shape of picture, and on its clock.

On which clock they are is told by the cuts of its camera labels. Where a picture looks jumps at a cut, so the samples
between which most cuts fall are those between which most jumps lie. The calibrations published with SoccerNet-v2 jump
one sample before the cuts (docs/preflight.md).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np

from spotting_core.analyses.match_calibrations import check_length, check_match, check_shape
from spotting_core.base.errors import BadInputError
from spotting_core.domain.homography import Calibration
from spotting_core.formats import field_calibration
from spotting_core.formats.field_calibration import RATE, USED_FROM, where_sure
from spotting_core.preflight.finding import ERROR, NOTE, WARNING, Finding

CHECK = "calibrations"
_POINTS = np.array([[0.3, 0.6], [0.7, 0.6], [0.5, 0.9]])  # of the picture, whose places on the pitch are followed
_JUMP = 15.0  # metres
_FARTHEST = 6  # samples that calibrations are looked for before and after the cuts
_FEWEST = 20  # cuts by which a clock is told
_LEAST, _CLEARLY = 0.45, 1.2  # share of the cuts that meet a jump, and how much more often than on the clock as it is


@dataclass(frozen=True)
class PlayedHalf:
    """A half's video: microseconds, and pixels of its pictures."""

    duration: int
    width: int
    height: int


def check_calibrations(
    folder: Path, match: str, halves: Mapping[int, PlayedHalf], cuts: Mapping[int, Sequence[int]]
) -> list[Finding]:
    """All checks of the calibrations in a match folder; none where it has none.

    Arguments:
        match: name of the match; halves: by number; cuts: microseconds of the abrupt changes of each half.
    """
    if (folder / field_calibration.RENDERED).is_file():
        return _exact(folder, halves, cuts)
    findings = []
    files = field_calibration.published_files(folder)
    twice = _refused(folder, partial(field_calibration.check_one_of_each, folder))
    for half, path in sorted(files.items()):
        findings += _published(path, half, match, halves.get(half), cuts.get(half, ()))
    findings += _missing(folder.name, halves, files) if files else []
    return [twice, *findings] if twice else findings


def _missing(where: str, halves: Collection[int], calibrated: Collection[int]) -> list[Finding]:
    """The halves that have no calibrations while others have."""
    left = ", ".join(str(half) for half in sorted(set(halves) - set(calibrated)))
    if not left:
        return []
    fix = "Put theirs there too, or run touchline analyze --task calibration"
    return [Finding(CHECK, WARNING, f"there are no calibrations of half {left}", where, fix)]


def _exact(folder: Path, halves: Mapping[int, PlayedHalf], cuts: Mapping[int, Sequence[int]]) -> list[Finding]:
    path = folder / field_calibration.RENDERED
    try:
        found = field_calibration.read_rendered(folder)
    except BadInputError as error:
        return [_wrong(path, error)]
    findings: list[Finding | None] = []
    for half, video in halves.items():
        own = [c for c in found if c.half == half]
        findings.append(_refused(path, partial(check_length, path, own, video.duration)))
        size = field_calibration.rendered_size(folder)
        findings.append(_refused(path, partial(check_shape, path, *size, video.width, video.height)))
        findings.append(_clock(path, own, cuts.get(half, ())))
    calibrated = {c.half for c in found if c.homography is not None}
    findings += _missing(path.name, halves, calibrated)
    return [finding for finding in findings if finding is not None]


def _published(path: Path, half: int, match: str, video: PlayedHalf | None, cuts: Sequence[int]) -> list[Finding]:
    try:
        published = field_calibration.read_published(path, half)
    except BadInputError as error:
        return [_wrong(path, error)]
    if video is None:
        return [Finding(CHECK, WARNING, "calibrations are of a half that has no video", path.name)]
    checks = (
        partial(check_match, path, published, match),
        partial(check_length, path, published.calibrations, video.duration),
        partial(check_shape, path, published.width, published.height, video.width, video.height),
    )
    refused = [finding for check in checks if (finding := _refused(path, check)) is not None]
    sure = [where_sure(c) for c in published.calibrations]
    if all(c.homography is None for c in sure):
        none = all(c.homography is None for c in published.calibrations)
        why = "none is a homography" if none else f"none is as sure as {USED_FROM:g}"
        what = f"no calibration can be used, for {why}, so nobody is placed"
        return [*refused, Finding(CHECK, WARNING, what, f"{path.name}, {len(sure)} samples")]
    clock = None if refused else _clock(path, sure, cuts)
    return [*refused, clock] if clock else refused


def _refused(path: Path, check: Callable[[], None]) -> Finding | None:
    try:
        check()
    except BadInputError as error:
        return _wrong(path, error)
    return None


def _wrong(path: Path, error: BadInputError) -> Finding:
    place = str(error.where or path)  # of a row, or of the description beside the file
    return Finding(CHECK, ERROR, error.what, place.rsplit("/", 1)[-1], error.fix or "")


def _clock(path: Path, calibrations: Sequence[Calibration], cuts: Sequence[int]) -> Finding | None:
    """Whether calibrations lie some samples before or after the cuts."""
    lag = samples_late(calibrations, cuts)
    if not lag:
        return None
    where, by = "before" if lag < 0 else "after", f"{abs(lag)} sample" + ("s" if abs(lag) > 1 else "")
    return Finding(
        CHECK,
        NOTE if abs(lag) == 1 else WARNING,
        f"the calibrations jump {by} {where} the cuts of the camera labels",
        f"{path.name}, {len(cuts)} cuts",
        f"Move the samples of the file: they are about {abs(lag) / RATE:g} s off the clock of the labels",
    )


def samples_late(calibrations: Sequence[Calibration], cuts: Sequence[int]) -> int:
    """How many samples after the cuts calibrations jump, negative for before; 0 where that is not clear.

    Arguments:
        calibrations: ``RATE`` a second, from the half's beginning on; cuts: microseconds.
    """
    met = cuts_met(calibrations, cuts)
    if not met:
        return 0
    best = max(met, key=lambda lag: met[lag])
    return best if met[best] >= _LEAST and met[best] > _CLEARLY * met[0] else 0


def cuts_met(calibrations: Sequence[Calibration], cuts: Sequence[int]) -> dict[int, float]:
    """The share of the cuts at which calibrations jump, by how many samples later; nothing for too few cuts."""
    jumps = jumps_of(calibrations)
    before = np.array([int(np.ceil(cut * RATE / 1e6)) - 1 for cut in cuts], int)  # the last sample before each cut
    before = before[(before >= _FARTHEST) & (before < len(jumps) - _FARTHEST)]
    if len(before) < _FEWEST:
        return {}
    return {lag: float(jumps[before + lag].mean()) for lag in range(-_FARTHEST, _FARTHEST + 1)}


def jumps_of(calibrations: Sequence[Calibration]) -> np.ndarray:
    """Whether where the picture looks jumps between each sample and the next: bool (T - 1,)."""
    places = [c.homography.to_pitch(_POINTS) if c.homography is not None else None for c in calibrations]
    return np.array([_jumped(one, other) for one, other in pairwise(places)], bool)


def _jumped(before: np.ndarray | None, after: np.ndarray | None) -> bool:
    if before is None or after is None:
        return (before is None) != (after is None)
    return not float(np.abs(before - after).max()) < _JUMP  # a point above the horizon is NaN
