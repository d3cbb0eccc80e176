"""What an explanation says of every moment, whatever it is of."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from explain.attribution import ENTITY, ENTITY_ROW, FORMAT, SPACE, TIME, Attribution
from spotting_core.base.errors import BadInputError, NewerFormatError


def test_profiles_of_time_are_not_shifted() -> None:
    times = np.arange(4, dtype=np.int64) * 500_000
    fields = {"model": "m", "half": 1, "label": "Goal", "anchor": 0, "baseline": "", "held_fixed": "", "score": 1.0,
              "score_baseline": 0.0, "scale": (0.0, 1.0), "seconds": 0.0}  # fmt: skip
    space = np.zeros((4, 2, 2), np.float32)
    space[1] = [[1, 2], [-5, 0]]
    assert Attribution("m", kind=SPACE, values=space, times=times, **fields).over_time(0).tolist() == [0, 3, 0, 0]
    line = np.array([0.0, -1.0, 2.0, 0.5], np.float32)
    assert Attribution("m", kind=TIME, values=line, times=times, **fields).over_time(7).tolist() == [0, 0, 2, 0.5]
    rows = np.zeros(3, ENTITY_ROW)
    rows["sample"], rows["weight"], rows["effect"] = (7, 9, 9), (0.5, 0.2, 0.3), np.nan
    attribution = Attribution("m", kind=ENTITY, values=rows, times=times, **fields)
    assert attribution.over_time(7) == pytest.approx([0.5, 0, 0.3, 0])
    rows["effect"] = (-0.1, -0.2, -0.4)
    assert attribution.over_time(7) == pytest.approx([0.1, 0, 0.6, 0])


def made(kind: str, values: np.ndarray) -> Attribution:
    """An attribution whose every field has a value of its own."""
    return Attribution(
        method="occlusion", model="one", half=2, label="Goal", anchor=3, baseline="blurred", held_fixed="entities",
        kind=kind, values=values, times=np.arange(len(values), dtype=np.int64), score=0.8, score_baseline=0.1,
        scale=(-1.0, 2.0), seconds=0.5, entities=("ball", "card"),
    )  # fmt: skip


def test_what_is_kept_is_read_again_field_by_field(tmp_path: Path) -> None:
    rows = np.zeros(2, ENTITY_ROW)
    rows["sample"], rows["x2"], rows["kept"], rows["effect"] = (4, 5), (7, 8), (True, False), (np.nan, -0.5)
    for kind, values in ((SPACE, np.arange(12.0, dtype=np.float32).reshape(3, 2, 2)), (ENTITY, rows)):
        before = made(kind, values)
        before.save(tmp_path / "one.npz")
        after = Attribution.load(tmp_path / "one.npz")
        for field in fields(Attribution):
            old, new = getattr(before, field.name), getattr(after, field.name)
            assert type(old) is type(new), field.name
            if field.name in ("values", "times"):
                assert old.dtype == new.dtype
                assert old.shape == new.shape
                assert old.tobytes() == new.tobytes()  # what is not known is not equal to itself
            else:
                assert old == new


def rewritten(path: Path, **changes: object) -> None:
    """The file of an attribution with another header."""
    with np.load(path) as saved:
        header, arrays = json.loads(str(saved["header"])), {n: saved[n] for n in ("values", "times")}
    np.savez(path, header=np.array(json.dumps({**header, **changes})), **arrays)


def test_a_newer_file_is_refused_and_one_with_more_fields_is_read(tmp_path: Path) -> None:
    path = tmp_path / "one.npz"
    made(TIME, np.zeros(2, np.float32)).save(path)
    rewritten(path, of_a_later_time=1)
    assert Attribution.load(path).label == "Goal"
    rewritten(path, format=FORMAT)
    assert Attribution.load(path).label == "Goal"
    pair = {"names": ["goal", "ball"], "effect": -0.5, "low": -0.6, "high": -0.4}
    rewritten(path, format=3, joint=[pair])  # what one costs alone was not told beside it, and neither is shown
    assert Attribution.load(path).joint == ()
    rewritten(path, format=FORMAT + 1)
    with pytest.raises(NewerFormatError):
        Attribution.load(path)
    path.write_bytes(b"no archive")
    with pytest.raises(BadInputError, match="this explanation cannot be read"):
        Attribution.load(path)
    np.savez(path, values=np.array([object()], object), header=np.array("{}"), times=np.zeros(1))
    with pytest.raises(BadInputError, match="cannot be read"):  # a pickle is not opened
        Attribution.load(path)


def test_an_effect_that_is_not_known_of_one_entity_leaves_those_of_the_others() -> None:
    rows = np.zeros(3, ENTITY_ROW)
    rows["sample"], rows["weight"], rows["effect"] = (0, 1, 1), 0.9, (np.nan, -0.4, -0.3)
    attribution = made(ENTITY, rows)
    np.testing.assert_allclose(attribution.speaks_for(), [np.nan, 0.4, 0.3])
    assert attribution.over_time(0)[1] == pytest.approx(0.7)  # effects add up, where weights would not
