"""Text files in the encodings that spreadsheets and editors write.

A byte order mark decides. Without one, bytes of which every other is zero are UTF-16; else UTF-8; else what Windows
calls ANSI: code page 1252, which spreadsheets of Western Europe and America save, or Shift-JIS, which those of Japan
do and whose syllables no other text has. Other code pages cannot be told from one another, only from these two: in
Western texts letters beyond ASCII stand among others, in Cyrillic, Greek, Chinese or Korean ones several in a row.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from itertools import chain

from spotting_core.base.errors import BadInputError

UTF8, ANSI, SHIFT_JIS = "utf-8", "cp1252", "cp932"
TITLES = {ANSI: "Windows-1252", SHIFT_JIS: "Shift-JIS"}
"""Encodings that are taken without a sign of them in the file, as they are named in a note."""

_LOOKED_AT = 4096  # bytes in which UTF-16 without a mark is told by its zeros
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FIRST_OF_MARKS = {mark[:1] for mark, _ in _MARKS}
_FIX = "Save it as UTF-8 (spreadsheets call it CSV UTF-8), or name its code page to touchline convert: --encoding cp949"
_SYLLABLES = re.compile("[\u3041-\u3093\u30a1-\u30f6]")
_FEWEST_SYLLABLES = 2
_LETTERS = b" " * 0x80 + b"x" * 0x80  # what bytes beyond ASCII are, and what others
_RUN = re.compile(rb"x{3,}")  # rarely in a Western word


def decoded_text(content: bytes, where: object, what: str = "file") -> str:
    """The text of a file's content, without a byte order mark.

    Errors:
        BadInputError: it is no text.
    """
    try:
        encoding = marked_encoding(content) or encoding_of_blocks(lambda: iter([content]))
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise no_text(where, what) from error
    if "\x00" in text:
        raise no_text(where, what)
    return text


def text_in(content: bytes, encoding: str, where: object) -> str:
    """The text of a file's content in an encoding that somebody named, without a byte order mark.

    Errors:
        BadInputError: there is no such encoding, or the content is not in it.
    """
    check_encoding(encoding)
    try:
        return content.decode(encoding).removeprefix("\ufeff")
    except UnicodeError as error:
        raise not_in(encoding, where) from error


def check_encoding(encoding: str) -> None:
    """Refuse a name that no encoding of text has.

    Errors:
        BadInputError: see above.
    """
    try:
        "".encode(encoding)  # a codec that turns bytes into bytes is none of text
    except (LookupError, ValueError) as error:
        fix = "Name one that Python knows: cp949, cp1251, cp1253, big5, gb18030, shift_jis …"
        raise BadInputError(f"there is no encoding {encoding!r}", fix=fix) from error


def not_in(encoding: str, where: object) -> BadInputError:
    return BadInputError(f"this file is not {encoding} text", where=where, fix="Name the encoding it was saved in")


def marked_encoding(content: bytes) -> str | None:
    """The encoding that a byte order mark names, or that the zeros of UTF-16 show."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding
    head = content[:_LOOKED_AT]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if len(head) >= 4 and max(even, odd) > 0.4 * len(head) / 2 > 4 * min(even, odd):
        return "utf-16-le" if odd > even else "utf-16-be"
    return None


def utf8_json(content: bytes, where: object, what: str = "file") -> bytes:
    """JSON as UTF-8 without a byte order mark, of UTF-8 or UTF-16 with or without one.

    Errors:
        BadInputError: it is no text.
    """
    if json_encoding(content) is None:
        return content
    return decoded_text(content, where, what).encode("utf-8", "surrogatepass")


def json_encoding(head: bytes) -> str | None:
    """The encoding of JSON that begins so, where it is not UTF-8 without a mark: its first character takes one byte
    there, and none of its bytes is zero."""
    return marked_encoding(head) if b"\0" in head[:4] or head[:1] in _FIRST_OF_MARKS else None


def encoding_of_blocks(blocks: Callable[[], Iterator[bytes]]) -> str:
    """The encoding of a text without a mark.

    Arguments:
        blocks: gives its parts from the beginning; a second time where it is no UTF-8, for telling what else it is
            takes two hundred times as long.

    Errors:
        UnicodeDecodeError: it is in a code page that cannot be told from others.
    """
    utf8, japanese = (codecs.getincrementaldecoder(name)() for name in (UTF8, SHIFT_JIS))
    if all(_decodes(utf8, block) is not None for block in chain(blocks(), (b"",))):
        return UTF8
    is_japanese = True
    syllables = in_runs = beyond = 0
    for block in chain(blocks(), (b"",)):
        if block.isascii() and block and not japanese.getstate()[0]:
            continue
        text = _decodes(japanese, block) if is_japanese else None
        is_japanese = text is not None
        syllables += len(_SYLLABLES.findall(text or ""))
        beyond += (letters := block.translate(_LETTERS)).count(b"x")
        in_runs += sum(map(len, _RUN.findall(letters))) if b"xxx" in letters else 0
    if is_japanese and syllables >= _FEWEST_SYLLABLES:
        return SHIFT_JIS
    if 2 * in_runs > beyond:
        raise UnicodeDecodeError(ANSI, b"", 0, 0, "letters in a row that no Western text has")
    return ANSI


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes) -> str | None:
    """The text of a block, the last of which is empty, or None."""
    try:
        return decoder.decode(block, final=not block)
    except UnicodeDecodeError:
        return None


def no_text(where: object, what: str) -> BadInputError:
    return BadInputError(f"this {what} is not UTF-8, UTF-16, Windows-1252 or Shift-JIS text", where=where, fix=_FIX)
