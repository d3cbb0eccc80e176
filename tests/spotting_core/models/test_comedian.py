"""COMEDIAN: its networks at the paper's sizes, what its stages are taught, and where its attention goes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from spotting_core.base.errors import BadInputError
from spotting_core.domain.spots import Spot
from spotting_core.models.attention_flow import rollout
from spotting_core.models.comedian import (
    DISTIL,
    HEAD,
    INITIALISE,
    BankTargets,
    Distilling,
    Initialising,
    bank_loss,
    bank_targets,
    fuse_attention,
    masked_tokens,
    views_loss,
)
from spotting_core.models.registry import system
from spotting_core.models.soft_contrast import KeyQueue, soft_contrastive_loss
from spotting_core.models.targets import stack_targets
from spotting_core.models.window import Window
from spotting_core.models.window_plan import MAXIMUM
from tests.small_systems import NAMES, small, small_config

BOTH = ("comedian-vivit", "comedian-viswin")


def paper(name: str, **settings: Any) -> Any:
    return system(name).configure(classes=NAMES, **settings)


def pictures(samples: int, width: int = 64, height: int = 32, batch: int = 1) -> torch.Tensor:
    return torch.randn(batch, samples, 3, height, width, generator=torch.Generator().manual_seed(3))


# --- the networks -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "parameters"), [("comedian-vivit", 8_357_201), ("comedian-viswin", 70_115_723)])
def test_parameters_at_the_papers_sizes(name: str, parameters: int) -> None:
    """By hand for the vision transformer: twelve blocks of 192 are 5.34 million, six more over time 2.67 million."""
    assert system(name).paper_parameters(NAMES) == parameters


@pytest.mark.parametrize("name", BOTH)
def test_a_forward_and_a_step_at_the_papers_sizes(name: str) -> None:
    torch.manual_seed(0)
    network = system(name).build(paper(name)).train()
    before = network.trunk.norm.weight.detach().clone()
    window = Window(torch.randn(1, 4, 3, 224, 224))
    targets = stack_targets([system(name).targets([Spot(1, 500_000, "Goal")], seconds(4), paper(name), None)])
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1)
    losses = []
    for _ in range(2):
        output = network(window)
        assert output.logits.shape == (1, 4, 17)
        loss = system(name).loss(network, output, targets)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[1] < losses[0]
    assert not torch.equal(before, network.trunk.norm.weight)


def seconds(samples: int) -> np.ndarray:
    return np.arange(samples) * 500_000


def test_windows_are_those_of_the_paper() -> None:
    """64 s at two a second, one every 32 s, of which twelve at both ends are dropped; the greatest score counts."""
    kind = system("comedian-vivit")
    plan = kind.plan(paper("comedian-vivit"))
    assert (plan.length, plan.step, plan.before, plan.after, plan.merge) == (128, 64, 24, 24, MAXIMUM)
    assert [(w.start, w.first, w.stop) for w in plan.windows(256)] == [(0, 0, 104), (64, 88, 168), (128, 152, 256)]
    config = paper("comedian-vivit")
    assert (config.suppression, config.suppression_method) == (10.0, "soft-linear")
    assert kind.inputs(config).normalisation == ((0.45,) * 3, (0.225,) * 3)


def test_a_label_counts_half_a_second_to_both_sides() -> None:
    config = paper("comedian-vivit")
    targets = system("comedian-vivit").targets([Spot(1, 2_000_000, "Goal")], seconds(8), config, None)
    assert targets.confidence[:, NAMES.index("Goal")].tolist() == [0, 0, 0, 1, 1, 1, 0, 0]


@pytest.mark.parametrize("name", BOTH)
def test_samples_of_one_tubelet_are_read_in_their_order(name: str) -> None:
    network = small(name).eval()
    shown = pictures(4)
    turned = shown[:, [1, 0, 2, 3]]
    with torch.no_grad():
        assert not torch.allclose(network(Window(shown)).logits, network(Window(turned)).logits)
        tubelets = network.tubelets(Window(shown))
    assert tubelets.shape == (1, 2, 6, 32, 64)
    assert torch.equal(tubelets[0, 1, 3:], shown[0, 3])  # first all colours of the earlier sample


def test_a_window_of_half_a_tubelet_is_refused() -> None:
    network = small("comedian-vivit")
    with pytest.raises(ValueError, match="at most 12 samples, 2 at a time; the window has 5"):
        network(Window(pictures(5)))
    with pytest.raises(ValueError, match="the window has 14"):
        network(Window(pictures(14)))
    with pytest.raises(ValueError, match="reads pictures"):
        network(Window())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tube": 3}, "tube must divide window, and 3 does not divide 128"),
        ({"temporal_heads": 5}, "temporal_heads must divide numbers of a token, and 5 does not divide 192"),
        ({"patch": 15}, "patch must divide width, and 15 does not divide 224"),
        ({"momentum": 1.5}, "momentum"),
        ({"depth": 65}, "depth must be 0 to 64, not 65"),
        ({"temporal_depth": 65}, "temporal_depth must be 0 to 64, not 65"),
    ],
)
def test_shapes_that_cannot_be_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        paper("comedian-vivit", **settings)
    with pytest.raises(BadInputError, match="as many numbers of 1 and up"):
        paper("comedian-viswin", depths=(2, 2), stage_heads=(3,))
    with pytest.raises(BadInputError, match="depths must be 0 to 64, not 65"):
        paper("comedian-viswin", depths=(65,), stage_heads=(3,))


def test_tokens_are_masked_in_stretches_and_only_while_it_learns() -> None:
    torch.manual_seed(0)
    hidden = masked_tokens(50, 64, 0.25, torch.device("cpu"))
    assert (hidden.sum(1) == 16).all()
    assert torch.equal(hidden[:, 0::2], hidden[:, 1::2])
    assert 0.1 < float(hidden[:, 10].float().mean()) < 0.45
    network = small("comedian-vivit").eval()
    window = Window(pictures(12))
    with torch.no_grad():
        assert torch.equal(network(window).logits, network(window).logits)
        network.train()
        assert not torch.equal(network(window).logits, network(window).logits)


@pytest.mark.parametrize("name", BOTH)
def test_activations_that_are_computed_twice_give_the_same_gradients(name: str) -> None:
    gradients = []
    for again in (False, True):
        network = small(name).train()
        if again:
            network.recompute()
        torch.manual_seed(5)
        network(Window(pictures(12))).logits.square().mean().backward()
        gradients.append([p.grad for p in network.parameters()])
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(*gradients, strict=True))


@pytest.mark.parametrize("name", BOTH)
def test_attention_in_one_kernel_says_what_it_says_where_a_gradient_is_needed(name: str) -> None:
    network = small(name).eval()
    layers = [layer for layer in network.modules() if hasattr(layer, "fused_attn")]
    with torch.no_grad():
        fused = network(Window(pictures(12))).logits
    assert all(layer.fused_attn for layer in layers)
    written_out = network(Window(pictures(12))).logits
    assert layers
    assert not any(layer.fused_attn for layer in layers)
    assert torch.allclose(fused, written_out, atol=1e-5)
    fuse_attention(network, torch.device("cuda"))
    assert all(layer.fused_attn for layer in layers)


# --- what the stages are taught ---------------------------------------------------------------------------


def test_the_bank_of_a_tubelet_is_of_its_own_samples() -> None:
    """Off by one sample would be another tubelet's."""
    config = small_config("comedian-vivit")
    features = np.arange(12, dtype=np.float32)[:, None].repeat(8, 1)
    valid = np.ones(12, bool)
    valid[0] = False  # half of the first tubelet lies before the match
    targets = bank_targets(features, seconds(12), config, valid)
    assert targets.bank[:, 0].tolist() == [0.5, 2.5, 4.5, 6.5, 8.5, 10.5]
    assert targets.valid.tolist() == [0, 1, 1, 1, 1, 1]


