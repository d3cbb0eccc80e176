"""Damaged and odd camera labels: one sentence each, and the rest is kept; real ones as they are."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotting_core.analyses.match_cameras import match_cameras
from spotting_core.analyses.replayed_spots import replay_marks
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.formats.game_time import RUNS_ON
from spotting_core.formats.labels_cameras import FILE_NAME, CameraDocument, parse_readable
from spotting_core.preflight.cameras import check_camera_file, check_cameras
from spotting_core.preflight.finding import ERROR, NOTE, WARNING

MAIN, CLOSE = load_classes("soccernet-cameras").names[:2]
LENGTHS = {1: 60_000_000, 2: 60_000_000}


def row(seconds: float, label: str = MAIN, half: int = 1, replay: bool = False, **more: Any) -> dict[str, Any]:
    known = {"gameTime": f"{half} - 00:00", "position": str(round(seconds * 1000)), "label": label}
    return {**known, "change_type": "abrupt", "replay": "replay" if replay else "real-time", **more}


def link(seconds: float, half: int = 1) -> dict[str, Any]:
    return {"label": "Goal", "half": str(half), "time": "00:00", "position": str(round(seconds * 1000))}


GOOD = [row(10), row(20, CLOSE, replay=True, link=link(5)), row(50), row(30, half=2)]


def document(rows: list[Any]) -> tuple[CameraDocument, list]:
    return parse_readable(json.dumps({"annotations": rows}).encode(), "Labels-cameras.json")


def sentences(rows: list[Any]) -> list[tuple[str, str, str]]:
    return [(f.severity, f.what, f.evidence) for f in check_cameras(*document(rows), LENGTHS)]


def test_good_labels_say_nothing() -> None:
    assert sentences(GOOD) == []


@pytest.mark.parametrize(
    ("wrong", "severity", "what"),
    [
        (row(40, replay=True, link=link(5, half=2)), NOTE, "linked to an action of another half"),
        (row(40, replay=True, link=link(55)), WARNING, "linked to moments that are not there count as linked to none"),
        (row(40, replay=True, link=link(5, half=7)), WARNING, "linked to moments that are not there"),
        (row(40, replay=True, link={"half": "one"}), WARNING, "linked to moments that are not there"),
        (row(40, replay=True, link=link(45)), NOTE, "linked to an action after them"),
        (row(40, replay=True), NOTE, "linked to no action"),
        (row(20, MAIN), WARNING, "shots overlap or last no time"),
        (row(15), NOTE, "not in the order of their times are put in order"),
        (row(40, "Drone"), WARNING, "cameras that soccernet-cameras does not have belong to no group"),
        (row(59, half=3), WARNING, "of a half that has no video"),
        (row(70), WARNING, "past the end of the video"),
        (row(40, change_type=None), NOTE, "of no known kind (abrupt, smooth, logo)"),
        (row(40, change_type=["logo"]), NOTE, "of no known kind"),
        (row(40, replay=False) | {"replay": "maybe"}, NOTE, "count as real-time"),
        ({"label": MAIN}, WARNING, "annotations that cannot be read are left out"),
        ("nothing", WARNING, "annotations that cannot be read are left out"),
        (row(40) | {"position": "soon"}, WARNING, "annotations that cannot be read are left out"),
        (row(40) | {"confidence": "high"}, WARNING, "annotations that cannot be read are left out"),
    ],
)  # fmt: skip
def test_what_is_odd_is_said_in_a_sentence_and_the_rest_is_kept(wrong: Any, severity: str, what: str) -> None:
    rows = [*GOOD, wrong]
    findings = [(s, w) for s, w, _ in sentences(rows)]
    assert any(s == severity and what in w for s, w in findings)
    cameras = match_cameras(document(rows)[0], [])
    assert cameras is not None
    assert {(s.half, s.end) for s in cameras.shots} >= {(1, 10_000_000), (1, 20_000_000), (2, 30_000_000)}
    assert cameras.links[1, 20_000_000].time == 5_000_000


def test_a_second_half_that_runs_on_from_45_minutes_is_taken_by_its_own_clock() -> None:
    late = [row(2701, half=2), row(2760, CLOSE, half=2, replay=True, link=link(2730, half=2)), row(4000, half=2)]
    labels, _ = document([*GOOD[:3], *late])
    assert [e.end // 1_000_000 for e in labels.entries if e.half == 2] == [1, 60, 1300]
    shown = next(e.link for e in labels.entries if e.half == 2 and e.link)
    assert (shown.half, shown.time, shown.label) == (2, 30_000_000, "Goal")
    found = check_cameras(labels, (), {1: 60_000_000, 2: 3_000_000_000})
    assert (NOTE, RUNS_ON) in [(f.severity, f.what) for f in found]
    assert not any("past the end" in f.what for f in found)
    short, _ = document([row(2750, half=2), row(2800, half=2)])  # of a long half: nothing says that it runs on
    assert [e.end for e in short.entries] == [2_750_000_000, 2_800_000_000]


def test_a_replay_longer_than_its_half_is_said(tmp_path: Path) -> None:
    rows = [row(10), row(80, CLOSE, replay=True, link=link(5)), row(300, half=2, replay=True, link=link(5))]
    findings = " ".join(what for _, what, _ in sentences(rows))
    assert "replays are longer than any replay is" in findings
    assert "past the end of the video" in findings


def test_a_file_that_is_none_is_one_finding(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    for content in ("{", "[]", '{"annotations": 3}'):
        path.write_text(content)
        [finding] = check_camera_file(path, LENGTHS)
        assert (finding.severity, finding.failed) == (ERROR, True)


def is_whole(labels: CameraDocument) -> None:
    """Shots without overlap, in order, and links to moments of the match or none."""
    cameras = match_cameras(labels, [])
    if cameras is None:
        return
    ends: dict[int, int] = {}
    for shot in cameras.shots:
        assert shot.start == ends.get(shot.half, 0) < shot.end
        ends[shot.half] = shot.end
    for (half, end), target in cameras.links.items():
        assert half in ends
        assert end > 0
        assert 0 <= target.time < ends[target.half]
    for shot in cameras.shots[:20]:
        assert cameras.shot_at(shot.half, shot.start) == shot == cameras.shot_at(shot.half, shot.end - 1)
    spots = [Spot(shot.half, (shot.start + shot.end) // 2, "Goal", 0.9) for shot in cameras.shots]
    marks = replay_marks(spots, cameras, spots)
    assert [bool(mark) for mark in marks] == [shot.replay for shot in cameras.shots]


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "gameTime": st.sampled_from(["1 - 00:10", "2 - 00:10", "x", "", "9 - 1:1"]),
                "label": st.sampled_from([MAIN, CLOSE, "Drone", ""]),
            },
            optional={
                "position": st.one_of(st.integers(-5000, 90_000).map(str), st.just("?")),
                "replay": st.sampled_from(["replay", "real-time", "other", 3]),
                "change_type": st.sampled_from(["logo", "abrupt", "other", None, 1]),
                "link": st.sampled_from(
                    [None, {}, link(5), link(-5), link(500), {"half": None, "time": None}, "there"]
                ),
                "confidence": st.sampled_from(["0.5", None, "x"]),
            },
        ),
        max_size=12,
    )
)
def test_whatever_the_annotations_are_nothing_breaks(rows: list) -> None:
    labels, unread = document(rows)
    assert len(labels.entries) + len(unread) == len(rows)
    check_cameras(labels, unread, LENGTHS)
    check_cameras(labels, unread)
    is_whole(labels)


def real_labels(shared: Path) -> Iterator[tuple[str, bytes]]:
    archive = shared / "data" / "evaluation" / "labels.zip"
    if archive.is_file():
        with zipfile.ZipFile(archive) as packed:
            for name in packed.namelist():
                if name.endswith(FILE_NAME):
                    yield name, packed.read(name)
    for path in sorted((shared / "data" / "real_calibration").rglob(FILE_NAME)):
        yield str(path), path.read_bytes()


def test_real_labels_are_read_whole_and_find_their_actions(shared: Path) -> None:
    read = 0
    for name, content in real_labels(shared):
        labels, unread = parse_readable(content, name)
        assert not unread
        assert not any(f.failed for f in check_cameras(labels))
        is_whole(labels)
        assert labels.resolved_links == labels.links
        read += 1
    if not read:
        pytest.skip("needs the camera labels of SoccerNet games")
