"""What the workers do: the kinds of job, how each is asked for, and how each is done."""

from __future__ import annotations

import json
import logging
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from app import clip_export
from app.library import Match
from explain.methods import DEFAULT_IN_TIME, DEFAULT_OF_ENTITIES, METHODS, asked_method, probe_at
from spotting_core.analysis import Analysis
from spotting_core.data_directory import DataDirectory
from spotting_core.errors import BadInputError, CancelledError
from spotting_core.files import read_json, replacing, write_json
from spotting_core.jobs.queue import Job, JobQueue
from spotting_core.media.fingerprint import joint_hash
from spotting_core.media.ingest import ingest
from spotting_core.media.source import open_match
from spotting_core.models.known import folder_of, known_models
from spotting_core.spots import Spot
from spotting_core.store.database import open_database

log = logging.getLogger(__name__)

ANALYSIS, PLAYBACK, EXPLANATION, EXPLANATIONS = "analysis", "playback", "explanation", "explanations"
WHAT_IF, WORDS, FIGURES = "what-if", "words", "figures"
LONG_KINDS, SHORT_KINDS = (ANALYSIS, PLAYBACK, EXPLANATIONS), (EXPLANATION, WHAT_IF, WORDS, FIGURES)
"""Long jobs and short ones have a worker each: an explanation does not wait for an analysis to end."""

_AT_ONCE = 8
"""Spots of a new analysis explained in one job, some seconds: a video to be prepared does not wait for all."""

CLIP_KINDS = (clip_export.KIND,)
"""Clips have one of their own: they are encoded, which neither needs nor holds up a model."""

WHY_METHODS = (DEFAULT_IN_TIME, DEFAULT_OF_ENTITIES)
"""The methods that the why panel shows."""

Tell = Callable[..., bool]
"""``tell(progress, stage, speed, remaining)``; False asks to stop."""


# --- asking ---------------------------------------------------------------------------------------------


def ask_for_analysis(queue: JobQueue, match: Match, *models: str) -> Job:
    """Have a match analysed by a model, or by the average of several, as ``known_models`` names them."""
    key, parameters = f"{ANALYSIS}/{match.path}/{'+'.join(models)}", {"path": str(match.path), "models": list(models)}
    return queue.submit(ANALYSIS, key, parameters, title=match.title, match_id=match.id)


def ask_for_playback(queue: JobQueue, match: Match) -> Job:
    parameters = {"path": str(match.path)}
    return queue.submit(PLAYBACK, f"{PLAYBACK}/{match.path}", parameters, title=match.title, match_id=match.id)


def ask_for_explanation(
    queue: JobQueue, match: Match, analysis: Analysis, spot: Spot, methods: Sequence[str] = WHY_METHODS
) -> Job:
    """Have a spot explained by some methods, in their order; what is kept already is not computed again."""
    parameters = {**_asked(match, analysis, spot), "methods": list(methods)}
    key = explanation_job(analysis, spot, methods)
    return queue.submit(EXPLANATION, key, parameters, title=spot.label, match_id=match.id)


def ask_for_all_explanations(queue: JobQueue, path: Path, analysis: Analysis, first: int = 0) -> Job:
    """Have the spots of a new analysis explained before anybody asks, some at a time.

    Arguments:
        first: how many of them, the surest first, have been explained.
    """
    parameters = {"path": str(path), "analysis": str(analysis.folder), "first": first}
    key, title = f"{EXPLANATIONS}/{analysis.folder}/{first}", f"Explaining {analysis.record.title}"
    return queue.submit(EXPLANATIONS, key, parameters, title=title)


def explanation_job(analysis: Analysis, spot: Spot, methods: Sequence[str] = WHY_METHODS) -> str:
    """Key of the job that explains a spot by some methods."""
    return f"{EXPLANATION}/{explanation_key(analysis, spot, ','.join(methods))}"


def ask_what_if(queue: JobQueue, match: Match, analysis: Analysis, spot: Spot, edit: Mapping[str, Any]) -> Job:
    """Have an edit made and measured: {kind: box | time | entity} and the fields of ``explain.what_if``."""
    parameters = {**_asked(match, analysis, spot), "edit": dict(edit)}
    key = what_if_job(analysis, spot, edit)
    return queue.submit(WHAT_IF, key, parameters, title=f"What if: {spot.label}", match_id=match.id)


