"""Cards that ask for what no machine holds, for what lies elsewhere, or for nonsense: each is refused in a sentence."""

from __future__ import annotations

import json
import re
import resource
import shutil
import socket
from pathlib import Path
from typing import Any, NoReturn

import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.entities.vision_language import VisionLanguageModel
from spotting_core.features.sets import read_sets
from spotting_core.models.card import CARD_FILE, CardInput, read_card
from spotting_core.models.load import load_model
from spotting_core.samples.reader import model_finder
from tests.conftest import small_model


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_model(tmp_path_factory.mktemp("sound") / "m")


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "m"))


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may be looked up or fetched."""

    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a card had something fetched")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


def config(**settings: Any) -> dict[str, Any]:
    return {"config": settings}


def read(**fields: Any) -> dict[str, Any]:
    return {"input": {"kind": "video", "rate": 2.0, **fields}}


CARDS: dict[str, dict[str, Any]] = {
    "a hub's address as backbone": config(backbone="hf-hub:evil/model"),
    "a local address as backbone": config(backbone="local-dir:/tmp/evil"),
    "a backbone that is a path": config(backbone="../../evil"),
    "another of timm's backbones": config(backbone="vit_giant_patch14_224"),
    "another temporal part": config(temporal="eval"),
    "a window of a billion samples": {**config(window=10**9), "window": 10**9},
    "a window of none": {"window": 0},
    "a negative window": {**config(window=-5), "window": -5},
    "negative borders": config(before=-50),
    "a rate of none": {**config(rate=0.0), **read(rate=0)},
    "a rate of a million": {**config(rate=1e6), **read(rate=1e6)},
    "a rate that is no number": config(rate=float("nan")),
    "a picture of gigapixels": config(width=10**6, height=10**6),
    "a width of petabytes": config(dim=10**15),
    "a width of gigabytes": config(dim=60_000, heads=4, hidden=60_000),
    "more layers than can be built": config(layers=10**6),
    "a dropout above one": config(dropout=7.0),
    "a weight of infinity": config(positive_weight=float("inf")),
    "heads that are none": config(heads=0),
    "a class table that is a path": {"class_table": "../../../etc/passwd"},
    "a class twice": {"classes": ["Goal", "Goal"]},
    "no class": {"classes": []},
    "a class of a megabyte": {"classes": ["x" * 1_000_000]},
    "half a character as a name": {"name": "\ud800"},
    "a task that is a path": {"task": "../spotting"},
    "an input of negative pixels": read(size=[-224, 126]),
    "an input of gigapixels": read(size=[10**6, 10**6]),
    "means of two numbers": read(size=[224, 126], mean=[0.1, 0.2]),
    "a spread of none": read(size=[224, 126], std=[0.0, 0.2, 0.3]),
    "entities of a hub": {"entities": {"model": "hf-hub:evil/clip", "sha256": "0" * 64, "names": [], "prompts": "football"}},
    "entities of no name": {"entities": {"sha256": "0" * 64}},
    "entities that are a list of lists": {"entities": {"model": ["x"], "sha256": {}, "names": 3}},
    "members that are numbers": config(members=[1, None]),
    "a configuration that is a list": {"config": []},
    "a format that is a text": {"format": "1"},
    "a format of the future": {"format": 99},
}  # fmt: skip


@pytest.mark.parametrize("changes", CARDS.values(), ids=list(CARDS))
def test_a_hostile_card_is_refused_in_a_sentence(changes: dict[str, Any], folder: Path) -> None:
    path = folder / CARD_FILE
    card = json.loads(path.read_text())
    settings = changes.get("config", {})
    merged = {**card["config"], **settings} if isinstance(settings, dict) else settings
    path.write_text(json.dumps({**card, **changes, "config": merged}))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def use() -> None:
        model = load_model(folder)
        model_finder(model)

    with pytest.raises(BadInputError) as refused:
        use()
    sentence = str(refused.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert len(sentence) < 1000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000


def test_a_sound_card_is_still_read(folder: Path) -> None:
    assert load_model(folder).card == read_card(folder)


SETS = {"name": "x", "dim": 8, "raw_dim": 8, "rate": 2.0}
SPEC = {"kind": "timm", "model": "m", "weights": "", "size": [8, 8], "mean": [], "std": [], "sha256": ""}


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "../../x"},
        {"dim": 10**12},
        {"raw_dim": 0},
        {"rate": float("inf")},
        {"extractor": {**SPEC, "size": [10**6, 10**6]}},
        {"extractor": {**SPEC, "size": [-1, 8]}},
    ],
)
def test_a_card_s_feature_sets_are_of_sizes_that_can_be(changes: dict[str, Any]) -> None:
    read_sets(CardInput("features", 2.0, sets=(SETS,)))
    with pytest.raises(BadInputError, match="does not say which features"):
        read_sets(CardInput("features", 2.0, sets=({**SETS, **changes},)))


DESCRIPTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "a hub's address": ({"vision_cfg": {"timm_model_name": "hf-hub:evil/model"}}, "none of timm's"),
    "weights of a hub": ({"vision_cfg": {"timm_model_pretrained": True}}, "lie elsewhere"),
    "a text tower of a hub": ({"text_cfg": {"hf_model_name": "evil/text"}}, "lies elsewhere"),
    "a tokenizer of a hub": ({"text_cfg": {"hf_tokenizer_name": "evil/text"}}, "lies elsewhere"),
    "a context of a billion": ({"text_cfg": {"context_length": 10**9}}, "context_length must be"),
    "a picture of gigapixels": ({"vision_cfg": {"image_size": [10**6, 10**6]}}, "image_size must be"),
    "an embedding of none": ({"embed_dim": 0}, "embed_dim must be"),
    "towers that are lists": ({"text_cfg": []}, "cannot be used"),
}


@pytest.mark.parametrize(("changes", "message"), DESCRIPTIONS.values(), ids=list(DESCRIPTIONS))
def test_a_vision_language_model_s_folder_names_nothing_elsewhere(
    changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    described = {
        "embed_dim": 8,
        "vision_cfg": {"timm_model_name": "resnet18", "image_size": 32},
        "text_cfg": {"context_length": 8, "vocab_size": 64, "width": 8, "heads": 1, "layers": 1},
    }
    for name, value in changes.items():
        own = described[name]
        described[name] = {**own, **value} if isinstance(own, dict) and isinstance(value, dict) else value
    (tmp_path / "open_clip_config.json").write_text(json.dumps({"model_cfg": described}))
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(BadInputError, match=re.escape(message)):
        VisionLanguageModel.load(tmp_path)


@pytest.mark.parametrize("name", ["hf-hub:evil/clip", "local-dir:/etc", "nothing", "https://example.org/m"])
def test_a_model_that_nobody_lists_is_not_looked_for(name: str) -> None:
    with pytest.raises(BadInputError, match="open_clip lists no model"):
        VisionLanguageModel.load(name)
    with pytest.raises(BadInputError, match="open_clip lists no tag"):
        VisionLanguageModel.load("ViT-B-32", "https://example.org/weights.pt")
