"""Reading the score bug of a file: where it is, by whole pictures; then its rows alone, every few seconds.

    media/<hash>/score_bug.json    where the rows are, what was read of them, and what that took

Reading a whole picture takes twenty times as long as reading a row. Where key frames come often enough in a long file,
they alone are decoded.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, TouchlineError
from spotting_core.base.files import locked, read_json, write_json
from spotting_core.base.report_done import ReportDone
from spotting_core.base.validation import InvalidContentError, NotNegativeNumber, validated
from spotting_core.media.decode import read_frame
from spotting_core.media.fingerprint import known_hash
from spotting_core.media.frames import numbered_frames
from spotting_core.media.ingest import Media
from spotting_core.media.key_frames import key_times
from spotting_core.media.shown import shown_image
from spotting_core.media.source import MatchSource
from spotting_core.score_bug.clock_fit import ClockReading
from spotting_core.score_bug.locate import SeenBug, find_bug
from spotting_core.score_bug.score_fit import Score, ScoreReading
from spotting_core.score_bug.score_rows import possible_rows
from spotting_core.score_bug.text_reader import Box, Text, TextReader, cut_out, reader_version, text_reader
from spotting_core.score_bug.texts import clock_in, score_of_rows

log = logging.getLogger(__name__)

_FILE = "score_bug.json"
_VERSION = 2  # of how is read; what another one has read is read again
_STEP = 1_400_000  # microseconds between two readings, at least; no whole seconds, so that they see every part of one
_RARE = 5_000_000  # between two key frames, above which all frames are decoded
_SHORT = 600_000_000  # of a file of which all frames are decoded, for what is cut into it may be short as well
_PICTURES, _ROUNDS, _CLEAR = 8, 3, 5  # in which the bug is looked for at a time, how often; and where it is clear
_READ_IN = 0.6  # of the pictures that show the clock, in which a score is read where it stands
_TEAMS = 2  # rows of a score that has one for each
_LINES = 720  # of a picture that is read, at most


@dataclass(frozen=True)
class RowReading:
    """What was read at a time.

    Arguments:
        time: microseconds of the half.
        text, confidence: of the clock's row.
        score_texts: of each of ``BugReadings.score_rows``; none where the clock's row shows no clock.
    """

    time: int
    text: str
    confidence: float
    score_texts: tuple[str, ...] = ()


@dataclass(frozen=True)
class BugReadings:
    """What was read of the score bug of a file.

    Arguments:
        row: where its clock stands, with what is beside that, or None where there is none.
        finding, reading: seconds of processor time that looking for it and reading it took, decoding included.
        score_rows: where its score stands if not in that row: one row, or the home team's above the away team's.
    """

    row: Box | None
    rows: tuple[RowReading, ...]
    finding: NotNegativeNumber
    reading: NotNegativeNumber
    score_rows: tuple[Box, ...] = ()

    @property
    def clocks(self) -> list[ClockReading]:
        """The clocks that were read, in order of time."""
        found = ((r.time, clock_in(r.text, row=True)) for r in self.rows)
        return [ClockReading(at, clock.seconds) for at, clock in found if clock is not None]

    @property
    def scores(self) -> list[ScoreReading]:
        """The scores that were read while a clock was, in order of time."""
        shown = [(r.time, r.score_texts if self.score_rows else (r.text,)) for r in self.rows if _shows_clock(r.text)]
        found = ((time, score_of_rows(texts)) for time, texts in shown if texts)
        return [ScoreReading(at, score) for at, score in found if score is not None]


def _shows_clock(text: str) -> bool:
    return clock_in(text, row=True) is not None


@dataclass(frozen=True)
class _Kept:
    """The content of the file."""

    version: int
    reader: str
    readings: BugReadings


def readings_file(media: Media) -> Path:
    """Where what is read of a file is kept."""
    return media.folder / _FILE


def readings_files(source: MatchSource, data: DataDirectory) -> dict[int, Path]:
    """Where what has been read of the files of a match is kept, by the number of its part; nothing is read now."""
    hashes = {h.half: known_hash(h.path, data) for h in source.halves if h.path.is_file()}
    paths = {half: data.media(media_hash) / _FILE for half, media_hash in hashes.items() if media_hash}
    return {half: path for half, path in paths.items() if path.is_file()}


def match_readings(files: Mapping[int, Path]) -> dict[int, BugReadings]:
    """What such files say; one that another version has written is left out."""
    readings = {half: _readings_at(path) for half, path in files.items()}
    return {half: own for half, own in readings.items() if own is not None}


def kept_readings(media: Media) -> BugReadings | None:
    """What was read of a file before, or None."""
    return _readings_at(readings_file(media))


def _readings_at(path: Path) -> BugReadings | None:
    if not path.is_file():
        return None
    try:
        kept = validated(_Kept, read_json(path))
    except (TouchlineError, InvalidContentError) as error:
        log.warning("a score bug that was read is read again: %s", error)
        return None
    return kept.readings if (kept.version, kept.reader) == (_VERSION, reader_version()) else None


def bug_readings(media: Media, report: ReportDone | None = None) -> BugReadings:
    """What is read of the score bug of a file; kept once read.

    Arguments:
        report: microseconds of the file that are read, and all.

    Errors:
        BadInputError: the file can no longer be decoded.
    """
    found = kept_readings(media)
    if found is None:
        path = readings_file(media)
        with locked(path.with_suffix(".lock")):
            found = kept_readings(media)  # another process may have been at it
            if found is None:
                found = read_bug(media, report)
                write_readings(media, found)
    return found


def write_readings(media: Media, readings: BugReadings) -> None:
    """Keep what was read of a file."""
    write_json(readings_file(media), asdict(_Kept(_VERSION, reader_version(), readings)))


def read_bug(media: Media, report: ReportDone | None = None) -> BugReadings:
    """Look for the score bug of a file and read it; see ``bug_readings``."""
    reader, begun = text_reader(), time.process_time()
    places = _find_places(media, reader)
    finding = time.process_time() - begun
    if places is None:
        return BugReadings(None, (), finding, 0.0)
    row, score_rows = places
    rows = []
    for at, image in _pictures(media):
        rows.append(_row_reading(reader, at, image, row, score_rows))
        if report is not None:
            report(at, media.table.duration)
    return BugReadings(row, tuple(rows), finding, time.process_time() - begun - finding, score_rows)


def _row_reading(reader: TextReader, at: int, image: np.ndarray, row: Box, score_rows: Sequence[Box]) -> RowReading:
    text, confidence = reader.read(cut_out(image, row))
    shown = score_rows if _shows_clock(text) else ()
    return RowReading(at, text, confidence, tuple(reader.read(cut_out(image, one))[0] for one in shown))


def _find_places(media: Media, reader: TextReader) -> tuple[Box, tuple[Box, ...]] | None:
    """The clock's row and the score's, from few pictures where the bug is clear, else from more."""
    images: list[np.ndarray] = []
    texts: list[list[Text]] = []
    bug = None
    for image_round in range(_ROUNDS):
        images += _spread(media, image_round)
        texts += [reader.find(image) for image in images[len(texts) :]]
        bug = find_bug(texts, _CLEAR)
        if bug is not None:
            break
    bug = bug or find_bug(texts)
    if bug is None:
        return None
    rows = _score_rows(reader, bug, [images[k] for k in bug.pictures], [texts[k] for k in bug.pictures])
    return (bug.clock if len(rows) == _TEAMS else bug.row), rows


def _score_rows(
    reader: TextReader, bug: SeenBug, images: Sequence[np.ndarray], texts: Sequence[Sequence[Text]]
) -> tuple[Box, ...]:
    """Where the score stands if not in the clock's row; none where that shows one, and where it is not clear."""
    if _most(_scores(reader, images, (bug.row,))):
        return ()
    places = [_rows_read(reader, images, extents) for extents in possible_rows(texts, bug.clock)]
    found = [rows for rows in places if rows]
    return found[0] if len(found) == 1 else ()


