"""Cards and descriptions of models that ask for what no machine holds, for what lies elsewhere, or for nonsense."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from benchmarks.attacks.attack import Attack
from benchmarks.attacks.attempt import tried
from spotting_core.domain.classes import load_classes
from spotting_core.entities.vision_language import VisionLanguageModel
from spotting_core.features.sets import read_sets
from spotting_core.models.card import CARD_FILE, SIMULATED, Card, CardInput
from spotting_core.models.load import load_model, save_model
from spotting_core.models.registry import system
from spotting_core.samples.reader import model_finder

_ABSURD = 10**9


def _config(**settings: Any) -> dict[str, Any]:
    return {"config": settings}


def _read(**fields: Any) -> dict[str, Any]:
    return {"input": {"kind": "video", "rate": 2.0, **fields}}


CARDS: Mapping[str, dict[str, Any]] = {
    "a hub's address as backbone": _config(backbone="hf-hub:evil/model"),
    "a local address as backbone": _config(backbone="local-dir:/tmp/evil"),
    "a backbone that is a path": _config(backbone="../../evil"),
    "another of timm's backbones": _config(backbone="vit_giant_patch14_224"),
    "another temporal part": _config(temporal="eval"),
    "a window of a billion samples": {**_config(window=_ABSURD), "window": _ABSURD},
    "a window of none": {"window": 0},
    "a negative window": {**_config(window=-5), "window": -5},
    "negative borders": _config(before=-50),
    "a rate of none": {**_config(rate=0.0), **_read(rate=0)},
    "a rate of a million": {**_config(rate=1e6), **_read(rate=1e6)},
    "a rate that is no number": _config(rate=float("nan")),
    "a picture of gigapixels": _config(width=10**6, height=10**6),
    "a width of petabytes": _config(dim=10**15),
    "a width of gigabytes": _config(dim=60_000, heads=4, hidden=60_000),
    "more layers than can be built": _config(layers=10**6),
    "a dropout above one": _config(dropout=7.0),
    "a weight of infinity": _config(positive_weight=float("inf")),
    "heads that are none": _config(heads=0),
    "a class table that is a path": {"class_table": "../../../etc/passwd"},
    "a class twice": {"classes": ["Goal", "Goal"]},
    "no class": {"classes": []},
    "a class of a megabyte": {"classes": ["x" * 1_000_000]},
    "half a character as a name": {"name": "\ud800"},
    "a name that steers the terminal": {"name": "\x1b]0;x\x07entity-attention"},
    "a task that is a path": {"task": "../spotting"},
    "an input of negative pixels": _read(size=[-224, 126]),
    "an input of gigapixels": _read(size=[10**6, 10**6]),
    "means of two numbers": _read(size=[224, 126], mean=[0.1, 0.2]),
    "a spread of none": _read(size=[224, 126], std=[0.0, 0.2, 0.3]),
    "entities of a hub": {"entities": {"model": "hf-hub:evil/clip", "sha256": "0", "names": [], "prompts": "football"}},
    "entities of no name": {"entities": {"sha256": "0" * 64}},
    "entities that are a list of lists": {"entities": {"model": ["x"], "sha256": {}, "names": 3}},
    "members that are numbers": _config(members=[1, None]),
    "a configuration that is a list": {"config": []},
    "a format that is a text": {"format": "1"},
    "a format of the future": {"format": 99},
}
"""What is changed on a sound card of a small ``e2e-spot``."""

_SPEC = {"kind": "timm", "model": "m", "weights": "", "size": [8, 8], "mean": [], "std": [], "sha256": ""}
FEATURE_SETS: Mapping[str, dict[str, Any]] = {
    "a set that is a path": {"name": "../../x"},
    "a set of a trillion numbers": {"dim": 10**12},
    "a set of no numbers": {"raw_dim": 0},
    "a set of an infinite rate": {"rate": float("inf")},
    "pictures of gigapixels": {"extractor": {**_SPEC, "size": [10**6, 10**6]}},
    "pictures of negative pixels": {"extractor": {**_SPEC, "size": [-1, 8]}},
}
"""What is changed on a sound feature set of a card."""
SOUND_SET = {"name": "x", "dim": 8, "raw_dim": 8, "rate": 2.0}

DESCRIPTIONS: Mapping[str, tuple[dict[str, Any], str]] = {
    "a tower at a hub's address": ({"vision_cfg": {"timm_model_name": "hf-hub:evil/model"}}, "none of timm's"),
    "a tower with weights of a hub": ({"vision_cfg": {"timm_model_pretrained": True}}, "lie elsewhere"),
    "a text tower of a hub": ({"text_cfg": {"hf_model_name": "evil/text"}}, "lies elsewhere"),
    "a tokenizer of a hub": ({"text_cfg": {"hf_tokenizer_name": "evil/text"}}, "lies elsewhere"),
    "a context of a billion": ({"text_cfg": {"context_length": _ABSURD}}, "context_length must be"),
    "a tower that sees gigapixels": ({"vision_cfg": {"image_size": [10**6, 10**6]}}, "image_size must be"),
    "an embedding of none": ({"embed_dim": 0}, "embed_dim must be"),
    "towers that are lists": ({"text_cfg": []}, "cannot be used"),
}
"""What is changed on a sound description of a vision-language model, and a part of what is said of it."""


def attacks() -> Iterator[Attack]:
    """All of them."""
    for name, changes in CARDS.items():
        yield tried(name, "cards", lambda folder, c=changes: _use_card(folder, c), must_refuse=True)
    for name, changes in FEATURE_SETS.items():
        yield tried(
            name, "cards", lambda _, c=changes: read_sets(CardInput("features", 2.0, sets=({**SOUND_SET, **c},))),
            must_refuse=True,
        )  # fmt: skip
    for name, (changes, _) in DESCRIPTIONS.items():
        yield tried(name, "cards", lambda folder, c=changes: _use_description(folder, c), must_refuse=True)
    for address in ("hf-hub:evil/clip", "local-dir:/etc", "https://example.org/m"):
        yield tried(
            f"entity model {address}", "cards", lambda _, a=address: VisionLanguageModel.load(a), must_refuse=True
        )


def change_card(folder: Path, changes: Mapping[str, Any]) -> None:
    """Change a model's card; of its configuration only what is named."""
    path = folder / CARD_FILE
    card = json.loads(path.read_text(encoding="utf-8"))
    settings = changes.get("config", {})
    merged = {**card["config"], **settings} if isinstance(settings, dict) else settings
    path.write_text(json.dumps({**card, **changes, "config": merged}), encoding="utf-8")


