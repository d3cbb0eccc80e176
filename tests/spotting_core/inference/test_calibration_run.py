"""The bundled calibration network on the demo match, beside what is true of it; and work that was stopped."""

from __future__ import annotations

import shutil
from pathlib import Path

import av
import numpy as np
import pytest

from spotting_core.analyses.analysis import Analysis
from spotting_core.analyses.match_calibrations import match_calibrations
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, CancelledError
from spotting_core.evaluation.pitch_calibration import placed_sample
from spotting_core.formats.field_calibration import META, read_published, read_rendered
from spotting_core.inference.analyse import analyse_match
from spotting_core.inference.calibration_run import CalibrationRun
from spotting_core.media.ingest import ingest
from spotting_core.media.source import open_match
from spotting_core.models.load import load_model
from spotting_core.samples.progress import AnalysisProgress
from spotting_core.tasks.calibration import CALIBRATION
from tests.conftest import REPOSITORY

DEMO = REPOSITORY / "assets" / "demo_match"
SECONDS = 70
USUAL = "Main camera center"


@pytest.fixture(scope="module")
def match(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The beginning of the demo without its calibrations, but with the size of its pitch."""
    folder = tmp_path_factory.mktemp("matches") / "demo"
    folder.mkdir()
    shutil.copyfile(DEMO / META, folder / META)
    with av.open(DEMO / "1_360p.mp4") as source, av.open(folder / "1_360p.mp4", "w") as target:
        stream = source.streams.video[0]
        own = target.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.dts is not None and packet.dts * stream.time_base < SECONDS:
                packet.stream = own
                target.mux(packet)
    return folder


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> DataDirectory:
    return DataDirectory(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def layer(match: Path, kept: DataDirectory) -> Analysis:
    return analyse_match(open_match(match), load_model(CALIBRATION.default_model), kept, thumbnails=False)


def test_the_usual_camera_is_placed_within_decimetres_and_says_how_sure_it_is(layer: Analysis) -> None:
    truth = {c.time: c for c in read_rendered(DEMO, rate=25.0) if c.half == 1}  # of every frame
    found = layer.findings(CALIBRATION)
    assert len(found) == layer.halves[0].record.samples
    pairs = [(truth[c.time], c) for c in found if c.time in truth]
    usual = [(t, c) for t, c in pairs if t.label == USUAL and t.homography is not None]
    assert len(usual) > 40
    placed = [(t, c) for t, c in usual if c.homography is not None]
    assert len(placed) > 0.8 * len(usual)
    errors = [placed_sample(t.homography, c.homography, t.pitch).distance for t, c in placed]  # type: ignore[arg-type]
    assert np.median(errors) < 0.4
    assert np.mean([c.error for _, c in placed]) == pytest.approx(np.mean(errors), abs=0.5)
    covered = [c for t, c in pairs if t.homography is None]
    assert sum(c.homography is not None for c in covered) <= 1


def test_it_is_used_where_nothing_lies_beside_the_match(layer: Analysis, match: Path) -> None:
    found = match_calibrations(open_match(match), [layer])
    assert [(c.time, c.confidence) for c in found] == [(c.time, c.confidence) for c in layer.findings(CALIBRATION)]
    assert found[0].pitch.length == 110
    assert match_calibrations(open_match(match), []) == []


def test_its_results_are_read_as_published_calibrations_are(layer: Analysis) -> None:
    published = read_published(layer.folder / CALIBRATION.results_file, 1)
    own = layer.findings(CALIBRATION)
    assert [c.homography is None for c in published.calibrations] == [c.homography is None for c in own]
    assert published.width / published.height == pytest.approx(16 / 9, rel=0.01)


def test_work_that_was_stopped_goes_on_to_the_same_end(layer: Analysis, match: Path, tmp_path: Path) -> None:
    data, reports = DataDirectory(tmp_path / "data"), []

    def stop(progress: AnalysisProgress) -> bool:
        reports.append(progress)
        return len(reports) < 8

    model, source = load_model(CALIBRATION.default_model), open_match(match)
    with pytest.raises(CancelledError):
        analyse_match(source, model, data, report=stop, thumbnails=False)
    assert list((tmp_path / "data").rglob("windows*.npz"))
    again = analyse_match(source, model, data, thumbnails=False)
    assert not list((tmp_path / "data").rglob("windows*.npz"))
    for one, other in zip(again.findings(CALIBRATION), layer.findings(CALIBRATION), strict=True):
        assert (one.homography is None) == (other.homography is None)
        if one.homography is not None and other.homography is not None:
            assert one.homography.matrix == pytest.approx(other.homography.matrix, rel=1e-3, abs=1e-4)


def test_a_layer_is_of_one_size_of_pitch(match: Path, kept: DataDirectory, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    shutil.copytree(match, folder)
    model, keys = load_model(CALIBRATION.default_model), []
    for size in ("110, 72", "105, 68"):
        (folder / META).write_text(f'{{"pitch": [{size}]}}')
        source = open_match(folder)
        run = CalibrationRun(source, [ingest(half.path, kept) for half in source.halves], model, kept, None, None)
        keys.append(run.identity.key)
    assert keys[0] != keys[1]


def test_a_pitch_of_no_size_is_named(match: Path, kept: DataDirectory, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    shutil.copytree(match, folder)
    (folder / META).write_text('{"pitch": [300, 72]}')
    with pytest.raises(BadInputError, match="no pitch is 300 by 72 m"):
        analyse_match(open_match(folder), load_model(CALIBRATION.default_model), kept)