def what_if_job(analysis: Analysis, spot: Spot, edit: Mapping[str, Any]) -> str:
    """Key of the job that makes an edit."""
    return f"{WHAT_IF}/{answer_key(analysis, spot, edit)}"


def ask_for_words(queue: JobQueue, match: Match, analysis: Analysis, spot: Spot, text: str) -> Job:
    """Have a text looked for in all pictures of a match, and in the places of those around a spot."""
    parameters = {**_asked(match, analysis, spot), "text": text}
    key = words_job(analysis, spot, text)
    return queue.submit(WORDS, key, parameters, title=f"“{text}”", match_id=match.id)


def words_job(analysis: Analysis, spot: Spot, text: str) -> str:
    """Key of the job that looks for a text."""
    return f"{WORDS}/{explanation_key(analysis, spot, method_of_text(text))}"


def method_of_text(text: str) -> str:
    """Text similarity to words of the user's own, as a method's name with its parameter."""
    return f"text-similarity: {text}"


def ask_for_figures(queue: JobQueue, match: Match, analysis: Analysis, spot: Spot) -> Job:
    """Have the explanations of a spot that are there drawn and packed with their arrays."""
    key = figures_job(analysis, spot)
    return queue.submit(FIGURES, key, _asked(match, analysis, spot), title=f"Figures: {spot.label}", match_id=match.id)


def figures_job(analysis: Analysis, spot: Spot) -> str:
    """Key of the job that draws a spot's explanations."""
    return f"{FIGURES}/{explanation_key(analysis, spot, FIGURES)}"


def figures_file(data: DataDirectory, analysis: Analysis, spot: Spot) -> Path:
    return data.answer(answer_key(analysis, spot, {"kind": FIGURES})).with_suffix(".zip")


def words_key(analysis: Analysis, text: str) -> str:
    return joint_hash([analysis.record.source_id, str(analysis.record.model["sha256"]), WORDS, text])


def answer_key(analysis: Analysis, spot: Spot, edit: Mapping[str, Any]) -> str:
    return explanation_key(analysis, spot, json.dumps(edit, sort_keys=True))


def _asked(match: Match, analysis: Analysis, spot: Spot) -> dict[str, Any]:
    return {
        "path": str(match.path),
        "analysis": str(analysis.folder),
        "half": spot.half,
        "time": spot.time,
        "label": spot.label,
    }


def anchor_time(analysis: Analysis, spot: Spot) -> int:
    """The sample that is explained for a spot (microseconds): the one that votes for it."""
    half = analysis.half(spot.half)
    return int(half.times[half.voting_sample(spot.time, analysis.classes.index(spot.label))])


def explanation_key(analysis: Analysis, spot: Spot, method: str) -> str:
    """Cache key of an explanation: source, model with its settings and what it read, anchor, class and method."""
    source, model = analysis.record.source_id, analysis.record.model
    anchor = anchor_time(analysis, spot)
    model_key = [str(model[name]) for name in ("sha256", "settings", "reads") if name in model]
    return joint_hash([source, *model_key, str(spot.half), str(anchor), spot.label, method])


def unsupported(data: DataDirectory, analysis: Analysis, spot: Spot, method: str) -> str | None:
    """Why a method cannot explain a spot, once that was found out."""
    path = data.answer(explanation_key(analysis, spot, method))
    return str(read_json(path)["unsupported"]) if path.is_file() else None


def explanation_file(data: DataDirectory, analysis: Analysis, spot: Spot, method: str) -> Path:
    """Where an explanation is kept; those that ship with an analysis lie in its own folder."""
    shipped = _beside(analysis, spot, method)
    return shipped if shipped.is_file() else data.explanation(explanation_key(analysis, spot, method)[:32])


def _beside(analysis: Analysis, spot: Spot, method: str) -> Path:
    return analysis.folder / "explanations" / f"{explanation_key(analysis, spot, method)[:32]}.npz"


# --- doing ----------------------------------------------------------------------------------------------


