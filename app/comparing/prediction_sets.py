"""Predictions and labels of other systems, brought in as files.

data directory / imports / <id> /
    spots.json or spots.zip     results_spotting or Labels-v2, or a zip of games' files, as it came; a file in another
                                format is kept as one of these
    set.json                    written last: name, kind, and the match a single file belongs to

A zip's games are found again by the name of their folder.
"""

from __future__ import annotations

import re
import shutil
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePath

from app.library.library import Match
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, NewerFormatError, TouchlineError, cannot_write
from spotting_core.base.files import read_json, write_json
from spotting_core.domain.class_names import check_some_known
from spotting_core.domain.spots import Spot
from spotting_core.evaluation.collect import GameTree, Record, open_games
from spotting_core.evaluation.games import SpotColumns
from spotting_core.evaluation.other_formats import LABELS, PREDICTIONS, convert_to_soccernet, other_format
from spotting_core.evaluation.spot_files import (
    LABEL_FILES,
    PREDICTION_FILES,
    label_columns,
    match_name,
    prediction_columns,
)
from spotting_core.formats.document import other_match

FORMAT = 1
_RECORD = "set.json"
_NO_ENDING = re.compile(r"[^a-z0-9._-]")
_LONGEST_ENDING = 60


@dataclass(frozen=True)
class ImportedSet:
    """One imported file.

    Arguments:
        kind: predictions or labels.
        match: id of the match that a single file belongs to; None for a zip, whose folders say it.
        games: how many games it holds.
    """

    id: str
    name: str
    kind: str
    match: str | None
    games: int
    file: Path


class PredictionSets:
    """The imported files of a data directory."""

    def __init__(self, data: DataDirectory) -> None:
        self._root = data.root / "imports"

    def all(self, kind: str | None = None) -> list[ImportedSet]:
        """Every readable set, by name."""
        sets = []
        for path in self._root.glob(f"*/{_RECORD}"):
            try:
                one = _read(path)
            except (TouchlineError, KeyError, TypeError):
                continue
            if kind in (None, one.kind):
                sets.append(one)
        return sorted(sets, key=lambda s: s.name.lower())

    def get(self, set_id: str) -> ImportedSet | None:
        return next((s for s in self.all() if s.id == set_id), None)

    def add(
        self, name: str, file_name: str, content: bytes, kind: str, classes: Sequence[str], match: Match | None = None
    ) -> tuple[ImportedSet, Record]:
        """Bring in a file; it is read through first, and the record says what of it will not count.

        Errors:
            BadInputError: no name, a single file without a match, or a file that cannot be read.
        """
        if not name.strip():
            raise BadInputError("a set needs a name", fix="Name the system that made it")
        set_id = uuid.uuid4().hex[:12]
        folder = self._root / f".{set_id}.part"
        record = Record()
        try:
            file = _stored(folder, file_name, content, kind, record, match is not None)
            games = _checked(file, kind, classes, file_name, record)
            alone = file.suffix == ".json" or record.counted == [""]  # without a folder that names its game
            if alone and match is None:
                raise BadInputError(
                    "one file without a folder does not say which match it is of",
                    where=file_name,
                    fix="Choose its match, or give a zip of game folders",
                )
            own = match.id if match is not None and alone else None
            doubt = other_match(_called(file, kind), match.path.name) if match and alone else None
            if doubt:
                record.skip(file_name, doubt)
            made = ImportedSet(set_id, name.strip(), kind, own, games, self._root / set_id / file.name)
            write_json(folder / _RECORD, {"format": FORMAT, **asdict(made), "file": file.name})
            folder.replace(self._root / set_id)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return made, record

    def remove(self, one: ImportedSet) -> None:
        """Delete a set."""
        shutil.rmtree(one.file.parent)


def _read(path: Path) -> ImportedSet:
    content = read_json(path)
    if content["format"] > FORMAT:
        raise NewerFormatError(path, content["format"], FORMAT)
    return ImportedSet(
        content["id"],
        content["name"],
        content["kind"],
        content["match"],
        content["games"],
        path.parent / content["file"],
    )