def describe(folder: Path, changes: Mapping[str, Any]) -> None:
    """Write a vision-language model's folder whose description is changed."""
    described: dict[str, Any] = {
        "embed_dim": 8,
        "vision_cfg": {"timm_model_name": "resnet18", "image_size": 32},
        "text_cfg": {"context_length": 8, "vocab_size": 64, "width": 8, "heads": 1, "layers": 1},
    }
    for name, value in changes.items():
        own = described[name]
        described[name] = {**own, **value} if isinstance(own, dict) and isinstance(value, dict) else value
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": described}), encoding="utf-8")
    (folder / "model.safetensors").write_bytes(b"")


def small_model(folder: Path) -> Path:
    """A small model with a sound card."""
    torch.manual_seed(0)
    kind, names = system("e2e-spot"), load_classes().names
    config = kind.configure(classes=names, width=64, height=36, dim=32, hidden=16, feed_forward=32, window=20)
    settings = {**{name: getattr(config, name) for name in config.__dataclass_fields__}}
    read = CardInput("video", config.rate, (64, 36), (0.5,) * 3, (0.5,) * 3)
    card = Card("small", "e2e-spot", "", settings, "soccernet-v2", names, read, 20, None, {}, {}, SIMULATED, "")
    save_model(folder, kind.build(config), card)
    return folder


def _use_card(folder: Path, changes: Mapping[str, Any]) -> None:
    model = small_model(folder / "m")
    change_card(model, changes)
    loaded = load_model(model)
    if loaded.card.entities is not None:
        model_finder(loaded)


def _use_description(folder: Path, changes: Mapping[str, Any]) -> None:
    describe(folder, changes)
    VisionLanguageModel.load(folder)
