"""Which review is of which spot: of the same class and half, and near enough to be the same action.

A model that is run again, in another precision or with another way of making spots, has its spots a little elsewhere.
A review stays with its spot then: each review is that of at most one spot and each spot has at most one, the nearest
pairs first. A review that no spot is near enough to stays as it is, by itself.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeVar

from spotting_core.domain.classes import ClassTable
from spotting_core.store.reviews import Placed, Reviewed, origin_of, origin_prefix, place_of

LEAST = 0.05
"""Confidence from which a spot can be reviewed; among these reviews find their spots, however many a view shows."""

SAME_SPOT = 1_000_000
"""Microseconds by which a spot may have moved and still be the one that was reviewed: a sample of the slowest models,
which look once a second. Of a class with a window of less than two seconds it is half the window, for spots of one
class are no nearer to each other than that."""


_Kept = TypeVar("_Kept", bound=Reviewed)


def reviews_of_spots(
    spots: Sequence[Placed], reviews: Iterable[_Kept], sources: Sequence[str], classes: ClassTable
) -> list[_Kept | None]:
    """The review of each spot, or None.

    Arguments:
        spots: all that can be reviewed, of one model or imported set; or the camera changes of one model.
        sources: names of that, as ``origin_of`` takes them (``ModelIdentity.review_sources``, or the set's id).
        reviews: of the match, by whomever and of whatever.
    """
    prefixes = tuple(origin_prefix(source) for source in sources)
    own = [r for r in reviews if r.origin.startswith(prefixes)]
    by_label = defaultdict(list)
    for review in own:
        half, time, label = place_of(review.origin)
        by_label[half, label].append((time, review))
    for group in by_label.values():
        group.sort(key=lambda one: one[0])
    near = []
    for number, spot in enumerate(spots):
        group = by_label.get((spot.half, spot.label), [])
        reach = _reach(spot.label, classes)
        first = bisect_left(group, spot.time - reach, key=lambda one: one[0])
        stop = bisect_right(group, spot.time + reach, key=lambda one: one[0])
        near += [(abs(time - spot.time), time, spot.time, number, review) for time, review in group[first:stop]]
    matched: list[_Kept | None] = [None] * len(spots)
    taken = set()
    for *_, number, review in sorted(near, key=lambda pair: pair[:4]):
        if matched[number] is None and review.origin not in taken:
            matched[number] = review
            taken.add(review.origin)
    return matched


def origins_of(
    spots: Sequence[Placed], reviews: Iterable[Reviewed], sources: Sequence[str], classes: ClassTable
) -> list[str]:
    """The name of each spot in the store: its review's, or that by the first source which its first one will have."""
    attached = reviews_of_spots(spots, reviews, sources, classes)
    return [r.origin if r else origin_of(s, sources[0]) for s, r in zip(spots, attached, strict=True)]


def _reach(label: str, classes: ClassTable) -> int:
    window = classes.get(label).suppression if label in classes else 0.0
    return min(SAME_SPOT, round(window * 5e5))
