"""Faithfulness: whether what an explanation points at is what the model's score rests on.

Per spot and method:

* deletion and insertion: the places (or samples) are taken out, or put back into an empty window, in the
  order of their values; the area under the score's share of what it was. Deletion should be low, insertion
  high. Beside it the same for random orders and for a blob in the middle of the picture at the anchor.
* the same of people, for models that read who stands where: taken off the pitch one after the other, or put
  back on an empty one; the blob's place takes who is nearest to the middle of the picture and the anchor.
* comprehensiveness and sufficiency, for entities and people: how far the score falls without the first, and
  with these alone.
* pointing: whether the strongest place of the anchor's frame lies in the true box (grown by one cell) of
  what the rules tie to the class; beside it the share of the picture that would count as a hit, and the
  same of those spots alone at which the model has found the thing: it can point at nothing else.
* relevance mass and rank: of all that is positive in the anchor's frame the share that lies in the cells of the
  true box; and of as many of the strongest cells as the box has, the share that are the box's. Beside them the
  share of the picture that the box takes, which both have by chance.
* sanity: correlation with the explanation of a model of random weights; near 0 if the weights matter.
* stability: correlation with the explanation of the same pictures under noise of a few grey levels.
* completeness, for integrated gradients: the share of the score's change that the values add up to.

Papers: Petsiuk et al., "RISE" (BMVC 2018); DeYoung et al., "ERASER" (ACL 2020); Zhang et al., "Top-down Neural
Attention by Excitation Backprop" (ECCV 2016); Arras et al., "CLEVR-XAI: A benchmark dataset for the ground truth
evaluation of neural network explanations" (Information Fusion 2022), for mass and rank; Adebayo et al., "Sanity
Checks for Saliency Maps" (NeurIPS 2018). Differences: the area is of the share of the score, so that spots of
unlike confidence can be averaged; what is taken out is blurred and loses its entities (``probe``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from explain.attribution import ENTITY, TIME, Attribution
from explain.explained_people import Sighting
from explain.integrated_gradients import completeness
from explain.maps import place_map, region_values
from explain.measured import BETTER_THAN_RANDOM, FAITHFUL, FEWEST_SPOTS, NO_BETTER, TOO_FEW
from explain.methods import METHODS, PEOPLE, READ_ONLY, Method
from explain.player_removal import NAME as PLAYER_REMOVAL
from explain.player_removal import by_person
from explain.probe import GRID, Probe
from spotting_core.models.load import LoadedModel

PLACES, MOMENTS, SOMEBODY = "places", "moments", "people"
"""What is taken out one after the other."""
SPAN = 4  # samples to either side of the anchor, for places
TIME_SPAN = 8  # the same, for moments
STEPS = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75)  # shares of the places taken out, beside none and all
_RANDOM_ORDERS = 3
_TOP = (0.05, 0.2, 0.5)  # shares of the regions, for comprehensiveness and sufficiency
_NOISE = 2.0  # grey levels, standard deviation
_FEATURE_NOISE = 0.02  # of the features' own spread
_RESAMPLES = 2000
_FEW_MATCHES = 5  # too few to draw from
MATCHES, SPOTS = "matches", "spots"
"""What intervals are drawn from."""


@dataclass
class SpotMeasures:
    """What was measured of one spot.

    Arguments:
        label: its class.
        methods: method to measure to value; NaN where a measure does not apply.
        match: content hash of its match.
    """

    label: str
    methods: dict[str, dict[str, float]] = field(default_factory=dict)
    match: str = ""


@dataclass(frozen=True)
class TrueBoxes:
    """Of what the rules tie to a class, in the anchor's frame.

    Arguments:
        boxes: (N, 4), shares of the picture; is_read: bool (N,), whether the model reads an entity there of that name.
    """

    boxes: np.ndarray
    is_read: np.ndarray


# --- curves -------------------------------------------------------------------------------------------


def area(shares: Sequence[float], scores: Sequence[float]) -> float:
    """Area under a curve of scores over the share taken out (or put back), by the trapezoid rule."""
    return float(np.trapezoid(scores, shares))


class Curves:
    """Deletion and insertion over one probe's places, samples or people, with what random orders and a blob give.

    Arguments:
        units: ``PLACES``, ``MOMENTS`` or ``SOMEBODY``.
    """

    def __init__(self, probe: Probe, label: str, *, units: str, seed: int) -> None:
        self.probe, self.label, self.units = probe, label, units
        self.near = probe.window.near(SPAN if units == PLACES else TIME_SPAN)
        count = len(probe.people.sightings) if units == SOMEBODY else len(self.near)
        self.shape = (count, *GRID) if units == PLACES else (count, 1, 1)
        self.rng = np.random.default_rng(seed)
        self.whole = max(probe.score(label), 1e-6)
        self.empty = self._scores([np.zeros(self.shape)])[0]
        orders = [self.rng.random(self.shape) for _ in range(_RANDOM_ORDERS)]
        self.random = tuple(np.mean([self.of(values) for values in orders], axis=0))
        self.centre = self.of(self._blob())

    def of(self, values: np.ndarray) -> tuple[float, float]:
        """Deletion and insertion areas of an order given by values (n, rows, columns) or (n, 1, 1); of nobody NaN."""
        if not values.size:
            return float("nan"), float("nan")
        ties = self.rng.random(values.shape)
        order = np.lexsort((ties.ravel(), -values.ravel()))
        masks = []
        for share in STEPS:
            mask = np.ones(values.size)
            mask[order[: max(1, round(share * values.size))]] = 0
            masks.append(mask.reshape(values.shape))
        scores = self._scores([*masks, *(1 - mask for mask in masks)])
        deleted, inserted = scores[: len(masks)], scores[len(masks) :]
        shares = [0.0, *STEPS, 1.0]
        return area(shares, [1.0, *deleted, self.empty]), area(shares, [self.empty, *inserted, 1.0])

    def _scores(self, masks: Sequence[np.ndarray]) -> list[float]:
        if self.units == SOMEBODY:
            gone = [set(np.flatnonzero(mask.ravel() == 0).tolist()) for mask in masks]
            confidence = self.probe.at_anchor(self.probe.without_people(gone), self.label)
            return [float(v) / self.whole for v in confidence]
        presence = torch.from_numpy(np.stack(masks).astype(np.float32))
        confidence = self.probe.at_anchor(self.probe.keep(presence, self.near[0]), self.label)
        return [float(v) / self.whole for v in confidence]

    def _blob(self) -> np.ndarray:
        """Falls with the distance from the middle of the picture and from the anchor."""
        if self.units == SOMEBODY:
            return -np.array([_far(one, self.probe) for one in self.probe.people.sightings]).reshape(self.shape)
        count, rows, columns = self.shape
        t = (np.arange(count) + self.near[0] - self.probe.window.anchor) / max(1, count / 2)
        y = (np.arange(rows) - (rows - 1) / 2) / max(1, rows / 2)
        x = (np.arange(columns) - (columns - 1) / 2) / max(1, columns / 2)
        blob: np.ndarray = -(t[:, None, None] ** 2 + y[None, :, None] ** 2 + x[None, None, :] ** 2)
        return blob


def _far(one: Sighting, probe: Probe) -> float:
    """Squared distance of somebody from the middle of the picture and from the anchor, each as a share of the most."""
    x1, y1, x2, y2 = one.somebody.box or (0.0, 0.0, 0.0, 0.0)
    away = (one.sample - probe.window.anchor) / TIME_SPAN
    return (x1 + x2 - 1) ** 2 + (y1 + y2 - 1) ** 2 + away**2


# --- entities, pointing, sanity -----------------------------------------------------------------------


def entity_measures(probe: Probe, label: str, attribution: Attribution) -> tuple[float, float]:
    """Comprehensiveness and sufficiency: mean falls of the score without, and with only, the first regions."""
    near = probe.window.near(SPAN)
    values = region_values(attribution, probe, near)
    there = ~np.isnan(values)
    total = int(there.sum())
    if not total:
        return float("nan"), float("nan")
    order = np.argsort(-np.where(there, values, -np.inf), axis=None, kind="stable")[:total]
    assert probe.entities is not None
    rows = [probe.window.before + sample for sample in near]
    gone = torch.zeros(2 * len(_TOP), *probe.entities.share.shape[1:], dtype=torch.bool)
    for row, share in enumerate(_TOP):
        first = np.zeros(values.size, bool)
        first[order[: max(1, round(share * total))]] = True
        chosen = torch.from_numpy(first.reshape(values.shape) & there)
        gone[row, rows] = chosen
        gone[len(_TOP) + row, rows] = torch.from_numpy(there) & ~chosen
    scores = probe.at_anchor(probe.without_entities(gone.to(probe.model.device)), label).cpu().numpy()
    score = probe.score(label)
    return float(np.mean(score - scores[: len(_TOP)])), float(np.mean(score - scores[len(_TOP) :]))


def people_measures(probe: Probe, label: str, falls: np.ndarray) -> tuple[float, float]:
    """The same of people: without, and with only, those whose falls are the first."""
    if not len(falls):
        return float("nan"), float("nan")
    order = np.argsort(-falls, kind="stable")
    first = [set(order[: max(1, round(share * len(falls)))].tolist()) for share in _TOP]
    others = [set(range(len(falls))) - some for some in first]
    scores = probe.at_anchor(probe.without_people([*first, *others]), label).cpu().numpy()
    score = probe.score(label)
    return float(np.mean(score - scores[: len(_TOP)])), float(np.mean(score - scores[len(_TOP) :]))


def pointing(values: np.ndarray, boxes: np.ndarray) -> tuple[float, float]:
    """Whether the strongest cell lies in one of the boxes grown by one cell, and the share of cells that do.

    Arguments:
        values: (rows, columns); boxes: (N, 4), shares of the picture.
    """
    inside = _cells_of(boxes, values.shape, grown=1)
    strongest = np.unravel_index(int(values.argmax()), values.shape)
    return float(inside[strongest]) if values.max() > 0 else 0.0, float(inside.mean())


def relevance(values: np.ndarray, boxes: np.ndarray) -> tuple[float, float, float]:
    """Relevance mass accuracy, relevance rank accuracy, and the share of cells that lie in the boxes.

    Arguments:
        values: (rows, columns), of which the positive ones count; boxes: (N, 4), shares of the picture.
    """
    inside = _cells_of(boxes, values.shape).ravel()
    positive = values.clip(0).ravel()
    if not positive.any() or not inside.any():
        return 0.0, 0.0, float(inside.mean())
    strongest = np.argsort(-positive, kind="stable")[: inside.sum()]
    found = inside[strongest] & (positive[strongest] > 0)
    return float(positive[inside].sum() / positive.sum()), float(found.mean()), float(inside.mean())


def _cells_of(boxes: np.ndarray, shape: tuple[int, ...], *, grown: int = 0) -> np.ndarray:
    """Cells that some boxes touch, grown by so many: bool (rows, columns)."""
    rows, columns = shape
    inside = np.zeros(shape, bool)
    for x1, y1, x2, y2 in boxes:
        left, right = int(np.floor(x1 * columns)) - grown, int(np.ceil(x2 * columns)) + grown
        top, bottom = int(np.floor(y1 * rows)) - grown, int(np.ceil(y2 * rows)) + grown
        inside[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = True
    return inside


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Rank correlation of two maps; 0 where one of them says nothing."""
    ranks = [np.argsort(np.argsort(v.ravel(), kind="stable"), kind="stable").astype(float) for v in (a, b)]
    if a.std() == 0 or b.std() == 0:
        return 0.0
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def randomised(model: LoadedModel, seed: int) -> LoadedModel:
    """The same model with weights as they were before training."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = model.system.build(model.config).eval().to(model.device)
    return replace(model, network=network)


def noisy(probe: Probe, seed: int) -> Probe:
    """The same window under a little noise: of grey levels, and of a share of the features' own spread."""
    rng, window = np.random.default_rng(seed), probe.window
    if len(window.pictures):
        pictures = window.pictures.astype(np.float32)
        pictures = (pictures + rng.normal(0, _NOISE, pictures.shape)).clip(0, 255).round().astype(np.uint8)
        window = window.with_pictures(pictures)
    if window.features is not None:
        spread = window.features.std(0, keepdims=True)
        noise = rng.normal(0, 1, window.features.shape) * spread * _FEATURE_NOISE
        window = window.with_features((window.features + noise).astype(np.float32))
    return Probe(probe.model, window)


