"""What the Explain view shows of one spot, as data: maps on one grid, moments, entities, answers."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.library.library import Match
from app.library.roots import source_of
from app.state import shared_queue, shared_settings
from app.views.shown import link, spot_id
from explain.attribution import ENTITY, SPACE, Attribution
from explain.disagreement import disagreement, map_at
from explain.jobs.what_if import WHAT_IF, WhatIfParameters
from explain.jobs.words import WORDS, WordsParameters
from explain.kept import anchor_time, explanation_file, method_of_text, unsupported
from explain.measured import NO_BETTER, chip, measured_of
from explain.methods import METHODS, method_and_parameters
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.errors import TouchlineError
from spotting_core.base.files import read_json
from spotting_core.domain.spots import Spot
from spotting_core.domain.suppression import DEFAULT_THRESHOLD
from spotting_core.entities.prompts import load_prompts
from spotting_core.jobs.queue import CANCELLED, FAILED, RUNNING
from spotting_core.models.card import CARD_FILE, model_folder
from spotting_core.models.known import folder_of

BESIDE = 6
"""Samples shown to either side of the anchor."""
_WORDS_AROUND = 40  # samples of the lane of words to either side
_ENTITIES = 9
_BY_WORDS, _BY_HEADS = "text-similarity", "entity-heads"


@dataclass(frozen=True)
class ShownMethod:
    """One card or line: a method on one model's analysis."""

    analysis: Analysis
    method: str
    title: str = ""
    note: str = ""


@dataclass(frozen=True)
class Shown:
    """What the page shows.

    Arguments:
        cards: with maps; lines: beside them in the panel of moments; unfit: what cannot be had, and why, as
            (title, reason).
        edit, words: what the user asked, if anything.
        jobs: keys of the jobs that explain the spot, by the folder of their analysis.
    """

    match: Match
    analysis: Analysis
    spot: Spot
    cards: Sequence[ShownMethod]
    lines: Sequence[ShownMethod]
    edit: Mapping[str, Any] | None
    words: str | None
    jobs: Mapping[str, str]
    unfit: Sequence[tuple[str, str]] = ()


def first_by_measure(analysis: Analysis, methods: Sequence[str]) -> list[str]:
    """Methods in the order of what they gain over random orders; as they come where nothing was measured."""
    table = measured_of(analysis, shared_settings().data)
    rows = table["methods"] if table else {}

    def gain(name: str) -> float:
        return float(rows[name]["gain_random"]["mean"] or 0) if name in rows else -10.0

    return sorted(methods, key=gain, reverse=True)


def heads_of(analysis: Analysis) -> int:
    """Heads of the attention among entities of an analysis's model; 0 where it has none or is not here."""
    folder = folder_of(analysis.record.model, shared_settings().data)
    card = read_json(folder / CARD_FILE) if folder is not None else {}
    return int(card["config"]["heads"]) if card.get("entities") else 0


def explanation_data(shown: Shown) -> dict[str, Any]:
    """All that the component draws, as JSON."""
    analysis, spot = shown.analysis, shown.spot
    half, action = analysis.half(spot.half), analysis.classes.get(spot.label)
    anchor = half.nearest_sample(anchor_time(analysis, spot))
    samples = list(range(max(0, anchor - BESIDE), min(len(half.times), anchor + BESIDE + 1)))
    column = analysis.classes.index(spot.label)
    path = {h.half: h.path for h in source_of(shown.match.path).halves}.get(spot.half)
    cards = [_card(shown, query, half.times[samples]) for query in shown.cards]
    lines = [_card(shown, query, half.times[samples]) for query in shown.lines]
    return {
        "key": f"{shown.match.id}/{spot_id(spot)}/{'/'.join(c['id'] for c in cards)}",
        "action": {"short": action.short, "light": action.colour_light, "dark": action.colour_dark},
        "picture": link("picture", path, "frames") if path else None,
        "size": [half.record.width, half.record.height],
        "samples": [
            {
                "frame": int(half.frames[s]),
                "offset": round(float(half.times[s] - half.times[anchor]) / 1e6, 2),
                "clock": analysis.clock(spot.half, int(half.times[s]), 1),
                "score": round(float(half.scores[s, column]), 4),
            }
            for s in samples
        ],
        "anchor": samples.index(anchor),
        "window": next((c["window"] for c in cards if c.get("window")), 0),
        "rate": analysis.record.rate,
        "threshold": DEFAULT_THRESHOLD,
        "cards": cards,
        "unfit": [[name, reason] for name, reason in shown.unfit],
        "lines": lines,
        "disagreement": _disagreement(shown, anchor),
        "entities": _entities(shown, samples),
        "edit": _what_if(shown),
        "words": _words(shown, anchor, samples),
        "progress": _progress(shown),
    }