def _rows_read(reader: TextReader, images: Sequence[np.ndarray], extents: Sequence[tuple[Box, ...]]) -> tuple[Box, ...]:
    """Rows in which most pictures show a score; none where they show none.

    Of several extents a wider one must show the same: what stands there are then whole numbers, and nothing follows.
    """
    read = [_scores(reader, images, rows) for rows in extents]
    if len(extents) == 1:
        return extents[0] if _most(read[0]) else ()
    alike = [[a if a == b else None for a, b in zip(one, wider, strict=True)] for one, wider in pairwise(read)]
    return next((rows for rows, scores in zip(extents[1:], alike, strict=True) if _most(scores)), ())


def _scores(reader: TextReader, images: Sequence[np.ndarray], rows: Sequence[Box]) -> list[Score | None]:
    """The score that each picture shows in some rows."""
    return [score_of_rows([reader.read(cut_out(image, row))[0] for row in rows]) for image in images]


def _most(scores: Sequence[Score | None]) -> bool:
    """Whether most pictures show a score."""
    return sum(score is not None for score in scores) >= _READ_IN * len(scores)


def _spread(media: Media, image_round: int) -> Iterator[np.ndarray]:
    """Pictures from all over a file, others in every round; those that do not decode are left out."""
    count = min(_PICTURES * _ROUNDS, len(media.table))
    for number in np.linspace(0, len(media.table) - 1, count + 2)[1:-1].astype(int)[image_round::_ROUNDS]:
        try:
            yield read_frame(media.path, media.table, int(number), _LINES)
        except BadInputError as error:
            log.info("%s", error)


def _pictures(media: Media) -> Iterator[tuple[int, np.ndarray]]:
    """Time (microseconds) and picture, every few seconds."""
    last = -_STEP
    for number, frame in numbered_frames(media.path, media.table, keys_alone=_has_many_keys(media)):
        at = int(media.table.times[number])
        if at - last >= _STEP:
            last = at
            yield at, shown_image(frame, _LINES)


def _has_many_keys(media: Media) -> bool:
    """Whether key frames come often enough to read nothing else."""
    if media.table.duration <= _SHORT:
        return False
    edges = np.array([0, *key_times(media), media.table.duration])
    return bool(np.diff(edges).max() <= _RARE)
