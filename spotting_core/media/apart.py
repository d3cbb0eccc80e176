"""Videos read in processes of their own: a file that a decoder falls over does not end the program that shows it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np

from spotting_core.base.arrays import INTEGERS, open_array
from spotting_core.base.confined_processes import ConfinedProcesses
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.base.report_done import ReportDone
from spotting_core.media.decode import read_frame
from spotting_core.media.ingest import POSTER_MOST, Media, ingest, make_poster, read_video
from spotting_core.media.key_frames import key_times, read_key_times
from spotting_core.media.times import TimeTable
from spotting_core.media.video import VideoInfo

_SECONDS = 60.0  # for a video's facts and times, however small it is
_BYTES_A_SECOND = 4 << 20  # of a slow disk: every packet is looked at
_FRAME_SECONDS = 60.0  # from a key frame to a frame, of the largest pictures


class _Read(msgspec.Struct):
    """A video's facts, and its time table as an array: int64."""

    facts: VideoInfo
    table: bytes


class _Picture(msgspec.Struct):
    """A frame: RGB, uint8."""

    height: int
    width: int
    pixels: bytes


class VideosApart:
    """Reads videos as ``ingest`` and ``read_frame`` do, in processes that may not take this one with them.

    Arguments:
        most: files that are read at once; others wait.
    """

    def __init__(self, most: int = 2) -> None:
        self._processes = ConfinedProcesses(most)

    def ingest(self, path: Path, data: DataDirectory, report: ReportDone | None = None) -> Media:
        """A video's facts and time table, see ``media.ingest.ingest``.

        Errors:
            BadInputError: the file cannot be used, or its decoder falls over it.
        """
        return ingest(path, data, report, read=self._read)

    def make_poster(self, media: Media) -> Path:
        """The small picture that stands for a video, see ``media.ingest.make_poster``."""
        return make_poster(media, lambda number: self.frame(media, number, POSTER_MOST))

    def frame(self, media: Media, number: int, max_height: int) -> np.ndarray:
        """One exact frame: uint8 (H, W, 3), RGB, see ``read_frame``.

        Errors:
            BadInputError: the number is outside the table, the frame does not decode, or its decoder falls over it.
        """
        arguments = (str(media.path), str(media.times_file), number, max_height)
        content = self._call("frame_bytes", *arguments, path=media.path, seconds=_FRAME_SECONDS)
        with _checked(media.path):
            picture = msgspec.msgpack.decode(content, type=_Picture)
            return np.frombuffer(picture.pixels, np.uint8).reshape(picture.height, picture.width, 3)

    def key_times(self, media: Media) -> np.ndarray:
        """Times at which a copy can start, see ``media.key_frames.key_times``; it is kept for whoever asks again.

        Errors:
            BadInputError: the file no longer opens, or its decoder falls over it.
        """
        return key_times(media, self._read_key_times)

    def close(self) -> None:
        """End the processes."""
        self._processes.close()

    def _read(self, path: Path) -> tuple[VideoInfo, TimeTable]:
        if not path.is_file():
            return read_video(path)  # it says what is wrong
        content = self._call("video_bytes", str(path), path=path, seconds=_reading_time(path))
        with _checked(path):
            read = msgspec.msgpack.decode(content, type=_Read)
            return read.facts, TimeTable.from_array(np.frombuffer(read.table, np.int64))

    def _read_key_times(self, path: Path) -> np.ndarray:
        content = self._call("key_bytes", str(path), path=path, seconds=_reading_time(path))
        with _checked(path):
            return np.frombuffer(content, np.int64)

    def _call(self, function: str, *arguments: str | int, path: Path, seconds: float) -> bytes:
        return self._processes.call(f"{__name__}:{function}", *arguments, where=path, what="video", seconds=seconds)


@contextmanager
def _checked(path: Path) -> Iterator[None]:
    """What a child gives is believed no more than its file.

    Errors:
        BadInputError: it is not what such a child would give.
    """
    try:
        yield
    except (msgspec.MsgspecError, ValueError) as error:
        raise BadInputError(
            "what the decoder made of this video is none", where=path, fix="Convert it with another program"
        ) from error


def _reading_time(path: Path) -> float:
    """Seconds that reading all packets of a file may take."""
    return _SECONDS + (path.stat().st_size / _BYTES_A_SECOND if path.is_file() else 0)


# --- in the child -------------------------------------------------------------------------------------


def video_bytes(path: str) -> bytes:
    """A video's facts and times, packed."""
    facts, table = read_video(Path(path))
    return msgspec.msgpack.encode(_Read(facts, table.as_array().tobytes()))


def key_bytes(path: str) -> bytes:
    """Times of the key frames: int64."""
    return read_key_times(Path(path)).astype(np.int64).tobytes()


def frame_bytes(path: str, times: str, number: int, max_height: int) -> bytes:
    """One frame, packed.

    Arguments:
        times: the file of the video's presentation times, as ``ingest`` keeps it.
    """
    stored = np.asarray(open_array(Path(times), INTEGERS, (None,), what="file of times"))
    image = read_frame(Path(path), TimeTable.from_array(stored), number, max_height)
    return msgspec.msgpack.encode(_Picture(image.shape[0], image.shape[1], image.tobytes()))
