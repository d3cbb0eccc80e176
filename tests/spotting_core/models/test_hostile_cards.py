"""Cards that ask for what no machine holds, for what lies elsewhere, or for nonsense: each is refused in a sentence."""

from __future__ import annotations

import re
import resource
import shutil
import socket
from pathlib import Path
from typing import Any, NoReturn

import pytest

from benchmarks.attacks.cards import CARDS, DESCRIPTIONS, FEATURE_SETS, SOUND_SET, change_card, describe
from spotting_core.base.errors import BadInputError
from spotting_core.entities.vision_language import VisionLanguageModel
from spotting_core.features.sets import read_sets
from spotting_core.models.card import CardInput, read_card
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


@pytest.mark.parametrize("changes", CARDS.values(), ids=list(CARDS))
def test_a_hostile_card_is_refused_in_a_sentence(changes: dict[str, Any], folder: Path) -> None:
    change_card(folder, changes)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def use() -> None:
        model = load_model(folder)
        if model.card.entities is not None:
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


@pytest.mark.parametrize("changes", FEATURE_SETS.values(), ids=list(FEATURE_SETS))
def test_a_card_s_feature_sets_are_of_sizes_that_can_be(changes: dict[str, Any]) -> None:
    read_sets(CardInput("features", 2.0, sets=(SOUND_SET,)))
    with pytest.raises(BadInputError, match="does not say which features"):
        read_sets(CardInput("features", 2.0, sets=({**SOUND_SET, **changes},)))


@pytest.mark.parametrize(("changes", "message"), DESCRIPTIONS.values(), ids=list(DESCRIPTIONS))
def test_a_vision_language_model_s_folder_names_nothing_elsewhere(
    changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    describe(tmp_path, changes)
    with pytest.raises(BadInputError, match=re.escape(message)):
        VisionLanguageModel.load(tmp_path)


@pytest.mark.parametrize("name", ["hf-hub:evil/clip", "local-dir:/etc", "nothing", "https://example.org/m"])
def test_a_model_that_nobody_lists_is_not_looked_for(name: str) -> None:
    with pytest.raises(BadInputError, match="open_clip lists no model"):
        VisionLanguageModel.load(name)
    with pytest.raises(BadInputError, match="open_clip lists no tag"):
        VisionLanguageModel.load("ViT-B-32:https://example.org/weights.pt")
