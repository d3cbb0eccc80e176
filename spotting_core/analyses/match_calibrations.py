"""The calibrations of a match: those that lie beside it, else those of its layer of calibrations.

``calibration.parquet`` of a rendered match is exact; else the published ``<half>_field_calib_*.json`` count, where
they are sure enough (``field_calibration.USED_FROM``). Published calibrations are known to lie beside the wrong
match, so they are checked before they are believed. Where nothing lies beside the match, the first layer of the task
counts.
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
from spotting_core.media.source import MatchSource
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
    if not source.path.is_dir() or not field_calibration.calibrated_parts(source.path):
        layer = calibration_layer(layers)
        return layer.findings(CALIBRATION) if layer is not None else []
    records = {half.half: half for layer in layers for half in layer.record.halves}
    if (source.path / field_calibration.RENDERED).is_file():
        found = field_calibration.read_rendered(source.path, rate=rate or _rate_of(layers))
        for half, record in records.items():
            check_length(
                source.path / field_calibration.RENDERED, [c for c in found if c.half == half], record.duration
            )
        return found
    sure: list[Calibration] = []
    pitch = field_calibration.pitch_of(source.path)
    for half, path in sorted(field_calibration.published_files(source.path).items()):
        published = field_calibration.read_published(path, half)
        check_match(path, published, source.path.name)
        if half in records:
            check_length(path, published.calibrations, records[half].duration)
            check_shape(path, published, records[half].width, records[half].height)
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
    named = published.game.rstrip("/").split("/")[-1]
    if named and named != match and " - " in match:  # a folder of another layout has a name of its own
        raise BadInputError(
            f"these calibrations are of another match, {named}", where=path, fix="Copy those of this match"
        )


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


def check_shape(path: Path, published: PublishedHalf, width: int, height: int) -> None:
    """Refuse published calibrations of pictures of another shape.

    Arguments:
        width, height: pixels of the video's pictures.

    Errors:
        BadInputError: see above.
    """
    wide, high = published.width, published.height
    if abs(wide / high - width / height) > _SHAPE * width / height:
        raise BadInputError(
            f"these calibrations are of pictures of {wide} by {high} pixels, the video's are {width} by {height}",
            where=path,
            fix="Calibrate pictures of the same shape",
        )
