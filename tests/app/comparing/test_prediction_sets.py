"""Files of other systems, brought in to be compared."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from app.comparing.prediction_sets import ImportedSet, PredictionSets, columns_of, spots_of
from app.library.library import Library, Match
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.evaluation.other_formats import LABELS, PREDICTIONS
from spotting_core.formats import registry
from spotting_core.formats.document import Document, HalfInfo
from spotting_core.formats.registry import FORMATS
from tests.videos import make_video, steady

NAMES = load_classes().names
SPOTS = [Spot(1, 2_000_000, "Goal", 0.75), Spot(1, 5_000_000, "Foul", 0.5)]
WRITERS = [f.name for f in registry.spot_writers()]
SURE = ("sportscode", "csv", "otio", "osl", "e2e-spot")


@pytest.fixture
def sets(data: DataDirectory) -> PredictionSets:
    return PredictionSets(data)


@pytest.fixture
def match(tmp_path: Path, library: Library) -> Match:
    make_video(tmp_path / "mine.mp4", steady(30))
    return library.add("mine.mp4")


def written(folder: Path, name: str, documents: list[Document]) -> tuple[str, bytes]:
    """Name and content of a file of some matches."""
    path = folder / f"given{FORMATS[name].suffix}"
    registry.write(path, documents, FORMATS[name])
    return path.name, path.read_bytes()


def document(game: str = "mine", *, sure: bool = True) -> Document:
    halves = {1: HalfInfo(25.0, frames=25 * 60, duration=60_000_000)}
    return Document.of([s if sure else Spot(s.half, s.time, s.label) for s in SPOTS], game, halves)


def held(one: ImportedSet, match: Match) -> list[tuple[int, int, str]] | None:
    found = spots_of(one, match, NAMES)
    return None if found is None else [(s.half, s.time // 1000, s.label) for s in found]


@pytest.mark.parametrize("name", [n for n in WRITERS if n not in ("labels-v1", "results-spotting")])
def test_labels_are_taken_in_every_format_that_is_read(
    name: str, sets: PredictionSets, match: Match, tmp_path: Path
) -> None:
    file, content = written(tmp_path, name, [document(sure=False)])
    one, _ = sets.add("Truth", file, content, LABELS, NAMES, match)
    assert held(one, match) == [(1, 2000, "Goal"), (1, 5000, "Foul")]
    assert (one.games, one.match) == (1, match.id)


@pytest.mark.parametrize("name", SURE)
def test_predictions_are_taken_in_every_format_that_has_confidences(
    name: str, sets: PredictionSets, match: Match, tmp_path: Path
) -> None:
    file, content = written(tmp_path, name, [document()])
    one, _ = sets.add("Other", file, content, PREDICTIONS, NAMES, match)
    assert held(one, match) == [(1, 2000, "Goal"), (1, 5000, "Foul")]
    columns = columns_of(one, match, NAMES)
    assert columns is not None
    assert columns.score.tolist() == [0.75, 0.5]


def test_a_file_of_several_matches_is_found_by_their_names(sets: PredictionSets, match: Match, tmp_path: Path) -> None:
    file, content = written(tmp_path, "csv", [document("other"), document("mine")])
    one, _ = sets.add("Other", file, content, PREDICTIONS, NAMES, match)
    assert (one.games, one.match) == (2, None)
    assert held(one, match) == [(1, 2000, "Goal"), (1, 5000, "Foul")]


def test_a_zip_of_files_of_another_format_is_taken(sets: PredictionSets, match: Match) -> None:
    chapters = b"WEBVTT\n\n00:02.000 --> 00:03.000\nGoal\n"
    zipped = packed({"mine/chapters.vtt": chapters, "other/chapters.vtt": chapters})
    one, _ = sets.add("Truth", "t.zip", zipped, LABELS, NAMES)
    assert (one.games, held(one, match)) == (2, [(1, 2000, "Goal")])


def packed(files: Mapping[str, bytes]) -> bytes:
    """A zip of files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize("form", ["csv", "osl", "e2e-spot"])
