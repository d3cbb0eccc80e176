"""How long an analysis, or finding entities, takes here: measured before, or tried on some of the match itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing

import numpy as np

from spotting_core.base.data_directory import DataDirectory
from spotting_core.entities.finder import Finder
from spotting_core.media.decode import decode_samples
from spotting_core.media.ingest import Media
from spotting_core.models.load import LoadedModel
from spotting_core.models.window_plan import PlannedWindow
from spotting_core.preflight.kept_pace import tried_of
from spotting_core.preflight.machine import measured_speed
from spotting_core.samples.progress import Pace
from spotting_core.samples.reader import model_reader
from spotting_core.samples.stream import DECODE_BATCH, MAX_HEIGHT

ENTITY_RATE = 2.0
"""Samples a second at which finding entities is told: that of the bundled models."""
_TRIAL = 4 * DECODE_BATCH  # samples
_ENTITY_PICTURES = 8


def expected_seconds(media: Sequence[Media], model: LoadedModel, data: DataDirectory) -> tuple[float | None, bool]:
    """Seconds that an analysis will take, and whether that is the pace of earlier ones (else of a trial).

    None for a model that reads features, which may lie beside the match, where none was timed yet.
    """
    length = sum(m.table.duration for m in media) / 1e6
    known = measured_speed(data, model.card.name)
    if known is not None:
        return known * length, True
    if model.inputs.features:
        return None, False
    return trial_pace(tried_of(media), model) * length, False


def trial_pace(media: Media, model: LoadedModel, report: Callable[[], None] = lambda: None) -> float:
    """Seconds of work for a second of video: twenty seconds from its middle are decoded and judged.

    Arguments:
        report: called before every batch; raises to cancel.

    Errors:
        BadInputError: the video shows nothing there, or the model's entities cannot be found here.
    """
    rate, reader, judge = model.config.rate, model_reader(model), model.judge
    frames = media.table.samples(rate)
    first = max(0, len(frames) - _TRIAL) // 2 // DECODE_BATCH * DECODE_BATCH
    stop = min(len(frames), first + _TRIAL)
    window = PlannedWindow(first, stop - first, first, stop)
    stream = reader.stream(
        media,
        frames[:stop],
        features=None,
        outside=judge.plan.outside,
        pace=Pace(len(frames), rate),
        report=report,
        first=first,
        entities=reader.entity_files.none() if reader.entity_files else None,
    )
    began = time.perf_counter()
    try:
        samples = stream.read(window).samples
        read = time.perf_counter()
        judge.scores([samples])
    finally:
        stream.close()
    ended = time.perf_counter()
    windows_a_sample = judge.plan.length / judge.plan.step  # in which it is judged; here it was judged in one
    return (read - began + windows_a_sample * (ended - read)) * rate / window.length


def entity_pace(media: Media, finder: Finder) -> float:
    """Seconds that finding entities takes for a minute of video at ``ENTITY_RATE``, by pictures from its middle.

    They are decoded before, and one is looked at before time counts: the first makes ready what all others have.

    Errors:
        BadInputError: the video shows nothing there, or the finder cannot look at pictures.
    """
    frames = media.table.samples(ENTITY_RATE)
    first = max(0, len(frames) - _ENTITY_PICTURES) // 2
    wanted = frames[: first + _ENTITY_PICTURES]
    read = decode_samples(media.path, media.table, wanted, batch=DECODE_BATCH, first=first, max_height=MAX_HEIGHT)
    with closing(read):  # type: ignore[type-var]
        pictures = np.concatenate([batch.images for batch in read])
    following = finder.following()
    following.find(pictures[:1])
    began = time.perf_counter()
    following.find(pictures)
    return (time.perf_counter() - began) / len(pictures) * 60 * ENTITY_RATE
