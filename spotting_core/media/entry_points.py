"""Entry points: key frames from which on a decoder that knows nothing before them shows what one shows that does.

A container's mark is not enough: of H.264 an encoder may mark a picture from which on the stream is mended little by
little, or behind which pictures still refer to earlier ones. So the coded picture itself is asked where it can say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import av

from spotting_core.media.video import codec_name

_MARKED = frozenset(("mjpeg", "prores", "dnxhd", "dvvideo", "vp8", "vp9", "av1"))
"""Of these every picture stands alone, or a key frame makes the decoder forget all others."""
_RECOVERY_POINT = 6  # kind of a message of H.264


def entry_points(stream: av.VideoStream) -> Callable[[av.Packet[Any]], bool] | None:
    """What says of a packet of a stream whether it is an entry point; None of a coding without reliable ones."""
    codec = codec_name(stream)
    if codec in _MARKED:
        return lambda packet: packet.is_keyframe
    starts = {"h264": _starts_h264, "hevc": _starts_hevc}.get(codec or "")
    if starts is not None:
        length = _length_bytes(stream, codec == "hevc")
        return lambda packet: packet.is_keyframe and starts(_units(bytes(packet), length))
    if codec in ("mpeg1video", "mpeg2video"):  # tables hold until the next sequence header
        return lambda packet: packet.is_keyframe and b"\0\0\1\xb3" in bytes(packet)
    return None


def _length_bytes(stream: av.VideoStream, hevc: bool) -> int:
    """Bytes of the length before each unit of a packet; 0 where a start code stands there."""
    head = stream.codec_context.extradata or b""
    place = 21 if hevc else 4
    return (head[place] & 3) + 1 if len(head) > place and head[0] == 1 else 0


def _units(content: bytes, length: int) -> Iterator[bytes]:
    """The units of a coded picture, without what stands before each."""
    if not length:
        yield from (unit for unit in content.split(b"\0\0\1")[1:] if unit)
        return
    at = 0
    while at + length < len(content):
        size = int.from_bytes(content[at : at + length], "big")
        if size:
            yield content[at + length : at + length + size]
        at += length + size


def _starts_h264(units: Iterator[bytes]) -> bool:
    """Whether a picture is an IDR one, or comes with the word that all is exact from it on."""
    for unit in units:
        kind = unit[0] & 31
        if kind == 5 or (kind == 6 and _recovers_exactly(unit[1:])):
            return True
        if 1 <= kind <= 4:
            return False
    return False


def _starts_hevc(units: Iterator[bytes]) -> bool:
    """Whether a picture is one of random access: what follows it on the screen refers to nothing before it."""
    kinds = (unit[0] >> 1 & 63 for unit in units)
    return next((16 <= kind <= 21 for kind in kinds if kind < 32), False)


def _recovers_exactly(messages: bytes) -> bool:
    """Whether messages hold a recovery point that is reached at once (a count of 0, coded as one bit) and is exact."""
    rest = messages.replace(b"\0\0\3", b"\0\0")
    while len(rest) > 2:
        kind, rest = _number(rest)
        size, rest = _number(rest)
        if kind == _RECOVERY_POINT:
            return bool(rest) and rest[0] & 0xC0 == 0xC0
        rest = rest[size:]
    return False


def _number(content: bytes) -> tuple[int, bytes]:
    """A kind or size, of which each byte 255 says that more follows, and what stands behind it."""
    full = len(content) - len(content.lstrip(b"\xff"))
    last = content[full] if full < len(content) else 0
    return 255 * full + last, content[full + 1 :]