def test_the_loss_of_the_bank_is_least_where_tokens_say_it() -> None:
    """Of one token moved to its neighbour's feature it is greater, and what lies outside the half counts for nothing."""
    torch.manual_seed(0)
    model = Distilling(small("comedian-vivit")).eval()
    bank = F.normalize(torch.randn(1, 6, 8), dim=2)
    config = model.network.config
    targets = stack_targets([bank_targets(np.repeat(bank[0].numpy(), 2, 0), seconds(12), config, None)])
    output = model(Window(pictures(12)))

    def loss(tokens: torch.Tensor) -> float:
        return float(bank_loss(model, replace(output, compared=(tokens, tokens[:, 0, :0])), targets))

    exact = loss(bank)
    assert exact < loss(bank.roll(1, 1))
    by_hand = soft_contrastive_loss(
        bank[0], bank[0], bank[0][:0], temperature=0.1, target_temperature=0.05, coefficient=0.5
    )
    assert exact == pytest.approx(float(by_hand), rel=1e-5)
    first_gone = type(targets)(targets.bank, torch.tensor([[0.0, 1, 1, 1, 1, 1]]))
    targets, elsewhere = first_gone, bank.clone()
    elsewhere[0, 0] = -elsewhere[0, 0]
    assert loss(elsewhere) == pytest.approx(loss(bank))


@pytest.mark.parametrize("inside", [0, 1])
def test_a_batch_with_nothing_to_compare_teaches_nothing(inside: int) -> None:
    """All its windows lie beyond the end of a half, but for a tubelet: no loss, and none that is no number."""
    model = Distilling(small("comedian-vivit")).train()
    model.queue = KeyQueue(4, 8)
    bank = torch.randn(1, 6, 8)
    targets = BankTargets(bank, torch.tensor([[1.0] * inside + [0.0] * (6 - inside)]))
    loss = bank_loss(model, model(Window(pictures(12))), targets)
    loss.backward()
    assert loss.item() == 0
    assert all(p.grad is None or not p.grad.any() for p in model.parameters())
    model.advance(0.5)
    assert int(model.queue.pushed) == inside


