"""Spots that lie in replays: they are no actions of their own, unless they are seen nowhere else.

A broadcast shows an action once as it happens and, if it matters, again. A model that spots it in both has two spots of
one action. An action that the live picture missed is seen in its replay alone: such a spot is worth a look.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence

from spotting_core.analyses.match_cameras import MatchCameras
from spotting_core.domain.cameras import Link, Shot
from spotting_core.domain.spots import Spot

LIVE, REPLAYED, ONLY_REPLAYED = "", "replay", "only"
"""What a spot is: not in a replay; in one; in one, and seen nowhere else."""

LIVE_ALONE, WITH_REPLAYS, ONLY_IN_REPLAYS = REPLAY_CHOICES = ("live", "all", "only")
"""Which spots count: not those in replays, all, or those that are seen in replays alone."""

NEAR = 5_000_000
"""Microseconds from the moment that a replay is linked to within which a spot of its class is that action."""

_BEFORE = 60_000_000  # a replay of which nobody said what it shows follows its action within this time


def replays_of(spot: Spot, cameras: MatchCameras) -> list[Shot]:
    """The replays that show an action, in order."""
    return [s for s in cameras.replays if (link := cameras.link_of(s)) is not None and _is_of(spot, link)]


def _is_of(spot: Spot, link: Link) -> bool:
    return (spot.half, spot.label) == (link.half, link.label) and abs(spot.time - link.time) <= NEAR


def replay_marks(spots: Sequence[Spot], cameras: MatchCameras | None, standing: Iterable[Spot]) -> list[str]:
    """``LIVE``, ``REPLAYED`` or ``ONLY_REPLAYED`` for each spot.

    Of several replayed spots of one action that is seen nowhere else the surest one is ``ONLY_REPLAYED``.

    Arguments:
        standing: spots that are held to be true, or are sure enough; those of them that are live show an action.
    """
    if cameras is None:
        return [LIVE] * len(spots)
    live = _LiveSpots(spot for spot in standing if _replay_at(spot, cameras) is None)
    marks, taken = [LIVE] * len(spots), _LiveSpots(())
    for number in sorted(range(len(spots)), key=lambda n: -_sureness(spots[n])):
        spot, replay = spots[number], _replay_at(spots[number], cameras)
        if replay is None:
            continue
        half, start, end = _where_it_happened(replay, cameras.link_of(replay))
        elsewhere = any(some.between(half, spot.label, start, end) for some in (live, taken))
        marks[number] = REPLAYED if elsewhere else ONLY_REPLAYED
        if not elsewhere:
            taken.add(half, spot.label, (start + end) // 2)
    return marks


def counts(mark: str, choice: str, *, held: bool = False) -> bool:
    """Whether a spot of a mark counts; ``held``: a reviewer holds it to be true."""
    if choice == LIVE_ALONE:
        return mark == LIVE or (mark == ONLY_REPLAYED and held)
    return choice == WITH_REPLAYS or mark == ONLY_REPLAYED


def _replay_at(spot: Spot, cameras: MatchCameras) -> Shot | None:
    shot = cameras.shot_at(spot.half, spot.time)
    return shot if shot is not None and shot.replay else None


def _sureness(spot: Spot) -> float:
    return 1.0 if spot.confidence is None else spot.confidence


def _where_it_happened(replay: Shot, link: Link | None) -> tuple[int, int, int]:
    """Half, and first and last microsecond, in which the action of a replay was live."""
    if link is not None:
        return link.half, link.time - NEAR, link.time + NEAR
    return replay.half, replay.start - _BEFORE, replay.start


class _LiveSpots:
    """Times of actions by half and class."""

    def __init__(self, spots: Iterable[Spot]) -> None:
        self._times: dict[tuple[int, str], list[int]] = defaultdict(list)
        for spot in spots:
            self._times[spot.half, spot.label].append(spot.time)
        for times in self._times.values():
            times.sort()

    def add(self, half: int, label: str, time: int) -> None:
        times = self._times[half, label]
        times.insert(bisect_left(times, time), time)

    def between(self, half: int, label: str, start: int, end: int) -> bool:
        times = self._times.get((half, label), [])
        return bisect_right(times, end) > bisect_left(times, start)
