"""The calibrations of a match: those that lie beside it, else those of its layer of calibrations.

``calibration.parquet`` of a rendered match is exact; else the published ``<half>_field_calib_*.json`` count, where
they are sure enough (``field_calibration.USED_FROM``). Published calibrations are known to lie beside the wrong
match, so they are checked before they are believed. For a half of which nothing lies beside the match, the first layer
of the task counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from spotting_core.analyses.analysis import Analysis
from spotting_core.base.errors import BadInputError
from spotting_core.domain.homography import Calibration
from spotting_core.formats import field_calibration
from spotting_core.formats.field_calibration import PublishedHalf
from spotting_core.media.source import VIDEO_SUFFIXES, MatchSource
from spotting_core.tasks.calibration import CALIBRATION

_OFF = 3.0  # seconds by which calibrations may end before or after the half
_SHAPE = 0.03  # relative difference of the shape of pictures


def match_calibrations(
    source: MatchSource, layers: Iterable[Analysis], *, rate: float | None = None
) -> list[Calibration]:
    """The calibrations of a match, in order of half and time; none where there are none.

    Arguments:
        layers: of the match, of every task; they tell lengths and sizes of the halves.
        rate: so many exact ones a second; that of the layers where not given. Published ones have a rate of their own.

    Errors:
        BadInputError: a file is damaged, of another match, length, or shape of picture.
    """
    layers = list(layers)
    beside, layer = (_beside(source, layers, rate) if source.path.is_dir() else []), calibration_layer(layers)
    parts = {c.half for c in beside}
    if layer is None or parts >= {half.half for half in layer.record.halves}:
        return beside
    found = [c for c in layer.findings(CALIBRATION) if c.half not in parts]
    return sorted([*beside, *found], key=lambda c: (c.half, c.time))


def _beside(source: MatchSource, layers: Sequence[Analysis], rate: float | None) -> list[Calibration]:
    """The calibrations that lie beside a match."""
    records = {half.half: half for layer in layers for half in layer.record.halves}
    exact = source.path / field_calibration.RENDERED
    if exact.is_file():
        found = field_calibration.read_rendered(source.path, rate=rate or _rate_of(layers))
        for half, record in records.items():
            check_length(exact, [c for c in found if c.half == half], record.duration)
            check_shape(exact, *field_calibration.rendered_size(source.path), record.width, record.height)
        return found
    sure: list[Calibration] = []
    field_calibration.check_one_of_each(source.path)
    pitch = field_calibration.pitch_of(source.path)
    for half, path in sorted(field_calibration.published_files(source.path).items()):
        published = field_calibration.read_published(path, half)
        check_match(path, published, source.path.name)
        if half in records:
            check_length(path, published.calibrations, records[half].duration)
            check_shape(path, published.width, published.height, records[half].width, records[half].height)
        sure += (replace(field_calibration.where_sure(c), pitch=pitch) for c in published.calibrations)
    return sure


def calibration_layer(layers: Iterable[Analysis]) -> Analysis | None:
    """The first of some layers that is of calibrations."""
    return next((layer for layer in layers if layer.record.task == CALIBRATION.name), None)


def _rate_of(layers: Iterable[Analysis]) -> float:
    return max((layer.record.rate for layer in layers if layer.has("entities")), default=field_calibration.RATE)


def check_match(path: Path, published: PublishedHalf, match: str) -> None:
    """Refuse published calibrations that name another match than the folder that they lie in.

    Errors:
        BadInputError: see above.
    """
    named = _game_of(published.game)
    if named and named != match and " - " in match:  # a folder of another layout has a name of its own
        raise BadInputError(
            f"these calibrations are of another match, {named}", where=path, fix="Copy those of this match"
        )


def _game_of(place: str) -> str:
    """The game that a file names, by its folder or by a video in that."""
    *folders, last = place.rstrip("/").split("/")
    return folders[-1] if folders and Path(last).suffix.lower() in VIDEO_SUFFIXES else last


def check_length(path: Path, calibrations: Sequence[Calibration], duration: int) -> None:
    """Refuse calibrations of a half that cover more or less of it.

    Arguments:
        duration: microseconds of the half.

    Errors:
        BadInputError: see above.
    """
    if not calibrations:
        return
    covered, lasts = calibrations[-1].time / 1e6, duration / 1e6
    if abs(covered - lasts) > _OFF:
        raise BadInputError(
            f"these calibrations cover {covered:.0f} s, the half lasts {lasts:.0f} s: another match's, or another rate",
            where=path,
            fix="Copy those of this match, two samples a second",
        )


def check_shape(path: Path, wide: int, high: int, width: int, height: int) -> None:
    """Refuse calibrations of pictures of another shape.

    Arguments:
        wide, high: pixels of the calibrated pictures; width, height: of the video's.

    Errors:
        BadInputError: see above.
    """
    if abs(wide / high - width / height) > _SHAPE * width / height:
        raise BadInputError(
            f"these calibrations are of pictures of {wide} by {high} pixels, the video's are {width} by {height}",
            where=path,
            fix="Calibrate pictures of the same shape",
        )
