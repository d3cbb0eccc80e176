"""Clips that somebody is asked to watch, in the Match view: which of a match, why each, and what was said of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from app.library.library import Match
from app.state import shared_batches, shared_clip_reviews
from app.views.review_desk import Desk
from spotting_core.analyses.analysis import Analysis
from spotting_core.domain.stretches import Stretch
from spotting_core.store.clip_reviews import PREFIX, ReviewedClip, clip_at, clips_of, origin_of_clip

SPOTS, CLIPS, CHANGES = "spots", "clips", "cameras"
"""What the Review view can ask for, as its address says it (``of``)."""


class ClipDesk(Desk[Stretch, ReviewedClip]):
    """What was said of the clips of a match."""

    of = "clip"
    labels = ("",)

    def __init__(self, match: Match, analysis: Analysis) -> None:
        clips = [clip for half in analysis.halves for clip in clips_of(half.half, half.record.duration)]
        store = shared_clip_reviews()
        super().__init__(store, match, PREFIX, {clip_name(clip): clip for clip in clips}, store.of_match(match.id), {})

    def subject(self, kept: ReviewedClip) -> Stretch:
        return kept.stretch

    def made(self, values: Mapping[str, Any]) -> Stretch:
        raise ValueError("clips follow from the length of a half: nobody adds one")

    def own(self, kept: ReviewedClip) -> dict[str, Any]:
        return {}

    def own_values(self, action: Mapping[str, Any]) -> dict[str, Any]:
        return {}


def clip_name(clip: Stretch) -> str:
    """What the browser calls a clip."""
    return origin_of_clip(clip).removeprefix(PREFIX)


def clips_data(match: Match, analysis: Analysis, address: Mapping[str, str]) -> dict[str, Any]:
    """The clips of a match that are asked for, by half and time, and all that was said of clips.

    ``batch`` in the address names those that are asked for together, ``clip`` one by half and second, ``1-750``.
    """
    desk = ClipDesk(match, analysis)
    batch = shared_batches().get(address.get("batch"))
    asked = batch.of_match(match.id) if batch is not None else {}
    named = _named(analysis, address.get("clip", ""))
    if named is not None:
        asked.setdefault(named, "")
    words = {"of": CLIPS, **({"by": batch.strategy, "batch": address["batch"]} if batch is not None else {})}
    return {
        "queue": f"review?{urlencode(words)}",
        "asked": [
            {"id": clip_name(clip), "half": clip.half, "start": clip.start / 1e6, "end": clip.end / 1e6, "why": why}
            for clip, why in sorted(asked.items())
        ],
        "chosen": clip_name(named) if named is not None else None,
        "reviews": [desk.as_json(kept) for kept in desk.known.values()],
    }


def _named(analysis: Analysis, word: str) -> Stretch | None:
    number, _, second = word.partition("-")
    if not (number.isdecimal() and second.isdecimal() and len(word) < 20):
        return None
    length = next((h.record.duration for h in analysis.halves if h.half == int(number)), 0)
    return clip_at(int(number), int(second) * 1_000_000, length) if length else None
