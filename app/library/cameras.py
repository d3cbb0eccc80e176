"""The cameras of a match of the library: as its labels or its models have them, and as reviewers have left them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from app.library.library import Match
from app.library.roots import source_of
from spotting_core.analyses.analysis import ANALYSIS_FILE, Analysis
from spotting_core.analyses.layers import open_layer
from spotting_core.analyses.match_cameras import CAMERA_TASKS, MatchCameras, match_cameras
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, TouchlineError
from spotting_core.base.files import read_content
from spotting_core.formats import labels_cameras
from spotting_core.formats.labels_cameras import CameraDocument
from spotting_core.media.fingerprint import joint_hash
from spotting_core.media.source import MatchSource
from spotting_core.reviewing.cameras import reviewed_cameras
from spotting_core.score_bug.readings import match_readings, readings_files
from spotting_core.store.camera_reviews import CameraReviews

Opened = Callable[[Path], MatchSource]
"""How a match at a path is opened; raises BadInputError."""
File = tuple[Path, int]
"""A file, and when it was last changed (nanoseconds)."""

_LABEL_FILE = "camera label file"

_MOST_MATCHES = 2048
"""Matches whose cameras are kept, some 0.1 MB each: pages go through a whole library in its order, so that one match
more than are kept has all of them read again each time."""


def camera_labels(path: Path, opened: Opened = source_of) -> CameraDocument | None:
    """The camera labels beside the videos of the match at a path, if there are any.

    Arguments:
        opened: how the match is opened: below the library folders alone, unless its user has named it himself.

    Errors:
        BadInputError: the match cannot be opened, or its labels cannot be read.
    """
    labels = _labels(path, opened)
    return _read(labels) if labels else None


def unreviewed_cameras(path: Path, layers: Sequence[Analysis], opened: Opened = source_of) -> MatchCameras | None:
    """The cameras of the match at a path before anybody reviewed them; labels that cannot be read count as none.

    Arguments:
        layers: of the match, for every task; opened: see ``camera_labels``.
    """
    records, readings = _records(layers), tuple(readings_of(path, layers, opened).items())
    try:
        return _joined(_labels(path, opened), records, readings)
    except TouchlineError:  # said where they are shown
        return _joined(None, records, readings)


def standing_cameras(match: Match, layers: Sequence[Analysis], reviews: CameraReviews) -> MatchCameras | None:
    """The cameras of a match as their reviewers have left them; None where nothing is known of them."""
    return reviewed_cameras(unreviewed_cameras(match.path, layers), reviews.of_match(match.id))


def cameras_stamp(match: Match, layers: Sequence[Analysis], reviews: CameraReviews) -> str:
    """Changes with all that decides ``standing_cameras``."""
    try:
        labels = _labels(match.path, source_of)
    except TouchlineError:
        labels = None
    revisions = sorted(f"{r.origin} {r.revision}" for r in reviews.of_match(match.id))
    readings = readings_of(match.path, layers).values()
    return joint_hash([str(labels), *map(str, _records(layers)), *map(str, readings), *revisions])


def readings_of(path: Path, layers: Sequence[Analysis], opened: Opened = source_of) -> dict[int, File]:
    """The files of what has been read of the score bug of a match, by half: they help to say what is a replay.

    Arguments:
        layers: of the match, for every task, in the data directory; opened: see ``camera_labels``.
    """
    data = DataDirectory.around(layers[0].folder) if layers else None
    if data is None:
        return {}
    try:
        return {half: _file(file) for half, file in readings_files(opened(path), data).items()}
    except (TouchlineError, OSError):  # a video that is gone, which is said where it is shown
        return {}


def _labels(path: Path, opened: Opened) -> File | None:
    """The file of labels beside the videos of a match.

    Errors:
        BadInputError: the match cannot be opened, or the file system does not say whether there is one.
    """
    try:
        labels = opened(path).companion(labels_cameras.FILE_NAME)
        return _file(labels) if labels else None
    except OSError as error:
        where = path / labels_cameras.FILE_NAME
        raise BadInputError(f"this {_LABEL_FILE} cannot be read ({error.strerror})", where=where) from error


def _records(layers: Sequence[Analysis]) -> tuple[File, ...]:
    """The records of the layers that say something of cameras; of one that is removed meanwhile there is none."""
    records = []
    for layer in layers:
        if layer.record.task in CAMERA_TASKS:
            with suppress(FileNotFoundError):
                records.append(_file(layer.folder / ANALYSIS_FILE))
    return tuple(records)


def _file(path: Path) -> File:
    return path, path.stat().st_mtime_ns


@lru_cache(maxsize=8)
def _read(labels: File) -> CameraDocument:
    """The labels of a file; an annotation that cannot be read is left out, as ``touchline doctor`` says.

    Errors:
        BadInputError: they cannot be read.
    """
    document, _ = labels_cameras.parse_readable(read_content(labels[0], _LABEL_FILE), labels[0])
    return document


@lru_cache(maxsize=_MOST_MATCHES)
def _joined(
    labels: File | None, records: tuple[File, ...], readings: tuple[tuple[int, File], ...]
) -> MatchCameras | None:
    """The cameras of a match.

    Errors:
        BadInputError: the labels cannot be read; that is not kept, for they may be readable a moment later.
    """
    layers = (open_layer(path.parent) for path, _ in records)
    return match_cameras(
        _read(labels) if labels else None,
        [layer for layer in layers if layer is not None],
        match_readings({half: path for half, (path, _) in readings}),
    )
