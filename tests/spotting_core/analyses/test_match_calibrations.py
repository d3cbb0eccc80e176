"""The calibrations beside a match, and those that are not its own."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from spotting_core.analyses.match_calibrations import match_calibrations
from spotting_core.base.errors import BadInputError
from spotting_core.domain.homography import Calibration, Homography
from spotting_core.formats.field_calibration import write_published
from spotting_core.media.source import Fixture, HalfSource, MatchSource
from spotting_core.tasks.task import Task
from tests.conftest import REPOSITORY

PLAN = Homography(np.array([[0.01, 0, 0.5], [0, 0.0125, 0.5], [0, 0, 1.0]]))
GAME = "2026-08-01 - 12-00 Solway United 2 - 1 Pell SC"


@dataclass(frozen=True)
class Half:
    half: int
    duration: int
    width: int = 400
    height: int = 225


@dataclass(frozen=True)
class Record:
    halves: tuple[Half, ...]
    rate: float = 2.0
    task: str = "spotting"


@dataclass(frozen=True)
class Layer:
    """What of an analysis is asked."""

    record: Record
    calibrations: tuple[Calibration, ...] = ()

    def findings(self, task: Task) -> list[Calibration]:
        return list(self.calibrations)

    def has(self, name: str) -> bool:
        return True


def source_at(folder: Path) -> MatchSource:
    return MatchSource(folder, (HalfSource(1, folder / "1_224p.mp4"),), Fixture("a match"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A match of ten seconds with published calibrations; the third is unsure."""
    place = tmp_path / GAME
    place.mkdir()
    known = [Calibration(1, n * 500_000, PLAN, 0.5 if n == 2 else 0.9) for n in range(20)]
    write_published(place / "1_field_calib_ccbv.json", known, 960, 540, f"league/2026/{GAME}")
    return place


def layer(seconds: float = 10, **size: int) -> list[Layer]:
    return [Layer(Record((Half(1, int(seconds * 1e6), **size),)))]


def test_published_ones_are_read_and_unsure_ones_left_out(folder: Path) -> None:
    found = match_calibrations(source_at(folder), layer())  # type: ignore[arg-type]
    assert len(found) == 20
    assert [c.homography is None for c in found[:4]] == [False, False, True, False]


def test_of_a_half_of_which_nothing_lies_beside_the_match_what_was_found_counts(folder: Path) -> None:
    own = tuple(Calibration(half, n * 500_000, PLAN, 0.8) for half in (1, 2) for n in range(3))
    halves = (Half(1, 10_000_000), Half(2, 10_000_000))
    layers = [Layer(Record(halves)), Layer(Record(halves, task="calibration"), own)]
    found = match_calibrations(source_at(folder), layers)  # type: ignore[arg-type]
    assert [c.half for c in found] == [1] * 20 + [2] * 3
    assert {c.confidence for c in found if c.half == 2} == {0.8}


def test_two_files_of_one_half_are_told(folder: Path) -> None:
    (folder / "1_field_calib_other.json").write_bytes((folder / "1_field_calib_ccbv.json").read_bytes())
    with pytest.raises(BadInputError, match=r"2 files hold calibrations of half 1: 1_field_calib_ccbv.json, 1_field"):
        match_calibrations(source_at(folder), layer())  # type: ignore[arg-type]


def test_a_file_may_name_the_video_of_its_match(folder: Path) -> None:
    path = folder / "1_field_calib_ccbv.json"
    known = [Calibration(1, n * 500_000, PLAN, 0.9) for n in range(20)]
    write_published(path, known, 960, 540, f"league/2026/{GAME}/1_HQ_25.mkv")
    assert len(match_calibrations(source_at(folder), layer())) == 20  # type: ignore[arg-type]
    write_published(path, known, 960, 540, "league/2026/2026-08-02 - 12-00 Another 0 - 0 Match/1_HQ_25.mkv")
    with pytest.raises(BadInputError, match="another match, 2026-08-02"):
        match_calibrations(source_at(folder), layer())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("half", ["1", "2"], "row 0: '1' is no half"),
        ("half", [1, 0], "row 1: '0' is no half"),
        ("time_s", [0.0, float("nan")], "row 1: 'nan' is no time"),
        ("time_s", ["0", "1"], "row 0: '0' is no time"),
        ("time_s", [-1.0, 0.0], "row 0: '-1.0' is no time"),
        ("H", [1.5, 2.5], "row 0: a homography has nine numbers"),
        ("H", [["a"] * 9, ["a"] * 9], "row 0: a homography has nine numbers"),
        ("H", [[1.0] * 8, [1.0] * 8], "row 0: a homography has nine numbers"),
    ],
)
def test_exact_ones_with_cells_of_another_kind_are_refused(
    column: str, values: list[object], message: str, tmp_path: Path
) -> None:
    flat = PLAN.pixels(400, 225).ravel().tolist()
    columns = {"half": [1, 1], "time_s": [0.0, 0.5], "H": [flat, flat], "camera": ["a", "a"], "wipe": [False, False]}
    parquet.write_table(pa.table({**columns, column: values}), tmp_path / "calibration.parquet")
    (tmp_path / "meta.json").write_text(json.dumps({"out_res": [400, 225]}))
    with pytest.raises(BadInputError, match=re.escape(message)):
        match_calibrations(source_at(tmp_path), [])


def test_a_match_without_has_none(tmp_path: Path) -> None:
    assert match_calibrations(source_at(tmp_path), []) == []
    assert match_calibrations(MatchSource(tmp_path / "a.mp4", (), Fixture("a")), []) == []


def test_those_of_another_match_are_told(folder: Path) -> None:
    other = folder.with_name("2026-08-02 - 13-15 Quarry United 0 - 1 Pell FC")
    folder.rename(other)
    with pytest.raises(BadInputError, match="another match, 2026-08-01"):
        match_calibrations(source_at(other), layer())  # type: ignore[arg-type]


def test_those_of_another_length_or_rate_are_told(folder: Path) -> None:
    with pytest.raises(BadInputError, match="cover 10 s, the half lasts 45 s"):
        match_calibrations(source_at(folder), layer(45))  # type: ignore[arg-type]


def test_those_of_another_shape_are_told(folder: Path) -> None:
    with pytest.raises(BadInputError, match="960 by 540 pixels, the video's are 400 by 300"):
        match_calibrations(source_at(folder), layer(height=300))  # type: ignore[arg-type]


def test_exact_ones_count_before_all_others() -> None:
    demo = REPOSITORY / "assets" / "demo_match"
    found = match_calibrations(source_at(demo), [])
    assert {c.confidence for c in found} == {None}
    assert {c.half for c in found} == {1, 2}
