"""Trials: which pictures are looked at, and what is made of the time that it takes."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from spotting_core.base.data_directory import DataDirectory
from spotting_core.entities.prompts import load_prompts
from spotting_core.entities.region import Regions
from spotting_core.media.ingest import ingest
from spotting_core.preflight import trial
from tests.videos import make_video, read_number, steady


class _Watched:
    """A finder that finds nothing and keeps what it was shown."""

    def __init__(self) -> None:
        self.prompts, self.sha256, self.embed_dim, self.looks = load_prompts(), "", 1, list[np.ndarray]()
        self.remembered = 0

    def fingerprint(self) -> str:
        return ""

    def following(self) -> _Watched:
        return self

    def find(self, images: np.ndarray) -> tuple[list[Regions], np.ndarray]:
        self.looks.append(images)
        return [Regions.none(1)] * len(images), np.zeros((len(images), 1), np.float32)


@pytest.mark.parametrize(("seconds", "shown"), [(60, range(280, 320, 5)), (2, range(0, 20, 5))])
def test_eight_pictures_of_the_middle_are_a_share_of_a_minute(
    seconds: int, shown: range, tmp_path: Path, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = make_video(tmp_path / "a.mp4", steady(10 * seconds, rate=10.0))
    clock = iter([100.0, 100.0 + 0.25 * len(shown)])
    monkeypatch.setattr(trial, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    finder = _Watched()
    # a quarter of a second a picture, 120 pictures a minute
    assert trial.entity_pace(ingest(video, data), finder) == pytest.approx(30.0)
    first, all_of_them = finder.looks
    assert len(first) == 1
    assert [read_number(image) for image in all_of_them] == list(shown)
