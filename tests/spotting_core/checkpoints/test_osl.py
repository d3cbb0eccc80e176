"""Checkpoints of OSL-ActionSpotting and opensportslib: other names, and an order of classes that has to be said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from torch import Tensor

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import load_classes
from tests.spotting_core.checkpoints.made import E2E_SETTINGS, added, e2e_spot_state, published
from tests.spotting_core.checkpoints.test_e2e_spot import asked, pictures_of
from tests.spotting_core.models.test_pooling import made_state

OFFICIAL = load_classes().names


def osl_state(state: dict[str, Tensor]) -> dict[str, object]:
    """The same network as these projects write it: by its parts, beside an optimiser."""
    parts = {"_features.": "model.backbone._features.", "_pred_fine.": "model.head._pred_fine."}
    named = {}
    for name, value in state.items():
        begins = next(p for p in parts if name.startswith(p))
        named[parts[begins] + name.removeprefix(begins)] = value
    return {"model_state_dict": named, "epoch": 3, "optimizer_state_dict": {"state": {}}}


def test_the_same_network_says_the_same_in_either_order(tmp_path: Path, data: DataDirectory) -> None:
    state = e2e_spot_state()
    source = published(tmp_path / "osl", osl_state(state), E2E_SETTINGS)
    with pytest.raises(BadInputError, match="sorts the classes, opensportslib keeps the order of soccernet-v2"):
        added(source, data)
    original = added(published(tmp_path / "spot", state, E2E_SETTINGS), data)
    pictures = pictures_of(4)
    expected = asked(original, pictures)
    ordered = added(source, data, "sorted", code="OSL-ActionSpotting")
    assert np.array_equal(asked(ordered, pictures), expected)
    kept = added(source, data, "kept", code="opensportslib")
    columns = [OFFICIAL.index(name) for name in sorted(OFFICIAL)]
    assert np.allclose(asked(kept, pictures), expected[:, columns], atol=1e-6)
    # The same lists in a file: one project sorts whatever it is given, the other keeps it.
    for name, listed in (("official", OFFICIAL), ("alphabetical", sorted(OFFICIAL))):
        (source / "class.txt").write_text("\n".join(listed))
        again = added(source, data, f"sorted {name}", code="OSL-ActionSpotting")
        assert np.array_equal(asked(again, pictures), expected)
    assert np.array_equal(asked(added(source, data, "kept sorted", code="opensportslib"), pictures), expected)
    assert ordered.card.training["code"] == "OSL-ActionSpotting"
    assert "GPL-3.0" in ordered.card.licence


def test_classes_whose_order_is_sorted_need_no_word(tmp_path: Path, data: DataDirectory) -> None:
    source = published(tmp_path / "ball", osl_state(e2e_spot_state(classes=2)), {**E2E_SETTINGS, "crop_dim": None})
    (source / "class.txt").write_text("DRIVE\nPASS")
    assert added(source, data, rate=12.5).card.classes == ("DRIVE", "PASS")


def test_a_pooling_is_read_as_one(tmp_path: Path, data: DataDirectory) -> None:
    pooled = {f"model.{'head' if k.startswith('fc') else 'neck'}.{k}": v for k, v in made_state("netvlad++").items()}
    model = added(published(tmp_path / "p", {"model_state_dict": pooled}), data)
    assert (model.system.name, model.config.window) == ("netvlad++", 30)


def test_another_network_is_named(tmp_path: Path, data: DataDirectory) -> None:
    state = {"model_state_dict": {"model.backbone.conv.weight": made_state("max")["fc.weight"]}}
    with pytest.raises(
        BadInputError, match=r"neither E2E-Spot's nor a pooling's: it has 1 tensor, conv\.weight \(18x512\)"
    ):
        added(published(tmp_path / "x", state), data)
