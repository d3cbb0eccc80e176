"""How deep what is read may be nested: JSON, XML and TOML of others, looked at before a parser sees them.

A parser that calls itself for every level ends the process or holds it for minutes, and one that keeps the path of
every level takes the square of the file in memory. No file that is read here has more than a dozen levels.
"""

from __future__ import annotations

import codecs
import re
import tomllib
from collections import deque
from typing import IO, Any
from xml.parsers import expat

import numpy as np

from spotting_core.base.errors import BadInputError
from spotting_core.base.texts import json_encoding

DEEPEST = 64
"""Levels of objects and lists, or of elements, that a file may have."""
MOST_DIGITS = 1000
"""Digits in a row: Python makes no number of more than 4300, and a parser in C that asks for one ends the process."""
LARGEST_PIECE = 12 << 20
"""Bytes of JSON that are held in memory at once, as objects ten times as large: events of a half, a few hundred
thousand."""
LARGEST_SCORES = 48 << 20
"""The same of a table of scores, whose numbers take less: those of a half at 50 frames a second are 30 MB."""
LARGEST_TOML = 1 << 18
"""Bytes of a TOML file: settings are a few hundred lines."""

_BLOCK = 1 << 20
_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_OTHERS = bytes(set(range(256)) - set(b'"[]{}'))
_STEPS = np.zeros(256, np.int8)
_STEPS[list(b"[{")], _STEPS[list(b"]}")] = 1, -1
_KEY = rb"""(?:[A-Za-z0-9_-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')"""
_LONG_KEY = re.compile(rb"(?:[ \t]*+\.[ \t]*+" + _KEY + rb"){%d}" % DEEPEST)
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_DECLARED = re.compile(r"""^(<\?xml\b[^>]*?)\s+encoding\s*=\s*(?:"[^"]*"|'[^']*')""")
_COPY = "Look at the file, or make it again with the program that it is from"


class JsonDepth:
    """Follows how deep JSON is nested while its bytes come by; brackets in texts do not count.

    ``deepest`` is the greatest depth so far; ``has_closed`` says whether something that lies ``level`` deep has ended
    in the last bytes.
    """

    def __init__(self, level: int = 0) -> None:
        self.deepest, self.has_closed, self._level = 0, False, level
        self._depth = 0
        self._in_text, self._escaped = False, False

    def feed(self, block: bytes) -> None:
        """Take the next bytes."""
        if self._escaped and block:
            block, self._escaped = block[1:], False
        if b"\\" in block:
            block = _ESCAPE.sub(b"", block)
            self._escaped = block.endswith(b"\\")
        pieces = block.translate(None, _OTHERS).split(b'"')
        outside = b"".join(pieces[int(self._in_text) :: 2])
        self._in_text ^= len(pieces) % 2 == 0
        self.has_closed = False
        if outside:
            steps = _STEPS[np.frombuffer(outside, np.uint8)]
            depths = self._depth + np.cumsum(steps, dtype=np.int64)
            self.has_closed = bool(((steps < 0) & (depths <= self._level)).any())
            self._depth = int(depths[-1])
            self.deepest = max(self.deepest, int(depths.max()))


class DigitRun:
    """The most digits that stand in a row in bytes that come by; ``longest`` says how many."""

    def __init__(self) -> None:
        self.longest, self._run = 0, 0

    def feed(self, block: bytes) -> None:
        """Take the next bytes."""
        letters = np.frombuffer(block, np.uint8)
        others = np.flatnonzero((letters < ord("0")) | (letters > ord("9")))
        if not len(others):
            self._run += len(letters)
            self.longest = max(self.longest, self._run)
            return
        between = int(np.diff(others).max()) - 1 if len(others) > 1 else 0
        first, self._run = self._run + int(others[0]), len(letters) - 1 - int(others[-1])
        self.longest = max(self.longest, first, between, self._run)


def too_long(where: object, what: str) -> BadInputError:
    """The error of a number that no reader can hold."""
    return BadInputError(f"this {what} has a number of more than {MOST_DIGITS} digits", where=where, fix=_COPY)


def check_json(content: bytes, where: object, what: str = "file") -> None:
    """Refuse JSON that is nested too deeply, or has a number of too many digits.

    Errors:
        BadInputError: it has more than ``DEEPEST`` levels, or ``MOST_DIGITS``.
    """
    digits = DigitRun()
    for start in range(0, len(content), _BLOCK):
        digits.feed(content[start : start + _BLOCK])
    if digits.longest > MOST_DIGITS:
        raise too_long(where, what)
    if content.count(b"[") + content.count(b"{") <= DEEPEST:
        return
    depth = JsonDepth()
    for start in range(0, len(content), _BLOCK):
        depth.feed(content[start : start + _BLOCK])
        if depth.deepest > DEEPEST:
            raise too_deep(where, what)


