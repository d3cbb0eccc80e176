"""Clips of shots: replays, live pictures, a group of cameras, or one camera."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from spotting_core.analyses.match_cameras import MatchCameras
from spotting_core.base.errors import BadInputError
from spotting_core.clips.selection import Clip
from spotting_core.domain.cameras import CAMERA_TABLE, GROUPS, Shot, group_of
from spotting_core.domain.classes import load_classes

REPLAY, LIVE = "replay", "live"


def check_names(wanted: Iterable[str], cameras: MatchCameras) -> None:
    """Every name must be ``replay``, ``live``, a group of cameras, or a camera of the class table or of the match.

    Errors:
        BadInputError: one is none of these; lists them.
    """
    known = {REPLAY, LIVE, *GROUPS, *load_classes(CAMERA_TABLE).names, *(s.label for s in cameras.shots)}
    for name in wanted:
        if name not in known:
            names = [REPLAY, LIVE, *GROUPS, *sorted(known - {REPLAY, LIVE, *GROUPS})]
            raise BadInputError(f"there are no shots {name!r}", fix=f"Known: {', '.join(names)}")


def shot_clips(cameras: MatchCameras, wanted: Sequence[str], lengths: Mapping[int, int]) -> list[Clip]:
    """A clip of each shot that any of the names means, in order; shots of halves without a video are left out.

    Arguments:
        lengths: microseconds of each half's video; a clip ends with it.
    """
    clips = []
    for shot in cameras.shots:
        end = min(shot.end, lengths.get(shot.half, 0))
        if end > shot.start and any(_means(name, shot) for name in wanted):
            clips.append(
                Clip(shot.half, shot.start, end, shot.label, confidence=shot.confidence, caption=_caption(shot))
            )
    return clips


def _means(name: str, shot: Shot) -> bool:
    if name in (REPLAY, LIVE):
        return shot.replay == (name == REPLAY)
    return name in (shot.label, group_of(shot.label))


def _caption(shot: Shot) -> str:
    """The camera of a shot, for people."""
    table = load_classes(CAMERA_TABLE)
    short = table.get(shot.label).short if shot.label in table else shot.label
    return f"{short}, replay" if shot.replay else short
