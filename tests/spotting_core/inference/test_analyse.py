"""Analysing a match: what is written, that it is resumed, and that nothing but the pictures decides."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spotting_core.analyses.analysis import Analysis
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, CancelledError, NewerFormatError
from spotting_core.domain.classes import keep_classes, load_classes
from spotting_core.domain.spots import Spot
from spotting_core.domain.suppression import Spotting
from spotting_core.formats.labels_v2 import write_labels
from spotting_core.formats.results_spotting import read_results
from spotting_core.inference import run
from spotting_core.inference.analyse import analyse_match
from spotting_core.inference.ensemble import analyse_with_ensemble
from spotting_core.inference.merge import ScoreMerge
from spotting_core.media.source import open_match
from spotting_core.models.card import read_card, write_card
from spotting_core.models.ensemble import Ensemble, load_models
from spotting_core.models.entity_attention import EntityAttentionConfig, overlapping_halves
from spotting_core.models.load import load_model
from spotting_core.models.window import Scores
from spotting_core.models.window_plan import MAXIMUM, MEAN, MIDDLE, PlannedWindow
from spotting_core.preflight.machine import measured_speed
from spotting_core.samples.progress import AnalysisProgress, Pace
from tests.conftest import small_model
from tests.odd_videos import zeros_at_the_end
from tests.videos import make_video, steady, uneven

pytestmark = pytest.mark.long

SECONDS = 24


@pytest.fixture(scope="module")
def match_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two short halves, the second with uneven times and a late start."""
    folder = tmp_path_factory.mktemp("match")
    make_video(folder / "1_180p.mp4", steady(SECONDS * 10, rate=10.0))
    make_video(folder / "2_180p.mkv", uneven(300, start=0.7))
    return folder


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_model(tmp_path_factory.mktemp("model") / "m")


@pytest.fixture(scope="module")
def entity_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_model(tmp_path_factory.mktemp("model") / "m", "entity-attention", entities=8, window=20)


@pytest.fixture(scope="module")
def whole(match_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Analysis]:
    """The match analysed by a model, once for all tests that only read it."""
    known: dict[Path, Analysis] = {}

    def get(model: Path) -> Analysis:
        if model not in known:
            data = DataDirectory(tmp_path_factory.mktemp("whole") / "data")
            known[model] = analyse_match(open_match(match_folder), load_model(model), data)
        return known[model]

    return get


def arrays_of(analysis: Analysis) -> dict[str, np.ndarray]:
    arrays = {}
    for half in analysis.halves:
        for name in ("times", "frames", "scores", "displacement", "features", "image_embeddings", "maps/class_map"):
            if half.has(name):
                arrays[f"{half.half}/{name}"] = np.array(half.array(name))
        if half.entities is not None:
            for name in ("sample", "entity", "score", "box", "weight", "kept"):
                arrays[f"{half.half}/entities/{name}"] = getattr(half.entities, name)
    return arrays


def test_an_analysis_has_what_it_says(match_folder: Path, model_folder: Path, data: DataDirectory) -> None:
    analysis = analyse_match(open_match(match_folder), load_model(model_folder), data)
    record = analysis.record
    assert record.classes == analysis.classes.names
    assert record.rate == 2.0
    assert [h.half for h in record.halves] == [1, 2]
    for half in analysis.halves:
        samples = half.record.samples
        assert len(half.times) == samples == len(half.frames)
        for name, described in record.arrays.items():
            if name == "entities":
                continue
            values = half.array(name)
            assert list(values.shape) == [samples, *described["shape"][1:]], name
            assert str(values.dtype) == described["dtype"], name
        # Sample k is the frame nearest to k / rate.
        assert np.abs(half.times - np.arange(samples) * 500_000).max() <= 60_000
    assert not analysis.has("entities")
    assert analysis.has("displacement")
    assert record.notice is not None
    assert "rendered matches only" in record.notice
    assert read_results(analysis.folder / "results_spotting.json") == [
        Spot(s.half, round(s.time / 1000) * 1000, s.label, s.confidence, source="imported") for s in analysis.spots()
    ]
    assert analysis.folder == data.analysis(record.source_id, analysis.folder.name)
    assert [p.name for p in analysis.folder.parent.iterdir()] == [analysis.folder.name]  # nothing half-written