# --- one spot, and all of them ------------------------------------------------------------------------


def measure_spot(
    probe: Probe,
    label: str,
    *,
    truth: TrueBoxes | None,
    methods: Sequence[Method],
    seed: int = 0,
    controls: bool = True,
) -> SpotMeasures:
    """All measures of all methods for one class at one anchor.

    Arguments:
        controls: whether sanity and stability are measured, for which everything is explained twice more; else NaN.
    """
    others = [Probe(randomised(probe.model, seed), probe.window), noisy(probe, seed)] if controls else []
    measures = SpotMeasures(label)
    curves: dict[str, Curves] = {}
    for method in methods:
        units = SOMEBODY if PEOPLE in method.needs else MOMENTS if method.kind == TIME else PLACES
        if units == SOMEBODY:  # the same people, whatever the weights and under noise
            for other in others:
                other.people = probe.people
        if units not in curves:
            curves[units] = Curves(probe, label, units=units, seed=seed)
        attribution = method.explain(probe, label)
        values = _values(attribution, probe, curves[units])
        sanity, stability = [
            correlation(values, _values(method.explain(other, label), other, curves[units])) for other in others
        ] or [float("nan")] * 2
        deletion, insertion = curves[units].of(values)
        measures.methods[method.name] = {
            "deletion": deletion,
            "insertion": insertion,
            **_references(curves[units]),
            "sanity": sanity,
            "stability": stability,
            **_of_kind(probe, label, attribution, values, truth),
        }
    return measures


