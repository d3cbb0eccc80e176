"""Files whose clock starts again: nothing of them is lost, and what follows goes on from where it was."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from spotting_core.base.data_directory import DataDirectory
from spotting_core.clips.copying import copy_clip
from spotting_core.clips.selection import MARK, Clip
from spotting_core.inference.analyse import analyse_match
from spotting_core.media.decode import decode_samples, read_frame
from spotting_core.media.frames import numbered_frames
from spotting_core.media.ingest import ingest
from spotting_core.media.key_frames import key_times
from spotting_core.media.playback import make_playback
from spotting_core.media.shown import shown_image
from spotting_core.media.sound import RATE, sound_between
from spotting_core.media.source import open_match
from spotting_core.media.source_clock import ClockBreak, SourceClock
from spotting_core.media.times import TimeTable, read_time_table
from spotting_core.models.load import load_model
from spotting_core.preflight.video import check_clock_breaks
from tests.conftest import small_model
from tests.videos import make_video, read_number, steady

FIRST, SECOND = 60, 90  # frames of the two recordings


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two transport streams, one behind the other, whose clocks both begin at the same time; a beep in each."""
    folder = tmp_path_factory.mktemp("joined")
    make_video(folder / "a.ts", steady(FIRST), beeps=[1.0])
    make_video(folder / "b.ts", steady(SECOND), first=FIRST, beeps=[2.0])
    path = folder / "joined.ts"
    path.write_bytes((folder / "a.ts").read_bytes() + (folder / "b.ts").read_bytes())
    return path


def test_every_frame_has_its_place_and_the_break_is_known(joined: Path) -> None:
    table = read_time_table(joined)
    assert len(table) == FIRST + SECOND
    assert np.all(np.diff(table.times) == 40_000)
    assert [(b.at, b.back) for b in table.breaks] == [(FIRST * 40_000, True)]
    again = TimeTable.from_array(table.as_array())
    assert (again.start, again.breaks, again.times.tolist()) == (table.start, table.breaks, table.times.tolist())


def test_every_reader_finds_the_frames_on_both_sides(joined: Path) -> None:
    table = read_time_table(joined)
    numbers = [0, 30, FIRST - 1, FIRST, FIRST + 1, FIRST + SECOND - 1]
    assert [read_number(read_frame(joined, table, n)) for n in numbers] == numbers
    assert [read_number(shown_image(f)) for _, f in numbered_frames(joined, table)] == list(range(FIRST + SECOND))
    batches = decode_samples(joined, table, table.samples(2.0), batch=4, first=3)
    shown = [read_number(image) for batch in batches for image in batch.images]
    assert shown == table.samples(2.0)[3:].tolist()


def test_copies_clips_and_sound_go_through_the_same_clock(joined: Path, data: DataDirectory, tmp_path: Path) -> None:
    media = ingest(joined, data)
    assert ingest(joined, data).table.breaks == media.table.breaks
    played = read_time_table(make_playback(media))
    assert np.abs(played.times - media.table.times).max() <= 100
    keys = key_times(media)
    assert np.all(np.diff(keys) > 0)
    assert any(abs(key - FIRST * 40_000) < 1000 for key in keys)
    copy_clip(media, Clip(1, 3_000_000, 4_000_000, MARK), tmp_path / "c.mp4", sound=False)
    table = read_time_table(tmp_path / "c.mp4")
    first = read_number(read_frame(tmp_path / "c.mp4", table, 0))
    assert FIRST <= first <= 75
    start = media.table.start
    blocks = sound_between(joined, start, start + media.table.duration, media.table.breaks)
    heard = np.abs(np.concatenate(list(blocks), axis=1)[0])
    for at in (1.0, 2.4 + 2.0):  # the second beep comes two seconds into the second recording
        assert heard[round((at + 0.03) * RATE) : round((at + 0.07) * RATE)].max() > 0.05, at


def test_the_doctor_says_where_the_clock_goes_back(joined: Path, data: DataDirectory) -> None:
    [finding] = check_clock_breaks(ingest(joined, data))
    assert finding.what == "the clock of joined.ts goes back at 00:02"
    assert not check_clock_breaks(ingest(make_video(joined.parent / "whole.ts", steady(30)), data))


