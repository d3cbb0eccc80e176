"""From what was read off a clock to when it ran: stretches in which it shows media time less an offset, or stands.

A reading may be wrong, and the clock of a broadcast is not the time of its file: what is cut out makes it jump ahead,
an inserted replay makes it late, at half-time it goes back. So all readings are explained at once by few stretches
(``path``): a reading that a stretch does not explain costs something, so does a change of stretch, and one that has the
clock go back or jump ahead costs more than one that only has it late.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from spotting_core.score_bug.path import likeliest_path

_SECOND = 1_000_000
_TOLERANCE = 0.75  # seconds by which a clock may be shown early or late
_AROUND = 12  # readings before and after one, in which others must bear it out
_MOST_STATES = 300
_LATE, _AHEAD, _BACK = 1.5, 2.5, 4.5  # what a change of stretch costs in readings that are not explained
_STANDS = 3  # readings of one time, from which a clock may stand
_FEWEST, _FEWEST_ALONE = 2, 4  # readings of a stretch; of one whose clock does not go on from another's
BETWEEN = 3 * _SECOND  # by which the clock may be unsure between two stretches and still be told
BEYOND = 30 * _SECOND  # before the first and after the last reading, for which a clock that runs is told


@dataclass(frozen=True)
class ClockReading:
    """What a clock showed: microseconds of the half, and the seconds that were read."""

    time: int
    seconds: int


@dataclass(frozen=True)
class ClockStretch:
    """A stretch in which the clock runs with the file, or stands.

    Arguments:
        start, end: its first and last reading, microseconds of the file.
        clock: what the clock shows at ``start``, microseconds.
        runs: whether it runs.
        agreeing, others: readings in it that it explains, and that it does not.
    """

    start: int
    end: int
    clock: int
    runs: bool
    agreeing: int
    others: int

    def at(self, time: int) -> int:
        """What its clock shows at a time, also outside of it."""
        return self.clock + (time - self.start if self.runs else 0)

    @property
    def last(self) -> int:
        """What the clock shows at its end."""
        return self.at(self.end)

    @property
    def confidence(self) -> float:
        """Share of its readings that agree, as if one more did not."""
        return self.agreeing / (self.agreeing + self.others + 1)


@dataclass(frozen=True)
class ClockFit:
    """The clock of a file.

    Arguments:
        stretches: in order of time.
        rejected: readings of a clock that no stretch explains.
        counts_down: the clock goes backwards; then there are no stretches.
    """

    stretches: tuple[ClockStretch, ...]
    rejected: int
    counts_down: bool = False

    def at(self, time: int) -> int | None:
        """What the clock shows at a time (both microseconds); None where it is not known to three seconds."""
        for stretch in self.stretches:
            if stretch.start <= time <= stretch.end:
                return stretch.at(time)
        before = max((s for s in self.stretches if s.end < time), key=lambda s: s.end, default=None)
        after = min((s for s in self.stretches if s.start > time), key=lambda s: s.start, default=None)
        if before is not None and after is not None and before.last <= after.clock:
            low = max(before.last, after.at(time)) if after.runs else before.last
            high = min(after.clock, before.at(time)) if before.runs else after.clock
            if abs(high - low) <= BETWEEN:
                return (low + high) // 2
        return self._beyond(before, after, time)

    def _beyond(self, before: ClockStretch | None, after: ClockStretch | None, time: int) -> int | None:
        """The clock where it is told from one side alone."""
        if before is None and after is not None and after.start - time <= BEYOND and after.runs:
            return after.at(time) if after.at(time) >= 0 else None
        if after is None and before is not None and time - before.end <= BEYOND:
            return before.at(time)
        return None


def fit_clock(readings: Sequence[ClockReading]) -> ClockFit:
    """What a clock shows over a file.

    Arguments:
        readings: in order of time.
    """
    if _counts_down(readings):
        return ClockFit((), len(readings), counts_down=True)
    times = np.array([r.time for r in readings], float) / _SECOND
    shown = np.array([r.seconds for r in readings], float)
    offsets, standing = _offsets(times, shown), _standing(times, shown)
    if len(offsets) + len(standing) == 0:
        return ClockFit((), len(readings))
    says = np.concatenate([times[:, None] - offsets, np.broadcast_to(standing, (len(times), len(standing)))], axis=1)
    explained = _explained(says, shown, len(offsets))
    path = likeliest_path(1.0 - explained, lambda k: _change(says[k - 1], says[k], times[k] - times[k - 1]))
    agrees = explained[np.arange(len(path)), path]
    edges = [0, *(np.flatnonzero(np.diff(path)) + 1), len(path)]
    parts = [np.arange(a, b) for a, b in pairwise(edges)]
    made = [_stretch(times, shown, agrees, own, runs=bool(path[own[0]] < len(offsets))) for own in parts]
    stretches = _borne_out([s for s in made if s is not None])
    return ClockFit(tuple(stretches), len(readings) - sum(s.agreeing for s in stretches))


def _counts_down(readings: Sequence[ClockReading]) -> bool:
    """Whether most of what follows one another goes backwards as fast as time goes on."""
    steps = [
        (b.seconds - a.seconds + (b.time - a.time) / _SECOND, b.seconds - a.seconds) for a, b in pairwise(readings)
    ]
    down = sum(abs(error) <= 1 + _TOLERANCE and step < 0 for error, step in steps)
    return down > len(steps) / 2 and down >= _FEWEST_ALONE


def _offsets(times: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """Offsets of clocks that run, which at least two readings near one another bear out."""
    own = times - shown - 0.5  # a clock shows whole seconds, cut
    counts: Counter[float] = Counter()
    for k, offset in enumerate(own):
        near = own[max(0, k - _AROUND) : k + _AROUND + 1]
        agreeing = near[np.abs(near - offset) <= 0.5 + _TOLERANCE]
        if len(agreeing) >= _FEWEST:
            counts[round(float(np.median(agreeing)) * 2) / 2] += 1
    return np.array([offset for offset, _ in counts.most_common(_MOST_STATES)], float)


def _standing(times: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """Times at which a clock may stand: read several times in a row, longer than a clock shows one."""
    found: Counter[float] = Counter()
    begin = 0
    for k in range(1, len(shown) + 1):
        if k == len(shown) or shown[k] != shown[begin]:
            if k - begin >= _STANDS and times[k - 1] - times[begin] > 1 + 2 * _TOLERANCE:
                found[float(shown[begin])] += k - begin
            begin = k
    return np.array([value for value, _ in found.most_common(_MOST_STATES)], float)


def _explained(says: np.ndarray, shown: np.ndarray, running: int) -> np.ndarray:
    """Which readings each state explains: bool (N, K)."""
    late = says - shown[:, None]
    explained = (late >= -_TOLERANCE) & (late <= 1 + _TOLERANCE)
    explained[:, running:] = late[:, running:] == 0
    return explained


def _change(before: np.ndarray, now: np.ndarray, seconds: float) -> np.ndarray:
    """What each change of state costs between two readings, by how far the clock has come meanwhile."""
    came = now[None, :] - before[:, None]
    cost = np.where(came < -1 - _TOLERANCE, _BACK, np.where(came > seconds + 1 + _TOLERANCE, _AHEAD, _LATE))
    np.fill_diagonal(cost, 0.0)
    return cost


def _stretch(
    times: np.ndarray, shown: np.ndarray, agrees: np.ndarray, own: np.ndarray, *, runs: bool
) -> ClockStretch | None:
    """The stretch of some consecutive readings, or None where it explains too few of them."""
    agreeing = own[agrees[own]]
    if len(agreeing) < _FEWEST:
        return None
    inside = own[(own >= agreeing[0]) & (own <= agreeing[-1])]
    start, end = (round(times[k] * _SECOND) for k in (agreeing[0], agreeing[-1]))
    clock = round(shown[agreeing[0]] * _SECOND)
    if runs:
        latest = times[agreeing] - shown[agreeing]  # the clock's beginning lies at most so late, and a second earlier
        clock = start - round((latest.max() - 1 + latest.min()) / 2 * _SECOND)
    return ClockStretch(start, end, clock, runs, len(agreeing), len(inside) - len(agreeing))


def _borne_out(stretches: list[ClockStretch]) -> list[ClockStretch]:
    """Stretches that have enough readings: fewer where the clock goes on from one that runs before, or to one after.

    A clock that stands counts only where it goes on from one that runs: else it is a time of day, or a scoreboard.
    """
    enough = [s for s in stretches if s.runs and s.agreeing >= _FEWEST_ALONE]
    return [s for s in stretches if s in enough or (enough and _goes_on(s, enough))]


def _goes_on(one: ClockStretch, others: Sequence[ClockStretch]) -> bool:
    before = max((s for s in others if s.end <= one.start), key=lambda s: s.end, default=None)
    after = min((s for s in others if s.start >= one.end), key=lambda s: s.start, default=None)
    slack = round((1 + _TOLERANCE) * _SECOND)
    late = before is None or -slack <= one.clock - before.last <= one.start - before.end + slack
    early = after is None or -slack <= after.clock - one.last <= after.start - one.end + slack
    return late and early
