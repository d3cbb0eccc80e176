"""A data set as a folder of splits, which ``touchline train`` reads: train, val and test, by the roles of its minutes.

A match of a split is a folder with links to its videos and to what lies beside them, the labels that lie in its
stretches of that role (``Labels-v2.json``), and these stretches (``Watched.json``).
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, TouchlineError, cannot_write
from spotting_core.data_sets.data_set import DataSet, DataSetMatch
from spotting_core.data_sets.roles import ROLES, check_roles, stretches_of
from spotting_core.domain.stretches import Stretch
from spotting_core.formats.labels_v2 import FILE_NAME as LABELS_FILE
from spotting_core.formats.labels_v2 import write_labels
from spotting_core.formats.watched import FILE_NAME as WATCHED_FILE
from spotting_core.formats.watched import write_watched
from spotting_core.media.source import MatchSource, open_match
from spotting_core.samples.labelled import all_games
from spotting_core.store.database import Database
from spotting_core.store.tables import MatchRow

_NO_NAME = re.compile(r'[\\/:*?"<>|\x00-\x1f]+')
_LONGEST = 80  # characters of a folder's name


@dataclass(frozen=True)
class Written:
    """What a split of a folder holds."""

    split: str
    matches: int
    minutes: float
    spots: int


def write_folder(
    data_set: DataSet,
    folder: Path,
    database: Database,
    data: DataDirectory,
    *,
    beside: Path | None = None,
    copied: bool = False,
) -> list[Written]:
    """Write a data set as a folder of splits.

    Arguments:
        folder: new or empty.
        beside: folder of splits whose matches are taken into the splits of the same names.
        copied: whether files are copied, for a folder that is to be carried elsewhere; they are linked otherwise.

    Errors:
        BadInputError: matches that are gone or have changed, too little in it, or a folder that cannot be written.
    """
    sources = located(data_set, database, data)
    splits = _splits_of(beside) if beside is not None else {}
    check_roles(data_set, [role for role in ROLES if role not in splits])
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInputError("something lies there already", where=folder, fix="Name a new folder")
    written = []
    try:
        for role in ROLES:
            for game in splits.get(role, ()):
                _place_files(game, folder / role / game.relative_to((beside or game) / role), copied)
            own = stretches_of(data_set, role)
            parts = [
                _write_match(match, source, stretches, folder / role / _name_of(match), copied)
                for match, source, stretches in zip(data_set.matches, sources, own, strict=True)
                if stretches
            ]
            minutes = sum(one.seconds for stretches in own for one in stretches) / 60
            written.append(Written(role, len(parts), round(minutes, 1), sum(parts)))
    except OSError as error:
        raise cannot_write(error, folder) from error
    return written


def located(data_set: DataSet, database: Database, data: DataDirectory) -> list[MatchSource]:
    """The matches of a data set as they lie now: where they lay, else where the library knows the same content.

    Errors:
        BadInputError: one is gone or has changed; says how many are.
    """
    with database.reading() as session:
        rows = session.execute(select(MatchRow.source_hash, MatchRow.path)).all()
    elsewhere: dict[str, list[Path]] = {}
    for source_hash, path in rows:
        elsewhere.setdefault(source_hash or "", []).append(Path(path))
    sources, missing = [], []
    for match in data_set.matches:
        places = [Path(match.path), *elsewhere.get(match.source_hash, ())]
        source = next((s for place in places if (s := _same_match(place, match, data)) is not None), None)
        if source is None:
            missing.append(match)
        else:
            sources.append(source)
    if missing:
        first = missing[0]
        more = f", and {len(missing) - 1} more of the data set" if len(missing) > 1 else ""
        state = "has changed since it was frozen" if Path(first.path).exists() else "is gone"
        raise BadInputError(
            f"{first.title} {state}{more}",
            where=first.path,
            fix="Put the videos back, or add the match in the app where it lies now",
        )
    return sources


def _same_match(place: Path, match: DataSetMatch, data: DataDirectory) -> MatchSource | None:
    try:
        source = open_match(place)
        return source if source.content_hash(data) == match.source_hash else None
    except (TouchlineError, OSError):
        return None


def _splits_of(root: Path) -> Mapping[str, list[Path]]:
    """The matches of a folder's splits that have roles.

    Errors:
        BadInputError: it has none of them.
    """
    splits = {role: all_games(root / role) for role in ROLES if (root / role).is_dir()}
    if not splits:
        raise BadInputError("no split lies here", where=root, fix=f"Its folders are {', '.join(ROLES)}")
    return splits


def _write_match(match: DataSetMatch, source: MatchSource, stretches: list[Stretch], folder: Path, copied: bool) -> int:
    """Write what of a match has a role; returns how many spots that are."""
    if source.path.is_dir():
        _place_files(source.path, folder, copied, _names_of(source))
    else:
        folder.mkdir(parents=True)
        _place(source.path, folder / f"1_{source.path.name}", copied)
    last = {int(half): length - 1 for half, length in match.lengths.items()}
    spots = [
        spot.spot
        for spot in match.spots
        if any(one.covers(spot.half, min(spot.time, last[spot.half])) for one in stretches)
    ]
    fixture = source.fixture
    header = {"gameHomeTeam": fixture.home, "gameAwayTeam": fixture.away, "gameScore": fixture.score}
    write_labels(folder / LABELS_FILE, spots, {k: v for k, v in header.items() if v is not None})
    write_watched(folder, stretches)
    return len(spots)


def _names_of(source: MatchSource) -> dict[str, str]:
    """Names of a match's videos in a folder of a split, where each says which part it is of."""
    if all(half.half in source.named for half in source.halves):
        return {}
    return {half.path.name: f"{half.half}_{half.path.name}" for half in source.halves}


def _place_files(place: Path, folder: Path, copied: bool, names: Mapping[str, str] | None = None) -> None:
    """Put the files of a match's folder into another one; what it says of labels stays out where it gets its own.

    Arguments:
        names: other names that some get; not given where the folder is taken as it is.
    """
    own = (LABELS_FILE, WATCHED_FILE) if names is not None else ()
    folder.mkdir(parents=True, exist_ok=True)
    for path in _files(place):
        if path.name not in own:
            _place(path, folder / (names or {}).get(path.name, path.name), copied)


def _files(place: Path) -> Iterable[Path]:
    return (path for path in sorted(place.iterdir()) if path.is_file() and not path.name.startswith("."))


def _place(path: Path, target: Path, copied: bool) -> None:
    if copied:
        shutil.copy2(path, target)
    else:
        target.symlink_to(path.resolve())


def _name_of(match: DataSetMatch) -> str:
    """Name of a match's folder, of which no other match of a data set has one."""
    return f"{_NO_NAME.sub(' ', match.title).strip(' .')[:_LONGEST]} {match.source_hash[:8]}".strip()