def _disagreement(shown: Shown, anchor: int) -> str:
    """Which of the methods that explain the score point at different places; empty where none do or few are there.

    Arguments:
        anchor: the sample on screen.
    """
    half, maps = shown.analysis.half(shown.spot.half), {}
    entities = half.entities.part(anchor, anchor + 1) if half.entities is not None else None
    size = (half.record.width, half.record.height)
    for query in shown.cards:
        method, _ = method_and_parameters(query.method)
        file = explanation_file(shared_settings().data, query.analysis, shown.spot, query.method)
        own = query.analysis.folder == shown.analysis.folder and method.name not in (_BY_WORDS, _BY_HEADS)
        if not own or not file.is_file():
            continue
        try:
            place = map_at(Attribution.load(file), int(half.times[anchor]), entities, size)
        except TouchlineError:  # its card tells
            continue
        if place is not None:
            maps[query.title or method.title] = place
    return disagreement(maps) or ""


def _progress(shown: Shown) -> dict[str, Any] | None:
    """How far the explanations are that are being computed."""
    live = [job for key in shown.jobs.values() if (job := shared_queue().live(key)) is not None]
    if not live:
        return None
    job = next((j for j in live if j.state == RUNNING), live[0])
    ahead = f"Queued, {job.ahead} ahead" if job.ahead else "Queued, next"
    text = "Cancelling" if job.cancelling else (job.stage or "Starting") if job.state == RUNNING else ahead
    return {"text": text, "share": job.progress, "cancelling": job.cancelling}


# --- cards --------------------------------------------------------------------------------------------


def _card(shown: Shown, query: ShownMethod, times: np.ndarray) -> dict[str, Any]:
    method, _ = method_and_parameters(query.method)
    trust = _trust(query)
    card: dict[str, Any] = {
        "id": f"{query.analysis.record.identity.short}-{query.method.replace(': ', '-')}",
        "title": query.title or method.title,
        "note": query.note or method.note,
        "chip": trust,
        "failing": trust["state"] == "bad",
    }
    name = method_of_text(shown.words) if method.name == _BY_WORDS and shown.words else query.method
    file = explanation_file(shared_settings().data, query.analysis, shown.spot, name)
    if not file.is_file() and name != query.method:  # until the new words have been looked for
        file = explanation_file(shared_settings().data, query.analysis, shown.spot, query.method)
    if not file.is_file():
        return card | _pending(shown, query)
    try:
        attribution = Attribution.load(file)
    except TouchlineError as problem:
        return card | {"state": "failed", "message": str(problem)}
    note = {"note": attribution.baseline.removeprefix("none: ")} if method.name == _BY_WORDS else {}
    return card | note | {"state": "ready", **_drawn(query, attribution, times)}


def _pending(shown: Shown, query: ShownMethod) -> dict[str, Any]:
    reason = unsupported(shared_settings().data, query.analysis, shown.spot, query.method)
    if reason is not None:
        return {"state": "none", "message": reason[0].upper() + reason[1:]}
    key = shown.jobs.get(str(query.analysis.folder))
    state = _state_of(key) if key is not None else None
    if state is not None and state["state"] == "failed":
        return state
    at_it = state is not None and state["message"] == method_and_parameters(query.method)[0].title
    return {"state": "working", "message": "Computing" if at_it else "Waiting"}


def _trust(query: ShownMethod) -> dict[str, str]:
    """The chip of a card: measured faithfulness, or for words how well they find what they name."""
    if query.method.startswith(_BY_HEADS):
        hint = "What a head reads explains no score; take the entity out to see what decides."
        return {"state": "neutral", "text": "Read from the model", "meaning": hint, "hint": hint, "numbers": ""}
    if query.method != _BY_WORDS:
        return chip(measured_of(query.analysis, shared_settings().data), query.method)
    retrieval = _retrieval(query.analysis)
    if retrieval is None:
        hint = "Retrieval was not measured."
        return {"state": "open", "text": "Not tested", "meaning": hint, "hint": hint, "numbers": ""}
    precision, chance = retrieval["mean_average_precision"], retrieval["chance"]
    hint = (
        f"Phrases the model was not taught find their pictures among {retrieval['frames']} with a mean average "
        f"precision of {precision:.2f}; chance is {chance:.2f}. Words explain no score: they show what they find."
    )
    finds = precision > chance
    numbers = f"average precision {precision:.2f} vs {chance:.2f}".replace("0.", ".")
    return {
        "state": "good" if finds else "bad", "text": "Finds words" if finds else "No better than chance",
        "meaning": "Words explain no score: they show what they find.", "hint": hint, "numbers": numbers,
    }  # fmt: skip