def test_an_analysis_says_where_the_clock_goes_back(joined: Path, data: DataDirectory, tmp_path: Path) -> None:
    analysis = analyse_match(open_match(joined), load_model(small_model(tmp_path / "m")), data)
    assert "Half 1: the file's clock goes back at 00:02; what may be missing there nobody can tell." in analysis.remarks


class _Packet:
    """A packet of a stream, as far as a clock looks at it."""

    def __init__(self, dts: int | None, pts: int | None = None, index: int = 0) -> None:
        self.dts, self.pts, self.time_base = dts, dts if pts is None else pts, Fraction(1, 1000)
        self.stream = type("Stream", (), {"index": index})()


def moved(clock: SourceClock, *packets: _Packet) -> list[int | None]:
    for packet in packets:
        clock.move(packet)  # type: ignore[arg-type]
    return [packet.pts for packet in packets]


def test_a_wrap_of_33_bits_and_a_clock_that_is_set_ahead_go_on() -> None:
    wrap = 2**33 // 90
    assert moved(SourceClock(), *(_Packet(t) for t in (wrap - 80, wrap - 40, 0, 40))) == [
        wrap - 80,
        wrap - 40,
        wrap,
        wrap + 40,
    ]
    clock = SourceClock()
    assert moved(clock, *(_Packet(t) for t in (0, 40, 90_000_000, 90_000_040))) == [0, 40, 80, 120]
    assert [back for _, _, back in clock.found] == [False]


def test_small_steps_back_and_lost_stretches_are_no_breaks() -> None:
    clock = SourceClock()
    times = [0, 40, 20, 80, 600_000]
    assert moved(clock, *map(_Packet, times)) == times
    assert not clock.found


def test_sound_is_moved_as_the_pictures_are() -> None:
    clock = SourceClock([ClockBreak(2_000_000, 2_000_000)])
    packets = [_Packet(0), _Packet(1960), _Packet(1990, index=1), _Packet(0), _Packet(10, index=1)]
    assert moved(clock, *packets) == [0, 1960, 1990, 2000, 2010]


@pytest.mark.parametrize("numbers", [[], [0], [1, 5], [0, 7, 1], [0, 7, 0, 0], [-1, 0, 0]])
def test_an_array_that_is_no_table_is_refused(numbers: list[int]) -> None:
    with pytest.raises(ValueError, match=r"table|rise"):
        TimeTable.from_array(np.array(numbers, np.int64))


def loud(path: Path, table: TimeTable) -> list[float]:
    """Seconds at which sound begins, between which there is silence."""
    blocks = sound_between(path, table.start, table.start + table.duration, table.breaks)
    at = np.flatnonzero(np.abs(np.concatenate([b[0] for b in blocks])) > 0.1) / RATE
    return [float(x) for k, x in enumerate(at) if not k or x - at[k - 1] > 0.3]


def test_a_clock_that_wraps_and_then_starts_again_is_one_for_every_reader(data: DataDirectory, tmp_path: Path) -> None:
    """Two seconds before 33 bits are full a recording begins; another one, from 0, is joined to it."""
    wraps, path = tmp_path / "wraps.ts", tmp_path / "both.ts"
    make_video(wraps, steady(100), beeps=[1.0], container={"output_ts_offset": f"{2**33 / 90_000 - 2:.3f}"})
    make_video(tmp_path / "b.ts", steady(60), first=100, beeps=[1.0])
    path.write_bytes(wraps.read_bytes() + (tmp_path / "b.ts").read_bytes())
    for video, count, beeps in ((wraps, 100, [1.0]), (path, 160, [1.0, 5.0])):
        media = ingest(video, data)
        table = media.table
        assert table.start < 0
        assert np.all(np.diff(table.times) == 40_000)
        assert [read_number(shown_image(f)) for _, f in numbered_frames(video, table)] == list(range(count))
        assert loud(video, table) == pytest.approx(beeps, abs=0.1)
        assert np.abs(read_time_table(make_playback(media)).times - table.times).max() <= 100
        for start in (0, 1_200_000, 2_500_000):  # before the wrap, and after it
            copied = copy_clip(media, Clip(1, start, start + 1_000_000, MARK), tmp_path / "c.mp4")
            made = read_time_table(tmp_path / "c.mp4")
            assert (
                read_number(read_frame(tmp_path / "c.mp4", made, 0))
                == copied.start // 40_000
                == start // 1_000_000 * 25
            )