def _values(attribution: Attribution, probe: Probe, curves: Curves) -> np.ndarray:
    if curves.units == SOMEBODY:
        return by_person(attribution, probe).reshape(curves.shape)
    if attribution.kind == TIME:
        return np.asarray(attribution.values[curves.near]).reshape(curves.shape)
    places = place_map(attribution, probe, curves.near)
    assert places is not None
    return places


def _references(curves: Curves) -> dict[str, float]:
    names = ("deletion_random", "insertion_random", "deletion_centre", "insertion_centre")
    return dict(zip(names, (*curves.random, *curves.centre), strict=True))


def _of_kind(
    probe: Probe, label: str, attribution: Attribution, values: np.ndarray, truth: TrueBoxes | None
) -> dict[str, float]:
    measures = dict.fromkeys(
        (
            "comprehensiveness",
            "sufficiency",
            "pointing",
            "pointing_chance",
            "pointing_where_read",
            "relevance_mass",
            "relevance_rank",
            "relevance_chance",
            "completeness",
        ),
        float("nan"),
    )
    if attribution.method == PLAYER_REMOVAL:
        measures["comprehensiveness"], measures["sufficiency"] = people_measures(probe, label, values.ravel())
        return measures
    if attribution.kind == ENTITY:
        measures["comprehensiveness"], measures["sufficiency"] = entity_measures(probe, label, attribution)
    if attribution.kind != TIME and truth is not None and len(truth.boxes):
        at = probe.window.near(SPAN).index(probe.window.anchor)
        measures["pointing"], measures["pointing_chance"] = pointing(values[at], truth.boxes)
        mass, rank, chance = relevance(values[at], truth.boxes)
        measures |= {"relevance_mass": mass, "relevance_rank": rank, "relevance_chance": chance}
        if truth.is_read.any():
            measures["pointing_where_read"] = measures["pointing"]
    if attribution.method == "integrated-gradients":
        measures["completeness"] = completeness(attribution)
    return measures


