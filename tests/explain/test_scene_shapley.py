"""Shapley values of the scene, of models whose reasons are known and of a small one that is asked the long way too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from explain.attribution import SPACE
from explain.methods import METHODS
from explain.probe import GRID, ChangedPictures, Probe
from explain.scene_shapley import Groups, explain, in_cells, scene_values
from spotting_core.models.load import load_model
from tests.conftest import small_model
from tests.explain.test_probe import LABEL, N, W, a_window, lively

NEAR = list(range(26, 35))


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Probe:
    folder: Path = tmp_path_factory.mktemp("model")
    model = lively(load_model(small_model(folder, "entity-attention", window=W)))
    return Probe(model, a_window(model), precise=True)


def test_groups_are_the_names_of_each_sample(probe: Probe) -> None:
    groups = Groups.of(probe, NEAR)
    assert probe.entities is not None
    names = probe.entities.entity[0, NEAR]
    assert groups.number.shape == (len(NEAR), N)
    assert groups.number.unique().tolist() == list(range(len(groups)))
    for sample in range(len(NEAR)):
        for one in range(N):
            same = names[sample] == names[sample, one]
            assert torch.equal(groups.number[sample] == groups.number[sample, one], same)
            assert groups.sample[groups.number[sample, one]] == sample


def test_padding_belongs_to_no_group(probe: Probe) -> None:
    assert probe.entities is not None
    share = probe.entities.share.clone()
    share[0, 28, 2] = 0
    padded = Probe(probe.model, probe.window.with_entities(probe.entities.with_share(share)), precise=True)
    groups = Groups.of(padded, NEAR)
    assert groups.number[2, 2] == -1
    assert groups.stays(torch.ones(len(groups), dtype=torch.bool))[2].tolist() == [1, 1, 0, 1, 1]
    assert groups.divided(np.ones(len(groups)), padded)[2, 2] == 0


def test_a_group_that_changes_sides_is_judged_as_the_whole_window_is(probe: Probe) -> None:
    groups = Groups.of(probe, NEAR)
    drawn = torch.rand(len(groups), generator=torch.Generator().manual_seed(4)) < 0.5
    share = probe.share_where(groups.stays(drawn), groups.first)
    assert probe.output.pooled is not None
    with torch.no_grad():
        pictures = probe.mixed(torch.full((1, len(NEAR), 1, 1), 0.3), groups.first)
        changed = probe.with_pictures(pictures, groups.first)
        samples = groups.sample + groups.first
        each = probe.judge_each(changed, share, samples, groups.flipped(drawn))
        for number in range(len(groups)):
            other = drawn.clone()
            other[number] = ~other[number]
            whole = probe.logits(pictures, groups.first, probe.share_where(groups.stays(other), groups.first))
            assert torch.allclose(each[number], whole[0], atol=1e-4)
        assert not torch.allclose(each[0], each[-1], atol=1e-3)
        unchanged = ChangedPictures(probe.output.pooled, probe.row, probe.row)
        assert torch.allclose(probe.judge(unchanged, None), probe.output.logits, atol=1e-4)


def test_with_many_steps_all_that_is_there_adds_up_to_the_change_of_the_score(probe: Probe) -> None:
    attribution = explain(probe, LABEL, steps=48)
    change = attribution.score - attribution.score_baseline
    assert abs(change) > 1e-3
    assert float(attribution.values.sum()) == pytest.approx(change, rel=0.2)


def test_values_of_groups_are_those_of_the_mean_over_all_sets(probe: Probe) -> None:
    """Of two groups, the picture whole: the half of what each adds alone and beside the other."""
    assert probe.entities is not None
    share = torch.zeros_like(probe.entities.share)
    share[0, 30, 0] = share[0, 31, 1] = 1
    grey = np.full_like(probe.window.pictures, 110)  # blurring changes nothing
    window = replace(probe.window, pictures=grey, entities=probe.entities.with_share(share))
    two = Probe(probe.model, window, precise=True)
    groups = Groups.of(two, NEAR)
    assert len(groups) == 2

    def score(*there: bool) -> float:
        stays = groups.stays(torch.tensor(there))
        with torch.no_grad():
            return float(two.at_anchor(two.logits(share=two.share_where(stays, groups.first)), LABEL))

    both, first, second, none = score(True, True), score(True, False), score(False, True), score(False, False)
    expected = [(both - second + first - none) / 2, (both - first + second - none) / 2]
    assert max(map(abs, expected)) > 1e-4
    picture, values = scene_values(two, LABEL, groups, 60)
    assert np.abs(picture).max() < 1e-6
    assert values == pytest.approx(expected, rel=0.2, abs=2e-5)


def test_a_group_is_divided_by_the_weights_of_the_model_and_laid_into_the_cells_of_the_middles(probe: Probe) -> None:
    groups = Groups.of(probe, NEAR)
    values = np.arange(1.0, len(groups) + 1)
    divided = groups.divided(values, probe)
    number = groups.number.numpy()
    assert np.bincount(number.ravel(), divided.ravel()) == pytest.approx(values, rel=1e-5)
    assert probe.output.weight is not None
    weight = probe.output.weight[0, NEAR].numpy() + 1e-6
    same = number == number[0, 0]
    assert divided[0, 0] == pytest.approx(values[number[0, 0]] * weight[0, 0] / weight[same].sum(), rel=1e-4)
    cells = probe.cells(NEAR[0], NEAR[-1] + 1)
    laid = in_cells(divided, cells)
    assert laid.shape == (len(NEAR), *GRID)
    assert laid.sum() == pytest.approx(values.sum(), rel=1e-5)
    row, column = divmod(int(cells[3, 2]), GRID[1])
    assert laid[3, row, column] == pytest.approx(divided[3, cells[3] == cells[3, 2]].sum(), rel=1e-5)


def test_it_answers_as_a_map_and_says_what_it_took_away(probe: Probe) -> None:
    attribution = explain(probe, LABEL)
    assert attribution.kind == SPACE
    assert attribution.values.shape == (W, *GRID)
    assert not attribution.values[[25, 35]].any()
    assert attribution.held_fixed == ""
    assert attribution.baseline == "the 9 frames around the anchor blurred, their entities taken out"
    with torch.no_grad():
        share = probe.share_where(torch.zeros(9, N), NEAR[0])
        empty = probe.logits(probe.blurred[NEAR][None], NEAR[0], share)
    assert attribution.score_baseline == pytest.approx(float(probe.at_anchor(empty, LABEL)), rel=1e-3)


def test_where_nothing_was_found_the_picture_is_explained_alone(probe: Probe) -> None:
    assert probe.entities is not None
    nobody = probe.entities.with_share(torch.zeros_like(probe.entities.share))
    empty = Probe(probe.model, probe.window.with_entities(nobody), precise=True)
    attribution = explain(empty, LABEL)
    assert np.isfinite(attribution.values).all()
    assert np.abs(attribution.values).max() > 0


def test_it_needs_entities_and_an_environment(tmp_path: Path) -> None:
    assert METHODS["scene-shapley"].supports(load_model(small_model(tmp_path / "a", "entity-attention"))) is None
    assert METHODS["scene-shapley"].supports(load_model(small_model(tmp_path / "b", "e2e-spot"))) == (
        "this model has no entities"
    )
