"""Zips and gzips are read by what comes out of them, whatever their headers say."""

from __future__ import annotations

import gzip
import io
import json
import struct
import zipfile
from pathlib import Path

import pytest

from spotting_core.base import archives
from spotting_core.base.archives import inflate, open_zip, unpacked, unpacked_text
from spotting_core.base.errors import BadInputError
from spotting_core.evaluation.collect import open_games
from spotting_core.evaluation.frames import read_frame_file
from spotting_core.formats.tree import members, names_inside


def zipped(path: Path, method: int = zipfile.ZIP_DEFLATED, **files: bytes) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_json", ".json"), content)
    return path


def lied(path: Path, size: int) -> Path:
    """The zip with another size in the headers of its first file."""
    content = bytearray(path.read_bytes())
    content[22:26] = struct.pack("<I", size)
    at = content.index(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", size)
    path.write_bytes(bytes(content))
    return path


def test_a_member_is_read_whole_and_no_further_than_its_limit(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", a=b"x" * 1000, b=b"y")
    with open_zip(path) as archive:
        assert archive.names == ["a", "b"]
        assert archive.read("a", 1000) == b"x" * 1000
        with pytest.raises(BadInputError, match=r"a\.zip/a: this is too large: more than 999 bytes come out of it"):
            archive.read("a", 999)
        with pytest.raises(BadInputError, match="no such file in this zip"):
            archive.read("c", 10)


def test_a_size_that_is_a_lie_lets_no_more_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = lied(zipped(tmp_path / "a.zip", a=b"x" * 5_000_000), 10)
    with open_zip(path) as archive, pytest.raises(BadInputError, match="cannot be read"):
        archive.read("a", 1000)
    path = lied(zipped(tmp_path / "b.zip", a=b"x" * 5_000_000), 0)
    with open_zip(path) as archive, pytest.raises(BadInputError):
        archive.read("a", 1000)
    monkeypatch.setattr(archives, "LARGEST_ALL", 1500)
    path = zipped(tmp_path / "c.zip", a=b"x" * 1000, b=b"x" * 1000)
    with open_zip(path) as archive:
        archive.read("a", 1000)
        with pytest.raises(BadInputError, match="too large"):
            archive.read("b", 1000)


def test_entries_are_counted_before_they_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_ENTRIES", 3)
    path = zipped(tmp_path / "a.zip", **{f"f{number}": b"" for number in range(4)})
    with pytest.raises(BadInputError, match="this zip has more than 3 entries"), open_zip(path):
        pass
    with open_zip(zipped(tmp_path / "b.zip", a=b"", b=b"", c=b"")) as archive:
        assert len(archive.names) == 3


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_methods_are_refused(method: int, tmp_path: Path) -> None:
    with (
        open_zip(zipped(tmp_path / "a.zip", method, a=b"x" * 100)) as archive,
        pytest.raises(BadInputError, match="by a method that is not read"),
    ):
        archive.read("a", 1000)


def test_damaged_zips_are_sentences(tmp_path: Path) -> None:
    sound = zipped(tmp_path / "a.zip", a=b"x" * 1000).read_bytes()
    path = tmp_path / "b.zip"
    for cut in range(1, len(sound), 7):
        path.write_bytes(sound[:cut] + bytes([sound[cut] ^ 0xFF]) + sound[cut + 1 :])
        try:
            with open_zip(path) as archive:
                for name in archive.names:
                    archive.read(name, 10_000)
        except BadInputError:
            continue


def test_a_gzip_is_counted_while_it_is_inflated() -> None:
    packed = gzip.compress(b"a" * 1000) + gzip.compress(b"b" * 1000)
    assert inflate(packed, 2000, "a.gz") == b"a" * 1000 + b"b" * 1000
    with pytest.raises(BadInputError, match="too large: more than 1999 bytes"):
        inflate(packed, 1999, "a.gz")
    for damaged in (packed[:-3], packed[:20], b"\x1f\x8b", packed[:40] + b"\0\0\0" + packed[43:]):
        with pytest.raises(BadInputError, match="cannot be unpacked"):
            inflate(damaged, 5000, "a.gz")


def test_a_stream_that_ends_early_names_its_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json.gz"
    path.write_bytes(gzip.compress(b"[1, 2, 3]")[:-9])
    with pytest.raises(BadInputError, match=r"a\.json\.gz: this file cannot be unpacked"), unpacked(path) as stream:
        stream.read()


def test_every_reader_of_zips_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    large = json.dumps({"annotations": [], "x": "y" * 4000}).encode()
    path = zipped(tmp_path / "a.zip", **{"game__Labels-v2_json": large})
    assert names_inside(path) == ["Labels-v2.json"]
    monkeypatch.setattr("spotting_core.evaluation.collect.LARGEST_MEMBER", 100)
    monkeypatch.setattr("spotting_core.evaluation.frames.LARGEST_SPLIT", 100)
    with pytest.raises(BadInputError, match="too large"):
        next(members(path, "Labels-v2.json", 100)).read()
    with open_games(path, ("Labels-v2.json",)) as games, pytest.raises(BadInputError, match="too large"):
        games.read("game")
    with pytest.raises(BadInputError, match="too large"):
        read_frame_file(zipped(tmp_path / "b.zip", val_json=large))
    packed = tmp_path / "val.json.gz"
    packed.write_bytes(gzip.compress(large))
    with pytest.raises(BadInputError, match="too large"):
        read_frame_file(packed)


def test_reading_counted_takes_what_is_there() -> None:
    assert archives.read_counted(io.BytesIO(b"abc"), 3, "a") == b"abc"


@pytest.mark.parametrize(("encoding", "content"), [("utf-16", b"\xffh\x00a\x00l\x00f\x00"), ("ascii", b"caf\xe9")])
def test_what_is_not_in_the_encoding_that_somebody_named_is_refused(
    tmp_path: Path, encoding: str, content: bytes
) -> None:
    """Also UTF-16 without its mark, of which Python raises another error."""
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(BadInputError, match=encoding), unpacked_text(path, encoding) as (text, _):
        text.read()
