"""Thumbnails: which frame they are of, upright, and the same however they came about."""

from __future__ import annotations

import contextlib
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, CancelledError
from spotting_core.base.files import locked
from spotting_core.features import thumbnails
from spotting_core.features.half import FeatureReader
from spotting_core.features.sets import feature_set
from spotting_core.features.thumbnails import stored_thumbnails, thumbnail_file, written_beside
from spotting_core.inference.analyse import analyse_match
from spotting_core.media import stretches
from spotting_core.media.decode import FrameTap
from spotting_core.media.frames import numbered_frames
from spotting_core.media.ingest import Media, ingest
from spotting_core.media.shown import shown_image
from spotting_core.media.source import open_match
from spotting_core.media.thumbnail import CHROMA, LUMA
from spotting_core.models.load import load_model
from tests.conftest import small_model
from tests.odd_videos import no_frame_decodes, turned, zeros_in_the_middle
from tests.videos import make_video, steady

LUMA_NUMBERS = LUMA[0] * LUMA[1]


def lumas(values: np.ndarray) -> np.ndarray:
    """(T, 864) to (T, 18, 32)."""
    return values[:, :LUMA_NUMBERS].reshape(-1, LUMA[1], LUMA[0])


def shown_lumas(media: Media) -> np.ndarray:
    """Luma of every frame as a viewer sees it, at the size of thumbnails: float (F, 18, 32)."""
    shown = []
    for _, frame in numbered_frames(media.path, media.table):
        grey = cv2.cvtColor(shown_image(frame), cv2.COLOR_RGB2YUV)[..., 0].astype(np.float32)
        shown.append(cv2.resize(grey, LUMA, interpolation=cv2.INTER_AREA) * (219 / 255) + 16)
    return np.stack(shown)


def offer(tap: FrameTap, number: int, frame: av.VideoFrame) -> None:
    """Let a tap look at a frame, and receive what it made of it."""
    if (value := tap.look(frame)) is not None:
        tap.receive(number, value)


def nearest_frames(values: np.ndarray, media: Media) -> list[int]:
    """The frame that each thumbnail looks most like; every frame carries its number."""
    shown = shown_lumas(media)
    far = np.abs(lumas(values)[:, None] - shown[None]).mean((2, 3))
    assert far.min(1).max() < 4
    nearest: list[int] = far.argmin(1).tolist()
    return nearest


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("match") / "1_180p.mp4", steady(330, 25.0))


def test_a_thumbnail_is_the_small_picture_of_its_frame(video: Path, data: DataDirectory) -> None:
    media = ingest(video, data)
    values = stored_thumbnails(media, data)
    assert values.dtype == np.uint8
    assert values.shape == (330, LUMA_NUMBERS + 2 * CHROMA[0] * CHROMA[1])
    assert nearest_frames(values, media) == list(range(330))
    green = values[:, LUMA_NUMBERS:].reshape(330, 2, CHROMA[1], CHROMA[0])[:, :, 4].mean((0, 2))
    assert (green < 124).all()  # the grass of made pictures: little blue, little red


def test_fifty_frames_a_second_are_thinned_out_and_two_repeated(tmp_path: Path, data: DataDirectory) -> None:
    fast = ingest(make_video(tmp_path / "fast.mp4", steady(100, 50.0)), data)
    assert nearest_frames(stored_thumbnails(fast, data), fast) == list(range(0, 100, 2))
    slow = ingest(make_video(tmp_path / "slow.mp4", steady(6, 2.0)), data)
    values = stored_thumbnails(slow, data)
    frames = slow.table.samples(25.0)
    assert frames.tolist()[:8] == [0] * 7 + [1]
    assert nearest_frames(values, slow) == frames.tolist()


def test_a_turned_video_is_upright(tmp_path: Path, data: DataDirectory) -> None:
    turned(tmp_path / "match.mp4")
    media = ingest(tmp_path / "match.mp4", data)
    assert media.info.rotation in (90, 270)
    values, shown = lumas(stored_thumbnails(media, data)), shown_lumas(media)[media.table.samples(25.0)]
    assert np.abs(values - shown).mean() < 3
    assert np.abs(values[:, ::-1] - shown).mean() > 10


def test_formats_that_are_not_planar_are_made_so(tmp_path: Path, data: DataDirectory) -> None:
    deep = make_video(tmp_path / "deep.mp4", steady(10), pixel_format="yuv420p10le")
    media = ingest(deep, data)
    assert nearest_frames(stored_thumbnails(media, data), media) == list(range(10))


