"""Frames of a file, recognised by presentation time, never by counting: a damaged stretch cannot shift what follows it.

No decoder gains from seeking to every sample (key frames are seconds apart), so a file is decoded from front to back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import av
import av.error

from spotting_core.media.shown import Stored, as_stored, display_orientation
from spotting_core.media.times import TimeTable, frame_tick, is_untimed, to_microseconds
from spotting_core.media.video import first_orientation, open_video, pixel_aspect, readable_packets


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
            sought = start > 0 and back is not None and seek(container, stream, table, start, back)
            read = readable_packets(container, stream, table.clock)
            if table.breaks and start:
                read = _from_key_frame(read, table, start)
            frames = decoded_frames(path, stream, table, read)
            first = next(frames, None)
            if first is None or (sought and first[0] > start):
                if sought:
                    continue
                return
            yield from (item for item in (first,) if item[0] >= start)
            yield from (item for item in frames if item[0] >= start)
            return


_REORDERED_TIME = 2_000_000  # microseconds by which a picture may be stored before or after its time
_SEEK_BACK = (1.0, 8.0, 40.0, None)  # seconds before the wanted frame; None: from the beginning


def decoded_frames(
    path: Path, stream: av.VideoStream, table: TimeTable, read: Iterable[av.Packet[Any]]
) -> Iterator[tuple[int, av.VideoFrame]]:
    """Frames of the table, with their numbers, in rising order; damaged packets are passed over.

    Arguments:
        stream: whose decoder takes the packets; read: packets on the table's clock, from wherever one begins.
    """
    last, turned = -1, None
    counted = is_untimed(stream)
    for packet in read:
        try:
            decoded = stream.decode(packet)
        except av.error.FFmpegError:
            continue
        for frame in decoded:
            matrix = display_orientation(frame)
            if matrix is not None or turned is None:  # coded pictures may say it once for all that follow
                turned = matrix or first_orientation(path)
            number = last + 1 if counted else number_at(frame_tick(frame), stream, table)
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
        if time is not None and time > wanted + _REORDERED_TIME:
            break
    yield from held
    yield from read


def seek(
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


def number_at(tick: int | None, stream: av.VideoStream, table: TimeTable) -> int | None:
    """Number of the frame at a tick of a stream's clock; None where the table has none."""
    if tick is None or stream.time_base is None:
        return None
    time = int(to_microseconds(tick, stream.time_base)) - table.start
    number = table.nearest(time)
    return number if abs(int(table.times[number]) - time) <= 1 else None
