"""What a SOURCE is: a single video, a folder of halves, or a SoccerNet game folder.

match.mp4                                       one half
my_match/first.mp4  my_match/second.mp4         two halves, in the order of their names
<date - time Home h - a Away>/1_720p.mkv 2_720p.mkv Labels-v2.json …   SoccerNet's layout
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, TouchlineError, printable
from spotting_core.base.files import read_json
from spotting_core.media.fingerprint import joint_hash, kept_hash

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
MAX_HALVES = 2

_HALF_NAME = re.compile(r"^([12])_(?:(\d+)p|(HQ))\.\w+$")
_GAME_NAME = re.compile(r"^(\d{4}-\d{2}-\d{2}) - (\d{2}-\d{2}) (.+?) (\d+) - (\d+) (.+)$")
_PREFERRED_HEIGHT = 720


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
    """One half and its video file."""

    half: int
    path: Path


@dataclass(frozen=True)
class MatchSource:
    """A match as found on disk.

    Arguments:
        path: what the user named (a file or a folder).
        halves: in order; a single file is half 1.
        fixture: names and score where known.
        warnings: what a user should know about how the files were understood.
    """

    path: Path
    halves: tuple[HalfSource, ...]
    fixture: Fixture
    warnings: tuple[str, ...] = field(default=())

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
        """One hash of the content of all halves, in order; see ``kept_hash``."""
        return joint_hash(kept_hash(h.path, data) for h in self.halves)


def is_rendered(folder: Path) -> bool:
    """Whether a match folder says that it was rendered (``meta.json`` with the engine's settings)."""
    try:
        content = read_json(folder / "meta.json")
    except TouchlineError:
        return False
    return isinstance(content, dict) and "engine" in content


def open_match(path: Path) -> MatchSource:
    """Understand a path as a match.

    Errors:
        BadInputError: nothing there, a folder without videos, or one with too many to tell the halves.
    """
    path = path.expanduser().absolute()
    if path.is_file():
        return MatchSource(path, (HalfSource(1, path),), Fixture(printable(path.stem)))
    if not path.is_dir():
        raise BadInputError("there is no such file or folder", where=path, fix="Check the path")
    try:
        videos = sorted(p for p in path.iterdir() if p.suffix.lower() in VIDEO_SUFFIXES and p.is_file())
    except OSError as error:
        raise BadInputError(f"this folder cannot be read ({error.strerror})", where=path) from error
    if not videos:
        raise BadInputError("this folder holds no video", where=path, fix="Give a video, or a folder with one per half")
    halves, warnings = (
        _soccernet_halves(videos) if any(_HALF_NAME.match(v.name) for v in videos) else _plain_halves(path, videos)
    )
    return MatchSource(path, halves, read_fixture(path), warnings)


def _soccernet_halves(videos: Sequence[Path]) -> tuple[tuple[HalfSource, ...], tuple[str, ...]]:
    """For each half the largest picture up to 720 lines, else the smallest above."""
    chosen: dict[int, Path] = {}
    for half in (1, 2):
        sizes = sorted((_lines(v), v) for v in videos if v.name.startswith(f"{half}_") and _HALF_NAME.match(v.name))
        fitting = [v for lines, v in sizes if lines <= _PREFERRED_HEIGHT]
        if sizes:
            chosen[half] = fitting[-1] if fitting else sizes[0][1]
    warnings = () if len(chosen) == 2 else (f"only half {next(iter(chosen))} has a video",)
    return tuple(HalfSource(half, path) for half, path in chosen.items()), warnings


def _lines(video: Path) -> int:
    found = _HALF_NAME.match(video.name)
    return int(found.group(2)) if found and found.group(2) else 1080


def _plain_halves(folder: Path, videos: Sequence[Path]) -> tuple[tuple[HalfSource, ...], tuple[str, ...]]:
    if len(videos) > MAX_HALVES:
        raise BadInputError(
            f"this folder holds {len(videos)} videos, a match has at most {MAX_HALVES}",
            where=folder,
            fix="Name one video, or move each match into a folder of its own",
        )
    warnings: tuple[str, ...] = ()
    if len(videos) == MAX_HALVES:
        warnings = (f"half 1 is {videos[0].name}, half 2 is {videos[1].name}, by the order of their names",)
    return tuple(HalfSource(i, v) for i, v in enumerate(videos, start=1)), warnings


def read_fixture(folder: Path) -> Fixture:
    """Teams, score and date from ``Labels-v2.json`` where it says them, else from SoccerNet's folder name."""
    named = _GAME_NAME.match(folder.name)
    league = _league(folder.parent.parent.name) if named else None
    labels = folder / "Labels-v2.json"
    told: dict[str, object] = {}
    if labels.is_file():
        try:
            content = read_json(labels)
            told = content if isinstance(content, dict) else {}
        except TouchlineError:  # a broken label file is reported when it is used, not when the match is opened
            told = {}
    home, away = told.get("gameHomeTeam"), told.get("gameAwayTeam")
    if isinstance(home, str) and isinstance(away, str):
        score, date = told.get("gameScore"), told.get("gameDate")
        place = str(told.get("UrlLocal") or "").split("/")
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