def fitting_methods(model: LoadedModel) -> list[Method]:
    """Methods that explain a model's score: all that it supports and that speak of the score."""
    return [m for m in METHODS.values() if m.supports(model) is None and m.name not in READ_ONLY]


# --- the table ----------------------------------------------------------------------------------------


def table(spots: Sequence[SpotMeasures], seed: int = 0) -> dict[str, dict[str, Any]]:
    """Methods by measures, each a mean over spots with a 95 % bootstrap interval (see ``resampled``), and the verdict.

    A method is faithful if it beats both random orders and the centred blob beyond chance: the 95 % interval
    of (its gain in deletion + its gain in insertion), paired by spot, lies above zero. Of fewer than ``FEWEST_SPOTS``
    spots there is no verdict. Pointing stands there by class
    as well, for each names another thing.
    """
    rng = np.random.default_rng(seed)
    names = list(dict.fromkeys(name for spot in spots for name in spot.methods))
    by_method = {}
    for name in names:
        own = [spot for spot in spots if name in spot.methods]
        rows, matches = [spot.methods[name] for spot in own], np.array([spot.match for spot in own])
        measures = {key: _interval(np.array([row[key] for row in rows]), matches, rng) for key in rows[0]}
        gains = {kind: _interval(_gain(rows, kind), matches, rng) for kind in ("random", "centre")}
        by_method[name] = {**measures, "gain_random": gains["random"], "gain_centre": gains["centre"],
                       "verdict": _verdict(gains, int(np.isfinite(_gain(rows, "random")).sum())), "spots": len(rows),
                       "pointing_by_class": _pointing_by_class(own, name)}  # fmt: skip
    return by_method