def perform(job: Job, data: DataDirectory, tell: Tell) -> None:
    """Do a job.

    Errors:
        CancelledError: ``tell`` returned False; any other error fails the job.
    """
    _PERFORMERS[job.kind](job.parameters, data, tell)


def _analyse(parameters: Mapping[str, Any], data: DataDirectory, tell: Tell) -> None:
    from spotting_core.inference.ensemble import analyse

    source, known = open_match(Path(parameters["path"])), known_models(data)
    _prepare_playback(source.halves, data, tell)
    model = _model(*(str(known.get(name, name)) for name in parameters["models"]))
    analysis = analyse(source, model, data, report=lambda p: tell(p.share, p.stage, p.speed, p.remaining))
    if not analysis.record.averages:
        ask_for_all_explanations(JobQueue(open_database(data)), source.path, analysis)


def _explain_all(parameters: Mapping[str, Any], data: DataDirectory, tell: Tell) -> None:
    """Explain some spots at the default thresholds, then queue behind whatever else waits for this worker."""
    analysis, path, first = Analysis.open(Path(parameters["analysis"])), Path(parameters["path"]), parameters["first"]
    spots = sorted(analysis.spots(), key=lambda s: -(s.confidence or 0))
    for number, spot in enumerate(spots[first : first + _AT_ONCE], first + 1):
        if not tell((number - 1) / len(spots), f"Explaining spot {number} of {len(spots)}"):
            raise CancelledError("the explanations were cancelled")
        explain_spot(analysis, path, spot, data, lambda *_: True)
    if first + _AT_ONCE < len(spots):
        ask_for_all_explanations(JobQueue(open_database(data)), path, analysis, first + _AT_ONCE)


def _play(parameters: Mapping[str, Any], data: DataDirectory, tell: Tell) -> None:
    _prepare_playback(open_match(Path(parameters["path"])).halves, data, tell)


def _prepare_playback(halves, data: DataDirectory, tell: Tell) -> None:  # type: ignore[no-untyped-def]
    from spotting_core.media.playback import make_playback

    for half in halves:
        make_playback(ingest(half.path, data), lambda share: tell(share, "Preparing the video", None, None))


def _explain(parameters: Mapping[str, Any], data: DataDirectory, tell: Tell) -> None:
    analysis = Analysis.open(Path(parameters["analysis"]))
    spot = Spot(int(parameters["half"]), int(parameters["time"]), str(parameters["label"]))
    explain_spot(analysis, Path(parameters["path"]), spot, data, tell, methods=parameters.get("methods", WHY_METHODS))


def explain_spot(
    analysis: Analysis,
    path: Path,
    spot: Spot,
    data: DataDirectory,
    tell: Tell,
    *,
    methods: Sequence[str] = WHY_METHODS,
    beside: bool = False,
) -> None:
    """Compute and keep explanations of a spot.

    Arguments:
        beside: keep them in the folder of the analysis, to be copied with it, rather than in the data directory.

    Errors:
        BadInputError: the model that made the analysis is no longer here.
    """
    model = _model_of(analysis, data)
    for done, name in enumerate(methods):
        method, parameters = asked_method(name)
        reason = method.supports(model)
        if reason is not None:
            write_json(data.answer(explanation_key(analysis, spot, name)), {"unsupported": reason})
            continue
        target = _beside(analysis, spot, name) if beside else explanation_file(data, analysis, spot, name)
        if target.is_file():
            continue
        if not tell(done / len(methods), method.title):
            raise CancelledError("the explanation was cancelled")
        method.explain(_probe(analysis, path, spot, data), spot.label, **parameters).save(target)


def _what_if(parameters: Mapping[str, Any], data: DataDirectory, tell: Tell) -> None:
    from explain.what_if import edit_of, what_if

    analysis = Analysis.open(Path(parameters["analysis"]))
    spot = Spot(int(parameters["half"]), int(parameters["time"]), str(parameters["label"]))
    tell(None, "Making the edit")
    found = what_if(_probe(analysis, Path(parameters["path"]), spot, data), spot.label, edit_of(parameters["edit"]))
    write_json(data.answer(answer_key(analysis, spot, parameters["edit"])), found.as_json())


