"""Fast cutting: packets copied as they are, from the key frame before a clip's start.

Nothing is encoded, so the copy begins where the video lets it and not where it was asked to: the result says where
it really starts and ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np

from spotting_core.base.errors import BadInputError
from spotting_core.clips.selection import Clip, frame_time, frames_of
from spotting_core.domain.clock import half_clock
from spotting_core.media.ingest import Media
from spotting_core.media.key_frames import key_times
from spotting_core.media.packet_copies import timed_packets
from spotting_core.media.shown import write_orientation
from spotting_core.media.source_clock import SourceClock
from spotting_core.media.times import TimeTable, to_microseconds
from spotting_core.media.video import open_video, packets, rewind

_MP4_VIDEO = {"h264", "hevc", "av1", "vp9", "mpeg4"}
_MP4_SOUND = {"aac", "mp3", "ac3", "eac3", "alac", "opus", "flac"}
_REORDERING = 2_000_000  # microseconds by which a packet may be stored before or after its time


@dataclass(frozen=True)
class Copied:
    """Where a copied clip really starts and ends, microseconds of the half.

    A start before 0 shows pictures that an edit list hides.
    """

    start: int
    end: int


def suffix_of_copy(media: Media, *, sound: bool = True) -> str:
    """Ending of a copied clip: mp4 where it holds the codecs of what is copied, else Matroska."""
    fits = media.info.codec in _MP4_VIDEO and (not sound or media.info.audio in {None, *_MP4_SOUND})
    return ".mp4" if fits else ".mkv"


def copy_start(media: Media, clip: Clip) -> int:
    """Where a copy of a clip would really start (microseconds of the half).

    Errors:
        BadInputError: the clip lies past the end of the video, or there is no key frame before it.
    """
    first = frame_time(media.table, frames_of(clip, media.table)[0])
    before = key_times(media)
    before = before[before <= first]
    if not len(before):
        raise BadInputError(
            f"no key frame comes before the clip at {half_clock(clip.moment, 0)}",
            where=media.path,
            fix="Export it exactly",
        )
    return int(before[-1])


def copy_clip(media: Media, clip: Clip, path: Path, *, sound: bool = True) -> Copied:
    """Copy a clip's packets to a file of their own.

    Errors:
        BadInputError: see ``copy_start``; also a file that cannot hold these packets.
    """
    start, last = copy_start(media, clip), frames_of(clip, media.table)[1] - 1
    form = "mp4" if suffix_of_copy(media, sound=sound) == ".mp4" else "matroska"
    options = {"movflags": "faststart"} if form == "mp4" else {}
    begin = media.table.start + start  # on the file's own clock
    until = media.table.start + frame_time(media.table, last)
    try:
        with open_video(media.path) as (source, video), av.open(str(path), "w", form, options=options) as out:
            audio = [s for s in source.streams.audio[:1] if sound and s.codec_context is not None]
            copied = out.add_stream_from_template(video, opaque=True)
            if media.info.turned_by_coding:  # which perhaps no packet of the clip says
                write_orientation(copied, media.info.orientation)
            copies = {s.index: out.add_stream_from_template(s, opaque=True) for s in audio} | {video.index: copied}
            pictures, sounds = _packets(source, video, audio, begin, until, media.table)
            end = max(_time(p) + _duration(p, media) for p in pictures)
            for packet in sorted([*pictures, *(p for p in sounds if _time(p) < end)], key=_stored):
                assert packet.pts is not None
                assert packet.dts is not None
                assert packet.time_base is not None
                ticks = round(begin / 1e6 / packet.time_base)
                packet.pts, packet.dts = packet.pts - ticks, packet.dts - ticks
                packet.stream = copies[packet.stream.index]
                out.mux(packet)
    except (av.error.FFmpegError, ValueError) as error:
        raise BadInputError(
            f"these packets cannot be copied ({error})", where=media.path, fix="Export it exactly"
        ) from error
    return Copied(start, end - media.table.start)


def _packets(
    source: av.container.InputContainer,
    video: av.VideoStream,
    audio: Sequence[av.AudioStream],
    begin: int,
    until: int,
    table: TimeTable,
) -> tuple[list[av.Packet], list[av.Packet]]:
    """Picture packets from the key frame at ``begin`` to the frame at ``until``, and the sound beside them."""
    assert video.time_base is not None
    for back in (_REORDERING, None):
        if back is not None and begin - back > table.start and not table.breaks:  # else one time may be at two places
            source.seek(round((begin - back) / 1e6 / video.time_base), stream=video, backward=True)
        else:
            rewind(source, table.start - _REORDERING)
        pictures, sounds, late = _read(source, video, audio, begin, until, table.clock)
        if not late:
            return _whole(pictures, until), sounds
    raise ValueError("the key frame before the clip is not found again")


def _read(
    source: av.container.InputContainer,
    video: av.VideoStream,
    audio: Sequence[av.AudioStream],
    begin: int,
    until: int,
    clock: SourceClock | None,
) -> tuple[list[av.Packet], list[av.Packet], bool]:
    """Packets from where the container stands, and whether the key frame at ``begin`` was not among them."""
    pictures: list[av.Packet] = []
    sounds: list[av.Packet] = []
    for packet in timed_packets(packets(source, [video, *audio], clock), video.average_rate or Fraction(25)):
        if packet.pts is None or packet.dts is None:
            continue
        time = _time(packet)
        if packet.stream.type == "audio":
            if time >= begin:
                sounds.append(packet)
        elif (pictures and time > begin) or (packet.is_keyframe and abs(time - begin) <= 1):
            pictures.append(packet)
        if _stored(packet) > until + _REORDERING:
            break
    return pictures, sounds, not pictures


def _whole(pictures: list[av.Packet], until: int) -> list[av.Packet]:
    """The packets up to the frame at ``until``, and those after it that an earlier frame is stored behind."""
    times = np.array([_time(p) for p in pictures])
    highest = np.maximum.accumulate(times)
    lowest_after = np.append(np.minimum.accumulate(times[::-1])[::-1][1:], np.iinfo(np.int64).max)
    whole = np.flatnonzero((highest >= until) & (highest < lowest_after))
    return pictures[: int(whole[0]) + 1] if len(whole) else pictures


def _time(packet: av.Packet) -> int:
    assert packet.pts is not None
    assert packet.time_base is not None
    return int(to_microseconds(packet.pts, packet.time_base))


def _stored(packet: av.Packet) -> int:
    assert packet.dts is not None
    assert packet.time_base is not None
    return int(to_microseconds(packet.dts, packet.time_base))


def _duration(packet: av.Packet, media: Media) -> int:
    number = media.table.nearest(_time(packet) - media.table.start)
    return frame_time(media.table, number + 1) - frame_time(media.table, number)