def resampled(spots: Sequence[SpotMeasures]) -> str:
    """What intervals are drawn from: ``MATCHES``, for spots of one are alike, or ``SPOTS`` where there are too few."""
    return MATCHES if len({spot.match for spot in spots}) >= _FEW_MATCHES else SPOTS


def _pointing_by_class(spots: Sequence[SpotMeasures], name: str) -> dict[str, dict[str, float]]:
    """Class to the share of its spots at which a method points at what the rules name, and how many these are."""
    hits: dict[str, list[float]] = {}
    for spot in spots:
        value = spot.methods[name]["pointing"]
        if not np.isnan(value):
            hits.setdefault(spot.label, []).append(value)
    return {label: {"mean": round(float(np.mean(own)), 4), "spots": len(own)} for label, own in sorted(hits.items())}


def _gain(rows: Sequence[Mapping[str, float]], kind: str) -> np.ndarray:
    return np.array([r[f"deletion_{kind}"] - r["deletion"] + r["insertion"] - r[f"insertion_{kind}"] for r in rows])


def _verdict(gains: Mapping[str, Mapping[str, Any]], known: int) -> str:
    """By gains over references, which are known of so many spots."""
    if known < FEWEST_SPOTS:
        return TOO_FEW
    beats = {kind: gain["interval"] is not None and gain["interval"][0] > 0 for kind, gain in gains.items()}
    if not beats["random"]:
        return NO_BETTER
    return FAITHFUL if beats["centre"] else BETTER_THAN_RANDOM


def _interval(values: np.ndarray, matches: np.ndarray, rng: np.random.Generator) -> dict[str, Any]:
    """Mean of values (N,) and its interval, None of a single value; those of a match (N,) are drawn together where
    there are enough matches."""
    known = ~np.isnan(values)
    values, matches = values[known], matches[known]
    if not len(values):
        return {"mean": None, "interval": None}
    _, unit = np.unique(matches, return_inverse=True)
    if unit.max() + 1 < _FEW_MATCHES:
        unit = np.arange(len(values))
    if len(values) == 1:
        return {"mean": round(float(values[0]), 4), "interval": None}
    sums, counts = np.bincount(unit, values), np.bincount(unit)
    drawn = rng.integers(len(sums), size=(_RESAMPLES, len(sums)))
    means = sums[drawn].sum(1) / counts[drawn].sum(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return {"mean": round(float(values.mean()), 4), "interval": [round(float(low), 4), round(float(high), 4)]}


def default_method(methods: Mapping[str, Mapping[str, Any]], kinds: Sequence[str]) -> str | None:
    """The method of some kinds that gains most over random orders; None if none gains anything, or nobody can say."""
    own = {n: row["gain_random"]["mean"] for n, row in methods.items()
           if METHODS[n].kind in kinds and row["verdict"] != TOO_FEW}  # fmt: skip
    best = max(own, key=lambda n: own[n] or 0.0, default=None)
    return best if best is not None and (own[best] or 0.0) > 0 else None
