"""The job that trains a model further: one at a time, cancelled and resumed, and what it leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, CancelledError
from spotting_core.data_sets import roles
from spotting_core.data_sets.data_set import DataSet
from spotting_core.data_sets.freeze import freeze
from spotting_core.features.files import write_features
from spotting_core.formats.labels_v2 import write_labels
from spotting_core.jobs.kind import Context
from spotting_core.jobs.queue import CANCELLED, DONE, Job, JobQueue
from spotting_core.jobs.training import TRAINING, TrainingParameters
from spotting_core.models.known import known_models, remember
from spotting_core.models.load import load_model
from spotting_core.store.database import open_database
from spotting_core.training.train import train
from tests.feature_games import SET, features_of
from tests.spotting_core.data_sets.libraries import add_match
from tests.spotting_core.data_sets.test_folder import BY_MINUTE, order_of
from tests.spotting_core.training.test_further import SPOTS


@pytest.fixture
def data_set(tmp_path: Path, data: DataDirectory, monkeypatch: pytest.MonkeyPatch) -> DataSet:
    monkeypatch.setattr(roles, "role_of", lambda _hash, _half, minute: BY_MINUTE[minute % 4])
    folder = add_match(tmp_path, data)
    write_labels(folder / "Labels-v2.json", list(SPOTS))
    write_features(folder, 1, SET, features_of(SPOTS, 480))
    return freeze("all", "Ada", open_database(data), data).data_set


@pytest.fixture
def queue(data: DataDirectory) -> JobQueue:
    data.ensure()
    return JobQueue(open_database(data))


def taken(queue: JobQueue) -> Job:
    job = queue.take([TRAINING.name])
    assert job is not None
    return job


def test_two_trainings_at_once_are_refused_in_a_sentence(queue: JobQueue) -> None:
    first = TRAINING.ask(queue, TrainingParameters("entity-attention", "a" * 16, "week 1", 300))
    assert TRAINING.ask(queue, TrainingParameters("entity-attention", "a" * 16, "week 1", 300)).id == first.id
    with pytest.raises(BadInputError, match="a training is under way already: entity-attention on week 1"):
        TRAINING.ask(queue, TrainingParameters("entity-attention", "b" * 16, "week 2", 300))


def test_a_training_is_cancelled_resumed_and_leaves_a_model_with_a_comparison(
    tmp_path: Path, data: DataDirectory, data_set: DataSet, queue: JobQueue
) -> None:
    train(order_of(tmp_path), data)
    remember(tmp_path / "model", load_model(tmp_path / "model").sha256, data)
    [name] = [name for name, folder in known_models(data).items() if folder == tmp_path / "model"]
    parameters = TrainingParameters(name, data_set.id, data_set.name, 6)
    TRAINING.ask(queue, parameters)
    job, stages, shares, left = taken(queue), [], [], []

    def report(progress: float | None, stage: str, _speed: object = None, remaining: float | None = None) -> bool:
        stages.append(stage)
        shares.append(progress)
        left.append(remaining)
        return progress is None or len([share for share in shares if share]) != 3

    with pytest.raises(CancelledError):
        TRAINING.do(job, Context(data, report, "cpu"))
    queue.finish(job, CANCELLED)
    [out] = TRAINING.leaves(parameters, data)
    assert TRAINING.resumable(queue.get(job.id))  # type: ignore[arg-type]
    assert TRAINING.comparison(job, data) is None
    TRAINING.ask(queue, parameters)
    again = taken(queue)
    TRAINING.do(again, Context(data, report, "cpu"))
    queue.finish(again, DONE)
    learned = [round(share / 0.95 * 6) for share in shares if share]
    assert learned == [1, 2, 3, 4, 5, 6]
    assert list(dict.fromkeys(stages)) == [
        "Reading the matches",
        *(f"Learning, step {step} of 6" for step in range(1, 7)),
        "Comparing on what was held out",
    ]
    # Of each run's first step nobody knows how long one takes, and after the last none is left.
    known = [remaining is not None for share, remaining in zip(shares, left, strict=True) if share]
    assert known == [False, True, True, False, True, False]
    comparison = TRAINING.comparison(again, data)
    assert comparison is not None
    assert comparison.actions == 6
    assert out in known_models(data).values()
    assert not any((data.root / "trainings").iterdir())
