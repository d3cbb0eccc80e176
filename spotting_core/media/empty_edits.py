"""Stretches of an MP4 in which its edit list shows nothing, other than at its beginning.

ffmpeg's libraries know an empty edit at the beginning of a list; for one that comes later they give pictures from the
beginning of the recording once more. Times are right after it, and no packet says so: the list itself is read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from spotting_core.media.ingest import Media

_MICROSECOND = 1_000_000
_LARGEST = 1 << 20  # bytes of a box that is read as a whole
_MOST_BOXES = 10_000  # side by side; a file of fragments has some for each
_HANDLER_AT = 8  # bytes of an ``hdlr`` before the kind of its track
_Place = tuple[int, int]


def empty_edits(path: Path) -> list[_Place]:
    """Start and end of each, microseconds from the file's beginning; none of a file that is no MP4 or is damaged."""
    try:
        with path.open("rb") as file:
            return _of_file(file, path.stat().st_size)
    except (OSError, struct.error, OverflowError, ZeroDivisionError):
        return []


def empty_stretches(media: Media) -> list[_Place]:
    """The same of a video, microseconds from its first shown frame, from which the times of its half count."""
    begins = media.table.start
    return [(start - begins, end - begins) for start, end in empty_edits(media.path)]


def _of_file(file: IO[bytes], size: int) -> list[_Place]:
    index = dict(_boxes(file, (0, size))).get(b"moov")
    if index is None:
        return []
    header = _content(file, dict(_boxes(file, index)).get(b"mvhd"))
    [scale] = struct.unpack_from(">I", header, 20 if header[:1] == b"\1" else 12)
    for kind, track in _boxes(file, index):
        inside = dict(_boxes(file, track)) if kind == b"trak" else {}
        media = dict(_boxes(file, inside[b"mdia"])) if b"mdia" in inside else {}
        if _content(file, media.get(b"hdlr"))[_HANDLER_AT : _HANDLER_AT + 4] == b"vide":
            edits = dict(_boxes(file, inside[b"edts"])) if b"edts" in inside else {}
            return list(_empty(_content(file, edits.get(b"elst")), scale))
    return []


def _boxes(file: IO[bytes], place: _Place) -> Iterator[tuple[bytes, _Place]]:
    """Kind of each box side by side, and where its content begins and ends."""
    at, end = place
    for _ in range(_MOST_BOXES):
        if at + 8 > end:
            return
        file.seek(at)
        size, kind = struct.unpack(">I4s", file.read(8))
        begin = at + 8
        if size == 1:
            [size], begin = struct.unpack(">Q", file.read(8)), at + 16
        stop = end if size == 0 else at + size
        if not begin <= stop <= end:
            return
        yield kind, (begin, stop)
        at = stop


def _content(file: IO[bytes], place: _Place | None) -> bytes:
    """The content of a box; nothing where there is none or it is too large."""
    if place is None or place[1] - place[0] > _LARGEST:
        return b""
    file.seek(place[0])
    return file.read(place[1] - place[0])


def _empty(listed: bytes, scale: int) -> Iterator[_Place]:
    """Edits that show nothing after one that shows something."""
    if not listed:
        return
    row = struct.Struct(">Qqi" if listed[0] == 1 else ">Iii")
    [count] = struct.unpack_from(">I", listed, 4)
    at, shown = 0, False
    for number in range(min(count, (len(listed) - 8) // row.size)):
        lasting, of, _ = row.unpack_from(listed, 8 + number * row.size)
        if of < 0 and shown and lasting:
            yield round(at * _MICROSECOND / scale), round((at + lasting) * _MICROSECOND / scale)
        at, shown = at + lasting, shown or of >= 0
