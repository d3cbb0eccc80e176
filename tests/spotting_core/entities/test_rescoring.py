"""Contextual rescoring: what proposals are compared with, and what becomes of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from spotting_core.base.errors import BadInputError
from spotting_core.entities.prompts import EntityPrompt, PromptSet
from spotting_core.entities.proposals import judged
from spotting_core.entities.region import Regions
from spotting_core.entities.rescoring import (
    MEMORY,
    REMEMBERED,
    RESCORING_FILE,
    TOGETHER,
    Memory,
    Proposals,
    Rescoring,
    likeness,
    likeness_features,
    load_rescoring,
    person_features,
    thing_features,
)

PROMPTS = PromptSet(
    "small",
    (
        EntityPrompt("ball", ("the ball",), 0.4, 1),
        EntityPrompt("referee", ("the referee",), 0.2, 1, person=True),
        EntityPrompt("player", ("a player",), 0.5, 22, person=True),
    ),
)
BALL, REFEREE, PLAYER = range(3)


def drawn(pictures: int, seed: int = 0, first: int = 0) -> Proposals:
    """Six proposals in each of some pictures."""
    draw = torch.Generator().manual_seed(seed)
    n = 6 * pictures
    entity = torch.tensor([BALL, BALL, REFEREE, PLAYER, PLAYER, PLAYER]).repeat(pictures)
    embedding = torch.nn.functional.normalize(torch.randn(n, 8, generator=draw), dim=1)
    picture = torch.arange(first, first + pictures).repeat_interleave(6)
    return Proposals(
        picture, entity, torch.randn(n, 3, generator=draw), torch.rand(n, 4, generator=draw) / 2, embedding
    )


def drawn_judges() -> Rescoring:
    torch.manual_seed(3)
    judges = Rescoring(PROMPTS).eval()
    for value in judges.parameters():  # the last layers begin with nothing
        torch.nn.init.normal_(value, std=0.2)
    return judges


def test_judges_that_have_learned_nothing_change_nothing() -> None:
    every = drawn(5)
    assert torch.allclose(Memory(Rescoring(PROMPTS)).judge(every), every.logit, atol=1e-5)


def proposals(
    *rows: tuple[int, int, tuple[float, float], tuple[float, float, float, float], tuple[float, ...]],
) -> Proposals:
    """From rows of picture, entity, logits of ball and people, place, and embedding."""
    picture, entity, logit, place, embedding = zip(*rows, strict=True)
    logits = torch.tensor([[a, b, b] for a, b in logit])
    return Proposals(torch.tensor(picture), torch.tensor(entity), logits, torch.tensor(place), torch.tensor(embedding))


# --- what is compared -----------------------------------------------------------------------------------

HERE = (0.5, 0.3, 0.02, 0.05)


def test_names_are_carried_between_those_that_look_alike() -> None:
    red, blue = (1.0, 0.0), (0.0, 1.0)
    people = proposals((0, PLAYER, (0, 0), HERE, red), (0, PLAYER, (0, 0), HERE, red), (1, PLAYER, (0, 0), HERE, blue))
    alike = likeness(people, people)
    assert alike.counts.tolist() == [[0, 1, 0], [1, 0, 0], [1, 1, 0]]  # not with itself, nor with what comes later
    coarse, _, fine = alike.bands
    assert coarse[0, 1] == fine[0, 1] == 1
    assert coarse[2, 0] == pytest.approx(np.exp(-8.0))
    assert fine[2, 0] == pytest.approx(np.exp(-40.0))
    features = likeness_features(alike, torch.tensor([[0.1, 0.9], [0.8, 0.2], [0.5, 0.5]]))
    referee, player, share = features[0, :3].tolist()  # of the first band
    assert referee == pytest.approx(float(torch.tensor(0.8 * 0.8 / (0.8 + 0.5)).logit()), rel=1e-4)
    assert player == pytest.approx(float(torch.tensor(0.8 * 0.2 / (0.8 + 0.5)).logit()), rel=1e-4)
    assert share == pytest.approx(float(np.log(0.8 / (0.8 + 0.5) + 1e-4)), rel=1e-4)


def test_people_are_compared_with_others_of_their_picture() -> None:
    one, other = (0.25, 0.2, 0.02, 0.04), (0.75, 0.4, 0.02, 0.16)
    people = proposals(
        (0, REFEREE, (0, 0), one, (1.0, 0.0)),
        (0, PLAYER, (0, 0), other, (0.0, 1.0)),
        (1, PLAYER, (0, 0), one, (1.0, 0.0)),
    )
    held = torch.tensor([[0.9, 0.2], [0.3, 0.6], [0.5, 0.5]])
    features = person_features(people, likeness(people, people), held)
    place, apart = features[0, -9:-6], features[0, -6:-3]
    assert place.tolist() == pytest.approx([0.25, 0.2, float(np.log(0.04))])
    assert apart.tolist() == pytest.approx([-0.25, -0.1, -float(np.log(2))])
    number, above = features[0, -3], features[0, -2:]
    assert float(number) == pytest.approx(float(np.log(2)))
    assert above.tolist() == pytest.approx((held[0].logit() - held[1].logit()).tolist(), rel=1e-4)
    assert features[2, -2:].tolist() == [9.0, 9.0]  # nobody else is there


def test_a_thing_is_looked_for_where_it_was_and_beside_people() -> None:
    ball = (0.5, 0.3, 0.01, 0.01)
    known = proposals(
        (0, BALL, (2.0, 0), (0.5, 0.3, 0.01, 0.01), (1.0, 0.0)),
        (1, BALL, (1.0, 0), ball, (1.0, 0.0)),
        (1, BALL, (-1.0, 0), (0.9, 0.1, 0.01, 0.01), (1.0, 0.0)),
    )
    things = known.take(torch.tensor([1, 2]))
    people = proposals((1, PLAYER, (0, 0), (0.5, 0.2, 0.05, 0.1), (1.0, 0.0)))
    features = thing_features(things, known, people, torch.tensor([[0.7, 0.3]]), BALL)
    start = 1 + 3 * 2
    at_rest, in_play, *earlier = features[0, start : start + 4].tolist()
    assert at_rest == in_play == pytest.approx(float(torch.tensor(2.0).sigmoid()))
    assert earlier == [0, 0]  # two pictures before there was none
    assert float(features[1, start]) == pytest.approx(0, abs=1e-6)
    far, below, size, number, *held = features[0, start + 4 : start + 12].tolist()
    assert far == pytest.approx(float(np.log(1 + 0.1)), abs=1e-5)  # one of his heights below his middle
    assert below == pytest.approx(1.0)
    assert size == pytest.approx(float(np.log(0.01 / 0.1)), abs=1e-5)
    assert number == 0
    assert held == pytest.approx([0.7, 0.3, 0.7 * np.exp(-0.5), 0.3 * np.exp(-0.5)], rel=1e-4)
    assert float(features[0, -6]) == pytest.approx(2.0)  # as much surer than the other ball
    nobody = thing_features(things, known, people.take(torch.zeros(0, dtype=torch.long)), torch.zeros(0, 2), BALL)
    assert nobody[0, start + 4 : start + 12].tolist() == [0] * 8


# --- one picture after the other ------------------------------------------------------------------------


def in_parts(every: Proposals, pictures: int) -> Tensor:
    """Judged some pictures at a time."""
    memory, last = Memory(drawn_judges()), int(every.picture[-1])
    starts = range(int(every.picture[0]), last + 1, pictures)
    return torch.cat([memory.judge(every.take((every.picture >= s) & (every.picture < s + pictures))) for s in starts])


@pytest.mark.parametrize("pictures", [1, 7, 64])
def test_it_makes_no_difference_how_many_pictures_are_judged_together(pictures: int) -> None:
    every = drawn(150)
    assert torch.allclose(in_parts(every, pictures), in_parts(every, 150), atol=1e-4)


def test_a_picture_hangs_on_those_that_are_remembered_and_on_no_other() -> None:
    every = drawn(REMEMBERED + 2)
    last = in_parts(every, TOGETHER)[-6:]
    for picture, changes in ((REMEMBERED, True), (REMEMBERED - MEMORY, True), (0, False)):
        changed = every.take(every.picture != picture)
        assert torch.allclose(in_parts(changed, TOGETHER)[-6:], last, atol=1e-5) != changes


@pytest.mark.parametrize("pictures", [4, 10, TOGETHER])
def test_who_remembers_enough_says_the_same_to_the_last_bit(pictures: int) -> None:
    begun = 30 * pictures  # where the one that goes on looks first
    every = drawn(begun + REMEMBERED + 5 * pictures)
    later = every.take(every.picture >= begun)
    whole = in_parts(every, pictures)[-len(later) :]
    afterwards = later.picture >= begun + REMEMBERED
    assert torch.equal(in_parts(later, pictures)[afterwards], whole[afterwards])


def test_pictures_without_anybody_are_no_trouble() -> None:
    memory, every = Memory(drawn_judges()), drawn(3)
    nothing = every.take(torch.zeros(0, dtype=torch.long))
    assert memory.judge(nothing).shape == (0, 3)
    balls = every.take(every.entity == BALL)
    assert memory.judge(balls).isfinite().all()
    assert memory.judge(drawn(2, first=3)).isfinite().all()
    later = drawn(2, first=5)
    assert memory.judge(later.take(later.entity != BALL)).isfinite().all()


def test_only_people_are_held_to_be_another_person() -> None:
    every = drawn(4)
    logit = in_parts(every, 4)
    balls = every.entity == BALL
    assert torch.equal(logit[balls][:, [REFEREE, PLAYER]], every.logit[balls][:, [REFEREE, PLAYER]])
    assert torch.equal(logit[~balls][:, BALL], every.logit[~balls][:, BALL])
    assert not torch.equal(logit[balls][:, BALL], every.logit[balls][:, BALL])


def test_what_was_judged_is_found_under_its_best_name_above_its_threshold() -> None:
    boxes = np.arange(20, dtype=np.float32).reshape(5, 4)
    regions = Regions(
        np.array([BALL, BALL, PLAYER, PLAYER, REFEREE]), np.ones(5, np.float32), boxes, np.eye(5, dtype=np.float32)
    )
    probability = np.array([[0.5, 0, 0], [0.6, 0, 0], [0, 0.3, 0.6], [0, 0.1, 0.45], [0.9, 0.15, 0.9]], np.float32)
    found = judged(regions, probability, PROMPTS)
    # the better ball alone, for there is one; 0.3 of a threshold of 0.2 is more than 0.6 of 0.5; 0.45 is below
    assert found.entity.tolist() == [PLAYER, BALL, REFEREE]
    assert found.score.tolist() == pytest.approx([0.9, 0.6, 0.3])
    assert found.boxes[:, 0].tolist() == [16, 4, 8]
    assert found.embedding.argmax(1).tolist() == [4, 1, 2]


# --- its file -------------------------------------------------------------------------------------------


def test_judges_are_read_as_they_were_written(tmp_path: Path) -> None:
    drawn_judges().write(tmp_path)
    read = load_rescoring(tmp_path, PROMPTS)
    assert read is not None
    every = drawn(3)
    assert torch.equal(Memory(read).judge(every), Memory(drawn_judges()).judge(every))


def test_judges_of_other_words_say_nothing_of_these(tmp_path: Path) -> None:
    drawn_judges().write(tmp_path)
    others = PromptSet("other", (*PROMPTS.entities[:2], EntityPrompt("player", ("a dancer",), 0.5, 22, person=True)))
    assert load_rescoring(tmp_path, others) is None
    assert load_rescoring(tmp_path, PROMPTS.doubtful()) is not None  # thresholds are no words
    assert load_rescoring(tmp_path / "elsewhere", PROMPTS) is None


def test_judges_of_numbers_that_are_none_are_refused(tmp_path: Path) -> None:
    judges = drawn_judges()
    next(judges.buffers())[:] = float("nan")
    judges.write(tmp_path)
    with pytest.raises(BadInputError, match="numbers that are none") as caught:
        load_rescoring(tmp_path, PROMPTS)
    assert caught.value.where == tmp_path / RESCORING_FILE


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    drawn_judges().write(tmp_path)
    path = tmp_path / RESCORING_FILE
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(BadInputError, match="cannot be read") as caught:
        load_rescoring(tmp_path, PROMPTS)
    assert caught.value.where == path
