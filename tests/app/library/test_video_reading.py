"""Large videos in the app: pages are drawn while they are read, and say so."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from app.library import video_reading
from app.library.library import Library, Match
from app.library.video_reading import VideoReading
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import FileState
from spotting_core.domain.spots import Spot
from spotting_core.media import fingerprint
from spotting_core.media.source import open_match
from tests.app.made_analysis import make_analysis
from tests.app.pages import component_data, library_page, match_page, texts
from tests.videos import make_video, steady

pytestmark = pytest.mark.usefixtures("fresh")


@pytest.fixture
def slow_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Reading a file through gets as far as its half, and on when the event is set; never in a drawing thread."""
    go_on, through = threading.Event(), fingerprint._read_through

    def slowly(state: FileState, report: fingerprint.ReportDone | None) -> str:
        assert threading.current_thread().name == "video-reading", "a page waits for a video"
        if report:
            report(state.size // 2, state.size)
        assert go_on.wait(60)
        return through(state, report)

    monkeypatch.setattr(fingerprint, "_read_through", slowly)
    monkeypatch.setattr(video_reading, "PATIENCE", 0.05)
    yield go_on
    go_on.set()


def soon(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def demo_read(library: Library) -> None:
    """The bundled match is in the library, and its videos have been read."""
    library.matches()


@pytest.fixture
def changed(demo_read: None, library: Library, tmp_path: Path) -> Match:
    """A match whose video has been written anew since it was added."""
    make_video(tmp_path / "mine.mp4", steady(60))
    match = library.add("mine.mp4")
    make_video(tmp_path / "mine.mp4", steady(80))
    return match


def test_the_library_is_drawn_while_a_video_is_read(changed: Match, slow_disk: threading.Event) -> None:
    at = library_page().run()
    assert not at.exception
    assert "2 matches" in texts(at)
    assert "Reading the video, 50%" in texts(at)
    slow_disk.set()
    soon(lambda: "Reading the video" not in texts(at.run()))
    assert texts(at).count('<img class="tl-thumb"') == 2


def test_a_path_is_checked_while_its_video_is_read(demo_read: None, tmp_path: Path, slow_disk: threading.Event) -> None:
    make_video(tmp_path / "mine.mp4", steady(60))
    at = library_page().run()
    next(i for i in at.text_input if i.label.startswith("Folder")).set_value("mine.mp4").run()
    assert not at.exception
    assert "Reading the video, 50%. It can be analysed when it has been read." in texts(at)
    assert not [b for b in at.button if b.label == "Only add"]
    slow_disk.set()
    soon(lambda: "Ready to analyse" in texts(at.run()))
    next(b for b in at.button if b.label == "Only add").click().run()
    assert "2 matches" in texts(at)


def test_a_match_is_shown_while_its_video_is_read(
    library: Library, tmp_path: Path, data: DataDirectory, slow_disk: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as quick:
        quick.setattr(fingerprint, "_read_through", lambda state, _: sha256(state.path.read_bytes()).hexdigest())
        video = make_video(tmp_path / "mine.mp4", steady(60))
        make_analysis(open_match(video), data, [Spot(1, 1_000_000, "Goal", 0.9)])
        match = library.add("mine.mp4")
    for record in data.hashes.iterdir():
        record.unlink()  # as after a move to another disk
    at = match_page(match=match.id).run()
    assert not at.exception
    payload = component_data(at)
    assert payload["halves"][0]["note"] == "Reading the video, 50%."
    assert payload["waiting"]
    assert len(payload["spots"]) == 1
    slow_disk.set()
    soon(lambda: component_data(at.run())["halves"][0]["poster"] is not None)


def test_what_cannot_be_read_says_so_until_it_is_another_file(tmp_path: Path, data: DataDirectory) -> None:
    reading, path = VideoReading(data), tmp_path / "bad.mp4"
    path.write_text("this is no video")
    for _ in range(2):
        with pytest.raises(BadInputError):
            reading.media(path)
    with pytest.raises(BadInputError):
        reading.media(tmp_path / "nothing.mp4")
    path.unlink()
    make_video(path, steady(30))
    assert reading.media(path) is not None
    assert not reading.under_way
