"""Key frames of a video: where a copy of its packets can start."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from spotting_core.base.arrays import INTEGERS, open_array
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import write_array
from spotting_core.media.ingest import Media
from spotting_core.media.source_clock import SourceClock
from spotting_core.media.times import to_microseconds
from spotting_core.media.video import open_video, readable_packets

_FILE = "keys.npy"


def read_key_times(path: Path) -> np.ndarray:
    """Presentation times of the key frames: int64, microseconds on the file's own clock made to rise, rising.

    Errors:
        BadInputError: the file no longer opens.
    """
    with open_video(path) as (container, stream):
        read = readable_packets(container, stream, SourceClock())
        ticks = [p.pts for p in read if p.is_keyframe and p.pts is not None]
        assert stream.time_base is not None
        return np.sort(to_microseconds(np.array(ticks, np.int64), stream.time_base))


def key_times(media: Media, read: Callable[[Path], np.ndarray] = read_key_times) -> np.ndarray:
    """Times at which a copy can start: int64, microseconds of the half, rising; kept once read.

    Arguments:
        read: what reads them from the file itself.

    Errors:
        BadInputError: the file no longer opens.
    """
    stored = media.folder / _FILE
    if stored.is_file():
        with suppress(BadInputError):  # it is damaged, and read anew
            return np.asarray(open_array(stored, INTEGERS, (None,)))
    times: np.ndarray = read(media.path) - media.table.start
    write_array(stored, times)
    return times
