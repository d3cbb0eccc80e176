"""What is learned from, what chooses the weights, and what is held out to compare models on.

Every minute of a match has its role by a hash of the match's content and of the minute, so that a minute that is held
out is so in every later data set. Only where chance has left a role empty is another one taken for it, in that data set
alone: the one with the least number drawn, which in a data set that grows is either the same or a new one.
"""

from __future__ import annotations

from collections.abc import Sequence

from spotting_core.base.errors import BadInputError
from spotting_core.data_sets.data_set import DataSet
from spotting_core.domain.stretches import Stretch, common
from spotting_core.media.fingerprint import joint_hash

LEARN, CHOOSE, HELD_OUT = "train", "val", "test"
"""The roles, by the names of the splits that have them."""
ROLES = (LEARN, CHOOSE, HELD_OUT)
_MINUTE = 60_000_000
_HELD_OUT_SHARE, _CHOOSE_SHARE = 0.15, 0.15


_Minute = tuple[int, int, int]
"""A match by its place in a data set, a half, and a minute of it, from 0."""


def draw_of(source_hash: str, half: int, minute: int) -> float:
    """What is drawn for a minute of a match, from 0: 0 to 1."""
    return int(joint_hash([source_hash, str(half), str(minute)])[:8], 16) / 16**8


def role_of(source_hash: str, half: int, minute: int) -> str:
    """The role of a minute of a match, from 0."""
    drawn = draw_of(source_hash, half, minute)
    if drawn < _HELD_OUT_SHARE:
        return HELD_OUT
    return CHOOSE if drawn < _HELD_OUT_SHARE + _CHOOSE_SHARE else LEARN


def stretches_of(data_set: DataSet, role: str) -> list[list[Stretch]]:
    """What of the watched stretches of each match has a role."""
    roles = _roles(data_set)
    wanted: list[list[Stretch]] = [[] for _ in data_set.matches]
    for (place, half, minute), own in roles.items():
        if own == role:
            wanted[place].append(Stretch(half, minute * _MINUTE, (minute + 1) * _MINUTE))
    return [common(match.watched, minutes) for match, minutes in zip(data_set.matches, wanted, strict=True)]


def _roles(data_set: DataSet) -> dict[_Minute, str]:
    """The role of every minute of which something was watched.

    Where chance has left one of the roles without any, it gets one that would be learned from: less is learned, and
    nothing that is held out.
    """
    minutes = [
        (place, one.half, minute)
        for place, match in enumerate(data_set.matches)
        for one in match.watched
        for minute in range(one.start // _MINUTE, (one.end - 1) // _MINUTE + 1)
    ]
    hashes = [match.source_hash for match in data_set.matches]
    roles = {minute: role_of(hashes[minute[0]], *minute[1:]) for minute in minutes}
    for role in (HELD_OUT, CHOOSE):
        learned = [minute for minute, own in roles.items() if own == LEARN]
        if role not in roles.values() and len(learned) > 1:
            roles[min(learned, key=lambda minute: draw_of(hashes[minute[0]], *minute[1:]))] = role
    return roles


def check_roles(data_set: DataSet, alone: Sequence[str] = ROLES) -> None:
    """Refuse a data set in which nothing has some role.

    Arguments:
        alone: roles for which there is nothing else.

    Errors:
        BadInputError: see above.
    """
    what = {LEARN: "be learned from", CHOOSE: "choose the weights", HELD_OUT: "be held out"}
    for role in alone:
        if not any(stretches_of(data_set, role)):
            raise BadInputError(
                f"too little is watched in the data set {data_set.name!r}: nothing of it can {what[role]}",
                fix="Have some minutes more watched, in other parts of the matches",
            )
    if LEARN in alone and not any(
        one.covers(spot.half, spot.time)
        for match, stretches in zip(data_set.matches, stretches_of(data_set, LEARN), strict=True)
        for one in stretches
        for spot in match.spots
    ):
        what_is_missing = f"no spot of the data set {data_set.name!r} can be learned from"
        raise BadInputError(what_is_missing, fix="Label or accept some spots, then freeze another one")
