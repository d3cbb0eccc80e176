"""UGLF's checkpoints: what they say of pictures and entities is what their publication computes, written a second time."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from explain.methods import METHODS
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.checkpoints.adding import added_models
from spotting_core.inference.analyse import analyse_match
from spotting_core.media.source import open_match
from spotting_core.models.card import WEIGHTS_FILE
from spotting_core.models.gated_shift import GatedShift
from spotting_core.models.judge import Judge
from spotting_core.models.load import LoadedModel
from spotting_core.models.published_uglf import PublishedUGLF, published_loss
from spotting_core.models.targets import AnchorTargets
from spotting_core.models.window import EntitySet, Output, Samples
from spotting_core.samples.reader import model_reader
from tests.spotting_core.checkpoints.made import EMBED_DIM, PROMPTS, UGLF_SETTINGS, added, published, uglf_state
from tests.spotting_core.checkpoints.test_e2e_spot import (
    ALPHABETICAL,
    MEAN,
    OFFICIAL,
    STD,
    features,
    gru,
    pictures_of,
)
from tests.videos import make_video, steady

HEADS = 8


# --- the publication, from its description ----------------------------------------------------------------


def deviation_norm(x: Tensor, state: dict[str, Tensor], name: str) -> Tensor:
    deviation = ((x - x.mean(-1, keepdim=True)) ** 2).sum(-1, keepdim=True).div(x.shape[-1] - 1).sqrt()
    return state[f"{name}.alpha"] * (x - x.mean(-1, keepdim=True)) / (deviation + 1e-6) + state[f"{name}.bias"]


def norm(x: Tensor, state: dict[str, Tensor], name: str) -> Tensor:
    if f"{name}.alpha" in state:
        return deviation_norm(x, state, name)
    spread = (x - x.mean(-1, keepdim=True)) / torch.sqrt(x.var(-1, keepdim=True, unbiased=False) + 1e-5)
    return state[f"{name}.weight"] * spread + state[f"{name}.bias"]


def linear(x: Tensor, state: dict[str, Tensor], name: str) -> Tensor:
    return x @ state[f"{name}.weight"].T + state[f"{name}.bias"]


def encoded(x: Tensor, state: dict[str, Tensor], name: str) -> Tensor:
    """Tokens (K, D) through the one layer, head by head."""
    layer = f"{name}.encoder_layers.0"
    queries, keys, values = (x @ state[f"{layer}.attn.in_proj_weight"].T + state[f"{layer}.attn.in_proj_bias"]).chunk(
        3, dim=-1
    )
    width = x.shape[1] // HEADS
    heads = []
    for head in range(HEADS):
        own = slice(head * width, (head + 1) * width)
        weights = (queries[:, own] @ keys[:, own].T / width**0.5).softmax(-1)
        heads.append(weights @ values[:, own])
    x = norm(x + linear(torch.cat(heads, 1), state, f"{layer}.attn.out_proj"), state, f"{layer}.norm_1")
    y = x
    for number in (1, 2):
        y = torch.relu(y) if number == 2 else y
        y = linear(
            torch.relu(linear(y, state, f"{layer}.ff_{number}.linear_1")), state, f"{layer}.ff_{number}.linear_2"
        )
    return norm(norm(x + y, state, f"{layer}.norm_2"), state, f"{name}.norm")


def fused(seen: Tensor, entities: list[Tensor], state: dict[str, Tensor]) -> Tensor:
    """Environment (T, D) and the embeddings (n, E) of each sample to (T, D)."""
    rows = []
    for environment, own in zip(seen, entities, strict=True):
        environment = linear(deviation_norm(environment, state, "_fuse._env_norm"), state, "_fuse._env_linear")
        local = torch.zeros_like(environment)
        if len(own):
            tokens = linear(deviation_norm(own, state, "_fuse._obj_norm"), state, "_fuse._obj_linear")
            share = (environment + tokens).pow(2).sum(1).sqrt().softmax(0)
            kept = tokens[share >= 1 / len(own)]
            local = encoded(kept, state, "_fuse._obj_fuser").mean(0)
        rows.append(encoded(torch.stack([environment, local]), state, "_fuse._env_obj_fuser").mean(0))
    return torch.stack(rows)


def clip_logits(pixels: Tensor, entities: list[Tensor], state: dict[str, Tensor]) -> Tensor:
    tokens = fused(features(pixels, state), entities, state)
    states = torch.cat([gru(tokens, state, ""), gru(tokens, state, "_reverse")], 1)
    return linear(states, state, "_pred_fine._fc_out._fc_out")


def expected_of(pictures: np.ndarray, entities: list[Tensor], state: dict[str, Tensor], *, softmax: bool) -> np.ndarray:
    with torch.no_grad():
        pixels = ((torch.from_numpy(pictures).float() / 255 - MEAN) / STD).permute(0, 3, 1, 2)
        logits = clip_logits(pixels, entities, state)
        scores = (logits.softmax(1) if softmax else logits.sigmoid()).numpy()
    return scores[:, [1 + ALPHABETICAL.index(name) for name in OFFICIAL]]


# --- made samples -----------------------------------------------------------------------------------------


def embeddings(counts: list[int], seed: int = 0) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [3 * torch.randn(n, EMBED_DIM, generator=generator) + 0.5 for n in counts]


def entity_set(entities: list[Tensor]) -> EntitySet:
    most = max(len(own) for own in entities)
    held = torch.zeros(1, len(entities), most, EMBED_DIM)
    share = torch.zeros(1, len(entities), most)
    for sample, own in enumerate(entities):
        held[0, sample, : len(own)], share[0, sample, : len(own)] = own, 1
    shape = share.shape
    return EntitySet(torch.zeros(shape, dtype=torch.long), torch.ones(shape), torch.zeros(*shape, 4), held, share)


COUNTS = [3, 0, 7, 1, 5, 4]


def asked(judge: Judge, pictures: np.ndarray, entities: list[Tensor]) -> np.ndarray:
    samples = Samples(0, np.ones(len(pictures), bool), pictures=pictures, entities=entity_set(entities))
    return judge.scores([samples])[0].confidence


def small_judge(model: LoadedModel, **settings: Any) -> Judge:
    config = model.system.configure(**{**asdict(model.config), "width": 96, "height": 64, **settings})
    network = model.system.build(config).eval()
    network.load_state_dict(load_file(model.folder / WEIGHTS_FILE))
    return Judge(model.system, config, network)


def folder_of(path: Path, state: dict[str, Tensor], settings: dict[str, Any] | None = None) -> Path:
    folder = published(path, state, UGLF_SETTINGS if settings is None else settings)
    (folder / "prompts.txt").write_text("\n".join(PROMPTS))
    return folder


@pytest.fixture(scope="module")
def state() -> dict[str, Tensor]:
    return uglf_state()


@pytest.fixture
def model(state: dict[str, Tensor], tmp_path: Path, data: DataDirectory) -> LoadedModel:
    return added(folder_of(tmp_path / "soccer_uglf", state), data)


# --- the network ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "norm_name", "kind"), [("002", "alpha", "one_hot"), ("008", "weight", "integer")])
def test_a_clip_is_judged_as_published(
    size: str, norm_name: str, kind: str, tmp_path: Path, data: DataDirectory
) -> None:
    state = uglf_state(size, norm=norm_name)
    settings = {**UGLF_SETTINGS, "label_type": kind}
    model = added(folder_of(tmp_path / "soccer_uglf", state, settings), data)
    assert (model.system.name, model.config.window, model.card.classes) == ("published-uglf", 100, OFFICIAL)
    assert (model.card.entities or {})["names"] == list(PROMPTS)
    pictures, entities = pictures_of(len(COUNTS)), embeddings(COUNTS)
    expected = expected_of(pictures, entities, state, softmax=kind != "one_hot")
    said = asked(model.judge, pictures, entities)
    assert np.abs(said - expected).max() < 1e-4
    assert np.ptp(expected) > 0.1
    assert np.abs(asked(model.judge, pictures, embeddings(COUNTS, seed=1)) - said).max() > 1e-3  # entities count


@pytest.mark.parametrize("setting", ["backward_first", "interleaved"])
def test_another_direction_or_order_of_channels_says_something_else(
    setting: str, model: LoadedModel, state: dict[str, Tensor]
) -> None:
    pictures, entities, judge = pictures_of(6, height=64, width=96), embeddings(COUNTS), small_judge(model)
    expected = expected_of(pictures, entities, state, softmax=False)
    assert np.abs(asked(judge, pictures, entities) - expected).max() < 1e-4
    for part in judge.network.modules():
        if isinstance(part, GatedShift):
            setattr(part, setting, False)
    assert np.abs(asked(judge, pictures, entities) - expected).max() > 1e-3


@pytest.mark.parametrize("settings", [{"activation": "softmax"}, {"heads": 4}])
def test_other_scores_or_heads_say_something_else(
    settings: dict[str, Any], model: LoadedModel, state: dict[str, Tensor]
) -> None:
    pictures, entities = pictures_of(6, height=64, width=96), embeddings(COUNTS)
    expected = expected_of(pictures, entities, state, softmax=False)
    assert np.abs(asked(small_judge(model, **settings), pictures, entities) - expected).max() > 1e-4


def test_classes_in_another_order_say_something_else(
    model: LoadedModel, state: dict[str, Tensor], tmp_path: Path, data: DataDirectory
) -> None:
    listed = tmp_path / "class.txt"
    listed.write_text("\n".join(OFFICIAL))
    wrong = added(folder_of(tmp_path / "w", state), data, classes=str(listed))
    pictures, entities = pictures_of(6), embeddings(COUNTS)
    assert np.abs(asked(wrong.judge, pictures, entities) - asked(model.judge, pictures, entities)).max() > 1e-2


def test_an_entity_that_is_taken_out_counts_no_longer(model: LoadedModel) -> None:
    pictures, entities, judge = pictures_of(6, height=64, width=96), embeddings(COUNTS), small_judge(model)
    whole = entity_set(entities)
    share = whole.share.clone()
    share[0, 2, 3:] = 0
    samples = Samples(0, np.ones(6, bool), pictures=pictures, entities=whole.with_share(share))
    fewer = asked(judge, pictures, [*entities[:2], entities[2][:3], *entities[3:]])
    assert np.allclose(judge.scores([samples])[0].confidence, fewer, atol=1e-6)


def test_the_weights_of_the_kept_add_up_and_pass_a_gradient_by_their_share(model: LoadedModel) -> None:
    network = model.network
    assert isinstance(network, PublishedUGLF)
    entities = entity_set(embeddings(COUNTS))
    share = entities.share.clone().requires_grad_(True)
    fused_tokens, weight, kept = network.fuse(torch.randn(1, 6, 368), entities.with_share(share))
    assert weight is not None
    assert kept is not None
    sums = weight.sum(-1)[0]
    assert torch.allclose(sums, torch.tensor([1.0, 0, 1, 1, 1, 1]), atol=1e-5)
    assert torch.equal(weight > 0, kept)
    fused_tokens.sum().backward()
    assert share.grad is not None
    assert share.grad.abs().max() > 0
    assert torch.isfinite(share.grad).all()
    methods = {
        name: METHODS[name].supports(model) for name in ("occlusion", "grad-cam", "entity-heads", "entity-ablation")
    }
    assert set(methods.values()) == {None}


def test_the_fine_tuned_loss_is_the_focal_loss_with_the_background(model: LoadedModel) -> None:
    network = model.network
    assert isinstance(network, PublishedUGLF)
    raw, confidence = torch.randn(1, 4, 18), torch.zeros(1, 4, 17)
    confidence[0, 1, 3] = 1
    valid = torch.tensor([[1.0, 1, 1, 0]])
    targets = AnchorTargets(confidence, torch.zeros_like(confidence), torch.zeros_like(confidence), valid)
    loss = published_loss(network, Output(logits=raw[..., 1:], background=raw[..., 0]), targets)
    truth = torch.zeros(1, 4, 18)
    truth[..., 0] = 1
    truth[0, 1, 0], truth[0, 1, 4] = 0, 1
    p = raw.sigmoid()
    right, alpha = torch.where(truth > 0, p, 1 - p), torch.where(truth > 0, 0.25, 0.75)
    assert model.config.focal_gamma == 5.0  # type: ignore[attr-defined]
    expected = (-alpha * (1 - right) ** 5 * right.log())[0, :3].sum() / 3
    assert torch.allclose(loss, expected, atol=1e-5)


# --- what no file says, and other layouts -----------------------------------------------------------------


def test_what_no_file_says_is_asked_for(state: dict[str, Tensor], tmp_path: Path, data: DataDirectory) -> None:
    bare = published(tmp_path / "bare", state)
    with pytest.raises(BadInputError, match=r"sigmoids or a softmax.*config\.json"):
        added(bare, data)
    published(bare, state, UGLF_SETTINGS)
    with pytest.raises(BadInputError, match=r"no file beside it names them.*prompts\.txt beside it, or by --prompts"):
        added(bare, data)
    (tmp_path / "empty.txt").write_text("\n")
    with pytest.raises(BadInputError, match="these prompts name no entity"):
        added(bare, data, prompts=str(tmp_path / "empty.txt"))
    assert added_models(data) == {}
    assert (added(bare, data, prompts="football").card.entities or {})["names"][0]


@pytest.mark.parametrize(
    ("change", "settings", "message"),
    [
        ({"_fuse._obj_linear.bias": None}, {}, "fusion.entity.bias is missing"),
        ({"_fuse._obj_fuser.encoder_layers.1.norm_1.alpha": torch.zeros(2)}, {}, "has no place"),
        ({"_fuse._env_linear.weight": torch.zeros(3, 3)}, {}, "_fuse._env_linear.weight is 3x3, not 368x368"),
        ({"_fuse._obj_linear.weight": torch.zeros(3)}, {}, r"_obj_linear\.weight is 3, not"),
        ({"_pred_fine._tcn.weight": torch.zeros(2)}, {"temporal_arch": "mstcn"}, r"UGLF has another head than a GRU"),
        ({"_pred_fine._fc_out._fc_out.bias": torch.zeros(5)}, {}, r"_fc_out\.weight is 18x736, not 5x"),
    ],
)
def test_other_layouts_are_refused_by_name(
    change: dict[str, Tensor | None],
    settings: dict[str, Any],
    message: str,
    state: dict[str, Tensor],
    tmp_path: Path,
    data: DataDirectory,
) -> None:
    changed = {k: v for k, v in {**state, **change}.items() if v is not None}
    with pytest.raises(BadInputError, match=message):
        added(folder_of(tmp_path / "m", changed, {**UGLF_SETTINGS, **settings}), data)
    assert added_models(data) == {}


def test_a_truncated_file_is_refused(state: dict[str, Tensor], tmp_path: Path, data: DataDirectory) -> None:
    folder = folder_of(tmp_path / "m", state)
    path = folder / "checkpoint_088.pt"
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(BadInputError, match="this checkpoint cannot be read"):
        added(folder, data)


# --- with the entities of a match -------------------------------------------------------------------------


def rows_of(samples: int, counts: int = 3, dim: int = EMBED_DIM) -> Tensor:
    """Entities of some samples: in each a row of class 0, and ``counts`` others."""
    generator = torch.Generator().manual_seed(2)
    rows = []
    for sample in range(samples):
        for kind in range(counts + 1):
            head = torch.tensor([sample, min(kind, len(PROMPTS)), 10.0 * kind, 20.0, 10.0 * kind + 8, 60.0])
            rows.append(torch.cat([head, 3 * torch.randn(dim, generator=generator)]))
    return torch.stack(rows)


@pytest.fixture
def match(tmp_path: Path) -> Path:
    folder = tmp_path / "match"
    folder.mkdir()
    make_video(folder / "1_180p.mp4", steady(200))  # 17 samples
    return folder


def test_a_match_is_analysed_with_the_entities_of_its_file(
    match: Path, model: LoadedModel, state: dict[str, Tensor], data: DataDirectory, tmp_path: Path
) -> None:
    with pytest.raises(BadInputError, match=r"none are there for 1_180p\.mp4.*--features"):
        analyse_match(open_match(match), model, data)
    rows = rows_of(17)
    torch.save(rows, match / "1.pt")
    analysis = analyse_match(open_match(match), model, data)
    half = analysis.half(1)
    table = half.entities
    assert table is not None
    assert table.weight is not None
    assert table.names == PROMPTS
    assert np.bincount(table.sample).tolist() == [3] * 17  # class 0 is none
    assert table.box[0].tolist() == pytest.approx([10 * 320 / 398, 20 * 180 / 224, 18 * 320 / 398, 60 * 180 / 224])
    assert np.array_equal(table.embedding[:3], rows[1:4, 6:].numpy())
    assert table.weight[table.sample == 4].sum() == pytest.approx(1, abs=1e-3)
    assert not analysis.has("image_embeddings")
    # Other entities make another layer; those in a folder of their own are read with --features.
    other = tmp_path / "glip"
    other.mkdir()
    torch.save(rows_of(17, 2), other / "1.pt")
    again = analyse_match(open_match(match), model, data, features=other)
    assert again.folder != analysis.folder
    assert np.bincount(again.half(1).entities.sample).tolist() == [2] * 17  # type: ignore[union-attr]
    assert analyse_match(open_match(match), model, data).folder == analysis.folder
    with pytest.raises(BadInputError, match="no such folder of entities"):
        analyse_match(open_match(match), model, data, features=tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (rows_of(17, dim=128), "have 128 numbers each, soccer_uglf reads 256"),
        (rows_of(34), r"are of 34 samples, this half has 17 .*they are of 4\.17 a second, or of another match"),
        (rows_of(8), "are of 8 samples, this half has 17"),
        (rows_of(17) + torch.tensor([0.0, 1, *[0] * 260]), "are of 4 classes, the prompts of soccer_uglf name 3"),
        (rows_of(17) + torch.tensor([0.5, *[0] * 261]), "sample of an entity is no whole number"),
        (rows_of(17) * torch.nan, "a number of these entities is none"),
        (torch.zeros(5), r"holds a tensor \(5,\), not rows of entities"),
        ({"rows": rows_of(2)}, "holds dict, not rows of entities"),
    ],
)
def test_entities_that_do_not_fit_are_named(content: object, message: str, match: Path, model: LoadedModel) -> None:
    torch.save(content, match / "1.pt")
    files = model_reader(model).entity_files
    assert files is not None
    with pytest.raises(BadInputError, match=message):
        files.read(files.path(1, match / "1_180p.mp4", None), 17, (320, 180))


class Foreign:
    """What a pickle may ask for beside tensors."""


def test_a_file_of_entities_that_wants_more_is_refused(match: Path, model: LoadedModel) -> None:
    torch.save({"rows": Foreign()}, match / "1.pt")
    files = model_reader(model).entity_files
    assert files is not None
    with pytest.raises(BadInputError, match=r"asks for more than tensors when it is read .*Foreign"):
        files.read(match / "1.pt", 17, (320, 180))
    (match / "1.pt").write_bytes(b"PK\x03\x04 cut")
    with pytest.raises(BadInputError, match="this file of entities cannot be read"):
        files.read(match / "1.pt", 17, (320, 180))


def test_at_most_as_many_of_a_sample_as_are_read_and_boxes_of_shares(match: Path, model: LoadedModel) -> None:
    files = model_reader(model).entity_files
    assert files is not None
    rows = rows_of(17, 60)
    rows[:, 2:6] = torch.tensor([0.25, 0.5, 0.5, 1.0])
    torch.save(rows.flip(0), match / "1_180p.pt")
    table = files.read(files.path(1, match / "1_180p.mp4", None), 17, (320, 180))
    assert np.bincount(table.sample).tolist() == [50] * 17
    assert table.box[0].tolist() == [80, 90, 160, 180]
