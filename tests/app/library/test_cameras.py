"""The cameras of a match of the library change with what has been read of its score bug."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.library.cameras import cameras_stamp, unreviewed_cameras
from app.library.library import Library
from app.library.placing import placing_stamp
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.files import write_array
from spotting_core.domain.cameras import Shot
from spotting_core.media.ingest import ingest
from spotting_core.media.source import open_match
from spotting_core.store.camera_reviews import CameraReviews
from spotting_core.store.database import open_database
from tests.app.made_analysis import make_shots
from tests.score_bugs import bug_text, keep_readings
from tests.videos import make_video, steady

CLOSE, MAIN = "Close-up player or field referee", "Main camera center"


def doubtful_shots(video: Path, data: DataDirectory) -> Analysis:
    """A layer of three shots of twenty seconds of a video, none of which its model takes for a replay."""
    shots = [Shot(1, k * 20_000_000, (k + 1) * 20_000_000, label, False) for k, label in enumerate((MAIN, CLOSE, MAIN))]
    layer = make_shots(open_match(video), data, shots)
    write_array(layer.half(1).folder / "replay.npy", np.full(len(layer.half(1).times), 0.3, np.float16))
    return Analysis.open(layer.folder)


def replays(video: Path, layer: Analysis) -> list[bool]:
    cameras = unreviewed_cameras(video, [layer], open_match)
    assert cameras is not None
    return [shot.replay for shot in cameras.shots]


def test_a_clock_that_is_read_later_says_which_shots_are_replays(
    library: Library, data: DataDirectory, tmp_path: Path
) -> None:
    video = make_video(tmp_path / "match.mp4", steady(120, 2.0))
    layer, reviews = doubtful_shots(video, data), CameraReviews(open_database(data))
    match = library.add("match.mp4")
    assert replays(video, layer) == [False, False, False]
    before = cameras_stamp(match, [layer], reviews), placing_stamp(match, layer, [layer])
    keep_readings(ingest(video, data), lambda t: "" if 20 <= t < 40 else bug_text(600 + t, "0-0"))
    assert replays(video, layer) == [False, True, False]
    after = cameras_stamp(match, [layer], reviews), placing_stamp(match, layer, [layer])
    assert all(one != other for one, other in zip(before, after, strict=True))


def test_an_analysis_elsewhere_and_a_video_that_is_gone_have_no_clock(data: DataDirectory, tmp_path: Path) -> None:
    video = make_video(tmp_path / "match.mp4", steady(120, 2.0))
    layer = doubtful_shots(video, data)
    keep_readings(ingest(video, data), lambda t: "" if 20 <= t < 40 else bug_text(600 + t, "0-0"))
    elsewhere = layer.folder.rename(tmp_path / "elsewhere")
    assert DataDirectory.around(layer.folder) == data
    assert DataDirectory.around(elsewhere) is None
    assert replays(video, Analysis.open(elsewhere)) == [False, False, False]
    layer = doubtful_shots(video, data)
    video.unlink()
    assert replays(video, layer) == [False, False, False]
