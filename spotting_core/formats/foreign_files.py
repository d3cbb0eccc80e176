"""What a file is that is of no format: people bring workbooks, videos and archives, and are to hear what to do."""

from __future__ import annotations

import re
from collections.abc import Collection

import msgspec

from spotting_core.base.errors import BadInputError

_OFFICE = "a workbook or document of an office program", "Save its sheet as CSV (UTF-8), and give that"
_PACKED = "an archive of another kind than zip and gzip", "Unpack it, and give what was in it"
_VIDEO = "a video", "Give the file of its labels"
_SIGNS = {
    b"PK\x03\x04": ("a zip that is damaged or was cut short", "Copy it again"),
    b"\xd0\xcf\x11\xe0": _OFFICE,
    b"7z\xbc\xaf": _PACKED, b"Rar!": _PACKED, b"BZh": _PACKED, b"\xfd7zXZ": _PACKED,
    b"%PDF": ("a PDF", "Export its table as CSV (UTF-8), and give that"),
    b"PAR1": ("a Parquet table", "Write it as CSV, and give that"),
    b"\x93NUMPY": ("an array of numbers", "Give labels or predictions in one of the formats that convert lists"),
    b"\x1aE\xdf\xa3": _VIDEO,
}  # fmt: skip
_OFFICE_NAMES = {"[Content_Types].xml", "mimetype"}  # in every zip of such programs
_SUBRIP = re.compile(r"\s*\d+\s*\n\s*\d+:\d\d:\d\d,\d{3} -->")
_TAR = slice(257, 262)
_WHAT = "the format of this cannot be told from its name or content"


def unknown_format(head: bytes, names: Collection[str], where: object) -> BadInputError:
    """What is said of a file, folder or zip of no format: what it is instead, where that can be told.

    Arguments:
        head: how the file begins, of what is in it where it is packed; names: of the files in a folder or zip.
    """
    what, fix = _kind_and_remedy(head, names)
    fix = fix or "Name it to touchline convert with --from"
    return BadInputError(f"{_WHAT}; it is {what}" if what else _WHAT, where=where, fix=fix)


def _kind_and_remedy(head: bytes, names: Collection[str]) -> tuple[str, str]:
    """What it is, and what to do; empty where nobody can say."""
    if _OFFICE_NAMES & set(names):
        return _OFFICE
    signed = next((answer for sign, answer in _SIGNS.items() if head.startswith(sign)), None)
    if signed is not None:
        return signed
    if head[4:8] == b"ftyp":
        return _VIDEO
    if head[_TAR] == b"ustar":
        return _PACKED
    return _of_text(head.decode("utf-8-sig", "replace").replace("\r\n", "\n"))


def _of_text(start: str) -> tuple[str, str]:
    if _SUBRIP.match(start):
        return "SubRip", "Save it as WebVTT: a first line WEBVTT, an empty line, and what is there"
    if is_json_lines(start):
        return "JSON lines, one value a line", "Put them into one JSON file of a format that convert lists"
    first = start.split("\n", 1)[0]
    if "label" in first.lower() and any(mark in first for mark in ",;\t|"):
        return "perhaps a table", "Call it .csv, or name it to touchline convert with --from csv"
    return "", ""


def is_json_lines(start: str) -> bool:
    """Whether a text begins with two lines of which each is an object of JSON by itself."""
    lines = [line for line in start.split("\n")[:4] if line.strip()][:2]
    return len(lines) == 2 and all(map(_is_object, lines))


def _is_object(line: str) -> bool:
    try:
        return isinstance(msgspec.json.decode(line.encode("utf-8", "replace")), dict)
    except (msgspec.DecodeError, RecursionError):
        return False
