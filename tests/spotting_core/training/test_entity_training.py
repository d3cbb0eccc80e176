"""Training of the entity model: crops, what varies in them, targets and losses."""

from __future__ import annotations

import random
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.entities.captions import colour_name
from spotting_core.entities.rescoring import RESCORING_FILE
from spotting_core.entities.truth import TrueMatch
from spotting_core.media.frame_store import store_frames
from spotting_core.media.source import open_match
from spotting_core.training.entities import (
    EntityTrainer,
    EntityTrainingConfig,
    box_loss,
    build_model,
    crop_targets,
    names_loss,
    pair_loss,
    start_from,
)
from spotting_core.training.entity_crops import Crop, CropSource, _changed, _hold_up_card, _recolour
from spotting_core.training.picture_changes import COLOUR, GRAPHICS, QUALITY


def crop(*boxes: tuple) -> Crop:
    names = [b[0] for b in boxes]
    facts = [frozenset({f"entity:{n}"} | ({"entity:person"} if n == "player" else set())) for n in names]
    image = np.full((224, 384, 3), (60, 120, 50), np.uint8)
    return Crop(image, names, np.array([b[1] for b in boxes], np.float32).reshape(-1, 4), facts, frozenset())


def test_targets_peak_at_centres_and_leave_out_what_is_too_small() -> None:
    target = crop_targets(
        crop(("player", (100, 40, 120, 80)), ("ball", (200, 100, 200.5, 100.5)), ("tree", (0, 0, 9, 9))),
        ["ball", "player"],
    )
    assert target.heat.shape == (2, 56, 96)
    assert np.argwhere(target.heat[1] == 1).tolist() == [[15, 27]]
    assert target.cells.tolist() == [[15, 27]]
    assert target.boxes.tolist() == [[100, 40, 120, 80]]
    assert target.heat[0].max() == 0
    assert not target.counts[0, 25, 50]
    assert target.counts[1].all()
    around = crop_targets(crop(("player", (100, 40, 120, 80))), ["ball", "player"], box_reach=0.3)
    assert len(around.cells) > 5
    assert around.weights.max() == 1
    assert all(around.heat[1, y, x] == w for (y, x), w in zip(around.cells, around.weights, strict=True))
    assert (around.boxes == [100, 40, 120, 80]).all()


def test_names_loss_by_hand() -> None:
    logits = torch.tensor([0.0, 0.0, 0.0]).view(1, 1, 1, 3)
    heat = torch.tensor([1.0, 0.5, 0.0]).view(1, 1, 1, 3)
    counts = torch.tensor([True, True, False]).view(1, 1, 1, 3)
    loss = names_loss(logits, heat, counts, torch.tensor([3.0]))
    log2 = float(np.log(2))
    assert float(loss) == pytest.approx(3 * 0.25 * log2 + 0.25 * 0.5**4 * log2, rel=1e-5)


def test_pair_and_box_losses_by_hand() -> None:
    logits, true = torch.tensor([[2.0, -1.0]]), torch.tensor([[True, False]])
    assert float(pair_loss(logits, true)) == pytest.approx(float(np.log1p(np.exp(-2)) + np.log1p(np.exp(-1))), rel=1e-5)
    box = torch.tensor([[10.0, 10.0, 20.0, 30.0]])
    one = torch.ones(1)
    assert float(box_loss(box, box, one)) == pytest.approx(0.0, abs=1e-5)
    assert float(box_loss(box + 100, box, one)) > 1.5
    assert float(box_loss(torch.zeros(0, 4), torch.zeros(0, 4), torch.zeros(0))) == 0
    two = torch.cat([box, box + 100]), torch.cat([box, box]), torch.tensor([3.0, 1.0])
    assert float(box_loss(*two)) == pytest.approx(float(box_loss(box + 100, box, one)) / 4, rel=1e-5)


def test_recolouring_turns_a_yellow_card_red_and_leaves_grass_alone() -> None:
    image = np.full((40, 40, 3), (60, 120, 50), np.uint8)
    image[10:20, 10:18] = (220, 175, 60)
    before = image.copy()
    assert _recolour(image, np.array([10, 10, 18, 20], np.float32), "yellow card")
    assert colour_name(image[15, 14]) == "red"
    assert np.array_equal(image[:10], before[:10])
    assert not _recolour(before.copy(), np.array([25, 25, 32, 32], np.float32), "yellow card")


def test_a_drawn_card_is_where_its_box_says() -> None:
    for seed in range(20):
        source = crop(("player", (150, 60, 190, 180)))
        image = source.image.copy()
        shown = _hold_up_card(source, image, random.Random(seed))
        if len(shown.names) == 1:
            continue
        x1, y1, x2, y2 = shown.boxes[1].round().astype(int)
        changed = np.abs(image.astype(int) - source.image).sum(2) > 60
        assert changed[max(0, y1) : y2 + 1, max(0, x1) : x2 + 1].any()
        assert not changed[: max(0, y1 - 4)].any()
        assert not changed[:, x2 + 5 :].any()
        assert f"shows:{shown.names[1]}" in shown.picture


