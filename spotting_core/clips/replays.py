"""Clips of replays: each action with what the broadcast showed of it again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from spotting_core.analyses.match_cameras import MatchCameras
from spotting_core.analyses.replayed_spots import replays_of
from spotting_core.clips.selection import Clip
from spotting_core.domain.classes import ClassTable

NOTE = "Replay"
"""Note of a clip that shows a replay."""


def with_replays(
    clips: Iterable[Clip], cameras: MatchCameras | None, lengths: Mapping[int, int], classes: ClassTable
) -> list[Clip]:
    """Clips, each followed by those of the replays of its action; a replay stands once, after its first action.

    Arguments:
        lengths: microseconds of each half's video; a replay ends with it.
        classes: for short names.
    """
    joined: list[Clip] = []
    taken: set[tuple[int, int]] = set()
    for clip in clips:
        joined.append(clip)
        if cameras is None or clip.time is None:
            continue
        for shot in replays_of(clip.spot, cameras):
            end = min(shot.end, lengths.get(shot.half, 0))
            if (shot.half, shot.end) not in taken and end > shot.start:
                taken.add((shot.half, shot.end))
                title = f"{_title(clip, classes)}, replay"
                again = replace(clip, half=shot.half, start=shot.start, end=end, time=None, caption=title, note=NOTE)
                joined.append(again)
    return joined


def _title(clip: Clip, classes: ClassTable) -> str:
    """What a clip is called on the card before it."""
    return clip.caption or (classes.get(clip.label).short if clip.label in classes else clip.label)
