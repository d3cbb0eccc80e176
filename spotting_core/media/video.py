"""Opening a video file and asking it what it is, before anything is decoded."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import av
import av.error

from spotting_core.base.errors import BadInputError
from spotting_core.base.files import FileState
from spotting_core.media.shown import UPRIGHT, Orientation, display_orientation, shown_size
from spotting_core.media.source_clock import SourceClock

log = logging.getLogger(__name__)

BROWSER_VIDEO = {"h264", "vp8", "vp9", "av1"}
BROWSER_AUDIO = {"aac", "mp3", "opus", "flac"}

_CONTAINERS = (
    "mov", "matroska", "avi", "mpegts", "mpeg", "mpegvideo", "h264", "hevc", "vvc", "m4v", "obu", "ivf", "flv",
    "live_flv", "asf", "asf_o", "mxf", "ogg", "nut", "dv", "gxf", "lxf", "rm", "wtv", "yuv4mpegpipe",
    "mp3", "wav", "aac", "flac",
)  # fmt: skip
"""What may be opened: files that hold their pictures (or sound, to be told so). Playlists and the like make ffmpeg
open other files and addresses; single pictures are no match."""
_ODDEST_PIXEL = 4.0  # times as wide as high, or as high as wide
_FRAMES_ASKED = 16  # how they are turned: of pictures that all stand alone nobody can tell by whom
_FILES_KNOWN = 64
_LEADING = 301  # packets looked at for those that are hidden
_OPTIONS = {"format_whitelist": ",".join(_CONTAINERS), "protocol_whitelist": "file"}


@dataclass(frozen=True)
class VideoInfo:
    """What a file says of itself.

    Arguments:
        codec, pixel_format: of the video stream that is used (the first one that is not a cover picture); the codec
            by its own name, whichever decoder there is for it.
        stored_width, stored_height: in stored pixels, before they are turned; what a viewer sees say ``width``,
            ``height`` and ``shown_size``.
        rotation: degrees by which the stored picture is turned counter-clockwise to be shown: 0, 90, 180 or 270.
        mirrored: whether left and right are exchanged before it is turned.
        turned_by_coding: whether the coded pictures alone say that they are turned or mirrored, and not the container.
        rate: average frames per second as declared, or None.
        duration: seconds as declared, or None.
        audio: codec of the first sound track, or None.
        container: ffmpeg's short name(s) of the container.
        pixel_aspect: of a stored pixel, its width by its height as shown.
        interlaced: whether the first picture is of two fields, each of a moment of its own.
        hides_packets: whether an edit list hides packets at the start.
        begins: what the file's own clock shows where a player begins, microseconds; its first picture may come later.
    """

    codec: str
    pixel_format: str | None
    stored_width: int
    stored_height: int
    rotation: int
    mirrored: bool
    turned_by_coding: bool
    rate: float | None
    duration: float | None
    audio: str | None
    container: str
    video_streams: int
    pixel_aspect: float
    interlaced: bool
    hides_packets: bool
    begins: int

    @property
    def shown_size(self) -> tuple[float, float]:
        """Width and height on the screen."""
        return shown_size(self.stored_width, self.stored_height, self.pixel_aspect, self.orientation)

    @property
    def width(self) -> int:
        """Of the picture on the screen, in whole pixels."""
        return max(1, round(self.shown_size[0]))

    @property
    def height(self) -> int:
        """Of the picture on the screen, in whole pixels."""
        return max(1, round(self.shown_size[1]))

    @property
    def orientation(self) -> Orientation:
        """How the stored picture is turned to be shown."""
        return Orientation(self.rotation // 90, self.mirrored)

    @property
    def browsers_turn_it(self) -> bool:
        """Whether every browser turns the picture as it is meant: none hears coded pictures, and not all mirror."""
        return not self.mirrored and not self.turned_by_coding

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@contextmanager
def open_video(path: Path) -> Iterator[tuple[av.container.InputContainer, av.VideoStream]]:
    """Open a file and its picture stream.

    Errors:
        BadInputError: missing, not a video, or without a picture stream.
    """
    if not path.is_file():
        what = "this is a folder, not a video" if path.is_dir() else "this video does not exist"
        raise BadInputError(what, where=path, fix="Check the path")
    if path.stat().st_size == 0:
        raise BadInputError("this file is empty", where=path, fix="Copy it again")
    try:
        container = av.open(str(path), metadata_errors="ignore", options=_OPTIONS)
    except (av.error.FFmpegError, ValueError, OSError) as error:
        raise BadInputError(
            f"this file is not a video that can be read ({_reason(error, path)})",
            where=path,
            fix="Check that it plays elsewhere, or copy it again",
        ) from error
    with container:
        yield container, _picture_stream(container, path)


def codec_name(stream: av.VideoStream | av.AudioStream) -> str | None:
    """What a stream is coded in (av1, mp3), not which decoder was found for it (libdav1d, mp3float)."""
    return stream.codec_context.codec.canonical_name if stream.codec_context is not None else None


def pixel_aspect(stream: av.VideoStream) -> float:
    """Width of a stored pixel by its height as shown: of the container, else of the stream; 1 where nobody can mean
    it."""
    aspect = stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio
    known = float(aspect) if aspect else 1.0
    return known if 1 / _ODDEST_PIXEL <= known <= _ODDEST_PIXEL else 1.0


def packets(
    container: av.container.InputContainer,
    streams: av.stream.Stream | Sequence[av.stream.Stream],
    clock: SourceClock | None = None,
) -> Iterator[av.Packet[Any]]:
    """All packets of some streams, in the order of the file.

    Arguments:
        clock: what puts their times on one clock; None of a file whose clock has no break, or times that nobody looks
        at.

    Errors:
        av.error.FFmpegError: the file is cut off or damaged; also where a stream begins midway that the file's head did
            not name, of which PyAV knows nothing.
    """
    try:
        for packet in container.demux(streams):
            if clock is not None:
                clock.move(packet)
            yield packet
    except IndexError as error:
        raise av.error.InvalidDataError(errno.EINVAL, "a stream begins midway") from error


def readable_packets(
    container: av.container.InputContainer,
    streams: av.stream.Stream | Sequence[av.stream.Stream],
    clock: SourceClock | None = None,
) -> Iterator[av.Packet[Any]]:
    """The packets of some streams as far as a file can be read; see ``packets``."""
    try:
        yield from packets(container, streams, clock)
    except av.error.FFmpegError as error:
        log.warning("%s: reading stopped early: %s", container.name, error)


def _reason(error: Exception, path: Path) -> str:
    with path.open("rb") as handle:
        if handle.read(12)[4:8] == b"ftyp":
            return "its index is missing or damaged: the recording or copy stopped early"
    if isinstance(error, av.error.ArgumentError):  # from the list of containers
        return "playlists and single pictures are not read"
    return getattr(error, "strerror", None) or type(error).__name__


def _picture_stream(container: av.container.InputContainer, path: Path) -> av.VideoStream:
    streams = [s for s in container.streams.video if not _is_cover(s)]
    if not streams:
        what = "this file has sound but no picture" if container.streams.audio else "this file has no picture stream"
        raise BadInputError(what, where=path, fix="Give the file with the picture")
    stream = streams[0]
    if stream.codec_context is None:
        raise BadInputError("no decoder is known for the picture of this file", where=path)
    return stream


def _is_cover(stream: av.VideoStream) -> bool:
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


@dataclass(frozen=True)
class _FirstFrames:
    """What the first frames that decode say of all: how they are turned, whether only their coding says so, and whether
    they are interlaced."""

    orientation: Orientation = UPRIGHT
    turned_by_coding: bool = False
    interlaced: bool = False


def _first_frames(container: av.container.InputContainer, stream: av.VideoStream) -> _FirstFrames:
    """What is known of frames alone: a container says of every one how it is turned, coded pictures of the first, or of
    those at which one can begin; and not every decoder says of its stream that it is interlaced."""
    first: _FirstFrames | None = None
    try:
        for frame in islice(container.decode(stream), _FRAMES_ASKED):
            matrix = display_orientation(frame)
            first = first or _FirstFrames(matrix or UPRIGHT, False, bool(frame.interlaced_frame))
            if first.orientation.is_upright or not frame.key_frame:
                return replace(first, turned_by_coding=not first.orientation.is_upright and matrix is None)
    except av.error.FFmpegError:
        pass
    return _FirstFrames() if first is None else replace(first, turned_by_coding=True)


def first_orientation(path: Path) -> Orientation:
    """How the first frame of a file is turned, and with it all that say nothing else; UPRIGHT where it says nothing.

    Errors:
        BadInputError: see ``open_video``.
    """
    return _first_orientation(path, FileState.of(path))


@lru_cache(_FILES_KNOWN)
def _first_orientation(path: Path, state: FileState) -> Orientation:
    """That of a file as it is now."""
    with open_video(path) as (container, stream):
        return _first_frames(container, stream).orientation


def probe_video(path: Path) -> VideoInfo:
    """Read what a file says of itself; decodes the first frames, which alone say some of it (``_FirstFrames``).

    Errors:
        BadInputError: see ``open_video``; also a picture of no size.
    """
    hidden = _hides_packets(path)
    with open_video(path) as (container, stream):
        context = stream.codec_context
        width, height = context.width, context.height
        first = _first_frames(container, stream)
        if width <= 0 or height <= 0:
            raise BadInputError("the picture of this video has no size", where=path, fix="Copy it again")
        audio = container.streams.audio[0] if container.streams.audio else None
        return VideoInfo(
            codec=codec_name(stream) or context.name,
            pixel_format=context.pix_fmt,
            stored_width=width,
            stored_height=height,
            rotation=90 * first.orientation.quarters,
            mirrored=first.orientation.mirrored,
            turned_by_coding=first.turned_by_coding,
            rate=_as_float(stream.average_rate),
            duration=_duration(container, stream),
            audio=codec_name(audio) if audio is not None else None,
            container=container.format.name,
            video_streams=len(container.streams.video),
            pixel_aspect=pixel_aspect(stream),
            interlaced=first.interlaced,
            hides_packets=hidden,
            begins=_begin(container),
        )


def _begin(container: av.container.InputContainer) -> int:
    """What the clock of a file shows where a player begins: 0 in files that have a time line of their own."""
    if {"mp4", "matroska"} & set(container.format.name.split(",")):
        return 0
    return container.start_time or 0


def _hides_packets(path: Path) -> bool:
    with open_video(path) as (container, stream):
        leading = islice(readable_packets(container, stream), _LEADING)
        return any(packet.is_discard for packet in leading)


def _as_float(rate: Fraction | None) -> float | None:
    return float(rate) if rate else None


def _duration(container: av.container.InputContainer, stream: av.VideoStream) -> float | None:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return container.duration / 1e6 if container.duration else None


def rewind(container: av.container.InputContainer, start: int) -> None:
    """Go to the beginning of a file whose own clock shows ``start`` there (microseconds).

    It is not always 0 or later: of a transport stream that is about to wrap, ffmpeg takes 26.5 hours off.
    """
    try:
        container.seek(min(0, start))
    except av.error.FFmpegError:  # some formats know of no time before their first
        container.seek(0)
