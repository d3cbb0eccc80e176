"""What is kept of a video once it has been seen: facts, time table, poster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from spotting_core.base.arrays import INTEGERS, open_array
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, TouchlineError
from spotting_core.base.files import FileState, read_json, replacing, write_array, write_json
from spotting_core.base.report_done import ReportDone
from spotting_core.media.decode import read_frame, resize_image
from spotting_core.media.fingerprint import kept_hash, known_hash
from spotting_core.media.times import TimeTable, read_time_table
from spotting_core.media.video import VideoInfo, probe_video

POSTER_HEIGHT = 180
POSTER_MOST = 1080
"""Lines of the frame that a poster is made of, at most."""
_POSTER_SHARE = 0.1  # of the length: past titles and line-ups
_FORMAT = 4
_TIMES = "times.npy"


@dataclass(frozen=True)
class Media:
    """A video that has been seen.

    Arguments:
        path: where it lies now; hash: of its content; folder: what is kept of it.
    """

    path: Path
    hash: str
    folder: Path
    info: VideoInfo
    table: TimeTable

    @property
    def poster(self) -> Path:
        return self.folder / "poster.jpg"

    @property
    def times_file(self) -> Path:
        """The time table, see ``TimeTable.as_array``."""
        return self.folder / _TIMES


def read_video(path: Path) -> tuple[VideoInfo, TimeTable]:
    """A video's facts and time table, from the file itself.

    Errors:
        BadInputError: the file cannot be used.
    """
    return probe_video(path), read_time_table(path)


def ingest(
    path: Path,
    data: DataDirectory,
    report: ReportDone | None = None,
    read: Callable[[Path], tuple[VideoInfo, TimeTable]] = read_video,
) -> Media:
    """Read a video's facts and time table, from the data directory if it has been seen before.

    Arguments:
        report: how far a video is that nobody has seen, see ``kept_hash``.
        read: what reads the file itself.

    Errors:
        BadInputError: the file cannot be used; nothing but its hash is kept of it then.
    """
    before = FileState.of(path) if path.is_file() else None
    media_hash = kept_hash(path, data, report) if before is not None else None
    known = _known(path, media_hash, data) if media_hash else None
    if known is not None:
        return known
    facts, table = read(path)
    media_hash = media_hash or kept_hash(path, data, report)
    if not path.is_file() or FileState.of(path) != before:  # the facts are perhaps of another content than the hash
        raise BadInputError(
            "this video was changed while it was read", where=path, fix="Wait until it is whole, and try again"
        )
    folder = data.media(media_hash)
    write_array(folder / _TIMES, table.as_array())
    write_json(folder / "probe.json", {"format": _FORMAT, **facts.as_json()})
    return Media(path, media_hash, folder, facts, table)


def known_media(path: Path, data: DataDirectory) -> Media | None:
    """A video that has been seen, or None: nothing is read of the video itself."""
    media_hash = known_hash(path, data) if path.is_file() else None
    return _known(path, media_hash, data) if media_hash else None


def _known(path: Path, media_hash: str, data: DataDirectory) -> Media | None:
    folder = data.media(media_hash)
    if not (folder / "probe.json").is_file():
        return None
    try:
        content = read_json(folder / "probe.json")
        if content.pop("format", None) != _FORMAT:
            return None
        stored = np.asarray(open_array(folder / _TIMES, INTEGERS, (None,), what="file of times"))
        return Media(path, media_hash, folder, VideoInfo(**content), TimeTable.from_array(stored))
    except (TouchlineError, OSError, ValueError, TypeError, IndexError, AttributeError):
        return None  # what is kept is damaged; it is made again


def make_poster(media: Media, frame: Callable[[int], np.ndarray] | None = None) -> Path:
    """Write the small picture that stands for the video; kept once made.

    Arguments:
        frame: what gives a frame by its number, uint8 (H, W, 3), RGB; decoded here where not given.
    """
    if not media.poster.is_file():
        number = media.table.shown_at(int(media.table.duration * _POSTER_SHARE))
        image = read_frame(media.path, media.table, number, POSTER_MOST) if frame is None else frame(number)
        width = max(1, round(image.shape[1] * POSTER_HEIGHT / image.shape[0]))
        small = cv2.cvtColor(resize_image(image, width, POSTER_HEIGHT), cv2.COLOR_RGB2BGR)
        with replacing(media.poster) as part:
            part.write_bytes(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes())
    return media.poster
