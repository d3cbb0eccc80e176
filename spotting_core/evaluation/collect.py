"""Which games there are to evaluate, from folders, zips or single files, and which are left out and why.

    <root>/<league>/<season>/<game>/Labels-v2.json

A folder that itself holds the file is one game, and so is a single file. The members of a zip are read one by
one and never unpacked to disk.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from spotting_core.base.archives import Archive, check_none_packed, inflated, is_zip, open_zip
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import parse_json

LARGEST_MEMBER = 28 << 20
"""Bytes that one game's file may have: scores of every class at every half second of a match take 27 MB."""
LARGEST_SPLIT = 64 << 20
"""Bytes that a file of a whole split may have."""


@dataclass(frozen=True)
class Left:
    """Something that was not counted.

    Arguments:
        game: name of the game.
        why: one clause.
    """

    game: str
    why: str


@dataclass
class Record:
    """What was counted (names of games) and what was not."""

    counted: list[str] = field(default_factory=list)
    skipped: list[Left] = field(default_factory=list)

    def skip(self, game: str, why: str) -> None:
        self.skipped.append(Left(game, why))


@dataclass(frozen=True)
class GamePair:
    """The two files of one game, read; ``label_file`` and ``prediction_file`` name them in messages."""

    game: str
    labels: bytes
    predictions: bytes
    label_file: str
    prediction_file: str


class GameTree:
    """The files of one name, game by game, below a folder or in a zip; or one file.

    Arguments:
        games: path of each game below the root ('' for the root itself) to the member that holds its file.
    """

    def __init__(self, path: Path, games: dict[str, str], archive: Archive | None) -> None:
        self.path, self.games, self._archive = path, games, archive

    def where(self, game: str) -> str:
        """The file of a game, for messages."""
        member = self.games[game]
        return f"{self.path}/{member}" if member else str(self.path)

    def read(self, game: str) -> bytes:
        """Its content.

        Errors:
            BadInputError: cannot be read, or is too large to be a game's file.
        """
        member = self.games[game]
        if self._archive is not None:
            return self._archive.read_unpacked(member, LARGEST_MEMBER, self.where(game))
        content = read_whole(self.path / member if member else self.path, LARGEST_MEMBER)
        return inflated(content, LARGEST_MEMBER, self.where(game))


def read_whole(path: Path, largest: int) -> bytes:
    """A file's content; largest: bytes that it may have.

    Errors:
        BadInputError: it is larger, or cannot be read.
    """
    try:
        if path.stat().st_size > largest:
            what = f"this file is larger than {largest >> 20} MB, which none of its kind is"
            raise BadInputError(what, where=path, fix="Check that it is the file you mean")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise BadInputError("there is no such file or folder", where=path, fix="Check the path") from error
    except OSError as error:
        raise BadInputError(f"this file cannot be read ({error})", where=path) from error


@contextmanager
def open_games(path: Path, names: Sequence[str]) -> Iterator[GameTree]:
    """Find the games of a folder, a zip or a single file.

    Arguments:
        names: file names to look for, the first that occurs is taken; where none does and all JSON files have
            one name, that one.

    Errors:
        BadInputError: nothing there, a damaged zip, or no such file in it.
    """
    if not path.exists():
        raise BadInputError("there is no such file or folder", where=path, fix="Check the path")
    if path.is_dir():
        inside = sorted(p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file())
        yield GameTree(path, _by_game(path, inside, names), None)
    elif is_zip(path):
        with open_zip(path) as archive:
            yield GameTree(path, _by_game(path, archive.names, names), archive)
    else:
        yield GameTree(path, {"": ""}, None)


def _by_game(path: Path, members: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    files = [PurePosixPath(m) for m in members if m.lower().endswith(".json") and not m.startswith("__MACOSX")]
    present = {f.name.lower(): f.name for f in files}
    only = next(iter(present)) if len(present) == 1 else None
    chosen = next((n for n in map(str.lower, names) if n in present), only)
    if chosen is None:
        check_none_packed(members, path)
        present_files = f"it holds {', '.join(sorted(present.values())[:4])}" if present else "it holds no JSON file"
        raise BadInputError(f"there is no {names[0]} here", where=path, fix=f"Check the path: {present_files}")
    return {"" if str(f.parent) == "." else str(f.parent): str(f) for f in files if f.name.lower() == chosen}


def read_split(path: Path) -> list[str]:
    """Games of a split file: a JSON list, SoccerNet's JSON of league, season and games, or one a line.

    Errors:
        BadInputError: missing, empty, or of another form.
    """
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"this split file cannot be read ({error})", where=path) from error
    if text.lstrip().startswith(("{", "[")):
        listed = parse_json(content, path, "split file")
        try:
            games = list(_listed(listed, ()))
        except TypeError as error:
            raise BadInputError(f"this split file is not a list of games ({error})", where=path) from error
    else:
        games = [line.strip().strip("/") for line in text.splitlines() if line.strip()]
    if not games:
        raise BadInputError("this split file names no game", where=path)
    return games


def _listed(value: object, above: tuple[str, ...]) -> Iterator[str]:
    if isinstance(value, dict):
        for name, below in value.items():
            yield from _listed(below, (*above, name))
    elif isinstance(value, list):
        for entry in value:
            if not isinstance(entry, str):
                raise TypeError(f"{entry!r} is no name of a game")
            yield "/".join((*above, entry.strip("/")))
    else:
        raise TypeError(f"{value!r} is neither a list nor an object")


def pairs(labels: GameTree, predictions: GameTree, split: Sequence[str] | None, record: Record) -> Iterator[GamePair]:
    """The games that have both files, read one at a time; what is left out goes into ``record``.

    A folder in which all games of one side lie, and of the other not, makes no difference.

    Errors:
        BadInputError: no game has both, or a file cannot be read.
    """
    true, predicted = _aligned(labels.games, predictions.games)
    wanted = list(true) if split is None else list(dict.fromkeys(split))
    for game in wanted:
        name = game or labels.path.name
        if game not in true:
            record.skip(name, "it has no labels")
        elif game not in predicted:
            record.skip(name, "it has no predictions")
        else:
            record.counted.append(name)
            own, other = true[game], predicted[game]
            yield GamePair(name, labels.read(own), predictions.read(other), labels.where(own), predictions.where(other))
    if split is None:
        for game in predicted:
            if game not in true:
                record.skip(game or predictions.path.name, "it has predictions but no labels")
    if not record.counted:
        raise BadInputError(
            f"no game has both labels and predictions ({len(true)} with labels, {len(predicted)} with predictions)",
            where=predictions.path,
            fix="The folders of both must have the same names: league/season/game",
        )


def _aligned(labels: dict[str, str], predictions: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Common name of each game to its name on either side."""
    true, predicted = {g: g for g in labels}, {g: g for g in predictions}
    if set(true) & set(predicted):
        return true, predicted
    if len(true) == len(predicted) == 1:  # one game each: that is the same game, however its folders are called
        game = next(iter(true))
        return true, {game: next(iter(predicted))}
    bare_true, bare_predicted = _below_root(true), _below_root(predicted)
    for left, right in ((bare_true, predicted), (true, bare_predicted), (bare_true, bare_predicted)):
        if set(left) & set(right):
            return left, right
    return true, predicted


def _below_root(games: dict[str, str]) -> dict[str, str]:
    """Names without the folder that all have in common, if there is one."""
    roots = {g.split("/", 1)[0] for g in games}
    if len(roots) != 1 or any("/" not in g for g in games):
        return games
    return {g.split("/", 1)[1]: g for g in games}
