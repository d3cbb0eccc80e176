"""Boundary systems: what they read of thumbnails, and that each finds what it knows, to the frame."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
import torch

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.inference.analyse import analyse_match
from spotting_core.media.source import open_match
from spotting_core.media.thumbnail import thumbnail
from spotting_core.models.frame_boundaries import FrameBoundariesConfig, bump_targets, change_maps
from spotting_core.models.frame_differences import (
    FrameDifference,
    content_difference,
    histogram_difference,
    intensity_difference,
)
from spotting_core.models.load import load_model
from spotting_core.models.registry import system
from spotting_core.models.thumbnail_planes import ThumbnailConfig, kept_frames
from spotting_core.models.window import Window
from spotting_core.tasks.boundaries import BOUNDARIES
from tests.edited_videos import CUT, FADE, FRAMES, SIZE, WIPE, edited, scene, write_edited

KINDS = load_classes("soccernet-boundaries").names


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return edited()


@pytest.fixture(scope="module")
def video(pictures: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_edited(tmp_path_factory.mktemp("edited") / "match.mp4", pictures)


def thumbnails_of(pictures: np.ndarray) -> np.ndarray:
    frames = (av.VideoFrame.from_ndarray(np.ascontiguousarray(p), format="rgb24") for p in pictures)
    return np.stack([thumbnail(frame.reformat(format="yuv420p")) for frame in frames])


# --- what ships -----------------------------------------------------------------------------------------


def test_the_bundled_model_finds_a_cut_a_fade_and_a_wipe_to_the_frame(video: Path, data: DataDirectory) -> None:
    analysis = analyse_match(open_match(video), load_model("frame-boundaries"), data)
    found = analysis.findings(BOUNDARIES)
    assert [spot.label for spot in found] == ["abrupt", "smooth", "logo"]
    cut, fade, wipe = (spot.time / 40_000 for spot in found)
    assert cut == CUT
    assert abs(fade - (FADE[0] + (FADE[1] - 1) / 2)) <= 2
    assert abs(wipe - (WIPE[0] + (WIPE[1] - 1) / 2)) <= 2
    scores = np.load(analysis.folder / "half1" / "scores.npy")
    assert scores.dtype == np.float16
    assert scores.shape == (FRAMES, 3)
    assert not (analysis.folder / "half1" / "features.npy").exists()  # they lie in the data directory


def test_a_still_picture_and_a_pan_hold_no_boundary(data: DataDirectory) -> None:
    model = load_model("frame-boundaries")
    still, pan = scene(7)[:, : SIZE[0]], scene(8)
    for shown in (lambda _: still, lambda n: pan[:, n : n + SIZE[0]]):
        features = torch.from_numpy(thumbnails_of(np.stack([shown(n) for n in range(150)])).astype(np.float32))
        with torch.inference_mode():
            assert model.network(Window(features=features[None])).logits.sigmoid().max() < 0.3


# --- targets and maps -----------------------------------------------------------------------------------


def test_a_cut_is_asked_for_at_one_frame_and_a_fade_around_its_middle() -> None:
    config = FrameBoundariesConfig(classes=KINDS)
    times = np.arange(100, dtype=np.int64) * 40_000
    spots = [Spot(1, 30 * 40_000, "abrupt"), Spot(1, 60 * 40_000 + 20_000, "smooth"), Spot(1, 0, "unknown")]
    targets = bump_targets(spots, times, config, times < 90 * 40_000)
    abrupt, smooth, logo = targets.confidence.T
    assert abrupt[30] == 1
    assert abrupt.sum() < 1.05
    assert smooth[60] == smooth[61] == smooth.max()
    assert 3 < smooth.sum() < 5
    assert logo.sum() == 0
    assert targets.valid.tolist() == [1.0] * 90 + [0.0] * 10


def test_maps_tell_a_cut_and_a_fade_from_a_pan(pictures: np.ndarray) -> None:
    config = ThumbnailConfig()
    planes = config.planes(torch.from_numpy(thumbnails_of(pictures)[None].astype(np.float32)))
    assert planes.shape == (1, FRAMES, 3, 18, 32)
    maps = change_maps(planes)[0].mean((2, 3))  # (T, 12)
    before, wide, beside = maps[:, 0], maps[:, 3], maps[:, 5]
    assert int(before[:90].argmax()) == CUT
    middle = FADE[0] + FADE[1] // 2
    assert wide[middle] > 4 * wide[75]  # a pan
    assert beside[middle] < 0.35 * wide[middle]  # near the mean of its neighbours
    assert beside[CUT] > 0.4 * wide[CUT]


def test_thumbnails_become_pictures_of_their_colours() -> None:
    colours = np.array([(200, 30, 60), (40, 180, 50), (90, 90, 90)], np.uint8)
    pictures = np.stack([np.full((SIZE[1], SIZE[0], 3), colour, np.uint8) for colour in colours])
    shown = ThumbnailConfig().pictures(thumbnails_of(pictures))
    assert shown.shape == (3, 18, 32, 3)
    assert np.abs(shown.astype(int) - colours[:, None, None]).max() <= 6


def test_windows_over_frames_repeat_the_ends() -> None:
    plan = kept_frames(FrameBoundariesConfig())
    windows = plan.windows(1000)
    assert plan.outside == "repeated"
    assert [w.first for w in windows] == [0, 202, 356, 510, 664, 818]
    assert windows[-1].stop == 1000


def test_other_features_are_refused() -> None:
    config = system("frame-boundaries").configure(classes=KINDS)
    assert config.with_sets((864,)) == config
    with pytest.raises(BadInputError, match="thumbnails of 864 numbers, not features of 368"):
        config.with_sets((368,))


# --- one difference -------------------------------------------------------------------------------------


@pytest.mark.parametrize("measure", [histogram_difference, intensity_difference, content_difference])
def test_a_difference_is_greatest_at_a_cut(measure, pictures: np.ndarray) -> None:  # type: ignore[no-untyped-def]
    values = measure(ThumbnailConfig().pictures(thumbnails_of(pictures[:90])))
    assert values.shape == (90,)
    assert values[0] == 0
    assert int(values.argmax()) == CUT
    assert values[CUT] > 4 * np.partition(values, -2)[-2]


def test_differences_are_what_they_are_called() -> None:
    black, grey = np.zeros((1, 4, 4, 3), np.uint8), np.full((1, 4, 4, 3), 100, np.uint8)
    both = np.concatenate([black, grey])
    assert intensity_difference(both).tolist() == [0, 100]
    assert histogram_difference(both).tolist() == [0, 2]
    assert histogram_difference(np.concatenate([grey, grey])).tolist() == [0, 0]
    assert content_difference(both)[1] == pytest.approx(100 / 3)  # of hue, saturation and value one changes


@pytest.mark.parametrize("name", ["histogram-boundaries", "intensity-boundaries", "content-boundaries"])
def test_a_scale_and_a_threshold_are_learned(name: str, pictures: np.ndarray) -> None:
    kind = system(name)
    config = kind.configure(classes=KINDS)
    network = kind.build(config)
    assert isinstance(network, FrameDifference)
    assert sum(p.numel() for p in network.parameters()) == 2
    features = torch.from_numpy(thumbnails_of(pictures[:90]).astype(np.float32))[None]
    spots = [Spot(1, CUT * 40_000, "abrupt")]
    targets = kind.targets(spots, np.arange(90, dtype=np.int64) * 40_000, config).map(lambda v: v[None])
    optimiser = torch.optim.Adam(network.parameters(), lr=0.1)
    for _ in range(60):
        loss = kind.loss(network, network(Window(features=features)), targets)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    confidence = network(Window(features=features)).logits.sigmoid().detach()[0]
    assert np.flatnonzero(confidence[:, 0] > 0.5).tolist() == [CUT]
    assert confidence[:, 1:].max() < 1e-6  # they know abrupt changes alone


def test_a_difference_that_nobody_knows_is_refused() -> None:
    with pytest.raises(BadInputError, match="measure must be histogram or intensity or content, not 'edges'"):
        system("histogram-boundaries").configure(classes=KINDS, measure="edges")
    with pytest.raises(BadInputError, match="kind must be one of the classes, and 'iris' is none"):
        system("histogram-boundaries").configure(classes=KINDS, kind="iris")


def test_calf_has_the_sizes_of_the_paper() -> None:
    config = system("calf-boundaries").configure(classes=KINDS)
    assert (config.window / config.rate, config.field / config.rate, config.detections) == (24, 8, 9)
    assert system("calf").configure(classes=load_classes().names).window == 240
