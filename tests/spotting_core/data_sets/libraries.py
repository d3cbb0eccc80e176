"""Matches of a library for data sets: videos, what people said of them, and what they are called."""

from __future__ import annotations

from pathlib import Path

from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.spots import Spot
from spotting_core.media.source import open_match
from spotting_core.store.database import open_database
from spotting_core.store.reviews import Reviews, origin_of
from spotting_core.store.tables import MatchRow
from tests.videos import make_video, steady

MODEL = "model"
MATCH = "m"


def add_match(place: Path, data: DataDirectory, name: str = MATCH, seconds: int = 240, first: int = 0) -> Path:
    """A match with one video of its own below a folder, in the library.

    Arguments:
        first: number of the first picture, so that videos differ.
    """
    folder = place / name
    folder.mkdir(parents=True)
    make_video(folder / "1_180p.mp4", steady(2 * seconds, rate=2.0), first=first)
    register(folder, data, name)
    return folder


def register(folder: Path, data: DataDirectory, name: str) -> None:
    """Have the match in a folder in the library, under a name."""
    row = MatchRow(id=name, path=str(folder), title=f"{name} v B", source_hash=open_match(folder).content_hash(data))
    with open_database(data).session() as session:
        session.add(row)


def judge(
    data: DataDirectory, spot: Spot, action: str, author: str = "Ada", match: str = MATCH, **values: object
) -> None:
    """Have a model's spot judged, whatever was said of it before."""
    reviews, origin = Reviews(open_database(data)), origin_of(spot, MODEL)
    before = next((r.revision for r in reviews.of_match(match) if r.origin == origin), 0)
    reviews.change(match, origin, spot, action, author, before, **values)
