"""Replays by the wipes that they lie between: which shots of a half are replays, by the model and by how shots change.

A broadcast wipes into a replay and out of it again, and cuts inside. In the labels of 70 real games live and replayed
change places at .83 of 5,378 wipes, .13 of 2,665 smooth changes and .002 of 14,080 cuts. With what the model of shots
says of each shot, the most likely run of live and replayed shots is that of a hidden Markov model (Viterbi). Of a
broadcast whose look it does not know that model says little, and the wipes decide; where there are none, it decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from spotting_core.domain.cameras import Shot

LOGO = "logo"
_LEAST_WIPES = 2
_FLIPPED = {LOGO: 0.83, "smooth": 0.13, None: 0.2}
"""How likely live and replayed change places, by how a shot ends; None: nobody knows how."""
_AT_A_CUT = 0.01  # more than in labels, for what is found as a cut may be a wipe
_DOUBT = 0.02  # how surely the model may be wrong about a whole shot


def replays_between_wipes(shots: Sequence[Shot], replayed: Sequence[float]) -> list[Shot]:
    """Shots of one half, live or replayed by all that is known.

    Arguments:
        shots: in order, with how they end; replayed: how likely each is a replay (0 to 1), by the model.
    """
    if sum(shot.change_type == LOGO for shot in shots) < _LEAST_WIPES:
        return list(shots)
    states = _likeliest(np.clip(np.asarray(replayed, float), _DOUBT, 1 - _DOUBT), [s.change_type for s in shots[:-1]])
    return _joined([replace(shot, replay=bool(state)) for shot, state in zip(shots, states, strict=True)])


def _likeliest(replayed: np.ndarray, changes: Sequence[str | None]) -> np.ndarray:
    """The most likely states, 1 for a replay: float (N,) and N - 1 changes to int (N,)."""
    own = np.log(np.stack([1 - replayed, replayed], 1))
    best, origins = own[0], []
    for number, change in enumerate(changes, 1):
        flipped = _FLIPPED.get(change, _AT_A_CUT)
        step = np.log([[1 - flipped, flipped], [flipped, 1 - flipped]]) + best[:, None]
        origins.append(step.argmax(0))
        best = step.max(0) + own[number]
    states = [int(best.argmax())]
    for origin in reversed(origins):
        states.append(int(origin[states[-1]]))
    return np.array(states[::-1])


def _joined(shots: Sequence[Shot]) -> list[Shot]:
    """Shots of one camera that only the doubt whether they are replays parted are one."""
    joined: list[Shot] = []
    for shot in shots:
        last = joined[-1] if joined else None
        if last is not None and last.change_type is None and (last.label, last.replay) == (shot.label, shot.replay):
            joined[-1] = replace(last, end=shot.end, change_type=shot.change_type)
        else:
            joined.append(shot)
    return joined
