"""CALF beside a representation of the pitch: parameters, what each branch sees, and what it must not."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch

from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.models.calf_calibration import PAPER_CLASSES, GraphBranch
from spotting_core.models.registry import system
from spotting_core.models.targets import stack_targets
from spotting_core.models.window import Window
from spotting_core.representations.player_graph import NODE, NODES, NUMBERS, nodes
from tests.pitch_views import STRAIGHT, person, seen_by

KIND = system("calf-calibration")
NAMES = load_classes().names
PAPER = KIND.paper_settings
TINY = {"classes": NAMES, "window": 40, "before": 4, "after": 4, "multiplier": 1, "layers": 2, "width": 8,
        "dropout": 0.0, "detections": 4}  # fmt: skip
WIDTHS = {"top-view": 6144, "numbers": 19, "graph": NUMBERS, "none": 0}


def tiny(representation: str, visual: int = 12, **settings: object) -> torch.nn.Module:
    torch.manual_seed(0)
    width = WIDTHS[representation]
    sets = tuple(w for w in (visual, width) if w)
    return KIND.build(
        KIND.configure(**{**TINY, "representation": representation, "dim": sum(sets), "sets": sets, **settings})
    )


def players(samples: int, seed: int = 0) -> torch.Tensor:
    """Nodes of a few people who run about: (1, T, 200)."""
    rng = np.random.default_rng(seed)
    people = [[person(*rng.uniform(-30, 30, 2)) for _ in range(6)] for _ in range(samples)]
    return torch.from_numpy(nodes(seen_by(*[STRAIGHT] * samples), people)).unsqueeze(0)


def read_of(representation: str, samples: int = 40) -> torch.Tensor:
    if representation == "graph":
        return players(samples)
    return torch.randn(1, samples, WIDTHS[representation], generator=torch.Generator().manual_seed(1))


def window_of(representation: str, visual: int = 12) -> Window:
    seen = torch.randn(1, 40, visual, generator=torch.Generator().manual_seed(2))
    return Window(features=torch.cat([seen, read_of(representation)], 2))


def test_the_graph_has_the_papers_parameters() -> None:
    assert KIND.paper_parameters(NAMES) == 741_828  # with the eight classes of the paper, whatever the task's
    assert set(PAPER["classes"]) == set(PAPER_CLASSES) < set(NAMES)
    with torch.device("meta"):
        network = KIND.build(KIND.configure(**PAPER))
    of = {name: sum(p.numel() for p in part.parameters()) for name, part in network.beside.named_children()}
    layer = (
        64 * 128 + 128 + 2 * 128 + 128 * 64 + 64 + 1 + 2 * 64
    )  # two linear layers, their norm, a temperature, a norm
    assert of == {"nodes": 9 * 64, "edges": 9 * 64, "layers": 14 * layer, "out": 65 * 152}


def test_the_papers_sizes_are_judged_and_learned() -> None:
    torch.manual_seed(0)
    network = KIND.build(KIND.configure(**PAPER)).train()
    features = torch.cat([torch.randn(1, 240, 512), players(240)], 2)
    output = network(Window(features=features))
    assert output.logits.shape == (1, 240, 8)
    assert network.seen(features[..., :512]).shape == network.beside(features[..., 512:]).shape == (1, 152, 240, 1)
    times = np.arange(240, dtype=np.int64) * 500_000
    targets = stack_targets([KIND.targets([Spot(1, 60_000_000, "Corner")], times, network.config, None)])
    before = {name: p.detach().clone() for name, p in network.named_parameters()}
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1)
    KIND.loss(network, output, targets).backward()
    assert all(p.grad is not None and p.grad.any() for p in network.parameters())
    optimiser.step()
    still = {name for name, p in network.named_parameters() if torch.equal(p, before[name])}
    assert all(name.endswith("aggr_module.t") for name in still)  # a temperature near 1 may move by less than it holds


@pytest.mark.parametrize("representation", WIDTHS)
@pytest.mark.parametrize("visual", [0, 12])
def test_every_representation_alone_and_beside(representation: str, visual: int) -> None:
    if not visual and representation == "none":
        return
    network = tiny(representation, visual).eval()
    assert network.conv_seg.in_channels == 76 * (bool(visual) + (representation != "none"))
    assert hasattr(network, "conv_1") == bool(visual)
    assert network(window_of(representation, visual)).logits.shape == (1, 40, 17)


@pytest.mark.parametrize("representation", ["top-view", "numbers", "graph"])
def test_both_branches_are_heard(representation: str) -> None:
    network, window = tiny(representation).eval(), window_of(representation)
    assert window.features is not None
    said = network(window).segmentation
    for columns in (slice(0, 12), slice(12, None)):
        silent = window.features.clone()
        silent[..., columns] = 0
        assert not torch.allclose(network(Window(features=silent)).segmentation, said)


def test_without_a_representation_it_is_calf() -> None:
    network, calf = tiny("none"), system("calf")
    same = calf.build(
        calf.configure(classes=NAMES, window=40, before=4, after=4, dim=12, detections=4, first=64, second=16,
                       pyramid=(4, 8, 16, 32))
    )  # fmt: skip
    same.load_state_dict(network.state_dict())
    window = window_of("none")
    assert torch.equal(network.eval()(window).logits, same.eval()(window).logits)


def graph_branch() -> GraphBranch:
    torch.manual_seed(0)
    return GraphBranch(KIND.configure(**TINY, representation="graph", dim=NUMBERS)).eval()


def test_a_graph_does_not_care_in_which_order_players_stand() -> None:
    branch, read = graph_branch(), players(3)
    order = torch.randperm(NODES, generator=torch.Generator().manual_seed(3))
    turned = read.view(1, 3, NODES, NODE)[:, :, order].reshape(1, 3, -1)
    assert torch.allclose(branch(read), branch(turned), atol=1e-6)


def test_players_of_one_sample_say_nothing_of_another() -> None:
    """Nor do those of another window of the batch; a sample without players is zero."""
    branch, read = graph_branch(), players(3)
    alone = branch(read)
    other = read.clone()
    other[:, 1] = players(1, seed=9)[:, 0]
    other[:, 2] = 0
    changed = branch(torch.cat([other, read]))
    assert torch.allclose(changed[:1, :, 0], alone[:, :, 0], atol=1e-6)
    assert not torch.allclose(changed[:1, :, 1], alone[:, :, 1])
    assert not changed[0, :, 2].any()
    assert torch.allclose(changed[1:], alone, atol=1e-6)
    assert not branch(torch.zeros(1, 2, NUMBERS)).any()


def test_a_player_is_heard_by_who_stands_near() -> None:
    """Of two alone, 40 m apart, neither hears the other: each sample is the larger of what each says by himself."""
    branch = graph_branch()
    far, near = ([person(-20, 0, (200, 0, 0)), person(x, 0, (0, 0, 200))] for x in (20, -15))
    for people, joined in ((far, False), (near, True)):
        both = torch.from_numpy(nodes(seen_by(STRAIGHT), [people])).unsqueeze(0)
        each = [torch.from_numpy(nodes(seen_by(STRAIGHT), [[one]])).unsqueeze(0) for one in people]
        largest = torch.maximum(branch(each[0]), branch(each[1]))
        assert torch.allclose(branch(both), largest, atol=1e-5) != joined


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(BadInputError, match="representation must be top-view, numbers, graph or none, not 'map'"):
        KIND.configure(classes=NAMES, representation="map")
    with pytest.raises(BadInputError, match="the last feature set has 19 numbers a sample, the representation graph"):
        KIND.build(KIND.configure(classes=NAMES, representation="graph", dim=31, sets=(12, 19)))
    with pytest.raises(BadInputError, match=r"12 \+ 19 numbers a sample, not 40"):
        KIND.build(KIND.configure(classes=NAMES, dim=40, sets=(12, 19)))
    with pytest.raises(BadInputError, match="players are known 2 times a second"):
        KIND.build(KIND.configure(classes=NAMES, representation="graph", dim=NUMBERS, rate=5.0))


def test_the_library_of_graphs_is_imported_only_for_a_graph() -> None:
    code = (
        "import sys\nfrom spotting_core.models.registry import systems\nsystems()\n"
        "assert 'torch_geometric' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
