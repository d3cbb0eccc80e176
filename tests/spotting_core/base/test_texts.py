"""Encodings of texts."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from spotting_core.base.archives import unpacked_text
from spotting_core.base.errors import BadInputError
from spotting_core.base.texts import decoded_text, encoding_of_blocks

TEXT = "Müller;12,5\nÖzil;3\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_text_is_read_in_every_encoding(encoding: str, tmp_path: Path) -> None:
    content = TEXT.encode(encoding)
    assert decoded_text(content, "a").removeprefix("\ufeff") == TEXT
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with unpacked_text(path) as (stream, _):
        assert stream.read().removeprefix("\ufeff") == TEXT


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    for content in (b"\xff\xfea", b"a\x00b\x00\x00c", b"\x81\x8d"):
        with pytest.raises(BadInputError, match="is not UTF-8, UTF-16, Windows-1252 or Shift-JIS text"):
            decoded_text(content, "a")


def test_a_zip_of_one_text_is_that_text(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.csv", TEXT.encode("utf-16"))
    with unpacked_text(tmp_path / "a.zip") as (stream, encoding):
        assert (stream.read(), encoding) == (TEXT, "utf-16")


def test_japanese_text_is_told_by_its_syllables(tmp_path: Path) -> None:
    text = "half,time,label\n1,12:43,\u30b4\u30fc\u30eb\n1,13:00,\u30d5\u30a1\u30a6\u30eb\n"
    assert decoded_text(text.encode("cp932"), "a") == text
    (tmp_path / "a.csv").write_bytes(text.encode("cp932"))
    with unpacked_text(tmp_path / "a.csv") as (stream, encoding):
        assert (stream.read(), encoding) == (text, "cp932")


@pytest.mark.parametrize(
    ("encoding", "word"),
    [("cp949", "\ucf54\ub108\ud0a5"), ("gbk", "\u8fdb\u7403\u4e86"), ("big5", "\u89d2\u7403"),
     ("cp1251", "\u0443\u0433\u043b\u043e\u0432\u043e\u0439"), ("cp1253", "\u03b3\u03ba\u03bf\u03bb")],
)  # fmt: skip
def test_a_code_page_that_cannot_be_told_is_refused_with_what_to_do(encoding: str, word: str, tmp_path: Path) -> None:
    content = f"half,time,label\n1,12:43,{word}\n".encode(encoding)
    with pytest.raises(BadInputError, match="Shift-JIS text") as refused:
        decoded_text(content, "a")
    assert "--encoding cp949" in refused.value.fix
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(BadInputError, match="Shift-JIS text"), unpacked_text(tmp_path / "a.csv"):
        pass


@pytest.mark.parametrize(
    "text",
    ["Stra\u00dfe", "\u201eM\u00fcller\u201c", "\u00c9\u00e9", "caf\u00e9 \u2013 \u00bd", "cr\u00e9\u00e9e \u0153uvre"],
)
def test_western_text_stays_western(text: str) -> None:
    assert decoded_text(text.encode("cp1252"), "a") == text


@pytest.mark.parametrize(("text", "encoding", "passes"), [("Müller", "utf-8", 1), ("Müller", "cp1252", 2)])
def test_what_is_utf8_is_read_once(text: str, encoding: str, passes: int) -> None:
    """Telling what else a text is takes so long that a table of 200 MB would be refused after half a minute."""
    read = []

    def blocks() -> Iterator[bytes]:
        read.append(1)
        yield text.encode(encoding)

    encoding_of_blocks(blocks)
    assert len(read) == passes
