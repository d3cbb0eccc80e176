"""One pass over a file: what looks make of its frames, in order, decoded in one stretch or in several at once.

Several stretches show the same frames as one, bit for bit, or they are not believed: each must decode every frame of
the table that lies in it, none of them flawed, and the first frames of the next one must come out of both decoders
alike. Where that fails, and where a file cannot be cut any further, the rest is decoded in one stretch, from the last
whole one on.

What a decoder makes of a damaged picture may hang on all that it has decoded before, and in some codings on what its
memory happens to hold: there alone the two ways may differ, as two readings in one way may.
"""

from __future__ import annotations

import threading
import zlib
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

import av
import numpy as np

from spotting_core.media.frames import decoded_frames, numbered_frames
from spotting_core.media.read_ahead import Ahead
from spotting_core.media.shown import shown_image
from spotting_core.media.stretches import CodedStretch, cut, stretch_threads
from spotting_core.media.times import TimeTable
from spotting_core.media.video import open_video

Findings = tuple[int, tuple[np.ndarray | None, ...]]
"""Number of a frame, and what each look made of it; None of a look that does not ask for it."""

_REORDERED_FRAMES = 16  # frames by which one may be shown before another that it refers to
_JOINT = 3  # frames that two stretches must agree in: a key frame, and two that refer to it
_PART_BYTES = 1 << 20
_WAITING_BYTES = 24 << 20  # of a stretch's parts that wait for the reader
_SETTLED_BYTES = 128 << 20  # of findings that wait for the frames behind them: as many pictures of 1920 x 1080


class FrameLook(Protocol):
    """What looks at frames of a pass."""

    @property
    def wanted(self) -> np.ndarray:
        """Numbers of the frames that it asks for, rising; for one that does not decode it gets the next that does."""

    def look(self, frame: av.VideoFrame) -> np.ndarray | None:
        """What it takes of a frame, which is let go then; called by several threads at once, in no order."""


def looked_frames(
    path: Path, table: TimeTable, looks: Sequence[FrameLook], *, start: int = 0, stretches: int = 1
) -> Iterator[Findings]:
    """Decode from frame ``start`` on, yielding findings of every frame, in rising order.

    Looks may be given a frame that they do not ask for: the first of a stretch.

    Arguments:
        stretches: how many are decoded at once, each by a decoder of its own.

    Errors:
        BadInputError: the file no longer opens.
    """
    rest: _Rest | None = _Rest(start, start - 1)
    if stretches > 1:
        rest = yield from _in_stretches(path, table, looks, start, stretches)
    if rest is not None:
        frames = numbered_frames(path, table, rest.begin)
        yield from _looked((item for item in frames if item[0] > rest.done), looks)


@dataclass(frozen=True)
class _Rest:
    """What is left to be decoded in one stretch: from frame ``begin`` on; nobody needs those up to ``done``."""

    begin: int
    done: int


def _looked(frames: Iterable[tuple[int, av.VideoFrame]], looks: Sequence[FrameLook]) -> Iterator[Findings]:
    """Findings of all frames; the first is looked at for whatever was asked for before it, which may not have come."""
    wanted = [look.wanted for look in looks]
    places = [0] * len(looks)
    for number, frame in frames:
        values: list[np.ndarray | None] = []
        for k, look in enumerate(looks):
            asks = places[k] < len(wanted[k]) and number >= wanted[k][places[k]]
            values.append(look.look(frame) if asks else None)
            if asks:
                places[k] = int(np.searchsorted(wanted[k], number, side="right"))
        yield number, tuple(values)


def _in_stretches(
    path: Path, table: TimeTable, looks: Sequence[FrameLook], start: int, count: int
) -> Generator[Findings, None, _Rest | None]:
    """Findings of stretches as far as they can be believed; then what is left to be decoded, None if nothing is."""
    begin, done = start, start - 1
    joint: list[_Shown] | None = None
    with closing(_decodings(path, table, looks, start, count)) as decodings:
        for decoding in decodings:
            for part in decoding.parts:
                if joint is not None and joint != decoding.joint:
                    return _Rest(begin, done)
                for number, values in part:
                    yield number, values
                    done = number
            if decoding.is_broken:
                return _Rest(begin, done)
            if decoding.end is None:
                return None
            begin, joint = decoding.begin, decoding.next_joint
    return _Rest(begin, done)


def _decodings(
    path: Path, table: TimeTable, looks: Sequence[FrameLook], start: int, count: int
) -> Generator[_Decoding, None, None]:
    """The stretches of a file in order, ``count`` of them being decoded at a time."""
    decoders, waiting = _Decoders(path, table, stretch_threads(count)), deque[_Decoding]()
    stretches, stopped = cut(path, table, start), threading.Event()
    try:
        while True:
            for stretch in islice(stretches, count - len(waiting)):
                waiting.append(_Decoding(stretch, decoders, looks, len(table), stopped))
            if not waiting:
                return
            yield waiting[0]
            waiting.popleft()
    finally:
        stopped.set()  # all of them, before any is waited for
        for decoding in waiting:
            decoding.parts.close()
        stretches.close()
        decoders.close()


