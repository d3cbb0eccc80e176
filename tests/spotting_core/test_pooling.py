"""Poolings: how many parameters, what a clip should say, and published weights against the layers' formulas."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from spotting_core.classes import load_classes
from spotting_core.errors import BadInputError
from spotting_core.features.sets import SOCCERNET
from spotting_core.models.convert import convert_checkpoint, converted
from spotting_core.models.load import load_model
from spotting_core.models.pooling import NetVlad, Pooling, clip_loss, clip_targets
from spotting_core.models.published import read_checkpoint
from spotting_core.models.registry import system
from spotting_core.models.window import Output, Window
from spotting_core.spots import Spot
from tests.app.commands import touchline

NAMES = load_classes().names


def parameters(name: str, **settings: object) -> int:
    kind = system(name)
    network = kind.build(kind.configure(classes=NAMES, **settings))
    return sum(p.numel() for p in network.parameters())


def test_parameters_are_those_of_the_papers() -> None:
    assert parameters("netvlad++", dim=2048) == 1_704_466
    assert parameters("netvlad", dim=512) == 655_378
    assert parameters("max", dim=512) == parameters("average", dim=512) == 9_234
    # Without residuals there are no second centres: 512 x 64 fewer.
    assert parameters("netrvlad", dim=512) == 655_378 - 512 * 64


def test_netvlad_by_hand() -> None:
    pool = NetVlad(dim=2, clusters=2, residual=True)
    pool.clusters.data = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    pool.clusters2.data = torch.tensor([[[0.5, 0.0], [0.0, 0.5]]])
    out = pool(torch.tensor([[[3.0, 0.0]]]))[0]
    near = np.e / (np.e + 1)  # softmax of (1, 0)
    # Residuals a * (x - c): (near / 2, 0) to the first centre, ((1 - near), -(1 - near) / 2) to the second.
    first, second = np.array([1.0, 0.0]), np.array([1.0, -0.5]) / np.hypot(1.0, 0.5)
    expected = np.stack([first, second], axis=1).ravel() / np.sqrt(2)  # D before K, then unit length
    assert near > 0.5
    assert np.allclose(out.detach().numpy(), expected, atol=1e-6)


def test_before_and_after_are_pooled_apart() -> None:
    kind = system("max++")
    model = Pooling(kind.configure(classes=NAMES, dim=512, window=4, before=2, after=1)).eval()
    model.fc.weight.data = torch.zeros_like(model.fc.weight)
    model.fc.weight.data[1, 0] = 1.0  # the first class looks at number 0 of the half before
    model.fc.weight.data[2, 512] = 1.0  # the second at number 0 of the half after
    features = torch.zeros(1, 4, 512)
    features[0, 1, 0], features[0, 2, 0] = 5.0, 7.0
    logits = model(Window(features=features)).logits[0, 0] - model.fc.bias[1:]
    assert logits[:3].tolist() == pytest.approx([5.0, 7.0, 0.0], abs=1e-5)


def test_a_clip_says_what_its_seconds_hold() -> None:
    config = system("netvlad++").configure(classes=NAMES, window=4, before=2, after=1)
    times = np.array([2_000_000, 2_500_000, 3_000_000, 3_500_000])
    spots = [Spot(1, 2_900_000, "Goal"), Spot(1, 4_100_000, "Foul"), Spot(1, 1_999_000, "Corner")]
    label = clip_targets(spots, times, config).label
    assert label.nonzero().flatten().tolist() == [1 + NAMES.index("Goal")]
    # At 3.9 s the clock shows 0:03, which is inside; at 4.1 s it shows 0:04, which is not.
    assert clip_targets([Spot(1, 3_900_000, "Foul")], times, config).label[1 + NAMES.index("Foul")] == 1
    nothing = clip_targets(spots[1:], times, config).label
    assert nothing.nonzero().flatten().tolist() == [0]
    # Of a clip that reaches beyond the half only the samples inside count.
    valid = np.array([True, True, False, False])
    assert clip_targets([Spot(1, 3_100_000, "Goal")], times, config, valid).label[0] == 1


def test_clip_loss_by_hand() -> None:
    targets = clip_targets(
        [Spot(1, 0, "Penalty")], np.array([0, 500_000]), system("max").configure(classes=("Penalty",))
    )
    output = Output(logits=torch.tensor([[[0.0]]]), background=torch.tensor([[np.log(3.0)]]).float())
    batch = targets.map(lambda v: v[None])
    # Background says 3/4 where it should say 0; the class says 1/2 where it should say 1.
    assert float(clip_loss(None, output, batch)) == pytest.approx((-np.log(0.25) - np.log(0.5)) / 2, rel=1e-6)


# --- published weights ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def published(shared: Path) -> Path:
    return shared / "data" / "published_weights"


def unit(x: np.ndarray, axis: int) -> np.ndarray:
    return x / np.maximum(np.linalg.norm(x, axis=axis, keepdims=True), 1e-12)


def netvlad_forward(x: np.ndarray, state: dict[str, np.ndarray]) -> np.ndarray:
    """The public Pooling model from its formulas, in numpy: (T, D) to (1 + C,) after the sigmoid."""
    centres = state["pool_layer.centroids"]  # (K, D)
    x = unit(x, 1)
    said = x @ state["pool_layer.conv.weight"][:, :, 0, 0].T  # (T, K)
    said = np.exp(said - said.max(1, keepdims=True))
    assignment = said / said.sum(1, keepdims=True)
    vlad = np.stack([(assignment[:, k, None] * (x - centres[k])).sum(0) for k in range(len(centres))])
    flat = unit(unit(vlad, 1).ravel(), 0)  # K before D
    return 1 / (1 + np.exp(-(state["fc.weight"] @ flat + state["fc.bias"])))


def said_by(model: torch.nn.Module, x: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        output = model(Window(features=torch.from_numpy(x).float()[None]))
    return torch.cat([output.background, output.logits[:, 0]], 1).sigmoid()[0].numpy()


def test_published_netvlad_agrees_with_its_formulas(published: Path, tmp_path: Path) -> None:
    path = published / "netvlad_v1.pth.tar"
    convert_checkpoint(path, tmp_path, classes="soccernet-v1", features=SOCCERNET["ResNET_TF2_PCA512"])
    model = load_model(tmp_path)
    assert model.card.system == "netvlad"
    assert model.reads_features
    state = {k: v.double().numpy() for k, v in read_checkpoint(path).items()}
    rng = np.random.default_rng(0)
    for scale in (0.1, 1.0, 30.0):
        x = rng.normal(size=(model.config.window, 512)) * scale
        assert np.abs(said_by(model.network, x) - netvlad_forward(x, state)).max() < 1e-5


def test_the_unpermuted_layout_fits_and_is_wrong(published: Path) -> None:
    path = published / "netvlad_v1.pth.tar"
    raw = read_checkpoint(path)
    name, settings, state = converted(raw, path)
    state["fc.weight"] = raw["fc.weight"]  # K before D, as it is published
    network = system(name).build(system(name).configure(classes=load_classes("soccernet-v1").names, **settings)).eval()
    network.load_state_dict(state)  # every shape fits
    x = np.random.default_rng(0).normal(size=(40, 512))
    difference = np.abs(said_by(network, x) - netvlad_forward(x, {k: v.double().numpy() for k, v in raw.items()}))
    assert difference.max() > 1e-2


def test_published_max_pooling_agrees_with_its_formulas(published: Path, tmp_path: Path) -> None:
    path = published / "maxpool_v2.pth.tar"
    convert_checkpoint(path, tmp_path, classes="soccernet-v2", features=SOCCERNET["ResNET_TF2_PCA512"])
    state = {k: v.double().numpy() for k, v in read_checkpoint(path).items()}
    x = np.random.default_rng(0).normal(size=(40, 512))
    expected = 1 / (1 + np.exp(-(state["fc.weight"] @ x.max(0) + state["fc.bias"])))
    assert np.abs(said_by(load_model(tmp_path).network, x) - expected).max() < 1e-5


def test_netvlad_plus_plus_and_netrvlad_are_recognised() -> None:
    g = torch.Generator().manual_seed(0)
    state = {
        "feature_extractor.weight": torch.randn(512, 2048, generator=g),
        "feature_extractor.bias": torch.randn(512, generator=g),
        "fc.weight": torch.randn(18, 512 * 64, generator=g),
        "fc.bias": torch.randn(18, generator=g),
    }
    for part in ("before", "after"):
        state[f"pool_layer_{part}.clusters"] = torch.randn(512, 32, generator=g)
        state[f"pool_layer_{part}.clusters2"] = torch.randn(1, 512, 32, generator=g)
    name, settings, own = converted(state, Path("x"))
    assert (name, settings) == ("netvlad++", {"dim": 2048, "vocabulary": 64})
    network = system(name).build(system(name).configure(classes=NAMES, **settings))
    network.load_state_dict(own)
    single = {"pool_layer.clusters": torch.randn(512, 64), "fc.weight": state["fc.weight"], "fc.bias": state["fc.bias"]}
    assert converted(single, Path("x"))[0] == "netrvlad"


def test_what_cannot_be_converted_says_so(published: Path, tmp_path: Path) -> None:
    features = SOCCERNET["ResNET_TF2_PCA512"]
    with pytest.raises(BadInputError, match="not the weights of a pooling model"):
        convert_checkpoint(
            published / "calf_replay_grounding.pth.tar", tmp_path, classes="soccernet-v2", features=features
        )
    with pytest.raises(BadInputError, match="has 3 classes, the class table 'soccernet-v2' has 17"):
        convert_checkpoint(published / "netvlad_v1.pth.tar", tmp_path, classes="soccernet-v2", features=features)
    with pytest.raises(BadInputError, match="reads 512 numbers a sample, ResNET_TF2 has 2048"):
        convert_checkpoint(
            published / "maxpool_v2.pth.tar", tmp_path, classes="soccernet-v2", features=SOCCERNET["ResNET_TF2"]
        )
    torch.save({"state_dict": {"fc.weight": torch.zeros(18, 640), "fc.bias": torch.zeros(18)}}, tmp_path / "wide.pth")
    with pytest.raises(BadInputError, match="without a projection reads 512 numbers a sample, this one 18x640"):
        convert_checkpoint(tmp_path / "wide.pth", tmp_path, classes="soccernet-v2", features=features)
    (tmp_path / "x.pth").write_bytes(b"no checkpoint")
    with pytest.raises(BadInputError, match="cannot be read"):
        read_checkpoint(tmp_path / "x.pth")


def test_a_checkpoint_is_converted_by_a_command(published: Path, tmp_path: Path) -> None:
    path = published / "maxpool_v2.pth.tar"
    done = touchline("convert-weights", path, "--out", tmp_path / "model")
    assert done.returncode == 0, done.stderr
    assert load_model(tmp_path / "model").card.system == "max"
    wrong = touchline("convert-weights", path, "--out", tmp_path / "other", "--features", "ResNET")
    assert wrong.returncode == 2
    assert "there is no such feature set of SoccerNet" in wrong.stderr
    assert not (tmp_path / "other").exists()