def _words(parameters: Mapping[str, Any], data: DataDirectory, tell: Tell) -> None:
    from explain.text_similarity import timeline
    from spotting_core.entities.vision_language import VisionLanguageModel

    analysis, text = Analysis.open(Path(parameters["analysis"])), str(parameters["text"])
    spot = Spot(int(parameters["half"]), int(parameters["time"]), str(parameters["label"]))
    described = _model_of(analysis, data).card.entities
    if described is None:
        raise BadInputError("this model has no vision-language model to ask")
    tell(None, "Looking for the words")
    model = VisionLanguageModel.load(described["model"])
    curves = {
        str(h.half): timeline(text, model, h.array("image_embeddings")).round(4).tolist() for h in analysis.halves
    }
    write_json(data.answer(words_key(analysis, text)), {"text": text, "curves": curves})
    tell(0.5, "Looking where they are")
    probe = _probe(analysis, Path(parameters["path"]), spot, data)
    found = METHODS["text-similarity"].explain(probe, spot.label, text=text)
    found.save(explanation_file(data, analysis, spot, method_of_text(text)))


def _figures(parameters: Mapping[str, Any], data: DataDirectory, tell: Tell) -> None:
    from explain.attribution import Attribution
    from explain.figure import save

    analysis, path = Analysis.open(Path(parameters["analysis"])), Path(parameters["path"])
    spot = Spot(int(parameters["half"]), int(parameters["time"]), str(parameters["label"]))
    probe = _probe(analysis, path, spot, data)
    target = figures_file(data, analysis, spot)
    with (
        replacing(target) as part,
        tempfile.TemporaryDirectory() as folder,
        zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for done, name in enumerate(METHODS):
            kept = explanation_file(data, analysis, spot, name)
            if not kept.is_file():
                continue
            if not tell(done / len(METHODS), f"Drawing {METHODS[name].title}"):
                raise CancelledError("the figures were cancelled")
            packed.write(kept, f"{name}.npz")
            for drawn in save(Attribution.load(kept), probe, Path(folder) / name):
                packed.write(drawn, drawn.name)


def _model_of(analysis: Analysis, data: DataDirectory):  # type: ignore[no-untyped-def]
    if analysis.record.averages:
        raise BadInputError(
            "this is the average of several models, each of which has reasons of its own",
            where=analysis.record.model["name"],
            fix="Choose the analysis of one of them under Model",
        )
    folder = folder_of(analysis.record.model, data)
    model = _model(str(folder)) if folder is not None else None
    known = analysis.record.model
    if model is None or (model.sha256, model.settings) != (known["sha256"], known.get("settings", model.settings)):
        raise BadInputError(
            "the model that made this analysis is no longer here", where=analysis.folder, fix="Analyse the match again"
        )
    return model


_LAST_PROBE: dict[tuple[str, str, int, int], Any] = {}


def _probe(analysis: Analysis, path: Path, spot: Spot, data: DataDirectory) -> Any:
    """The window of a spot ready to be asked; the last one is kept, for one question follows another."""
    anchor = anchor_time(analysis, spot)
    key = (str(analysis.folder), str(analysis.record.model["sha256"]), spot.half, anchor)
    if key not in _LAST_PROBE:
        half = next(h for h in open_match(path).halves if h.half == spot.half)
        model = _model_of(analysis, data)
        _LAST_PROBE.clear()
        _LAST_PROBE[key] = probe_at(analysis, ingest(half.path, data), model, spot.half, anchor)
    return _LAST_PROBE[key]


@lru_cache(maxsize=2)
def _model(*names: str):  # type: ignore[no-untyped-def]
    from spotting_core.models.ensemble import load_models

    return load_models(names)


_PERFORMERS: dict[str, Callable[[Mapping[str, Any], DataDirectory, Tell], None]] = {
    ANALYSIS: _analyse,
    PLAYBACK: _play,
    EXPLANATION: _explain,
    EXPLANATIONS: _explain_all,
    WHAT_IF: _what_if,
    WORDS: _words,
    FIGURES: _figures,
    clip_export.KIND: clip_export.perform,
}