def test_two_views_are_drawn_together_and_the_keys_are_remembered() -> None:
    torch.manual_seed(0)
    config = small_config("comedian-vivit")
    network = system("comedian-vivit").build(type(config)(**{**vars(config), "queue": 8}))
    model = Initialising(network).train()
    model.begin()
    views = Window(pictures(2, batch=4), second=Window(pictures(2, batch=4) + 0.1))
    output = model(views)
    assert output.compared is not None
    query, key = output.compared
    assert query.shape == (4, 1, 16)
    assert torch.allclose(key.norm(dim=1), torch.ones(4), atol=1e-5)
    assert not key.requires_grad
    views_loss(model, output, None).backward()  # type: ignore[arg-type]
    assert model.network.trunk.patch_embed.proj.weight.grad is not None
    assert all(p.grad is None for p in model.follower.parameters())
    assert len(model.queue.filled()) == 0
    model.advance(0.5)
    assert torch.equal(model.queue.filled(), key)
    model.advance(0.6)
    assert len(model.queue.filled()) == 4  # they are remembered once
    with pytest.raises(ValueError, match="compares two views"):
        model(Window(pictures(2)))


def test_moments_are_learned_to_be_told_apart() -> None:
    """Eight pictures, each seen twice through other noise: after some steps a view is nearest to its own other view."""
    torch.manual_seed(0)
    model = Initialising(small("comedian-vivit")).train()
    model.begin()
    moments = pictures(2, batch=8)
    optimiser = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=0.003)
    losses = []
    for step in range(30):
        one, other = (moments + 0.3 * torch.randn_like(moments) for _ in range(2))
        loss = views_loss(model, model(Window(one, second=Window(other))), None)  # type: ignore[arg-type]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        model.advance(step / 30)
        losses.append(loss.item())
    assert losses[0] > 1.5  # of eight alike it is 2.08
    assert max(losses[-5:]) < 0.1


def test_the_follower_begins_where_the_network_does() -> None:
    network = small("comedian-vivit")
    model = Initialising(network)
    with torch.no_grad():
        network.trunk.cls_token += 1.0  # as weights of an earlier run
    model.begin()
    assert torch.equal(model.follower.network[0].cls_token, network.trunk.cls_token)
    model.advance(0.0)
    assert torch.equal(model.follower.network[0].cls_token, network.trunk.cls_token)


def test_the_stages_in_their_order() -> None:
    kind = system("comedian-viswin")
    assert list(kind.stages) == [INITIALISE, DISTIL, HEAD, "spotting"]
    assert [stage.labelled for stage in kind.stages.values()] == [False, False, True, True]
    network = small("comedian-viswin")
    assert kind.stages[HEAD].rests is not None
    resting = {p for part in kind.stages[HEAD].rests(network) for p in part.parameters()}
    assert {n for n, p in network.named_parameters() if p not in resting} == {"head_class.weight", "head_class.bias"}


# --- where attention goes ---------------------------------------------------------------------------------


def test_attention_is_that_of_the_forward() -> None:
    """What a layer gives is its attention times its values, by another path than timm's fused one."""
    network = small("comedian-vivit").eval()
    layer = network.over_time.blocks[0].attn
    caught: list[torch.Tensor] = []
    handle = layer.register_forward_hook(lambda _m, inputs, output: caught.extend([inputs[0], output]))
    flow = network.attention(Window(pictures(12)))
    handle.remove()
    tokens, output = caught
    value = layer.qkv(tokens).unflatten(-1, (3, 2, -1))[0, :, 2].transpose(0, 1)  # (heads, N, d)
    mixed = (flow.over_time[0] @ value).transpose(0, 1).flatten(1)
    assert torch.allclose(layer.proj(mixed), output[0], atol=1e-5)
    assert len(flow.over_time) == 2
    assert [tuple(layer.shape) for layer in flow.over_places] == [(6, 2, 9, 9)] * 2  # 2 by 4 places and the class token
    assert flow.grid == (2, 4)
    assert torch.allclose(rollout(flow.over_places).sum(-1), torch.ones(6, 9), atol=1e-5)
    assert small("comedian-viswin").attention(Window(pictures(12))).over_places == []


def test_attention_flows_through_two_layers_by_hand() -> None:
    first, second = torch.tensor([[[0.0, 1.0], [1.0, 0.0]]]), torch.tensor([[[1.0, 0.0], [0.5, 0.5]]])
    mixed = [torch.tensor([[0.5, 0.5], [0.5, 0.5]]), torch.tensor([[1.0, 0.0], [0.25, 0.75]])]
    assert torch.allclose(rollout([first, second]), mixed[1] @ mixed[0])
    with pytest.raises(ValueError, match="no layers"):
        rollout([])


def test_attention_is_of_one_window() -> None:
    with pytest.raises(ValueError, match="one window, not of 2"):
        small("comedian-vivit").attention(Window(pictures(12, batch=2)))
