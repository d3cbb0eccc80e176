"""The worst inputs through the app: the sentence of the command line, no exception, and nothing changed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app.library import video_reading
from app.library.library import Library
from app.settings import settings
from app.work.kinds import KINDS
from spotting_core.base.data_directory import DataDirectory
from spotting_core.inference.analyse import analyse_match
from spotting_core.jobs.kind import LONG
from spotting_core.jobs.queue import FAILED, JobQueue
from spotting_core.media.source import open_match
from spotting_core.models.load import load_model
from spotting_core.store.database import open_database
from tests import odd_videos
from tests.app.analysis_job import ask_for_analysis
from tests.app.commands import touchline
from tests.app.pages import component_data, library_page, match_page, texts
from tests.conftest import small_model


@pytest.fixture(autouse=True)
def fresh(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOUCHLINE_ROOTS", str(root))
    monkeypatch.setattr(video_reading, "PATIENCE", 60.0)
    settings.cache_clear()
    st.cache_resource.clear()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


def library_after(path: str) -> AppTest:
    """The Library view after a path was typed."""
    at = library_page().run()
    next(i for i in at.text_input if i.label.startswith("Folder")).set_value(path).run()
    assert not at.exception
    return at


@pytest.mark.parametrize("name", [n for n in odd_videos.NO_VIDEOS if n not in ("dangling link", "link to itself")])
def test_the_app_says_what_the_command_line_says(name: str, root: Path, data: DataDirectory) -> None:
    odd_videos.NO_VIDEOS[name](root / "bad.mp4")
    text = touchline("doctor", root / "bad.mp4").stderr.removeprefix("Error: ").strip()
    at = library_after("bad.mp4")
    assert [e.value for e in at.error] == [text]
    assert [b.label for b in at.button if b.label in ("Analyse", "Only add")] == []
    assert [m.title for m in Library(settings(), open_database(data)).matches()] == ["Orrin City v Kestrel City"]


def outside(root: Path) -> str:
    return str(odd_videos.plain(root.parent / "secret.mp4"))


def link_out(root: Path) -> str:
    (root / "link.mp4").symlink_to(odd_videos.plain(root.parent / "secret.mp4"))
    return "link.mp4"


def half_that_links_out(root: Path) -> str:
    secret = odd_videos.plain(root.parent / "secret.mp4")
    (root / "game").mkdir()
    shutil.copyfile(secret, root / "game" / "1_720p.mp4")
    (root / "game" / "2_720p.mp4").symlink_to(secret)
    return "game"


@pytest.mark.parametrize("make", [outside, link_out, half_that_links_out, lambda _: "/dev/stdin", lambda _: "a\x00b"])
def test_nothing_outside_the_roots_is_looked_at(make, root: Path, data: DataDirectory) -> None:  # type: ignore[no-untyped-def]
    at = library_after(make(root))
    told = at.error[0].value
    assert "not below a library folder, or there is nothing there" in told or "leads out of the library folders" in told
    assert "Ready to analyse" not in texts(at)
    assert not (data.root / "media").exists() or not [
        p for p in (data.root / "media").rglob("poster.jpg") if b"secret" in p.read_bytes()
    ]


def test_a_name_of_broken_letters_is_refused(root: Path) -> None:
    odd_videos.plain(root / os.fsdecode(b"\xff.mp4"))
    with pytest.raises(Exception, match="characters that are no letters"):
        Library(settings(), open_database(settings().data)).open(str(root / os.fsdecode(b"\xff.mp4")))


def test_a_video_that_breaks_off_says_so_before_and_after(root: Path, data: DataDirectory, tmp_path: Path) -> None:
    odd_videos.cut_off(root / "cut.mp4")
    shown = texts(library_after("cut.mp4"))
    assert "is not whole" in shown
    library = Library(settings(), open_database(data))
    match = library.add("cut.mp4")
    analyse_match(open_match(match.path), load_model(small_model(tmp_path / "m")), data)
    assert "the file breaks off at 00:11 of 00:23" in texts(library_page().run())
    at = match_page(match=match.id).run()
    assert not at.exception
    assert "the file breaks off at 00:11 of 00:23" in component_data(at)["notice"]


def test_a_video_that_was_damaged_later_leaves_the_library_usable(root: Path, data: DataDirectory) -> None:
    odd_videos.plain(root / "good.mp4")
    library = Library(settings(), open_database(data))
    match = library.add("good.mp4")
    odd_videos.text(root / "good.mp4")
    at = library_page().run()
    assert not at.exception
    assert "The video cannot be read" in texts(at)
    (root / "good.mp4").unlink()
    for page in (library_page(), match_page(match=match.id)):
        assert not page.run().exception


def test_a_match_whose_video_is_gone_says_so_where_it_is_shown(root: Path, data: DataDirectory, tmp_path: Path) -> None:
    odd_videos.plain(root / "good.mp4")
    library = Library(settings(), open_database(data))
    match = library.add("good.mp4")
    analyse_match(open_match(match.path), load_model(small_model(tmp_path / "m")), data)
    for spoil, message in (
        (lambda: odd_videos.plain(root / "good.mp4", seconds=3), "is another one than was analysed"),
        (lambda: odd_videos.text(root / "good.mp4"), "this file is not a video that can be read"),
        ((root / "good.mp4").unlink, "there is no such file or folder"),
    ):
        spoil()
        at = match_page(match=match.id).run()
        assert not at.exception
        (half,) = component_data(at)["halves"]
        assert message in half["note"]
        assert half["video"] is half["times"] is None


def test_what_stopped_a_job_is_told_in_the_words_of_the_command_line(root: Path, data: DataDirectory) -> None:
    odd_videos.plain(root / "good.mp4")
    library, queue = Library(settings(), open_database(data)), JobQueue(open_database(data))
    match = library.add("good.mp4")
    ask_for_analysis(queue, match, "entity-attention")
    taken = queue.take(KINDS.that_need(LONG))
    queue.finish(taken, FAILED, "the disk is full: the analysis takes about 80 MB, 1 MB are free. Free some disk.")
    assert "the disk is full" in texts(library_page().run())
