"""Analyses by a model with a class table of its own, in the views over many matches."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.library.library import Library, Match
from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.spots import Spot
from spotting_core.formats.labels_v2 import write_labels
from spotting_core.media.source import open_match
from tests.app.made_analysis import make_analysis, own_classes
from tests.app.pages import component_data, texts
from tests.app.views.test_evaluate_view import run
from tests.app.views.test_search_view import only, rows, view
from tests.videos import make_video, steady

pytestmark = pytest.mark.usefixtures("fresh")


@pytest.fixture
def match(library: Library, data: DataDirectory, tmp_path: Path) -> Match:
    """A match in which one action is spotted that the default table does not know."""
    (tmp_path / "game").mkdir()
    make_video(tmp_path / "game" / "1_180p.mp4", steady(260))
    write_labels(tmp_path / "game" / "Labels-v2.json", [Spot(1, 4_000_000, "Serve", visible=True)])
    make_analysis(open_match(tmp_path / "game"), data, [Spot(1, 4_000_000, "Serve", 0.9)], classes=own_classes())
    return library.add("game")


def test_a_class_of_its_own_is_found(match: Match) -> None:
    at = only(view("search").run(), match)
    assert not at.exception
    assert rows(at, {"game": match}) == [("game", "Corner")]  # the short name of the class


def test_a_class_of_its_own_is_counted(match: Match) -> None:
    at = view("statistics", match=match.id).run()
    assert not at.exception
    assert not at.info
    assert "Nobody said the team of 1 of 1 spot;" in " ".join(c.value for c in at.caption)


def test_a_class_of_its_own_is_measured(match: Match) -> None:
    at = run(evaluate_labels=match.id)
    assert not at.exception
    rows = {r["name"]: r for r in component_data(at)["rows"]}
    assert list(rows) == ["Goal", "Serve"]
    assert (rows["Serve"]["truths"], rows["Serve"]["tight"]) == (1, {"a": 1.0, "interval": [1.0, 1.0]})
    assert "Counted in 1 match" in texts(at)
