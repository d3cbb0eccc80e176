"""What varies in a clip: pictures and the boxes in them together, each variation alone and by hand."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
import torch

from spotting_core.models.window import EntitySet, Samples
from spotting_core.training.variation import _unsteady, vary
from tests.spotting_core.training.scripted import Scripted

NO, YES = 0.99, 0.0
AS_IT_IS = [1.0] * 6  # saturation, contrast, brightness, and the tint of three colours
NEVER = [0.0]  # how often an entity is missed


def entities_at(*boxes: tuple[float, ...]) -> EntitySet:
    """Entities of one frame."""
    count = len(boxes)
    return EntitySet(
        entity=torch.arange(count)[None, None],
        score=torch.full((1, 1, count), 0.5),
        box=torch.tensor(boxes, dtype=torch.float32)[None, None],
        embedding=torch.ones(1, 1, count, 1),
        share=torch.ones(1, 1, count),
    )


def samples_of(picture: np.ndarray, entities: EntitySet | None = None) -> Samples:
    return Samples(0, np.ones(1, bool), picture[None].astype(np.uint8), entities)


def flat(height: int, width: int, value: float = 100) -> np.ndarray:
    return np.full((height, width, 3), value)


def varied(
    samples: Samples, rng: Scripted, scoreboard: tuple[float, ...] | None = None
) -> tuple[np.ndarray, EntitySet]:
    entities = vary(samples, scoreboard, rng)
    assert rng.used_up
    assert entities.pictures is not None
    assert entities.pictures.dtype == np.uint8
    return entities.pictures[0], entities.entities  # type: ignore[return-value]


def bright_box(picture: np.ndarray) -> list[float]:
    """Where the light of a dark picture lies, as shares of it."""
    rows, columns = np.nonzero(picture[..., 0] > 127)
    height, width = picture.shape[:2]
    return [columns.min() / width, rows.min() / height, (columns.max() + 1) / width, (rows.max() + 1) / height]


def test_left_alone_a_clip_is_as_it_was() -> None:
    picture = np.arange(4 * 6 * 3).reshape(4, 6, 3)
    pictures, entities = varied(
        samples_of(picture, entities_at((0.2, 0.2, 0.4, 0.6))), Scripted([NO, YES, NO, NO], [*AS_IT_IS, *NEVER])
    )
    assert pictures.tolist() == picture.tolist()
    # Boxes and scores are a little off: 0.05 of the box's size and 0.04, here four times as much at most.
    assert entities.box[0, 0, 0].tolist() == pytest.approx([0.2, 0.2, 0.4, 0.6], abs=4 * 0.05 * 0.4)
    assert entities.share.tolist() == [[[1]]]


def test_mirrored_boxes_lie_on_what_they_were_found_on() -> None:
    picture = flat(10, 20, 0)
    picture[2:4, 1:5] = 255
    box = (0.05, 0.2, 0.25, 0.4)
    assert bright_box(picture) == pytest.approx(box)
    rng = Scripted([NO, YES, YES, NO], [*AS_IT_IS, *NEVER])
    pictures, entities = varied(samples_of(picture, entities_at(box)), rng)
    assert bright_box(pictures) == pytest.approx([0.75, 0.2, 0.95, 0.4])
    assert entities.box[0, 0, 0].tolist() == pytest.approx([0.75, 0.2, 0.95, 0.4], abs=4 * 0.05 * 0.2)


def test_a_cut_out_part_takes_its_boxes_along() -> None:
    picture = flat(20, 40, 0)
    picture[10:14, 20:24] = 255
    inside, left_of_it, above_it = (0.5, 0.5, 0.6, 0.7), (0.0, 0.4, 0.1, 0.5), (0.5, 0.0, 0.6, 0.02)
    right_of_it, below_it = (0.95, 0.4, 1.0, 0.5), (0.5, 0.97, 0.6, 1.0)
    known = entities_at(inside, left_of_it, above_it, right_of_it, below_it)
    # 0.85 of the picture, from 0.1 of its width and 0.05 of its height on: columns 4 to 38, rows 1 to 18.
    rng = Scripted([NO, NO, NO, NO], [0.85, 0.1, 0.05, *AS_IT_IS, *NEVER])
    pictures, entities = varied(samples_of(picture, known), rng)
    assert pictures.shape == picture.shape
    expected = [(0.5 - 0.1) / 0.85, (0.5 - 0.05) / 0.85, (0.6 - 0.1) / 0.85, (0.7 - 0.05) / 0.85]
    assert bright_box(pictures) == pytest.approx(expected, abs=0.03)
    assert entities.box[0, 0, 0].tolist() == pytest.approx(expected, abs=4 * 0.05 * 0.235)
    # What has its middle beside the part is gone.
    assert entities.share.tolist() == [[[1, 0, 0, 0, 0]]]


def test_the_score_bug_is_covered_and_nothing_else() -> None:
    # Of 20 x 40 pixels: columns 4 to 12 and rows 2 to 4, one more at the far ends, no margin; 0.4 of the mean.
    rng = Scripted([YES, NO, YES, NO, NO], [0.0, 0.4, *AS_IT_IS])
    pictures, _ = varied(samples_of(flat(20, 40)), rng, scoreboard=(0.1, 0.1, 0.3, 0.2))
    changed = (pictures != 100).any(-1)
    rows, columns = np.nonzero(changed)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (2, 4, 4, 12)
    covered = pictures[2:5, 4:13].astype(float)
    assert covered.mean() == pytest.approx(40, abs=8)
    assert covered.std() == pytest.approx(20, abs=5)  # noise


def test_a_margin_is_covered_too() -> None:
    rng = Scripted([YES, NO, YES, NO, NO], [0.01, 0.4, *AS_IT_IS])
    pictures, _ = varied(samples_of(flat(100, 200)), rng, scoreboard=(0.105, 0.105, 0.295, 0.195))
    rows, columns = np.nonzero((pictures != 100).any(-1))
    # 0.095 x 200 = 19, 0.305 x 200 = 61; 0.095 x 100 = 9.5, 0.205 x 100 = 20.5.
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (9, 20, 19, 61)


def test_a_score_bug_at_the_edge_is_covered_as_far_as_there_is_a_picture() -> None:
    rng = Scripted([YES, NO, YES, NO, NO], [0.01, 0.4, *AS_IT_IS])
    pictures, _ = varied(samples_of(flat(20, 40)), rng, scoreboard=(0.8, 0.9, 1.0, 1.0))
    rows, columns = np.nonzero((pictures != 100).any(-1))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (17, 19, 31, 39)
    rng = Scripted([YES, NO, YES, NO, NO], [0.01, 0.4, *AS_IT_IS])
    pictures, _ = varied(samples_of(flat(20, 40)), rng, scoreboard=(0.0, 0.0, 0.2, 0.1))
    rows, columns = np.nonzero((pictures != 100).any(-1))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (0, 2, 0, 8)
    rng = Scripted([YES, NO, YES, NO, NO], [0.0, *AS_IT_IS])
    beyond, _ = varied(samples_of(flat(20, 40)), rng, scoreboard=(1.1, 0.1, 1.2, 0.2))
    assert (beyond == 100).all()


def test_anything_may_be_covered() -> None:
    # Width 0.25, height 0.05, from 0.5 of the width and 0.1 of the height on; no margin; 1.4 of the mean.
    rng = Scripted([YES, YES, NO, NO], [0.25, 0.05, 0.5, 0.1, 0.0, 1.4, *AS_IT_IS])
    pictures, _ = varied(samples_of(flat(20, 40)), rng)
    rows, columns = np.nonzero((pictures != 100).any(-1))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (2, 3, 20, 30)
    assert pictures[2:4, 20:31].mean() == pytest.approx(140, abs=8)


def test_light_by_hand() -> None:
    picture = flat(4, 4)
    picture[:] = (200, 100, 50)  # mean 116.67
    # Saturation 0.6: 166.67, 106.67, 76.67. Contrast 1.2: 200, 128, 92. Brightness 0.9 less 1.2 of 110: 167, 95, 59.
    # Tint 1.1, 1.0, 0.9: 183.7, 95, 53.1.
    rng = Scripted([NO, YES, NO, NO], [0.6, 1.2, 0.9, 1.1, 1.0, 0.9])
    pictures, _ = varied(samples_of(picture), rng)
    assert pictures.reshape(-1, 3).tolist() == [[184, 95, 53]] * 16


def test_what_is_too_bright_or_too_dark_stays_in_range() -> None:
    picture = flat(2, 4, 250)
    picture[:, 2:] = 5
    rng = Scripted([NO, YES, NO, NO], [1.0, 1.3, 1.0, 1.0, 1.0, 1.0])
    pictures, _ = varied(samples_of(picture), rng)
    assert pictures[0, :, 0].tolist() == [255, 255, 0, 0]


def test_a_little_blur_keeps_size_and_place() -> None:
    picture = flat(20, 40, 0)
    picture[8:12, 24:32] = 255
    rng = Scripted([NO, YES, NO, YES], [*AS_IT_IS, 0.5])
    pictures, _ = varied(samples_of(picture), rng)
    assert pictures.shape == picture.shape
    assert bright_box(pictures) == pytest.approx([0.6, 0.4, 0.8, 0.6])
    assert 0 < pictures[7, 28, 0] < 127
    assert 0 < pictures[10, 32, 0] < 127


def test_each_variation_is_as_frequent_as_it_says() -> None:
    """By which share of all clips: covered score bug .5, cover .3, whole picture .3, mirrored .5, blur .2."""
    for share, place in ((0.5, 0), (0.3, 1), (0.3, 2), (0.5, 3), (0.2, 4)):
        for above in (False, True):
            shares = [NO, NO, YES, NO, NO]
            shares[place] = share + 0.001 if above else share - 0.001
            numbers = list(AS_IT_IS)
            if place == 0 and not above:
                numbers = [0.0, 1.0, *numbers]
            if place == 1 and not above:
                numbers = [0.1, 0.1, 0.0, 0.0, 0.0, 1.0, *numbers]
            if place == 2 and above:
                numbers = [1.0, 0.0, 0.0, *numbers]
            if place == 4 and not above:
                numbers = [*numbers, 0.9]
            varied(samples_of(flat(20, 40)), Scripted(shares, numbers), scoreboard=(0.1, 0.1, 0.2, 0.2))


@pytest.mark.parametrize("place", range(6))
def test_light_stays_within_its_bounds(place: int) -> None:
    bounds = [(0.6, 1.4), (0.7, 1.3), (0.75, 1.25), (0.9, 1.1), (0.9, 1.1), (0.9, 1.1)]
    for number in bounds[place]:
        numbers = list(AS_IT_IS)
        numbers[place] = number
        varied(samples_of(flat(2, 2)), Scripted([NO, YES, NO, NO], numbers))
    for number in (bounds[place][0] - 0.01, bounds[place][1] + 0.01):
        numbers[place] = number
        with pytest.raises(AssertionError):
            varied(samples_of(flat(2, 2)), Scripted([NO, YES, NO, NO], numbers))


def test_a_finder_is_a_little_unsure_by_the_size_of_a_box() -> None:
    """Over many entities: boxes off by 0.05 of their width and height, scores by 0.04, a tenth missed at most."""
    many = entities_at(*[(0.4, 0.4, 0.8, 0.5)] * 4000)
    known = Samples(0, np.ones(1, bool), entities=many)
    entities = vary(known, None, Scripted([], [0.1])).entities
    assert entities is not None
    off = (entities.box - many.box)[0, 0]
    assert off.std(0).tolist() == pytest.approx([0.02, 0.005, 0.02, 0.005], rel=0.06)
    assert off.mean(0).tolist() == pytest.approx([0] * 4, abs=0.002)
    assert float((entities.score - 0.5).std()) == pytest.approx(0.04, rel=0.06)
    assert float(entities.score.mean()) == pytest.approx(0.5, abs=0.003)
    assert float(entities.share.mean()) == pytest.approx(0.9, abs=0.02)
    assert set(entities.share.flatten().tolist()) == {0.0, 1.0}
    with pytest.raises(AssertionError):
        vary(known, None, Scripted([], [0.11]))


def test_scores_stay_probabilities() -> None:
    known = entities_at(*[(0.4, 0.4, 0.8, 0.5)] * 500)
    for score in (0.0, 1.0):
        sure = replace(known, score=torch.full_like(known.score, score))
        entities = vary(Samples(0, np.ones(1, bool), entities=sure), None, Scripted([], NEVER)).entities
        assert entities is not None
        assert 0 <= float(entities.score.min()) < float(entities.score.max()) <= 1


def test_without_pictures_and_entities_there_is_nothing_to_vary() -> None:
    features = Samples(0, np.ones(1, bool), features=np.ones((1, 2), np.float32))
    assert vary(features, None, Scripted([])) is features


def test_the_same_chance_varies_alike_and_all_frames_of_a_clip_alike() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (20, 40, 3))
    clip = Samples(0, np.ones(2, bool), np.stack([picture, picture]).astype(np.uint8))
    for seed in range(8):
        one = vary(clip, (0.1, 0.1, 0.3, 0.2), random.Random(seed)).pictures
        assert one is not None
        assert np.array_equal(one, vary(clip, (0.1, 0.1, 0.3, 0.2), random.Random(seed)).pictures)
        assert np.array_equal(one[0], one[1])


class Widest(Scripted):
    """Says yes to one variation and no to the others, and gives of each number the least or the greatest there may be."""

    def __init__(self, shares: list[float], *, greatest: bool) -> None:
        super().__init__(shares)
        self.greatest, self.bounds = greatest, []

    def uniform(self, a: float, b: float) -> float:
        self.bounds.append((a, b))
        return b if self.greatest else a


@pytest.mark.parametrize("greatest", [False, True])
def test_every_number_is_drawn_within_its_bounds(greatest: bool) -> None:
    light = [(0.6, 1.4), (0.7, 1.3), (0.75, 1.25), (0.9, 1.1), (0.9, 1.1), (0.9, 1.1)]
    known = entities_at((0.4, 0.4, 0.6, 0.6))
    score_bug = Widest([YES, NO, YES, NO, NO], greatest=greatest)
    vary(samples_of(flat(40, 80), known), (0.1, 0.1, 0.2, 0.2), score_bug)
    assert score_bug.bounds == [(0, 0.01), (0.4, 1.4), *light, (0, 0.1)]
    side = 0.25 if greatest else 0.05
    anything = Widest([YES, YES, NO, NO], greatest=greatest)
    vary(samples_of(flat(40, 80), known), None, anything)
    assert anything.bounds == [
        (0.05, 0.25),
        (0.05, 0.25),
        (0, 1 - side),
        (0, 1 - side),
        (0, 0.01),
        (0.4, 1.4),
        *light,
        (0, 0.1),
    ]
    part = 1.0 if greatest else 0.82
    framed = Widest([NO, NO, NO, NO], greatest=greatest)
    vary(samples_of(flat(40, 80), known), None, framed)
    assert framed.bounds == [(0.82, 1.0), (0, 1 - part), (0, 1 - part), *light, (0, 0.1)]
    blurred = Widest([NO, YES, NO, YES], greatest=greatest)
    vary(samples_of(flat(40, 80), known), None, blurred)
    assert blurred.bounds == [*light, (0.5, 0.9), (0, 0.1)]


def test_a_box_to_be_covered_is_as_wide_as_the_first_number_and_as_high_as_the_second() -> None:
    """Width .25 leaves .75 to begin in, height .05 leaves .95."""
    rng = Scripted([YES, YES, NO, NO], [0.25, 0.05, 0.75, 0.95, 0.0, 1.0, *AS_IT_IS])
    pictures, _ = varied(samples_of(flat(40, 80)), rng)
    rows, columns = np.nonzero((pictures != 100).any(-1))
    assert (rows.min(), columns.min()) == (38, 60)


def test_what_is_cut_out_is_the_part_that_was_drawn() -> None:
    """Of 100 x 100 pixels of rising light, .9 from a twentieth on: the light of its first and last rows and columns."""
    ramp = np.repeat(np.arange(100)[:, None, None] * 2, 100, 1).repeat(3, 2)
    rng = Scripted([NO, NO, NO, NO], [0.9, 0.05, 0.05, *AS_IT_IS])
    pictures, _ = varied(samples_of(ramp), rng)
    assert pictures[0, 50, 0] == pytest.approx(10, abs=1)
    assert pictures[-1, 50, 0] == pytest.approx(2 * 94, abs=1)
    across, _ = varied(samples_of(ramp.transpose(1, 0, 2)), Scripted([NO, NO, NO, NO], [0.9, 0.05, 0.05, *AS_IT_IS]))
    assert across[50, 0, 0] == pytest.approx(10, abs=1)
    assert across[50, -1, 0] == pytest.approx(2 * 94, abs=1)


def test_entities_go_with_the_pictures_of_unsteady_moments() -> None:
    """Every picture is as bright as its entity lies far to the right, and in the one that is lost there is none."""
    frames = 40
    pictures = np.arange(1, frames + 1, dtype=np.uint8)[:, None, None, None].repeat(4, 1).repeat(4, 2).repeat(3, 3)
    box = torch.arange(1, frames + 1).float().view(1, frames, 1, 1).repeat(1, 1, 1, 4)
    one = torch.ones(1, frames, 1)
    entities = EntitySet(one.long(), one, box, torch.ones(1, frames, 1, 1), one)
    lost = 0
    for seed in range(12):
        shown, there = _unsteady(pictures, entities, random.Random(seed))
        assert there is not None
        bright, present = shown[:, 0, 0, 0], there.share[0, :, 0].bool().numpy()
        assert (bright[present] == there.box[0, present, 0, 0].numpy()).all()
        assert not bright[~present].any()
        lost += int((~present).sum())
    assert lost > 0
    assert entities.share.all()  # what was given is as it was
