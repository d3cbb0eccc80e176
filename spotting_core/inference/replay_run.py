"""The analysis of a match by a system of replays: each replay is judged with the stretch before its end.

Which shots are replays is said by the labels beside the match, else by its layers of shots.
"""

from __future__ import annotations

import logging

import numpy as np

from spotting_core.analyses.match_cameras import match_cameras
from spotting_core.base.errors import BadInputError
from spotting_core.domain.spots import Spot
from spotting_core.domain.suppression import Spotting
from spotting_core.formats import labels_cameras
from spotting_core.formats.grounding_table import write_table
from spotting_core.formats.labels_cameras import CameraDocument
from spotting_core.inference.grounding import ReplayShot, ground_half
from spotting_core.inference.layer_features import LEAST
from spotting_core.inference.run import Run
from spotting_core.inference.window_store import HalfArrays, write_arrays
from spotting_core.media.ingest import Media
from spotting_core.media.source import MatchSource
from spotting_core.samples.half import HalfSamples
from spotting_core.score_bug.readings import match_readings, readings_files
from spotting_core.tasks.spotting import SPOTTING

log = logging.getLogger(__name__)


class ReplayRun(Run):
    """One analysis of all replays of a match.

    Errors:
        BadInputError: it is not known which shots are replays.
    """

    replays: list[ReplayShot]
    spots: list[Spot]

    def _beside(self) -> list[str]:
        """The replays, and the spots whose times and classes their candidates get."""
        readings = match_readings(readings_files(self.source, self.data))
        cameras = match_cameras(labels_beside(self.source), self.layers, readings)
        if cameras is None:
            raise BadInputError(
                "it is not known which shots of this match are replays",
                where=self.source.path,
                fix="Analyse its shots first (touchline analyze --task shots), or put Labels-cameras.json beside it",
            )
        self.replays = [ReplayShot(s.half, s.start, s.end) for s in cameras.replays]
        spotted = next((layer for layer in self.layers if layer.record.task == SPOTTING.name), None)
        self.spots = spotted.spots(Spotting(threshold=LEAST)) if spotted is not None else []
        return [*map(repr, self.replays), *map(repr, self.spots)]

    def _analyse_half(self, half: int, media: Media, frames: np.ndarray) -> tuple[HalfArrays, int]:
        before = self.pace.done
        features = self._features(half, media, len(frames))
        times = media.table.times[frames].astype(np.int64)
        samples = HalfSamples(half, times, self.rate, features=features)
        own = [replay for replay in self.replays if replay.half == half and replay.start < media.table.duration]
        self.report_stage("Grounding replays")
        with self.pace.stage("grounding"):
            groundings = ground_half(self.judge, samples, own, [s for s in self.spots if s.half == half])
        folder = self.work / f"half{half}"
        folder.mkdir(parents=True, exist_ok=True)
        write_table(folder, groundings)
        read = features.rows(0, len(frames)) if features is not None else None
        kept = {"features": read.astype(np.float16)} if read is not None else {}  # for explanations
        arrays = write_arrays(folder, {"times": times, "frames": frames.astype(np.int32), **kept})
        self.pace.advance(max(0, before + len(frames) - self.pace.done))
        unit = "microseconds; confidence of each candidate"
        arrays["replays"] = {"dtype": "table", "shape": ["N"], "unit": unit, "scale": [0, 1]}
        return HalfArrays(arrays, None), 0


def labels_beside(source: MatchSource) -> CameraDocument | None:
    """The camera labels beside a match's videos; None where there are none, or they cannot be read.

    An annotation that cannot be read is left out (``touchline doctor`` names it).
    """
    path = source.companion(labels_cameras.FILE_NAME)
    if path is None:
        return None
    try:
        return labels_cameras.parse_readable(path.read_bytes(), path)[0]
    except (BadInputError, OSError) as error:
        log.warning("the camera labels are left out: %s", error)
        return None
