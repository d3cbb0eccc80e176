"""Time tables, exact frames, sampling and playback copies, on videos whose frames carry their number."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.media.decode import decode_samples, read_frame, resize_image
from spotting_core.media.frame_store import store_frames
from spotting_core.media.ingest import ingest, make_poster, read_video
from spotting_core.media.playback import make_playback, playback_file, plays_as_is
from spotting_core.media.read_ahead import ahead
from spotting_core.media.times import TimeTable, read_time_table
from spotting_core.media.video import VideoInfo, probe_video
from tests.odd_videos import DAMAGED
from tests.videos import make_video, read_number, steady, uneven

KINDS = {
    "steady": {"name": "a.mp4", "times": steady(80)},
    "late start, mp4": {"name": "a.mp4", "times": steady(80, start=1.5)},
    "late start, mkv": {"name": "a.mkv", "times": steady(80, start=0.463)},
    "uneven": {"name": "a.mp4", "times": uneven(80)},
    "uneven, mkv, late": {"name": "a.mkv", "times": uneven(80, seed=3, start=2.0)},
    "edit list": {"name": "a.mp4", "times": steady(80), "hidden": 7},
    "29.97, no B-frames": {"name": "a.mp4", "times": steady(80, rate=30000 / 1001), "b_frames": 0},
    "fragmented": {"name": "a.mp4", "times": steady(80), "container": {"movflags": "frag_keyframe+empty_moov"}},
    "mpeg-ts": {"name": "a.ts", "times": steady(80, start=10.0)},
    "mpeg-4 in avi": {"name": "a.avi", "times": steady(80), "codec": "mpeg4", "clock": Fraction(1, 25)},
}


@pytest.fixture(params=list(KINDS))
def video(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, list[float], int]:
    """A numbered video of each kind: path, intended times of its shown frames, number of the first shown."""
    kind = dict(KINDS[request.param])
    times, hidden = kind.pop("times"), kind.get("hidden", 0)
    path = make_video(tmp_path / kind.pop("name"), times, **kind)
    return path, [t - times[hidden] for t in times[hidden:]], hidden


def test_time_table_has_the_shown_frames_at_their_times(video: tuple[Path, list[float], int]) -> None:
    path, times, _ = video
    table = read_time_table(path)
    assert len(table) == len(times)
    assert table.times[0] == 0
    # Containers round to ticks of up to a millisecond (Matroska).
    assert np.abs(table.times / 1e6 - np.array(times)).max() < 0.0011


def test_exact_frames_by_number(video: tuple[Path, list[float], int]) -> None:
    path, times, hidden = video
    table = read_time_table(path)
    for number in (0, 1, 2, 30, 31, 49, len(times) - 1):
        assert read_number(read_frame(path, table, number)) == number + hidden


def test_samples_are_the_frames_nearest_to_each_multiple(video: tuple[Path, list[float], int]) -> None:
    path, times, hidden = video
    table = read_time_table(path)
    frames = table.samples(2.0)
    numbers: list[int] = []
    for batch in ahead(decode_samples(path, table, frames, batch=3)):
        numbers += [read_number(image) - hidden for image in batch.images]
        assert batch.substituted == 0
    assert numbers == frames.tolist()
    assert len(numbers) == int(times[-1] * 2 + 1e-6) + 1
    for k, number in enumerate(numbers):
        gaps = np.abs(np.array(times) - k / 2)
        assert gaps[number] < gaps.min() + 0.0011  # of two frames as near, rounding decides


def test_decoding_from_the_middle_gives_the_same_batches(video: tuple[Path, list[float], int]) -> None:
    path, _, hidden = video
    table = read_time_table(path)
    frames = table.samples(10.0)
    whole = {
        int(s): read_number(i)
        for b in decode_samples(path, table, frames, batch=5)
        for s, i in zip(b.samples, b.images, strict=True)
    }
    parts = list(decode_samples(path, table, frames, batch=5, first=12))
    assert [b.samples[0] for b in parts] == [12, *range(15, len(frames), 5)]
    for batch in parts:
        for sample, image in zip(batch.samples, batch.images, strict=True):
            assert read_number(image) == whole[int(sample)] == frames[sample] + hidden


@pytest.mark.parametrize("name", list(DAMAGED))
def test_decoding_from_within_what_is_damaged_gives_the_same_batches(name: str, tmp_path: Path) -> None:
    file, make = DAMAGED[name]
    make(tmp_path / file)
    table = read_time_table(tmp_path / file)
    frames = table.samples(2.0)
    whole = list(decode_samples(tmp_path / file, table, frames, batch=1))
    assert [int(b.samples[0]) for b in whole] == list(range(len(frames)))
    for first in range(1, len(frames)):
        parts = list(decode_samples(tmp_path / file, table, frames, batch=1, first=first))
        assert len(parts) == len(frames) - first
        assert [b.substituted for b in parts] == [b.substituted for b in whole[first:]], first
        pairs = list(zip(whole[first:], parts, strict=True))
        others = [one for one, other in pairs if not np.array_equal(one.images, other.images)]
        # After a hole, up to the next key frame, a decoder fills in from whatever it has seen before.
        assert len(others) <= 2, first
        assert not any(one.substituted for one in others), first


def test_playback_copy_shows_the_same_frames_at_the_same_times(
    video: tuple[Path, list[float], int], data: DataDirectory
) -> None:
    path, times, hidden = video
    media = ingest(path, data)
    played = make_playback(media)
    table = read_time_table(played)
    assert table.start == 0
    assert np.abs(table.times - media.table.times).max() <= 100
    for number in (0, 33, len(times) - 1):
        assert read_number(read_frame(played, table, number)) == number + hidden
    assert playback_file(media) == played
    with av.open(str(played)) as container:
        assert container.streams.video[0].codec_context.name in ("h264",)


def test_a_plain_mp4_is_played_as_it_is_wherever_its_index_stands(tmp_path: Path, data: DataDirectory) -> None:
    for name, container in (("front.mp4", {"movflags": "faststart"}), ("end.mp4", None)):
        assert plays_as_is(ingest(make_video(tmp_path / name, steady(30), container=container), data)), name
    late = make_video(tmp_path / "late.mp4", steady(30, start=0.4), hidden=3)
    assert not plays_as_is(ingest(late, data))


def test_remux_keeps_sound_and_every_packet(tmp_path: Path, data: DataDirectory) -> None:
    path = make_video(tmp_path / "a.mkv", steady(100, start=0.4), sound=True, b_frames=3)
    played = make_playback(ingest(path, data))
    with av.open(str(played)) as container:
        assert [s.type for s in container.streams] == ["video", "audio"]
        assert sum(1 for _ in container.decode(video=0)) == 100


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 400_000), min_size=1, max_size=200), st.sampled_from([1.0, 2.0, 5.0, 25.0]))
def test_time_table_agrees_with_the_definition(gaps: list[int], rate: float) -> None:
    times = np.concatenate([[0], np.cumsum(gaps)]).astype(np.int64)
    table = TimeTable(times, 0)
    samples = table.samples(rate)
    assert len(samples) == int(times[-1] * rate / 1e6 + 1e-9) + 1
    for k, frame in enumerate(samples):
        wanted = round(k * 1e6 / rate)
        assert abs(times[frame] - wanted) == np.abs(times - wanted).min()
        assert table.nearest(wanted) == frame
    for time in (0, int(times[-1]) // 2, int(times[-1]), int(times[-1]) + 10**9):
        assert table.shown_at(time) == np.flatnonzero(times <= time)[-1]


def test_probe_says_what_the_file_is(tmp_path: Path) -> None:
    info = probe_video(make_video(tmp_path / "a.mp4", steady(30), sound=True))
    assert (info.codec, info.width, info.height, info.rotation, info.audio) == ("h264", 320, 180, 0, "aac")
    assert info.rate == pytest.approx(25, abs=0.5)
    assert info.duration == pytest.approx(1.2, abs=0.1)


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "does not exist"), (b"", "is empty"), (b"this is no video\n" * 50, "not a video that can be read")],
)
def test_what_is_no_video_says_so(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "a.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInputError, match=message):
        probe_video(path)


def test_sound_only_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.m4a"
    with av.open(str(path), "w", format="mp4") as out:
        track = out.add_stream("aac", rate=48_000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 48_000
        out.mux(track.encode(frame))
        out.mux(track.encode(None))
    with pytest.raises(BadInputError, match="sound but no picture"):
        probe_video(path)


def test_a_cut_off_file_gives_the_frames_it_has(tmp_path: Path) -> None:
    whole = make_video(tmp_path / "a.ts", steady(100))
    cut = tmp_path / "b.ts"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    table = read_time_table(cut)
    assert 20 < len(table) < 80
    assert read_number(read_frame(cut, table, 10)) == 10


def test_ingest_remembers_by_content(tmp_path: Path, data: DataDirectory) -> None:
    path = make_video(tmp_path / "a.mp4", steady(30))
    first = ingest(path, data)
    moved = path.rename(tmp_path / "another name.mp4")
    second = ingest(moved, data)
    assert first.hash == second.hash
    assert second.path == moved
    assert np.array_equal(first.table.times, second.table.times)
    assert make_poster(second).stat().st_size > 500


def test_frame_store_gives_back_each_sample(tmp_path: Path, data: DataDirectory) -> None:
    path = make_video(tmp_path / "a.mp4", steady(120))
    own, small = store_frames(path, data, rate=2.0, sizes=[None, (160, 90)])
    assert len(own) == len(small) == 10
    assert [read_number(own[i]) for i in range(10)] == read_time_table(path).samples(2.0).tolist()
    assert small[3].shape == (90, 160, 3)
    again = store_frames(path, data, rate=2.0, sizes=[None])[0]
    assert np.array_equal(again[4], own[4])


def test_an_error_ahead_reaches_its_reader() -> None:
    def failing():  # type: ignore[no-untyped-def]
        yield 1
        raise ValueError("broken")

    stream = ahead(failing())
    assert next(stream) == 1
    with pytest.raises(ValueError, match="broken"):
        next(stream)


def test_resizing_keeps_the_mean() -> None:
    image = np.random.default_rng(0).integers(0, 255, (90, 160, 3), dtype=np.uint8)
    assert resize_image(image, 80, 45).mean() == pytest.approx(image.mean(), abs=1)
    assert resize_image(image, 160, 90) is image


def test_a_video_that_changes_while_it_is_read_leaves_no_facts_under_its_hash(
    tmp_path: Path, data: DataDirectory
) -> None:
    path = make_video(tmp_path / "a.mp4", steady(60))
    first, other = path.read_bytes(), make_video(tmp_path / "b.mp4", steady(30)).read_bytes()

    def exchanged(one: Path) -> tuple[VideoInfo, TimeTable]:
        one.write_bytes(other)
        return read_video(one)

    with pytest.raises(BadInputError, match="this video was changed while it was read"):
        ingest(path, data, read=exchanged)
    path.write_bytes(first)
    assert len(ingest(path, data).table) == 60


def test_a_picture_of_two_columns_has_a_poster(tmp_path: Path, data: DataDirectory) -> None:
    media = ingest(make_video(tmp_path / "a.mp4", steady(10)), data)
    poster = make_poster(media, lambda _: np.zeros((1080, 2, 3), np.uint8))
    assert poster.read_bytes()[:2] == b"\xff\xd8"
