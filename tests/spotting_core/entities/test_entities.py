"""Finding entities: regions, tiles, captions, other open_clip models, tables, measuring."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch

from spotting_core.base.errors import BadInputError
from spotting_core.entities import truth
from spotting_core.entities.captions import Caption, colour_name, picture_caption, place_name, region_caption
from spotting_core.entities.finder import EntityFinder, square_tiles, tiles_of
from spotting_core.entities.measure import (
    average_precision,
    average_precision_interval,
    balance_threshold,
    by_distance,
    match_boxes,
    size_ceiling,
)
from spotting_core.entities.prompts import EntityPrompt, PromptSet, load_prompts
from spotting_core.entities.proposals import keep_best, regions_of_map, regions_of_pyramid
from spotting_core.entities.pyramid import EntityPyramid, SceneComparison
from spotting_core.entities.region import Regions, joined
from spotting_core.entities.table import EntityTable, best_of_each
from spotting_core.entities.truth import TrueMatch
from spotting_core.entities.vision_language import VisionLanguageModel
from spotting_core.models.window import EntitySet

PROMPTS = PromptSet(
    "test",
    (
        EntityPrompt("ball", ("ball",), 0.3, 1),
        EntityPrompt("player", ("player",), 0.3, 3, person=True),
        EntityPrompt("referee", ("referee",), 0.3, 2, person=True),
    ),
)


def regions(*rows: tuple) -> Regions:
    return Regions(
        np.array([r[0] for r in rows]),
        np.array([r[1] for r in rows], np.float32),
        np.array([r[2] for r in rows], np.float32),
        np.zeros((len(rows), 4), np.float32),
    )


# --- regions --------------------------------------------------------------------------------------------


def test_of_overlapping_people_the_most_probable_name_stays() -> None:
    proposals = regions(
        (1, 0.9, (0, 0, 10, 20)), (2, 0.8, (0, 1, 10, 20)), (2, 0.7, (50, 0, 60, 20)), (0, 0.6, (0, 0, 10, 20))
    )
    kept = keep_best(proposals, PROMPTS)
    assert kept.entity.tolist() == [1, 2, 0]
    assert kept.boxes[1].tolist() == [50, 0, 60, 20]


def test_no_more_of_an_entity_than_allowed() -> None:
    proposals = regions(
        *[(1, 0.9 - i / 10, (i * 30, 0, i * 30 + 10, 20)) for i in range(5)],
        (0, 0.35, (0, 50, 2, 52)),
        (0, 0.31, (9, 50, 11, 52)),
    )
    kept = keep_best(proposals, PROMPTS)
    assert np.bincount(kept.entity).tolist() == [1, 3]
    assert kept.score.max() == pytest.approx(0.9)


def test_a_crowd_of_players_does_not_push_out_the_ball() -> None:
    box = (0, 0, 1, 1)
    players = [(1, 0.9 - 0.01 * i, box) for i in range(6)]
    proposals = regions(*players, (2, 0.4, box), (0, 0.3, box), (0, 0.2, box))
    kept = best_of_each(proposals, 5)
    assert kept.entity.tolist() == [1, 1, 2, 0, 0]
    assert kept.score.tolist() == pytest.approx([0.9, 0.89, 0.4, 0.3, 0.2])
    assert len(best_of_each(proposals, 20)) == len(proposals)


def test_joining_orders_by_probability() -> None:
    both = joined([regions((0, 0.4, (0, 0, 1, 1))), regions((1, 0.6, (0, 0, 1, 1)), (1, 0.2, (5, 5, 6, 6)))])
    assert both.score.tolist() == pytest.approx([0.6, 0.4, 0.2])


def test_regions_are_the_peaks_of_similarity() -> None:
    tower = EntityPyramid(embed_dim=4)
    embedding = torch.zeros(1, 4, 6, 8)
    embedding[:, 3] = 1.0  # nothing in particular
    embedding[0, :, 2, 5] = torch.tensor([1.0, 0, 0, 0])
    boxes = torch.zeros(1, 4, 6, 8)
    boxes[0, :, 2, 5] = torch.tensor([20.0, 8, 24, 12])
    texts = torch.tensor([[1.0, 0, 0, 0], [0, 1.0, 0, 0], [0, 0, 1.0, 0]])
    with torch.no_grad():
        tower.region_scale.fill_(3.0)
        tower.region_bias.fill_(-10.0)
    from spotting_core.entities.pyramid import DenseFeatures

    regions_kept = regions_of_pyramid(tower, DenseFeatures(embedding, boxes), texts, PROMPTS)[0]
    assert len(regions_kept) == 1
    assert regions_kept.entity.tolist() == [0]
    assert regions_kept.boxes[0].tolist() == [20, 8, 24, 12]
    assert regions_kept.score[0] > 0.99
    assert np.allclose(regions_kept.embedding[0], [1, 0, 0, 0])


def test_the_comparison_begins_as_nothing_and_then_sees_the_whole_picture() -> None:
    torch.manual_seed(0)
    comparison = SceneComparison(8, summaries=3)
    cells = torch.randn(2, 8, 5, 7, requires_grad=True)
    assert torch.equal(comparison(cells), cells)
    torch.nn.init.normal_(comparison.compare[-1].weight)
    (change,) = torch.autograd.grad(comparison(cells)[1, :, 0, 0].sum(), cells)
    assert (change[1].abs().amax(0) > 0).all()  # every cell has a say in one at the edge
    assert (change[0] == 0).all()  # but of another picture none


def test_regions_of_a_plain_similarity_map_are_connected_cells() -> None:
    similarity = np.zeros((3, 5, 6), np.float32)
    similarity[1, 1:3, 2:4] = 9.0
    regions_kept = regions_of_map(similarity, np.ones((5, 6, 4), np.float32) / 2, PROMPTS, cell=(10, 20))
    player = regions_kept.take(np.flatnonzero(regions_kept.entity == 1))
    assert player.boxes.tolist() == [[20, 20, 40, 60]]
    assert player.score[0] > 0.99
    assert np.allclose(np.linalg.norm(player.embedding, axis=1), 1)


# --- tiles ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height"), [(398, 224), (640, 360), (1280, 720), (1920, 1080), (405, 720)])
def test_tiles_cover_the_picture_at_its_own_resolution(width: int, height: int) -> None:
    tiles = tiles_of(width, height)
    assert (tiles[0].left, tiles[0].top, tiles[0].right, tiles[0].bottom) == (0, 0, width, height)
    if width <= 960:
        assert len(tiles) == 1
        return
    covered = np.zeros((height, width), int)
    for tile in tiles[1:]:
        assert tile.scale == (1.0, 1.0)
        assert 0 <= tile.left < tile.right <= width
        assert 0 <= tile.top < tile.bottom <= height
        covered[tile.top : tile.bottom, tile.left : tile.right] += 1
    assert covered.min() >= 1


def test_square_tiles_cover_the_picture() -> None:
    covered = np.zeros((360, 640), int)
    for tile in square_tiles(640, 360)[1:]:
        covered[tile.top : tile.bottom, tile.left : tile.right] += 1
        assert tile.width == tile.height == 224
    assert covered.min() >= 1


# --- the bundled model ----------------------------------------------------------------------------------


def test_the_bundled_model_finds_people_where_they_are(demo: Path) -> None:
    from spotting_core.media.decode import read_frame
    from spotting_core.media.times import read_time_table

    finder = EntityFinder.load()
    video = demo / "1_360p.mp4"
    truth, table = TrueMatch(demo, 1), read_time_table(video)
    reached = total = 0
    for number in (100, 600, 2200):
        regions_by_picture, embedding = finder.find(read_frame(video, table, number)[None])
        assert embedding.shape == (1, 64)
        assert np.allclose(np.linalg.norm(embedding, axis=1), 1, atol=1e-3)
        true = truth[number]
        people = true.boxes[[i for i, n in enumerate(true.names) if n == "player"]]
        _, hit, _ = match_boxes(
            regions_by_picture[0].boxes[regions_by_picture[0].entity == finder.prompts.names.index("player")],
            people.clip(0, [640, 360] * 2),
        )
        reached, total = reached + int(hit.sum()), total + len(hit)
    assert reached / total > 0.7


def test_a_larger_picture_gives_the_same_regions_in_its_own_pixels(demo: Path) -> None:
    from spotting_core.media.decode import read_frame, resize_image
    from spotting_core.media.times import read_time_table

    finder = EntityFinder.load()
    picture = read_frame(demo / "1_360p.mp4", read_time_table(demo / "1_360p.mp4"), 600)
    small = finder.find(picture[None])[0][0]
    large = finder.find(resize_image(picture, 1280, 720)[None])[0][0]
    people = finder.prompts.names.index("player")
    a, b = (r.boxes[r.entity == people] for r in (small, large))
    hit, _, _ = match_boxes(a * 2, b)
    assert hit.mean() > 0.7


def test_card_of_the_bundled_model_says_what_it_is() -> None:
    from spotting_core.base.assets import asset

    card = json.loads(asset("weights", "entities", "card.json").read_text())
    assert card["domain"] == "simulated"
    assert card["training"]["command"].startswith("touchline train")
    measured = card["scores"]["entities"]
    assert set(measured) == set(load_prompts().names)
    for entity in measured.values():
        assert {"truths", "average_precision", "precision", "recall", "recall_by_size"} <= set(entity)


# --- other models ---------------------------------------------------------------------------------------


def vit_checkpoint(folder: Path) -> tuple[str, str]:
    """A tiny vision transformer of open_clip with random weights, as a local checkpoint."""
    torch.manual_seed(0)
    config = {
        "embed_dim": 32,
        "vision_cfg": {"image_size": 224, "layers": 1, "width": 64, "head_width": 32, "patch_size": 32},
        "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
    }
    (folder / "tiny-vit.json").write_text(json.dumps(config))
    open_clip.add_model_config(folder / "tiny-vit.json")
    torch.save(open_clip.create_model("tiny-vit").state_dict(), folder / "tiny.pt")
    return "tiny-vit", str(folder / "tiny.pt")


def test_any_open_clip_model_can_be_given_as_name_and_checkpoint(tmp_path: Path) -> None:
    finder = EntityFinder.load(":".join(vit_checkpoint(tmp_path)))
    pictures = np.random.default_rng(0).integers(0, 255, (2, 240, 320, 3), dtype=np.uint8)
    regions_by_picture, embedding = finder.find(pictures)
    assert embedding.shape == (2, 32)
    assert len(regions_by_picture) == 2
    for part in regions_by_picture:
        assert (part.boxes[:, 0] >= 0).all()
        assert (part.boxes[:, 2] <= 320 + 1e-3).all()
        assert (part.boxes[:, 3] <= 240 + 1e-3).all()
    patches, _ = finder.model.patches(finder.model.normalise(np.stack([np.zeros((224, 224, 3), np.uint8)])))
    assert patches.shape == (1, 32, 7, 7)
    other = EntityFinder.load()
    assert other.fingerprint() != finder.fingerprint()


def test_a_name_of_open_clip_without_weights_is_refused() -> None:
    with pytest.raises(BadInputError, match=r"open_clip's ViT-B-32 needs weights. Name them behind a colon: ViT-B-32:"):
        VisionLanguageModel.load("ViT-B-32")


@pytest.mark.parametrize("name", ["no-such-model", "ViT-B-32:no_such_tag"])
def test_models_that_cannot_be_had_say_so(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(BadInputError, match=r"open_clip lists no .* leave it out to use the bundled model"):
        VisionLanguageModel.load(name)


def test_texts_are_of_unit_length_and_told_apart() -> None:
    model = VisionLanguageModel.load()
    texts = model.encode_texts(["a yellow card", "a red card", "the ball"])
    assert torch.allclose(texts.norm(dim=1), torch.ones(3), atol=1e-5)
    assert (texts @ texts.T).fill_diagonal_(0).max() < 0.99


# --- captions ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rgb", "name"),
    [
        ((240, 240, 240), "white"), ((20, 20, 22), "black"), ((120, 120, 125), "grey"), ((220, 30, 35), "red"),
        ((240, 200, 20), "yellow"), ((23, 209, 63), "green"), ((30, 60, 200), "blue"), ((240, 120, 20), "orange"),
        ((221, 63, 187), "pink"), ((1, 223, 251), "light blue"),
    ],
)  # fmt: skip
def test_colours_have_everyday_names(rgb: tuple, name: str) -> None:
    assert colour_name(rgb) == name


@pytest.mark.parametrize(
    ("x", "y", "name"), [(0, 0, "centre circle"), (50, 5, "penalty area"), (-50, -5, "penalty area"), (10, 34, "touch line"), (30, 0, None), (float("nan"), 0, None)]
)  # fmt: skip
def test_places_are_the_same_on_both_sides(x: float, y: float, name: str | None) -> None:
    assert place_name(x, y) == name


def test_a_caption_states_only_facts_of_its_region() -> None:
    facts = frozenset(
        {"entity:player", "entity:person", "shirt:red", "pattern:vstripe", "second:white", "place:midfield"}
    )
    rng = random.Random(0)
    captions = [region_caption(facts, rng) for _ in range(200)]
    assert all(c.facts <= facts for c in captions)
    assert len({c.text for c in captions}) > 20
    caption = next(c for c in captions if "striped red and white" in c.text)
    assert {"shirt:red", "pattern:vstripe", "second:white"} <= caption.facts
    assert Caption("a ball", frozenset({"entity:ball"})).facts.isdisjoint(facts)


def test_a_picture_caption_names_a_card_if_one_is_shown() -> None:
    facts = frozenset({"camera:a close-up", "shows:player", "shows:yellow card", "live"})
    captions = [picture_caption(facts, random.Random(i)) for i in range(30)]
    assert all("yellow card" in c.text for c in captions)
    assert all(c.facts <= facts for c in captions)


# --- tables ---------------------------------------------------------------------------------------------


def test_a_table_of_entities_round_trip(tmp_path: Path) -> None:
    parts = [
        EntityTable.of_regions(
            ("ball", "player"), [regions((1, 0.9, (0, 0, 4, 8)), (0, 0.5, (1, 1, 2, 2))), Regions.none(4)], 0, 4, 5
        ),
        EntityTable.of_regions(
            ("ball", "player"), [regions((1, 0.8, (10, 10, 14, 18)), (1, 0.7, (0, 0, 1, 1)))], 2, 4, 1
        ),
    ]
    table = EntityTable.concatenate(parts)
    assert table.sample.tolist() == [0, 0, 2]
    table = table.with_attention(np.array([True, False, True]), np.array([1.0, 0.0, 1.0], np.float32))
    table.write(tmp_path)
    again = EntityTable.read(tmp_path)
    for name in ("sample", "entity", "score", "box", "embedding", "kept", "weight"):
        assert np.array_equal(getattr(again, name), getattr(table, name)), name
    assert again.names == ("ball", "player")
    entities = EntitySet.of_table(again, 0, 3, (20, 20))
    assert entities.share[0].tolist() == [[1, 1], [0, 0], [1, 0]]
    assert entities.entity[0].tolist() == [[1, 0], [0, 0], [1, 0]]
    assert entities.box[0, 2, 0].tolist() == pytest.approx([0.5, 0.5, 0.7, 0.9])
    np.save(tmp_path / "entity_embeddings.npy", np.zeros((2, 4), np.float16))
    with pytest.raises(BadInputError, match="has 3 rows, expected 2"):
        EntityTable.read(tmp_path)


# --- measuring ------------------------------------------------------------------------------------------


def test_matching_of_boxes_by_hand() -> None:
    true = np.array([[0, 0, 20, 20], [100, 100, 104, 104], [50, 50, 50.5, 50.5]], np.float32)
    boxes = np.array([[0, 0, 20, 18], [1, 1, 20, 20], [102, 100, 106, 104], [50, 50, 50.6, 50.6]], np.float32)
    hit, reached, counts = match_boxes(boxes, true)
    assert hit.tolist() == [True, False, True, False]  # a true box is hit once; a small one by a quarter
    assert reached.tolist() == [True, True, True]
    assert counts.tolist() == [True, True, True, False]  # nobody can see half a pixel


def test_matching_by_distance_by_hand() -> None:
    true = np.array([[0, 0, 4, 4], [100, 0, 140, 40], [100, 100, 140, 140]], np.float32)
    boxes = np.array([[3, 4, 7, 8], [111, 0, 155, 44], [6, 0, 10, 4], [115, 100, 155, 140]], np.float32)
    hit, reached, _ = match_boxes(boxes, true, by_distance)
    # 5 pixels from a centre of a small box, 13.2 of the 14 that a box of 40 allows; then 6 pixels, and 15.
    assert hit.tolist() == [True, True, False, False]
    assert reached.tolist() == [True, True, False]


def test_a_ceiling_counts_the_boxes_that_the_usual_size_would_hit() -> None:
    boxes = np.array([[20, 20], [20, 20], [20, 50], [40, 40], [8, 8]], float)
    cameras = ["wide", "wide", "wide", "close", "close"]
    # wide: median 20 by 20, of which 20 by 50 is hit by .4 alone; close: 24 by 24, which hits neither 40 by 40 (.36) nor,
    # by a quarter, 8 by 8 (.11).
    assert size_ceiling(boxes, cameras) == pytest.approx(2 / 5)


def test_an_interval_of_average_precision_spans_the_matches() -> None:
    good, bad = ([0.9, 0.8], [True, True]), ([0.9, 0.8], [False, False])
    low, high = average_precision_interval([good[0], bad[0]], [good[1], bad[1]], [2, 2])
    assert (low, high) == (0.0, 1.0)
    assert average_precision_interval([good[0]] * 2, [good[1]] * 2, [2, 2]) == (1.0, 1.0)
    assert average_precision_interval([[], []], [[], []], [0, 0]) == (0.0, 0.0)


def test_average_precision_by_hand() -> None:
    # Hits at ranks 1 and 3 of 3 truths: (1/1 + 2/3) / 3.
    assert average_precision([0.9, 0.8, 0.7], [True, False, True], 3) == pytest.approx((1 + 2 / 3) / 3)
    assert average_precision([], [], 3) == 0
    # Precision is made monotone: hits at ranks 2 and 3 give 2/3 for both.
    assert average_precision([0.9, 0.8, 0.7], [False, True, True], 2) == pytest.approx(2 / 3)


def test_precision_and_recall_balance_where_their_harmonic_mean_is_greatest() -> None:
    # Of 3 truths the first region finds one, the third another: .5, .4, .667, .571, whatever their order in the list.
    assert balance_threshold([0.7, 0.9, 0.1, 0.8], [True, True, False, False], 3) == 0.7
    assert balance_threshold([0.9, 0.8], [True, False], 1) == 0.9
    assert balance_threshold([0.9], [False], 3) is None
    assert balance_threshold([], [], 0) is None


# --- truth ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("style", "box"),
    [
        (0, (8, 10, 109, 22)),
        (1, (8, 10, 122, 22)),
        (2, (288, 10, 390, 22)),
        (4, (8, 202, 110, 214)),
        (5, (141.5, 10, 256.5, 22)),
        (6, (287, 202, 390, 214)),
    ],
)
def test_every_style_of_score_bug_lies_where_it_is_drawn(style: int, box: tuple[float, ...]) -> None:
    """At the side and end of the picture that its style says, 8 pixels from the one and 10 from the other."""
    assert truth._bug_box(truth._BUGS[style], 8, 10).tolist() == pytest.approx(box)