def test_an_analysis_with_entities(entity_model: Path, whole: Callable[[Path], Analysis]) -> None:
    analysis = whole(entity_model)
    assert analysis.has("entities")
    half = analysis.half(1)
    table = half.entities
    assert table is not None
    assert table.weight is not None
    assert len(half.array("entity_embeddings")) == len(table)
    assert half.array("image_embeddings").shape == (len(half.times), 64)
    if len(table):
        assert (np.diff(table.sample) >= 0).all()
        assert np.bincount(table.sample).max() <= 8


@pytest.mark.parametrize("kind", ["model_folder", "entity_model"])
@pytest.mark.parametrize("stops", [[0.1], [0.35, 0.6], [0.2, 0.21, 0.8]])
def test_a_stopped_analysis_goes_on_and_ends_the_same(
    match_folder: Path,
    kind: str,
    stops: list[float],
    whole: Callable[[Path], Analysis],
    request: pytest.FixtureRequest,
    data: DataDirectory,
) -> None:
    folder: Path = request.getfixturevalue(kind)
    model, source = load_model(folder), open_match(match_folder)
    shares: list[float] = []
    for stop in stops:

        def report(progress: AnalysisProgress, stop: float = stop) -> bool:
            shares.append(progress.share)
            return progress.share < stop

        with pytest.raises(CancelledError, match="What is done is kept"):
            analyse_match(source, model, data, report=report)
    starts: list[float] = []
    parts = analyse_match(source, model, data, report=lambda p: starts.append(p.share) is None)
    if stops[-1] > 0.5:
        assert starts[0] > 0.2  # it went on, it did not begin again
    expected, arrays = arrays_of(whole(folder)), arrays_of(parts)
    assert expected.keys() == arrays.keys()
    for name, values in expected.items():
        assert np.array_equal(values, arrays[name]), name


@pytest.mark.parametrize("way", ["cancelled", "killed"])
def test_the_timings_of_a_stopped_analysis_are_those_of_all_parts(
    way: str, match_folder: Path, model_folder: Path, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "_TIMINGS_EVERY", 0.0)
    source, model, began = open_match(match_folder), load_model(model_folder), time.perf_counter()

    def report(progress: AnalysisProgress, stop: float) -> bool:
        if way == "killed" and progress.share >= stop:
            raise MemoryError
        return progress.share < stop

    spent = [0.0]
    for stop in (0.3, 0.6):
        with pytest.raises((CancelledError, MemoryError)):
            analyse_match(source, model, data, report=lambda p, stop=stop: report(p, stop))
        [kept] = data.root.rglob("timings.json")
        spent.append(sum(json.loads(kept.read_text()).values()))
    last = analyse_match(source, model, data)
    spent.append(sum(last.record.timings.values()))
    assert spent == sorted(set(spent))
    assert spent[-1] < time.perf_counter() - began
    speed = measured_speed(data, last.record.model["name"])
    assert speed == pytest.approx(spent[-1] / sum(h.duration / 1e6 for h in last.record.halves))
    assert not list(data.root.rglob("timings.json"))


def test_the_time_of_a_stage_counts_while_it_goes_on() -> None:
    pace = Pace(10, 2.0, stages={"reading": 5.0})
    with pace.stage("reading"):
        time.sleep(0.02)
        assert 5.02 <= pace.spent()["reading"] < 6
    assert pace.spent() == pace.stages
    assert pace.stages["reading"] >= 5.02


def test_an_analysis_stopped_where_the_video_is_damaged_goes_on(model_folder: Path, tmp_path: Path) -> None:
    """Nothing decodes from the sample on at which it goes on."""
    zeros_at_the_end(tmp_path / "match.mp4")
    source, model = open_match(tmp_path / "match.mp4"), load_model(model_folder)
    whole = analyse_match(source, model, DataDirectory(tmp_path / "a"))
    assert "samples show a neighbouring frame" in " ".join(whole.remarks)
    data = DataDirectory(tmp_path / "b")
    with pytest.raises(CancelledError):
        analyse_match(source, model, data, report=lambda p: p.share < 0.8)
    parts = analyse_match(source, model, data)
    assert parts.remarks == whole.remarks
    for name, values in arrays_of(whole).items():
        assert np.array_equal(values, arrays_of(parts)[name]), name


