"""Camera changes of a match, as its shots have them.

A camera change is the end of a shot, as in SoccerNet's Labels-cameras: the camera of the shot that ends, how it
ends, whether it was a replay, and which action that replay showed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from spotting_core.formats.labels_cameras import FORM, CameraDocument, Link, Shot


@dataclass(frozen=True)
class CameraChange:
    """The shot that ends at a moment.

    Arguments:
        time: microseconds of the half at which it ends.
        label: its camera, as in the class table of cameras.
        change_type: abrupt, smooth or logo; None where nobody said (the last shot).
        replay: whether it is a replay; link: the action that the replay shows, None where nobody said.
        source: the file's form, or the reviewer.
    """

    half: int
    time: int
    label: str
    change_type: str | None = None
    replay: bool = False
    link: Link | None = None
    source: str = FORM


def change_id(change: CameraChange) -> str:
    """Name of a change that stays the same as long as its file has the same shot ending there."""
    return f"{change.half}-{change.time}-{change.label}"


def origin_of(change: CameraChange) -> str:
    """Name of a change of a file, in the store."""
    return f"{FORM}/{change_id(change)}"


def changes_of(shots: Iterable[Shot], labels: CameraDocument | None = None) -> list[CameraChange]:
    """The changes at the ends of shots, in their order.

    Arguments:
        labels: the file beside the match, whose links are taken; shots do not carry them.
    """
    links = {(e.half, e.end): e.link for e in reversed(labels.entries if labels else ())}
    return [
        CameraChange(s.half, s.end, s.label, s.change_type, s.replay, links.get((s.half, s.end)) if s.replay else None)
        for s in shots
    ]