@pytest.mark.parametrize("folders", [False, True])
def test_a_zip_of_files_of_many_matches_is_taken(
    form: str, folders: bool, sets: PredictionSets, match: Match, tmp_path: Path
) -> None:
    """Tables written here do not name their matches: their folders do, or their own names."""
    files = {}
    for game in ("mine", "other"):
        name, content = written(tmp_path, form, [document(game)])
        files[f"{game}/{name}" if folders else f"{game}{FORMATS[form].suffix}"] = content
    one, _ = sets.add("Other", "o.zip", packed({**files, "README.txt": b"read me"}), PREDICTIONS, NAMES, match)
    assert (one.games, one.match, held(one, match)) == (2, None, [(1, 2000, "Goal"), (1, 5000, "Foul")])


def test_files_of_one_match_each_in_one_folder_are_called_by_their_names(sets: PredictionSets, match: Match) -> None:
    chapters = b"WEBVTT\n\n00:02.000 --> 00:03.000\nGoal\n"
    one, _ = sets.add("Truth", "t.zip", packed({"mine.vtt": chapters, "other.vtt": chapters}), LABELS, NAMES, match)
    assert (one.games, one.match, held(one, match)) == (2, None, [(1, 2000, "Goal")])


@pytest.mark.parametrize("kind", [PREDICTIONS, LABELS])
def test_a_zip_in_a_zip_gets_advice(kind: str, sets: PredictionSets, match: Match) -> None:
    table = packed({"a.csv": b"half,time,label,confidence\n1,2,Goal,.5\n"})
    for files in ({"in.zip": table}, {"in.zip": table, "more/in.zip": table, "README.txt": b"read me"}):
        with pytest.raises(BadInputError, match=r"packed files lie here \(in.zip") as refused:
            sets.add("Other", "o.zip", packed(files), kind, NAMES, match)
        assert "Unpack them" in str(refused.value.fix)


def test_a_single_file_that_names_another_match_is_told(sets: PredictionSets, match: Match, tmp_path: Path) -> None:
    told = "the file calls its match 'other'; it is taken for 'mine.mp4'"
    for game, notes in (("other", [told]), ("league/season/other", [told]), ("mine", []), ("l/mine.mp4", []), ("", [])):
        table = f"game,half,seconds,label,confidence\n{game},1,2,Goal,.5\n".encode()
        files = [written(tmp_path, n, [document(game)]) for n in ("results-spotting", "osl", "e2e-spot") if game]
        for file, content in (("a.csv", table), *files):
            _, record = sets.add("Other", file, content, PREDICTIONS, NAMES, match)
            assert [left.why for left in record.skipped] == notes, (file, game)
        file, content = written(tmp_path, "labels-v2", [document(game)])
        _, record = sets.add("Truth", file, content, LABELS, NAMES, match)
        assert [left.why for left in record.skipped] == notes


def test_spots_without_a_confidence_are_no_predictions(sets: PredictionSets, match: Match) -> None:
    content = b"half,time,label,confidence\n1,2,Goal,0.5\n1,3,Foul,\n"
    with pytest.raises(BadInputError, match="1 of 2 spots without a confidence, read as CSV") as refused:
        sets.add("Other", "o.csv", content, PREDICTIONS, NAMES, match)
    assert str(refused.value.where) == "o.csv"
    assert not sets.all()


def test_what_of_another_format_was_left_out_or_taken_otherwise_is_recorded(sets: PredictionSets, match: Match) -> None:
    content = "half,time,label\n1,2,Goal\n1,3,Köpfball\n".encode("cp1252")
    _, record = sets.add("Truth", "t.csv", content, LABELS, NAMES, match)
    reasons = [left.why for left in record.skipped]
    assert "t.csv: its text is read as Windows-1252" in reasons
    assert any("Köpfball" in why for why in reasons)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [("a.csv", b"half,time,label,confidence\n1,2,Goal,93\n", "93"), ("a.txt", b"what", "cannot be told"),
     ("a.csv", b"half,time,label,confidence\n1,2,Goal,nan\n", "not a number")],
)  # fmt: skip
def test_numbers_that_are_none_and_files_of_no_format_are_refused_by_the_name_they_came_with(
    name: str, content: bytes, why: str, sets: PredictionSets, match: Match
) -> None:
    with pytest.raises(BadInputError, match=why) as refused:
        sets.add("Other", name, content, PREDICTIONS, NAMES, match)
    assert str(refused.value.where).startswith(name)
    assert not sets.all()
