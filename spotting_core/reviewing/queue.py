"""Which spots teach most when they are reviewed: those the model doubts, those models disagree on, rare classes; and
which camera changes: those of whose camera, or of what a replay shows, a model is not sure.

Each is a number from 0 to 1; their mean is what a spot is worth. What is not known of a spot (there is one model
alone) is left out of its mean, not taken as 0.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from spotting_core.analyses.analysis import Analysis
from spotting_core.domain.cameras import CameraChange, Grounding
from spotting_core.domain.spots import Spot

WORTH, UNCERTAINTY, DISAGREEMENT, RARITY = "worth", "uncertainty", "disagreement", "rarity"
_LEAST_REACH = 1_000_000  # microseconds within which another model may have the same action


@dataclass(frozen=True)
class Candidate:
    """A spot that nobody has judged.

    Arguments:
        match: key of its match; origin: its name in the reviews.
        uncertainty: entropy of its confidence in bits, 1 at .5.
        disagreement: mean distance of the other models' confidence from this one's, None with one model.
        rarity: 1 less the share that its class has of the most frequent one's spots.
    """

    match: str
    origin: str
    spot: Spot
    uncertainty: float
    disagreement: float | None
    rarity: float

    @property
    def worth(self) -> float:
        """Mean of what is known."""
        known = [v for v in (self.uncertainty, self.disagreement, self.rarity) if v is not None]
        return sum(known) / len(known)


def entropy(confidence: float) -> float:
    """Bits of a yes-or-no question: 1 at .5, 0 where the model is sure."""
    if not 0 < confidence < 1:
        return 0.0
    return -confidence * math.log2(confidence) - (1 - confidence) * math.log2(1 - confidence)


def doubt(change: CameraChange) -> float | None:
    """How far a model is from being sure of the camera of a shot: one of several, so it is 1 at 0, not at .5.

    None where no model says anything.
    """
    return None if change.confidence is None else round(1 - change.confidence, 4)


@dataclass(frozen=True)
class DoubtedChange:
    """A camera change that nobody has judged.

    Arguments:
        match: key of its match.
        doubt: how far the model is from being sure, 0 to 1, of the camera or of what the replay shows.
        of_link: whether it is the latter that it doubts more.
        grounding: what the replay may show, where a model was asked.
    """

    match: str
    change: CameraChange
    doubt: float
    of_link: bool = False
    grounding: Grounding | None = None


def doubted_changes(
    match: str,
    changes: Mapping[str, CameraChange],
    groundings: Mapping[tuple[int, int], Grounding],
    judged: Collection[str],
) -> list[DoubtedChange]:
    """The camera changes of a match that a model has and nobody has judged.

    Arguments:
        changes: by their names in the reviews; judged: names of those that were judged.
        groundings: what replays may show, by half and end.
    """
    open_changes = [c for name, c in changes.items() if name not in judged and c.confidence is not None]
    return [_doubted(match, change, groundings.get((change.half, change.time))) for change in open_changes]


def _doubted(match: str, change: CameraChange, grounding: Grounding | None) -> DoubtedChange:
    of_camera = doubt(change) or 0.0
    if not change.replay or grounding is None:
        return DoubtedChange(match, change, of_camera)
    of_link = round(1 - grounding.candidates[0].confidence, 4) if grounding.candidates else 1.0
    return DoubtedChange(match, change, max(of_camera, of_link), of_link > of_camera, grounding)


def disagreement(spot: Spot, others: Sequence[Analysis]) -> float | None:
    """Mean distance of the other models' confidence from a spot's.

    Another model's is its highest one for the class within half the class's window of the spot.
    """
    disagreements = []
    for other in others:
        if spot.label not in other.classes or spot.half not in {h.half for h in other.halves}:
            continue
        half, action = other.half(spot.half), other.classes.get(spot.label)
        reach = max(_LEAST_REACH, round(action.suppression * 5e5))
        near = abs(half.times - spot.time) <= reach
        highest = float(half.scores[near, action.index].max()) if near.any() else 0.0
        disagreements.append(abs(highest - (spot.confidence or 0.0)))
    return sum(disagreements) / len(disagreements) if disagreements else None


def candidates(
    spots: Mapping[str, Sequence[tuple[str, Spot]]], others: Mapping[str, Sequence[Analysis]], judged: Collection[str]
) -> list[Candidate]:
    """Spots of all matches that nobody has judged.

    Arguments:
        spots: by match, each with its origin; others: analyses of a match by other models.
        judged: ``match/origin`` of the spots that have been judged.
    """
    counts = Counter(spot.label for own in spots.values() for _, spot in own)
    most = max(counts.values(), default=1)
    return [
        Candidate(
            match, origin, spot, entropy(spot.confidence or 0.0), disagreement(spot, others.get(match, ())),
            1 - counts[spot.label] / most,
        )
        for match, own in spots.items()
        for origin, spot in own
        if f"{match}/{origin}" not in judged
    ]  # fmt: skip


def ranked(unranked: Sequence[Candidate], by: str = WORTH) -> list[Candidate]:
    """The candidates that teach most first; what is not known comes last."""
    return sorted(unranked, key=lambda c: -(v if (v := getattr(c, by)) is not None else -1.0))
