"""Text files in the encodings that spreadsheets and editors write.

A byte order mark decides. Without one, bytes of which every other is zero are UTF-16; else UTF-8; else what Windows
calls ANSI (code page 1252), which spreadsheets of Western Europe and America save.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import IO, TextIO

from spotting_core.base.archives import unpacked
from spotting_core.base.errors import BadInputError

UTF8, ANSI = "utf-8", "cp1252"

_BLOCK = 1 << 20
_LOOKED_AT = 4096  # bytes in which UTF-16 without a mark is told by its zeros
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FIX = "Save it as UTF-8"


def decoded_text(content: bytes, where: object, what: str = "file") -> str:
    """The text of a file's content, without a byte order mark.

    Errors:
        BadInputError: it is no text.
    """
    encoding = _marked(content) or _of_blocks(iter([content]))
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise _no_text(where, what) from error
    if "\x00" in text:
        raise _no_text(where, what)
    return text


@contextmanager
def opened_text(path: Path, what: str = "file") -> Iterator[tuple[TextIO, str]]:
    """A file as a stream of text with its line ends as they are, and the name of its encoding; zipped or not.

    Errors:
        BadInputError: it cannot be read, or is no text.
    """
    encoding = _encoding_of(path)
    with unpacked(path) as stream, TextIOWrapper(stream, encoding, newline="") as text:
        try:
            yield text, encoding
        except UnicodeDecodeError as error:
            raise _no_text(path, what) from error


def _encoding_of(path: Path) -> str:
    with unpacked(path) as stream:
        head = stream.read(_LOOKED_AT)
        return _marked(head) or _of_blocks(_blocks(head, stream))


def _blocks(head: bytes, stream: IO[bytes]) -> Iterator[bytes]:
    yield head
    while block := stream.read(_BLOCK):
        yield block


def _marked(content: bytes) -> str | None:
    """The encoding that a byte order mark names, or that the zeros of UTF-16 show."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding
    head = content[:_LOOKED_AT]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if len(head) >= 4 and max(even, odd) > 0.4 * len(head) / 2 > 4 * min(even, odd):
        return "utf-16-le" if odd > even else "utf-16-be"
    return None


def _of_blocks(blocks: Iterator[bytes]) -> str:
    decoder = codecs.getincrementaldecoder(UTF8)()
    try:
        for block in blocks:
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return ANSI
    return UTF8


def _no_text(where: object, what: str) -> BadInputError:
    return BadInputError(f"this {what} is not UTF-8, UTF-16 or Windows-1252 text", where=where, fix=_FIX)
