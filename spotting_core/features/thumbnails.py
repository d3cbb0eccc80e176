"""Thumbnails: a tiny picture of every sample at 25 a second, for what has to know every frame of a half.

    media/<hash>/thumbnails-<layout>.npy    uint8 (T, 864): luma 18 x 32, then the two chroma planes 9 x 16

The picture of a sample is that of the frame nearest to its time: videos of more frames are thinned out, and those of
fewer repeated; a sample whose frame does not decode repeats the one before it.

An analysis that decodes a half for its pictures writes them by the way (``written_beside``), so that what reads them
decodes nothing. Rows are appended in order and each depends on its frame and the row before alone: work that was
stopped goes on at the row it was at, whichever way it began, and the file gets its name when the last row is there.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, TypeVar

import av
import av.error
import numpy as np
from filelock import Timeout

from spotting_core.base.arrays import open_array
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, cannot_write
from spotting_core.base.files import locked
from spotting_core.base.report_done import ReportDone
from spotting_core.features.extractor import ExtractorSpec
from spotting_core.media.decode import FrameTap
from spotting_core.media.fingerprint import joint_hash
from spotting_core.media.frames import numbered_frames
from spotting_core.media.ingest import Media
from spotting_core.media.passes import looked_frames
from spotting_core.media.stretches import stretch_count
from spotting_core.media.thumbnail import CHROMA, LUMA, NUMBERS, thumbnail

log = logging.getLogger(__name__)
_Result = TypeVar("_Result")

THUMBNAILS = "thumbnails"
"""Name of the feature set, and kind of what makes it."""
RATE = 25.0
SPEC = ExtractorSpec(THUMBNAILS, THUMBNAILS, "", LUMA, (), (), joint_hash([THUMBNAILS, str(LUMA), str(CHROMA), "1"]))
_BLOCK = 250  # rows after which they are flushed and reported


def thumbnail_file(media: Media, data: DataDirectory) -> Path:
    """Where the thumbnails of a half lie once all of them are there."""
    return data.media(media.hash) / f"{THUMBNAILS}-{SPEC.fingerprint[:16]}.npy"


def stored_thumbnails(media: Media, data: DataDirectory, report: ReportDone | None = None) -> np.ndarray:
    """Thumbnails of a half, memory-mapped: uint8 (T, 864); made first where they are not there yet.

    Errors:
        BadInputError: the video can no longer be read, or they cannot be written.
    """
    path = thumbnail_file(media, data)
    if not path.is_file():
        with locked(path.with_suffix(".lock")):
            if not path.is_file():  # another process may have been at it
                _decode_all(path, media, report)
    return open_array(path, "u", (None, None), what="file of thumbnails", fix="Delete it; it is made again")


def thumbnails_of(media: Media, frames: np.ndarray) -> np.ndarray:
    """Thumbnails of some frames alone, as ``stored_thumbnails`` has them: uint8 (n, 864).

    Arguments:
        frames: int (n,), numbers in rising order; one that does not decode repeats the one before it.

    Errors:
        BadInputError: none of them decodes.
    """
    wanted, rows = set(frames.tolist()), dict[int, np.ndarray]()
    for number, frame in numbered_frames(media.path, media.table, start=int(frames[0])):
        if number in wanted:
            rows[number] = thumbnail(frame)
        if number >= frames[-1]:
            break
    if not rows:
        raise BadInputError("none of these frames can be decoded", where=media.path, fix="Copy the video again")
    last = next(iter(rows.values()))
    return np.stack([last := rows.get(number, last) for number in frames.tolist()])


def _decode_all(path: Path, media: Media, report: ReportDone | None) -> None:
    try:
        with _Rows(path, media) as rows:
            reported = rows.done
            start, stretches = rows.next_frame, stretch_count()
            for number, (row,) in looked_frames(media.path, media.table, [rows], start=start, stretches=stretches):
                if row is not None:
                    rows.receive(number, row)
                if report and rows.done - reported >= _BLOCK:
                    report(reported := rows.done, len(rows.frames))
            rows.end()
            rows.settle()
    except OSError as error:
        raise cannot_write(error, path) from error
    if not path.is_file():
        raise BadInputError("no frame of this video can be decoded", where=media.path, fix="Copy the video again")


@contextmanager
def written_beside(media: Media, data: DataDirectory, start: int) -> Iterator[FrameTap | None]:
    """What writes the thumbnails of a half while something else decodes it; None where there is nothing to do.

    That is: they are there, another process is at them, or the pass begins behind the row that comes next.

    Arguments:
        start: number of the frame at which the pass begins.
    """
    path = thumbnail_file(media, data)
    with ExitStack() as stack:
        rows = None if path.is_file() else _open_rows(path, media, start, stack)
        beside = _Beside(rows) if rows is not None else None
        yield beside
        if beside is not None:
            beside.settle()


def _open_rows(path: Path, media: Media, start: int, stack: ExitStack) -> _Rows | None:
    try:
        stack.enter_context(locked(path.with_suffix(".lock"), wait=False))
        rows = None if path.is_file() else stack.enter_context(_Rows(path, media))
    except (Timeout, BadInputError, OSError) as error:
        log.info("%s: no thumbnails beside the analysis (%s)", media.path.name, error)
        return None
    return rows if rows is not None and rows.next_frame >= start else None


class _Rows:
    """The rows of a half in the making: those of an earlier run, and more with every frame that is decoded.

    ``frames`` is the frame of each row; ``done`` counts the rows that are there.
    """

    def __init__(self, path: Path, media: Media) -> None:
        self.frames = media.table.samples(RATE)
        self._path, self._raw = path, path.with_suffix(".rows")
        head = io.BytesIO()
        shape = {"descr": "|u1", "fortran_order": False, "shape": (len(self.frames), NUMBERS)}
        np.lib.format.write_array_header_1_0(head, shape)
        self._head = head.getvalue()
        self._handle, self.done, self._last = self._open()

    def _open(self) -> tuple[BinaryIO, int, bytes | None]:
        """The file, ready to be appended to, its rows, and the last of them."""
        self._raw.parent.mkdir(parents=True, exist_ok=True)
        size = self._raw.stat().st_size if self._raw.is_file() else 0
        done = min(max(0, size - len(self._head)) // NUMBERS, len(self.frames))
        handle = self._raw.open("r+b" if done else "w+b")
        if not done:
            handle.write(self._head)
            return handle, 0, None
        handle.truncate(len(self._head) + done * NUMBERS)
        handle.seek(-NUMBERS, io.SEEK_END)
        return handle, done, handle.read(NUMBERS)

    def __enter__(self) -> _Rows:
        return self

    def __exit__(self, *_: object) -> None:
        self._handle.close()

    @property
    def complete(self) -> bool:
        return self.done == len(self.frames)

    @property
    def next_frame(self) -> int:
        """Number of the frame that the next row is of."""
        return int(self.frames[min(self.done, len(self.frames) - 1)])

    @property
    def wanted(self) -> np.ndarray:
        """Numbers of the frames that the rows to come are of."""
        return self.frames[self.done :]

    def look(self, frame: av.VideoFrame) -> np.ndarray:
        return thumbnail(frame)

    def receive(self, number: int, value: np.ndarray) -> None:
        """Append the rows that a frame decides."""
        if self.complete or number < self.frames[self.done]:
            return
        own = value.tobytes()
        while not self.complete and self.frames[self.done] <= number:
            self._append(own if self.frames[self.done] == number else self._last or own)

    def end(self) -> None:
        """The file has no more frames: the last row stands for those that are left."""
        while self._last is not None and not self.complete:
            self._append(self._last)

    def settle(self) -> None:
        """Give the file its name if all of it is there."""
        self._handle.close()
        if self.complete:
            self._raw.replace(self._path)

    def _append(self, row: bytes) -> None:
        self._handle.write(row)
        self._last = row
        self.done += 1
        if self.done % _BLOCK == 0:
            self._handle.flush()


class _Beside:
    """Rows that come by the way: what goes wrong with them must not stop the pass that they come from."""

    def __init__(self, rows: _Rows) -> None:
        self._rows, self._failed = rows, False

    @property
    def wanted(self) -> np.ndarray:
        return self._rows.wanted

    def look(self, frame: av.VideoFrame) -> np.ndarray | None:
        return self._try(lambda: self._rows.look(frame))

    def receive(self, number: int, value: np.ndarray) -> None:
        self._try(lambda: self._rows.receive(number, value))

    def end(self) -> None:
        self._try(self._rows.end)

    def settle(self) -> None:
        self._try(self._rows.settle)

    def _try(self, step: Callable[[], _Result]) -> _Result | None:
        if self._failed:  # a row may have been written in part, and nothing may follow it
            return None
        try:
            return step()
        except (OSError, ValueError, av.error.FFmpegError) as error:
            self._failed = True
            log.warning("no thumbnails beside the analysis: %s", error)
            return None
