"""Corrected copies of a match's files, for ``touchline doctor --fix``: written beside them, never over them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np

from spotting_core.base.arrays import open_array
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import replacing, write_array
from spotting_core.domain.classes import ClassTable
from spotting_core.formats import e2e_spot, recognition, registry
from spotting_core.formats.document import Document, Options
from spotting_core.media.ingest import ingest
from spotting_core.media.playback import make_playback, playback_file
from spotting_core.media.source import MatchSource
from spotting_core.preflight.match import check_spots
from spotting_core.preflight.scores import check_scores

_OF_PART, _PART_FOLDER = re.compile(r"^([1-9]\d{0,2})_"), re.compile(r"^half([1-9]\d{0,2})$")


def score_tables(path: Path, match: MatchSource) -> dict[int, np.ndarray]:
    """Scores of the match's halves, if the file holds scores: an array of one half, or E2E-Spot's score file.

    Errors:
        BadInputError: the array cannot be read, or no video of the file is of this match.
    """
    if path.suffix.lower() == ".npy" and path.is_file():
        named = _OF_PART.match(path.name) or _PART_FOLDER.match(path.parent.name)
        half = int(named.group(1)) if named else match.halves[0].half
        return {half: np.asarray(open_array(path), np.float32)}
    if not path.is_file() or recognition.guess_source(path, registry.FORMATS).name != e2e_spot.SCORES:
        return {}
    tracks = list(e2e_spot.read_scores(path))
    own = {t.video.rpartition("/")[2]: t.scores for t in tracks if f"/{match.path.name}/" in f"/{t.video}"}
    if not own and len(tracks) == len(match.halves):
        own = {str(h.half): t.scores for h, t in zip(match.halves, tracks, strict=True)}
    if not own:
        raise BadInputError(f"no video of this file is of the match {match.path.name!r}", where=path)
    return {int(half): scores for half, scores in own.items() if half.isdecimal()}


def beside(path: Path, suffix: str | None = None) -> Path:
    """Where a corrected copy goes: ``name.fixed.json`` beside ``name.json``.

    Errors:
        BadInputError: something is there already; nothing is overwritten.
    """
    target = path.with_name(f"{path.stem}.fixed{suffix or path.suffix}")
    if target.exists():
        raise BadInputError("a corrected copy is there already", where=target, fix="Move it away first")
    return target


def fixed_spots(path: Path, document: Document, classes: ClassTable, lengths, truth) -> list[Path]:  # type: ignore[no-untyped-def]
    """Apply safe repairs, one after the other, until none is left."""
    changed = document
    for _ in range(4):
        repairs = [f for f in check_spots(changed, classes, lengths, truth) if f.safe and f.repair_spots]
        if not repairs or repairs[0].repair_spots is None:
            break
        changed = changed.with_spots(repairs[0].repair_spots(changed.spots))
    if changed is document:
        return []
    form = recognition.guess_source(path, registry.FORMATS)
    if not form.writes or path.is_dir():
        raise BadInputError(f"{form.title} cannot be corrected here", where=path, fix="Convert it first")
    target = beside(path, ".json" if path.suffix.lower() == ".zip" else None)
    registry.write(target, [changed], form, Options(classes))
    return [target]


def fixed_scores(path: Path, tables: dict[int, np.ndarray], classes: ClassTable) -> list[Path]:
    (scores,) = tables.values()
    repairs = [f.repair_scores for f in check_scores(scores, classes) if f.safe and f.repair_scores]
    if not repairs:
        return []
    target = beside(path)
    write_array(target, repairs[0](scores))
    return [target]


def fixed_videos(match: MatchSource, data: DataDirectory) -> list[Path]:
    """Copies of videos that no browser plays as they are."""
    written = []
    for half in match.halves:
        media = ingest(half.path, data)
        if playback_file(media) != media.path:
            target = beside(half.path, ".mp4")
            made = make_playback(media)
            with replacing(target) as part:
                shutil.copyfile(made, part)
            written.append(target)
    return written
