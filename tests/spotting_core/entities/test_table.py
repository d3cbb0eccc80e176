"""The table of a half's entities: which rows are kept, where they go, and how it is written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.entities.region import Regions
from spotting_core.entities.table import EMBEDDING_FILE, TABLE_FILE, EntityTable, best_of_each

NAMES = ("ball", "player", "card")


def regions(*names: int) -> Regions:
    """Regions of these names in falling order of probability; the box and the embedding tell which."""
    count = len(names)
    box = [[10 * k, 10 * k + 1, 10 * k + 2, 10 * k + 3] for k in range(count)]
    return Regions(
        np.array(names, np.int64),
        np.linspace(0.9, 0.5, count, dtype=np.float32),
        np.array(box, np.float32).reshape(-1, 4),
        np.array([[k, -k] for k in range(count)], np.float32).reshape(-1, 2),
    )


def table_of(*counts: int, first: int = 0) -> EntityTable:
    """A table with so many entities in each sample."""
    return EntityTable.of_regions(NAMES, [regions(*[1] * n) for n in counts], first, 2, 99)


def test_the_best_of_every_name_comes_before_the_second_best_of_any() -> None:
    regions_kept = best_of_each(regions(1, 1, 1, 0, 1, 0, 2), 4)
    assert regions_kept.entity.tolist() == [1, 1, 0, 2]
    assert regions_kept.boxes[:, 0].tolist() == [0, 10, 30, 60]
    assert best_of_each(regions(1, 1, 1, 0, 1, 0, 2), 5).boxes[:, 0].tolist() == [0, 10, 30, 50, 60]
    assert best_of_each(regions(1, 1, 0), 1).boxes[:, 0].tolist() == [0]


def test_no_more_than_allowed_are_all_kept_as_they_are() -> None:
    few = regions(1, 1, 0)
    assert best_of_each(few, 3) is few
    assert best_of_each(few, 4) is few
    assert len(best_of_each(few, 2)) == 2


def test_regions_of_consecutive_samples_become_rows() -> None:
    table = EntityTable.of_regions(NAMES, [regions(1, 1, 0), regions(), regions(2)], 7, 2, 2)
    assert table.names == NAMES
    assert table.sample.tolist() == [7, 7, 9]
    assert table.entity.tolist() == [1, 0, 2]
    assert table.score.tolist() == pytest.approx([0.9, 0.5, 0.9])
    assert table.box.tolist() == [[0, 1, 2, 3], [20, 21, 22, 23], [0, 1, 2, 3]]
    assert table.embedding.tolist() == [[0, 0], [2, -2], [0, 0]]
    kinds = [v.dtype for v in (table.sample, table.entity, table.score, table.box, table.embedding)]
    assert kinds == [np.int32, np.int16, np.float32, np.float32, np.float16]
    assert len(table) == 3


def test_no_samples_give_an_empty_table() -> None:
    empty = EntityTable.of_regions(NAMES, [], 3, 2, 5)
    assert len(empty) == 0
    assert (empty.box.shape, empty.embedding.shape) == ((0, 4), (0, 2))


def test_stretches_are_joined_in_order() -> None:
    joined = EntityTable.concatenate([table_of(1, 2), table_of(1, first=2)])
    assert joined.sample.tolist() == [0, 1, 1, 2]
    assert joined.names == NAMES
    assert joined.box.shape == (4, 4)
    assert (joined.kept, joined.weight) == (None, None)
    assert EntityTable.concatenate([table_of(2)]).sample.tolist() == [0, 0]


def test_the_rows_of_some_samples() -> None:
    table = table_of(2, 0, 3, 1)
    assert table.rows(0, 1) == slice(0, 2)
    assert table.rows(1, 2) == slice(2, 2)
    assert table.rows(1, 3) == slice(2, 5)
    assert table.rows(2, 9) == slice(2, 6)


def test_each_row_has_its_place_in_its_sample() -> None:
    table = table_of(2, 0, 3, 1)
    sample, slot, widest = table.slots(0, 4)
    assert (sample.tolist(), slot.tolist(), widest) == ([0, 0, 2, 2, 2, 3], [0, 1, 0, 1, 2, 0], 3)
    sample, slot, widest = table.slots(3, 5)
    assert (sample.tolist(), slot.tolist(), widest) == ([0], [0], 1)
    sample, slot, widest = table.slots(2, 3)
    assert (sample.tolist(), slot.tolist(), widest) == ([0, 0, 0], [0, 1, 2], 3)
    sample, slot, widest = table.slots(1, 2)
    assert (sample.tolist(), slot.tolist(), widest) == ([], [], 0)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    table = table_of(1, 2)
    table.write(tmp_path)
    again = EntityTable.read(tmp_path)
    assert again.names == NAMES
    for name in ("sample", "entity", "score", "box", "embedding"):
        assert np.array_equal(getattr(again, name), getattr(table, name)), name
    assert (again.kept, again.weight) == (None, None)
    # Each corner has a column of its own name.
    written = parquet.read_table(tmp_path / TABLE_FILE)
    assert [written.column(c).to_pylist()[2] for c in ("x1", "y1", "x2", "y2")] == [10, 11, 12, 13]


def test_attention_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    table = table_of(1, 1).with_attention(np.array([True, False]), np.array([0.75, 0.25]))
    table.write(tmp_path)
    again = EntityTable.read(tmp_path)
    assert again.kept is not None
    assert again.weight is not None
    assert (again.kept.tolist(), again.weight.tolist()) == ([True, False], [0.75, 0.25])
    assert again.weight.dtype == np.float32
    half: object = EntityTable(**{**vars(table), "weight": None})
    assert isinstance(half, EntityTable)
    half.write(tmp_path)
    assert EntityTable.read(tmp_path).kept is None


def test_files_that_do_not_belong_together_say_so(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="this array of entities is missing"):
        EntityTable.read(tmp_path)
    table_of(1, 2).write(tmp_path)
    np.save(tmp_path / EMBEDDING_FILE, np.zeros((2, 2), np.float16))
    with pytest.raises(BadInputError, match=rf"{TABLE_FILE}: this table of entities has 3 rows, expected 2"):
        EntityTable.read(tmp_path)
