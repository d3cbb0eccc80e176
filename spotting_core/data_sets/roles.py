"""What is learned from, what chooses the weights, and what is held out to compare models on.

Every minute of a match has its role by a hash of the match's content and of the minute, so that a minute that is held
out stays so in every later data set: no model has learned from it, however often the loop is gone through.
"""

from __future__ import annotations

from collections.abc import Sequence

from spotting_core.base.errors import BadInputError
from spotting_core.data_sets.data_set import DataSet, DataSetMatch
from spotting_core.domain.stretches import Stretch, common
from spotting_core.media.fingerprint import joint_hash

LEARN, CHOOSE, HELD_OUT = "train", "val", "test"
"""The roles, by the names of the splits that have them."""
ROLES = (LEARN, CHOOSE, HELD_OUT)
_MINUTE = 60_000_000
_HELD_OUT_SHARE, _CHOOSE_SHARE = 0.15, 0.15


def role_of(source_hash: str, half: int, minute: int) -> str:
    """The role of a minute of a match, from 0."""
    drawn = int(joint_hash([source_hash, str(half), str(minute)])[:8], 16) / 16**8
    if drawn < _HELD_OUT_SHARE:
        return HELD_OUT
    return CHOOSE if drawn < _HELD_OUT_SHARE + _CHOOSE_SHARE else LEARN


def stretches_of(match: DataSetMatch, role: str) -> list[Stretch]:
    """What of the watched stretches of a match has a role."""
    own = [
        Stretch(int(half), minute * _MINUTE, (minute + 1) * _MINUTE)
        for half, length in match.lengths.items()
        for minute in range(length // _MINUTE + 1)
        if role_of(match.source_hash, int(half), minute) == role
    ]
    return common(match.watched, own)


def check_roles(data_set: DataSet, alone: Sequence[str] = ROLES) -> None:
    """Refuse a data set in which nothing has some role.

    Arguments:
        alone: roles for which there is nothing else.

    Errors:
        BadInputError: see above.
    """
    what = {LEARN: "be learned from", CHOOSE: "choose the weights", HELD_OUT: "be held out"}
    for role in alone:
        if not any(stretches_of(match, role) for match in data_set.matches):
            raise BadInputError(
                f"too little is watched in the data set {data_set.name!r}: nothing of it can {what[role]}",
                fix="Have some minutes more watched, in other parts of the matches",
            )
    if LEARN in alone and not any(
        one.covers(spot.half, spot.time)
        for match in data_set.matches
        for one in stretches_of(match, LEARN)
        for spot in match.spots
    ):
        what_is_missing = f"no spot of the data set {data_set.name!r} can be learned from"
        raise BadInputError(what_is_missing, fix="Label or accept some spots, then freeze another one")
