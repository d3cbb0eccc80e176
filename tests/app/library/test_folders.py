"""Library folders browsed, and the matches below a folder with what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.library import folders
from app.library.folders import folder_at, matches_below, unjoined
from app.library.library import Library
from app.settings import settings
from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.formats.labels_v2 import write_labels
from tests.videos import make_video, steady

pytestmark = pytest.mark.usefixtures("fresh")


def season(root: Path) -> Path:
    """Two matches of halves, one of them labelled, a folder of one video, loose videos and what is none."""
    place = root / "league" / "season"
    for number, name in enumerate(("2025-08-10 - 20-00 Ajax 1 - 0 Porto", "2025-08-11 - 20-00 Leeds 2 - 2 Como")):
        folder = place / name
        folder.mkdir(parents=True)
        for half in (1, 2):
            make_video(folder / f"{half}_224p.mkv", steady(30), first=100 * number + 40 * half)
    write_labels(place / "2025-08-10 - 20-00 Ajax 1 - 0 Porto" / "Labels-v2.json", [Spot(1, 1_000_000, "Goal")])
    (place / "notes").mkdir()
    (place / "notes" / "read me.txt").write_text("x")
    (place / "friendly").mkdir()
    make_video(place / "friendly" / "whole.mp4", steady(30), first=700)
    make_video(place / "training.mp4", steady(30), first=800)
    return place


def test_a_season_becomes_its_matches(tmp_path: Path, library: Library) -> None:
    place = season(tmp_path)
    known = library.add(str(place / "training.mp4"))
    found = matches_below(tmp_path / "league", library, settings().roots, load_classes())
    assert [(f.path.name, f.title, f.videos, f.labels) for f in found] == [
        ("training.mp4", "training", 1, False),
        ("2025-08-10 - 20-00 Ajax 1 - 0 Porto", "Ajax v Porto", 2, True),
        ("2025-08-11 - 20-00 Leeds 2 - 2 Como", "Leeds v Como", 2, False),
        ("friendly", "friendly", 1, False),
    ]
    assert [f.match for f in found] == [known.id, None, None, None]
    assert [f.path.name for f in matches_below(place / "friendly", library, settings().roots, load_classes())] == [
        "whole.mp4"
    ]


def test_what_cannot_be_added_says_why(tmp_path: Path, library: Library) -> None:
    place = tmp_path / "many"
    place.mkdir()
    for number in (1, 2, 5):
        make_video(place / f"{number}_224p.mkv", steady(30), first=50 * number)
    (one,) = matches_below(place, library, settings().roots, load_classes())
    assert "a match has at most 2" in str(one.problem)


def test_links_out_of_the_roots_and_hidden_files_are_not_shown(tmp_path: Path, library: Library, tmp_path_factory: pytest.TempPathFactory) -> None:  # fmt: skip
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret").mkdir()
    (tmp_path / "link").symlink_to(outside)
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "shown").mkdir()
    roots = settings().roots
    names = [p.name for p in folder_at(tmp_path, roots).folders]
    assert "shown" in names
    assert not {"link", ".hidden"} & set(names)
    for place in (outside, tmp_path / "link", tmp_path / "none", tmp_path / ".."):
        with pytest.raises(BadInputError, match="no such folder below a library folder"):
            folder_at(place, roots)


def test_more_than_can_be_listed_is_cut(tmp_path: Path, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "MOST_ENTRIES", 2)
    place = tmp_path / "wide"
    for name in "abc":
        (place / name).mkdir(parents=True)
    folder = folder_at(place, settings().roots)
    assert ([p.name for p in folder.folders], folder.cut) == (["a", "b"], True)


def test_files_of_labels_that_are_not_taken_are_named(tmp_path: Path, library: Library) -> None:
    place = tmp_path / "cup"
    place.mkdir()
    make_video(place / "whole.mp4", steady(30), first=700)
    (place / "SPOTS.CSV").write_text("half,seconds,label\n1,1,Goal\n")
    (place / "1_people.csv").write_text("half,seconds,label\n1,1,Goal\n")
    (place / "meta.json").write_text("{}")
    (place / "notes.csv").symlink_to(tmp_path / "elsewhere.csv")
    write_labels(place / "Labels-v2.json", [Spot(1, 1_000_000, "Goal")])
    (whole,) = matches_below(place, library, settings().roots, load_classes(), of_one=True)
    assert (whole.path, whole.labels, whole.unread) == (place, True, ("SPOTS.CSV",))
    (lone,) = matches_below(place, library, settings().roots, load_classes())
    assert (lone.path.name, lone.labels, lone.unread) == ("whole.mp4", False, ("Labels-v2.json", "SPOTS.CSV"))
    make_video(place / "another.mp4", steady(30), first=800)
    found = matches_below(place, library, settings().roots, load_classes())
    assert [one.unread for one in found] == [(), ()]  # nobody knows whose they are


def test_a_folder_of_pieces_says_how_many_videos_it_would_be(tmp_path: Path, library: Library) -> None:
    place = tmp_path / "camera"
    place.mkdir()
    for number, name in enumerate(("GX010034", "GX020034", "GX010035")):
        make_video(place / f"{name}.mp4", steady(30), first=100 * number)
    roots = settings().roots
    (one,) = matches_below(tmp_path, library, roots, load_classes())
    assert (one.path, one.recordings) == (place, 2)
    assert "GX010034.mp4 and GX020034.mp4 are pieces of one recording" in str(one.problem)
    (tmp_path / "camera joined").mkdir()
    (tmp_path / "camera joined" / "GX0034.mp4").write_bytes(b"there")
    assert unjoined(place, roots) == 1
    assert unjoined(tmp_path, roots) == 0  # no videos of its own, and nothing may be written beside a root
    (tmp_path / "camera joined" / "GX0035.mp4").symlink_to(tmp_path.parent / "outside.mp4")
    assert unjoined(place, (tmp_path,)) == 0  # what is written would lie below no root
    (tmp_path / "camera joined" / "GX0035.mp4").unlink()
    (place / "GX020035.mp4").symlink_to(Path(__file__))  # a piece that lies below no root
    assert unjoined(place, roots) == 0


def test_the_root_itself_is_not_joined_into_what_lies_beside_it(tmp_path: Path, library: Library) -> None:
    for number, name in enumerate(("GX010034", "GX020034")):
        make_video(tmp_path / f"{name}.mp4", steady(30), first=100 * number)
    assert unjoined(tmp_path, (tmp_path,)) == 0
    assert unjoined(tmp_path, (tmp_path.parent,)) == 1
