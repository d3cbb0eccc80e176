"""How fast a model was on some seconds of a video, kept with what else is known of the video.

media/<hash>/pace-<hash of the model>.json    {"seconds": of work for a second of video}
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import TouchlineError
from spotting_core.base.files import read_json, write_json
from spotting_core.base.validation import InvalidContentError, PositiveNumber, validated
from spotting_core.media.fingerprint import joint_hash, kept_hash
from spotting_core.media.ingest import Media
from spotting_core.models.card import WEIGHTS_FILE, read_card, settings_hash

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Pace:
    """Seconds of work for a second of video."""

    seconds: PositiveNumber


def tried_of(media: Sequence[Media]) -> Media:
    """Which video of a match a model is tried on: the longest."""
    return max(media, key=lambda one: one.table.duration)


def kept_pace(media: Sequence[Media], model: Path, data: DataDirectory) -> float | None:
    """Seconds of work for a second of a match, as a trial has measured them; None where there was none.

    Arguments:
        media: its videos; model: a folder.

    Errors:
        OSError: the model has no weights; BadInputError: its card cannot be read.
    """
    path = pace_file(media, model, data)
    if not path.is_file():
        return None
    try:
        return validated(_Pace, read_json(path)).seconds
    except (TouchlineError, InvalidContentError) as error:
        log.warning("a pace that was measured is left out: %s", error)
        return None


def keep_pace(pace: float, media: Sequence[Media], model: Path, data: DataDirectory) -> None:
    """Keep what a trial has measured; for its arguments and errors see ``kept_pace``."""
    write_json(pace_file(media, model, data), asdict(_Pace(pace)))


def pace_file(media: Sequence[Media], model: Path, data: DataDirectory) -> Path:
    """Where it is kept; for its arguments and errors see ``kept_pace``."""
    identity = joint_hash([kept_hash(model / WEIGHTS_FILE, data), settings_hash(read_card(model).config)])
    return tried_of(media).folder / f"pace-{identity[:16]}.json"
