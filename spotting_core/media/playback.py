"""A file the browser plays, whose time line is the time table: frame i is shown at ``table.times[i]``.

The source itself if it already is one; else its packets in a new mp4 with the index in front, starting at 0;
else, where the browser has no decoder for it, an H.264 copy of the same frames at the same times. A copy is
checked: its time table must be the source's.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np

from spotting_core.base.errors import BadInputError, CancelledError
from spotting_core.base.files import replacing
from spotting_core.media.decode import numbered_frames
from spotting_core.media.ingest import Media
from spotting_core.media.times import TimeTable, read_time_table
from spotting_core.media.video import BROWSER_AUDIO, BROWSER_VIDEO, open_video, packets

log = logging.getLogger(__name__)

PlaybackProgress = Callable[[float], bool]
"""Called with the share done, 0 to 1; returning False cancels."""

_PLAYABLE_PIXELS = {"yuv420p", "yuvj420p"}
_CLOCK = 90_000  # ticks per second of a transcoded file
_TOLERANCE = 100  # microseconds by which a copy's times may differ: containers round to their own ticks


def plays_as_is(media: Media) -> bool:
    """Whether a browser plays the file on the time line of its table.

    Where its index stands does not matter: files are served by byte range, and browsers fetch an index at the end
    first.
    """
    return (
        _browser_has_decoder(media)
        and "mp4" in media.info.container
        and media.table.start == 0
        and not media.info.hides_packets
    )


def _browser_has_decoder(media: Media) -> bool:
    info = media.info
    return info.codec in BROWSER_VIDEO and (info.codec != "h264" or info.pixel_format in _PLAYABLE_PIXELS)


def playback_file(media: Media) -> Path | None:
    """The file to play, or None if ``make_playback`` has to make it first."""
    if plays_as_is(media):
        return media.path
    made = media.folder / "playback.mp4"
    return made if made.is_file() else None


def make_playback(media: Media, report: PlaybackProgress | None = None) -> Path:
    """The file to play, made if need be.

    Errors:
        BadInputError: neither copying nor re-encoding gives the table's time line.
        CancelledError: ``report`` returned False.
    """
    ready = playback_file(media)
    if ready is not None:
        return ready
    made = media.folder / "playback.mp4"
    with replacing(made) as part:
        if _browser_has_decoder(media) and _copied(media, part):
            return _kept(part, made)
        _encode(media, part, report)
        if not _same_times(part, media.table):
            raise BadInputError("no file with this video's times can be made for the browser", where=media.path)
    return made


def _kept(part: Path, made: Path) -> Path:
    """Leave ``replacing`` to move the finished part."""
    return made


def _copied(media: Media, part: Path) -> bool:
    """Try to copy the packets; False where they cannot be copied or would show other times."""
    try:
        _remux(media, part)
        if _same_times(part, media.table):
            return True
        log.info("%s: the copied packets show other times, encoding again", media.path.name)
    except av.error.FFmpegError as error:
        if error.errno == errno.ENOSPC:
            raise
        log.info("%s: its packets cannot be copied (%s)", media.path.name, error)
    except BadInputError as error:
        log.info("%s: the copy cannot be read (%s)", media.path.name, error)
    return False


def _same_times(path: Path, table: TimeTable) -> bool:
    copy = read_time_table(path)
    return (
        copy.start <= _TOLERANCE
        and len(copy) == len(table)
        and bool(np.abs(copy.times - table.times).max(initial=0) <= _TOLERANCE)
    )


def _remux(media: Media, target: Path) -> None:
    """Copy packets to an mp4 with the index in front; the first shown frame comes to time 0."""
    with (
        open_video(media.path) as (source, video),
        av.open(str(target), "w", "mp4", options={"movflags": "faststart"}) as out,
    ):
        audio = [s for s in source.streams.audio[:1] if s.codec_context and s.codec_context.name in BROWSER_AUDIO]
        copies = {s.index: out.add_stream_from_template(s) for s in (video, *audio)}
        for packet in timed_packets(packets(source, [video, *audio]), video.average_rate or Fraction(25)):
            assert packet.time_base is not None
            shift = round(media.table.start / 1e6 / packet.time_base)
            if packet.pts is not None:
                packet.pts -= shift
            if packet.dts is not None:
                packet.dts -= shift
            if packet.stream.type == "audio" and packet.pts is not None and packet.pts < 0:
                continue  # sound from before the first frame
            packet.stream = copies[packet.stream.index]
            out.mux(packet)


def timed_packets(packets: Iterator[av.Packet], rate: Fraction) -> Iterator[av.Packet]:
    """Give a decode time to leading packets that lack one (Matroska with B-frames).

    Skipping them, as is often done, loses the first key frame.
    """
    held: dict[int, list[av.Packet]] = {}
    for packet in packets:
        if packet.size == 0:  # the flush at the end; not the same as a packet without a decode time
            continue
        index = packet.stream.index
        if packet.dts is None:
            held.setdefault(index, []).append(packet)
            continue
        waiting = held.pop(index, [])
        if waiting and packet.time_base is not None:
            step = max(1, int(1 / rate / packet.time_base))
            for number, earlier in enumerate(waiting):
                earlier.dts = packet.dts - (len(waiting) - number) * step
        yield from (*waiting, packet)


def _encode(media: Media, target: Path, report: PlaybackProgress | None) -> None:
    """Encode every frame of the table at its time as H.264; sound is kept if a browser plays it."""
    with av.open(str(target), "w", "mp4", options={"movflags": "faststart"}) as out:
        stream = None
        for number, frame in numbered_frames(media.path, media.table):
            if stream is None:
                stream = out.add_stream("libx264", rate=Fraction(round(1e6 / media.table.frame_step)), options=_X264)
                stream.width, stream.height = frame.width // 2 * 2, frame.height // 2 * 2
                stream.pix_fmt, stream.time_base = "yuv420p", Fraction(1, _CLOCK)
                stream.codec_context.time_base = Fraction(1, _CLOCK)
            sized = frame.reformat(stream.width, stream.height, "yuv420p")
            sized.pts = round(int(media.table.times[number]) * _CLOCK / 1e6)
            sized.time_base = Fraction(1, _CLOCK)
            out.mux(stream.encode(sized))
            if report and number % 50 == 0 and not report(number / len(media.table)):
                raise CancelledError("preparing the video was cancelled")
        if stream is not None:
            out.mux(stream.encode(None))


_X264 = {"preset": "veryfast", "crf": "22", "g": "50", "bf": "0"}
