"""Measures of faithfulness on models whose reasons are known, and against hand-computed values."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from explain.faithfulness import (
    MOMENTS,
    PLACES,
    Curves,
    SpotMeasures,
    area,
    correlation,
    default_method,
    entity_measures,
    pointing,
    relevance,
    resampled,
    table,
)
from explain.measured import BETTER_THAN_RANDOM, FAITHFUL, FEWEST_SPOTS, NO_BETTER, TOO_FEW
from explain.methods import METHODS
from explain.probe import GRID, Probe
from explain.what_if import BoxEdit, EntityEdit, TimeEdit, what_if
from spotting_core.base.errors import BadInputError
from tests.explain.toys import OneEntity, OneFrame, explained_window, toy


def test_area_under_a_line() -> None:
    assert area([0, 0.5, 1], [1, 0.5, 0]) == pytest.approx(0.5)
    assert area([0, 0.1, 1], [1, 0, 0]) == pytest.approx(0.05)


def test_the_true_reason_beats_random_orders_and_the_opposite_loses() -> None:
    probe = Probe(toy(OneFrame(-2)), explained_window())
    curves = Curves(probe, "Goal", units=PLACES, seed=0)
    truth = np.zeros(curves.shape)
    truth[curves.near.index(13), :2, :2] = 1
    deletion, insertion = curves.of(truth)
    assert deletion < 0.05
    assert insertion > 0.95
    assert curves.random[0] > deletion + 0.1
    assert curves.random[1] < insertion - 0.03
    worst_deletion, worst_insertion = curves.of(-truth)
    assert worst_deletion > 0.8
    assert worst_insertion < 0.2


def test_in_time_the_frame_that_decides_comes_first() -> None:
    probe = Probe(toy(OneFrame(-2)), explained_window())
    curves = Curves(probe, "Goal", units=MOMENTS, seed=0)
    attribution = METHODS["temporal-occlusion"].explain(probe, "Goal")
    deletion, insertion = curves.of(attribution.values[curves.near].reshape(curves.shape))
    assert deletion < 0.05 < 0.9 < insertion


def test_entities_that_decide_are_comprehensive_and_sufficient() -> None:
    probe = Probe(toy(OneEntity(), entities=True), explained_window(entities=True))
    attribution = METHODS["entity-ablation"].explain(probe, "Yellow card")
    comprehensiveness, sufficiency = entity_measures(probe, "Yellow card", attribution)
    fall = float(torch.tensor(3.0).sigmoid() - torch.tensor(-3.0).sigmoid())
    # Five regions lie near the anchor: of 5 % and 20 % one is taken, of half two; the cards come first.
    assert comprehensiveness == pytest.approx(fall, abs=0.4)
    assert comprehensiveness > 0.5
    assert sufficiency < comprehensiveness


def test_pointing_by_hand() -> None:
    values = np.zeros(GRID)
    values[4, 7] = 1
    # A box in cell (2, 5) only; grown by one cell it covers rows 1 to 3 and columns 4 to 6.
    box = np.array([[5.2 / 14, 2.2 / 8, 5.8 / 14, 2.8 / 8]])
    assert pointing(values, box) == (0.0, 9 / 112)
    values[3, 6] = 2
    assert pointing(values, box) == (1.0, 9 / 112)
    assert pointing(np.zeros(GRID), box)[0] == 0.0


def test_relevance_by_hand() -> None:
    """A box over two cells: one of them has 3 of all 8 that is positive, and is one of the two strongest."""
    values = np.zeros(GRID)
    values[2, 5], values[2, 6], values[4, 7], values[0, 0], values[7, 13] = 3, 0.5, 4, 0.5, -9
    box = np.array([[5.2 / 14, 2.2 / 8, 6.8 / 14, 2.8 / 8]])
    assert relevance(values, box) == (3.5 / 8, 0.5, 2 / 112)
    values[2, 6] = 3.5
    assert relevance(values, box) == (6.5 / 11, 0.5, 2 / 112)  # the box's second is third of all
    values[4, 7] = 0
    assert relevance(values, box) == (6.5 / 7, 1.0, 2 / 112)
    alone = np.zeros(GRID)
    alone[2, 5] = 1
    assert relevance(alone, box) == (1.0, 0.5, 2 / 112)  # of cells that say nothing none is the box's
    assert relevance(-alone, box) == (0.0, 0.0, 2 / 112)
    both = np.concatenate([box, [[0.0, 0.0, 0.5 / 14, 0.5 / 8]]])
    assert relevance(alone, both)[2] == 3 / 112


def test_correlation_of_ranks() -> None:
    a = np.array([1.0, 2.0, 3.0, 4.0])
    assert correlation(a, a**3) == pytest.approx(1)
    assert correlation(a, -a) == pytest.approx(-1)
    assert correlation(a, np.zeros(4)) == 0


def _measures(deletion: float, insertion: float, centre: tuple[float, float]) -> dict[str, float]:
    return {"deletion": deletion, "insertion": insertion, "deletion_random": 0.5, "insertion_random": 0.5,
            "deletion_centre": centre[0], "insertion_centre": centre[1], "pointing": float("nan")}  # fmt: skip


def test_verdicts_and_the_default() -> None:
    spots = []
    for k in range(12):
        wobble = 0.02 * (k % 3)
        spots.append(SpotMeasures("Goal", {
            "occlusion": _measures(0.2 + wobble, 0.8, (0.4, 0.6)),
            "entity-attention": _measures(0.35 + wobble, 0.65, (0.3, 0.7)),
            "grad-cam": _measures(0.5 + (0.1 if k % 2 else -0.1), 0.5, (0.4, 0.6)),
        }))  # fmt: skip
    measures = table(spots)
    assert {n: row["verdict"] for n, row in measures.items()} == {
        "occlusion": FAITHFUL, "entity-attention": BETTER_THAN_RANDOM, "grad-cam": NO_BETTER}  # fmt: skip
    assert measures["occlusion"]["deletion"]["mean"] == pytest.approx(0.22)
    low, high = measures["occlusion"]["deletion"]["interval"]
    assert 0.2 <= low < 0.22 < high <= 0.24
    assert measures["occlusion"]["spots"] == 12
    assert default_method(measures, ("space", "entity")) == "occlusion"
    assert default_method(measures, ("time",)) is None
    few = table(spots[: FEWEST_SPOTS - 1])
    assert {row["verdict"] for row in few.values()} == {TOO_FEW}
    assert default_method(few, ("space", "entity")) is None
    assert {row["verdict"] for row in table(spots[:FEWEST_SPOTS]).values()} != {TOO_FEW}
    assert table(spots[:1])["occlusion"]["deletion"] == {"mean": 0.2, "interval": None}


def test_spots_of_one_match_are_drawn_together() -> None:
    """Six matches of ten equal spots are six values, not sixty; of four matches each spot counts by itself."""
    values = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    spots = [
        SpotMeasures("Goal", {"occlusion": _measures(value, 0.8, (0.4, 0.6))}, f"match {number}")
        for number, value in enumerate(values)
        for _ in range(10)
    ]
    low, high = table(spots)["occlusion"]["deletion"]["interval"]
    assert resampled(spots) == "matches"
    deviation = np.std(values) / np.sqrt(6)  # of a mean of six draws
    assert high - low == pytest.approx(2 * 1.96 * deviation, rel=0.1)
    assert resampled(spots[:40]) == "spots"
    low, high = table(spots[:40])["occlusion"]["deletion"]["interval"]
    assert high - low == pytest.approx(2 * 1.96 * np.std(values[:4]) / np.sqrt(40), rel=0.1)


def test_pointing_stands_there_by_class() -> None:
    hits = (("Goal", 1.0), ("Goal", 0.0), ("Corner", 1.0), ("Foul", float("nan")))
    spots = [
        SpotMeasures(label, {"occlusion": {**_measures(0.2, 0.8, (0.4, 0.6)), "pointing": hit}}) for label, hit in hits
    ]
    row = table(spots)["occlusion"]
    assert row["pointing_by_class"] == {"Corner": {"mean": 1.0, "spots": 1}, "Goal": {"mean": 0.5, "spots": 2}}
    assert row["pointing"]["mean"] == pytest.approx(2 / 3, abs=1e-4)


def test_what_if_a_box_is_blurred() -> None:
    probe = Probe(toy(OneFrame(0)), _contrast_at_anchor())
    effect = what_if(probe, "Goal", BoxEdit(0, 0, 0.2, 0.3), seed=1)
    assert effect.score > 0.95
    assert effect.edited < 0.1
    assert len(effect.controls) == 10
    assert np.median(effect.controls) > 0.9
    with pytest.raises(BadInputError, match="too small"):
        what_if(probe, "Goal", BoxEdit(0.5, 0.5, 0.505, 0.9))


def test_what_if_a_span_of_time_is_taken_out() -> None:
    probe = Probe(toy(OneFrame(-2)), explained_window())
    effect = what_if(probe, "Goal", TimeEdit(-1.0, -0.5))
    assert effect.edited < 0.1
    assert len(effect.controls) > 5
    assert effect.controls.min() > 0.9
    assert effect.curve.shape == effect.curve_edited.shape == (30,)
    with pytest.raises(BadInputError, match="no sample"):
        what_if(probe, "Goal", TimeEdit(0.1, 0.2))


def test_what_if_an_entity_is_taken_out() -> None:
    probe = Probe(toy(OneEntity(), entities=True), explained_window(entities=True))
    effect = what_if(probe, "Yellow card", EntityEdit("yellow card"))
    assert effect.edited == pytest.approx(float(torch.tensor(-3.0).sigmoid()), abs=1e-3)
    assert effect.controls.tolist() == pytest.approx([effect.score] * 2, abs=1e-3)
    with pytest.raises(BadInputError, match="no entity 'dog'"):
        what_if(probe, "Yellow card", EntityEdit("dog"))
    with pytest.raises(BadInputError, match="no entities"):
        what_if(Probe(toy(OneFrame(0)), explained_window()), "Goal", EntityEdit("ball"))


def _contrast_at_anchor():  # type: ignore[no-untyped-def]
    window = explained_window()
    pictures = window.pictures.copy()
    pictures[15, :8:2, :8], pictures[15, 1:8:2, :8] = 250, 0
    return window.with_pictures(pictures)
