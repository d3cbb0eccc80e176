"""Camera changes of matches in the form that the evaluators of shots and boundaries take."""

from __future__ import annotations

from collections.abc import Sequence

from spotting_core.domain.cameras import Shot
from spotting_core.domain.spots import Spot
from spotting_core.evaluation.camera_files import CameraGame, EvaluatedChange
from spotting_core.tasks.task import Judged

_SECOND = 1_000_000


def games_of_shots(matches: Sequence[Judged[Shot]]) -> list[CameraGame]:
    """Each shot as the change at its end."""
    return [CameraGame(m.name, [_end(s) for s in m.truth], [_end(s) for s in m.findings]) for m in matches]


def games_of_boundaries(matches: Sequence[Judged[Spot]]) -> list[CameraGame]:
    """Each boundary as a change of its kind."""
    return [CameraGame(m.name, [_change(s) for s in m.truth], [_change(s) for s in m.findings]) for m in matches]


def _end(shot: Shot) -> EvaluatedChange:
    kind = shot.change_type or ""
    return EvaluatedChange(shot.half, shot.end, shot.end // _SECOND, shot.label, kind, shot.replay, 1.0, None)


def _change(boundary: Spot) -> EvaluatedChange:
    confidence = 1.0 if boundary.confidence is None else boundary.confidence
    return EvaluatedChange(
        boundary.half, boundary.time, boundary.time // _SECOND, "", boundary.label, False, confidence, None
    )
