"""Explanations that are asked for as jobs, and what the worker answers."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app import tasks
from app.library import Match
from explain.attribution import Attribution
from spotting_core.analysis import Analysis, write_record
from spotting_core.data_directory import DataDirectory
from spotting_core.errors import BadInputError
from spotting_core.jobs.queue import JobQueue
from spotting_core.media.source import open_match
from spotting_core.spots import Spot
from tests.app.explained import SPOT, analysed, perform, told
from tests.app.made_analysis import make_analysis
from tests.conftest import small_model

pytestmark = pytest.mark.usefixtures("fresh")


def test_jobs_answer_what_is_asked_of_a_spot(
    match: Match, queue: JobQueue, data: DataDirectory, tmp_path: Path
) -> None:
    analysis = analysed(match, data, small_model(tmp_path / "m"))
    methods = ["temporal-occlusion", "entity-attention", "grad-cam"]
    perform(queue, tasks.ask_for_explanation(queue, match, analysis, SPOT, methods), data)
    assert tasks.explanation_file(data, analysis, SPOT, "grad-cam").is_file()
    assert not tasks.explanation_file(data, analysis, SPOT, "entity-attention").is_file()
    assert tasks.unsupported(data, analysis, SPOT, "entity-attention") == "this model has no entities"
    assert tasks.unsupported(data, analysis, SPOT, "grad-cam") is None

    edit = {"kind": "box", "x1": 0.2, "y1": 0.2, "x2": 0.6, "y2": 0.7}
    perform(queue, tasks.ask_what_if(queue, match, analysis, SPOT, edit), data)
    answer = json.loads(data.answer(tasks.answer_key(analysis, SPOT, edit)).read_text())
    assert len(answer["controls"]) == 10
    assert answer["curve"][answer["anchor"]] == pytest.approx(answer["score"], abs=1e-4)
    assert answer["curve_edited"][answer["anchor"]] == pytest.approx(answer["edited"], abs=1e-4)

    perform(queue, tasks.ask_for_figures(queue, match, analysis, SPOT), data)
    with zipfile.ZipFile(tasks.figures_file(data, analysis, SPOT)) as packed:
        assert sorted(packed.namelist()) == sorted(
            f"{name}.{kind}" for name in ("temporal-occlusion", "grad-cam") for kind in ("npz", "png", "svg")
        )


def test_words_need_a_model_that_knows_words(
    match: Match, queue: JobQueue, data: DataDirectory, tmp_path: Path
) -> None:
    analysis = analysed(match, data, small_model(tmp_path / "m"))
    job = tasks.ask_for_words(queue, match, analysis, SPOT, "a yellow card")
    with pytest.raises(Exception, match="no vision-language model to ask"):
        perform(queue, job, data)


def test_words_are_found_and_unknown_ones_refused(
    match: Match, queue: JobQueue, data: DataDirectory, tmp_path: Path
) -> None:
    analysis = analysed(match, data, small_model(tmp_path / "m", "entity-attention"))
    perform(queue, tasks.ask_for_words(queue, match, analysis, SPOT, "the ball"), data)
    answer = json.loads(data.answer(tasks.words_key(analysis, "the ball")).read_text())
    assert len(answer["curves"]["1"]) == len(analysis.half(1).times)
    found = Attribution.load(tasks.explanation_file(data, analysis, SPOT, tasks.method_of_text("the ball")))
    assert "“the ball”" in found.baseline
    assert np.isnan(found.score_baseline)
    job = tasks.ask_for_words(queue, match, analysis, SPOT, "a zeppelin")
    with pytest.raises(Exception, match="never taught 'zeppelin'"):
        perform(queue, job, data)


def test_an_explanation_is_cancelled_between_methods(
    match: Match, queue: JobQueue, data: DataDirectory, tmp_path: Path
) -> None:
    analysis = analysed(match, data, small_model(tmp_path / "m"))
    job = tasks.ask_for_explanation(queue, match, analysis, SPOT, ["grad-cam", "temporal-occlusion"])
    answers = iter([True, False])
    with pytest.raises(Exception, match="cancelled"):
        tasks.perform(job, data, lambda *_: next(answers))
    assert tasks.explanation_file(data, analysis, SPOT, "grad-cam").is_file()
    assert not tasks.explanation_file(data, analysis, SPOT, "temporal-occlusion").is_file()


def test_all_spots_of_an_analysis_are_explained(
    match: Match, queue: JobQueue, data: DataDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    analysis = analysed(match, data, small_model(tmp_path / "m"))
    spots = [SPOT, Spot(1, 4_000_000, "Foul", 0.9), Spot(1, 15_000_000, "Corner", 0.6)]
    monkeypatch.setattr(Analysis, "spots", lambda *_: spots)
    monkeypatch.setattr(tasks, "_AT_ONCE", 2)
    seen = []

    def tell(share: float | None, stage: str, *_rest: object) -> bool:
        seen.append((share, stage))
        return True

    def explained() -> list[str]:
        return [s.label for s in spots if tasks.explanation_file(data, analysis, s, "temporal-occlusion").is_file()]

    tasks.ask_for_all_explanations(queue, match.path, analysis)
    other = tasks.ask_for_playback(queue, match)
    first = queue.take(tasks.LONG_KINDS)
    assert first is not None
    tasks.perform(first, data, tell)
    queue.finish(first, "done")
    assert seen == [(0, "Explaining spot 1 of 3"), (pytest.approx(1 / 3), "Explaining spot 2 of 3")]
    assert sorted(explained()) == ["Foul", "Goal"]  # the surest two
    assert [j.kind for j in queue.all_live()] == [tasks.PLAYBACK, tasks.EXPLANATIONS]  # what waited comes first
    queue.cancel(other.id)
    perform(queue, queue.all_live()[0], data)
    assert len(explained()) == 3
    assert queue.all_live() == []


def test_an_average_of_models_says_why_it_has_no_explanation(
    match: Match, queue: JobQueue, data: DataDirectory
) -> None:
    analysis = make_analysis(open_match(match.path), data, [SPOT])
    record = replace(analysis.record, model={**analysis.record.model, "members": ["a", "b"]})
    write_record(analysis.folder, record)
    job = tasks.ask_for_explanation(queue, match, Analysis.open(analysis.folder), SPOT)
    with pytest.raises(BadInputError, match="average of several models"):
        tasks.perform(job, data, told)