def _retrieval(analysis: Analysis) -> Mapping[str, Any] | None:
    folder = folder_of(analysis.record.model, shared_settings().data)
    described = read_json(folder / CARD_FILE).get("entities") if folder else None
    if not described:
        return None
    try:
        scores = read_json(model_folder(described["model"]) / CARD_FILE)["scores"]
    except (TouchlineError, KeyError):
        return None
    return scores.get("retrieval")


def _drawn(query: ShownMethod, attribution: Attribution, times: np.ndarray) -> dict[str, Any]:
    """A found explanation on the samples shown; every map is a share of its own greatest value, which is named."""
    part = query.analysis.half(attribution.half)
    first = part.nearest_sample(int(attribution.times[0]))
    own = np.abs(attribution.times[None] - times[:, None]).argmin(1)  # index in the window of every sample shown
    near = np.abs(attribution.times[own] - times) < 0.5e6 / query.analysis.record.rate
    profile = np.where(near, attribution.over_time(first)[own], 0)
    peak = float(profile.max(initial=0))
    drawn: dict[str, Any] = {
        "profile": [round(float(v) / peak, 4) if peak > 0 else 0.0 for v in profile],
        "computed": (near & _computed(attribution)[own]).tolist(),
        "seconds": round(attribution.seconds, 2),
        "held": attribution.held_fixed,
        "score": round(attribution.score, 4),
        "window": len(attribution.times),
    }
    if attribution.kind == SPACE:
        values = np.where(near[:, None, None], np.maximum(attribution.values[own], 0), 0)
        greatest = float(values.max(initial=0))
        scaled = values / greatest if greatest > 0 else values
        drawn |= {"map": _packed(scaled), "grid": list(attribution.values.shape[1:])}
        shown = values[np.array(drawn["computed"])]
        drawn["still"] = len(shown) > 1 and bool((shown == shown[0]).all())
    elif attribution.kind == ENTITY:
        greatest = float(attribution.speaks_for().max(initial=0))
        drawn["boxes"] = [_boxes(query.analysis, attribution, first + int(i), greatest) for i in own]
    else:
        greatest = float(attribution.values.max(initial=0))
    unit = METHODS[attribution.method].unit
    drawn["scale"] = f"0 to {greatest:.2g} {unit}" if greatest > 0 else "0 everywhere"
    return drawn


def _computed(attribution: Attribution) -> np.ndarray:
    """Which samples of the window a method looked at: bool (W,)."""
    looked = np.ones(len(attribution.times), bool)
    if attribution.kind == SPACE:
        some = np.flatnonzero(attribution.values.any((1, 2)))
        if len(some):
            looked[:] = False
            looked[some[0] : some[-1] + 1] = True
    return looked


def _boxes(analysis: Analysis, attribution: Attribution, sample: int, greatest: float) -> list[list[float]]:
    """[x1, y1, x2, y2 (shares of the picture), value (share of the greatest)] of a sample's entities."""
    record = analysis.half(attribution.half).record
    here = attribution.values["sample"] == sample
    values = attribution.speaks_for()[here] / max(greatest, 1e-9)
    rows = attribution.values[here]
    size = np.array([record.width, record.height] * 2, float)
    corners = np.stack([rows[c] for c in ("x1", "y1", "x2", "y2")], 1) / size if len(rows) else np.zeros((0, 4))
    return [[*np.round(c, 4).tolist(), round(float(v), 4)] for c, v in zip(corners, values, strict=True) if v > 0]


def _packed(values: np.ndarray) -> str:
    """Values from 0 to 1 as base64 of bytes."""
    return base64.b64encode((values * 255).round().astype(np.uint8).tobytes()).decode()


# --- entities -----------------------------------------------------------------------------------------


def _entities(shown: Shown, samples: Sequence[int]) -> dict[str, Any] | None:
    """Per sample shown, its entities as the model read them, with the effect of taking out all of the name."""
    data, analysis, spot = shared_settings().data, shown.analysis, shown.spot
    read = explanation_file(data, analysis, spot, "entity-attention")
    if not read.is_file():
        state = _pending(shown, ShownMethod(analysis, "entity-attention"))
        return None if state["state"] == "working" else {"message": state["message"]}
    attribution = Attribution.load(read)
    without = explanation_file(data, analysis, spot, "entity-ablation")
    effects: dict[int, float] = {}
    if without.is_file():
        measured = Attribution.load(without)
        effects = {int(r["entity"]): float(r["effect"]) for r in measured.values}
    colours = {e.name: e.colour for e in load_prompts().entities}
    table = measured_of(analysis, shared_settings().data)
    near = np.isin(attribution.values["sample"], samples)
    return {
        "score": round(attribution.score, 4),
        "samples": [_rows_of(attribution, s, effects, colours) for s in samples],
        "names": sorted({attribution.entities[int(e)] for e in attribution.values["entity"][near]}),
        "chips": _entity_chips(table),
    }


