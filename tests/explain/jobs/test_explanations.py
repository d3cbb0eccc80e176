"""What is asked about a spot in jobs, and what they leave."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explain.attribution import Attribution
from explain.jobs import explanation
from explain.jobs.explanation import EXPLANATION, EXPLANATIONS, WHY_METHODS, ExplanationParameters
from explain.jobs.figures import FIGURES, FiguresParameters
from explain.jobs.spot_parameters import SpotParameters, probe_for
from explain.jobs.what_if import WHAT_IF, WhatIfParameters
from explain.jobs.words import WORDS, WordsParameters
from explain.kept import explanation_file, method_of_text, subject_of, unsupported
from spotting_core.analyses.analysis import Analysis, write_record
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.domain.spots import Spot
from spotting_core.jobs.analysis import AnalysisParameters
from spotting_core.jobs.kind import LONG, Context
from spotting_core.jobs.playback import PLAYBACK, PlaybackParameters
from spotting_core.jobs.queue import JobQueue
from spotting_core.media.source import open_match
from spotting_core.models.known import remember
from tests.app.made_analysis import make_analysis
from tests.conftest import small_model
from tests.explain.jobs.explained import KINDS, SPOT, analysed, keep_going, perform

EDIT = {"kind": "box", "x1": 0.2, "y1": 0.2, "x2": 0.6, "y2": 0.7}


def test_jobs_answer_what_is_asked_of_a_spot(path: Path, queue: JobQueue, data: DataDirectory, tmp_path: Path) -> None:
    analysis = analysed(path, data, small_model(tmp_path / "m"))
    methods = ("temporal-occlusion", "entity-attention", "grad-cam")
    parameters = ExplanationParameters.of(path, analysis, SPOT, methods=methods)
    perform(queue, EXPLANATION.ask(queue, parameters), data)
    assert [file.is_file() for file in EXPLANATION.leaves(parameters, data)] == [True, False, True]
    assert explanation_file(data, analysis, SPOT, "grad-cam").is_file()
    assert not explanation_file(data, analysis, SPOT, "entity-attention").is_file()
    assert unsupported(data, analysis, SPOT, "entity-attention") == "this model has no entities"
    assert unsupported(data, analysis, SPOT, "grad-cam") is None

    edited = WhatIfParameters.of(path, analysis, SPOT, edit=EDIT)
    perform(queue, WHAT_IF.ask(queue, edited), data)
    answer = json.loads(WHAT_IF.leaves(edited, data)[0].read_text())
    assert len(answer["controls"]) == 10
    assert answer["curve"][answer["anchor"]] == pytest.approx(answer["score"], abs=1e-4)
    assert answer["curve_edited"][answer["anchor"]] == pytest.approx(answer["edited"], abs=1e-4)

    drawn = FiguresParameters.of(path, analysis, SPOT)
    perform(queue, FIGURES.ask(queue, drawn), data)
    with zipfile.ZipFile(FIGURES.leaves(drawn, data)[0]) as packed:
        assert sorted(packed.namelist()) == sorted(
            f"{name}.{kind}" for name in ("temporal-occlusion", "grad-cam") for kind in ("npz", "png", "svg")
        )


def test_words_need_a_model_that_knows_words(path: Path, queue: JobQueue, data: DataDirectory, tmp_path: Path) -> None:
    analysis = analysed(path, data, small_model(tmp_path / "m"))
    job = WORDS.ask(queue, WordsParameters.of(path, analysis, SPOT, text="a yellow card"))
    with pytest.raises(Exception, match="no vision-language model to ask"):
        perform(queue, job, data)


def test_words_are_found_and_unknown_ones_refused(
    with_entities: tuple[Path, Analysis], queue: JobQueue, data: DataDirectory
) -> None:
    path, analysis = with_entities
    parameters = WordsParameters.of(path, analysis, SPOT, text="the ball")
    perform(queue, WORDS.ask(queue, parameters), data)
    curves, places = WORDS.leaves(parameters, data)
    assert len(json.loads(curves.read_text())["curves"]["1"]) == len(analysis.half(1).times)
    assert places == explanation_file(data, analysis, SPOT, method_of_text("the ball"))
    attribution = Attribution.load(places)
    assert "“the ball”" in attribution.baseline
    assert np.isnan(attribution.score_baseline)
    job = WORDS.ask(queue, WordsParameters.of(path, analysis, SPOT, text="a zeppelin"))
    with pytest.raises(Exception, match="never taught 'zeppelin'"):
        perform(queue, job, data)


def test_an_explanation_is_cancelled_between_methods(
    path: Path, queue: JobQueue, data: DataDirectory, tmp_path: Path
) -> None:
    analysis = analysed(path, data, small_model(tmp_path / "m"))
    methods = ("grad-cam", "temporal-occlusion")
    job = EXPLANATION.ask(queue, ExplanationParameters.of(path, analysis, SPOT, methods=methods))
    answers = iter([True, False])
    with pytest.raises(Exception, match="cancelled"):
        perform(queue, job, data, lambda *_: next(answers))
    assert explanation_file(data, analysis, SPOT, "grad-cam").is_file()
    assert not explanation_file(data, analysis, SPOT, "temporal-occlusion").is_file()


def test_all_spots_of_an_analysis_are_explained(
    path: Path, queue: JobQueue, data: DataDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    analysis = analysed(path, data, small_model(tmp_path / "m"))
    spots = [SPOT, Spot(1, 4_000_000, "Foul", 0.9), Spot(1, 15_000_000, "Corner", 0.6)]
    monkeypatch.setattr(Analysis, "spots", lambda *_: spots)
    monkeypatch.setattr(explanation, "_AT_ONCE", 2)
    shares = []

    def report(share: float | None, stage: str | None, *_rest: object) -> bool:
        if stage is not None:
            shares.append((share, stage))
        return True

    def explained() -> list[str]:
        return [s.label for s in spots if explanation_file(data, analysis, s, "temporal-occlusion").is_file()]

    parameters = EXPLANATIONS.follow(AnalysisParameters(str(path), ("m",)), analysis.folder, data)
    assert parameters is not None
    job = EXPLANATIONS.ask(queue, parameters)
    assert job.title == f"Explaining {analysis.record.title}"
    other = PLAYBACK.ask(queue, PlaybackParameters(str(path)))
    assert [(j.kind, j.ahead) for j in queue.all_live()] == [(PLAYBACK.name, 0), (EXPLANATIONS.name, 1)]
    asked = queue.take(KINDS.that_need(LONG))
    assert asked is not None
    assert asked.id == other.id  # what somebody asked for comes first, however late
    assert queue.take(KINDS.that_need(LONG)) is None  # and has the machine for itself
    queue.finish(asked, "done")
    first = queue.take(KINDS.that_need(LONG))
    assert first is not None
    KINDS.perform(first, Context(data, report), queue)
    queue.finish(first, "done")
    assert shares == [(0, "Explaining spot 1 of 3"), (pytest.approx(1 / 3), "Explaining spot 2 of 3")]
    assert sorted(explained()) == ["Foul", "Goal"]  # the surest two
    assert [f.is_file() for f in EXPLANATIONS.leaves(parameters, data)] == [
        True,
        False,
    ] * 2  # by time; it has no entities
    assert [j.kind for j in queue.all_live()] == [EXPLANATIONS.name]
    perform(queue, queue.all_live()[0], data)
    assert len(explained()) == 3
    assert queue.all_live() == []


@pytest.fixture
def averaged(path: Path, data: DataDirectory) -> Analysis:
    analysis = make_analysis(open_match(path), data, [SPOT])
    record = replace(analysis.record, model={**analysis.record.model, "members": ["a", "b"]})
    write_record(analysis.folder, record)
    return Analysis.open(analysis.folder)


def test_an_average_of_models_says_why_it_has_no_explanation(
    path: Path, queue: JobQueue, data: DataDirectory, averaged: Analysis
) -> None:
    job = EXPLANATION.ask(queue, ExplanationParameters.of(path, averaged, SPOT))
    with pytest.raises(BadInputError, match="average of several models"):
        perform(queue, job, data)


def test_nothing_is_explained_after_the_analysis_by_an_average(
    path: Path, data: DataDirectory, averaged: Analysis
) -> None:
    assert EXPLANATIONS.follow(AnalysisParameters(str(path), ("a", "b")), averaged.folder, data) is None


# --- how they are asked for -----------------------------------------------------------------------------


def test_each_question_has_a_key_and_a_place_of_its_own(path: Path, data: DataDirectory) -> None:
    analysis = make_analysis(open_match(path), data, [SPOT])
    others: list[tuple[Any, SpotParameters]] = [
        (EXPLANATION, ExplanationParameters.of(path, analysis, SPOT)),
        (EXPLANATION, ExplanationParameters.of(path, analysis, SPOT, methods=("grad-cam",))),
        (EXPLANATION, ExplanationParameters.of(path, analysis, replace(SPOT, label="Foul"))),
        (WHAT_IF, WhatIfParameters.of(path, analysis, SPOT, edit=EDIT)),
        (WHAT_IF, WhatIfParameters.of(path, analysis, SPOT, edit={**EDIT, "x1": 0.3})),
        (WORDS, WordsParameters.of(path, analysis, SPOT, text="the ball")),
        (WORDS, WordsParameters.of(path, analysis, SPOT, text="a card")),
        (FIGURES, FiguresParameters.of(path, analysis, SPOT)),
    ]
    assert len({kind.key(parameters) for kind, parameters in others}) == len(others)
    left = [kind.leaves(parameters, data) for kind, parameters in others]
    assert len(set(left)) == len(left)
    assert EXPLANATION.key(ExplanationParameters.of(path, analysis, SPOT)) == EXPLANATION.key(others[0][1])


def test_a_shipped_explanation_is_the_one_that_is_shown(path: Path, data: DataDirectory, demo: Path) -> None:
    analysis = Analysis.open(demo / "analysis")
    spots = analysis.spots()
    shipped = [explanation_file(data, analysis, spot, "temporal-occlusion") for spot in spots]
    assert shipped
    assert all(file.is_file() and file.is_relative_to(demo) for file in shipped)
    moved = data.root / "moved"
    (moved / "explanations").mkdir(parents=True)
    parameters = ExplanationParameters.of(path, analysis, spots[0])
    one, other = (replace_folder(parameters, folder) for folder in (moved, demo / "analysis"))
    assert EXPLANATION.key(one) == EXPLANATION.key(other)  # wherever the analysis lies
    assert not EXPLANATION.leaves(one, data)[0].is_relative_to(demo)
    assert EXPLANATION.leaves(other, data)[0] == shipped[0]


def replace_folder(parameters: ExplanationParameters, folder: Path) -> ExplanationParameters:
    return ExplanationParameters(
        path=parameters.path, analysis=str(folder), subject=parameters.subject, methods=parameters.methods
    )


def test_an_analysis_that_another_one_replaced_is_not_explained_for_it(
    path: Path, queue: JobQueue, data: DataDirectory
) -> None:
    analysis = make_analysis(open_match(path), data, [SPOT])
    job = EXPLANATION.ask(queue, ExplanationParameters.of(path, analysis, SPOT))
    write_record(analysis.folder, replace(analysis.record, model={**analysis.record.model, "sha256": "f" * 64}))
    with pytest.raises(BadInputError, match="another analysis has taken the place"):
        perform(queue, job, data)


FOREIGN: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "older": lambda parameters: {"path": "a", "analysis": "b", "half": 1, "time": 5, "label": "Goal"},
    "another type": lambda parameters: {**parameters, "methods": "grad-cam"},
    "more": lambda parameters: {**parameters, "beside": True},
}


@pytest.mark.parametrize("how", list(FOREIGN))
def test_a_job_of_another_version_fails_in_one_sentence(
    path: Path, queue: JobQueue, data: DataDirectory, how: str
) -> None:
    analysis = make_analysis(open_match(path), data, [SPOT])
    parameters = EXPLANATION.ask(queue, ExplanationParameters.of(path, analysis, SPOT)).parameters
    job = queue.submit(EXPLANATION.name, how, FOREIGN[how](dict(parameters)))
    with pytest.raises(BadInputError, match=r"another version of Touchline has asked for this .*\. Ask for it again\."):
        EXPLANATION.read(job)


# --- models ---------------------------------------------------------------------------------------------


def test_a_model_that_is_replaced_in_its_folder_no_longer_explains(
    path: Path, data: DataDirectory, tmp_path: Path
) -> None:
    folder = small_model(tmp_path / "m")
    analysis, context = analysed(path, data, folder), Context(data, keep_going, "cpu")
    subject = subject_of(analysis, SPOT)
    probe = probe_for(analysis, path, subject, context)
    assert probe_for(analysis, path, subject, context) is probe
    other = small_model(tmp_path / "n", hidden=24)
    for name in ("card.json", "model.safetensors"):
        shutil.copy(other / name, folder / name)
    with pytest.raises(BadInputError, match="no longer here"):
        probe_for(analysis, path, subject, context)


def test_a_model_that_was_moved_explains_from_there(path: Path, data: DataDirectory, tmp_path: Path) -> None:
    folder = small_model(tmp_path / "m")
    analysis, context = analysed(path, data, folder), Context(data, keep_going, "cpu")
    subject = subject_of(analysis, SPOT)
    network = probe_for(analysis, path, subject, context).model.network
    shutil.move(folder, tmp_path / "moved")
    remember(tmp_path / "moved", str(analysis.record.model["sha256"]), data)
    assert probe_for(analysis, path, subject, context).model.network is network


@pytest.mark.parametrize("kind", ["explanation", "what-if", "words"])
def test_jobs_load_models_on_the_device_that_was_chosen(
    with_entities: tuple[Path, Analysis], data: DataDirectory, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path, analysis = with_entities
    attribution: dict[str, tuple[Any, SpotParameters]] = {
        "explanation": (EXPLANATION, ExplanationParameters.of(path, analysis, SPOT, methods=WHY_METHODS[:1])),
        "what-if": (WHAT_IF, WhatIfParameters.of(path, analysis, SPOT, edit=EDIT)),
        "words": (WORDS, WordsParameters.of(path, analysis, SPOT, text="the ball")),
    }
    loaded: list[str] = []

    def refuse(names: object, device: str) -> None:
        loaded.append(device)
        raise BadInputError("there is no such device in this test")

    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("spotting_core.models.ensemble.load_models", refuse)
    job_kind, parameters = attribution[kind]
    with pytest.raises(BadInputError, match="no such device"):
        job_kind.perform(parameters, Context(data, keep_going))
    assert loaded == ["cuda"]
