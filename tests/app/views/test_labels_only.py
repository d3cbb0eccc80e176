"""Search and Statistics where a match has labels and nothing was spotted in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.library.library import Library
from spotting_core.domain.spots import Spot
from spotting_core.formats.labels_v2 import write_labels
from tests.app.pages import view
from tests.videos import make_video, steady

pytestmark = pytest.mark.usefixtures("fresh")


@pytest.mark.parametrize("name", ["statistics", "search"])
def test_matches_with_labels_alone_are_counted_as_left_out(name: str, library: Library, tmp_path: Path) -> None:
    for title in ("one", "other"):
        match = library.add(str(make_video(tmp_path / f"{title}.mp4", steady(70, rate=10), first=len(title))))
        if title == "one":
            write_labels(tmp_path / "l.json", [Spot(1, 2_000_000, "Goal"), Spot(1, 4_000_000, "Foul", team="home")])
            library.upload_labels(match, "l.json", (tmp_path / "l.json").read_bytes())
    at = view(name).run()
    assert not at.exception
    said = " ".join(element.value for element in at.get("html"))
    assert "Left out: 1 match with labels and without an analysis (one). Analyse them in the library." in said