def _rows_of(
    attribution: Attribution, sample: int, effects: Mapping[int, float], colours: Mapping[str, str]
) -> dict[str, Any]:
    rows = attribution.values[attribution.values["sample"] == sample]
    rows = rows[np.argsort(-rows["weight"], kind="stable")]
    return {
        "total": len(rows),
        "kept": int(rows["kept"].sum()),
        "rows": [
            {
                "name": attribution.entities[int(r["entity"])],
                "colour": colours.get(attribution.entities[int(r["entity"])], "#FFFFFF"),
                "kept": bool(r["kept"]),
                "weight": round(float(r["weight"]), 3),
                "effect": round(effects[int(r["entity"])], 3) if int(r["entity"]) in effects else None,
                "box": [round(float(r[c]), 1) for c in ("x1", "y1", "x2", "y2")],
            }
            for r in rows[:_ENTITIES]
        ],
    }


def _entity_chips(table: Mapping[str, Any] | None) -> list[dict[str, str]]:
    row = table["methods"].get("entity-ablation") if table else None
    if table is None or row is None:
        return []
    source = f"Mean over {row['spots']} spots of {table['source']}, of the order by effect of removal."
    measures = [
        ("Comprehensiveness", "comprehensiveness", "The fall of the score without the first entities. More is better."),
        ("Sufficiency", "sufficiency", "The fall of the score with only the first entities. Less is better."),
    ]
    chips = [
        {"kind": "", "text": f"{title} {row[key]['mean']:.2f}".replace("0.", "."), "hint": f"{hint} {source}"}
        for title, key, hint in measures
        if row[key]["mean"] is not None
    ]
    return chips + (
        [{"kind": "bad", "text": "No better than chance", "hint": source}] if row["verdict"] == NO_BETTER else []
    )


# --- questions ----------------------------------------------------------------------------------------


def _what_if(shown: Shown) -> dict[str, Any] | None:
    """The edit that was asked for, with its answer or how far it is."""
    edit = shown.edit
    if edit is None:
        return None
    parameters = WhatIfParameters.of(shown.match.path, shown.analysis, shown.spot, edit=edit)
    [file] = WHAT_IF.leaves(parameters, shared_settings().data)
    if not file.is_file():
        state = _state_of(WHAT_IF.key(parameters))
        return {"edit": edit, **state} if state else None
    answer = read_json(file)
    first = max(0, answer["anchor"] - BESIDE)
    span = slice(first, answer["anchor"] + BESIDE + 1)
    controls = np.array(answer["controls"], float)
    return {
        "edit": edit,
        "state": "ready",
        "score": answer["score"],
        "edited": answer["edited"],
        "before": answer["curve"][span],
        "after": answer["curve_edited"][span],
        "controls": [len(controls), float(controls.mean()), float(controls.std())] if len(controls) else None,
        "held": answer["held_fixed"],
        "seconds": answer["seconds"],
    }


def _words(shown: Shown, anchor: int, samples: Sequence[int]) -> dict[str, Any] | None:
    text = shown.words
    if text is None:
        return None
    parameters = WordsParameters.of(shown.match.path, shown.analysis, shown.spot, text=text)
    file, _ = WORDS.leaves(parameters, shared_settings().data)
    if not file.is_file():
        state = _state_of(WORDS.key(parameters))
        return {"text": text, **state} if state else None
    curve = np.array(read_json(file)["curves"][str(shown.spot.half)], float)
    low, high = np.percentile(curve, 5), curve.max()
    scaled = np.clip((curve - low) / max(high - low, 1e-6), 0, 1).round(3)
    half = shown.analysis.half(shown.spot.half)
    first, stop = max(0, anchor - _WORDS_AROUND), min(len(curve), anchor + _WORDS_AROUND + 1)
    ends = [shown.analysis.clock(shown.spot.half, int(half.times[i])) for i in (first, stop - 1)]
    part = shown.analysis.classes.parts.name
    return {
        "text": text, "state": "ready", "curve": scaled[first:stop].tolist(), "at": anchor - first, "ends": ends,
        "lane": scaled[list(samples)].tolist(), "range": f"cosine {low:.2f} to {high:.2f} in this {part}",
    }  # fmt: skip


def _state_of(key: str) -> dict[str, Any] | None:
    """How a job is that has not answered yet; None where nobody has asked."""
    job = shared_queue().latest(key)
    if job is None:
        return None
    if job.state == FAILED:
        return {"state": "failed", "message": job.error}
    if job.state == CANCELLED:
        return {"state": "failed", "message": "This was cancelled."}
    return {"state": "working", "message": (job.stage if job.state == RUNNING else "") or "Waiting for its turn"}
