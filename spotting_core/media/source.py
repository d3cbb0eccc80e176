"""What a SOURCE is: a single video, a folder with a video for each part, or a SoccerNet game folder.

match.mp4                                       one part
my_match/first.mp4  my_match/second.mp4         two parts, in the order of their names
my_match/first.mp4  second.mp4  ET1.mp4  ET2.mp4        four, also of extra time: so names say beside other halves,
                                                        as ET1 and ET2 alone do, and 1 to 4
<date - time Home h - a Away>/1_720p.mkv 2_720p.mkv Labels-v2.json …   SoccerNet's layout

How many parts a match may have, and whether there is extra time at all, its class table says: ``check_parts``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, TouchlineError, printable
from spotting_core.base.files import read_json
from spotting_core.domain.parts import EXTRA_HALVES, REGULAR_HALVES, Parts
from spotting_core.media.extra_time_names import ExtraHalf, extra_halves, is_first_half
from spotting_core.media.fingerprint import joint_hash, kept_hash
from spotting_core.media.recordings import chaptered, recordings_of

VIDEO_SUFFIXES = frozenset(
    [
        ".mp4",
        ".m4v",
        ".mkv",
        ".webm",
        ".mov",
        ".avi",
        ".ts",
        ".mts",
        ".m2ts",
        ".mpg",
        ".mpeg",
        ".flv",
        ".wmv",
        ".mxf",
        ".3gp",
        ".ogv",
        ".vob",
    ]
)

_NUMBERED = re.compile(r"^([1-9]\d{0,2})_(?:(\d+)p|(HQ))\.\w+$")
_SIZE = re.compile(r"[\s_.-](?:(\d{3,4})p|HQ)$")
_DIGITS = re.compile(r"(\d+)")
_GAME_NAME = re.compile(r"^(\d{4}-\d{2}-\d{2}) - (\d{2}-\d{2}) (.+?) (\d+) - (\d+) (.+)$")
_PREFERRED_HEIGHT = 720
_ONE_EACH = "Name one video, move each match into a folder of its own, or join the pieces of a half (touchline join)"
_WHICH = (
    "Name the videos of extra time ET1 and ET2; number those that are pieces of a half (first-1, first-2) and join "
    "them (touchline join); move other matches into folders of their own"
)
_LISTED = 4  # parts that a remark names one by one
_MOST_HALVES = REGULAR_HALVES + EXTRA_HALVES


@dataclass(frozen=True)
class Fixture:
    """Who played whom, as far as folder names and label files tell."""

    title: str
    home: str | None = None
    away: str | None = None
    score: str | None = None
    date: str | None = None
    league: str | None = None


class HasTeams(Protocol):
    """What may know who plays whom."""

    @property
    def home(self) -> str | None: ...

    @property
    def away(self) -> str | None: ...


def team_names(of: HasTeams) -> dict[str, str]:
    """Names of ``home`` and ``away``, where they are known."""
    return {side: name for side, name in (("home", of.home), ("away", of.away)) if name}


@dataclass(frozen=True)
class HalfSource:
    """One part of a match, by its number, and its video file."""

    half: int
    path: Path


@dataclass(frozen=True)
class MatchSource:
    """A match as found on disk.

    Arguments:
        path: what the user named (a file or a folder).
        halves: in order; a single file is part 1.
        fixture: names and score where known.
        named: numbers of the parts that their files' names say.
        unclear: videos that by their names are of extra time, and not one for each half of it; football has no place
            for them, to others they are as all.
    """

    path: Path
    halves: tuple[HalfSource, ...]
    fixture: Fixture
    named: frozenset[int] = frozenset()
    unclear: tuple[Path, ...] = ()

    def remarks(self, parts: Parts) -> tuple[str, ...]:
        """What a user should know about how the files were understood."""
        named = self._named(parts)
        extra = {number for number in named if parts.is_extra(number) and number <= _MOST_HALVES}
        there = {
            h.half: f"{(parts.title_with_extra_time if h.half in extra else parts.title)(h.half)} is {h.path.name}"
            for h in self.halves
        }
        ordered = [text for number, text in there.items() if number not in named]
        by_name = {h.half for h in self.halves if h.half in named and not is_numbered(h.path)} | extra
        lines = self._lacks(parts, named, extra)
        if ordered and len(there) > 1:
            more = [f"and so on to {ordered[-1]}"] if len(ordered) > _LISTED else []
            lines.append(f"{', '.join([*ordered[:_LISTED], *more])}, by the order of their names")
        if by_name:
            texts = [text for number, text in there.items() if number in by_name]
            lines.append(f"{', '.join(texts)}, by {'its name' if len(texts) == 1 else 'their names'}")
        if self.pieces and ordered:
            lines.append(f"{self.pieces}, which touchline join makes one video")
        return tuple(lines)

    def _named(self, parts: Parts) -> frozenset[int]:
        """Numbers of the parts that names say; numbers alone say halves of football, to others they are an order."""
        bare = {h.half for h in self.halves if h.path.stem == str(h.half)}
        return self.named if parts.has_extra_time else self.named - bare

    def _lacks(self, parts: Parts, named: frozenset[int], extra: set[int]) -> list[str]:
        """A clause where parts have no video; a lone one of extra time may hold both halves of it."""
        marks = extra_halves([h.path for h in self.halves])
        both = bool(extra) and not all(half.known for half in marks.values())
        numbers = [h.half for h in self.halves if not (both and h.half in extra)]
        expected = (parts.most if extra and not both else parts.count) or max(numbers)
        if not named or len(numbers) >= expected:
            return []
        titles = " and ".join(parts.title(number) for number in numbers)
        before = "before extra time " if both else ""
        return [f"{before}only {titles} {'has' if len(numbers) == 1 else 'have'} a video"]

    @property
    def pieces(self) -> str:
        """A clause where names of the videos say surely that some are pieces of one recording; else empty."""
        names = [piece.name for piece in chaptered(h.path for h in self.halves)]
        return f"{' and '.join(names[:2])} are pieces of one recording" if names else ""

    @property
    def folder(self) -> Path:
        """The folder that may hold label files beside the video."""
        return self.path if self.path.is_dir() else self.path.parent

    def companion(self, name: str) -> Path | None:
        """A label file of the match; only a folder has them: a lone file's neighbours may be others'."""
        path = self.folder / name
        return path if self.path.is_dir() and path.is_file() else None

    @property
    def simulated(self) -> bool:
        """Whether the match's folder says that it was rendered."""
        return self.path.is_dir() and is_rendered(self.path)

    def content_hash(self, data: DataDirectory) -> str:
        """One hash of the content of all parts, in order; see ``kept_hash``."""
        return joint_hash(kept_hash(h.path, data) for h in self.halves)


