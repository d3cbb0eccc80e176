"""Which shots of a half are replays, by the model of shots, by how shots change and by the clock of the broadcast.

A broadcast wipes into a replay and out of it again, and cuts inside. In the labels of 70 real games live and replayed
change places at .83 of 5,378 wipes, .13 of 2,665 smooth changes and .002 of 14,080 cuts. And during a replay many
broadcasts take the clock away, or play stands and so does its clock. With what the model of shots says of each shot,
the most likely run of live and replayed shots is that of a hidden Markov model (Viterbi). Of a broadcast whose look it
does not know that model says little, and the others decide; where there are neither wipes nor a clock that rests, it
decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from spotting_core.domain.cameras import Shot
from spotting_core.score_bug.clock_fit import fit_clock
from spotting_core.score_bug.readings import BugReadings
from spotting_core.score_bug.texts import clock_in

LOGO = "logo"
_LEAST_WIPES = 2
_FLIPPED = {LOGO: 0.83, "smooth": 0.13, None: 0.2}
"""How likely live and replayed change places, by how a shot ends; None: nobody knows how."""
_AT_A_CUT = 0.01  # more than in labels, for what is found as a cut may be a wipe
_DOUBT = 0.02  # how surely the model may be wrong about a whole shot

_RESTS = float(np.log(44 / 45) - np.log(1 / 118))
"""What a clock that is away or stands says for a replay, in log odds: so it was in all 43 replays and in none of the
116 live shots of simmatch's val that were read often enough, counted with one more of each outcome."""
_RUNS = float(np.log(0.5))  # and one that runs: half of the broadcasts, say, leave it on during replays
_LEAST_READINGS = 2  # of the row of the score bug within a shot, that are of one kind
_MARGIN = 200_000  # microseconds at the ends of a shot, where it may be another one's clock


def replayed_shots(
    shots: Sequence[Shot], replayed: Sequence[float], clock: Sequence[float] | None = None
) -> list[Shot]:
    """Shots of one half, live or replayed by all that is known.

    Arguments:
        shots: in order, with how they end; replayed: how likely each is a replay (0 to 1), by the model.
        clock: what the clock of the broadcast says of each (``clock_odds``), where it has been read.
    """
    wiped = sum(shot.change_type == LOGO for shot in shots) >= _LEAST_WIPES
    odds = np.zeros(len(shots)) if clock is None else np.asarray(clock, float)
    if not wiped and not (odds > 0).any():
        return list(shots)
    own = np.clip(np.asarray(replayed, float), _DOUBT, 1 - _DOUBT)
    flipped = [_flipped(shot.change_type, wiped) for shot in shots[:-1]]
    states = _likeliest(np.stack([np.log(1 - own), np.log(own) + odds], 1), flipped)
    return _joined([replace(shot, replay=bool(state)) for shot, state in zip(shots, states, strict=True)])


def clock_odds(shots: Sequence[Shot], readings: BugReadings) -> list[float]:
    """What the clock of the broadcast says for each of some shots of a half being a replay, in log odds.

    Nothing (0) is said of a shot that was read less than twice, nor of one that does not lie between two moments at
    which a clock was followed, or in between which nobody knows it: before the match and after it, in the break, and
    where a broadcast shows none.
    """
    times = np.array([row.time for row in readings.rows])
    texts = (clock_in(row.text, row=True) for row in readings.rows)
    seconds = np.array([np.nan if text is None else text.seconds for text in texts])
    fit = fit_clock(readings.clocks)
    begin, end = (fit.stretches[0].start, fit.stretches[-1].end) if fit.stretches else (0, 0)
    odds = []
    for shot in shots:
        first, stop = np.searchsorted(times, (shot.start + _MARGIN, shot.end - _MARGIN))
        known = begin <= shot.start and shot.end <= end and fit.at((shot.start + shot.end) // 2) is not None
        odds.append(_odds(seconds[first:stop]) if known else 0.0)
    return odds


def _odds(seconds: np.ndarray) -> float:
    """What the readings of a clock within a shot say, NaN where it was away: in log odds, 0 where they are too few."""
    shown = seconds[~np.isnan(seconds)]
    away = len(seconds) - len(shown)
    if away >= _LEAST_READINGS and away > len(shown):
        return _RESTS
    if len(shown) < _LEAST_READINGS:
        return 0.0
    return _RESTS if (shown == shown[0]).all() else _RUNS


def _flipped(change: str | None, wiped: bool) -> float:
    """How likely live and replayed change places where a shot ends like this."""
    return _FLIPPED.get(change, _AT_A_CUT if wiped else _FLIPPED[None])


def _likeliest(own: np.ndarray, flips: Sequence[float]) -> np.ndarray:
    """The most likely states, int (N,), 1 for a replay; own: log likelihoods (N, 2), flips: N - 1 probabilities."""
    best, origins = own[0], []
    for flipped, shot in zip(flips, own[1:], strict=True):
        step = np.log([[1 - flipped, flipped], [flipped, 1 - flipped]]) + best[:, None]
        origins.append(step.argmax(0))
        best = step.max(0) + shot
    states = [int(best.argmax())]
    for origin in reversed(origins):
        states.append(int(origin[states[-1]]))
    return np.array(states[::-1])


def _joined(shots: Sequence[Shot]) -> list[Shot]:
    """Shots of one camera that only the doubt whether they are replays parted are one, with their mean confidence."""
    joined: list[Shot] = []
    for shot in shots:
        last = joined[-1] if joined else None
        if last is not None and last.change_type is None and (last.label, last.replay) == (shot.label, shot.replay):
            joined[-1] = replace(
                last, end=shot.end, change_type=shot.change_type, confidence=_mean_confidence(last, shot)
            )
        else:
            joined.append(shot)
    return joined


def _mean_confidence(one: Shot, other: Shot) -> float | None:
    if one.confidence is None or other.confidence is None:
        return None
    lengths = one.end - one.start, other.end - other.start
    return float(np.average((one.confidence, other.confidence), weights=lengths))
