"""Entities of frames as tensors: laid out from a table, mirrored and joined, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from spotting_core.entities.table import EntityTable
from spotting_core.models.window import EntitySet, Samples, stack_entities


def a_table() -> EntityTable:
    """Samples 3, 3, 5 and 6 of a half of 200 x 100 pixels."""
    return EntityTable(
        ("ball", "player"),
        sample=np.array([3, 3, 5, 6], np.int32),
        entity=np.array([1, 0, 1, 0], np.int16),
        score=np.array([0.9, 0.8, 0.7, 0.6], np.float32),
        box=np.array([[20, 10, 60, 40], [0, 0, 10, 10], [100, 50, 200, 100], [150, 20, 160, 30]], np.float32),
        embedding=np.array([[1, 0], [0, 1], [0.6, 0.8], [0.8, 0.6]], np.float16),
    )


def test_a_table_becomes_a_set_frame_by_frame() -> None:
    entities = EntitySet.of_table(a_table(), 3, 6, (200, 100))
    assert entities.share.tolist() == [[[1, 1], [0, 0], [1, 0]]]
    assert entities.entity.tolist() == [[[1, 0], [0, 0], [1, 0]]]
    assert entities.score[0, :, 0].tolist() == pytest.approx([0.9, 0, 0.7])
    assert entities.box[0, 0, 0].tolist() == pytest.approx([0.1, 0.1, 0.3, 0.4])
    assert entities.box[0, 2, 0].tolist() == pytest.approx([0.5, 0.5, 1, 1])
    assert entities.embedding.shape == (1, 3, 2, 2)
    assert entities.embedding[0, 2, 0].tolist() == pytest.approx([0.6, 0.8], abs=1e-3)


def test_a_stretch_without_entities_is_empty() -> None:
    entities = EntitySet.of_table(a_table(), 8, 10, (200, 100))
    assert entities.share.shape == (1, 2, 0)
    assert entities.box.shape == (1, 2, 0, 4)
    none = EntitySet.empty(2, 3, 5)
    assert [tuple(v.shape) for v in (none.entity, none.score, none.box, none.embedding, none.share)] == [
        (2, 3, 0), (2, 3, 0), (2, 3, 0, 4), (2, 3, 0, 5), (2, 3, 0)
    ]  # fmt: skip
    assert none.entity.dtype == torch.long


def test_in_a_mirror_left_and_right_are_exchanged_and_nothing_else() -> None:
    entities = EntitySet.of_table(a_table(), 3, 6, (200, 100))
    mirrored = entities.mirrored()
    # 0.1 to 0.3 from the left becomes 0.7 to 0.9; the left edge stays left of the right one.
    assert mirrored.box[0, 0, 0].tolist() == pytest.approx([0.7, 0.1, 0.9, 0.4])
    assert mirrored.box[0, 2, 0].tolist() == pytest.approx([0, 0.5, 0.5, 1])
    assert torch.equal(mirrored.share, entities.share)
    assert torch.equal(mirrored.entity, entities.entity)
    assert torch.allclose(mirrored.mirrored().box, entities.box)


def test_sets_of_other_sizes_are_joined_padded_at_the_end() -> None:
    two, one = EntitySet.of_table(a_table(), 3, 4, (200, 100)), EntitySet.of_table(a_table(), 5, 6, (200, 100))
    joined = stack_entities([one, two])
    assert joined.share.tolist() == [[[1, 0]], [[1, 1]]]
    assert joined.entity.tolist() == [[[1, 0]], [[1, 0]]]
    assert joined.box[0, 0].tolist() == [[0.5, 0.5, 1, 1], [0, 0, 0, 0]]
    assert joined.embedding.shape == (2, 1, 2, 2)
    assert joined.embedding[0, 0, 1].tolist() == [0, 0]


def test_shares_are_exchanged_alone() -> None:
    entities = EntitySet.of_table(a_table(), 3, 4, (200, 100))
    out = entities.with_share(torch.tensor([[[0.0, 1.0]]]))
    assert out.share.tolist() == [[[0, 1]]]
    assert out.box is entities.box
    assert entities.map(lambda v: v[:, :, :1]).share.tolist() == [[[1]]]


def test_as_many_samples_as_may_lie_in_the_half() -> None:
    assert len(Samples(-1, np.array([False, True, True]))) == 3
