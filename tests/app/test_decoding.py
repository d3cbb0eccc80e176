"""The app's own process decodes no video: what a decoder falls over would end every session."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

from app.library.library import Library
from app.work.clip_export import CLIPS
from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.spots import Spot
from spotting_core.media.source import open_match
from tests.app.made_analysis import make_analysis
from tests.app.pages import match_page, view
from tests.conftest import REPOSITORY
from tests.videos import make_video, steady

SERVING = ("library", "routes", "searching", "comparing", "serving", "views", "workspace", "components")
DECODING = {
    "spotting_core.media.ingest": {"ingest", "make_poster", "read_video"},
    "spotting_core.media.decode": {"read_frame", "decode_samples"},
    "spotting_core.media.frames": {"numbered_frames", "decoded_frames"},
    "spotting_core.media.passes": {"looked_frames"},
    "spotting_core.media.video": {"open_video", "probe_video"},
    "spotting_core.media.times": {"read_time_table"},
    "spotting_core.players.match_players": {"match_players"},
}
APART = {"app/library/placing.py": {"match_players"}}
"""Where it is named for a process of its own."""


def decoding_imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module in DECODING:
            names |= {alias.name for alias in node.names} & DECODING[node.module]
        modules = [node.module] if isinstance(node, ast.ImportFrom) else []
        modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names |= {module for module in modules if module and module.split(".")[0] == "av"}
    return names


@pytest.mark.parametrize("room", SERVING)
def test_nothing_that_serves_pages_decodes(room: str) -> None:
    files = list((REPOSITORY / "app" / room).rglob("*.py"))
    assert files
    found = {str(path.relative_to(REPOSITORY)): decoding_imports(path) for path in files}
    decoding = {path: names - APART.get(path, set()) for path, names in found.items()}
    assert {path: names for path, names in decoding.items() if names} == {}


def test_a_module_that_decodes_would_be_seen() -> None:
    assert decoding_imports(REPOSITORY / "spotting_core/media/ingest.py") >= {"read_frame", "probe_video"}
    assert "av" in decoding_imports(REPOSITORY / "spotting_core/media/decode.py")


@pytest.mark.usefixtures("fresh")
def test_a_match_is_added_watched_and_clipped_though_this_process_opens_no_video(
    library: Library, data: DataDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_video(tmp_path / "mine.mp4", steady(120))
    make_analysis(open_match(path), data, [Spot(1, 2_000_000, "Goal", 0.9)])
    shutil.rmtree(data.root / "media")  # what making the analysis here has left

    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a video is opened in the app's own process")

    monkeypatch.setattr("av.open", refuse)
    match = library.add(str(path))
    for at in (view("library"), match_page(match=match.id), view("clips", match=match.id)):
        at.run()
        assert not at.exception
        assert [error.value for error in at.error] == []
    at.segmented_control(key="clips_form").set_value("One file each").run()
    at.radio(key="clips_way").set_value("Fast").run()
    assert not at.exception
    assert "starts up to" in str(at.radio(key="clips_way").proto.captions)
    assert CLIPS.costs(data) == []
