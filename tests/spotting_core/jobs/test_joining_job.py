"""The job that joins the pieces of recordings: what it leaves, how far it is, and that whole recordings are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, CancelledError
from spotting_core.jobs.joining import JOINING, JoiningParameters
from spotting_core.jobs.kind import Context
from spotting_core.media.times import read_time_table
from tests.videos import make_video, steady


@pytest.fixture
def camera(tmp_path: Path) -> Path:
    """A folder of two recordings, each of two pieces."""
    folder = tmp_path / "camera"
    folder.mkdir()
    for number, name in enumerate(("GX010034", "GX020034", "GX010035", "GX020035")):
        make_video(folder / f"{name}.mp4", steady(40), first=100 * number)
    return folder


def test_every_recording_becomes_a_video_beside_the_folder(camera: Path, data: DataDirectory) -> None:
    shares: list[float] = []

    def report(progress: float, stage: str, *_: object) -> bool:
        assert stage in ("Reading", "Writing GX0034.mp4", "Writing GX0035.mp4")
        shares.append(progress)
        return True

    parameters = JoiningParameters(str(camera))
    JOINING.perform(parameters, Context(data, report, "cpu"))
    (left,) = JOINING.leaves(parameters, data)
    assert left == camera.parent / "camera joined"
    assert {path.name: len(read_time_table(path)) for path in left.iterdir()} == {"GX0034.mp4": 80, "GX0035.mp4": 80}
    assert shares == sorted(shares)
    assert (shares[0], 0.55 < shares[-1] <= 1) == (0, True)


def test_cancelled_it_keeps_whole_recordings_and_goes_on_from_there(camera: Path, data: DataDirectory) -> None:
    parameters = JoiningParameters(str(camera))
    with pytest.raises(CancelledError, match="whole recordings are kept"):
        JOINING.perform(parameters, Context(data, lambda _, stage: stage != "Writing GX0035.mp4", "cpu"))
    (left,) = JOINING.leaves(parameters, data)
    (first,) = left.iterdir()
    written = first.stat().st_mtime_ns
    stages: list[str] = []
    JOINING.perform(parameters, Context(data, lambda _, stage: stages.append(stage) is None, "cpu"))
    assert sorted(path.name for path in left.iterdir()) == ["GX0034.mp4", "GX0035.mp4"]
    assert first.stat().st_mtime_ns == written
    assert "Writing GX0034.mp4" not in stages


def test_pieces_that_do_not_fit_leave_nothing(camera: Path, data: DataDirectory) -> None:
    make_video(camera / "GX020035.mp4", steady(40), first=900, size=(96, 64))
    with pytest.raises(BadInputError, match="this video is of the size"):
        JOINING.perform(JoiningParameters(str(camera)), Context(data, lambda *_: True, "cpu"))
    assert [path.name for path in camera.parent.iterdir() if path.name.startswith("camera")] == ["camera"]
