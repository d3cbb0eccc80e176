"""The app's own process decodes no video: what a decoder falls over would end every session."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

SERVING = ("library", "routes", "searching", "comparing", "serving", "views", "workspace", "components")
DECODING = {
    "spotting_core.media.ingest": {"ingest", "make_poster", "read_video"},
    "spotting_core.media.decode": {"read_frame", "decode_samples", "numbered_frames"},
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
