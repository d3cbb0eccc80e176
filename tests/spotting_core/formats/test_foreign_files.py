"""Files of no format are told apart, and each is told what to do."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.formats import recognition, registry

ROW = '{"gameTime": "1 - 00:10", "label": "Goal", "position": "10000"}'


def zipped(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def tarred() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.csv"))
    return gzip.compress(buffer.getvalue(), mtime=0)  # it is a test's name, which must not change with the time


WORKBOOK = zipped(**{"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<workbook/>"})


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.xlsx", WORKBOOK, r"it is a workbook or document .*\. Save its sheet as CSV"),
        ("a.csv.zip", WORKBOOK[:-30], "a zip that is damaged or was cut short. Copy it again"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "it is a workbook or document"),
        ("a.tar.gz", tarred(), "an archive of another kind than zip and gzip"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c" + bytes(40), "an archive of another kind than zip and gzip"),
        ("a.mp4", bytes(4) + b"ftypisom" + bytes(40), "it is a video. Give the file of its labels"),
        ("a.srt", b"1\r\n00:00:10,000 --> 00:00:12,000\r\nGoal\r\n", "it is SubRip. Save it as WebVTT"),
        ("a.jsonl", f"{ROW}\n{ROW}\n".encode(), "it is JSON lines, one value a line. Put them into one JSON file"),
        ("a.json", f"{ROW}\n{ROW}\n".encode(), "it is JSON lines, one value a line. Put them into one JSON file"),
        ("a.jsonl.gz", gzip.compress(f"{ROW}\n{ROW}\n".encode(), mtime=0), "it is JSON lines"),
        ("a.tsv", b"half\tseconds\tlabel\n1\t2\tGoal\n", "it is perhaps a table. Call it .csv, or name it"),
        ("a.bin", b"abc", "from its name or content. Name it to touchline convert with --from"),
    ],
)
def test_what_it_is_instead_is_said(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInputError) as refused:
        recognition.guess_source(tmp_path / name, registry.FORMATS)
    assert refused.match(message)
