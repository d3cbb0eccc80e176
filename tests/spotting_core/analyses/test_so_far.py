"""A match before its analysis is done: a layer of nothing, and what a run has judged so far."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from spotting_core.analyses.layers import Layers
from spotting_core.analyses.so_far import (
    NO_MODEL,
    SO_FAR,
    HalfSamples,
    SoFar,
    blank_layer,
    is_blank,
    is_unfinished,
    layer_so_far,
    version_of,
)
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import CancelledError
from spotting_core.domain.classes import load_classes
from spotting_core.inference import run
from spotting_core.inference.analyse import analyse_match
from spotting_core.media.ingest import Media, ingest
from spotting_core.media.source import open_match
from spotting_core.models.load import load_model
from spotting_core.tasks.spotting import SPOTTING
from tests.conftest import small_model
from tests.videos import make_video, steady

CLASSES = load_classes()


@pytest.fixture
def media(tmp_path: Path, data: DataDirectory) -> Media:
    return ingest(make_video(tmp_path / "match.mp4", steady(200)), data)


def test_a_blank_layer_has_the_samples_of_the_video_and_no_spots(media: Media, data: DataDirectory) -> None:
    layer = blank_layer(data, "A match", {1: media}, CLASSES, SPOTTING.name)
    assert (layer.record.model["name"], layer.spots(), layer.classes) == (NO_MODEL, [], CLASSES)
    assert (is_blank(layer), is_unfinished(layer), version_of(layer)) == (True, False, "")
    half = layer.half(1)
    assert half.times.tolist() == media.table.times[media.table.samples(2.0)].tolist()
    assert half.scores.shape == (len(half.times), len(CLASSES))
    assert blank_layer(data, "A match", {1: media}, CLASSES, SPOTTING.name).folder == layer.folder
    assert Layers(data, layer.record.source_id).all() == []  # it is no analysis of the match


def test_a_damaged_blank_layer_is_made_anew(media: Media, data: DataDirectory) -> None:
    layer = blank_layer(data, "A match", {1: media}, CLASSES, SPOTTING.name)
    layer.half(1).path("scores").write_bytes(b"nothing")
    again = blank_layer(data, "A match", {1: media}, CLASSES, SPOTTING.name)
    assert again.half(1).scores.shape == (len(again.half(1).times), len(CLASSES))


def test_what_is_judged_so_far_is_read_as_it_grows(media: Media, data: DataDirectory) -> None:
    blank = blank_layer(data, "A match", {1: media}, CLASSES, SPOTTING.name)
    source = blank.record.source_id
    assert layer_so_far(data, source, SPOTTING.name) is None
    folder = data.analyses(source) / ".0123.unfinished" / SO_FAR
    shown, frames = SoFar(folder, len(CLASSES)), media.table.samples(2.0)
    shown.begin(blank.record, [HalfSamples(1, media, frames)], CLASSES)
    first = layer_so_far(data, source, SPOTTING.name)
    assert first is not None
    assert (first.spots(), is_unfinished(first)) == ([], True)
    scores = np.zeros((len(frames), len(CLASSES)))
    scores[4, CLASSES.index("Goal")] = 0.9
    shown.write(1, scores, None)
    more = layer_so_far(data, source, SPOTTING.name)
    assert more is not None
    assert [(s.label, s.time) for s in more.spots()] == [("Goal", int(more.half(1).times[4]))]
    assert layer_so_far(data, source, "shots") is None


def test_a_run_that_is_stopped_leaves_what_it_judged_and_a_finished_one_nothing(
    tmp_path: Path, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "_SHOWN_EVERY", 0.0)
    source = open_match(make_video(tmp_path / "long.mp4", steady(1500)))
    model, content = load_model(small_model(tmp_path)), source.content_hash(data)

    def until_something_is_shown(_progress: object) -> bool:
        layer = layer_so_far(data, content, SPOTTING.name)
        return layer is None or not layer.half(1).scores.any()

    with pytest.raises(CancelledError):
        analyse_match(source, model, data, report=until_something_is_shown)
    left = layer_so_far(data, content, SPOTTING.name)
    assert left is not None
    judged = left.half(1).scores.any(1)
    assert judged.any()
    assert not judged.all()
    done = analyse_match(source, model, data)
    assert layer_so_far(data, content, SPOTTING.name) is None
    assert not (done.folder / SO_FAR).exists()
    assert done.record.identity == left.record.identity  # reviews of its spots stay with them
    first = np.flatnonzero(judged)[:3]  # of which no later window speaks
    assert np.abs(done.half(1).scores[first] - left.half(1).scores[first]).max() < 0.01
