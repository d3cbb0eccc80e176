"""Reading videos that nobody has seen yet, in the background: no page waits for a large file."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from pathlib import Path

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import TouchlineError
from spotting_core.base.files import FileState
from spotting_core.media.apart import VideosApart
from spotting_core.media.ingest import Media, known_media

log = logging.getLogger(__name__)

VIDEOS = VideosApart()
"""What reads videos for the app's pages and routes: none of it is done in the app's own process."""

PATIENCE = 0.3
"""Seconds that a page waits for a video, if no other is being read: a small one is there at once then."""


@dataclass
class _Reading:
    """One video being read; ``share`` of its bytes, and in the end the video or why it cannot be used."""

    share: float = 0.0
    media: Media | None = None
    error: Exception | None = None
    ended: threading.Event = field(default_factory=threading.Event)


class VideoReading:
    """The videos of one data directory; one is read at a time, in a thread that ends with the server."""

    def __init__(self, data: DataDirectory) -> None:
        self._data = data
        self._readings: dict[FileState, _Reading] = {}
        self._guard, self._one = threading.Lock(), threading.Lock()

    def media(self, path: Path) -> Media | None:
        """A video with its poster; None while it is being read, which begins now if nobody has seen it.

        Errors:
            BadInputError: it cannot be used.
        """
        known = known_media(path, self._data)
        if known is not None and known.poster.is_file():
            return known
        try:
            state = FileState.of(path)
        except OSError:
            return VIDEOS.ingest(path, self._data)  # it says what is wrong
        with self._guard:
            alone = all(r.ended.is_set() for r in self._readings.values())
            reading = self._readings.get(state)
            if reading is None:
                reading = self._readings[state] = _Reading()
                threading.Thread(target=self._read, args=(path, reading), name="video-reading", daemon=True).start()
        if alone:
            reading.ended.wait(PATIENCE)
        if reading.error is not None:
            raise reading.error
        return reading.media

    @property
    def under_way(self) -> bool:
        """Whether any video is being read."""
        with self._guard:
            return any(not r.ended.is_set() for r in self._readings.values())

    def progress(self, path: Path) -> str:
        """How far a video is that is being read, in words."""
        with self._guard:
            reading = self._readings.get(FileState.of(path)) if path.is_file() else None
        return f"Reading the video, {reading.share:.0%}" if reading and reading.share else "Reading the video"

    def _read(self, path: Path, reading: _Reading) -> None:
        def report(done: int, size: int) -> None:
            reading.share = done / max(size, 1)

        try:
            with self._one:
                media = VIDEOS.ingest(path, self._data, report)
                VIDEOS.make_poster(media)
                reading.media = media
        except TouchlineError as error:
            reading.error = error
        except Exception as error:
            log.exception("%s could not be read", path)
            reading.error = error
        finally:
            reading.ended.set()
