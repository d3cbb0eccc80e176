"""How long an analysis will take here: measured before, or by trying it on some seconds of the match itself."""

from __future__ import annotations

import time
from collections.abc import Sequence

from spotting_core.data_directory import DataDirectory
from spotting_core.inference.analyse import finder_of, judge
from spotting_core.inference.frame_stream import DECODE_BATCH, FrameStream
from spotting_core.inference.progress import Pace
from spotting_core.inference.windows import Span
from spotting_core.media.ingest import Media
from spotting_core.models.load import LoadedModel
from spotting_core.preflight.machine import measured_speed

_TRIAL = 4 * DECODE_BATCH  # samples
_OVERLAP = 2
"""Windows every sample is judged in; a trial judges it in one."""


def expected_seconds(media: Sequence[Media], model: LoadedModel, data: DataDirectory) -> tuple[float, bool]:
    """Seconds that an analysis will take, and whether that is the pace of earlier ones (else of a trial)."""
    length = sum(m.table.duration for m in media) / 1e6
    known = measured_speed(data, model.card.name)
    if known is not None:
        return known * length, True
    return trial_pace(max(media, key=lambda m: m.table.duration), model) * length, False


def trial_pace(media: Media, model: LoadedModel) -> float:
    """Seconds of work for a second of video: twenty seconds from its middle are decoded and judged.

    Errors:
        BadInputError: the video shows nothing there, or the model's entities cannot be found here.
    """
    rate, finder = model.config.rate, finder_of(model)
    frames = media.table.samples(rate)
    first = max(0, len(frames) - _TRIAL) // 2 // DECODE_BATCH * DECODE_BATCH
    span = Span(first, min(len(frames), first + _TRIAL))
    stream = FrameStream(
        media,
        frames[: span.stop],
        size=(model.config.width, model.config.height),
        finder=finder,
        most=model.config.entities,
        pace=Pace(len(span), rate),
        tell=lambda: None,
        first=span.start,
        already=span.start,
    )
    began = time.perf_counter()
    try:
        window = stream.window(span)
        read = time.perf_counter()
        judge(model, window, span, (media.info.width, media.info.height))
    finally:
        stream.close()
    ended = time.perf_counter()
    return (read - began + _OVERLAP * (ended - read)) * rate / len(span)
