"""Models of one's own that were used here, and how they are found again."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from spotting_core.base.data_directory import DataDirectory
from spotting_core.inference.analyse import analyse_match
from spotting_core.media.source import open_match
from spotting_core.models.card import models_available, read_card, write_card
from spotting_core.models.known import folder_of, known_models, remember
from spotting_core.models.load import load_model
from tests.conftest import small_model
from tests.videos import make_video, steady


@pytest.mark.parametrize("content", ["{", "[1, 2]", '{"abc": 3}'])
def test_a_damaged_list_of_models_hides_nothing_else(data: DataDirectory, content: str) -> None:
    data.ensure()
    (data.root / "models.json").write_text(content)
    assert list(known_models(data)) == list(models_available())
    assert folder_of({"sha256": "abc", "folder": "entity-attention"}, data) == known_models(data)["entity-attention"]


def test_of_the_same_weights_the_model_with_the_settings_of_the_analysis_is_found(
    data: DataDirectory, tmp_path: Path
) -> None:
    bundled, copy = models_available()["dense-unet"], tmp_path / "copy"
    shutil.copytree(bundled, copy)
    card = read_card(copy)
    write_card(copy, replace(card, config={**card.config, "suppression": 9.0}))
    models = [load_model(bundled), load_model(copy)]
    remember(copy, models[1].sha256, data.ensure())
    records = [{"sha256": m.sha256, "folder": bundled.name, "settings": m.settings} for m in models]
    assert [folder_of(a, data) for a in records] == [bundled, copy]
    assert folder_of({**records[0], "settings": "others"}, data) is None
    third = tmp_path / "third" / "copy"
    shutil.copytree(bundled, third)
    write_card(third, replace(card, config={**card.config, "suppression": 7.0}))
    remember(third, models[1].sha256, data)
    records.append({**records[0], "settings": load_model(third).settings})
    assert [folder_of(a, data) for a in records] == [bundled, copy, third]
    assert [f for f in known_models(data).values() if f not in models_available().values()] == [copy, third]


def test_a_list_of_an_earlier_version_is_read(data: DataDirectory, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(models_available()["dense-unet"], copy)
    model = load_model(copy)
    (data.ensure().root / "models.json").write_text(json.dumps({model.sha256: str(copy)}))
    record = {"sha256": model.sha256, "folder": "copy", "settings": model.settings}
    assert folder_of(record, data) == copy
    remember(tmp_path / "other", model.sha256, data)
    assert folder_of(record, data) == copy


def test_a_model_of_ones_own_is_found_again_by_its_hash(data: DataDirectory, tmp_path: Path) -> None:
    video = make_video(tmp_path / "mine.mp4", steady(200, rate=10.0))
    analysis = analyse_match(open_match(video), load_model(small_model(tmp_path / "m")), data)
    assert folder_of(analysis.record.model, data) == tmp_path / "m"
    name = f"m ({analysis.record.model['sha256'][:8]})"
    assert list(known_models(data)) == [*models_available(), name]
    (tmp_path / "m" / "card.json").unlink()
    assert folder_of(analysis.record.model, data) is None
    assert list(known_models(data)) == list(models_available())
