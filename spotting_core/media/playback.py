"""A file the browser plays, whose time line is the time table: frame i is shown at ``table.times[i]``.

The source itself if it already is one; else its packets in a new mp4 with the index in front, starting at 0;
else, where the browser has no decoder for it or does not turn it as it is meant, an H.264 copy of the same frames at
the same times, as they are shown (upright, of square pixels). Sound is copied where browsers have a decoder for it,
else encoded anew. A copy is checked: its time table must be the source's, and its picture must be shown alike.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import av.error
import numpy as np

from spotting_core.base.errors import BadInputError, CancelledError
from spotting_core.base.files import replacing
from spotting_core.media.decode import resize_image
from spotting_core.media.frames import numbered_frames
from spotting_core.media.ingest import Media
from spotting_core.media.packet_copies import TimedPackets, moved_packets, mux_in_order
from spotting_core.media.shown import is_shown_as_stored, shown_image
from spotting_core.media.sound import CHANNELS, RATE, sound_between
from spotting_core.media.times import TimeTable, read_time_table
from spotting_core.media.video import BROWSER_AUDIO, BROWSER_VIDEO, VideoInfo, open_video, probe_video

log = logging.getLogger(__name__)

PlaybackProgress = Callable[[float], bool]
"""Called with the share done, 0 to 1; returning False cancels."""

_PLAYABLE_PIXELS = {"yuv420p", "yuvj420p"}
_SHAPE = 0.01  # by which the shape of a copy's pixels may differ
_SOUND_BITS, _SAMPLES = 160_000, 1024  # of AAC; samples of one of its frames
_CLOCK = 90_000  # ticks per second of a transcoded file
_TOLERANCE = 100  # microseconds by which a copy's times may differ: containers round to their own ticks


def plays_as_is(media: Media) -> bool:
    """Whether a browser plays the file on the time line of its table, as it is meant to be shown.

    Where its index stands does not matter: files are served by byte range, and browsers fetch an index at the end
    first.
    """
    return (
        packets_suit_browsers(media)
        and "mp4" in media.info.container
        and media.table.start == 0
        and not media.info.hides_packets
        and media.info.audio in {None, *BROWSER_AUDIO}
    )


def packets_suit_browsers(media: Media) -> bool:
    """Whether browsers have a decoder for the pictures, and turn them as they are meant."""
    info = media.info
    has_decoder = info.codec in BROWSER_VIDEO and (info.codec != "h264" or info.pixel_format in _PLAYABLE_PIXELS)
    return has_decoder and info.browsers_turn_it


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
        if packets_suit_browsers(media) and _copied(media, part):
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
        if _same_times(part, media.table) and _shown_alike(part, media.info):
            return True
        log.info("%s: the copied packets show other times or shapes, encoding again", media.path.name)
    except av.error.FFmpegError as error:
        if error.errno == errno.ENOSPC:
            raise
        log.info("%s: its packets cannot be copied (%s)", media.path.name, error)
    except BadInputError as error:
        log.info("%s: the copy cannot be read (%s)", media.path.name, error)
    return False


def _shown_alike(path: Path, info: VideoInfo) -> bool:
    copy = probe_video(path)
    alike = copy.orientation == info.orientation and abs(copy.pixel_aspect / info.pixel_aspect - 1) <= _SHAPE
    return alike and (copy.audio is not None or info.audio is None)


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
        copy = out.add_stream_from_template(video, opaque=True)
        with _sound(media, out) as sounds:
            mux_in_order(out, moved_packets(media.table, source, video, copy), sounds)


@contextmanager
def _sound(media: Media, out: av.container.OutputContainer) -> Iterator[TimedPackets]:
    """The sound of a video as packets for its copy: as it is where browsers have a decoder, else as AAC."""
    if media.info.audio is None:
        yield iter(())
    elif media.info.audio in BROWSER_AUDIO:
        with open_video(media.path) as (source, _):
            stream = source.streams.audio[0]
            yield moved_packets(media.table, source, stream, out.add_stream_from_template(stream, opaque=True))
    else:
        encoder = out.add_stream("aac", rate=RATE, layout="stereo", bit_rate=_SOUND_BITS)
        yield _encoded_sound(media, encoder)


def _encoded_sound(media: Media, encoder: av.AudioStream) -> TimedPackets:
    table, waiting, at = media.table, np.zeros((CHANNELS, 0), np.float32), 0
    blocks = sound_between(media.path, table.start, table.start + table.duration, table.breaks)
    for block in chain(blocks, [None]):
        if block is not None:
            waiting = np.concatenate([waiting, block], axis=1)
        while waiting.shape[1] >= _SAMPLES or (block is None and waiting.shape[1]):
            part = np.ascontiguousarray(waiting[:, :_SAMPLES])
            frame = av.AudioFrame.from_ndarray(part, "fltp", "stereo")
            frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
            waiting, at = waiting[:, _SAMPLES:], at + part.shape[1]
            yield from ((at * 1_000_000 // RATE, packet) for packet in encoder.encode(frame))
    yield from ((at * 1_000_000 // RATE, packet) for packet in encoder.encode(None))


def _encode(media: Media, target: Path, report: PlaybackProgress | None) -> None:
    """Encode every frame of the table as it is shown, at its time, as H.264, with its sound."""
    width, height = (max(2, round(side) // 2 * 2) for side in media.info.shown_size)
    with av.open(str(target), "w", "mp4", options={"movflags": "faststart"}) as out:
        stream = out.add_stream("libx264", rate=Fraction(round(1e6 / media.table.frame_step)), options=_X264)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, _CLOCK)
        with _sound(media, out) as sounds:
            mux_in_order(out, _encoded(media, stream, report), sounds)


def _encoded(media: Media, stream: av.VideoStream, report: PlaybackProgress | None) -> TimedPackets:
    """Packets of the encoded frames, and their times in microseconds.

    Errors:
        CancelledError: ``report`` returned False.
    """
    time = 0
    for number, frame in numbered_frames(media.path, media.table):
        time = int(media.table.times[number])
        if is_shown_as_stored(frame):
            sized = frame.reformat(stream.width, stream.height, "yuv420p")
        else:
            image = resize_image(shown_image(frame), stream.width, stream.height)
            sized = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p")
        sized.pts = round(time * _CLOCK / 1e6)
        sized.time_base = Fraction(1, _CLOCK)
        yield from ((time, packet) for packet in stream.encode(sized))
        if report and number % 50 == 0 and not report(number / len(media.table)):
            raise CancelledError("preparing the video was cancelled")
    yield from ((time, packet) for packet in stream.encode(None))


_X264 = {"preset": "veryfast", "crf": "22", "g": "50", "bf": "0"}