def test_a_recoloured_crop_states_nothing_of_kits() -> None:
    facts = frozenset({"entity:player", "shirt:red", "second:blue", "pattern:sash", "place:midfield"})
    picture = frozenset({"shows:ball", "team:red", "camera:a close-up"})
    source = Crop(
        np.full((8, 8, 3), (20, 60, 160), np.uint8), ["player"], np.zeros((1, 4), np.float32), [facts], picture
    )
    shown = [_changed(source, (COLOUR,), random.Random(seed)) for seed in range(20)]
    other = [crop for crop in shown if not np.array_equal(crop.image, source.image)]
    assert 4 < len(other) < 16
    for crop in other:
        assert crop.facts == [frozenset({"entity:player", "place:midfield"})]
        assert crop.picture == frozenset({"shows:ball", "camera:a close-up"})
    worse = _changed(source, (GRAPHICS, QUALITY), random.Random(1))
    assert worse.facts == [facts]
    assert worse.picture == picture


def test_samples_of_a_video_of_25_frames_a_second_have_the_truth_of_their_own_frames(
    demo: Path, data: DataDirectory
) -> None:
    """Sample 12 of two a second is frame 150, not frame 12."""
    [store] = store_frames(open_match(demo).halves[1].path, data, rate=2.0, sizes=[None])
    match = TrueMatch(demo, 2)
    source = CropSource([match], [store])
    for sample in (0, 12, 101):
        own = match[round(store.times[sample] * 25 / 1e6)]
        assert np.array_equal(source.truth(0, sample).boxes, own.boxes)
    assert source._cards
    shown = [kind for _, sample in source._cards for kind in source.truth(0, sample).kinds]
    assert {"yellow_card", "red_card"} & set(shown)
    assert all({"yellow_card", "red_card"} & set(source.truth(0, sample).kinds) for _, sample in source._cards)


def test_a_crop_larger_than_the_picture_has_bars_and_nobody_twice(demo: Path, data: DataDirectory) -> None:
    [store] = store_frames(open_match(demo).halves[1].path, data, rate=2.0, sizes=[None])
    source = CropSource([TrueMatch(demo, 2)], [store], size=(1280, 720), smallest=1.3)  # of a picture 640 pixels wide
    for seed in range(4):
        rng = random.Random(seed)
        drawn = source._crop(0, 60, set(), rng)
        plain = drawn.image.astype(float).mean(axis=2)  # bars have the noise of the picture and nothing else
        assert 1.2 < (plain.std(axis=0) > 12).sum() / 640 < 1.4
        assert 1.2 < (plain.std(axis=1) > 12).sum() / 360 < 1.4
        truth = source.truth(0, 60)
        assert len(drawn.boxes) <= len(truth.boxes) + 1  # a card may be held up


def test_pictures_are_shown_at_their_own_size_only_where_they_fill_a_crop(demo: Path, data: DataDirectory) -> None:
    [store] = store_frames(open_match(demo).halves[1].path, data, rate=2.0, sizes=[None])
    for wide, ways in ((384, {1.0, 1.6}), (576, {1.6})):
        source = CropSource([TrueMatch(demo, 2)], [store], size=(wide, 320), smallest=1.35)
        scales = {round(source._scale(400, random.Random(seed)) / 1.35, 2) for seed in range(30)}
        assert scales == ways


def test_a_stage_goes_on_from_a_model_without_the_comparison_and_from_no_other(tmp_path: Path) -> None:
    config = EntityTrainingConfig(embed_dim=8, text_width=32, text_layers=1, merges=16)
    torch.manual_seed(1)
    earlier = build_model(config)
    state = {k: v.contiguous() for k, v in earlier.state_dict().items()}
    without = {k: v for k, v in state.items() if ".comparison." not in k}
    assert len(without) < len(state)
    (tmp_path / "open_clip_config.json").write_text("{}")
    torch.manual_seed(2)
    later = build_model(config)
    own = {k: v.clone() for k, v in later.state_dict().items()}
    save_file(without, tmp_path / "model.safetensors")
    start_from(later, str(tmp_path))
    for name, value in later.state_dict().items():
        assert torch.equal(value, state[name] if name in without else own[name]), name
    save_file({k: v for k, v in state.items() if "to_box" not in k}, tmp_path / "model.safetensors")
    with pytest.raises(BadInputError, match="to_box"):
        start_from(build_model(config), str(tmp_path))


def test_a_new_model_takes_the_judges_of_the_one_before_away(tmp_path: Path) -> None:
    config = EntityTrainingConfig(embed_dim=8, text_width=32, text_layers=1, merges=16)
    (tmp_path / RESCORING_FILE).write_bytes(b"of another model")
    EntityTrainer.write(SimpleNamespace(config=config, averaged=build_model(config)), tmp_path)
    assert not (tmp_path / RESCORING_FILE).exists()
    assert (tmp_path / "model.safetensors").is_file()
