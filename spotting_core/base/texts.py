"""Text files in the encodings that spreadsheets and editors write.

A byte order mark decides. Without one, bytes of which every other is zero are UTF-16; else UTF-8; else what Windows
calls ANSI (code page 1252), which spreadsheets of Western Europe and America save.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from spotting_core.base.errors import BadInputError

UTF8, ANSI = "utf-8", "cp1252"

_LOOKED_AT = 4096  # bytes in which UTF-16 without a mark is told by its zeros
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FIRST_OF_MARKS = {mark[:1] for mark, _ in _MARKS}
_FIX = "Save it as UTF-8"


def decoded_text(content: bytes, where: object, what: str = "file") -> str:
    """The text of a file's content, without a byte order mark.

    Errors:
        BadInputError: it is no text.
    """
    encoding = marked_encoding(content) or encoding_of_blocks(iter([content]))
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise no_text(where, what) from error
    if "\x00" in text:
        raise no_text(where, what)
    return text


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


def encoding_of_blocks(blocks: Iterator[bytes]) -> str:
    decoder = codecs.getincrementaldecoder(UTF8)()
    try:
        for block in blocks:
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return ANSI
    return UTF8


def no_text(where: object, what: str) -> BadInputError:
    return BadInputError(f"this {what} is not UTF-8, UTF-16 or Windows-1252 text", where=where, fix=_FIX)
