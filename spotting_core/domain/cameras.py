"""Shots of a match, and the camera changes that end them.

A camera change is the end of a shot, as in SoccerNet's Labels-cameras: the camera of the shot that ends, how it
ends, whether it was a replay, and which action that replay showed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from spotting_core.domain.classes import load_classes

ABRUPT = "abrupt"
CHANGE_TYPES = (ABRUPT, "smooth", "logo")
CAMERA_TABLE = "soccernet-cameras"
"""The class table of the cameras."""

GROUPS = {"main": "Main camera", "close": "Close-up", "goal": "Behind the goal"}
"""Groups of the class table of the cameras, and how they are called."""

OTHER, OTHER_LABELS = "Other", ("other", "I don't know")
"""The camera that is none of the others, and how labels say so."""
LABELLED = "labels-cameras"
"""The source of a change that a file of labels has."""

REVIEWERS = "reviewers"
"""The source of the cameras of a match where neither labels nor a model say anything of them."""


def camera_class(label: str) -> str:
    """The class that a label of a camera is of."""
    return OTHER if label in OTHER_LABELS else label


@dataclass(frozen=True, slots=True)  # a match has hundreds, and the app keeps those of its whole library
class Shot:
    """One shot of one camera; times in microseconds of the half.

    ``change_type`` is how it ends; None where nobody said (the last shot). ``confidence`` is that of the model that
    named the camera, None where it is labelled.
    """

    half: int
    start: int
    end: int
    label: str
    replay: bool
    change_type: str | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """The action that a replay shows: its half, time (microseconds of that half) and class."""

    half: int
    time: int
    label: str


@dataclass(frozen=True)
class Candidate:
    """An action that a replay may show, and how sure that is (0 to 1)."""

    link: Link
    confidence: float


@dataclass(frozen=True)
class Grounding:
    """What a replay, from ``start`` to ``end`` (microseconds of the half), may show.

    ``candidates`` come surest first; there is none where no action fits.
    """

    half: int
    start: int
    end: int
    candidates: tuple[Candidate, ...] = ()

    @property
    def label(self) -> str:
        """Class of the action that it shows most surely, or nothing."""
        return self.candidates[0].link.label if self.candidates else ""


@dataclass(frozen=True)
class CameraChange:
    """The shot that ends at a moment.

    Arguments:
        time: microseconds of the half at which it ends.
        label: its camera, as in the class table of cameras.
        change_type: abrupt, smooth or logo; None where nobody said (the last shot).
        replay: whether it is a replay; link: the action that the replay shows, None where nobody said.
        source: ``LABELLED``, the name of a model, or the reviewer.
        confidence: of the model that found it; None where it is labelled.
    """

    half: int
    time: int
    label: str
    change_type: str | None = None
    replay: bool = False
    link: Link | None = None
    source: str = LABELLED
    confidence: float | None = None


def group_of(camera: str) -> str:
    """The group of a camera; empty of one that the class table does not have."""
    table = load_classes(CAMERA_TABLE)
    return table.get(camera).group if camera in table else ""


def change_id(change: CameraChange) -> str:
    """Name of a change that stays the same as long as its file has the same shot ending there."""
    return f"{change.half}-{change.time}-{change.label}"


def origin_of(change: CameraChange) -> str:
    """Name of a change of a file, in the store."""
    return f"{LABELLED}/{change_id(change)}"


def shots_of(changes: Iterable[CameraChange]) -> list[Shot]:
    """The shots that changes end, in order; each begins where the one before it ended."""
    start: dict[int, int] = {}
    shots = []
    for c in sorted(changes, key=lambda c: (c.half, c.time)):
        if c.time > start.get(c.half, 0):
            kind = c.change_type
            shots.append(Shot(c.half, start.get(c.half, 0), c.time, c.label, c.replay, kind, c.confidence))
            start[c.half] = c.time
    return shots


def changes_of(
    shots: Iterable[Shot], links: Mapping[tuple[int, int], Link] | None = None, source: str = LABELLED
) -> list[CameraChange]:
    """The changes at the ends of shots, in their order.

    Arguments:
        links: what replays show, by half and end; shots do not carry them.
        source: of the shots.
    """
    known = links or {}
    return [
        CameraChange(
            s.half,
            s.end,
            s.label,
            s.change_type,
            s.replay,
            known.get((s.half, s.end)) if s.replay else None,
            source,
            s.confidence,
        )
        for s in shots
    ]
