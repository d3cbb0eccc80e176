"""Soft contrastive loss against values computed by hand, the queue, and the network that follows."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from spotting_core.models.soft_contrast import Follower, KeyQueue, momentum_at, soft_contrastive_loss

NO_QUEUE = torch.zeros(0, 2)
EAST, NORTH, WEST = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]), torch.tensor([-1.0, 0.0])


def of(*scores: float) -> list[float]:
    """Softmax."""
    whole = sum(map(math.exp, scores))
    return [math.exp(score) / whole for score in scores]


def test_two_items_told_apart() -> None:
    """Coefficient 1: the own key is the whole answer. Likenesses 1 and 0 over a temperature of .5 are 2 and 0."""
    both = torch.stack([EAST, NORTH])
    loss = soft_contrastive_loss(both, both, NO_QUEUE, temperature=0.5, target_temperature=0.1, coefficient=1.0)
    assert float(loss) == pytest.approx(-math.log(of(2, 0)[0]), rel=1e-6)


def test_two_items_by_their_relation_alone() -> None:
    """Coefficient 0: of two keys each has one other, which is the whole answer, however unlike."""
    both = torch.stack([EAST, NORTH])
    loss = soft_contrastive_loss(both, both, NO_QUEUE, temperature=0.5, target_temperature=0.1, coefficient=0.0)
    assert float(loss) == pytest.approx(-math.log(of(2, 0)[1]), rel=1e-6)


def test_three_items_share_the_answer() -> None:
    """Keys EAST, NORTH, WEST; the first query says NORTH. Its own key is EAST, which is 0 like NORTH and -1 like WEST:
    over a target temperature of .5 the rest of the answer is softmax(0, -2)."""
    keys = torch.stack([EAST, NORTH, WEST])
    queries = torch.stack([NORTH, NORTH, NORTH])
    first = [0.25, *(0.75 * share for share in of(0, -2))]
    second = [0.75 * of(0, 0)[0], 0.25, 0.75 * of(0, 0)[1]]
    third = [*(0.75 * share for share in of(-2, 0)), 0.25]
    told = [math.log(share) for share in of(0, 1 / 0.2, 0)]  # NORTH is 0, 1 and 0 like the keys
    expected = [-sum(t * p for t, p in zip(target, told, strict=True)) for target in (first, second, third)]
    loss = soft_contrastive_loss(queries, keys, NO_QUEUE, temperature=0.2, target_temperature=0.5, coefficient=0.25)
    assert float(loss) == pytest.approx(sum(expected) / 3, rel=1e-6)


def test_the_queue_is_compared_with_as_the_batch_is() -> None:
    """One query and key, two earlier keys: the same as a batch of three of which the first alone counts."""
    queue = torch.stack([NORTH, WEST])
    loss = soft_contrastive_loss(
        EAST[None], EAST[None], queue, temperature=0.5, target_temperature=0.5, coefficient=0.5
    )
    told = [math.log(share) for share in of(2, 0, -2)]
    target = [0.5, *(0.5 * share for share in of(0, -2))]
    assert float(loss) == pytest.approx(-sum(t * p for t, p in zip(target, told, strict=True)), rel=1e-6)


def test_what_is_excluded_is_no_candidate() -> None:
    """As if it were not in the queue; the own key stays, whatever is excluded."""
    queue, out = torch.stack([NORTH, WEST]), torch.tensor([[True, True, False]])
    settings = {"temperature": 0.5, "target_temperature": 0.5, "coefficient": 0.5}
    masked = soft_contrastive_loss(EAST[None], EAST[None], queue, excluded=out, **settings)
    assert float(masked) == pytest.approx(float(soft_contrastive_loss(EAST[None], EAST[None], WEST[None], **settings)))


def test_gradients_are_numbers_where_something_is_excluded() -> None:
    query = torch.stack([EAST, NORTH]).requires_grad_()
    out = torch.tensor([[False, True, False], [False, False, False]])
    loss = soft_contrastive_loss(
        query, query.detach(), WEST[None], temperature=0.1, target_temperature=0.05, coefficient=0.5, excluded=out
    )
    loss.backward()
    assert query.grad is not None
    assert bool(torch.isfinite(query.grad).all())
    assert float(query.grad.abs().max()) > 0


def test_a_key_without_another_has_no_relations() -> None:
    with pytest.raises(ValueError, match="make the batch or the queue larger"):
        soft_contrastive_loss(
            EAST[None], EAST[None], NO_QUEUE, temperature=0.1, target_temperature=0.1, coefficient=0.5
        )


def test_the_queue_forgets_the_oldest() -> None:
    queue = KeyQueue(3, 1)
    assert queue.filled().shape == (0, 1)
    queue.push(torch.tensor([[1.0], [2.0]]))
    assert queue.filled().flatten().tolist() == [1, 2]
    queue.push(torch.tensor([[3.0], [4.0]]))
    assert sorted(queue.filled().flatten().tolist()) == [2, 3, 4]
    queue.push(torch.tensor([[5.0], [6.0], [7.0], [8.0]]))
    assert sorted(queue.filled().flatten().tolist()) == [6, 7, 8]
    queue.push(torch.tensor([[9.0]]))
    assert sorted(queue.filled().flatten().tolist()) == [7, 8, 9]
    other = KeyQueue(3, 1)
    other.load_state_dict(queue.state_dict())  # as a run goes on
    other.push(torch.tensor([[10.0]]))
    assert sorted(other.filled().flatten().tolist()) == [8, 9, 10]


def test_a_queue_of_none_takes_nothing() -> None:
    queue = KeyQueue(0, 2)
    queue.push(torch.ones(3, 2))
    assert queue.filled().shape == (0, 2)


def test_momentum_rises_to_one() -> None:
    assert momentum_at(0.0, 0.99) == pytest.approx(0.99)
    assert momentum_at(0.5, 0.99) == pytest.approx(0.995)
    assert momentum_at(1.0, 0.99) == 1.0


def test_the_follower_comes_nearer_and_learns_nothing_itself() -> None:
    leader = nn.Linear(2, 1, bias=False)
    follower = Follower(leader)
    start = leader.weight.detach().clone()
    with torch.no_grad():
        leader.weight += 1.0
    follower.follow(leader, 0.75)
    assert torch.allclose(follower.network.weight, start + 0.25)
    assert not follower(torch.ones(1, 2)).requires_grad
