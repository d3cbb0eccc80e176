"""Videos that follow one another as one: for a half that a camera or a recorder has written in pieces.

Packets are copied, nothing is encoded anew. The first picture of a piece comes when the last one of the piece before
has been shown; sound that a piece has beyond its pictures is left out. What is written is checked: its time table must
be the pieces' tables, one after another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import av
import av.error
import numpy as np

from spotting_core.base.errors import BadInputError
from spotting_core.base.files import replacing
from spotting_core.base.report_done import ReportDone
from spotting_core.media.ingest import read_video
from spotting_core.media.packet_copies import TimedPackets, moved_packets, mux_in_order
from spotting_core.media.recordings import recordings_of, repeated
from spotting_core.media.source import videos_in
from spotting_core.media.times import TimeTable, read_time_table
from spotting_core.media.video import VideoInfo, open_video

SUFFIXES = (".mp4", ".mov", ".mkv")
_TOLERANCE = {".mkv": 1_000}  # microseconds by which a container rounds times
_EXACT = 100
_CONVERT = "Convert the pieces alike first, for example with ffmpeg"
_OFTEN = 50  # packets after which progress is told
_ALIKE = {
    "coded as": lambda info: info.codec,
    "of pixels": lambda info: info.pixel_format,
    "of the size": lambda info: f"{info.stored_width} x {info.stored_height}",
    "of the pixel aspect": lambda info: f"{info.pixel_aspect:.4g}",
    "turned by": lambda info: f"{info.rotation} degrees{', mirrored' if info.mirrored else ''}",
    "with sound as": lambda info: info.audio or "no sound",
}
"""In what pieces of one video must be alike, for people, and how a piece has it."""


@dataclass(frozen=True)
class Piece:
    """A video that is part of a longer one.

    Arguments:
        begin: where its first picture comes in the whole, microseconds.
    """

    path: Path
    info: VideoInfo
    table: TimeTable
    begin: int


def recordings_in(folder: Path, out: Path) -> dict[Path, list[Path]]:
    """The video to be written below ``out`` for each recording of a folder, with its pieces in order.

    Errors:
        BadInputError: the folder has no videos, or their names do not say which belong together.
    """
    videos = videos_in(folder)
    if twice := repeated(videos):
        names = " and ".join(video.name for video in twice)
        fix = "Keep one of them here, or give the videos themselves in the order of play"
        raise BadInputError(f"{names} are the same piece of a recording", where=folder, fix=fix)
    recordings = recordings_of(videos)
    if max(map(len, recordings.values())) < 2:
        fix = "Give the videos that are one half, in the order of play"
        raise BadInputError("the names in this folder do not say which videos belong together", where=folder, fix=fix)
    return {out / f"{name}{_suffix(pieces)}": pieces for name, pieces in recordings.items()}


def _suffix(pieces: Sequence[Path]) -> str:
    own = pieces[0].suffix.lower()
    return own if own in SUFFIXES else ".mp4"


def read_pieces(paths: Sequence[Path], report: ReportDone | None = None) -> list[Piece]:
    """Videos that are to be one, in this order.

    Arguments:
        report: videos that are read, and all.

    Errors:
        BadInputError: none, one twice, one that cannot be read, or one that is coded otherwise than the first.
    """
    if not paths:
        raise BadInputError("there is no video to join")
    for number, path in enumerate(paths):
        if path.resolve() in [other.resolve() for other in paths[:number]]:
            raise BadInputError("this video is given twice", where=path, fix="Give each once, in the order of play")
    read = []
    for done, path in enumerate(paths):
        if report is not None:
            report(done, len(paths))
        read.append((path, *read_video(path)))
    begins = [0, *accumulate(table.duration for _, _, table in read)]
    pieces = [Piece(path, info, table, begin) for (path, info, table), begin in zip(read, begins, strict=False)]
    for piece in pieces:
        _check_alike(pieces[0], piece)
    return pieces


def _check_alike(first: Piece, piece: Piece) -> None:
    fix = _CONVERT
    if piece.info.hides_packets:
        raise BadInputError("this video hides pictures at its start by an edit list", where=piece.path, fix=fix)
    for what, of in _ALIKE.items():
        if of(piece.info) != of(first.info):
            text = f"this video is {what} {of(piece.info)}, {first.path.name} {of(first.info)}"
            raise BadInputError(text, where=piece.path, fix=fix)
    if _settings(piece.path) != _settings(first.path):
        raise BadInputError(f"this video is coded by other settings than {first.path.name}", where=piece.path, fix=fix)


def _settings(path: Path) -> list[object]:
    """What a decoder is told before the first packet: of pictures, and of sound."""
    with open_video(path) as (source, video):
        settings: list[object] = [video.codec_context.extradata]
        for sound in source.streams.audio[:1]:
            settings += [sound.codec_context.extradata, sound.sample_rate, sound.channels]
        return settings


def join_videos(pieces: Sequence[Piece], target: Path, report: ReportDone | None = None) -> None:
    """Write videos as one; nothing is left where that does not succeed.

    Arguments:
        report: microseconds that are written, and all.

    Errors:
        BadInputError: the target is of no kind that is written, is a piece, or cannot carry their packets or times.
    """
    suffix = target.suffix.lower()
    if suffix not in SUFFIXES:
        raise BadInputError(
            "a joined video is no file of this kind", where=target, fix=f"Name it {', '.join(SUFFIXES)}"
        )
    if target.resolve() in [piece.path.resolve() for piece in pieces]:
        raise BadInputError("this is one of the videos to be joined", where=target, fix="Give the whole another name")
    with replacing(target) as made:
        try:
            written = _write(pieces, made, suffix, report)
        except OSError:  # no room, or no right to write: ``replacing`` says so
            raise
        except (av.error.FFmpegError, ValueError) as error:
            what = f"the packets of these videos cannot be put into a {suffix} ({type(error).__name__})"
            raise BadInputError(what, where=target, fix=_CONVERT) from error
        _check_times(pieces, made, target, written)


def _write(pieces: Sequence[Piece], made: Path, suffix: str, report: ReportDone | None) -> int:
    """Write them; returns how many packets of pictures there are."""
    counted = _Counter(report)
    form, options = ("matroska", {}) if suffix == ".mkv" else (suffix[1:], {"movflags": "faststart"})
    with open_video(pieces[0].path) as (source, video), av.open(str(made), "w", form, options=options) as out:
        picture = out.add_stream_from_template(video, opaque=True)
        sounds: TimedPackets = iter(())
        if source.streams.audio:
            sound = out.add_stream_from_template(source.streams.audio[0], opaque=True)
            sounds = _packets(pieces, sound, _Counter(None))
        mux_in_order(out, _packets(pieces, picture, counted), sounds)
    return counted.packets


@dataclass
class _Counter:
    """Counts the packets of a stream, and tells how far the work is."""

    report: ReportDone | None
    packets: int = 0

    def tick(self, time: int, whole: int) -> None:
        if self.report is not None and self.packets % _OFTEN == 0:
            self.report(max(0, time), whole)
        self.packets += 1


def _packets(pieces: Sequence[Piece], copy: av.stream.Stream, counter: _Counter) -> TimedPackets:
    """Packets of a stream of all pieces, of which the decode times rise."""
    whole, last = pieces[-1].begin + pieces[-1].table.duration, -(1 << 62)
    for piece in pieces:
        for time, packet in _packets_of(piece, copy):
            counter.tick(time, whole)
            assert packet.dts is not None
            assert packet.time_base is not None
            if time <= last:  # those of pictures that are shown late may reach back over the seam
                packet.dts += int((last - time) / 1e6 / packet.time_base) + 1
                time = int(packet.dts * packet.time_base * 1_000_000)
            last = time
            yield time, packet


def _packets_of(piece: Piece, copy: av.stream.Stream) -> TimedPackets:
    with open_video(piece.path) as (source, video):
        sound = copy.type == "audio"
        stream = source.streams.audio[0] if sound else video
        for time, packet in moved_packets(piece.table, source, stream, copy, begin=piece.begin):
            if sound and time >= piece.begin + piece.table.duration:
                return
            yield time, packet


def _check_times(pieces: Sequence[Piece], made: Path, target: Path, written: int) -> None:
    """The written file shows what the pieces show, one after another.

    Arguments:
        written: packets of pictures. A piece that was cut out of a stream may begin with pictures that hang on what is
            not in it; nobody sees them there, and joined they would lie over those before.

    Errors:
        BadInputError: it does not.
    """
    times = np.concatenate([piece.begin + piece.table.times for piece in pieces])
    table = read_time_table(made)
    within = _TOLERANCE.get(target.suffix.lower(), _EXACT)
    if written != len(times) or len(table) != len(times) or np.abs(table.start + table.times - times).max() > within:
        raise BadInputError(
            "these videos joined would show other times than one after another",
            where=target,
            fix=_CONVERT,
        )
