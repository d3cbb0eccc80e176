"""Encodings of texts."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from spotting_core.base.archives import unpacked_text
from spotting_core.base.errors import BadInputError
from spotting_core.base.texts import decoded_text

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
        with pytest.raises(BadInputError, match="is not UTF-8, UTF-16 or Windows-1252 text"):
            decoded_text(content, "a")


def test_a_zip_of_one_text_is_that_text(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.csv", TEXT.encode("utf-16"))
    with unpacked_text(tmp_path / "a.zip") as (stream, encoding):
        assert (stream.read(), encoding) == (TEXT, "utf-16")