class JsonStream:
    """A stream of JSON that is read piece by piece, as UTF-8 whatever it is written in (see ``texts.utf8_json``), and
    refused where it is nested too deeply, has a number of too many digits, or one piece too large.

    Of a piece nothing is given out before its end has come by: what is refused was held as bytes, and never as the
    objects that a reader makes of it, which take ten times as much and seconds.

    Arguments:
        largest: bytes of one piece, for a reader holds it in memory as a whole.
        level: how many objects and lists a piece lies in.
    """

    def __init__(self, stream: IO[bytes], where: object, largest: int, level: int = 1) -> None:
        self._stream, self._where, self._largest = stream, where, largest
        self._depth, self._digits = JsonDepth(level), DigitRun()
        self._blocks: deque[bytes] = deque()
        self._decoder: codecs.IncrementalDecoder | None = None
        self._begun = False

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most a block of them.

        Errors:
            BadInputError: see the class.
            UnicodeDecodeError: it is damaged UTF-16.
        """
        size = _BLOCK if size < 0 else min(size, _BLOCK)
        if size and not self._blocks:
            self._look_ahead(size)
        return self._blocks.popleft() if size and self._blocks else b""

    def _look_ahead(self, size: int) -> None:
        """Take the blocks up to the one in which the piece ends that has begun, or up to the end."""
        held = 0
        while block := self._next_block(size):
            self._blocks.append(block)
            self._depth.feed(block)
            self._digits.feed(block)
            held += len(block)
            if self._depth.deepest > DEEPEST:
                raise too_deep(self._where, "file")
            if self._digits.longest > MOST_DIGITS:
                raise too_long(self._where, "file")
            if self._depth.has_closed:
                return
            if held > self._largest:
                what = "one video or match of this file is too large to be one"
                raise BadInputError(what, where=self._where, fix=_COPY)

    def _next_block(self, size: int) -> bytes:
        """The next bytes as UTF-8; none at the end, or where none are asked for."""
        while block := self._stream.read(size):
            if not self._begun:
                self._begun, encoding = True, json_encoding(block)
                self._decoder = codecs.getincrementaldecoder(encoding)() if encoding is not None else None
            if self._decoder is None:
                return block
            if text := self._decoder.decode(block):
                return text.encode()
        if size and self._decoder is not None:
            self._decoder.decode(b"", final=True)
        return b""


def xml_of_mark(content: bytes) -> bytes:
    """XML in the encoding that its byte order mark names, whatever its first line says: editors that save a file as
    UTF-16 leave ``encoding="UTF-8"`` there. What has no such mark, or cannot be decoded by it, stays as it is.
    """
    if not content.startswith(_UTF_16):
        return content
    try:
        text = content.decode("utf-16")
    except UnicodeDecodeError:
        return content
    return _DECLARED.sub(r"\1", text, count=1).encode()


def check_xml(content: bytes, where: object, what: str = "file") -> None:
    """Refuse XML that is nested too deeply, declares entities, or is none.

    Errors:
        BadInputError: see above.
    """
    depth = 0

    def start(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise too_deep(where, what)

    def end(*_: object) -> None:
        nonlocal depth
        depth -= 1

    def entity(*_: object) -> None:
        raise BadInputError("this XML declares entities, which is not safe to read", where=where, fix=_COPY)

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.EntityDeclHandler = start, end, entity
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise BadInputError(f"this {what} is not XML ({error})", where=where, fix=_COPY) from error
    except (LookupError, ValueError) as error:
        raise BadInputError(f"this {what} is in an encoding that is not known ({error})", where=where) from error


def parse_toml(content: bytes, where: object, what: str = "file") -> dict[str, Any]:
    """TOML of a file's content, UTF-8 with or without a byte order mark.

    Errors:
        BadInputError: not TOML, larger than ``LARGEST_TOML``, or nested too deeply.
    """
    if len(content) > LARGEST_TOML:
        raise BadInputError(f"this {what} is too large to hold settings", where=where, fix=_COPY)
    if _LONG_KEY.search(content):  # the parser takes the square of a key's dots in memory
        raise too_deep(where, what)
    try:
        parsed = tomllib.loads(content.decode("utf-8-sig"))
    except RecursionError as error:
        raise too_deep(where, what) from error
    except ValueError as error:  # also of what is no UTF-8, and of numbers and dates that Python cannot hold
        raise BadInputError(f"this {what} is not TOML ({error})", where=where, fix=_COPY) from error
    check_depth(parsed, where, what)
    return parsed


def check_depth(value: Any, where: object, what: str = "file") -> None:
    """Refuse what was read if it is nested too deeply.

    Errors:
        BadInputError: it has more than ``DEEPEST`` levels.
    """
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [
            below
            for one in level
            if isinstance(one, dict | list)
            for below in (one.values() if isinstance(one, dict) else one)
            if isinstance(below, dict | list)
        ]
        if not level:
            return
    raise too_deep(where, what)


def too_deep(where: object, what: str = "file") -> BadInputError:
    """What is said of anything that is nested too deeply."""
    return BadInputError(f"this {what} is nested too deeply (more than {DEEPEST} levels)", where=where, fix=_COPY)
