"""What is kept of a video once it has been seen: facts, time table, poster."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from spotting_core.base.arrays import INTEGERS, open_array
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import TouchlineError
from spotting_core.base.files import read_json, replacing, write_array, write_json
from spotting_core.base.report_done import ReportDone
from spotting_core.media.decode import read_frame, resize_image
from spotting_core.media.fingerprint import kept_hash, known_hash
from spotting_core.media.times import TimeTable, read_time_table
from spotting_core.media.video import VideoInfo, probe_video

POSTER_HEIGHT = 180
_POSTER_SHARE = 0.1  # of the length: past titles and line-ups
_FORMAT = 1


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


def ingest(path: Path, data: DataDirectory, report: ReportDone | None = None) -> Media:
    """Read a video's facts and time table, from the data directory if it has been seen before.

    Arguments:
        report: how far a video is that nobody has seen, see ``kept_hash``.

    Errors:
        BadInputError: the file cannot be used; nothing but its hash is kept of it then.
    """
    media_hash = kept_hash(path, data, report) if path.is_file() else None
    known = _known(path, media_hash, data) if media_hash else None
    if known is not None:
        return known
    facts, table = probe_video(path), read_time_table(path)
    media_hash = media_hash or kept_hash(path, data, report)
    folder = data.media(media_hash)
    write_array(folder / "times.npy", np.concatenate([[table.start], table.times]).astype(np.int64))
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
        stored = np.asarray(open_array(folder / "times.npy", INTEGERS, (None,), what="file of times"))
        return Media(path, media_hash, folder, VideoInfo(**content), TimeTable(stored[1:], int(stored[0])))
    except (TouchlineError, OSError, ValueError, TypeError, IndexError, AttributeError):
        return None  # what is kept is damaged; it is made again


def make_poster(media: Media) -> Path:
    """Write the small picture that stands for the video; kept once made."""
    if not media.poster.is_file():
        number = media.table.shown_at(int(media.table.duration * _POSTER_SHARE))
        image = read_frame(media.path, media.table, number)
        width = round(image.shape[1] * POSTER_HEIGHT / image.shape[0])
        small = cv2.cvtColor(resize_image(image, width, POSTER_HEIGHT), cv2.COLOR_RGB2BGR)
        with replacing(media.poster) as part:
            part.write_bytes(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes())
    return media.poster
