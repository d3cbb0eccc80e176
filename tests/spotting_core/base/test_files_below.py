"""Files below a folder: links are followed, none in circles, and nothing counts twice."""

from __future__ import annotations

from pathlib import Path

from spotting_core.base.files_below import files_below
from spotting_core.domain.spots import Spot
from spotting_core.formats.labels_v2 import write_labels
from spotting_core.tasks.spotting import SPOTTING


def test_links_are_followed_and_nothing_counts_twice(tmp_path: Path) -> None:
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "train"
    (elsewhere / "one").mkdir(parents=True)
    (elsewhere / "one" / "a.json").write_text("{}")
    (folder / "league" / "two").mkdir(parents=True)
    (folder / "league" / "two" / "b.json").write_text("{}")
    (folder / "league" / "two" / "b.txt").write_text("")
    (folder / "linked").symlink_to(elsewhere / "one")
    (folder / "again").symlink_to(elsewhere / "one")
    (folder / "league" / "round").symlink_to(folder)
    (folder / "nowhere").symlink_to(tmp_path / "nothing")
    found = [path.relative_to(folder).as_posix() for path in files_below(folder, "*.json")]
    assert found == ["again/a.json", "league/two/b.json"]
    assert list(files_below(tmp_path / "nothing", "*")) == []
    assert list(files_below(folder / "linked", "*.json")) == [folder / "linked" / "a.json"]


def test_a_linked_match_is_one_of_its_split(tmp_path: Path) -> None:
    match, split = tmp_path / "collection" / "2026-08-01 - 12-00 Home 1 - 0 Away", tmp_path / "train"
    match.mkdir(parents=True)
    write_labels(match / "Labels-v2.json", [Spot(1, 1_000_000, "Goal")])
    split.mkdir()
    (split / match.name).symlink_to(match)
    assert SPOTTING.labelled_games(split) == [split / match.name]
