"""Decoding: straight through a half at the model's rate, or one exact frame.

No decoder gains from seeking to every sample (key frames are seconds apart), so the file is decoded once
from front to back and only the wanted frames are converted. Frames are recognised by presentation time,
never by counting, so a damaged stretch cannot shift what follows it.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import av
import av.error
import cv2
import numpy as np

from spotting_core.base.errors import BadInputError
from spotting_core.media.shown import Stored, as_stored, display_orientation, shown_image
from spotting_core.media.times import TimeTable, frame_tick, is_untimed, to_microseconds
from spotting_core.media.video import first_orientation, open_video, pixel_aspect, readable_packets

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class SampleBatch:
    """Consecutive samples of a half.

    Arguments:
        samples: int64 (B,), sample numbers.
        images: uint8 (B, H, W, 3), RGB as shown (rotated upright).
        substituted: how many of them show a neighbour because their own frame would not decode.
    """

    samples: np.ndarray
    images: np.ndarray
    substituted: int = 0


class FrameTap(Protocol):
    """What looks at the frames of a pass that is made for something else."""

    def see(self, number: int, frame: av.VideoFrame) -> None:
        """One frame; called for all of them from where the pass begins, in order."""

    def end(self) -> None:
        """The file has no more frames."""


def resize_image(image: np.ndarray, width: int, height: int) -> np.ndarray:
    """Resize one RGB image: by area when shrinking, bicubic when growing. uint8 (H, W, 3)."""
    if image.shape[:2] == (height, width):
        return image
    shrinking = width * height < image.shape[0] * image.shape[1]
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_CUBIC)


def decode_samples(
    path: Path,
    table: TimeTable,
    frames: np.ndarray,
    *,
    batch: int,
    first: int = 0,
    max_height: int | None = None,
    tap: FrameTap | None = None,
) -> Iterator[SampleBatch]:
    """Decode the samples of a half in order, in batches of at most ``batch``.

    A batch ends at every multiple of ``batch``, wherever the first begins: work that is resumed sees the
    same batches as work that never stopped, in damaged stretches too. Every sample is there: one whose frame does
    not decode shows the picture before it.

    Arguments:
        frames: int32 (T,), frame number of each sample (``TimeTable.samples``).
        first: sample to begin with (resuming seeks to the key frame before it).
        max_height: pictures larger than this on their short side are scaled down while converting.
        tap: sees every frame that is decoded, those after the last sample too.

    Errors:
        BadInputError: the file no longer opens, or nothing of it decodes.
    """
    samples: list[int] = []
    images: list[np.ndarray] = []
    substituted = 0
    shape: tuple[int, ...] | None = None
    for sample, image, own in _samples_in_order(path, table, frames, first, max_height, tap):
        shape = shape or image.shape
        if image.shape != shape:  # the resolution changes inside the file
            image = resize_image(image, shape[1], shape[0])
        samples.append(sample)
        images.append(image)
        substituted += not own
        if (sample + 1) % batch == 0:
            yield SampleBatch(np.array(samples), np.stack(images), substituted)
            samples, images, substituted = [], [], 0
    if samples:
        yield SampleBatch(np.array(samples), np.stack(images), substituted)


def _samples_in_order(
    path: Path, table: TimeTable, frames: np.ndarray, first: int, max_height: int | None, tap: FrameTap | None
) -> Iterator[tuple[int, np.ndarray, bool]]:
    """Yield (sample, picture, whether it is the sample's own frame) for samples first, first + 1, …"""
    sample, last_image = first, None
    if sample >= len(frames):
        return
    for number, frame in _tapped(numbered_frames(path, table, start=int(frames[first])), tap):
        if sample == len(frames) or number < frames[sample]:
            continue
        image = shown_image(frame, max_height)
        if sample == first and number > frames[first]:
            last_image = _standing_before(path, table, frames, first, max_height)
        while sample < len(frames) and frames[sample] <= number:
            own = frames[sample] == number
            nearer_before = last_image is not None and not own
            yield sample, (last_image if nearer_before and last_image is not None else image), own
            sample += 1
        last_image = image
        if sample == len(frames) and tap is None:
            return
    if sample == first:
        last_image = _standing_before(path, table, frames, first, max_height)
    if last_image is None:
        raise BadInputError("no frame of this video can be decoded", where=path, fix="Copy the video again")
    while sample < len(frames):  # the file ends early: the last picture stands
        yield sample, last_image, False
        sample += 1


def _tapped(frames: Iterable[tuple[int, av.VideoFrame]], tap: FrameTap | None) -> Iterator[tuple[int, av.VideoFrame]]:
    """The same frames, each seen by the tap."""
    for number, frame in frames:
        if tap is not None:
            tap.see(number, frame)
        yield number, frame
    if tap is not None:
        tap.end()


def _standing_before(
    path: Path, table: TimeTable, frames: np.ndarray, first: int, max_height: int | None
) -> np.ndarray | None:
    """The picture that the samples before ``first`` leave standing, or None if none of them decodes.

    It is that of the last frame at which one of them was shown, as if everything had been decoded from the beginning.
    """
    for back in _SAMPLES_BACK:
        begin = sample = max(0, first - back) if back is not None else 0
        picture = None
        for number, frame in numbered_frames(path, table, start=int(frames[begin])) if first else ():
            if number >= frames[first]:
                break
            if number >= frames[sample]:
                picture = shown_image(frame, max_height)
                sample += int(np.searchsorted(frames[sample:], number, side="right"))
        if picture is not None or begin == 0:
            return picture
    return None


_SAMPLES_BACK = (1, 60, None)  # before the wanted sample; None: from the first


def numbered_frames(
    path: Path, table: TimeTable, start: int = 0, *, keys_alone: bool = False
) -> Iterator[tuple[int, av.VideoFrame]]:
    """Decode from frame ``start`` on, yielding (frame number, frame) of every frame of the table.

    Arguments:
        keys_alone: decode and yield key frames alone, where the file has a clock by which they are known.

    Containers index by decode time or not at all, so a seek may come out too late; then it is tried again
    from further before, in the end from the beginning.
    """
    for back in _SEEK_BACK:
        with open_video(path) as (container, stream):
            stream.thread_type = "AUTO"
            if keys_alone and not is_untimed(stream):
                stream.codec_context.skip_frame = "NONKEY"
            sought = start > 0 and back is not None and _seek(container, stream, table, start, back)
            frames = _decoded(path, container, stream, table, start)
            first = next(frames, None)
            if first is None or (sought and first[0] > start):
                if sought:
                    continue
                return
            yield from (item for item in (first,) if item[0] >= start)
            yield from (item for item in frames if item[0] >= start)
            return


_REORDERED = 2_000_000  # microseconds by which a picture may be stored before or after its time
_SEEK_BACK = (1.0, 8.0, 40.0, None)  # seconds before the wanted frame; None: from the beginning


def _decoded(
    path: Path, container: av.container.InputContainer, stream: av.VideoStream, table: TimeTable, start: int
) -> Iterator[tuple[int, av.VideoFrame]]:
    """Frames of the table in rising order from where the container stands; damaged packets are passed over."""
    last, turned = -1, None
    counted = is_untimed(stream)
    read = readable_packets(container, stream, table.clock)
    if table.breaks and start:
        read = _from_key_frame(read, table, start)
    for packet in read:
        try:
            decoded = packet.decode()
        except av.error.FFmpegError:
            continue
        for frame in decoded:
            said = display_orientation(frame)
            if said is not None or turned is None:  # coded pictures may say it once for all that follow
                turned = said or first_orientation(path)
            number = last + 1 if counted else _number(frame, stream, table)
            if number is not None and last < number < len(table):
                last = number
                # the aspect some files say in the stream alone
                yield number, as_stored(frame, Stored(pixel_aspect(stream), turned))


def _from_key_frame(read: Iterator[av.Packet[Any]], table: TimeTable, start: int) -> Iterator[av.Packet[Any]]:
    """The packets from the last key frame on that comes before a frame, in a file in which no seek can be trusted."""
    wanted = table.start + int(table.times[start])
    held: list[av.Packet[Any]] = []
    for packet in read:
        stamp = packet.pts if packet.pts is not None else packet.dts
        time = None if stamp is None or packet.time_base is None else int(to_microseconds(stamp, packet.time_base))
        if packet.is_keyframe and time is not None and time <= wanted:
            held = []
        held.append(packet)
        if time is not None and time > wanted + _REORDERED:
            break
    yield from held
    yield from read


def _seek(
    container: av.container.InputContainer, stream: av.VideoStream, table: TimeTable, number: int, back: float
) -> bool:
    """Go to the key frame ``back`` seconds before a frame; False if that is before the beginning."""
    target = int(table.times[number]) + table.start - int(back * 1e6)
    if table.breaks:  # one time may be at two places
        return False
    if target <= table.start or stream.time_base is None or is_untimed(stream):
        return False
    try:
        container.seek(int(target / 1e6 / stream.time_base), stream=stream, backward=True)
    except av.error.FFmpegError:
        return False
    return True


def _number(frame: av.VideoFrame, stream: av.VideoStream, table: TimeTable) -> int | None:
    tick = frame_tick(frame)
    if tick is None or stream.time_base is None:
        return None
    time = int(to_microseconds(tick, stream.time_base)) - table.start
    number = table.nearest(time)
    return number if abs(int(table.times[number]) - time) <= 1 else None


def read_frame(path: Path, table: TimeTable, number: int, max_height: int | None = None) -> np.ndarray:
    """One exact frame by its number: uint8 (H, W, 3), RGB as shown.

    Errors:
        BadInputError: the number is outside the table, or no frame from there on decodes.
    """
    if not 0 <= number < len(table):
        raise BadInputError(f"frame {number} is outside the {len(table)} frames of this video", where=path)
    for _, frame in numbered_frames(path, table, start=number):
        return shown_image(frame, max_height)
    raise BadInputError(f"frame {number} of this video cannot be decoded", where=path)


def ahead(items: Iterable[_Item], depth: int = 2) -> Iterator[_Item]:
    """Run an iterator in a thread of its own, at most ``depth`` items ahead of its reader.

    Decoding releases the interpreter lock, so the model computes while the next batch is decoded.
    An error in the iterator is raised at the reader; a reader that stops early stops the thread.
    """
    ready: queue.Queue[tuple[bool, object]] = queue.Queue(maxsize=depth)
    stopped = threading.Event()

    def put(item: tuple[bool, object]) -> bool:
        while not stopped.is_set():
            try:
                ready.put(item, timeout=0.1)
                return True
            except queue.Full:
                continue
        return False

    def produce() -> None:
        end: tuple[bool, object] = (False, None)
        try:
            for item in items:
                if not put((True, item)):
                    return
        except BaseException as error:
            end = (False, error)
        put(end)

    thread = threading.Thread(target=produce, name="decode-ahead", daemon=True)
    thread.start()
    try:
        while True:
            more, item = ready.get()
            if not more:
                if isinstance(item, BaseException):
                    raise item
                return
            yield item  # type: ignore[misc]
    finally:
        stopped.set()
        thread.join(timeout=5)
