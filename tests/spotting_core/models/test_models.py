"""The systems: gated shift, adaptive attention, targets, losses, mixup, registry and cards."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import load_file, save_file

from spotting_core.base.errors import BadInputError, NewerFormatError
from spotting_core.computing.fold import fold_batch_norm
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.models.adaptive_attention import AdaptiveAttention
from spotting_core.models.card import CARD_FILE, WEIGHTS_FILE
from spotting_core.models.gated_shift import ClipLength, GatedShift, add_gated_shift
from spotting_core.models.load import load_model
from spotting_core.models.losses import displacement_loss, focal_loss
from spotting_core.models.network import EnvironmentNetwork
from spotting_core.models.registry import system, systems
from spotting_core.models.targets import AnchorTargets, anchor_targets, stack_targets
from spotting_core.models.window import EntitySet, Window, stack_entities
from spotting_core.training.mixup import mix_entities, mix_samples, mix_targets
from tests.conftest import small_model
from tests.small_systems import READS_ENTITIES, SMALL_FRAMES, small, some_entities, some_window

pytestmark = pytest.mark.long

NAMES = load_classes().names
READS_FRAMES = sorted(name for name, kind in systems().items() if kind.has_environment)
OWN_FRAMES = ("entity-attention", "e2e-spot")
"""Those that say where in the picture a class is, and within a radius how far in time; the published ones do not."""
DISPLACED = (*OWN_FRAMES, "published-t-deed", "published-comedian-vivit", "published-comedian-viswin")


# --- gated shift ----------------------------------------------------------------------------------------


def test_a_new_shift_changes_nothing() -> None:
    # The gate starts at zero: tanh(0) moves nothing.
    clip = ClipLength()
    clip.frames = 4
    shift = GatedShift(16, clip).eval()
    x = torch.randn(8, 16, 5, 7)
    assert torch.allclose(shift(x), x)


def test_a_fully_open_shift_moves_one_group_forward_and_one_back() -> None:
    clip = ClipLength()
    clip.frames = 3
    shift = GatedShift(16, clip).eval()  # four channels move: two forward, two back
    torch.nn.init.constant_(shift.gate.bias, 50.0)  # tanh of a large number: everything moves
    x = torch.arange(3.0).view(3, 1, 1, 1).expand(3, 16, 2, 2).contiguous() + 1
    out = shift(x)[:, :, 0, 0]
    assert torch.allclose(out[:, 0], torch.tensor([0.0, 1.0, 2.0]))
    assert torch.allclose(out[:, 3], torch.tensor([2.0, 3.0, 0.0]))
    assert torch.allclose(out[:, 8], torch.tensor([1.0, 2.0, 3.0]))


def test_clips_of_a_batch_do_not_leak_into_each_other() -> None:
    clip = ClipLength()
    clip.frames = 3
    shift = GatedShift(8, clip).eval()
    torch.nn.init.normal_(shift.gate.weight)
    x = torch.randn(6, 8, 4, 4)
    changed = x.clone()
    changed[3:] = torch.randn(3, 8, 4, 4)
    assert torch.allclose(shift(x)[:3], shift(changed)[:3], atol=1e-6)


def test_reach_is_exactly_how_far_a_frame_is_seen() -> None:
    torch.manual_seed(0)
    trunk = timm.create_model("regnety_002", features_only=True, out_indices=(1,)).eval()
    clip, reach = add_gated_shift(trunk)
    for module in trunk.modules():
        if isinstance(module, GatedShift):
            torch.nn.init.normal_(module.gate.weight, std=3.0)
    frames = 2 * reach + 3
    clip.frames = frames
    x = torch.randn(frames, 3, 32, 32)
    changed = x.clone()
    changed[reach + 1] += 5.0
    with torch.no_grad():
        moved = (trunk(x)[0] - trunk(changed)[0]).abs().amax((1, 2, 3)) > 1e-7
    assert moved[reach + 1]
    assert not moved[0]
    assert not moved[-1]
    assert reach == 2  # stage 1 of RegNetY-002 has one block: one frame of shift and one of gate


# --- adaptive attention ---------------------------------------------------------------------------------


def attention() -> AdaptiveAttention:
    torch.manual_seed(0)
    return AdaptiveAttention(
        names=10, embed_dim=64, environment_dim=24, dim=32, heads=4, feed_forward=48, dropout=0.0
    ).eval()


def test_weights_of_the_kept_sum_to_one_and_the_rest_get_none() -> None:
    entities = some_entities(2, 3, 6)
    entities.share[0, 0, 4:] = 0
    _, weight, kept = attention()(torch.randn(2, 3, 24), entities)
    assert torch.allclose(weight.sum(-1), torch.ones(2, 3))
    assert (weight[~kept] == 0).all()
    assert not kept[0, 0, 4:].any()
    assert (kept.sum(-1) >= 1).all()
    assert (kept.sum(-1) < 6).any()  # a selection, not everything


def test_raising_the_weight_of_a_kept_entity_changes_the_output() -> None:
    model, entities = attention(), some_entities(1, 1, 5)
    pooled = torch.randn(1, 1, 24)
    environment = model.environment(pooled)
    token, value = model.tokens(entities)
    weight, kept, passing = model.select(environment, token, entities.share)
    first = int(kept[0, 0].nonzero()[0])
    raised = passing.detach().clone()
    raised[0, 0, first] += 0.2
    assert not torch.allclose(model._attend(value, passing, kept), model._attend(value, raised, kept))
    assert torch.equal(weight, passing)  # the gradient's path changes no value


def test_selection_and_weights_receive_gradient_the_dropped_ones_too() -> None:
    model, entities = attention(), some_entities(1, 1, 6)
    entities.embedding.requires_grad_(True)
    fused, _, kept = model(torch.randn(1, 1, 24), entities)
    fused.square().sum().backward()
    gradient = entities.embedding.grad[0, 0].abs().sum(-1)
    assert (gradient > 0).all()
    assert (~kept).any()
    assert model.sharpness.grad.abs() > 0


def test_frames_without_entities_are_allowed() -> None:
    model = attention()
    entities = some_entities(1, 2, 4)
    entities.share[0, 0] = 0
    fused, weight, kept = model(torch.randn(1, 2, 24), entities)
    assert torch.isfinite(fused).all()
    assert not kept[0, 0].any()
    assert weight[0, 0].sum() == 0
    none, _, _ = model(torch.randn(1, 2, 24), EntitySet.empty(1, 2, 64))
    assert torch.isfinite(none).all()


def test_padding_changes_nothing() -> None:
    model, entities, pooled = attention(), some_entities(1, 3, 4), torch.randn(1, 3, 24)
    wider = stack_entities([entities, some_entities(1, 3, 7, seed=5)]).map(lambda v: v[:1])
    assert torch.allclose(model(pooled, entities)[0], model(pooled, wider)[0], atol=1e-5)


def test_order_of_entities_does_not_matter() -> None:
    model, entities, pooled = attention(), some_entities(1, 2, 5), torch.randn(1, 2, 24)
    turned = entities.map(lambda v: v.flip(2))
    fused, weight, _ = model(pooled, entities)
    again, turned_weight, _ = model(pooled, turned)
    assert torch.allclose(fused, again, atol=1e-5)
    assert torch.allclose(weight, turned_weight.flip(2), atol=1e-6)


# --- targets and losses ---------------------------------------------------------------------------------


def test_anchor_targets_by_hand() -> None:
    times = np.arange(8, dtype=np.int64) * 500_000
    spots = [Spot(1, 1_700_000, "Goal"), Spot(1, 2_600_000, "Goal"), Spot(1, 0, "Homerun")]
    t = anchor_targets(spots, times, NAMES, confidence_radius=0.5, displacement_radius=1.0)
    goal = NAMES.index("Goal")
    assert t.confidence[:, goal].tolist() == [0, 0, 0, 1, 1, 1, 1, 0]
    near = t.near[:, goal].tolist()
    assert near == [0, 0, 1, 1, 1, 1, 1, 1]
    assert t.displacement[:, goal].tolist() == pytest.approx([0, 0, 0.7, 0.2, -0.3, 0.1, -0.4, -0.9])
    assert t.confidence.sum() == 4
    assert t.valid.tolist() == [1] * 8


def test_focal_loss_by_hand() -> None:
    logits = torch.tensor([[[0.0, math.log(3)]]])  # probabilities 1/2 and 3/4
    target = torch.tensor([[[1.0, 0.0]]])
    loss = focal_loss(logits, target, gamma=2.0, positive_weight=4.0, valid=torch.ones(1, 1))
    expected = 4 * -math.log(0.5) * 0.5**2 + -math.log(0.25) * 0.75**2
    assert float(loss) == pytest.approx(expected, rel=1e-5)


def test_focal_loss_leaves_out_invalid_anchors() -> None:
    logits, target = torch.randn(1, 3, 2), torch.ones(1, 3, 2)
    valid = torch.tensor([[1.0, 0.0, 0.0]])
    options = {"gamma": 2.0, "positive_weight": 1.0}
    whole = focal_loss(logits[:, :1], target[:, :1], valid=torch.ones(1, 1), **options)
    assert torch.isclose(focal_loss(logits, target, valid=valid, **options), whole)


def test_displacement_loss_by_hand() -> None:
    targets = AnchorTargets(
        confidence=torch.zeros(1, 2, 1),
        displacement=torch.tensor([[[0.0], [1.0]]]),
        near=torch.tensor([[[1.0], [1.0]]]),
        valid=torch.ones(1, 2),
    )
    predicted = torch.tensor([[[0.2], [-1.0]]])
    # Huber, delta 1/2, divided by delta: 0.2^2 / 2 / 0.5 = 0.04; 0.5 * (2 - 0.25) / 0.5 = 1.75.
    assert float(displacement_loss(predicted, targets)) == pytest.approx((0.04 + 1.75) / 2)


# --- mixup ----------------------------------------------------------------------------------------------


def test_mixup_blends_frames_joins_entities_and_blends_targets() -> None:
    share, partner = torch.tensor([0.7, 0.9]), torch.tensor([1, 0])
    frames = torch.stack([torch.zeros(3, 3, 2, 2), torch.ones(3, 3, 2, 2)])
    mixed = mix_samples(frames, partner, share)
    assert torch.allclose(mixed[0], torch.full_like(mixed[0], 0.3))
    assert torch.allclose(mixed[1], torch.full_like(mixed[1], 0.9))
    entities = mix_entities(some_entities(2, 3, 4), partner, share)
    assert entities.share.shape == (2, 3, 8)
    assert torch.allclose(entities.share[0, 0], torch.tensor([0.7] * 4 + [0.3] * 4))
    times = np.arange(3, dtype=np.int64) * 500_000
    radii = {"confidence_radius": 0.1, "displacement_radius": 1.0}
    own = anchor_targets([Spot(1, 0, "Goal")], times, NAMES, **radii)
    other = anchor_targets([Spot(1, 1_000_000, "Goal")], times, NAMES, **radii)
    targets = mix_targets(stack_targets([own, other]), partner, share, displacement=True)
    goal = NAMES.index("Goal")
    assert targets.confidence[0, :, goal].tolist() == pytest.approx([0.7, 0, 0.3])
    # At 0.5 s both clips have an action within a second: 0.7 x (-0.5) + 0.3 x 0.5.
    assert float(targets.displacement[0, 1, goal]) == pytest.approx(-0.2)
    assert float(targets.near[0, 1, goal]) == pytest.approx(1.0)


def test_an_entity_of_no_share_weighs_nothing() -> None:
    model, entities, pooled = attention(), some_entities(1, 2, 4), torch.randn(1, 2, 24)
    partner, share = torch.tensor([0]), torch.tensor([1.0])
    assert torch.allclose(
        model(pooled, entities)[0], model(pooled, mix_entities(entities, partner, share))[0], atol=1e-5
    )


# --- systems that read frames ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", READS_FRAMES)
def test_forward_and_backward(name: str) -> None:
    model, window = small(name).train(), some_window(name)
    output = model(window)
    assert output.logits.shape == (2, 6, len(NAMES))
    assert (output.displacement is not None) == (name in DISPLACED)
    assert name not in OWN_FRAMES or output.displacement.abs().max() <= 2.0  # type: ignore[union-attr]
    times = np.arange(6, dtype=np.int64) * 500_000
    options = {"confidence_radius": 1.0, "displacement_radius": 2.0}
    one = anchor_targets([Spot(1, 1_000_000, "Goal")], times, NAMES, **options)
    system(name).loss(model, output, stack_targets([one, one])).backward()
    missing = [n for n, p in model.named_parameters() if p.grad is None]
    assert missing == [] or all("nobody" in n for n in missing)


@pytest.mark.parametrize("name", READS_FRAMES)
def test_overfits_four_clips(name: str) -> None:
    torch.manual_seed(0)
    model = small(name).train()
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    window = some_window(name, batch=4, frames=6)
    times = np.arange(6, dtype=np.int64) * 500_000
    parts = [
        anchor_targets([Spot(1, 500_000 * (k + 1), NAMES[k])], times, NAMES, confidence_radius=0.1, displacement_radius=0.6)
        for k in range(4)
    ]  # fmt: skip
    targets = stack_targets(parts)
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3)
    first = last = 0.0
    for step in range(60):
        loss = system(name).loss(model, model(window), targets)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        first, last = (float(loss.detach()), last) if step == 0 else (first, float(loss.detach()))
    assert last < 0.15 * first
    output = model(window).logits.sigmoid().detach()
    for k in range(4):
        assert int(output[k].flatten().argmax()) == (k + 1) * len(NAMES) + k


@pytest.mark.parametrize("name", READS_FRAMES)
def test_scores_are_numpy_and_in_range(name: str) -> None:
    model = small(name).eval()
    assert isinstance(model, EnvironmentNetwork)
    with torch.inference_mode():
        scores = system(name).decoding.scores(model(some_window(name)))[1]
    assert scores.confidence.shape == (6, 17)
    assert 0 <= scores.confidence.min() <= scores.confidence.max() <= 1
    assert (scores.class_map is not None) == (name in OWN_FRAMES)
    assert scores.class_map is None or scores.class_map.shape[:2] == (6, 17)
    assert (scores.weight is not None) == (name in READS_ENTITIES)


@pytest.mark.parametrize("name", READS_FRAMES)
def test_known_features_give_the_same_scores(name: str) -> None:
    model, window = small(name).eval(), some_window(name)
    with torch.no_grad():
        whole = model(window)
        again = model(Window(features=whole.pooled, entities=window.entities))
        maps = model(Window(maps=whole.maps, entities=window.entities))
    assert torch.allclose(whole.logits, again.logits, atol=1e-5)
    assert torch.allclose(whole.logits, maps.logits, atol=1e-5)


def test_class_map_averages_to_what_the_frame_says() -> None:
    model, window = small("e2e-spot").eval(), some_window("e2e-spot")
    with torch.no_grad():
        output = model(window)
        mean = model.environment.class_map(output.maps).mean((3, 4))
    assert torch.allclose(mean, output.frame_logits, atol=1e-5)


@pytest.mark.parametrize("temporal", ["gru", "transformer"])
def test_both_kinds_of_time(temporal: str) -> None:
    kind = system("e2e-spot")
    settings = {k: v for k, v in SMALL_FRAMES.items() if k != "entities"}
    model = kind.build(kind.configure(**settings, temporal=temporal, layers=1))
    assert model(some_window("e2e-spot")).logits.shape == (2, 6, 17)


def test_wrong_settings_are_named() -> None:
    with pytest.raises(BadInputError, match="colour"):
        system("e2e-spot").configure(colour="red")
    with pytest.raises(BadInputError, match="no system called 'best'"):
        system("best")
    with pytest.raises(BadInputError, match="temporal must be gru or transformer, not 'none'"):
        system("e2e-spot").configure(classes=NAMES, temporal="none")


def test_a_window_without_what_the_model_reads_says_so() -> None:
    model = small("entity-attention").eval()
    with pytest.raises(ValueError, match="window has none"):
        model(Window(pictures=torch.randn(1, 2, 3, 36, 64)))
    with pytest.raises(ValueError, match="reads pictures"):
        model(Window(entities=some_entities(1, 2, 3)))


@pytest.mark.parametrize("name", READS_FRAMES)
def test_folding_changes_no_number(name: str) -> None:
    model, window = small(name).eval(), some_window(name)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_mean, -0.5, 0.5)
            torch.nn.init.uniform_(module.running_var, 0.5, 2.0)
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
    with torch.no_grad():
        before = model(window).logits
        count = sum(isinstance(m, torch.nn.BatchNorm2d) for m in model.modules())
        after = fold_batch_norm(model)(window).logits
    assert torch.allclose(before, after, atol=1e-3)
    assert sum(isinstance(m, torch.nn.BatchNorm2d) for m in model.modules()) < count / 2


# --- cards ----------------------------------------------------------------------------------------------


def test_a_saved_model_loads_to_the_same_scores(tmp_path: Path) -> None:
    folder = small_model(tmp_path / "m")
    model = load_model(folder)
    again = load_model(folder)
    window = some_window("e2e-spot", frames=8)
    with torch.inference_mode():
        assert torch.equal(model.network(window).logits, again.network(window).logits)
    assert model.sha256 == again.sha256
    assert len(model.classes) == 17


def edit_card(folder: Path, **changes: object) -> None:
    path = folder / CARD_FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_mismatches_name_both_sides(tmp_path: Path) -> None:
    folder = small_model(tmp_path / "m")
    content = json.loads((folder / CARD_FILE).read_text())
    edit_card(folder, classes=sorted(content["classes"]))
    with pytest.raises(
        BadInputError, match="in another order: number 0 is 'Ball out of play' here and 'Penalty' there"
    ):
        load_model(folder)
    edit_card(folder, classes=content["classes"][:-1])
    with pytest.raises(BadInputError, match="16 classes here and 17 there"):
        load_model(folder)
    edit_card(folder, classes=content["classes"], config={**content["config"], "hidden": 24})
    with pytest.raises(BadInputError, match=r"has the shape .* the card describes"):
        load_model(folder)
    edit_card(folder, config=content["config"], format=99)
    with pytest.raises(NewerFormatError, match="format 99 is newer"):
        load_model(folder)


def test_damaged_and_foreign_weights_say_so(tmp_path: Path) -> None:
    folder = small_model(tmp_path / "m")
    weights = folder / WEIGHTS_FILE
    whole = weights.read_bytes()
    weights.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadInputError, match="cannot be read"):
        load_model(folder)
    weights.write_bytes(whole)
    state = load_file(weights)
    save_file({"other." + k: v for k, v in state.items()}, weights)
    with pytest.raises(BadInputError, match="do not fit the card"):
        load_model(folder)
    weights.unlink()
    with pytest.raises(BadInputError, match="weights of this model are missing"):
        load_model(folder)
    with pytest.raises(BadInputError, match="no model of this name"):
        load_model(tmp_path / "nothing")


def test_a_card_without_a_field_names_it(tmp_path: Path) -> None:
    folder = small_model(tmp_path / "m")
    content = json.loads((folder / CARD_FILE).read_text())
    del content["window"]
    (folder / CARD_FILE).write_text(json.dumps(content))
    with pytest.raises(BadInputError, match="missing required field window"):
        load_model(folder)


@pytest.mark.gpu
def test_scores_on_a_gpu_are_those_of_the_processor(tmp_path: Path) -> None:
    folder = small_model(tmp_path / "m")
    window = some_window("e2e-spot")
    with torch.inference_mode():
        here = load_model(folder).network(window).logits.sigmoid()
        there = (
            load_model(folder, "cuda").network(replace(window, pictures=window.pictures.cuda())).logits.sigmoid().cpu()
        )
    assert (here - there).abs().max() < 0.02
