"""Poolings: how many parameters, what a clip should say, and published weights against the layers' formulas."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.checkpoints.adding import added_models
from spotting_core.checkpoints.sn_spotting import AWARE, POOLING, Converted, converted
from spotting_core.computing.checkpoint_file import read_checkpoint
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.models.load import load_model
from spotting_core.models.pooling import NetVlad, Pooling, clip_loss, clip_targets
from spotting_core.models.registry import system
from spotting_core.models.window import Output, Window
from tests.app.commands import touchline
from tests.spotting_core.checkpoints.made import added

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
    label_without = clip_targets(spots[1:], times, config).label
    assert label_without.nonzero().flatten().tolist() == [0]
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
    activations = x @ state["pool_layer.conv.weight"][:, :, 0, 0].T  # (T, K)
    activations = np.exp(activations - activations.max(1, keepdims=True))
    assignment = activations / activations.sum(1, keepdims=True)
    vlad = np.stack([(assignment[:, k, None] * (x - centres[k])).sum(0) for k in range(len(centres))])
    flat = unit(unit(vlad, 1).ravel(), 0)  # K before D
    return 1 / (1 + np.exp(-(state["fc.weight"] @ flat + state["fc.bias"])))


def scores_by(model: torch.nn.Module, x: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        output = model(Window(features=torch.from_numpy(x).float()[None]))
    return torch.cat([output.background, output.logits[:, 0]], 1).sigmoid()[0].numpy()


def test_published_netvlad_agrees_with_its_formulas(published: Path, data: DataDirectory) -> None:
    path = published / "netvlad_v1.pth.tar"
    model = added(path, data, classes="soccernet-v1")
    assert model.card.system == "netvlad"
    assert model.inputs.words == ("features",)
    state = {k: v.double().numpy() for k, v in read_checkpoint(path).items()}
    rng = np.random.default_rng(0)
    for scale in (0.1, 1.0, 30.0):
        x = rng.normal(size=(model.config.window, 512)) * scale
        assert np.abs(scores_by(model.network, x) - netvlad_forward(x, state)).max() < 1e-5


def built(converted_weights: Converted, classes: tuple[str, ...] = NAMES) -> torch.nn.Module:
    kind = system(converted_weights.system)
    network = kind.build(kind.configure(classes=classes, **converted_weights.settings)).eval()
    network.load_state_dict(converted_weights.state)
    return network


def test_the_unpermuted_layout_fits_and_is_wrong(published: Path) -> None:
    path = published / "netvlad_v1.pth.tar"
    raw = read_checkpoint(path)
    weights = converted(raw, path)
    weights.state["fc.weight"] = raw["fc.weight"]  # K before D, as it is published
    network = built(weights, load_classes("soccernet-v1").names)  # every shape fits
    x = np.random.default_rng(0).normal(size=(40, 512))
    difference = np.abs(scores_by(network, x) - netvlad_forward(x, {k: v.double().numpy() for k, v in raw.items()}))
    assert difference.max() > 1e-2


def test_published_max_pooling_agrees_with_its_formulas(published: Path, data: DataDirectory) -> None:
    path = published / "maxpool_v2.pth.tar"
    model = added(path, data, system="max")
    state = {k: v.double().numpy() for k, v in read_checkpoint(path).items()}
    x = np.random.default_rng(0).normal(size=(model.config.window, 512))
    expected = 1 / (1 + np.exp(-(state["fc.weight"] @ x.max(0) + state["fc.bias"])))
    assert np.abs(scores_by(model.network, x) - expected).max() < 1e-5
    # The Pooling folder's clip of 20 s, its scores those of the sample in the middle, and its suppression.
    assert (model.config.window, model.config.before, model.config.after) == (40, 20, 19)
    assert model.config.suppression == 20.0


# --- what a checkpoint tells, and what it leaves open ---------------------------------------------------


def made_state(name: str, *, dim: int = 512, width: int = 512, classes: int = 17) -> dict[str, torch.Tensor]:
    """Tensors as TemporallyAwarePooling names and shapes them, with random values."""
    torch.manual_seed(0)
    parts = ("pool_layer_before", "pool_layer_after") if name.endswith("++") else ("pool_layer",)
    clusters = 8 // len(parts)
    state = {"fc.bias": torch.randn(1 + classes)}
    if name.startswith("net"):
        state |= {f"{p}.clusters": torch.randn(width, clusters) / width**0.5 for p in parts}
        state |= {f"{p}.clusters2": torch.randn(1, width, clusters) for p in parts if name.startswith("netvlad")}
    pooled = width * (8 if name.startswith("net") else len(parts))
    state["fc.weight"] = torch.randn(1 + classes, pooled) / pooled**0.5
    if dim != width:
        state["feature_extractor.weight"] = torch.randn(width, dim) / dim**0.5
        state["feature_extractor.bias"] = torch.randn(width)
    return state


def aware_forward(x: np.ndarray, tensors: dict[str, torch.Tensor], name: str) -> np.ndarray:
    """The public TemporallyAwarePooling model from its formulas, in numpy: (T, D) to (1 + C,)."""
    state = {k: v.double().numpy() for k, v in tensors.items()}
    if "feature_extractor.weight" in state:
        x = x @ state["feature_extractor.weight"].T + state["feature_extractor.bias"]
    split, middle = name.endswith("++"), len(x) // 2
    halves = {"pool_layer_before": x[:middle], "pool_layer_after": x[middle:]} if split else {"pool_layer": x}
    pooled = []
    for part, samples in halves.items():
        if not name.startswith("net"):
            pooled.append(samples.max(0) if name.startswith("max") else samples.mean(0))
            continue
        samples = unit(samples, 1)
        activations = np.exp(samples @ state[f"{part}.clusters"])
        assignment = activations / activations.sum(1, keepdims=True)  # (T, K)
        vlad = samples.T @ assignment - assignment.sum(0) * state.get(f"{part}.clusters2", np.zeros((1, 1, 1)))[0]
        pooled.append(unit(unit(vlad, 0).ravel(), 0))  # D before K
    return 1 / (1 + np.exp(-(state["fc.weight"] @ np.concatenate(pooled) + state["fc.bias"])))


@pytest.mark.parametrize("dim", [512, 2048])
@pytest.mark.parametrize("name", [p + s for p in ("max", "average", "netvlad", "netrvlad") for s in ("", "++")])
def test_every_pooling_agrees_with_its_formulas(name: str, dim: int) -> None:
    state = made_state(name, dim=dim)
    system_name = name if name.startswith(("max", "average")) else ""
    weights = converted(state, Path("x"), system_name=system_name, code=AWARE)
    assert (weights.system, weights.code, weights.settings["dim"]) == (name, AWARE, dim)
    x = np.random.default_rng(0).normal(size=(30, dim))
    assert np.abs(scores_by(built(weights), x) - aware_forward(x, state, name)).max() < 1e-5


@pytest.mark.parametrize(
    ("name", "dim", "code"),
    [
        ("max", 512, POOLING),  # nothing tells: the folder of the published checkpoint
        ("max", 2048, AWARE),  # only this folder projects
        ("average", 512, AWARE),  # only this folder has the mean
        ("max++", 512, AWARE),
        ("netvlad", 512, AWARE),  # its names are those of this folder; those of the other are tested above
        ("netrvlad", 512, AWARE),
        ("netvlad++", 2048, AWARE),
    ],
)
def test_clips_and_suppression_are_those_of_the_folder(name: str, dim: int, code: str) -> None:
    weights = converted(made_state(name, dim=dim), Path("x"), system_name=name)
    assert weights.code == code
    config = system(name).configure(classes=NAMES, **weights.settings)
    clip = (config.window, config.before, config.after, config.suppression)
    assert clip == ((40, 20, 19, 20.0) if code == POOLING else (30, 15, 14, 30.0))


def test_a_max_pooling_of_the_other_folder_is_said_to_be() -> None:
    weights = converted(made_state("max"), Path("x"), system_name="max", code=AWARE)
    assert (weights.settings["window"], weights.settings["suppression"]) == (30, 30.0)


def test_clips_last_as_long_at_another_rate() -> None:
    settings = converted(made_state("netvlad++"), Path("x"), rate=1.0).settings
    assert [settings[k] for k in ("window", "before", "after")] == [15, 7, 7]


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        (
            "average",
            {},
            "weights fit max and average alike. Say which of them was trained: --system max or --system av",
        ),
        ("max++", {}, "these weights fit max++ and average++ alike"),
        ("max++", {"system_name": "max"}, "these are the weights of max++ or average++, not of 'max'"),
        ("netvlad", {"system_name": "netvlad++"}, "these are the weights of netvlad, not of 'netvlad++'"),
        ("netvlad", {"code": POOLING}, "checkpoint of netvlad is of TemporallyAwarePooling, not of 'Pooling'"),
        ("average", {"system_name": "average", "code": POOLING}, "of average is of TemporallyAwarePooling, not"),
        ("max", {"system_name": "max", "code": "CALF"}, "is of Pooling or TemporallyAwarePooling, not of 'CALF'"),
    ],
)
def test_what_the_weights_do_not_tell_is_asked_and_what_they_deny_refused(
    name: str, options: dict[str, str], message: str
) -> None:
    with pytest.raises(BadInputError, match=re.escape(message)):
        converted(made_state(name), Path("x"), **options)


def without(state: dict[str, torch.Tensor], *names: str) -> dict[str, torch.Tensor]:
    return {k: v for k, v in state.items() if k not in names}


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (
            made_state("max", dim=640, width=640),
            "classifier reads 640 numbers a clip; a maximum or a mean has 512, of before",
        ),
        (made_state("netvlad", width=256), "clusters is 256x8, that of netvlad would be 512x8"),
        (made_state("netvlad++") | {"fc.weight": torch.zeros(18, 9)}, "fc.weight is 18x9, that of netvlad++ would be"),
        (made_state("max") | {"conv.bias": torch.zeros(4)}, "not the weights of a pooling model (conv.bias, fc.bias"),
        (
            without(made_state("max", dim=2048), "feature_extractor.bias"),
            "(fc.bias, fc.weight, feature_extractor.weight, …)",
        ),
        (without(made_state("netvlad++"), "pool_layer_after.clusters2"), "not the weights of a pooling model"),
        ({"fc.weight": torch.tensor(1.0), "fc.bias": torch.tensor(1.0)}, "its classifier reads 0 numbers a clip"),
        (without(made_state("max"), "fc.bias"), "not the weights of a pooling model"),
        ({}, "not the weights of a pooling model (no tensors"),
    ],
)
def test_weights_of_no_pooling_say_so(state: dict[str, torch.Tensor], message: str) -> None:
    with pytest.raises(BadInputError, match=re.escape(message)):
        converted(state, Path("x"), system_name="max" if "max" in message else "")


def test_what_cannot_be_added_says_so(published: Path, tmp_path: Path, data: DataDirectory) -> None:
    torch.save({"fc.weight": torch.ones(2, 512)}, tmp_path / "other.pth")
    with pytest.raises(
        BadInputError, match=r"poolings, but fc\.bias is missing; it has 1 tensor, fc\.weight \(2x512\)"
    ):
        added(tmp_path / "other.pth", data)
    with pytest.raises(BadInputError, match="has 3 classes, and no file beside it names them"):
        added(published / "netvlad_v1.pth.tar", data)
    with pytest.raises(BadInputError, match="has 3 classes, soccernet-v2 names 17"):
        added(published / "netvlad_v1.pth.tar", data, classes="soccernet-v2")
    with pytest.raises(BadInputError, match="reads 512 numbers a sample, ResNET_TF2 has 2048"):
        added(published / "maxpool_v2.pth.tar", data, features="ResNET_TF2", system="max")
    (tmp_path / "x.pth").write_bytes(b"no checkpoint")
    with pytest.raises(BadInputError, match="this checkpoint cannot be read"):
        read_checkpoint(tmp_path / "x.pth")
    assert added_models(data) == {}


def test_a_checkpoint_is_added_by_a_command(published: Path, data: DataDirectory) -> None:
    command = ("models", "add", published / "maxpool_v2.pth.tar")
    unsaid = touchline(*command)
    assert unsaid.returncode == 2
    assert "--system max or --system average" in unsaid.stderr
    done = touchline(*command, "--system", "max")
    assert done.returncode == 0, done.stderr
    assert "clips of 20 s, suppression 20 s" in done.stdout
    assert "Licence: weights: MIT; code: MIT" in done.stdout
    assert load_model(data.root / "models" / "maxpool_v2").card.system == "max"
    mean = touchline(*command, "--system", "average", "--code", AWARE, "--name", "mean")
    assert "clips of 15 s, suppression 30 s" in mean.stdout
    assert load_model(data.root / "models" / "mean").config.pooling == "average"
    wrong = touchline(*command, "--features", "ResNET", "--name", "other")
    assert wrong.returncode == 2
    assert "there is no such feature set of SoccerNet" in wrong.stderr
    assert set(added_models(data)) == {"maxpool_v2", "mean"}