def _stored(folder: Path, name: str, content: bytes, kind: str, record: Record, one_match: bool) -> Path:
    """The file in which a set's spots are kept, made of an upload in any format that is read.

    Arguments:
        record: is told what of another format was left out and how it was read.
        one_match: whether the only match of a file needs no name.

    Errors:
        BadInputError: it cannot be read or written; names the file as the user knows it.
    """
    zipped = content[:2] == b"PK"
    ending = "".join(PurePath(name.lower()).suffixes[-3:])
    upload = folder / "upload" / f"spots{_NO_ENDING.sub('', ending)[-_LONGEST_ENDING:]}"
    file = folder / f"spots{'.zip' if zipped else '.json'}"
    try:
        upload.parent.mkdir(parents=True)
        upload.write_bytes(content)
        form = other_format(upload, kind)
        if form is None:
            upload.replace(file)
        else:
            notes = Record()
            file = convert_to_soccernet(upload, form, kind, folder / "spots", notes, named=zipped or not one_match)
            for left in notes.skipped:
                record.skip(left.game, left.why.replace(str(upload), name))
        shutil.rmtree(upload.parent)
    except OSError as error:
        raise cannot_write(error, folder) from error
    except BadInputError as error:
        where = str(error.where or "").replace(str(upload), name)
        raise BadInputError(error.what, where=where or name, fix=error.fix) from error
    return file


def _checked(file: Path, kind: str, classes: Sequence[str], shown_name: str, record: Record) -> int:
    """Read every game of a file once; how many there are.

    Errors:
        BadInputError: names the file as the user knows it.
    """
    spots = 0
    strangers: Counter[str] = Counter()
    try:
        with _open(file, kind) as tree:
            for game in tree.games:
                columns, unknown = _columns(tree, game, kind, classes, record)
                spots += len(columns)
                strangers.update(unknown)
                record.counted.append(game)
    except BadInputError as error:
        inside = str(error.where or "").replace(str(file), shown_name)
        raise BadInputError(error.what, where=inside or shown_name, fix=error.fix) from error
    if not spots:
        check_some_known(strangers, classes, "label" if kind == LABELS else "prediction", shown_name)
        raise BadInputError("no spot in it counts", where=shown_name, fix="Check the kind of file, and its halves")
    return len(record.counted)


def _open(file: Path, kind: str):  # type: ignore[no-untyped-def]
    return open_games(file, PREDICTION_FILES if kind == PREDICTIONS else LABEL_FILES)


def _called(file: Path, kind: str) -> str:
    """What a file of one game, in no folder, says that its match is called; nothing where it does not say."""
    with _open(file, kind) as tree:
        return match_name(tree.read(""), tree.where(""))


def _columns(
    tree: GameTree, game: str, kind: str, classes: Sequence[str], record: Record
) -> tuple[SpotColumns, Counter[str]]:
    content, where, name = tree.read(game), tree.where(game), game or "the file"
    if kind == LABELS:
        return label_columns(content, where, name, classes, record)
    return prediction_columns(content, where, name, classes, record)


# --- what a set says of a match -----------------------------------------------------------------------


def game_name(match: Match) -> str:
    """The name under which a match's folder would lie in a zip."""
    return match.path.name if match.path.is_dir() else match.path.stem


def columns_of(one: ImportedSet, match: Match, classes: Sequence[str]) -> SpotColumns | None:
    """The spots of a match in a set, or None where it has none of that match.

    Errors:
        BadInputError: the file cannot be read any more.
    """
    if one.match is not None and one.match != match.id:
        return None
    with _open(one.file, one.kind) as tree:
        for game in tree.games:
            if one.match is not None or game.rsplit("/", 1)[-1] == game_name(match):
                return _columns(tree, game, one.kind, classes, Record())[0]
    return None


def spots_of(one: ImportedSet, match: Match, classes: Sequence[str]) -> list[Spot] | None:
    """The same as spots, in order of half and time.

    Errors:
        BadInputError: the file cannot be read any more.
    """
    columns = columns_of(one, match, classes)
    if columns is None:
        return None
    rows = zip(
        columns.half.tolist(), columns.time.tolist(), columns.label.tolist(), columns.score.tolist(), strict=True
    )
    return sorted(Spot(h, t, classes[c], s, source=one.name) for h, t, c, s in rows)
