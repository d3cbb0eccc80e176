"""What is explained of a replay: the stretch before its end and the replay, and of the stretch the action it shows.

A system of replays judges two windows together. Asked about is the stretch; the replay is held fixed. The anchor is the
sample of the surest candidate.
"""

from __future__ import annotations

import numpy as np

from explain.explained_window import ExplainedWindow
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.errors import BadInputError
from spotting_core.domain.cameras import Grounding
from spotting_core.domain.clock import half_clock
from spotting_core.features.half import FeatureHalf, FeaturePart
from spotting_core.models.grounding import GroundingConfig
from spotting_core.models.load import LoadedModel
from spotting_core.samples.half import HalfSamples, Inside
from spotting_core.samples.pairs import paired, replay_samples, stretch_before
from spotting_core.tasks.replays import REPLAYS

NAMELESS = "action"
"""What a replay shows where nothing was spotted."""
_NEAR = 3_000_000  # microseconds between a candidate, which may be a spot's time, and the sample that speaks of it


def replay_at(analysis: Analysis, half: int, time: int) -> Grounding:
    """The replay that is on at a moment (microseconds), as a layer of replays has it.

    Errors:
        BadInputError: none is, or the layer names no action for it.
    """
    own = [g for g in analysis.findings(REPLAYS) if g.half == half]
    replay = next((g for g in own if g.start <= time < g.end), None)
    if replay is None:
        begins = ", ".join(half_clock(g.start, 1) for g in own) or "none"
        what = f"no replay is on at {half_clock(time, 1)}; those of this half begin at {begins}"
        raise BadInputError(what, where=analysis.folder, fix="Give a moment within a replay")
    if not replay.candidates:
        raise BadInputError(
            f"no action was found for the replay at {half_clock(replay.start, 1)}", where=analysis.folder
        )
    return replay


def replay_window(analysis: Analysis, model: LoadedModel, half: int, time: int) -> ExplainedWindow:
    """The stretch before the end of the replay that is on at a moment (microseconds), with the replay.

    Errors:
        BadInputError: see ``replay_at``; or the analysis does not hold what the model read.
    """
    replay, part, config = replay_at(analysis, half, time), analysis.half(half), model.config
    assert isinstance(config, GroundingConfig), "systems of replays ground them"
    if not part.has("features"):
        what = "this analysis keeps nothing of what the model read of its samples"
        raise BadInputError(what, where=part.folder, fix="Remove this analysis, then analyse the match again")
    known = np.asarray(part.array("features"), np.float32)
    features = FeatureHalf(half, (FeaturePart(known, config.rate),), config.rate)
    samples = HalfSamples(half, part.times, config.rate, features=features)
    first = stretch_before(samples, replay.start, replay.end, config)
    read = paired(samples, first, replay_samples(samples, replay.start, replay.end, config), config)
    inside = Inside(first, config.window, len(part.times))
    confidence = model.judge.scores([read])[0].confidence[inside.before : config.window - inside.after, 0]
    times = part.times[inside.low : inside.high]
    near = (np.abs(times - replay.candidates[0].link.time) <= _NEAR) & (times < replay.start)
    if not near.any():
        what = f"the action of the replay at {half_clock(replay.start, 1)} lies in no stretch that was judged with it"
        raise BadInputError(what, where=part.folder, fix="Remove this analysis, then analyse the match again")
    anchor = int(np.where(near, confidence, -1.0).argmax())
    return ExplainedWindow(
        half,
        inside.low,
        times,
        np.zeros((0, 0, 0, 3), np.uint8),
        None,
        None,
        anchor,
        (part.record.width, part.record.height),
        None,
        part.frames[inside.low : inside.high],
        read.features,
        known.mean(0),
        inside.before,
        inside.after,
        second=read.second,
    )
