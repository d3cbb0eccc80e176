"""The job that measures how fast a model is here: once a video and a model, and never where analyses say it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, CancelledError
from spotting_core.jobs import trial
from spotting_core.jobs.kind import Context
from spotting_core.jobs.trial import TRIAL, TrialParameters
from spotting_core.media.ingest import Media, ingest
from spotting_core.models.card import read_card, write_card
from spotting_core.models.known import remember
from spotting_core.preflight.kept_pace import keep_pace, kept_pace, pace_file, tried_of
from tests.conftest import small_model
from tests.small_systems import feature_model
from tests.videos import make_video, steady

MODEL = "small (00000000)"


@pytest.fixture
def model(tmp_path: Path, data: DataDirectory) -> Path:
    folder = small_model(tmp_path / "small")
    remember(folder, "0" * 64, data)
    return folder


@pytest.fixture
def media(tmp_path: Path, data: DataDirectory) -> list[Media]:
    """Two videos, the second one longer."""
    (tmp_path / "match").mkdir()
    paths = [make_video(tmp_path / "match" / f"{n}_180p.mp4", steady(20 * n, rate=10.0), first=n) for n in (1, 2)]
    return [ingest(path, data) for path in paths]


def perform(path: Path, data: DataDirectory, *, going_on: bool = True) -> None:
    TRIAL.perform(TrialParameters(str(path), MODEL), Context(data, lambda *_: going_on, "cpu"))


def test_it_keeps_a_pace_with_the_longest_video(
    tmp_path: Path, model: Path, media: list[Media], data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tried_of(media) is media[1]
    assert kept_pace(media, model, data) is None
    perform(tmp_path / "match", data)
    pace = kept_pace(media, model, data)
    assert pace is not None
    assert pace > 0
    assert TRIAL.leaves(TrialParameters(str(tmp_path / "match"), MODEL), data) == (pace_file(media, model, data),)
    assert pace_file(media, model, data).parent == media[1].folder
    monkeypatch.setattr(trial, "kept_models", lambda *_: pytest.fail("it was tried again"))
    perform(tmp_path / "match", data)


def test_nothing_is_tried_where_an_analysis_has_been_timed_meanwhile(
    tmp_path: Path, model: Path, media: list[Media], data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "measured_speed", lambda *_: 0.5)
    monkeypatch.setattr(trial, "kept_models", lambda *_: pytest.fail("it was tried"))
    perform(tmp_path / "match", data)
    assert kept_pace(media, model, data) is None


def test_it_stops_between_two_batches(tmp_path: Path, model: Path, media: list[Media], data: DataDirectory) -> None:
    with pytest.raises(CancelledError, match="the trial was cancelled"):
        perform(tmp_path / "match", data, going_on=False)
    assert kept_pace(media, model, data) is None


def test_a_model_that_reads_features_is_not_tried(tmp_path: Path, media: list[Media], data: DataDirectory) -> None:
    settings = {"before": 2, "after": 2, "first": 8, "second": 8, "kernel": 3}
    remember(feature_model(tmp_path / "small", "basic-shots", 2.0, **settings), "0" * 64, data)
    with pytest.raises(BadInputError, match="only a model that reads videos alone is tried"):
        perform(tmp_path / "match", data)


def test_a_model_that_is_gone_is_told(tmp_path: Path, media: list[Media], data: DataDirectory) -> None:
    with pytest.raises(BadInputError, match="there is no model of this name"):
        perform(tmp_path / "match", data)


def test_other_settings_of_the_same_weights_have_a_pace_of_their_own(
    model: Path, media: list[Media], data: DataDirectory
) -> None:
    keep_pace(2.0, media, model, data)
    assert kept_pace(media, model, data) == 2.0
    card = read_card(model)
    write_card(model, replace(card, config={**card.config, "window": 40}))
    assert kept_pace(media, model, data) is None


@pytest.mark.parametrize("content", ["[]", '{"seconds": -1}', "{"])
def test_a_pace_that_cannot_be_is_left_out(content: str, model: Path, media: list[Media], data: DataDirectory) -> None:
    pace_file(media, model, data).write_text(content)
    assert kept_pace(media, model, data) is None
