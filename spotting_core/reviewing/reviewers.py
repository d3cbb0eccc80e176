"""What each reviewer of a match holds to be true, whoever came after: read from the history of its spots."""

from __future__ import annotations

from collections.abc import Iterable

from spotting_core.evaluation.agreement import Judgement, Pair
from spotting_core.store.reviews import COMMENT, REDO, REJECTED, STANDING, TEAM, UNDO, Review, Reviews

_NO_VERDICT = (COMMENT, TEAM)

Verdicts = dict[str, Judgement | None]
"""Spot by id to what somebody holds to be true of it; None: that nothing is there."""


def verdicts_of_match(reviews: Reviews, match_id: str) -> dict[str, Verdicts]:
    """The verdicts of each reviewer of a match, by name."""
    verdicts: dict[str, Verdicts] = {}
    for spot, changes in reviews.histories(match_id).items():
        for author in {change.author for change in changes}:
            standing = [c for c in _standing(changes, author) if c.action not in _NO_VERDICT]
            if standing and standing[-1].after["state"] in (*STANDING, REJECTED):
                verdicts.setdefault(author, {})[spot] = _judgement(standing[-1])
    return dict(sorted(verdicts.items()))


def pairs_of_reviewers(first: Verdicts, second: Verdicts) -> list[Pair]:
    """What two reviewers make of each spot that both have judged, in order of time; what neither has last."""
    return sorted(((first[spot], second[spot]) for spot in first if spot in second), key=_place)


def _place(pair: Pair) -> tuple[bool, int, int]:
    there = pair[0] or pair[1]
    return (True, 0, 0) if there is None else (False, there.half, there.time)


def _standing(changes: Iterable[Review], author: str) -> list[Review]:
    """The changes of one author that he has not taken back, the first one first."""
    done: list[Review] = []
    undone: list[Review] = []
    for change in changes:
        if change.author != author:
            continue
        if change.action == UNDO and done:
            undone.append(done.pop())
        elif change.action == REDO and undone:
            done.append(undone.pop())
        elif change.action not in (UNDO, REDO):
            done.append(change)
            undone.clear()
    return done


def _judgement(change: Review) -> Judgement | None:
    after = change.after
    if after["state"] == REJECTED:
        return None
    return Judgement(int(after["half"]), int(after["time"]), str(after["label"]))
