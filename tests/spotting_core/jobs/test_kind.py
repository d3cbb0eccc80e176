"""Kinds of job: how they are asked for, read and done, and what follows."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from spotting_core.analyses.layers import Layers
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.features.files import write_features
from spotting_core.jobs.analysis import ANALYSIS, AnalysisParameters
from spotting_core.jobs.kind import LONG, SHORT, Context, JobKind, Kinds, Parameters, kinds_of
from spotting_core.jobs.playback import PLAYBACK, PlaybackParameters
from spotting_core.jobs.queue import QUEUED, JobQueue
from spotting_core.media.source import open_match
from spotting_core.store.database import open_database
from tests.conftest import small_model
from tests.small_systems import feature_model
from tests.videos import make_video, steady


class CountParameters(Parameters, frozen=True):
    to: int
    words: tuple[str, ...] = ()


class CountJob(JobKind[CountParameters]):
    name: ClassVar[str] = "count"
    resource: ClassVar[str] = SHORT
    parameters_type = CountParameters
    follows: ClassVar[tuple[str, ...]] = ("count",)

    def key(self, parameters: CountParameters) -> str:
        return f"count/{parameters.to}"

    def title(self, parameters: CountParameters) -> str:
        return f"Counting to {parameters.to}"

    def leaves(self, parameters: CountParameters, data: DataDirectory) -> tuple[Path, ...]:
        return (data.root / f"count-{parameters.to}",)

    def perform(self, parameters: CountParameters, context: Context) -> Path | None:
        [file] = self.leaves(parameters, context.data)
        file.write_text(" ".join(parameters.words))
        return file

    def follow(self, done: Parameters, left: Path, data: DataDirectory) -> CountParameters | None:
        assert isinstance(done, CountParameters)
        assert left.is_file()
        return CountParameters(done.to - 1) if done.to else None


COUNT = CountJob()


@pytest.fixture
def queue(data: DataDirectory) -> JobQueue:
    return JobQueue(open_database(data))


def context(data: DataDirectory) -> Context:
    return Context(data, lambda *_: True)


def test_a_job_is_asked_for_and_read_back(queue: JobQueue) -> None:
    parameters = CountParameters(3, ("one", "two"))
    job = COUNT.ask(queue, parameters)
    assert (job.kind, job.key, job.title, job.state) == ("count", "count/3", "Counting to 3", QUEUED)
    assert COUNT.read(job) == parameters
    assert COUNT.ask(queue, parameters).id == job.id


@pytest.mark.parametrize("kept", [{}, {"to": "3"}, {"to": 3, "from": 1}, {"to": 3, "words": "one"}])
def test_what_nobody_can_have_asked_for_fails_in_one_sentence(queue: JobQueue, kept: dict[str, object]) -> None:
    job = queue.submit("count", "x", kept)
    with pytest.raises(BadInputError, match=r"^another version of Touchline has asked for this \(.*\)\. Ask for it"):
        COUNT.read(job)


def test_a_job_leaves_what_its_kind_says_and_what_follows_is_asked_for(queue: JobQueue, data: DataDirectory) -> None:
    kinds = Kinds(COUNT, PLAYBACK)
    COUNT.ask(queue, CountParameters(1, ("one",)))
    first = queue.take(["count"])
    assert first is not None
    kinds.perform(first, context(data), queue)
    assert COUNT.leaves(CountParameters(1), data)[0].read_text() == "one"
    second = queue.take(["count"])
    assert second is not None
    assert COUNT.read(second) == CountParameters(0)
    kinds.perform(second, context(data), queue)
    assert queue.take(["count"]) is None


def test_workers_take_what_needs_what_they_have() -> None:
    kinds = Kinds(COUNT, PLAYBACK, ANALYSIS)
    assert kinds.that_need(SHORT) == ("count",)
    assert kinds.that_need(LONG) == ("playback", "analysis")
    assert kinds_of("spotting_core.jobs.playback", "spotting_core.jobs.analysis")["analysis"] is ANALYSIS
    with pytest.raises(ValueError, match="one name"):
        Kinds(COUNT, CountJob())


def test_jobs_that_were_queued_before_titles_were_kept_are_still_done(queue: JobQueue) -> None:
    old = queue.submit("analysis", "a", {"path": "/a.mp4", "models": ["m", "n"]})
    assert ANALYSIS.read(old) == AnalysisParameters("/a.mp4", ("m", "n"))
    assert ANALYSIS.key(ANALYSIS.read(old)) == "analysis//a.mp4/m+n"
    assert PLAYBACK.read(queue.submit("playback", "p", {"path": "/a.mp4"})) == PlaybackParameters("/a.mp4")


# --- the kinds of this package ----------------------------------------------------------------------------


def test_an_analysis_lies_where_its_kind_says(data: DataDirectory, tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mkv", steady(60, rate=10.0, start=0.5))
    parameters = AnalysisParameters(str(path), (str(small_model(tmp_path / "m")),))
    left = ANALYSIS.perform(parameters, context(data))
    assert left is not None
    assert left.parent == ANALYSIS.leaves(parameters, data)[0]
    [folder] = PLAYBACK.leaves(PlaybackParameters(str(path)), data)
    assert (folder / "playback.mp4").is_file()  # a browser cannot play it as it is


def test_an_adapted_model_has_an_analysis_and_a_key_of_its_own(data: DataDirectory, tmp_path: Path) -> None:
    path, model = make_video(tmp_path / "a.mp4", steady(60, rate=10.0)), str(small_model(tmp_path / "m"))
    plain, adapted = (AnalysisParameters(str(path), (model,), adapt=adapt) for adapt in (False, True))
    assert ANALYSIS.key(plain) != ANALYSIS.key(adapted)
    left = [ANALYSIS.perform(parameters, context(data)) for parameters in (plain, adapted)]
    layers = Layers(data, open_match(path).content_hash(data)).all()
    assert {layer.folder: layer.record.model["name"] for layer in layers} == {
        left[0]: "small e2e-spot",
        left[1]: "small e2e-spot, adapted to a",
    }


def test_an_analysis_by_the_bundled_model_leaves_the_layers_of_other_tasks_too(
    data: DataDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    game = tmp_path / "game"
    game.mkdir()
    make_video(game / "1_180p.mp4", steady(60, rate=10.0))
    write_features(game, 1, "made2", np.zeros((12, 12)))
    bundled = str(small_model(tmp_path / "m"))
    shots = feature_model(
        tmp_path / "shots", "basic-shots", 2.0, before=2, after=2, first=8, second=8, kernel=3
    )  # fmt: skip
    models = {"spotting": bundled, "shots": str(shots), "replays": str(tmp_path / "gone")}
    monkeypatch.setattr("spotting_core.jobs.analysis.BUNDLED", bundled)
    monkeypatch.setattr("spotting_core.inference.default_models.default_models", lambda: models)
    shares: list[float] = []
    job = replace(context(data), report=lambda share, *_: shares.append(share) is None)
    left = ANALYSIS.perform(AnalysisParameters(str(game), (bundled,)), job)
    layers = Layers(data, open_match(game).content_hash(data)).all()
    assert sorted(layer.record.task for layer in layers) == ["shots", "spotting"]  # replays are left out
    assert left in [layer.folder for layer in layers if layer.record.task == "spotting"]
    assert shares == sorted(shares)


def test_an_analysis_uses_a_gpu_where_there_is_one(
    data: DataDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_video(tmp_path / "a.mp4", steady(60))
    loaded: list[str] = []

    def refuse(names: object, device: str = "cpu") -> None:
        loaded.append(device)
        raise BadInputError("there is no such device in this test")

    monkeypatch.setattr("spotting_core.models.ensemble.load_models", refuse)
    monkeypatch.setattr("spotting_core.jobs.kept_models._KEPT", OrderedDict())  # nothing is loaded yet
    parameters = AnalysisParameters(str(path), (str(small_model(tmp_path / "m")),))
    for there in (True, False):
        monkeypatch.setattr("torch.cuda.is_available", lambda there=there: there)
        with pytest.raises(BadInputError, match="no such device"):
            ANALYSIS.perform(parameters, context(data))
    assert loaded == ["cuda", "cpu"]
