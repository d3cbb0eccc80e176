"""Which videos are pieces of one recording, by their names.

Cameras number what they write in pieces: GoPro names chapter and recording (``GX020034.MP4`` is the second of
recording 34; of its older cameras ``GOPR0034.MP4`` is the first and ``GP010034.MP4`` the second), others end with the
number of the piece (``half-1.mp4``, ``half part 02.mts``, ``ET1-2.mp4``). ``ET1.mp4`` and ``ET2.mp4`` are no pieces but
two halves of extra time, where no third is numbered so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from spotting_core.media.extra_time_names import extra_half, extra_halves

_GOPRO = re.compile(r"^(G[HXLP])(\d{2})(\d{4})$", re.IGNORECASE)
_FIRST_OF_OLDER = re.compile(r"^GOPR(\d{4})$", re.IGNORECASE)
_PART = r"(?:part|pt|chapter|teil|parte|partie)?[\s_.-]*(\d{1,4})"
_NUMBERED = re.compile(rf"^(.*?[^\d\s_.-])[\s_.-]*{_PART}$", re.IGNORECASE)
_OF_EXTRA_HALF = re.compile(rf"^(.+?)[\s_.-]+{_PART}$", re.IGNORECASE)


def recordings_of(videos: Iterable[Path]) -> dict[str, list[Path]]:
    """Videos by the recording that their names say they are pieces of, each in the order of its pieces.

    A name that says nothing is a recording of its own.
    """
    videos = list(videos)
    halves = {video for video, half in extra_halves(videos).items() if half.known}
    numbered: dict[str, list[tuple[int, Path]]] = {}
    for video in videos:
        name, number = _recording(video)
        numbered.setdefault(name, []).append((number, video))
    recordings: dict[str, list[Path]] = {}
    for name, pieces in numbered.items():
        paths = [path for _, path in sorted(pieces)]
        apart = (len(paths) == 1 or halves.issuperset(paths)) and all(_is_numbered_half(path) for path in paths)
        recordings.update({path.stem: [path] for path in paths} if apart else {name: paths})
    return dict(sorted(recordings.items()))


def chaptered(videos: Iterable[Path]) -> list[Path]:
    """The first pieces of a recording that a camera has surely written in several, by their names; none else."""
    named = [video for video in videos if _GOPRO.match(video.stem) or _FIRST_OF_OLDER.match(video.stem)]
    return next((pieces for pieces in recordings_of(named).values() if len(pieces) > 1), [])


def repeated(videos: Iterable[Path]) -> list[Path]:
    """Two videos whose names make them the same piece of a recording, such as a copy in another format; else none."""
    known: dict[tuple[str, int], Path] = {}
    for video in videos:
        first = known.setdefault(_recording(video), video)
        if first != video:
            return sorted([first, video])
    return []


def _is_numbered_half(video: Path) -> bool:
    """Whether the number that ends a name is that of a half of extra time, not of a piece of it."""
    half = extra_half(video.stem)
    return half is not None and half.known and _piece_of_extra_half(video.stem) is None


def _piece_of_extra_half(stem: str) -> tuple[str, int] | None:
    """The half of extra time that a name is of, and the number of its piece behind it."""
    match = _OF_EXTRA_HALF.match(stem)
    half = extra_half(match[1]) if match else None
    return (match[1], int(match[2])) if match and half and half.known else None


def _recording(video: Path) -> tuple[str, int]:
    """The recording that a name is of, and the number of its piece."""
    stem = video.stem
    if match := _GOPRO.match(stem):
        return f"{match[1]}{match[3]}", int(match[2])
    if match := _FIRST_OF_OLDER.match(stem):
        return f"GP{match[1]}", 0
    if piece := _piece_of_extra_half(stem):
        return piece
    if match := _NUMBERED.match(stem):
        return match[1], int(match[2])
    return stem, 1
