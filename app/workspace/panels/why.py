"""What the why panel says: one sentence and some rows, made only of numbers that were measured."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import streamlit as st

from app.library.library import Match
from app.state import shared_queue, shared_settings
from app.views.shown import LEAST, imported_shown, shown_spots, spot_id
from app.workspace.entry import PANEL, Entry, Events, State
from app.workspace.registry import register
from explain.attribution import Attribution, Cause
from explain.jobs.explanation import EXPLANATION, WHY_METHODS, ExplanationParameters, asked_methods
from explain.kept import explanation_file
from explain.measured import chip, measured_of
from explain.methods import DEFAULT_IN_TIME, DEFAULT_OF_ENTITIES, ENTITIES, METHODS
from spotting_core.analyses.analysis import Analysis, HalfAnalysis
from spotting_core.analyses.so_far import is_blank, is_unfinished
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import TouchlineError
from spotting_core.domain.classes import VOTE
from spotting_core.domain.spots import Spot
from spotting_core.entities.prompts import load_prompts
from spotting_core.jobs.queue import CANCELLED, FAILED, RUNNING, Job

MATTERS = 0.1  # change of the score from which something is said to matter
_SPREAD = 0.05  # of a score, up to which it is told as one number
_FRAMES = 5
_ENTITIES = 6
_CORNERS = ("x1", "y1", "x2", "y2")


class Why(Entry):
    """Tells ``picked`` and ``explain`` {id, half, seconds, label}: the spot that is chosen, and to explain it again."""

    kind = PANEL
    name = "why"
    place = 1
    gives = ("why",)

    def data(self, match: Match, analysis: Analysis, state: State) -> dict[str, Any]:
        spot = chosen_spot(match, analysis)
        return {"why": None if spot is None else {"spot": spot_id(spot), **_state_of(match, analysis, spot)}}

    def events(self, match: Match, analysis: Analysis, state: State) -> Events:
        def choose(event: Mapping[str, Any]) -> None:
            _choose(match, analysis, str(event["id"]))

        return {"picked": choose, "explain": choose}


def chosen_spot(match: Match, analysis: Analysis) -> Spot | None:
    """The spot that the user has chosen in this match, if it still is spotted."""
    owner, wanted = st.session_state.get("chosen", (None, None))
    return _find(match, analysis, wanted) if owner == match.id else None


def _find(match: Match, analysis: Analysis, wanted: str) -> Spot | None:
    return next((s for s in shown_spots(match, analysis, LEAST) if spot_id(s) == wanted), None)


def _choose(match: Match, analysis: Analysis, wanted: str) -> None:
    """Choose a spot, and have what is not known of it measured."""
    spot = _find(match, analysis, wanted)
    if spot is None:
        return
    st.session_state["chosen"] = (match.id, spot_id(spot))
    if reasonless(match, analysis) is None and not _is_complete(analysis, spot):
        EXPLANATION.ask(shared_queue(), _asked(match, analysis, spot), match.id)


def _state_of(match: Match, analysis: Analysis, spot: Spot) -> dict[str, Any]:
    """What is known of a spot: ``state`` ready, working, failed or none, and the content or a message."""
    if message := reasonless(match, analysis):
        return {"state": "none", "message": message}
    try:
        attributions = explanations(shared_settings().data, analysis, spot)
    except TouchlineError as problem:
        return {"state": "failed", "message": str(problem)}
    if attributions is not None:
        return {"state": "ready", **why_panel(analysis, spot, attributions)}
    job = shared_queue().latest(EXPLANATION.key(_asked(match, analysis, spot)))
    if job is None or not job.live:
        return {"state": "failed", "message": job.error if job and job.state == FAILED else _unmeasured(job)}
    stage = job.stage if job.state == RUNNING else ""
    so_far = _so_far(analysis, spot)
    return {"state": "working", "message": f"Measuring: {stage.lower()}" if stage else "", **so_far}


def _asked(match: Match, analysis: Analysis, spot: Spot) -> ExplanationParameters:
    methods = asked_methods(analysis, shared_settings().data)
    return ExplanationParameters.of(match.path, analysis, spot, methods=methods)


def _is_complete(analysis: Analysis, spot: Spot) -> bool:
    """Whether all is known of a spot that is asked of every spot, the map included."""
    data = shared_settings().data
    maps = asked_methods(analysis, data)[len(WHY_METHODS) :]
    return explanations(data, analysis, spot) is not None and all(
        kept_explanation(analysis, spot, name) for name in maps
    )


def _unmeasured(job: Job | None) -> str:
    """Why nothing is known of a spot and nothing is under way."""
    if job is None:
        return "The reasons of this spot have not been measured yet."
    if job.state == CANCELLED:
        return "Measuring the reasons of this spot was cancelled."
    return "The reasons of this spot were measured, and are no longer there."


def reasonless(match: Match, analysis: Analysis) -> str | None:
    """Why no spot of what is shown can be explained, or None."""
    if imported := imported_shown(match, analysis):
        return f"{imported[0].name} gave no reason; only the spots of an analysis can be explained."
    if is_blank(analysis):
        return "No model has looked at this match yet, so there are no reasons."
    if is_unfinished(analysis):
        return "The analysis is not done yet; its reasons come when it is."
    if analysis.record.averages:
        return "The average of several models, each of which has reasons of its own: choose one of them under Model."
    return None


def _so_far(analysis: Analysis, spot: Spot) -> dict[str, Any]:
    """What can be shown while the rest is measured: what the analysis holds anyway, and what is measured already."""
    by_entity, in_time = (
        kept_explanation(analysis, spot, DEFAULT_OF_ENTITIES),
        kept_explanation(analysis, spot, DEFAULT_IN_TIME),
    )
    shown: dict[str, Any] = {}
    if by_entity is not None:
        shown["entities"] = _entities(analysis, spot, by_entity)
    elif analysis.has("entities"):
        shown["entities"] = _attended(analysis, spot)
    if in_time is not None:
        shown |= _in_time(analysis, spot, in_time)
    return shown


def kept_explanation(analysis: Analysis, spot: Spot, method: str) -> Attribution | None:
    """What a method says of a spot, if it was asked and is done; None as well where its file cannot be read."""
    path = explanation_file(shared_settings().data, analysis, spot, method)
    try:
        return Attribution.load(path) if path.is_file() else None
    except TouchlineError:  # told once all is there
        return None


def explanations(data: DataDirectory, analysis: Analysis, spot: Spot) -> dict[str, Attribution] | None:
    """What is known of a spot by method, or None while something that can be computed is missing."""
    attributions = {}
    for name in WHY_METHODS:
        path = explanation_file(data, analysis, spot, name)
        if path.is_file():
            attributions[name] = Attribution.load(path)
        elif ENTITIES not in METHODS[name].needs or analysis.has("entities"):
            return None
    return attributions


def why_panel(analysis: Analysis, spot: Spot, attributions: dict[str, Attribution]) -> dict[str, Any]:
    """What was measured, as the panel shows it (see ``scripts/workspace/panels/why.js``)."""
    in_time = attributions["temporal-occlusion"]
    by_entity = attributions.get("entity-ablation")
    what = f"{analysis.classes.get(spot.label).short} at {analysis.clock(spot.half, spot.time)}"
    return {
        "sentence": sentence(what, spot, _trusted(analysis, in_time), _trusted(analysis, by_entity)),
        "chips": [
            _faithfulness(analysis, in_time.method),
            {
                "kind": "",
                "text": f"Score here {in_time.score:.2f}",
                "hint": of_one_window(analysis, spot, in_time),
            },
        ],
        "entities": _entities(analysis, spot, by_entity) if by_entity else None,
        "noEntities": "This model attends to no entities.",
        **_in_time(analysis, spot, in_time),
    }


def of_one_window(analysis: Analysis, spot: Spot, in_time: Attribution) -> str:
    """What the window's score is of, and how it differs from the spot's."""
    half = analysis.half(spot.half)
    sample = half.nearest_sample(in_time.anchor)
    stored = float(half.scores[sample, analysis.classes.index(spot.label)])
    sentences = f"The model's confidence in one window of {len(in_time.times)} samples around the spot."
    if abs(stored - in_time.score) >= 0.005:
        reason = (
            "this is the greatest near it" if "reads" in analysis.record.model else "the mean where windows overlap"
        )
        sentences += f" What the analysis keeps of that sample is {stored:.2f}: {reason}."
    away = (in_time.anchor - spot.time) / 1e6
    if abs(away) > VOTE:
        sentences += (
            f" The sample that says so lies {abs(away):.1f} s {'before' if away < 0 else 'after'} the spot; "
            "its displacement moves it there."
        )
    return sentences


def _trusted(analysis: Analysis, attribution: Attribution | None) -> Attribution | None:
    """An explanation, unless its method was measured to do no better than random with this model."""
    bad = attribution is None or trust_of(analysis, attribution.method)["state"] == "bad"
    return None if bad else attribution


def trust_of(analysis: Analysis, method: str) -> dict[str, str]:
    """How far a method is to be trusted with the model of an analysis."""
    return chip(measured_of(analysis, shared_settings().data), method)


def _faithfulness(analysis: Analysis, method: str) -> dict[str, str]:
    """The chip that says how far the method is to be trusted with this model."""
    trust = trust_of(analysis, method)
    return {"kind": trust["state"], "text": f"Reasons: {trust['text'].lower()}", "hint": trust["hint"]}


def sentence(what: str, spot: Spot, in_time: Attribution | None, by_entity: Attribution | None) -> list[dict[str, Any]]:
    """The sentence, as parts of which the decisive number is strong; only of explanations that can be trusted.

    Arguments:
        what: class and match time of the spot.
    """
    parts: list[dict[str, Any]] = [{"text": f"{what}, {spot.confidence or 0:.2f}. "}]
    if in_time is None and by_entity is None:
        parts.append({"text": "What mattered is not said: with this model the methods do no better than random."})
        return parts
    entity, both = strongest_entity(by_entity), joint_cause(by_entity)
    moment = int(np.argmax(in_time.values)) if in_time is not None else 0
    fall = float(in_time.values[moment]) if in_time is not None else 0.0
    if entity is None and both is None and fall < MATTERS:
        parts.append({"text": "Nothing that was taken away changes the score by a tenth."})
        return parts
    if entity is not None and by_entity is not None and is_unsure(entity):
        between = " to ".join(f"{bound:.2f}" for bound in _scores(entity, by_entity.score))
        parts.append({"text": f"What the {entity.names[0]} brings is not sure: without it the score is {between}."})
        if both is None and fall < MATTERS:
            return parts
        parts.append({"text": " "})
        entity = None
    falls = "to" if entity is None or entity.effect < 0 else "it falls to"
    if entity is not None and by_entity is not None:
        verb = "falls" if entity.effect < 0 else "rises"
        parts.append({"text": f"Without the {entity.names[0]} the score {verb} from {by_entity.score:.2f} to "})
        parts += _score_without(entity, by_entity.score)
    if both is not None and by_entity is not None:
        parts.append({"text": _without_both(both, entity, by_entity.score, falls)})
        parts += _score_without(both, by_entity.score)
        falls = "to"
    if entity is None and both is None:
        assert in_time is not None
        when = _moment(in_time, moment, spot)
        parts.append({"text": f"{when[0].upper()}{when[1:]} matters most: without it the score is "})
        parts.append({"text": f"{in_time.score - fall:.2f}", "strong": True})
    elif in_time is not None and fall >= MATTERS:
        without = f"; without {_moment(in_time, moment, spot)} alone {falls} "
        parts.append({"text": f"{without}{in_time.score - fall:.2f}"})
    parts.append({"text": "."})
    return parts


def _scores(cause: Cause, score: float) -> tuple[float, float]:
    """Between what the score lies without something."""
    low, high = (min(1.0, max(0.0, score + change)) for change in (cause.low, cause.high))
    return low, high


def _score_without(cause: Cause, score: float) -> list[dict[str, Any]]:
    """The score without something, with its interval where that reaches far from it."""
    without = min(1.0, max(0.0, score + cause.effect))
    part: dict[str, Any] = {"text": f"{without:.2f}", "strong": True}
    low, high = _scores(cause, score)
    far = max(high - without, without - low) > _SPREAD
    return [part, {"text": f" ({low:.2f} to {high:.2f})"}] if far else [part]


def is_unsure(cause: Cause) -> bool:
    """Whether somewhere in its interval a cause changes the score by less than half as much, or the other way."""
    near = cause.high if cause.effect < 0 else cause.low
    return near * np.sign(cause.effect) < abs(cause.effect) / 2


def _without_both(both: Cause, entity: Cause | None, score: float, falls: str) -> str:
    """The clause that two things are missing, after that on the one whose loss costs most, if there is one."""
    first, second = both.names
    if entity is None:
        return f"Without {first} and {second} together the score falls from {score:.2f} to "
    if entity.names[0] in both.names:
        return f", without the {second if entity.names[0] == first else first} too {falls} "
    return f", without {first} and {second} together {falls} "


def strongest_entity(by_entity: Attribution | None) -> Cause | None:
    """The entity whose removal changes the score most, if by enough."""
    alone = by_entity.alone if by_entity is not None else None
    return alone if alone is not None and abs(alone.effect) >= MATTERS else None


def joint_cause(by_entity: Attribution | None) -> Cause | None:
    """Two causes that cost a tenth more together than each alone, and more than that at the end of their interval."""
    if by_entity is None:
        return None
    alone = {by_entity.entities[int(row["entity"])]: -float(row["effect"]) for row in by_entity.values}
    for pair in by_entity.joint:
        dearer = max(0.0, *(alone[name] for name in pair.names))
        if -pair.effect - dearer >= MATTERS and -pair.high > dearer:
            return pair
    return None


def _moment(in_time: Attribution, index: int, spot: Spot) -> str:
    """When a sample of the window is, as seen from the spot; the one nearest to it is the moment itself."""
    away = np.abs(in_time.times - spot.time)
    if away[index] == away.min():
        return "the very moment"
    seconds = (int(in_time.times[index]) - spot.time) / 1e6
    return f"the frame {abs(seconds):.1f} s {'before' if seconds < 0 else 'after'} it"


def _entities(analysis: Analysis, spot: Spot, by_entity: Attribution) -> list[dict[str, Any]]:
    """The entities whose removal changes the score most, that one first."""
    half = analysis.half(spot.half)
    return [
        _entity(half, by_entity.entities[int(row["entity"])], row, round(float(row["effect"]), 3))
        for row in by_entity.values[:_ENTITIES]
    ]


def _attended(analysis: Analysis, spot: Spot) -> list[dict[str, Any]]:
    """The entities that the model attended to most in the nearest sample, one of each kind, the greatest weight first;
    what the score is without them was not measured."""
    half = analysis.half(spot.half)
    table, sample = half.entities, half.nearest_sample(spot.time)
    if table is None or table.weight is None or table.kept is None:
        return []
    kept, weight = table.kept, table.weight
    there = np.flatnonzero(table.sample == sample)
    order = sorted(there, key=lambda i: (not kept[i], -float(weight[i])))
    first = {int(table.entity[i]): i for i in reversed(order)}
    rows = sorted(first.values(), key=order.index)[:_ENTITIES]
    return [
        _entity(
            half,
            table.names[int(table.entity[i])],
            {
                "sample": sample,
                "weight": weight[i],
                "kept": kept[i],
                **dict(zip(_CORNERS, table.box[i], strict=True)),
            },
            None,
        )
        for i in rows
    ]


@lru_cache(maxsize=1)
def _colours() -> dict[str, str]:
    """The colours of entities, by name."""
    return {entity.name: entity.colour for entity in load_prompts().entities}


def _entity(half: HalfAnalysis, name: str, row: Mapping[str, Any], effect: float | None) -> dict[str, Any]:
    """An entity as the panel shows it; without the effect of its removal where that was not measured."""
    sample = int(row["sample"])
    return {
        "name": name,
        "colour": _colours().get(name, "#FFFFFF"),
        "weight": round(float(row["weight"]), 3),
        "kept": bool(row["kept"]),
        "effect": effect,
        "frame": int(half.frames[sample]),
        "seconds": float(half.times[sample]) / 1e6,
        "box": [round(float(row[corner]), 1) for corner in _CORNERS],
    }


def _in_time(analysis: Analysis, spot: Spot, in_time: Attribution) -> dict[str, Any]:
    """The frames that mattered most, and how that was found."""
    return {
        "frames": _frames(analysis, spot, in_time),
        "framesMethod": "occlusion in time",
        "framesHint": f"Fall of the score without a sample ({in_time.baseline}); computed in {in_time.seconds:.1f} s.",
    }


def _frames(analysis: Analysis, spot: Spot, in_time: Attribution) -> list[dict[str, Any]]:
    """The samples whose loss costs most, in order of time."""
    half = analysis.half(spot.half)
    top = np.sort(np.argsort(-in_time.values, kind="stable")[:_FRAMES])
    first = half.nearest_sample(int(in_time.times[0]))
    cells = []
    for index in top:
        sample = first + int(index)
        offset = (int(in_time.times[index]) - spot.time) / 1e6
        value = float(in_time.values[index])
        cells.append({
            "frame": int(half.frames[sample]),
            "seconds": float(half.times[sample]) / 1e6,
            "offset": "0 s" if abs(offset) < 0.05 else f"{'+' if offset > 0 else '−'}{abs(offset):.1f} s",
            "value": round(value, 4),
            "hint": f"Without this frame the score is {in_time.score - value:.2f}",
        })  # fmt: skip
    return cells


register(Why())