class _Decoding:
    """A stretch that is decoded in a thread of its own.

    ``parts`` are its findings, of every frame: one part at least, none of more than a mebibyte and one picture.
    ``joint`` is known with the first of them, ``next_joint`` and ``is_broken`` at the end. Packets are let go with the
    thread.
    """

    def __init__(
        self,
        stretch: CodedStretch,
        decoders: _Decoders,
        looks: Sequence[FrameLook],
        frames: int,
        stopped: threading.Event,
    ) -> None:
        self.begin, self.end, self.is_broken = stretch.begin, stretch.end, False
        self.joint: list[_Shown] = []
        self.next_joint: list[_Shown] = []
        """The first frames of this stretch and those of the next, as its decoder shows them."""
        self._looks, self._done, self._stopped = looks, stretch.begin - 1, stopped
        self._is_first = stretch.packets is None
        self._last = (frames if stretch.end is None else stretch.end) - 1
        self.parts = Ahead(self._parts(decoders, stretch), _WAITING_BYTES, _weight, stopped)

    def _parts(self, decoders: _Decoders, stretch: CodedStretch) -> Generator[list[Findings], None, None]:
        with decoders.frames(stretch) as frames:
            part: list[Findings] = []
            size = 0
            for findings in self._settled(_looked(self._inside(frames), self._looks)):
                part.append(findings)
                size += _bytes(findings)
                if size >= _PART_BYTES and len(self.joint) == _JOINT:
                    yield part
                    part, size = [], 0
            yield part

    def _settled(self, findings: Iterable[Findings]) -> Iterator[Findings]:
        """Findings behind which enough frames were whole: a picture may refer to one that is shown later.

        Where so many weigh too much to be held, the stretch counts as broken.
        """
        held, size = deque[Findings](), 0
        for one in findings:
            held.append(one)
            size += _bytes(one)
            if len(held) > _REORDERED_FRAMES:
                size -= _bytes(held[0])
                yield held.popleft()
            if size > _SETTLED_BYTES:
                self.is_broken = True
                return
        if not self.is_broken:
            yield from held

    def _inside(self, frames: Iterable[tuple[int, av.VideoFrame]]) -> Iterator[tuple[int, av.VideoFrame]]:
        """The frames of the stretch, up to one that cannot be believed; of the first stretch there is none."""
        for number, frame in frames:
            if self._stopped.is_set():
                return
            if number > self._last:
                self.next_joint.append(_shown(number, frame))
                if len(self.next_joint) == _JOINT:
                    break
            elif number > self._done:
                if not self._is_first and (number > self._done + 1 or frame.is_corrupt):
                    break
                if len(self.joint) < _JOINT:
                    self.joint.append(_shown(number, frame))
                self._done = number
                yield number, frame
        self.is_broken = not self._is_first and self._done < self._last


def _bytes(findings: Findings) -> int:
    return sum(value.nbytes for value in findings[1] if value is not None)


def _weight(part: list[Findings]) -> int:
    return max(1, sum(map(_bytes, part)))


_Shown = tuple[int, tuple[int, ...], int]
"""Number of a frame, shape and checksum of the picture that is shown of it."""


def _shown(number: int, frame: av.VideoFrame) -> _Shown:
    image = np.ascontiguousarray(shown_image(frame))
    return number, image.shape, zlib.crc32(image.data)


class _Decoders:
    """Decoders of a file, each lent to one stretch at a time; there are as many as stretches are decoded at once.

    Arguments:
        threads: of each.
    """

    def __init__(self, path: Path, table: TimeTable, threads: int) -> None:
        self._path, self._table, self._threads = path, table, threads
        self._free = deque[av.VideoStream]()
        self._opened = ExitStack()

    @contextmanager
    def frames(self, stretch: CodedStretch) -> Iterator[Iterator[tuple[int, av.VideoFrame]]]:
        """Frames of a stretch and of the beginning of the next."""
        if stretch.packets is None:
            yield numbered_frames(self._path, self._table, stretch.begin)
            return
        stream = self._free.pop() if self._free else self._open()
        yield decoded_frames(self._path, stream, self._table, stretch.packets)
        stream.codec_context.flush_buffers()
        self._free.append(stream)

    def close(self) -> None:
        self._opened.close()

    def _open(self) -> av.VideoStream:
        _, stream = self._opened.enter_context(open_video(self._path))
        stream.thread_type, stream.codec_context.thread_count = "AUTO", self._threads
        return stream
