"""How far pictures are from a model's training: by hand on one layer, on made networks, in the doctor and on a layer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from spotting_core.base.data_directory import DataDirectory
from spotting_core.inference.analyse import analyse_match
from spotting_core.inference.look import (
    LIKE,
    LOOK,
    OTHER,
    UNLIKE,
    Look,
    LookSamples,
    _divergence,
    look_of,
    look_of_match,
)
from spotting_core.media.ingest import ingest
from spotting_core.media.source import open_match
from spotting_core.models.card import WEIGHTS_FILE, read_card, write_card
from spotting_core.models.load import LoadedModel, load_model, save_model
from tests.app.commands import touchline
from tests.conftest import small_model
from tests.videos import make_video, steady


def test_the_divergence_of_one_channel_by_hand() -> None:
    layer = nn.BatchNorm2d(2)
    layer.running_mean, layer.running_var = torch.tensor([1.0, 0.0]), torch.tensor([4.0, 1.0])
    apart = _divergence((torch.tensor([3.0, 0.0]), torch.tensor([1.0, 1.0])), layer)
    # (1 + 4) / 8 + (4 + 4) / 2 - 1, and nothing where nothing differs
    assert apart.tolist() == pytest.approx([0.625 + 4 - 1, 0.0], abs=1e-3)


def pictures(seed: int, *, bright: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [np.clip(rng.normal(90 + bright, 30, (36, 64, 3)), 0, 255).astype(np.uint8) for _ in range(16)]


@pytest.fixture
def model(tmp_path: Path) -> LoadedModel:
    """A network whose statistics are those of some pictures."""
    folder = small_model(tmp_path / "m")
    loaded = load_model(folder)
    network = loaded.system.build(loaded.config)
    network.load_state_dict(load_file(folder / WEIGHTS_FILE))
    network.train()
    from spotting_core.media.pixels import normalised

    for seed in range(60):
        network.environment.feature_map(normalised(np.stack(pictures(seed)))[None])
    save_model(folder, network, read_card(folder), precise=True)
    return load_model(folder)


def with_limit(model: LoadedModel, like: float) -> LoadedModel:
    write_card(model.folder, replace(model.card, training={LOOK: {"like": like}}))
    return load_model(model.folder)


def test_what_it_learned_is_near_and_what_it_did_not_is_far(model: LoadedModel) -> None:
    like, other, noise = (
        look_of(model, shown)
        for shown in (pictures(1000), pictures(1000, bright=40), [np.zeros((36, 64, 3), np.uint8)] * 4)
    )
    assert like is not None
    assert other is not None
    assert noise is not None
    assert like.unlikeness < 0.1 < other.unlikeness < noise.unlikeness
    assert like.word is None  # nobody has measured what is usual
    limited = with_limit(model, 0.1)
    words = [look_of(limited, shown) for shown in (pictures(7), pictures(7, bright=40))]
    assert [one.word for one in words if one] == [LIKE, OTHER if other.unlikeness < 0.4 else UNLIKE]


def test_the_folded_network_is_not_what_is_asked(model: LoadedModel) -> None:
    """A loaded network has its statistics folded away, and is left as it is."""
    before = {name: value.clone() for name, value in model.network.state_dict().items()}
    assert look_of(model, pictures(0)) is not None
    assert all(torch.equal(value, before[name]) for name, value in model.network.state_dict().items())


def test_words_and_sentences() -> None:
    assert Look(0.10, 0.13).sentence("m") is None
    assert "otherwise than what m was trained on (unlikeness 0.20, its own matches up to 0.13)" in str(
        Look(0.2, 0.13).sentence("m")
    )
    assert "like nothing that m was trained on" in str(Look(0.6, 0.13).sentence("m"))
    assert (Look(0.13, 0.13).word, Look(0.52, 0.13).word, Look(0.53, 0.13).word) == (LIKE, OTHER, UNLIKE)


def test_pictures_of_a_half_are_taken_once_from_windows_that_overlap() -> None:
    half = np.arange(100, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 3), np.uint8)
    samples = LookSamples(100)
    for start in (-5, 45, 95):
        window = np.zeros((100, 2, 2, 3), np.uint8)
        low, high = max(0, start), min(100, start + 100)
        window[low - start : high - start] = half[low:high]
        samples.add(start, window)
    assert [int(p[0, 0, 0]) for p in samples.pictures] == list(range(0, 100, 4))


def test_an_analysis_says_how_far_its_match_is(model: LoadedModel, tmp_path: Path, data: DataDirectory) -> None:
    make_video(tmp_path / "own.mp4", steady(40, rate=2.0))
    analysis = analyse_match(open_match(tmp_path / "own.mp4"), with_limit(model, 1e-4), data)
    assert analysis.record.unlikeness is not None
    assert analysis.record.unlikeness > 4e-4
    assert "like nothing that small e2e-spot was trained on" in str(analysis.record.notice)
    assert "rendered matches only" in str(analysis.record.notice)


def test_the_doctor_says_it_before(model: LoadedModel, tmp_path: Path, data: DataDirectory) -> None:
    make_video(tmp_path / "own.mp4", steady(40, rate=2.0))
    media = [ingest(h.path, data) for h in open_match(tmp_path / "own.mp4").halves]
    open_look = look_of_match(model, media)
    assert open_look is not None
    assert (open_look.finding("m"), "nobody has measured" in open_look.text) == (None, True)
    limited = with_limit(model, 1e-4)
    done = touchline("doctor", tmp_path / "own.mp4", "--model", limited.folder)
    assert "like nothing that small e2e-spot was trained on" in done.stdout.replace("\n", " ")
    near = touchline("doctor", tmp_path / "own.mp4", "--model", with_limit(model, 1e4).folder).stdout
    assert "Look  like its training (unlikeness" in near.replace("\n", " ")
    assert "was trained on" not in near.replace("trained on rendered", "")


def test_a_model_of_features_has_no_look(tmp_path: Path) -> None:
    from tests.small_systems import feature_model

    model = load_model(feature_model(tmp_path / "f", "calf", 2.0, dim=12, window=240, table="soccernet-v2"))
    assert look_of(model, pictures(0)) is None
    assert look_of_match(model, []) is None
