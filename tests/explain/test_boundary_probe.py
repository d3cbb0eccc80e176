"""Explanations of boundaries, whose thumbnails are decoded again: the score that counts, and the frames it rests on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from explain.methods import METHODS, probe_at
from explain.probe import Probe
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.features.thumbnails import stored_thumbnails, thumbnails_of
from spotting_core.inference.analyse import analyse_match
from spotting_core.media.ingest import Media, ingest
from spotting_core.media.source import open_match
from spotting_core.models.load import LoadedModel, load_model
from tests.edited_videos import CUT, FRAMES, edited, write_edited

MODEL, FRAME = "frame-boundaries", 40_000


@pytest.fixture(scope="module")
def model() -> LoadedModel:
    return load_model(MODEL)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_edited(tmp_path_factory.mktemp("edited") / "match.mp4", edited())


@pytest.fixture
def media(video: Path, data: DataDirectory) -> Media:
    return ingest(video, data)


@pytest.fixture
def probe(video: Path, media: Media, model: LoadedModel, data: DataDirectory) -> Probe:
    return probe_at(analyse_match(open_match(video), model, data), media, model, 1, CUT * FRAME)


@pytest.mark.parametrize("first", [0, 33, 200])
def test_some_thumbnails_are_those_of_all(media: Media, data: DataDirectory, first: int) -> None:
    frames = np.arange(first, min(first + 60, FRAMES))
    assert np.array_equal(thumbnails_of(media, frames), stored_thumbnails(media, data)[frames])


def test_frames_that_do_not_decode_are_a_sentence(media: Media, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spotting_core.features.thumbnails.numbered_frames", lambda *_, **__: iter(()))
    with pytest.raises(BadInputError, match="none of these frames can be decoded"):
        thumbnails_of(media, np.arange(5))


def test_the_score_is_that_of_the_analysis(probe: Probe, video: Path, model: LoadedModel, data: DataDirectory) -> None:
    half = analyse_match(open_match(video), model, data).half(1)
    kept = half.scores[CUT, model.classes.index("abrupt")]
    assert kept > 0.5
    assert probe.score("abrupt") == pytest.approx(float(kept), abs=0.01)  # kept as float16, computed in bfloat16
    assert probe.taken_out == "the sample's features as the mean of the window"


@pytest.mark.parametrize("method", ["temporal-occlusion", "feature-gradient"])
def test_a_cut_rests_on_the_frames_beside_it(probe: Probe, method: str) -> None:
    attribution = METHODS[method].explain(probe, "abrupt")
    assert attribution.anchor == CUT * FRAME
    away = np.abs(attribution.times - CUT * FRAME) / FRAME
    weight = np.abs(attribution.values)
    assert weight.max() > 0
    assert away[weight.argmax()] <= 2
    assert weight[away <= 4].mean() > 3 * weight[away > 4].mean()


def test_what_is_no_number_is_no_explanation(probe: Probe) -> None:
    with pytest.raises(BadInputError, match="gives no finite numbers of Touchline frame-boundaries"):
        probe.attribution("any", "abrupt", "time", np.array([np.nan], np.float32), baseline="", score_baseline=0.0,
                          scale=(0, 1), began=0.0)  # fmt: skip
