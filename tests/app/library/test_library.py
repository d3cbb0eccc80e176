"""The library: what may be added, what is found again, labels that are uploaded."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from app.library.library import Library
from app.settings import DEMO, Settings, configured_roots
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.domain.spots import Spot
from spotting_core.formats import registry
from spotting_core.formats.document import Document
from spotting_core.formats.labels_v2 import write_labels
from spotting_core.store.database import open_database
from tests.videos import make_video, steady


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "matches"
    folder.mkdir()
    make_video(folder / "mine.mp4", steady(60))
    return folder


@pytest.fixture
def library(data: DataDirectory, root: Path) -> Library:
    return Library(Settings(data, (root.resolve(),), b"x"), open_database(data))


def test_the_demo_is_there_from_the_start_with_its_analysis(library: Library) -> None:
    matches = library.matches()
    assert [m.path for m in matches] == [DEMO]
    assert matches[0].home == "Orrin City"
    assert len(library.analyses(matches[0])) == 1
    assert len(library.truth(matches[0])) == 41
    assert library.matches()[0].id == matches[0].id


def test_adding_by_path_relative_and_absolute(library: Library, root: Path) -> None:
    match = library.add("mine.mp4")
    assert match.path == root / "mine.mp4"
    assert library.add(str(root / "mine.mp4")).id == match.id
    assert match.duration == pytest.approx(2.4e6)
    assert match.source_hash
    library.remove(match)
    assert library.get(match.id) is None
    assert (root / "mine.mp4").is_file()


HOSTILE = ["", "  ", "..", "../secret.mp4", "/etc/passwd", "mine.mp4/../../secret.mp4", "a\x00b", "~root", "nothing.mp4", "//host/share", "\\\\host\\share", "x" * 5000, "link.mp4", "folder_link/secret.mp4"]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_outside_the_roots_is_added(library: Library, root: Path, tmp_path: Path, text: str) -> None:
    make_video(tmp_path / "secret.mp4", steady(10))
    (root / "link.mp4").symlink_to(tmp_path / "secret.mp4")
    (root / "folder_link").symlink_to(tmp_path)
    with pytest.raises(BadInputError, match="not below a library folder"):
        library.add(text)


def test_a_game_folder_whose_video_is_a_link_outside_is_refused(library: Library, root: Path, tmp_path: Path) -> None:
    secret = make_video(tmp_path / "secret.mp4", steady(10))
    (root / "game").mkdir()
    (root / "game" / "1_224p.mkv").symlink_to(secret)
    with pytest.raises(BadInputError, match="leads out of the library folders"):
        library.add("game")


@pytest.mark.parametrize("name", ["Labels-v2.json", "Labels-cameras.json", "meta.json", "1_calibration.json"])
def test_a_label_file_that_is_a_link_outside_is_read_neither_when_added_nor_later(
    library: Library, root: Path, tmp_path: Path, name: str
) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text('{"gameHomeTeam": "secret", "gameAwayTeam": "secret", "annotations": []}')
    (root / "game").mkdir()
    make_video(root / "game" / "1_224p.mkv", steady(10))
    match = library.add("game")
    (root / "game" / name).symlink_to(secret)
    with pytest.raises(BadInputError, match="leads out of the library folders"):
        library.truth(match)
    library.remove(match)
    with pytest.raises(BadInputError, match="leads out of the library folders"):
        library.add("game")


def test_a_match_whose_folder_has_become_a_link_outside_is_opened_no_more(
    library: Library, root: Path, tmp_path: Path
) -> None:
    (root / "game").mkdir()
    make_video(root / "game" / "1_224p.mkv", steady(10))
    match = library.add("game")
    (root / "game").rename(tmp_path / "elsewhere")
    (root / "game").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadInputError, match="below no library folder any more"):
        library.source(match)
    assert library.source(library.demo()).halves  # type: ignore[arg-type]  # the bundled match always is


@pytest.mark.parametrize("folder", ["/", "/etc", "/usr/share", "/proc", "/dev"])
def test_a_root_that_holds_everything_is_refused(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOUCHLINE_ROOTS", folder)
    with pytest.raises(BadInputError, match="this folder holds more than matches"):
        configured_roots()


def test_what_is_no_video_is_not_added(library: Library, root: Path) -> None:
    (root / "text.mp4").write_text("no video")
    with pytest.raises(BadInputError, match="not a video"):
        library.add("text.mp4")
    assert [m.path for m in library.matches()] == [DEMO]


def labels_file(folder: Path, *spots: Spot) -> bytes:
    path = folder / "labels.json"
    write_labels(path, spots)
    return path.read_bytes()


def test_uploaded_labels_are_the_truth(library: Library, tmp_path: Path) -> None:
    match = library.add("mine.mp4")
    assert library.truth(match) == []
    assert (
        library.upload_labels(
            match, "l.json", labels_file(tmp_path, Spot(1, 1_000_000, "Goal", team="home", visible=True))
        )
        == 1
    )
    assert library.truth(match) == [Spot(1, 1_000_000, "Goal", team="home", visible=True)]
    assert list((tmp_path / "data" / "uploads").iterdir()) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "not JSON"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b'{"annotations": [], "UrlLocal": "a", "version": 2}', "no spots are in it, read as SoccerNet Labels-v2"),
        (b'[{"video": "mine.mp4", "events": []}]', "no spots are in it, read as E2E-Spot JSON"),
        (json.dumps({"annotations": [{"gameTime": "1 - 00:01", "label": "Homerun"}]}).encode(), "not one of 1 labels is of a known class; they say 'Homerun'"),
        (json.dumps({"annotations": [{"gameTime": "1 - 40:00", "label": "Goal"}]}).encode(), "past the end of this match"),
        (json.dumps({"annotations": [{"gameTime": "2 - 00:01", "label": "Goal"}]}).encode(), "past the end of this match"),
    ],
)  # fmt: skip
def test_broken_uploads_say_so_and_change_nothing(library: Library, content: bytes, message: str) -> None:
    match = library.add("mine.mp4")
    with pytest.raises(BadInputError, match=message) as caught:
        library.upload_labels(match, "mine.json", content)
    assert "mine.json" in str(caught.value)
    assert library.truth(match) == []


def test_roots_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, root: Path) -> None:
    monkeypatch.setenv("TOUCHLINE_ROOTS", f"{root}:{tmp_path / 'nothing'}")
    assert configured_roots() == (root.resolve(),)


def test_labels_of_any_format_are_taken(library: Library, tmp_path: Path) -> None:
    match = library.add("mine.mp4")
    document = Document.of([Spot(1, 1_000_000, "Goal", 0.7), Spot(1, 2_000_000, "Foul")], "mine.mp4")
    other = Document.of([Spot(1, 0, "Corner")], "another.mp4")
    for form in registry.label_formats():
        if form.write is None or form.name == "labels-v1":
            continue
        path = tmp_path / f"labels{form.suffix}"
        registry.write(path, [other, document] if form.many else [document], form)
        assert library.upload_labels(match, path.name, path.read_bytes()) == 2, form.name
        assert [(s.time, s.label, s.confidence) for s in library.truth(match)] == [(1_000_000, "Goal", None), (2_000_000, "Foul", None)], form.name  # fmt: skip
    assert list((tmp_path / "data" / "uploads").iterdir()) == []


def test_notes_on_uploaded_labels_name_the_file_as_it_was_called(library: Library) -> None:
    source = library.source(library.add("mine.mp4"))
    table = "half;seconds;label;note\n1;1;Goal;M\u00fcller\n".encode("cp1252")
    assert library.read_labels(source, "l.csv", table).notes == ("l.csv: its text is read as Windows-1252",)


def test_of_a_zip_of_several_tables_the_one_of_the_match_is_taken(library: Library) -> None:
    source = library.source(library.add("mine.mp4"))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for game, label in (("mine", "Goal"), ("other", "Foul")):
            archive.writestr(f"{game}.csv", f"half,seconds,label,note\n1,1,{label},M\u00fcller\n".encode("cp1252"))
    labels = library.read_labels(source, "l.zip", packed.getvalue())
    assert [spot.label for spot in labels.spots] == ["Goal"]
    assert labels.notes == ("l.zip, mine.csv: its text is read as Windows-1252",)


def test_what_speaks_against_labels_being_those_of_the_match_is_told(library: Library) -> None:
    source = library.source(library.add("mine.mp4"))
    table = b"game,half,seconds,label,confidence\n%s,1,1,Goal,.5\n%s,1,2,Foul,\n"
    other = library.read_labels(source, "l.csv", table % (b"league/other", b"league/other")).notes
    assert other == (
        "the file calls its match 'other'; it is taken for 'mine.mp4'",
        "1 spot with a confidence, which true spots have none of: these may be predictions",
    )
    own = library.read_labels(source, "l.csv", (table % (b"league/mine", b"league/mine")).replace(b".5", b"")).notes
    assert own == ()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("l.csv", b"half,seconds,label\n", "^l.csv: no spots are in it, read as CSV"),
        ("Labels-cameras.json", b'{"annotations": [{"gameTime": "1 - 00:01", "change_type": "abrupt", "label": "Main camera center", "position": "1000", "replay": "real-time"}]}', "^Labels-cameras.json: this holds no spots, read as SoccerNet Labels-cameras"),
    ],
)  # fmt: skip
def test_files_without_spots_say_what_they_were_read_as(
    library: Library, name: str, content: bytes, message: str
) -> None:
    with pytest.raises(BadInputError, match=message):
        library.read_labels(library.source(library.add("mine.mp4")), name, content)
