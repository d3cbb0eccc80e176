"""Folders and zips whose files are of several formats, name one match twice, or are packed."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.evaluation.collect import Record
from spotting_core.evaluation.other_formats import LABELS, in_soccernet_form
from spotting_core.formats import recognition, registry
from spotting_core.formats.registry import FORMATS
from tests.app.commands import touchline

CSV = b"half,time,label\n1,12.5,Goal\n2,30,Foul\n"


def osl(game: str, half: int = 1, label: str = "Goal") -> bytes:
    events = [{"head": "action", "label": label, "position_ms": 5000}]
    sample = {"id": game, "inputs": [{"type": "video", "path": f"{game}/{half}_720p.mkv"}], "events": events}
    return json.dumps({"version": "2.0", "data": [sample]}).encode()


def predictions(*videos: str, label: str = "Goal") -> bytes:
    event = {"frame": 50, "label": label, "score": 0.9}
    return json.dumps([{"video": video, "fps": 25.0, "events": [event]} for video in videos]).encode()


def put(root: Path, files: Mapping[str, bytes], packed: bool) -> Path:
    """Files in a folder, or in a zip."""
    if packed:
        with zipfile.ZipFile(root / "all.zip", "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return root / "all.zip"
    for name, content in files.items():
        (root / "all" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "all" / name).write_bytes(content)
    return root / "all"


def read(path: Path, form: str | None = None) -> dict[str, list[tuple[int, float, str]]]:
    documents = registry.read(path, FORMATS[form] if form else None)
    found: dict[str, list[tuple[int, float, str]]] = {}
    for document in documents:
        assert document.game not in found
        found[document.game] = [(s.half, s.seconds, s.label) for s in document.spots]
    return found


either = pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])


@either
def test_files_of_several_formats_are_told_apart_by_name(tmp_path: Path, packed: bool) -> None:
    path = put(tmp_path, {"a.csv": CSV, "b/c.json": osl("c"), "d.json": predictions("d/1"), "e.csv": CSV}, packed)
    with pytest.raises(recognition.MixedFormatsError) as problem:
        recognition.guess_source(path, FORMATS)
    words = str(problem.value)
    assert "CSV: a.csv, e.csv; OSL JSON: b/c.json; E2E-Spot JSON: d.json" in words
    assert "--from csv or --from osl or --from e2e-spot" in words
    assert read(path, "osl") == {"c": [(1, 5.0, "Goal")]}
    assert read(path, "e2e-spot") == {"d": [(1, 2.0, "Goal")]}
    assert list(read(path, "csv")) == ["a", "e"]


@either
def test_what_is_not_read_beside_is_counted(tmp_path: Path, packed: bool) -> None:
    path = put(tmp_path, {"a.csv": CSV, "c.json": osl("c"), "notes.json": b'{"by": "Ann"}', "a.mp4": b"0"}, packed)
    result = touchline("convert", path, tmp_path / "out.zip", "--from", "csv", "--to", "labels-v2")
    assert result.returncode == 0, result.stderr
    assert "Left out: 1 × file of OSL JSON, read with --from osl (c.json)." in result.stderr
    assert "Left out: 1 × file of no format that is recognised (notes.json)." in result.stderr
    assert "a.mp4" not in result.stderr


@either
def test_of_very_many_files_those_are_left_out_that_are_not_read(tmp_path: Path, packed: bool) -> None:
    path = put(tmp_path, {f"{number}.json": osl(str(number)) for number in range(1, 204)}, packed)
    assert recognition.set_aside(path, FORMATS["osl"], FORMATS) == {}
    left = {why.split(" (")[0]: number for why, number in recognition.set_aside(path, FORMATS["csv"], FORMATS).items()}
    assert left == {
        "file of OSL JSON, read with --from osl": 200,
        "file among many whose format was not looked at": 3,
    }


@either
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("chapters.vtt", b"WEBVTT\n\n00:10.000 --> 00:12.000\nGoal\n"),
        ("Labels-v2.json", b'{"annotations": [{"gameTime": "1 - 00:10", "label": "Goal"}]}'),
    ],
)
def test_files_of_other_names_beside_the_one_that_is_read_are_counted(
    name: str, content: bytes, tmp_path: Path, packed: bool
) -> None:
    other = f"more{Path(name).suffix}"
    path = put(tmp_path, {name: content, other: content}, packed)
    form = recognition.guess_source(path, FORMATS)
    assert len(list(registry.read(path))) == 1
    assert recognition.set_aside(path, form, FORMATS) == {
        f"file of {form.title} beside those that are read, called {name} ({other})": 1
    }


@either
def test_where_nothing_lies_it_says_so(tmp_path: Path, packed: bool) -> None:
    path = put(tmp_path, {}, packed)
    if not packed:
        path.mkdir()
    with pytest.raises(BadInputError, match=r"nothing lies here\. Give a file, or a folder or zip that holds some"):
        recognition.guess_source(path, FORMATS)


def test_evaluation_tells_files_of_several_formats(tmp_path: Path) -> None:
    path = put(tmp_path, {"a.csv": CSV, "c.json": osl("c")}, True)
    with (
        pytest.raises(BadInputError, match="files of several formats lie here"),
        in_soccernet_form(path, LABELS, Record()),
    ):
        pass


@either
def test_one_match_in_two_files_is_refused_with_both(tmp_path: Path, packed: bool) -> None:
    path = put(tmp_path, {"a.json": osl("game"), "b.json": osl("other"), "c.json": osl("game")}, packed)
    with pytest.raises(BadInputError) as problem:
        read(path)
    words = str(problem.value)
    assert "a.json" in words
    assert "c.json" in words
    assert "both hold the match 'game'" in words
    result = touchline("convert", path, tmp_path / "out.osl.json")
    assert result.returncode == 2
    assert not (tmp_path / "out.osl.json").exists()


@either
def test_halves_of_one_match_in_files_that_follow_are_one(tmp_path: Path, packed: bool) -> None:
    files = {"a1.json": osl("game"), "a2.json": osl("game", 2, "Foul"), "b.json": osl("other")}
    path = put(tmp_path, files, packed)
    assert read(path) == {"game": [(1, 5.0, "Goal"), (2, 5.0, "Foul")], "other": [(1, 5.0, "Goal")]}
    [joined, _] = registry.read(path)
    assert any("a1.json" in n and "a2.json" in n and "read as one" in n for n in joined.notes)


def test_halves_of_one_match_with_another_file_between_are_refused(tmp_path: Path) -> None:
    path = put(tmp_path, {"a.json": osl("game"), "b.json": osl("other"), "c.json": osl("game", 2)}, False)
    with pytest.raises(BadInputError, match="both hold the match 'game'"):
        read(path)


def test_a_half_twice_in_one_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pred-test.json"
    path.write_bytes(predictions("a/1", "b/1", "a/1"))
    with pytest.raises(BadInputError, match="the match 'a' occurs twice"):
        read(path)
    path.write_bytes(predictions("a/1", "b/1", "a/2"))  # would be taken for two matches
    with pytest.raises(BadInputError, match="the match 'a' occurs twice"):
        read(path)
    path.write_bytes(predictions("a/1", "a/2", "b/1"))
    assert [d.game for d in registry.read(path)] == ["a", "b"]


@either
@pytest.mark.parametrize("others", [{}, {"more.recall.json.gz": gzip.compress(predictions("c/1"))}])
def test_packed_files_inside_are_read_as_by_themselves(tmp_path: Path, packed: bool, others: dict[str, bytes]) -> None:
    files = {"epoch.recall.json.gz": gzip.compress(predictions("a/1", "a/2")), **others}
    found = read(put(tmp_path, files, packed))
    assert found.pop("a") == [(1, 2.0, "Goal"), (2, 2.0, "Goal")]
    assert list(found) == (["c"] if others else [])


def test_what_a_training_run_leaves_is_told_apart(tmp_path: Path) -> None:
    scores = gzip.compress(json.dumps({"a/1": [[0.1, 0.9]]}).encode())
    files = {
        "pred-test.3.json": predictions("a/1"),
        "pred-test.3.recall.json.gz": gzip.compress(predictions("a/1")),
        "pred-test.3.score.json.gz": scores,
        "config.json": b'{"num_classes": 1}',
    }
    path = put(tmp_path, files, False)
    with pytest.raises(recognition.MixedFormatsError, match=r"E2E-Spot scores: pred-test\.3\.score\.json\.gz"):
        recognition.guess_source(path, FORMATS)
    with pytest.raises(BadInputError, match="both hold the match 'a'"):
        read(path, "e2e-spot")


@either
def test_a_damaged_gzip_inside_is_named(tmp_path: Path, packed: bool) -> None:
    content = gzip.compress(predictions("a/1"))[:-9]
    path = put(tmp_path, {"a.recall.json.gz": content, "b.json": predictions("b/1")}, packed)
    with pytest.raises(BadInputError, match=r"a\.recall\.json\.gz"):
        read(path, "e2e-spot")


@pytest.mark.parametrize("form", ["csv", "osl", "e2e-spot"])
def test_a_format_of_many_matches_is_not_written_under_the_name_of_a_zip(form: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(CSV)
    done = touchline("convert", tmp_path / "a.csv", tmp_path / "out.zip", "--to", form)
    assert done.returncode == 2
    assert "has all matches in one file, and this would be a zip. Name a file *." in " ".join(done.stderr.split())
    assert not (tmp_path / "out.zip").exists()
    assert touchline("convert", tmp_path / "a.csv", tmp_path / "out.zip", "--to", "labels-v2").returncode == 0
    assert zipfile.is_zipfile(tmp_path / "out.zip")