def is_rendered(folder: Path) -> bool:
    """Whether a match folder says that it was rendered (``meta.json`` with the engine's settings)."""
    try:
        content = read_json(folder / "meta.json")
    except TouchlineError:
        return False
    return isinstance(content, dict) and "engine" in content


def open_match(path: Path) -> MatchSource:
    """Understand a path as a match; in a folder every video is a part, in the order of their names, but for those
    whose names say that they are of extra time.

    Errors:
        BadInputError: nothing there, or a folder without videos.
    """
    path = path.expanduser().absolute()
    if path.is_file():
        return MatchSource(path, (HalfSource(1, path),), Fixture(printable(path.stem)))
    if not path.is_dir():
        raise BadInputError("there is no such file or folder", where=path, fix="Check the path")
    videos = videos_in(path)
    numbered = any(map(is_numbered, videos))
    extra, others, unclear = _extra_time(videos)
    regular = _numbered_parts(others) if numbered else _parts_in_order(others)
    bare = sorted(video.stem for video in videos) == [str(number + 1) for number in range(_MOST_HALVES)]
    named = (*regular, *extra) if numbered or bare else extra
    fixture = read_fixture(path)
    return MatchSource(path, (*regular, *extra), fixture, frozenset(part.half for part in named), unclear)


def videos_in(folder: Path) -> list[Path]:
    """The videos of a folder, in no order.

    Errors:
        BadInputError: it cannot be read, or has none.
    """
    try:
        videos = [p for p in folder.iterdir() if p.suffix.lower() in VIDEO_SUFFIXES and p.is_file()]
    except OSError as error:
        raise BadInputError(f"this folder cannot be read ({error.strerror})", where=folder) from error
    if not videos:
        raise BadInputError(
            "this folder holds no video", where=folder, fix="Give a video, or a folder with one per part"
        )
    return videos


def is_numbered(video: Path) -> bool:
    """Whether the name of a video says which part of a match it is: ``1_720p.mkv``."""
    return _NUMBERED.match(video.name) is not None


def check_parts(match: MatchSource, parts: Parts) -> None:
    """A match must not have more parts than its class table knows, but for those of extra time that names say.

    Errors:
        BadInputError: it has, or the names of videos of extra time do not tell which is which.
    """
    if match.unclear and parts.has_extra_time:
        names = " and ".join(video.name for video in match.unclear)
        what = f"by their names these videos are not one for each half of extra time: {names}"
        raise BadInputError(what, where=match.path, fix=_what_they_may_be(match, parts))
    last = match.halves[-1].half
    if parts.count is None or last <= parts.count:
        return
    if last <= (parts.most or 0) and all(h.half in match.named for h in match.halves if h.half > parts.count):
        return
    raise BadInputError(
        f"this folder holds {len(match.halves)} videos, a match has at most {parts.count}"
        if len(match.halves) > parts.count
        else f"this folder holds a video of {parts.title(last)}, a match has at most {parts.count}",
        where=match.path,
        fix=_what_they_may_be(match, parts),
    )


def _what_they_may_be(match: MatchSource, parts: Parts) -> str:
    """What to do with a folder of too many videos."""
    if match.pieces:
        return f"{match.pieces}; touchline join makes one video of them"
    extra_time = parts.has_extra_time
    videos = list(dict.fromkeys((*(half.path for half in match.halves), *match.unclear)))
    recordings, extra = recordings_of(videos), extra_halves(videos)
    regular = [name for name, pieces in recordings.items() if pieces[0] not in extra]
    pieces = [name for name in recordings if len(recordings[name]) > 1]
    if pieces and len(regular) <= (parts.count or 0):
        joined = f"By their names some are pieces of {' and '.join(pieces)}, which touchline join makes one video"
        return f"{joined}; those of extra time are to be named ET1 and ET2" if extra_time else joined
    return _WHICH if extra_time else _ONE_EACH


