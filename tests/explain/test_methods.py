"""Explanations of toy models whose reasons are known."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from explain import entity_ablation
from explain.attribution import ENTITY_ROW, Attribution, Cause
from explain.explained_window import window_around
from explain.methods import METHODS, OF_PAIRS, explain
from explain.probe import Probe, blurred
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.inference.analyse import analyse_match
from spotting_core.media.ingest import ingest
from spotting_core.media.source import open_match
from spotting_core.models.inputs import Inputs
from spotting_core.models.load import load_model
from spotting_core.models.window import Output, Window
from tests.conftest import small_model
from tests.explain.toys import OneEntity, OneFrame, explained_window, toy
from tests.videos import make_video, steady


def test_occlusion_in_time_finds_the_one_frame_that_decides() -> None:
    attribution = explain(toy(OneFrame(-2)), explained_window(), "Goal", method="temporal-occlusion")
    assert int(attribution.values.argmax()) == 13
    assert attribution.score > 0.95
    # Without that frame the contrast is gone: sigmoid(-5).
    assert attribution.values[13] == pytest.approx(attribution.score - 1 / (1 + math.exp(5)), abs=0.01)
    assert np.abs(np.delete(attribution.values, 13)).max() < 1e-4
    assert attribution.score_baseline == pytest.approx(1 / (1 + math.exp(5)), abs=0.01)
    assert (attribution.half, attribution.label, attribution.kind) == (1, "Goal", "time")
    assert attribution.anchor == 115 * 500_000


@pytest.mark.parametrize("offset", [-3, -1, 0, 1])
def test_a_shift_by_a_frame_would_be_seen(offset: int) -> None:
    # The same picture asked of a model that looks elsewhere: nothing there, so nothing matters.
    attribution = explain(toy(OneFrame(offset)), explained_window(), "Goal", method="temporal-occlusion")
    assert np.abs(attribution.values).max() < 1e-3


def test_occlusion_can_be_stopped() -> None:
    shares: list[float] = []
    explain(
        toy(OneFrame(-2)),
        explained_window(),
        "Goal",
        method="temporal-occlusion",
        report=lambda s: shares.append(s) or len(shares) < 3,
    )
    assert len(shares) == 3


def test_blurring_leaves_nothing_to_tell_apart() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (126, 224, 3), dtype=np.uint8)
    assert blurred(picture).astype(float).std() < 0.05 * picture.astype(float).std()


def test_ablation_finds_the_one_entity_that_decides() -> None:
    model, window = toy(OneEntity(), entities=True), explained_window(entities=True)
    attribution = explain(model, window, "Yellow card", method="entity-ablation")
    first = attribution.values[0]
    assert attribution.entities[first["entity"]] == "yellow card"
    with_card, without = 1 / (1 + math.exp(-3)), 1 / (1 + math.exp(3))
    assert attribution.score == pytest.approx(with_card, abs=1e-4)
    assert first["effect"] == pytest.approx(without - with_card, abs=1e-4)
    assert attribution.score_baseline == pytest.approx(without, abs=1e-4)
    others = attribution.values[1:]
    assert sorted(attribution.entities[r["entity"]] for r in others) == ["ball", "player"]
    assert np.abs(others["effect"]).max() < 1e-6
    # The row shown is the heaviest region at the anchor's own sample.
    assert (first["sample"], first["x1"], first["weight"]) == (115, 2, pytest.approx(0.75))


def test_of_two_entities_that_each_suffice_ablation_names_the_pair() -> None:
    class Either(OneEntity):
        """Says "yellow card" where a card or a ball is in the set."""

        def forward(self, window: Window) -> Output:
            assert window.entities is not None
            either = window.entities.with_share(window.entities.share * (window.entities.entity < 2))
            as_cards = replace(either, entity=torch.ones_like(either.entity))
            return super().forward(replace(window, entities=as_cards))

    window = explained_window(entities=True)
    attribution = explain(toy(Either(), entities=True), window, "Yellow card", method="entity-ablation")
    assert np.abs(attribution.values["effect"]).max() < 1e-6
    lost = 1 / (1 + math.exp(3)) - 1 / (1 + math.exp(-3))
    assert [set(pair.names) for pair in attribution.joint] == [{"ball", "yellow card"}]
    assert attribution.joint[0].effect == pytest.approx(lost, abs=1e-4)
    # Nothing else is read, so that whatever else was missed changes nothing.
    assert (attribution.joint[0].low, attribution.joint[0].high) == pytest.approx((lost, lost), abs=1e-4)


def test_a_pair_that_matters_only_beside_something_else_has_a_wide_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    class EitherBesidePlayers(OneEntity):
        """Says "yellow card" where a card or a ball is in the set, and a player in the same frame."""

        def forward(self, window: Window) -> Output:
            assert window.entities is not None
            share, entity = window.entities.share, window.entities.entity
            beside = (share * (entity == 2)).amax(2, keepdim=True)
            either = window.entities.with_share(share * (entity < 2) * beside)
            return super().forward(replace(window, entities=replace(either, entity=torch.ones_like(entity))))

    monkeypatch.setattr(entity_ablation, "_MISSED", 0.5)
    window = explained_window(entities=True)
    attribution = explain(toy(EitherBesidePlayers(), entities=True), window, "Yellow card", method="entity-ablation")
    pair = next(pair for pair in attribution.joint if set(pair.names) == {"ball", "yellow card"})
    assert pair.low == pytest.approx(pair.effect, abs=1e-4)
    assert pair.high == pytest.approx(0, abs=1e-4)  # without the player there is nothing to lose


def test_where_one_entity_decides_alone_no_pair_costs_more() -> None:
    attribution = explain(
        toy(OneEntity(), entities=True), explained_window(entities=True), "Yellow card", method="entity-ablation"
    )
    assert attribution.joint == ()
    lost, alone = float(attribution.values["effect"][0]), attribution.alone
    assert lost < -0.4
    assert alone == Cause(("yellow card",), lost, pytest.approx(lost, abs=1e-4), pytest.approx(lost, abs=1e-4))  # type: ignore[arg-type]


@pytest.mark.parametrize("where", ["picture", "both"])
def test_how_sure_a_loss_is_is_asked_of_the_set_alone(where: str) -> None:
    window = explained_window(entities=True)
    model = toy(OneEntity(), entities=True)
    attribution = explain(model, window, "Yellow card", method="entity-ablation", where=where)
    assert attribution.alone is None
    assert attribution.joint == ()


def test_ablation_equals_a_direct_call_without_the_entity() -> None:
    model, window = toy(OneEntity(), entities=True), explained_window(entities=True)
    attribution = explain(model, window, "Yellow card", method="entity-ablation")
    assert window.entities is not None
    share = window.entities.share.clone()
    share[:, 7:24][window.entities.entity[:, 7:24] == 1] = 0
    direct = Probe(model, window.with_entities(window.entities.with_share(share))).score("Yellow card")
    assert attribution.score + attribution.values[0]["effect"] == pytest.approx(direct, abs=1e-4)


def test_entity_attention_reads_the_models_own_weights() -> None:
    window = explained_window(entities=True)
    attribution = explain(toy(OneEntity(), entities=True), window, "Yellow card", method="entity-attention")
    assert attribution.values.dtype == ENTITY_ROW
    assert attribution.values["weight"].tolist() == pytest.approx([0, 0.25, 0.75, 0, 0.75, 0.75])
    assert attribution.values["kept"].tolist() == [False, True, True, False, True, True]
    assert attribution.values["sample"].tolist() == [114, 115, 115, 115, 116, 125]
    assert np.isnan(attribution.values["effect"]).all()


def test_a_method_that_does_not_fit_says_why() -> None:
    with pytest.raises(BadInputError, match="this model has no entities"):
        explain(toy(OneFrame(0)), explained_window(), "Goal", method="entity-ablation")
    with pytest.raises(BadInputError, match="no method 'tea-leaves'"):
        explain(toy(OneFrame(0)), explained_window(), "Goal", method="tea-leaves")
    with pytest.raises(BadInputError, match="'Homerun' is not in the class table"):
        explain(toy(OneFrame(0)), explained_window(), "Homerun", method="temporal-occlusion")
    with pytest.raises(BadInputError, match="this model has no temporal attention"):
        explain(toy(OneFrame(0)), explained_window(), "Goal", method="temporal-attention")
    with pytest.raises(BadInputError, match="this model has no environment backbone"):
        explain(toy(OneFrame(0)), explained_window(), "Goal", method="grad-cam")
    assert {m.kind for m in METHODS.values()} == {"time", "entity", "space"}


def test_occlusion_finds_the_place_that_decides() -> None:
    window = explained_window()
    attribution = explain(toy(OneFrame(-2)), window, "Goal", method="occlusion")
    # The contrast is in the first 8 by 8 pixels of 36 by 64: rows 0 to 1, columns 0 to 1 of the 8 by 14 grid.
    row, column = np.unravel_index(int(attribution.values[15].argmax()), (8, 14))
    assert (row, column) <= (1, 1)
    assert attribution.values[15][4:, 4:].max() < 1e-4
    assert np.array_equal(attribution.values[11], attribution.values[19])
    assert not attribution.values[10].any()
    assert not attribution.values[20].any()


def test_an_explanation_is_kept_whole(tmp_path: Path) -> None:
    window = explained_window(entities=True)
    for name in ("entity-ablation", "temporal-occlusion"):
        model = toy(OneEntity(), entities=True) if name == "entity-ablation" else toy(OneFrame(-2))
        attribution = explain(model, window, "Yellow card", method=name)
        attribution.save(tmp_path / "e.npz")
        again = Attribution.load(tmp_path / "e.npz")
        assert np.array_equal(again.values, attribution.values)
        assert np.array_equal(again.times, attribution.times)
        for field in (
            "method",
            "model",
            "half",
            "label",
            "anchor",
            "baseline",
            "held_fixed",
            "kind",
            "score",
            "scale",
            "entities",
        ):
            assert getattr(again, field) == getattr(attribution, field), field
    (tmp_path / "e.npz").write_bytes(b"x")
    with pytest.raises(BadInputError, match="cannot be read"):
        Attribution.load(tmp_path / "e.npz")


def test_a_window_around_a_moment_holds_its_samples(tmp_path: Path, data: DataDirectory) -> None:
    video = make_video(tmp_path / "a.mp4", steady(600, rate=10.0))
    model = load_model(small_model(tmp_path / "m"))
    analysis = analyse_match(open_match(video), model, data)
    for seconds, anchor in ((0.0, 0), (30.0, 10), (59.5, 19)):
        window = window_around(analysis, ingest(video, data), model, 1, round(seconds * 1e6))
        assert window.anchor == anchor
        assert window.times[window.anchor] == round(seconds * 1e6)
        assert window.pictures.shape == (20, 36, 64, 3)
    middle = window_around(analysis, ingest(video, data), model, 1, 30_000_000)
    edge = window_around(analysis, ingest(video, data), model, 1, 32_000_000)
    assert np.array_equal(middle.pictures[8], edge.pictures[4])  # the same samples, four later


def test_of_what_judges_two_windows_together_moments_alone_are_explained() -> None:
    pairs = SimpleNamespace(has_environment=False)
    model: Any = SimpleNamespace(inputs=Inputs(features=3, windows=2), system=pairs)
    reasons = {name: method.supports(model) for name, method in METHODS.items()}
    assert [name for name, reason in reasons.items() if reason is None] == list(OF_PAIRS)
    assert {reason for reason in reasons.values() if reason is not None} == {
        "it judges a replay and a stretch together, and this method asks about one window"
    }