def test_only_the_pictures_decide(
    match_folder: Path, entity_model: Path, whole: Callable[[Path], Analysis], tmp_path: Path
) -> None:
    other = tmp_path / "with truth"
    other.mkdir()
    for path in match_folder.iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    write_labels(other / "Labels-v2.json", [Spot(1, 5_000_000, "Goal")])
    for name in ("entities.parquet", "calibration.parquet"):
        (other / name).write_bytes(b"truth that must not be read")
    (other / "meta.json").write_text(json.dumps({"engine": {}}))
    opened = analyse_match(open_match(other), load_model(entity_model), DataDirectory(tmp_path / "b"))
    for name, values in arrays_of(whole(entity_model)).items():
        assert np.array_equal(values, arrays_of(opened)[name]), name
    assert opened.record.notice is None  # it says that it was rendered


def test_a_finished_analysis_is_opened_not_made_again(
    match_folder: Path, model_folder: Path, data: DataDirectory
) -> None:
    model = load_model(model_folder)
    first = analyse_match(open_match(match_folder), model, data)
    made = (first.folder / "analysis.json").stat().st_mtime_ns
    again = analyse_match(open_match(match_folder), model, data, report=lambda _: False)
    assert (again.folder / "analysis.json").stat().st_mtime_ns == made


def test_another_rate_or_an_unwritable_place_say_so(
    match_folder: Path, model_folder: Path, data: DataDirectory, tmp_path: Path
) -> None:
    model = load_model(model_folder)
    with pytest.raises(BadInputError, match="reads 2 samples a second, not 5"):
        analyse_match(open_match(match_folder), model, data, rate=5.0)
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInputError, match="a file where the analysis should go"):
        analyse_match(open_match(match_folder), model, data, out=tmp_path / "file")
    with pytest.raises(BadInputError, match="this cannot be written"):
        analyse_match(open_match(match_folder), model, data, out=tmp_path / "file" / "below")


def test_spots_are_made_again_from_the_stored_scores(
    match_folder: Path, model_folder: Path, data: DataDirectory
) -> None:
    analysis = analyse_match(open_match(match_folder), load_model(model_folder), data)
    many, few = (len(analysis.spots(Spotting(threshold=t))) for t in (0.01, 0.9))
    assert many > few


OWN_TABLE = """index,name,short,group,glyph,colour_light,colour_dark,suppression,lead,lag
0,Serve,Serve,restarts,other,#167859,#62D19B,3.5,2,4
1,"Point, won",Point,goals,goal,#6E5BF4,#767DF1,7,5,6
"""


def own_model(folder: Path, name: str = "volleyball", table: str = OWN_TABLE, **settings: object) -> Path:
    """A model of two classes that no bundled table has."""
    small_model(folder, classes=("Serve", "Point, won"), **settings)
    write_card(folder, replace(read_card(folder), class_table=name))
    (folder / f"{name}.csv").write_text(table)
    return folder


@pytest.mark.parametrize("name", ["volleyball", "soccernet-v2"])
def test_an_analysis_carries_the_class_table_of_a_model_of_ones_own(
    name: str, match_folder: Path, data: DataDirectory, tmp_path: Path
) -> None:
    model = load_model(own_model(tmp_path / "m", name))
    made = analyse_match(open_match(match_folder), model, data)
    shutil.rmtree(tmp_path / "m")
    shutil.move(made.folder, tmp_path / "elsewhere")
    opened = Analysis.open(tmp_path / "elsewhere")
    assert opened.classes == model.classes
    assert opened.classes.names == ("Serve", "Point, won")
    assert opened.classes.get("Point, won").suppression == 7
    assert {s.label for s in opened.spots(Spotting(threshold=0.01))} <= set(opened.classes.names)


def test_the_table_of_an_analysis_that_took_anothers_place_is_read(
    match_folder: Path, data: DataDirectory, tmp_path: Path
) -> None:
    source, out = open_match(match_folder), tmp_path / "out"
    first = load_model(own_model(tmp_path / "m"))
    assert analyse_match(source, first, data, out=out).classes.get("Serve").suppression == 3.5
    second = load_model(own_model(tmp_path / "m", table=OWN_TABLE.replace(",3.5,", ",4.5,")))
    assert analyse_match(source, second, data, out=out).classes.get("Serve").suppression == 4.5
    assert analyse_match(source, second, data).folder != analyse_match(source, first, data).folder


