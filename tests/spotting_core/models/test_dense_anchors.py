"""Dense anchors and the second stage: trunks, losses by hand, heads apart, sets side by side."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.models.dense_anchors import balanced_loss, dense_loss
from spotting_core.models.registry import dense_targets, system
from spotting_core.models.targets import AnchorTargets, stack_targets
from spotting_core.models.trunks import UNet
from spotting_core.models.two_stage import two_stage_loss
from spotting_core.models.window import Output, Window
from spotting_core.training.mixup import mix_targets

NAMES = load_classes().names
SMALL = {
    "classes": NAMES,
    "dim": 20,
    "width": 16,
    "window": 24,
    "before": 4,
    "after": 4,
    "levels": 3,
    "feed_forward": 32,
}


def dense(**settings: object) -> torch.nn.Module:
    torch.manual_seed(0)
    kind = system(str(settings.pop("system", "dense-unet")))
    return kind.build(kind.configure(**{**SMALL, **settings}))


def test_radii_are_those_of_the_paper_and_include_their_ends() -> None:
    config = system("dense-unet").configure(classes=NAMES)
    times = np.arange(40) * 500_000
    targets = dense_targets([Spot(1, 10_000_000, "Goal")], times, config)
    goal = NAMES.index("Goal")
    assert targets.confidence[:, goal].nonzero().flatten().tolist() == list(range(14, 27))  # 7 s to 13 s
    assert targets.near[:, goal].nonzero().flatten().tolist() == list(range(8, 33))  # 4 s to 16 s
    assert targets.displacement[8, goal] == 6.0
    assert targets.displacement[32, goal] == -6.0


@pytest.mark.parametrize("length", [8, 11, 24, 1])
def test_a_u_net_keeps_any_length(length: int) -> None:
    net = UNet(width=8, levels=4)
    assert net(torch.randn(2, length, 8)).shape == (2, length, 8)


def test_the_u_net_of_the_paper_is_seven_samples_long_at_its_bottom() -> None:
    net = UNet(width=64, levels=6)
    widths = [stage[0].widen.out_channels for stage in net.down]
    assert widths == [64, 128, 256, 512, 1024, 2048]
    assert 224 / 2 ** (len(net.down) - 1) == 7


def test_the_balanced_loss_by_hand() -> None:
    targets = AnchorTargets(
        confidence=torch.tensor([[[1.0], [0.0], [0.0], [0.0]]]),
        displacement=torch.zeros(1, 4, 1),
        near=torch.zeros(1, 4, 1),
        valid=torch.tensor([[1.0, 1.0, 1.0, 0.0]]),
    )
    logits = torch.tensor([[[0.0], [math.log(3)], [0.0], [9.0]]])
    # The positive says 1/2; the negatives that count say 3/4 and 1/2.
    expected = 0.03 * math.log(2) + 0.97 * (math.log(4) + math.log(2)) / 2
    assert float(balanced_loss(logits, targets, 0.03)) == pytest.approx(expected, rel=1e-5)
    nobody = balanced_loss(logits, targets.map(torch.zeros_like), 0.03)
    assert float(nobody) == 0


def anchors() -> AnchorTargets:
    """Four anchors of one class: near an action and positive, near and not positive, far from one, beyond the half."""
    return AnchorTargets(
        confidence=torch.tensor([[[1.0], [0.0], [0.0], [1.0]]]),
        displacement=torch.tensor([[[3.0], [-3.0], [0.0], [1.0]]]),
        near=torch.tensor([[[1.0], [1.0], [0.0], [1.0]]]),
        valid=torch.tensor([[1.0, 1.0, 1.0, 0.0]]),
    )


# Probabilities 1/2, 3/4, 1/2; what is said of the last anchor, and how far the third one moves, counts for nothing.
OUTPUT = Output(
    logits=torch.tensor([[[0.0], [math.log(3)], [0.0], [-9.0]]]),
    displacement=torch.tensor([[[1.5], [6.0], [5.0], [-6.0]]]),
)


def huber(by: float) -> float:
    """Of delta 1/2, divided by it."""
    return by**2 if abs(by) <= 0.5 else abs(by) - 0.25


def test_the_dense_loss_by_hand() -> None:
    model = SimpleNamespace(config=system("dense-unet").configure(classes=("Goal",)))
    confidence = 0.03 * math.log(2) + 0.97 * (math.log(4) + math.log(2)) / 2
    # In shares of the radius of 6 s: a quarter instead of a half, and 1 instead of minus a half.
    displacement = (huber(0.25) + huber(1.5)) / 2
    assert displacement == (0.0625 + 1.25) / 2
    assert float(dense_loss(model, OUTPUT, anchors())) == pytest.approx(confidence + displacement, rel=1e-6)
    without = replace(OUTPUT, displacement=None)
    assert float(dense_loss(model, without, anchors())) == pytest.approx(confidence, rel=1e-6)


def test_the_loss_of_the_second_stage_by_hand() -> None:
    model = SimpleNamespace(config=system("two-stage").configure(classes=("Goal",)))
    # Focal, gamma 2: a positive weighs 4 times, and each is discounted by the square of what it misses; per valid anchor.
    positive = 4 * math.log(2) * 0.5**2
    negative = math.log(4) * 0.75**2 + math.log(2) * 0.5**2
    # In seconds, both beyond delta: 1.5 instead of 3, 6 instead of -3.
    displacement = (huber(1.5) + huber(9.0)) / 2
    assert displacement == (1.25 + 8.75) / 2
    expected = (positive + negative) / 3 + displacement
    assert float(two_stage_loss(model, OUTPUT, anchors())) == pytest.approx(expected, rel=1e-6)


def test_networks_that_are_apart_share_no_gradient() -> None:
    config_targets = stack_targets([
        dense_targets([Spot(1, 5_000_000, "Goal")], np.arange(24) * 500_000, dense().config)
    ])  # fmt: skip
    for apart in (True, False):
        model = dense(apart=apart)
        output = model(Window(features=torch.randn(1, 24, 20)))
        output.displacement.square().sum().backward()
        moved = any(p.grad is not None and p.grad.abs().sum() > 0 for p in model.confidence.parameters())
        assert moved is not apart
        assert torch.isfinite(dense_loss(model, model(Window(features=torch.randn(1, 24, 20))), config_targets))


def test_without_displacement_there_is_none() -> None:
    model = dense(displacement=False)
    assert model(Window(features=torch.randn(1, 24, 20))).displacement is None
    assert not any("displacement" in name for name, _ in model.named_parameters())


def test_displacement_stays_within_its_radius() -> None:
    model = dense(system="dense-transformer")
    moved = model(Window(features=torch.randn(2, 24, 20) * 100)).displacement
    assert moved.abs().max() <= 6.0


def test_mixed_clips_teach_the_confidence_alone() -> None:
    targets = stack_targets([
        dense_targets([Spot(1, 5_000_000, label)], np.arange(24) * 500_000, dense().config) for label in ("Goal", "Foul")
    ])  # fmt: skip
    mixed = mix_targets(targets, torch.tensor([1, 0]), torch.tensor([0.75, 0.5]), displacement=False)
    assert not mixed.near.any()
    assert float(mixed.confidence[0, 10, NAMES.index("Goal")]) == pytest.approx(0.75)
    assert float(mixed.confidence[0, 10, NAMES.index("Foul")]) == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("dense-unet", {"trunk": "gru"}, "trunk must be u-net or transformer, not 'gru'"),
        ("max", {"pooling": "median"}, "pooling must be one of max, average, netvlad, netrvlad, not 'median'"),
        ("two-stage", {"window": 64}, "must leave something of the window, 32 and 32 leave 0 of 64"),
        ("two-stage", {"before": "5"}, "before must be a whole number, not '5'"),
        ("dense-transformer", {"width": 66}, "heads must divide width, and 4 does not divide 66"),
        ("two-stage", {"heads": 0}, "heads must be 1 to 64, not 0"),
        ("netvlad++", {"vocabulary": 15}, "the two halves must divide vocabulary, and 2 does not divide 15"),
        ("entity-attention", {"heads": 5}, "heads must divide dim, and 5 does not divide 192"),
        ("netvlad++", {"window": 40}, "must leave one sample of the window, 15 and 14 leave 11 of 40"),
    ],
)
def test_settings_that_cannot_be_say_so(name: str, settings: dict[str, object], message: str) -> None:
    with pytest.raises(BadInputError, match=re.escape(message)):
        system(name).configure(classes=NAMES, **settings)


def test_sets_stand_side_by_side_each_normalised_by_itself() -> None:
    torch.manual_seed(0)
    kind = system("two-stage")
    config = kind.configure(classes=NAMES, window=24, before=4, after=4).with_sets((5, 3))
    assert (config.dim, config.sets) == (8, (5, 3))
    model = kind.build(config).eval()
    features = torch.randn(1, 24, 8)
    louder = features.clone()
    louder[..., 5:] *= 50.0
    with torch.no_grad():
        plain, loud = model(Window(features=features)).logits, model(Window(features=louder)).logits
    assert torch.allclose(plain, loud, atol=1e-3)
    with pytest.raises(BadInputError, match=r"have 5 \+ 4 numbers a sample, not 8"):
        kind.build(kind.configure(classes=NAMES, dim=8, sets=(5, 4)))
    assert system("calf").configure(classes=NAMES).with_sets((5, 3)).dim == 8
