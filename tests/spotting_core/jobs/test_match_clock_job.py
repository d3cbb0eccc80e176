"""The job that reads a match's clock: how far it is, what it leaves, and that it can be cancelled."""

from __future__ import annotations

from pathlib import Path

import pytest

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import CancelledError
from spotting_core.base.report_done import ReportDone
from spotting_core.jobs.kind import Context
from spotting_core.jobs.match_clock import CLOCK, ClockParameters
from spotting_core.media.ingest import Media
from spotting_core.score_bug import readings
from spotting_core.score_bug.readings import BugReadings
from tests.videos import make_video, steady


@pytest.fixture
def parameters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ClockParameters:
    """A match of two videos, of which the text is not read in earnest."""
    (tmp_path / "match").mkdir()
    for half in (1, 2):
        make_video(tmp_path / "match" / f"{half}_224p.mp4", steady(50), first=71_000 + half)

    def read(media: Media, report: ReportDone) -> BugReadings:
        for share in (1, 2):
            report(share * media.table.duration // 2, media.table.duration)
        return BugReadings(None, (), 0.0, 0.0)

    monkeypatch.setattr(readings, "read_bug", read)
    monkeypatch.setattr(readings, "reader_version", lambda: "made")
    return ClockParameters(str(tmp_path / "match"), "Reds 1 - 0 Blues")


def test_it_reads_every_part_and_says_how_far_it_is(parameters: ClockParameters, data: DataDirectory) -> None:
    shares: list[float | None] = []

    def report(progress: float | None, stage: str = "", *_: object) -> bool:
        assert stage == "Reading the clock"
        shares.append(progress)
        return True

    CLOCK.perform(parameters, Context(data, report, "cpu"))
    assert shares == [0, 0.25, 0.5, 0.5, 0.75, 1]
    left = CLOCK.leaves(parameters, data)
    assert [path.is_file() for path in left] == [True, True]
    shares.clear()
    CLOCK.perform(parameters, Context(data, report, "cpu"))
    assert shares == [0, 0.5]  # what has been read is not read again


def test_cancelled_it_keeps_what_it_has_read(parameters: ClockParameters, data: DataDirectory) -> None:
    with pytest.raises(CancelledError, match="reading the clock was cancelled"):
        CLOCK.perform(parameters, Context(data, lambda progress, *_: progress < 0.6, "cpu"))
    assert [path.is_file() for path in CLOCK.leaves(parameters, data)] == [True, False]
