"""Calibrations of another match, length, shape or clock: one sentence each."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from spotting_core.domain.homography import Calibration, Homography
from spotting_core.formats.field_calibration import read_rendered, write_published
from spotting_core.preflight.calibrations import PlayedHalf, check_calibrations, samples_late
from spotting_core.preflight.cameras import cuts_of_file
from spotting_core.preflight.finding import ERROR, NOTE, WARNING

MATCH = "2026-08-01 - 15-00 Blue 0 - 0 Red"
SAMPLES = 240
VIDEO = PlayedHalf(SAMPLES * 500_000, 640, 360)


def looking_at(x: float) -> Homography:
    """From above at the pitch around x metres."""
    return Homography(np.array([[1 / 40, 0, 0.5 - x / 40], [0, 1 / 40, 0.5], [0, 0, 1]]))


def calibrations(shift: int = 0) -> list[Calibration]:
    """A camera that jumps by 30 m after every seventh sample."""
    places = [30.0 * ((k - shift - 1) // 7 % 2) for k in range(SAMPLES)]
    return [Calibration(1, k * 500_000, looking_at(x), 0.9) for k, x in enumerate(places)]


CUTS = [(7 * k) * 500_000 + 250_000 for k in range(34)]  # between that sample and the next


RARE_CUTS = [(15 * k) * 500_000 + 250_000 for k in range(1, 60)]


def jumping(shift: int) -> list[Calibration]:
    """A camera that jumps after every fifteenth sample, so many samples later."""
    places = [30.0 * ((k - shift - 1) // 15 % 2) for k in range(4 * SAMPLES)]
    return [Calibration(1, k * 500_000, looking_at(x), 0.9) for k, x in enumerate(places)]


def rendered(folder: Path, halves: list[int]) -> None:
    """Exact calibrations of pictures of 640 by 360 pixels, two samples a second."""
    times = [k / 2 for k in range(len(halves))]
    flat = [looking_at(0).pixels(640, 360).ravel().tolist()] * len(halves)
    columns = {"half": halves, "time_s": times, "H": flat, "camera": ["Main camera center"] * len(halves),
               "wipe": [False] * len(halves)}  # fmt: skip
    parquet.write_table(pa.table(columns), folder / "calibration.parquet")
    (folder / "meta.json").write_text(json.dumps({"out_res": [640, 360]}))


def found(folder: Path, shift: int = 0, *, game: str = "", video: PlayedHalf = VIDEO) -> list[tuple[str, str]]:
    write_published(folder / "1_field_calib_ccbv.json", calibrations(shift), 640, 360, game)
    return [(f.severity, f.what) for f in check_calibrations(folder, MATCH, {1: video}, {1: CUTS})]


def test_calibrations_of_this_match_say_nothing(tmp_path: Path) -> None:
    assert found(tmp_path, game=f"league/2026-2027/{MATCH}") == []
    assert check_calibrations(tmp_path / "..", MATCH, {1: VIDEO}, {1: CUTS}) == []


def test_those_of_another_match_length_and_shape_are_errors(tmp_path: Path) -> None:
    [(severity, what)] = found(tmp_path, game="league/2026-2027/2026-08-02 - 15-00 White 1 - 0 Black")
    assert severity == ERROR
    assert "2026-08-02 - 15-00 White 1 - 0 Black" in what
    [(severity, what)] = found(tmp_path, video=replace(VIDEO, duration=2 * VIDEO.duration))
    assert (severity, what[:35]) == (ERROR, "these calibrations cover 120 s, the")
    [(severity, what)] = found(tmp_path, video=replace(VIDEO, width=480))
    assert (severity, what) == (
        ERROR,
        "these calibrations are of pictures of 640 by 360 pixels, the video's are 480 by 360",
    )


def test_a_jump_before_the_cuts_is_told(tmp_path: Path) -> None:
    assert samples_late(calibrations(), CUTS) == 0
    assert found(tmp_path, -1) == [(NOTE, "the calibrations jump 1 sample before the cuts of the camera labels")]


@pytest.mark.parametrize("shift", [4, 5])
def test_calibrations_that_are_too_late_by_less_than_their_length_tells_are_told(shift: int, tmp_path: Path) -> None:
    what = f"the calibrations jump {shift} samples after the cuts of the camera labels"
    write_published(tmp_path / "1_field_calib_ccbv.json", jumping(shift), 640, 360)
    findings = check_calibrations(tmp_path, MATCH, {1: replace(VIDEO, duration=4 * VIDEO.duration)}, {1: RARE_CUTS})
    assert [(f.severity, f.what) for f in findings] == [(WARNING, what)]


def test_two_files_of_one_half_are_told(tmp_path: Path) -> None:
    for name in ("ccbv", "other"):
        write_published(tmp_path / f"1_field_calib_{name}.json", calibrations(), 640, 360)
    [finding] = check_calibrations(tmp_path, MATCH, {1: VIDEO}, {1: CUTS})
    assert finding.severity == ERROR
    assert "1_field_calib_ccbv.json, 1_field_calib_other.json" in finding.what


def test_exact_ones_of_another_shape_and_without_a_half_are_told(tmp_path: Path) -> None:
    rendered(tmp_path, [1] * 20)
    video = PlayedHalf(10_000_000, 640, 360)
    assert check_calibrations(tmp_path, MATCH, {1: video}, {}) == []
    [finding] = check_calibrations(tmp_path, MATCH, {1: replace(video, width=480)}, {})
    assert (finding.severity, "640 by 360 pixels, the video's are 480 by 360" in finding.what) == (ERROR, True)
    [finding] = check_calibrations(tmp_path, MATCH, {1: video, 2: video}, {})
    assert (finding.severity, finding.what) == (WARNING, "there are no calibrations of half 2")
    (tmp_path / "meta.json").unlink()
    [finding] = check_calibrations(tmp_path, MATCH, {1: video}, {})
    assert (finding.severity, finding.evidence) == (ERROR, "meta.json")


def test_of_too_few_cuts_or_jumps_that_follow_none_nothing_is_told() -> None:
    assert samples_late(calibrations(-1), CUTS[:15]) == 0
    assert samples_late([replace(c, homography=looking_at(0)) for c in calibrations()], CUTS) == 0


def test_unsure_unreadable_and_superfluous_files_are_told(tmp_path: Path) -> None:
    path = tmp_path / "1_field_calib_ccbv.json"
    write_published(path, [replace(c, confidence=0.2) for c in calibrations()], 640, 360)
    [finding] = check_calibrations(tmp_path, MATCH, {1: VIDEO}, {})
    assert (finding.severity, finding.evidence) == (WARNING, "1_field_calib_ccbv.json, 240 samples")
    assert finding.what == "no calibration can be used, for none is as sure as 0.75, so nobody is placed"
    found = [(f.severity, f.what) for f in check_calibrations(tmp_path, MATCH, {2: VIDEO}, {})]
    without_video = (WARNING, "calibrations are of a half that has no video")
    assert found == [without_video, (WARNING, "there are no calibrations of half 2")]
    write_published(path, [replace(c, homography=None) for c in calibrations()], 640, 360)
    [finding] = check_calibrations(tmp_path, MATCH, {1: VIDEO}, {})
    assert "none is a homography" in finding.what
    path.write_text(json.dumps({"size": [3, 360, 640, 3], "predictions": []}))
    [finding] = check_calibrations(tmp_path, MATCH, {1: VIDEO}, {})
    assert (finding.severity, finding.what) == (ERROR, "the file says 3 samples and has 0")


def test_real_calibrations_jump_a_sample_before_their_cuts_and_exact_ones_at_them(shared: Path) -> None:
    halves = 0
    for labels in sorted((shared / "data" / "real_calibration").rglob("Labels-cameras.json")):
        for half, cuts in cuts_of_file(labels).items():
            if len(cuts) >= 40:  # complete labels
                halves += 1
                assert samples_late(published(labels.parent, half), cuts) == -1, labels.parent.name
    assert halves == 47
    rendered = next((shared / "data" / "simmatch" / "test" / "sim_league" / "2026-2027").iterdir())
    assert samples_late(read_rendered(rendered), cuts_of_file(rendered / "Labels-cameras.json")[1]) == 0


def published(folder: Path, half: int) -> list[Calibration]:
    """The calibrations of a half of a real game that are sure enough."""
    data = np.load(folder / f"{half}_calibration.npz")
    rows = np.concatenate([data["homography"], np.ones((len(data["homography"]), 1))], 1).reshape(-1, 3, 3)
    height, width = data["size"][1:3].tolist()
    return [
        Calibration(half, k * 500_000, Homography.of_pixels(matrix, width, height) if sure >= 750 else None)
        for k, (matrix, sure) in enumerate(zip(rows, data["confidence"], strict=True))
    ]
