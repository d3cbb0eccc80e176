"""Hostile videos: sound ones damaged by chance and by design, opened as a match of the library is, and shown.

The app reads videos in its own process, through FFmpeg; so what FFmpeg falls over would end the app.
"""

from __future__ import annotations

import random
import struct
import tempfile
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

from benchmarks.attacks.attack import Attack
from benchmarks.attacks.attempt import tried
from spotting_core.base.data_directory import DataDirectory

_FORMS = {"mp4": {}, "mkv": {}, "ts": {}, "avi": {"b_frames": 0}}
_BY_CHANCE = 10  # of each form
_GROUP = "videos"


@lru_cache(maxsize=8)
def _sound(form: str) -> bytes:
    """A video of three seconds with sound."""
    from tests.videos import make_video, steady

    with tempfile.TemporaryDirectory() as folder:
        path = make_video(Path(folder) / f"a.{form}", steady(75), sound=form == "mp4", **_FORMS[form])
        return path.read_bytes()


def _shown(form: str, damage: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    """Open a damaged video and show three of its frames."""

    def attempt(folder: Path) -> None:
        from spotting_core.media.decode import read_frame
        from spotting_core.media.ingest import ingest

        path = folder / f"a.{form}"
        path.write_bytes(damage(_sound(form)))
        table = ingest(path, DataDirectory(folder / "data").ensure()).table
        for frame in {0, len(table.times) // 2, len(table.times) - 1}:
            read_frame(path, table, frame, max_height=1080)

    return attempt


def _by_chance(seed: int) -> Callable[[bytes], bytes]:
    def damage(content: bytes) -> bytes:
        chance, damaged = random.Random(seed), bytearray(content)
        for _ in range(chance.choice((1, 4, 40, 400))):
            at = chance.randrange(len(damaged))
            damaged[at] = chance.choice((0, 255, chance.randrange(256), damaged[at] ^ 1 << chance.randrange(8)))
        if chance.random() < 0.3:
            del damaged[chance.randrange(len(damaged)) :]
        return bytes(damaged)

    return damage


def _box(name: bytes, offset: int, value: int) -> Callable[[bytes], bytes]:
    """Another 32-bit number at an offset behind the name of a box of MP4."""

    def damage(content: bytes) -> bytes:
        at = content.index(name) + len(name) + offset
        return content[:at] + struct.pack(">I", value) + content[at + 4 :]

    return damage


_BOXES: dict[str, Callable[[bytes], bytes]] = {
    "a picture of four billion pixels a side": _box(b"tkhd", 76, 0xFFFFFFFF),
    "a track of two billion samples": _box(b"stsz", 8, 0x7FFFFFFF),
    "samples of two gigabytes": _box(b"stsz", 4, 0x7FFFFFFF),
    "two billion runs of times": _box(b"stts", 4, 0x7FFFFFFF),
    "frames that last for ever": _box(b"stts", 12, 0xFFFFFFFF),
    "chunks beyond the end": _box(b"stco", 8, 0xFFFFFFF0),
    "a clock of no ticks": _box(b"mdhd", 12, 0),
    "a film of no clock": _box(b"mvhd", 12, 0),
    "a box within itself": _box(b"moov", 0, 0),
    "a codec of another kind": lambda content: content.replace(b"avc1", b"hvc1"),
    "an edit list before the beginning": _box(b"elst", 12, 0x80000000),
    "nothing": lambda content: b"",
    "its head alone": lambda content: content[:64],
    "zeros for pictures": lambda content: content[: content.index(b"mdat") + 4] + bytes(len(content)),
    "a text": lambda content: b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n",
    "a list of other files": lambda content: b"ffconcat version 1.0\nfile /etc/passwd\n",
}


def attacks() -> Iterator[Attack]:
    """All of them."""
    for what, damage in _BOXES.items():
        yield tried(f"mp4: {what}", _GROUP, _shown("mp4", damage))
    for form in _FORMS:
        for seed in range(_BY_CHANCE):
            yield tried(f"{form}: damaged by chance, {seed}", _GROUP, _shown(form, _by_chance(seed)))
