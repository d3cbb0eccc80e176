"""Pictures of a half in order, and a finder to which those before one matter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from spotting_core.base.data_directory import DataDirectory
from spotting_core.entities.prompts import load_prompts
from spotting_core.entities.region import Regions
from spotting_core.entities.table import EntityTable
from spotting_core.media.ingest import Media, ingest
from spotting_core.models.inputs import PictureSize
from spotting_core.samples.progress import Pace
from spotting_core.samples.stream import PictureStream
from tests.videos import make_video, read_number, steady

RATE = 5.0


class _Follower:
    """Finds one thing in every picture, as wide as the numbers of the last pictures are large together."""

    def __init__(self, remembered: int, looks: list[int]) -> None:
        self._remembered, self._looks, self._numbers = remembered, looks, list[int]()

    def find(self, images: np.ndarray) -> tuple[list[Regions], np.ndarray]:
        return [self._find(image) for image in images], np.zeros((len(images), 1), np.float32)

    def _find(self, image: np.ndarray) -> Regions:
        number = read_number(image)
        self._looks.append(number)
        self._numbers = [*self._numbers, number][-self._remembered - 1 :]
        box = np.array([[0, 0, sum(self._numbers), 1]], np.float32)
        return Regions(np.zeros(1, np.int64), np.ones(1, np.float32), box, np.ones((1, 1), np.float32))


class _Finder:
    def __init__(self, remembered: int) -> None:
        self.prompts, self.sha256, self.embed_dim, self.remembered = load_prompts(), "", 1, remembered
        self.looks: list[int] = []

    def fingerprint(self) -> str:
        return ""

    def following(self) -> _Follower:
        return _Follower(self.remembered, self.looks)


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Media:
    folder = tmp_path_factory.mktemp("video")
    return ingest(make_video(folder / "1.mp4", steady(120, rate=RATE)), DataDirectory(folder / "data"))


def stream(
    media: Media, finder: _Finder, *, first: int = 0, already: int = 0, before: Sequence[EntityTable] = ()
) -> PictureStream:
    frames = media.table.samples(RATE)
    return PictureStream(
        media,
        frames,
        size=PictureSize(32, 18),
        finder=finder,
        most=3,
        known=None,
        pace=Pace(len(frames), RATE),
        report=lambda: None,
        first=first,
        already=already,
        before=before,
    )


def windows(pictures: PictureStream, starts: range) -> tuple[EntityTable, np.ndarray]:
    """What windows of forty samples first find, and the last one's pictures."""
    tables = []
    for start in starts:
        shown = pictures.read(start, start + 40)
        if shown.findings is not None:
            tables.append(shown.findings.entities)
        last = shown.pictures
    pictures.close()
    return EntityTable.concatenate(tables), last


@pytest.mark.parametrize("remembered", [0, 3, 25, 200])
@pytest.mark.parametrize(("first", "already"), [(40, 60), (60, 60), (20, 60), (48, 60)])
def test_what_goes_on_finds_what_it_would_have_found(media: Media, remembered: int, first: int, already: int) -> None:
    whole, pictures = windows(stream(media, _Finder(remembered)), range(0, 81, 20))
    finder = _Finder(remembered)
    before = [whole.part(0, already)]
    starts = range(first, 81, 80 - first if first % 20 else 20)
    rest, own = windows(stream(media, finder, first=first, already=already, before=before), starts)
    assert rest.sample.tolist() == list(range(already, 120))
    assert np.array_equal(rest.box, whole.box[already:])
    assert np.array_equal(own, pictures)
    # of what was looked at before no more is looked at than what is shown anyway and what is remembered
    assert min(finder.looks) >= max(0, min(first, already - remembered) - 9)
    assert min(finder.looks) <= max(0, already - remembered)
    assert remembered or finder.looks == list(range(already, 120))


def test_a_window_from_the_middle_looks_at_nothing_before_it(media: Media) -> None:
    finder = _Finder(25)
    tables, _ = windows(stream(media, finder, first=50), range(50, 51))
    assert finder.looks == tables.sample.tolist() == list(range(50, 90))