def test_the_average_of_models_with_classes_of_their_own_is_opened(
    match_folder: Path, data: DataDirectory, tmp_path: Path
) -> None:
    both = load_models([own_model(tmp_path / "a"), own_model(tmp_path / "b", "beach", hidden=8)])
    assert isinstance(both, Ensemble)
    analysis = analyse_with_ensemble(open_match(match_folder), both, data)
    assert Analysis.open(analysis.folder).classes == both.members[0].classes


def test_what_a_killed_run_had_half_written_is_no_part_of_the_analysis(
    match_folder: Path, model_folder: Path, data: DataDirectory, tmp_path: Path
) -> None:
    work = tmp_path / ".out.unfinished"
    (work / "half1").mkdir(parents=True)
    for name in (".work.json.e96b5968.part", "half1/.scores.npy.0bad1dea.part"):
        (work / name).write_bytes(b"the beg")
    analysis = analyse_match(open_match(match_folder), load_model(model_folder), data, out=tmp_path / "out")
    assert analysis.folder == tmp_path / "out"
    assert not list(analysis.folder.rglob("*.part"))


def test_a_bundled_table_is_not_copied(
    match_folder: Path, model_folder: Path, data: DataDirectory, tmp_path: Path
) -> None:
    analysis = analyse_match(open_match(match_folder), load_model(model_folder), data)
    assert not list(analysis.folder.glob("*.csv"))
    keep_classes(tmp_path, load_classes("soccernet-v1"))
    assert not list(tmp_path.glob("*.csv"))


def test_damaged_analyses_say_so(match_folder: Path, model_folder: Path, data: DataDirectory) -> None:
    analysis = analyse_match(open_match(match_folder), load_model(model_folder), data)
    path = analysis.folder / "analysis.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "format": 9}))
    with pytest.raises(NewerFormatError):
        Analysis.open(analysis.folder)
    path.write_text(json.dumps({k: v for k, v in content.items() if k != "rate"}))
    with pytest.raises(BadInputError, match="damaged"):
        Analysis.open(analysis.folder)
    path.write_text(json.dumps({**content, "classes": list(reversed(content["classes"]))}))
    with pytest.raises(BadInputError, match="other classes"):
        Analysis.open(analysis.folder)
    path.write_text(json.dumps(content))
    scores = analysis.folder / "half1" / "scores.npy"
    np.save(scores, np.zeros((3, 17), np.float16))
    with pytest.raises(
        BadInputError, match=r"scores\.npy: this array of scores has the shape \(3, 17\), expected \(48, 17\)"
    ):
        Analysis.open(analysis.folder)
    with pytest.raises(BadInputError, match="no half 3"):
        analysis.half(3)


# --- windows --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("samples", "window", "expected"),
    [
        (50, 100, [(0, 50)]),
        (100, 100, [(0, 100)]),
        (101, 100, [(0, 100), (1, 101)]),
        (250, 100, [(0, 100), (50, 150), (100, 200), (150, 250)]),
        (270, 100, [(0, 100), (50, 150), (100, 200), (150, 250), (170, 270)]),
    ],
)
def test_windows_overlap_by_half_and_end_at_the_end(samples: int, window: int, expected: list) -> None:
    plan = overlapping_halves(EntityAttentionConfig(window=window))
    windows = plan.windows(samples)
    assert [(w.start, w.end) for w in windows] == [(w.first, w.stop) for w in windows] == expected


def test_the_average_is_a_mean_over_the_windows_a_sample_lies_in() -> None:
    assert merged(MEAN) == [1, 1, 2, 2, 3, 3]
    assert merged(MAXIMUM) == [1, 1, 3, 3, 3, 3]
    assert merged(MIDDLE) == [1, 1, 1, 1, 3, 3]


def merged(merge: str) -> list[float]:
    """Two windows of four samples that overlap by two, and say 1 and 3 of theirs."""
    scores = ScoreMerge(6, merge)
    for start, confidence in ((0, 1.0), (2, 3.0)):
        window = PlannedWindow(start, 4, start, start + 4)
        scores.add(window, Scores(np.full((4, 1), confidence, np.float32)), ("confidence", "displacement"))
    assert scores.result("displacement") is None
    merged_values = scores.result("confidence")
    assert merged_values is not None
    values: list[float] = merged_values[:, 0].tolist()
    return values
