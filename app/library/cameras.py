"""The cameras of a match of the library: as its labels or its models have them, and as reviewers have left them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from app.library.library import Match
from spotting_core.analyses.analysis import ANALYSIS_FILE, Analysis
from spotting_core.analyses.layers import open_layer
from spotting_core.analyses.match_cameras import CAMERA_TASKS, MatchCameras, match_cameras
from spotting_core.base.errors import TouchlineError
from spotting_core.formats import labels_cameras
from spotting_core.formats.labels_cameras import CameraDocument
from spotting_core.media.fingerprint import joint_hash
from spotting_core.media.source import open_match
from spotting_core.reviewing.cameras import reviewed_cameras
from spotting_core.store.camera_reviews import CameraReviews

_File = tuple[Path, int]
"""A file, and when it was last changed (nanoseconds)."""


def camera_labels(path: Path) -> CameraDocument | None:
    """The camera labels beside the videos of the match at a path, if there are any.

    Errors:
        BadInputError: the match cannot be opened, or its labels cannot be read.
    """
    labels = _labels(path)
    return _read(labels) if labels else None


def unreviewed_cameras(path: Path, layers: Sequence[Analysis]) -> MatchCameras | None:
    """The cameras of the match at a path before anybody reviewed them; labels that cannot be read count as none.

    Arguments:
        layers: of the match, for every task.
    """
    try:
        labels = _labels(path)
        if labels is not None:
            _read(labels)
    except TouchlineError:  # said where they are shown
        labels = None
    return _joined(labels, _records(layers))


def standing_cameras(match: Match, layers: Sequence[Analysis], reviews: CameraReviews) -> MatchCameras | None:
    """The cameras of a match as their reviewers have left them; None where nothing is known of them."""
    return reviewed_cameras(unreviewed_cameras(match.path, layers), reviews.of_match(match.id))


def cameras_stamp(match: Match, layers: Sequence[Analysis], reviews: CameraReviews) -> str:
    """Changes with all that decides ``standing_cameras``."""
    try:
        labels = _labels(match.path)
    except TouchlineError:
        labels = None
    revisions = sorted(f"{r.origin} {r.revision}" for r in reviews.of_match(match.id))
    return joint_hash([str(labels), *(str(record) for record in _records(layers)), *revisions])


def _labels(path: Path) -> _File | None:
    labels = open_match(path).companion(labels_cameras.FILE_NAME)
    return _file(labels) if labels else None


def _records(layers: Sequence[Analysis]) -> tuple[_File, ...]:
    """The records of the layers that say something of cameras; of one that is removed meanwhile there is none."""
    records = []
    for layer in layers:
        if layer.record.task in CAMERA_TASKS:
            with suppress(FileNotFoundError):
                records.append(_file(layer.folder / ANALYSIS_FILE))
    return tuple(records)


def _file(path: Path) -> _File:
    return path, path.stat().st_mtime_ns


@lru_cache(maxsize=64)
def _read(labels: _File) -> CameraDocument:
    """The labels of a file; an annotation that cannot be read is left out, as ``touchline doctor`` says."""
    document, _ = labels_cameras.parse_readable(labels[0].read_bytes(), labels[0])
    return document


@lru_cache(maxsize=64)
def _joined(labels: _File | None, records: tuple[_File, ...]) -> MatchCameras | None:
    layers = (open_layer(path.parent) for path, _ in records)
    return match_cameras(_read(labels) if labels else None, [layer for layer in layers if layer is not None])
