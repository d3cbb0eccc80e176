"""Splits that are lists of matches."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from spotting_core.base.assets import asset
from spotting_core.base.errors import BadInputError
from spotting_core.samples.labelled import all_games
from spotting_core.training.split_lists import with_split_lists
from tests.conftest import SHARED


def splits(root: Path) -> Path:
    """Two matches of a league, and one of another folder."""
    for place in ("many/league/one", "many/league/two", "other/league/three"):
        (root / place).mkdir(parents=True)
        (root / place / "1_224p.mp4").write_text(place)
    return root


def test_a_list_takes_the_matches_that_it_names(tmp_path: Path) -> None:
    root, place = splits(tmp_path / "data"), tmp_path / "run"
    (root / "few.txt").write_text("# of many\nmany/league/two\n\nmany/league/two\n")
    there = with_split_lists(root, ("few", "other", "test"), place)
    assert there.name == "data"
    assert [game.name for game in all_games(there / "few")] == ["two"]
    assert [game.name for game in all_games(there / "other")] == ["three"]
    assert (all_games(there / "few")[0] / "1_224p.mp4").read_text() == "many/league/two"
    assert not (there / "test").exists()
    assert with_split_lists(root, ("few", "other", "test"), place) == there
    others = with_split_lists(root, ("few", "many"), place)
    assert sorted(path.name for path in others.iterdir()) == ["few", "many"]
    assert sorted(path.name for path in there.iterdir()) == ["few", "other"]


def test_several_make_the_links_of_one_list_at_once(tmp_path: Path) -> None:
    root, place = splits(tmp_path / "data"), tmp_path / "run"
    (root / "few.txt").write_text("many/league/two\nmany/league/one\n")
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(with_split_lists, [root] * 8, [("few", "other")] * 8, [place] * 8))
    (folder,) = made
    assert [game.name for game in all_games(folder / "few")] == ["one", "two"]
    assert [path.name for path in place.iterdir()] == [folder.parent.name]  # nothing half made is left


def test_folders_stay_where_they_are(tmp_path: Path) -> None:
    root = splits(tmp_path / "data")
    (root / "many.txt").write_text("other/league/three")  # a folder of this name goes before it
    assert with_split_lists(root, ("many", "other", "nowhere"), tmp_path / "run") == root
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("# nothing\n", "names no match"),
        ("many/league/four", "'many/league/four', which is no folder below"),
        ("../data/many/league/one", "which is no folder below"),
        ("/etc", "which is no folder below"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused(tmp_path: Path, content: str, message: str) -> None:
    root = splits(tmp_path / "data")
    (root / "few.txt").write_text(content)
    with pytest.raises(BadInputError, match=message):
        with_split_lists(root, ("few",), tmp_path / "run")


def test_the_lists_of_looks_part_all_its_matches_by_what_they_wear() -> None:
    """No pattern ``fade`` and no score bug of style 2 among what is learned from."""
    root = SHARED / "data" / "simmatch"
    if not root.is_dir():
        pytest.skip("needs the rendered matches beside the checkout")
    import json

    names: dict[str, list[str]] = {}
    for split in ("looks-train", "looks-val"):
        lines = asset("training", "splits", f"{split}.txt").read_text().splitlines()
        names[split] = [line for line in lines if not line.startswith("#")]
    everything = [game.relative_to(root).as_posix() for game in all_games(root / "looks")]
    assert sorted(names["looks-train"] + names["looks-val"]) == sorted(everything)
    assert (len(names["looks-train"]), len(names["looks-val"])) == (24, 6)
    for split, games in names.items():
        for game in games:
            drawn = json.loads((root / game / "meta.json").read_text())
            patterns = {drawn["kits"][team]["pattern"] for team in ("home", "away")}
            assert ("fade" in patterns or drawn["scorebug"]["style"] == 2) == (split == "looks-val"), game
