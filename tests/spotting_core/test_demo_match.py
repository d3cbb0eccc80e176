"""The bundled match and the bundled model together: a fresh analysis says what the shipped one says."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from spotting_core.analyses.analysis import ANALYSIS_FILE, Analysis
from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.spots import Spot
from spotting_core.domain.suppression import DEFAULT_THRESHOLD, Spotting, spots_of_half
from spotting_core.features.half import FeatureHalf, FeaturePart
from spotting_core.features.sets import read_sets
from spotting_core.formats.labels_v2 import FILE_NAME, read_labels
from spotting_core.inference.analyse import analyse_match
from spotting_core.inference.score import score_half
from spotting_core.media.source import open_match
from spotting_core.models.load import load_model
from spotting_core.samples.half import HalfSamples
from spotting_core.tasks.boundaries import BOUNDARIES
from spotting_core.tasks.replays import REPLAYS, share_right
from spotting_core.tasks.shots import SHOTS
from spotting_core.tasks.task import Judged
from tests.app.commands import touchline_process

pytestmark = pytest.mark.long

# Of confidence: half precision and single, of which each machine takes what it calculates in, differ by 0.04.
SLACK = 0.05
SAMPLE = 500_000  # microseconds


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    place = tmp_path_factory.mktemp("fresh")
    done = touchline_process("analyze", "--demo", "--out", place / "analysis", TOUCHLINE_DATA=str(place / "data"))
    assert done.returncode == 0, done.stderr
    return Analysis.open(place / "analysis")


@pytest.fixture(scope="module")
def shipped() -> Analysis:
    return Analysis.open(Path(__file__).resolve().parents[2] / "assets" / "demo_match" / "analysis")


def unmatched(spots: list[Spot], among: list[Spot]) -> list[Spot]:
    """Spots that have none of the same class within one sample and the slack."""

    def same(a: Spot, b: Spot) -> bool:
        near = a.half == b.half and a.label == b.label and abs(a.time - b.time) <= SAMPLE
        return near and abs((a.confidence or 0) - (b.confidence or 0)) <= SLACK

    return [spot for spot in spots if not any(same(spot, other) for other in among)]


def test_a_fresh_analysis_gives_the_spots_that_ship(fresh: Analysis, shipped: Analysis) -> None:
    # A spot at the very threshold may fall to either side of it, so the other side is asked for a little less.
    surely, perhaps = Spotting(threshold=DEFAULT_THRESHOLD), Spotting(threshold=DEFAULT_THRESHOLD - SLACK)
    assert len(shipped.spots(surely)) > 10
    assert unmatched(shipped.spots(surely), fresh.spots(perhaps)) == []
    assert unmatched(fresh.spots(surely), shipped.spots(perhaps)) == []
    assert fresh.record.model == shipped.record.model
    assert fresh.record.source_id == shipped.record.source_id
    assert fresh.record.unlikeness == pytest.approx(shipped.record.unlikeness, abs=0.02)


def test_every_task_leaves_a_layer_and_the_match_was_decoded_once(fresh: Analysis, demo: Path) -> None:
    layers = {name: Analysis.open(fresh.folder / name) for name in ("shots", "boundaries", "replays")}
    assert all(layer.record.source_id == fresh.record.source_id for layer in layers.values())
    assert [*(fresh.folder.parent / "data" / "analyses").rglob(ANALYSIS_FILE)] == []  # nothing was analysed twice
    shots, replays = layers["shots"].findings(SHOTS), layers["replays"].findings(REPLAYS)
    overlap = SHOTS.figure([Judged("demo", SHOTS.read_truth(demo), shots)], layers["shots"].classes.names, "miou")
    assert overlap > 0.6
    boundaries = [Judged("demo", BOUNDARIES.read_truth(demo), layers["boundaries"].findings(BOUNDARIES))]
    assert BOUNDARIES.figure(boundaries, layers["boundaries"].classes.names, "ap") > 0.8
    assert share_right([Judged("demo", REPLAYS.read_truth(demo), replays)]) > 0.8
    written = SHOTS.read_truth(layers["shots"].folder)
    assert any(shot.change_type == "logo" for shot in written)
    assert any(shot.replay for shot in written)


def test_the_shipped_analysis_is_of_the_shipped_model(shipped: Analysis) -> None:
    model = load_model()
    assert shipped.record.model["sha256"] == model.sha256
    assert model.card.entities is not None
    assert shipped.record.model["vision_model"] == model.card.entities["vision_model"]  # by which words find pictures
    for name in ("entities", "displacement", "features", "image_embeddings", "maps/class_map"):
        assert shipped.has(name), name


def met(spots: list[Spot], by: list[Spot], within: float) -> list[Spot]:
    """Spots beside which there is one of the same class, within so many seconds."""

    def same(a: Spot, b: Spot) -> bool:
        return a.half == b.half and a.label == b.label and abs(a.time - b.time) <= within * 1e6

    return [spot for spot in spots if any(same(spot, other) for other in by)]


def test_most_of_what_happens_in_the_demo_is_spotted(shipped: Analysis, demo: Path) -> None:
    truth = read_labels(demo / FILE_NAME)
    met_spots = met(truth, shipped.spots(), within=2.5)
    assert len(met_spots) >= 0.6 * len(truth), f"{len(met_spots)} of {len(truth)}"


def test_the_shipped_u_net_spots_most_of_the_demo_from_the_features_that_ship(shipped: Analysis, demo: Path) -> None:
    model, truth = load_model("dense-unet"), read_labels(demo / FILE_NAME)
    (read,) = read_sets(model.card.input)
    assert read.extractor is not None
    assert read.extractor.sha256 == shipped.record.model["sha256"]  # the model that made the features
    spots: list[Spot] = []
    for half in shipped.halves:
        features = FeatureHalf(half.half, (FeaturePart(half.array("features"), read.rate),), model.config.rate)
        scores = score_half(model.judge, HalfSamples(half.half, features.times, features.rate, features=features))
        table = model.classes.with_suppression(model.config.suppression)
        arrays = (features.times, scores.confidence, scores.displacement)
        spots += spots_of_half(half.half, *arrays, table, Spotting(), source="dense-unet", end=half.record.duration)
    # 27 of 41 are found, and 27 of 36 spots are right.
    met_spots, right = met(truth, spots, within=1.0), met(spots, truth, within=1.0)
    assert len(met_spots) >= 0.6 * len(truth), f"{len(met_spots)} of {len(truth)}"
    assert len(right) >= 0.65 * len(spots), f"{len(right)} of {len(spots)}"


def test_the_video_alone_decides(fresh: Analysis, demo: Path, tmp_path: Path, data: DataDirectory) -> None:
    """With every file of truth moved away the scores are the same to the bit."""
    shutil.copyfile(demo / "2_360p.mp4", tmp_path / "2_360p.mp4")
    alone = analyse_match(open_match(tmp_path / "2_360p.mp4"), load_model(), data)
    expected, half = fresh.half(2), alone.halves[0]
    assert np.array_equal(expected.array("scores"), half.array("scores"))
    assert np.array_equal(expected.array("displacement"), half.array("displacement"))
