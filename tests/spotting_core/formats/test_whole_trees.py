"""Trees that are written whole or not at all, and gzips of every format."""

from __future__ import annotations

import errno
import gzip
import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from spotting_core.base import archives
from spotting_core.base.errors import BadInputError
from spotting_core.evaluation.collect import open_games
from spotting_core.formats import recognition, registry
from spotting_core.formats.document import Document
from spotting_core.formats.registry import FORMATS
from spotting_core.formats.tree import members, write_members

LABELS = {"annotations": [{"gameTime": "1 - 00:10", "position": "10000", "label": "Goal"}]}
TABLE = "game,half,seconds,label\nA,1,20,Goal\nB,1,{},Goal\n"
FILES = {
    "Labels-v2.json": json.dumps(LABELS),
    "spots.csv": "half,seconds,label\n1,10,Goal\n",
    "a.vtt": "WEBVTT\n\n00:10.000 --> 00:12.000\nGoal\n",
    "a.xml": "<file><ALL_INSTANCES><instance><ID>1</ID><start>10</start><end>12</end><code>Goal</code></instance>"
    "</ALL_INSTANCES></file>",
}


def test_a_source_that_is_refused_halfway_leaves_nothing(tmp_path: Path) -> None:
    source, target = tmp_path / "a.csv", tmp_path / "season"
    source.write_text(TABLE.format("soon"))
    with pytest.raises(BadInputError, match="'soon' is no number"):
        registry.write(target, registry.read(source), FORMATS["labels-v2"])
    assert not target.exists()
    source.write_text(TABLE.format(30))
    registry.write(target, registry.read(source), FORMATS["labels-v2"])
    before = (target / "A" / "Labels-v2.json").read_text()
    source.write_text(TABLE.format("soon").replace("20", "50"))
    with pytest.raises(BadInputError, match="'soon' is no number"):
        registry.write(target, registry.read(source), FORMATS["labels-v2"])
    assert (target / "A" / "Labels-v2.json").read_text() == before
    assert sorted(path.name for path in target.iterdir()) == ["A", "B"]


def lying(folder: Path) -> dict[str, str]:
    """The files below a folder, with what is in them."""
    return {p.relative_to(folder).as_posix(): p.read_text() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_file_that_cannot_be_moved_leaves_the_season_that_was_there(tmp_path: Path) -> None:
    target = tmp_path / "season"
    write_members(target, "a.json", [("A", b"old A")])
    (target / "C" / "a.json").mkdir(parents=True)  # a folder, where the file is to be
    with pytest.raises(BadInputError, match=r"C/a\.json: this cannot be written"):
        write_members(target, "a.json", [("A", b"new A"), ("B/second", b"new B"), ("C", b"new C")])
    assert lying(target) == {"A/a.json": "old A"}
    assert sorted(p.name for p in target.iterdir()) == ["A", "C"]
    (target / "C" / "a.json").rmdir()
    assert write_members(target, "a.json", [("A", b"new A"), ("B/second", b"new B"), ("C", b"new C")]) == 3
    assert lying(target) == {"A/a.json": "new A", "B/second/a.json": "new B", "C/a.json": "new C"}


def test_the_last_step_moves_files_and_writes_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Path] = []
    write = Path.write_bytes

    def noted(path: Path, content: bytes) -> int:
        written.append(path)
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", noted)
    write_members(tmp_path / "season", "a.json", [("A", b"1"), ("B", b"2")])
    assert len(written) == 2


def test_a_folder_of_another_file_system_is_written_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rename = Path.replace

    def within_one(path: Path, place: Path) -> Path:
        if (".touchline-" in str(path)) != (".touchline-" in str(place)):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        return rename(path, place)

    monkeypatch.setattr(Path, "replace", within_one)
    write_members(tmp_path / "season", "a.json", [("A", b"1"), ("B", b"2")])
    assert lying(tmp_path / "season") == {"A/a.json": "1", "B/a.json": "2"}


@pytest.mark.skipif(os.name == "nt", reason="links take a permission there")
def test_files_that_are_links_stay_links(tmp_path: Path) -> None:
    target, other = tmp_path / "season", tmp_path / "elsewhere.json"
    other.write_text("old")
    (target / "A").mkdir(parents=True)
    (target / "A" / "a.json").symlink_to(other)
    write_members(target, "a.json", [("A", b"new")])
    assert (target / "A" / "a.json").is_symlink()
    assert other.read_text() == "new"


def test_a_source_that_cannot_be_read_is_not_told_as_a_target(tmp_path: Path) -> None:
    def files() -> Iterator[tuple[str, bytes]]:
        yield "A", b"1"
        raise PermissionError(13, "Permission denied", "source.json")

    with pytest.raises(PermissionError, match=r"source\.json"):
        write_members(tmp_path / "season", "a.json", files())
    assert not (tmp_path / "season").exists()


def test_what_comes_out_of_gzips_counts_among_what_comes_out_of_their_zip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, packed = tmp_path / "a.zip", gzip.compress(b" " * 4000)
    with zipfile.ZipFile(path, "w") as archive:
        for game in "ABC":
            archive.writestr(f"{game}/a.json", packed)
    monkeypatch.setattr(archives, "LARGEST_ALL", 10_000)
    files = members(path, "a.json")
    assert [len(next(files).read()) for _ in range(2)] == [4000, 4000]
    with pytest.raises(BadInputError, match=r"C/a\.json: this is too large"):
        next(files).read()
    with open_games(path, ["a.json"]) as games:
        assert [len(games.read(game)) for game in "AB"] == [4000, 4000]
        with pytest.raises(BadInputError, match=r"C/a\.json: this is too large"):
            games.read("C")


@pytest.mark.parametrize("name", FILES)
def test_a_gzip_is_read_as_what_is_in_it(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.gz"
    path.write_bytes(gzip.compress(FILES[name].encode()))
    for source in (path, tmp_path):
        [document] = registry.read(source)
        assert isinstance(document, Document)
        assert [(spot.label, spot.seconds) for spot in document.spots] == [("Goal", 10.0)]


def test_gzips_beside_files_of_their_format_are_read_too(tmp_path: Path) -> None:
    for name in ("one.csv", "two.csv.gz", "one.vtt"):
        text = FILES["a.vtt" if name.endswith("vtt") else "spots.csv"].encode()
        (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    assert len(list(registry.read(tmp_path, FORMATS["csv"]))) == 2


def test_a_target_is_not_packed(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="the format to write cannot be told"):
        recognition.guess_target(tmp_path / "spots.csv.gz", FORMATS)
