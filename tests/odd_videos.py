"""Videos as they come: damaged, cut off, turned, uneven, or no videos at all. Small and quick to make."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np

from tests.videos import make_video, numbered_picture, steady, uneven

SIZE = (96, 64)
_FRONT = {"movflags": "faststart"}

Maker = Callable[[Path], object]


def plain(path: Path, *, seconds: float = 6.0, rate: float = 10.0, **settings: object) -> Path:
    """A small steady video."""
    options = {"size": SIZE, "b_frames": 0, "key_every": 10, **settings}
    return make_video(path, steady(round(seconds * rate), rate), **options)  # type: ignore[arg-type]


# --- no videos ------------------------------------------------------------------------------------------


def text(path: Path) -> None:
    path.write_text("this is no video\n" * 100)


def empty(path: Path) -> None:
    path.touch()


def noise(path: Path) -> None:
    path.write_bytes(np.random.default_rng(0).bytes(20_000))


def zeros(path: Path) -> None:
    path.write_bytes(bytes(50_000))


def a_folder(path: Path) -> None:
    path.mkdir()


def dangling_link(path: Path) -> None:
    path.symlink_to(path.with_name("gone.mp4"))


def link_to_itself(path: Path) -> None:
    path.symlink_to(path)


def picture(path: Path) -> None:
    """A single picture that is named like a video."""
    import cv2

    path.write_bytes(cv2.imencode(".png", numbered_picture(1, *SIZE))[1].tobytes())


def playlist(path: Path) -> None:
    """A list that makes a player open other files."""
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n")


def concatenation(path: Path) -> None:
    """A list that makes ffmpeg read another file of the folder."""
    plain(path.with_name("other.mp4"))
    path.write_text("ffconcat version 1.0\nfile other.mp4\n")


def sound_only(path: Path) -> None:
    with av.open(str(path), "w", format="mp4") as out:
        track = out.add_stream("aac", rate=48_000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 48_000), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 48_000
        out.mux(track.encode(frame))
        out.mux(track.encode(None))


def no_frames(path: Path) -> None:
    """A picture track without a picture in it."""
    with av.open(str(path), "w", format="matroska") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        out.start_encoding()


def no_frame_decodes(path: Path) -> None:
    """A whole container whose pictures are all zeros."""
    plain(path, container=_FRONT)
    content = path.read_bytes()
    at = content.index(b"mdat") + 4
    path.write_bytes(content[:at] + bytes(len(content) - at))


def without_its_index(path: Path) -> None:
    """An mp4 whose copy stopped before the index at its end."""
    plain(path)
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"moov") - 4])


def header_only(path: Path) -> None:
    plain(path, container=_FRONT)
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"mdat") + 4])


# --- damaged videos of which a part can be seen -----------------------------------------------------------


def cut_off(path: Path) -> None:
    """The copy of an mp4 with its index in front stopped half way."""
    plain(path, seconds=24, container=_FRONT)
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"mdat") + (len(content) - content.index(b"mdat")) // 2])


def cut_off_matroska(path: Path) -> None:
    plain(path, seconds=24)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def zeros_in_the_middle(path: Path) -> None:
    """A stretch of an mp4 was overwritten."""
    plain(path, seconds=24, container=_FRONT)
    content = bytearray(path.read_bytes())
    start = content.index(b"mdat") + 4
    room = len(content) - start
    content[start + room // 3 : start + room // 2] = bytes(room // 2 - room // 3)
    path.write_bytes(content)


def zeros_at_the_end(path: Path) -> None:
    """The last third of an mp4 was overwritten."""
    plain(path, seconds=24, container=_FRONT)
    content = path.read_bytes()
    room = (len(content) - content.index(b"mdat") - 4) // 3
    path.write_bytes(content[:-room] + bytes(room))


def packets_lost(path: Path) -> None:
    """A transport stream that was received with a hole in it."""
    plain(path, seconds=24)
    content = path.read_bytes()
    packets = len(content) // 188
    path.write_bytes(content[: packets // 3 * 188] + content[packets // 2 * 188 :])


# --- videos that are only unusual -------------------------------------------------------------------------


def turned(path: Path) -> None:
    """Turned by a quarter in its metadata, as telephones do."""
    plain(path)
    content = bytearray(path.read_bytes())
    at = content.index(b"tkhd") + 4 + 40
    content[at : at + 36] = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)
    path.write_bytes(content)


def resolution_changes(path: Path) -> None:
    """Two transport streams of different size, one after the other."""
    first, second = path.with_name("first.ts"), path.with_name("second.ts")
    plain(first)
    make_video(second, steady(60, 10.0, start=6.0), size=(128, 96), b_frames=0, key_every=10)
    path.write_bytes(first.read_bytes() + second.read_bytes())
    first.unlink()
    second.unlink()


def two_pictures(path: Path) -> None:
    """Two picture tracks, the second of another size."""
    with av.open(str(path), "w") as out:
        streams = [out.add_stream("libx264", rate=10) for _ in range(2)]
        for stream, (width, height) in zip(streams, (SIZE, (160, 90)), strict=True):
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(60):
            for stream in streams:
                shown = numbered_picture(number, stream.width, stream.height)
                out.mux(stream.encode(av.VideoFrame.from_ndarray(shown, format="rgb24")))
        for stream in streams:
            out.mux(stream.encode(None))


def no_times(path: Path) -> None:
    """A bare stream of coded pictures: no packet says when it is shown."""
    plain(path, options={"preset": "ultrafast"})


NO_VIDEOS: dict[str, Maker] = {
    "text": text, "empty": empty, "noise": noise, "zeros": zeros, "folder": a_folder, "dangling link": dangling_link,
    "link to itself": link_to_itself, "picture": picture, "playlist": playlist, "concatenation": concatenation,
    "sound only": sound_only, "no frames": no_frames, "no frame decodes": no_frame_decodes,
    "without its index": without_its_index, "header only": header_only,
}  # fmt: skip

DAMAGED: dict[str, tuple[str, Maker]] = {
    "cut off, mp4": ("a.mp4", cut_off),
    "cut off, mkv": ("a.mkv", cut_off_matroska),
    "zeros in the middle": ("a.mp4", zeros_in_the_middle),
    "zeros at the end": ("a.mp4", zeros_at_the_end),
    "packets lost": ("a.ts", packets_lost),
}

UNUSUAL: dict[str, tuple[str, Maker]] = {
    "one frame": ("a.mp4", lambda p: plain(p, seconds=0.1)),
    "three seconds": ("a.mp4", lambda p: plain(p, seconds=3)),
    "portrait": ("a.mp4", lambda p: plain(p, size=(64, 96))),
    "turned": ("a.mp4", turned),
    "interlaced": ("a.mp4", lambda p: plain(p, options={"preset": "ultrafast", "x264-params": "interlaced=1"})),
    "10 bits": ("a.mp4", lambda p: plain(p, pixel_format="yuv420p10le")),
    "HEVC": ("a.mp4", lambda p: plain(p, codec="libx265", options={"preset": "ultrafast", "x265-params": "log-level=none"})),
    "ProRes": ("a.mov", lambda p: plain(p, codec="prores_ks", pixel_format="yuv422p10le", seconds=3)),
    "10 a second": ("a.mp4", lambda p: plain(p, rate=10)),
    "50 a second": ("a.mp4", lambda p: plain(p, rate=50, seconds=4)),
    "29.97 a second": ("a.mp4", lambda p: plain(p, rate=30000 / 1001, seconds=4)),
    "uneven": ("a.mp4", lambda p: make_video(p, uneven(60), size=SIZE)),
    "odd size": ("a.mp4", lambda p: plain(p, size=(97, 65), pixel_format="yuv444p")),
    "resolution changes": ("a.ts", resolution_changes),
    "negative times": ("a.mkv", lambda p: make_video(p, steady(60, 10.0, start=-0.5), size=SIZE, b_frames=0, container={"avoid_negative_ts": "disabled"})),
    "no times": ("a.h264", no_times),
    "edit list": ("a.mp4", lambda p: plain(p, hidden=7)),
    "two picture tracks": ("a.mkv", two_pictures),
}  # fmt: skip