def _numbered_parts(videos: Sequence[Path]) -> tuple[HalfSource, ...]:
    """For each part the largest picture up to 720 lines, else the smallest above."""
    sizes: dict[int, list[tuple[int, Path]]] = {}
    for video in videos:
        if match := _NUMBERED.match(video.name):
            sizes.setdefault(int(match.group(1)), []).append((int(match.group(2) or 1080), video))
    return tuple(HalfSource(number, _preferred(sizes[number])) for number in sorted(sizes))


def _preferred(sizes: Sequence[tuple[int, Path]]) -> Path:
    fitting = [size for size in sizes if size[0] <= _PREFERRED_HEIGHT]
    return max(fitting)[1] if fitting else min(sizes)[1]


def _extra_time(videos: Sequence[Path]) -> tuple[tuple[HalfSource, ...], Sequence[Path], tuple[Path, ...]]:
    """The parts of extra time by the names of their videos, all other videos, and those that are not one for each half
    of it by their names.

    Names count beside videos of the halves before it, and where no video has another name. A lone one that does not say
    which half of it holds the first, or both.
    """
    marks = extra_halves(videos)
    others = [video for video in videos if video not in marks]
    numbers = {video: int(name.group(1)) for video in others if (name := _NUMBERED.match(video.name))}
    alone = len(others) == 1 and is_first_half(others[0], videos)  # beside another name "ET1" may be anything
    if not marks or not (numbers or alone or len(others) in (0, REGULAR_HALVES)):
        return (), videos, ()
    beyond = [video for video, number in numbers.items() if number > REGULAR_HALVES]
    halves: dict[int, list[Path]] = {}
    for video, half in marks.items():
        halves.setdefault(1 if len(marks) == 1 and not half.known else half.value, []).append(video)
    if beyond or ExtraHalf.NOT_WHICH.value in halves or not all(map(_are_sizes, halves.values())):
        return (), videos, tuple(sorted((*marks, *beyond))) if others else ()
    sizes = {REGULAR_HALVES + half: [(_lines(video), video) for video in same] for half, same in halves.items()}
    return tuple(HalfSource(number, _preferred(sizes[number])) for number in sorted(sizes)), others, ()


def _are_sizes(videos: Sequence[Path]) -> bool:
    """Whether videos are one, in several sizes of its picture: ``ET1_360p`` and ``ET1_720p``."""
    stems = {_SIZE.sub("", video.stem) for video in videos}
    sized = all(_SIZE.search(video.stem) for video in videos) and len(set(map(_lines, videos))) == len(videos)
    return len(videos) == 1 or (len(stems) == 1 and sized)


def _lines(video: Path) -> int:
    """Lines of a video's picture as its name says, 1080 where it does not."""
    size = _SIZE.search(video.stem)
    return int(size.group(1) or 1080) if size else 1080


def _parts_in_order(videos: Sequence[Path]) -> tuple[HalfSource, ...]:
    return tuple(HalfSource(number, video) for number, video in enumerate(sorted(videos, key=_reading_order), start=1))


def _reading_order(video: Path) -> tuple[list[tuple[int, str]], str]:
    """Names as people order them: the tenth dive after the second."""
    pieces = _DIGITS.split(video.name)
    return [(int(piece), "") if i % 2 else (-1, piece) for i, piece in enumerate(pieces)], video.name


def read_fixture(folder: Path) -> Fixture:
    """Teams, score and date from ``Labels-v2.json`` where it says them, else from SoccerNet's folder name."""
    named = _GAME_NAME.match(folder.name)
    league = _league(folder.parent.parent.name) if named else None
    labels = folder / "Labels-v2.json"
    fields: dict[str, object] = {}
    if labels.is_file():
        try:
            content = read_json(labels)
            fields = content if isinstance(content, dict) else {}
        except TouchlineError:  # a broken label file is reported when it is used, not when the match is opened
            fields = {}
    home, away = fields.get("gameHomeTeam"), fields.get("gameAwayTeam")
    if isinstance(home, str) and isinstance(away, str):
        score, date = fields.get("gameScore"), fields.get("gameDate")
        place = str(fields.get("UrlLocal") or "").split("/")
        league = league or (_league(place[0]) if len(place) > 2 else None)
        return Fixture(f"{home} v {away}", home, away, _text(score), _text(date), league)
    if named:
        date, _, home_name, home_goals, away_goals, away_name = named.groups()
        score = f"{home_goals} - {away_goals}"
        return Fixture(f"{home_name} v {away_name}", home_name, away_name, score, date, league)
    return Fixture(printable(folder.name))


def _league(folder: str) -> str:
    return folder.replace("_", " ").title()


def _text(value: object) -> str | None:
    return str(value) if value else None