def in_parts(media: Media, data: DataDirectory, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """Thumbnails of a half whose making was stopped again and again."""
    monkeypatch.setattr(thumbnails, "_BLOCK", 32)
    for _ in range(4):
        with contextlib.suppress(CancelledError):
            stored_thumbnails(media, data, _stop)
    return stored_thumbnails(media, data)


def _stop(_done: int, _total: int) -> None:
    raise CancelledError("cancelled")


@pytest.mark.parametrize("damaged", [False, True])
def test_stopped_or_not_is_the_same(
    damaged: bool, video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = video
    if damaged:
        path = tmp_path / "match.mp4"
        zeros_in_the_middle(path)
    whole, parts = DataDirectory(tmp_path / "whole"), DataDirectory(tmp_path / "parts")
    expected = np.array(stored_thumbnails(ingest(path, whole), whole))
    assert np.array_equal(in_parts(ingest(path, parts), parts, monkeypatch), expected)
    assert not list(parts.root.rglob("*.rows"))


def test_nothing_that_decodes_is_told(tmp_path: Path, video: Path, data: DataDirectory) -> None:
    media = ingest(make_video(tmp_path / "match.mp4", steady(40)), data)
    no_frame_decodes(tmp_path / "match.mp4")
    with pytest.raises(BadInputError):
        stored_thumbnails(media, data)
    assert not thumbnail_file(media, data).is_file()


# --- by the way -----------------------------------------------------------------------------------------


@pytest.fixture
def alone(video: Path, tmp_path: Path) -> np.ndarray:
    data = DataDirectory(tmp_path / "alone")
    return np.array(stored_thumbnails(ingest(video, data), data))


def test_an_analysis_leaves_the_thumbnails_of_every_frame(
    video: Path, tmp_path: Path, alone: np.ndarray, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, media = load_model(small_model(tmp_path / "model")), ingest(video, data)
    analyse_match(open_match(video), model, data, out=tmp_path / "without", thumbnails=False)
    assert not thumbnail_file(media, data).is_file()
    plain = analyse_match(open_match(video), model, data, out=tmp_path / "with")
    monkeypatch.setattr(thumbnails, "looked_frames", lambda *_, **__: pytest.fail("decoded again"))
    reader = FeatureReader([feature_set("thumbnails", 2.0)], 25.0)
    assert np.array_equal(reader.read(1, None, media, data).rows(0, 330), alone)
    assert np.array_equal(plain.half(1).scores, analyse_match(open_match(video), model, data).half(1).scores)


def test_an_analysis_that_was_stopped_goes_on_with_its_thumbnails(
    video: Path, tmp_path: Path, alone: np.ndarray, data: DataDirectory
) -> None:
    model, media = load_model(small_model(tmp_path / "model", window=6)), ingest(video, data)
    with pytest.raises(CancelledError):
        analyse_match(open_match(video), model, data, report=lambda progress: progress.share < 0.5)
    assert not thumbnail_file(media, data).is_file()
    assert list(thumbnail_file(media, data).parent.glob("*.rows"))
    analyse_match(open_match(video), model, data)
    assert np.array_equal(np.load(thumbnail_file(media, data)), alone)


def test_many_cores_make_the_same_thumbnails_and_scores(
    video: Path, tmp_path: Path, alone: np.ndarray, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, media = load_model(small_model(tmp_path / "model")), ingest(video, data)
    one = analyse_match(open_match(video), model, DataDirectory(tmp_path / "one"))
    monkeypatch.setattr(stretches, "usable_cores", lambda: 16)
    assert len(list(stretches.cut(video, media.table, 0))) == 4
    several = analyse_match(open_match(video), model, data)
    assert np.array_equal(several.half(1).scores, one.half(1).scores)
    assert np.array_equal(np.load(thumbnail_file(media, data)), alone)
    apart = DataDirectory(tmp_path / "apart")
    assert np.array_equal(stored_thumbnails(ingest(video, apart), apart), alone)


def test_a_pass_that_begins_too_late_writes_nothing(video: Path, data: DataDirectory, alone: np.ndarray) -> None:
    media = ingest(video, data)
    with written_beside(media, data, 100) as tap:
        assert tap is None
    with written_beside(media, data, 0) as tap:
        assert tap is not None
        for number, frame in numbered_frames(media.path, media.table):
            if number < 200:
                offer(tap, number, frame)
    assert not thumbnail_file(media, data).is_file()
    with written_beside(media, data, 201) as tap:
        assert tap is None
    with written_beside(media, data, 150) as tap:
        assert tap is not None
        for number, frame in numbered_frames(media.path, media.table, start=150):
            offer(tap, number, frame)
        tap.end()
    assert np.array_equal(np.load(thumbnail_file(media, data)), alone)


def test_one_process_at_a_time_writes(video: Path, data: DataDirectory) -> None:
    media = ingest(video, data)
    path = thumbnail_file(media, data)
    with locked(path.with_suffix(".lock")), written_beside(media, data, 0) as tap:
        assert tap is None


def test_a_full_disk_does_not_stop_the_pass(video: Path, data: DataDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(thumbnails._Rows, "_append", full)
    media = ingest(video, data)
    with written_beside(media, data, 0) as tap:
        assert tap is not None
        for number, frame in numbered_frames(media.path, media.table):
            offer(tap, number, frame)
        tap.end()
    assert not thumbnail_file(media, data).is_file()
    with pytest.raises(BadInputError, match="the disk is full"):
        stored_thumbnails(media, data)


def test_what_reads_them_at_a_rate_of_its_own_keeps_what_it_read() -> None:
    thumbnail_set = feature_set("thumbnails", 25.0)
    assert FeatureReader([thumbnail_set], thumbnail_set.rate).of_frames
    assert not FeatureReader([thumbnail_set], 2.0).of_frames  # two a second are as few as any features
